//! What follows from a telemetry vendor's region and account.

use super::{Auth, ConnectionKind};

/// Datadog's sites with an MCP server: <https://docs.datadoghq.com/getting_started/site>.
const DATADOG: [&str; 6] = [
    "datadoghq.com",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "datadoghq.eu",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
];
/// Where Dynatrace exchanges a client's secret for a token:
/// <https://docs.dynatrace.com/docs/manage/identity-access-management/access-tokens-and-oauth-clients/oauth-clients>.
const DYNATRACE_TOKENS: &str = "https://sso.dynatrace.com/sso/oauth2/token";

/// The address of a vendor's server in a region; none for a kind whose address must be given. The error is what to write.
pub(super) fn address(kind: ConnectionKind, region: Option<&str>) -> Option<Result<String, String>> {
    match (kind, region) {
        // https://docs.newrelic.com/docs/agentic-ai/mcp/setup
        (ConnectionKind::NewRelic, None | Some("us")) => Some(Ok("https://mcp.newrelic.com/mcp/".to_owned())),
        (ConnectionKind::NewRelic, Some("eu")) => Some(Ok("https://mcp.eu.newrelic.com/mcp/".to_owned())),
        (ConnectionKind::NewRelic, Some(_)) => Some(Err("region = \"us\" or region = \"eu\"".to_owned())),
        (ConnectionKind::Slack, _) => Some(Ok("https://slack.com/api".to_owned())),
        // https://developer.pagerduty.com/docs/rest-api-overview
        (ConnectionKind::PagerDuty, None | Some("us")) => Some(Ok("https://api.pagerduty.com".to_owned())),
        (ConnectionKind::PagerDuty, Some("eu")) => Some(Ok("https://api.eu.pagerduty.com".to_owned())),
        (ConnectionKind::PagerDuty, Some(_)) => Some(Err("region = \"us\" or region = \"eu\"".to_owned())),
        // https://docs.datadoghq.com/bits_ai/mcp_server/setup
        (ConnectionKind::Datadog, region) => {
            let site = region.unwrap_or("datadoghq.com");
            Some(match DATADOG.contains(&site) {
                true => Ok(format!("https://mcp.{site}/api/unstable/mcp-server/mcp")),
                false => Err(format!(
                    "region is one of Datadog's sites: {}",
                    DATADOG.join(", ")
                )),
            })
        }
        _ => None,
    }
}

/// How to log in, with what follows from the vendor, its account and its address: Dynatrace wants the account's URN as the
/// resource that a token is for, ServiceNow gives tokens itself, and some keys have a word before them.
pub(super) fn completed(kind: ConnectionKind, account: Option<&str>, url: Option<&str>, auth: Auth) -> Auth {
    match auth {
        Auth::ApiKey { header, prefix, key }
            if prefix.is_empty() && header.eq_ignore_ascii_case("authorization") =>
        {
            let prefix = match kind {
                ConnectionKind::PagerDuty => "Token token=",
                ConnectionKind::Dynatrace => "Api-Token ",
                _ => "",
            };
            Auth::ApiKey {
                header,
                prefix: prefix.to_owned(),
                key,
            }
        }
        Auth::ClientCredentials {
            id,
            secret,
            token_url: None,
            scopes,
            parameters,
        } if kind == ConnectionKind::ServiceNow => Auth::ClientCredentials {
            id,
            secret,
            token_url: url.map(|url| format!("{url}/oauth_token.do")),
            scopes,
            parameters,
        },
        Auth::ClientCredentials {
            id,
            secret,
            token_url,
            scopes,
            mut parameters,
        } if kind == ConnectionKind::Dynatrace => {
            if let Some(account) = account {
                parameters
                    .entry("resource".to_owned())
                    .or_insert_with(|| account.to_owned());
            }
            Auth::ClientCredentials {
                id,
                secret,
                token_url: token_url.or_else(|| Some(DYNATRACE_TOKENS.to_owned())),
                scopes,
                parameters,
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::SecretRef;

    #[test]
    fn the_region_picks_the_endpoint() {
        let at = |kind, region| address(kind, region).unwrap();
        assert_eq!(
            at(ConnectionKind::NewRelic, None).unwrap(),
            "https://mcp.newrelic.com/mcp/"
        );
        assert_eq!(
            at(ConnectionKind::NewRelic, Some("eu")).unwrap(),
            "https://mcp.eu.newrelic.com/mcp/"
        );
        assert!(at(ConnectionKind::NewRelic, Some("mars")).is_err());
        assert_eq!(
            at(ConnectionKind::Datadog, Some("datadoghq.eu")).unwrap(),
            "https://mcp.datadoghq.eu/api/unstable/mcp-server/mcp"
        );
        assert!(at(ConnectionKind::Datadog, Some("evil.example.org")).is_err());
        assert!(address(ConnectionKind::Splunk, None).is_none());
    }

    #[test]
    fn dynatrace_tokens_are_for_the_account() {
        let auth = |parameters: BTreeMap<String, String>| Auth::ClientCredentials {
            id: "dt0s02.X".to_owned(),
            secret: SecretRef::Env("S".to_owned()),
            token_url: None,
            scopes: Vec::new(),
            parameters,
        };
        let urn = "urn:dtaccount:1234";
        let Auth::ClientCredentials {
            token_url,
            parameters,
            ..
        } = completed(ConnectionKind::Dynatrace, Some(urn), None, auth(BTreeMap::new()))
        else {
            panic!("another method")
        };
        assert_eq!(parameters["resource"], urn);
        assert_eq!(token_url.as_deref(), Some(DYNATRACE_TOKENS));
        let own = BTreeMap::from([("resource".to_owned(), "urn:mine".to_owned())]);
        assert_eq!(
            completed(ConnectionKind::Mcp, Some(urn), None, auth(own.clone())),
            auth(own)
        );
    }
}
