//! `[connections.NAME]`, as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Spanned, Table};

use super::Reader;
use crate::{
    config::{Auth, ConfigError, Connection, ConnectionKind, SecretRef, vendor},
    net::is_loopback,
};

/// Seconds that one call may take, unless the connection says otherwise.
const TIMEOUT: u64 = 30;
/// Kilobytes that are kept of one answer, unless the connection says otherwise.
const LARGEST_ANSWER: usize = 256;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    kind: ConnectionKind,
    description: Option<String>,
    url: Option<Spanned<String>>,
    #[serde(default)]
    command: Vec<String>,
    auth: Option<Spanned<WrittenAuth>>,
    owner: Option<String>,
    account: Option<String>,
    region: Option<String>,
    cluster: Option<String>,
    api: Option<Spanned<String>>,
    from: Option<String>,
    timeout: Option<u64>,
    largest_answer_kb: Option<usize>,
}

/// One table a method: `{ bearer = { env = "TOKEN" } }`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum WrittenAuth {
    Bearer(Secret),
    Hmac(Secret),
    ApiKey {
        #[serde(default = "authorization")]
        header: String,
        #[serde(default)]
        prefix: String,
        key: Secret,
    },
    ClientCredentials {
        id: String,
        secret: Secret,
        token_url: Option<String>,
        #[serde(default)]
        scopes: Vec<String>,
        #[serde(default)]
        parameters: BTreeMap<String, String>,
    },
    Oauth {
        id: Option<String>,
        secret: Option<Secret>,
        #[serde(default)]
        scopes: Vec<String>,
    },
}

fn authorization() -> String {
    "Authorization".to_owned()
}

/// A place where a secret stands. One that is written in plain is refused, and never repeated in the error.
#[derive(Debug)]
pub(super) struct Secret(pub(super) SecretRef);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let table = Table::deserialize(deserializer).map_err(|_| D::Error::custom(IN_PLAIN))?;
        let place = SecretRef::deserialize(table).map_err(|_| D::Error::custom(IN_PLAIN))?;
        let whole = match &place {
            SecretRef::AwsSecret(said) => said.split('#').all(|part| !part.trim().is_empty()),
            SecretRef::Ssm(name) => !name.trim().is_empty(),
            SecretRef::Env(_) | SecretRef::File(_) | SecretRef::Command(_) => true,
        };
        if whole {
            Ok(Self(place))
        } else {
            Err(D::Error::custom(IN_AWS))
        }
    }
}

const IN_PLAIN: &str = "a secret is never written here; say where it stands: { env = \"NAME\" }, { file = \"path\" }, \
                        { command = [\"program\"] }, { aws_secret = \"id\" } or { ssm = \"name\" }";
const IN_AWS: &str = "a secret in AWS is { aws_secret = \"id\" } (its name or ARN), { aws_secret = \"id#key\" } for one key of a \
                      JSON object, or { ssm = \"name\" }";

impl Written {
    pub(super) fn validated(
        self,
        reader: &Reader<'_>,
        name: &Spanned<String>,
    ) -> Result<Connection, ConfigError> {
        let line = name.span().start;
        let wrong = |what: String, hint: &str| reader.wrong(Some(line), what, hint);
        let label = name.get_ref();
        let trusted = |option: &str, url: Spanned<String>| {
            let at = url.span().start;
            let url = url.into_inner();
            if !is_web_address(&url) {
                return Err(reader.wrong(
                    Some(at),
                    format!("the {option} of connection '{label}' is not one that is trusted"),
                    "https://..., or http:// on this host alone; without user name and password",
                ));
            }
            Ok(url.trim_end_matches('/').to_owned())
        };
        let api = self.api.map(|api| trusted("api", api)).transpose()?;
        if api.is_some() && self.kind != ConnectionKind::Dynatrace {
            return Err(wrong(
                format!("connection '{label}' needs no api"),
                "url is where its messages go",
            ));
        }
        let url = match self.url {
            Some(url) => Some(trusted("url", url)?),
            None => match self.kind {
                ConnectionKind::Github => Some("https://api.github.com".to_owned()),
                ConnectionKind::Gitlab => Some("https://gitlab.com".to_owned()),
                kind if self.command.is_empty() => vendor::address(kind, self.region.as_deref())
                    .transpose()
                    .map_err(|hint| {
                        wrong(
                            format!("the region of connection '{label}' is not one of its vendor's"),
                            &hint,
                        )
                    })?,
                _ => None,
            },
        };
        // One that is only sent messages is asked nothing.
        let asked = api.is_none() || url.is_some() || !self.command.is_empty();
        if self.kind.is_mcp() && asked && url.is_some() != self.command.is_empty() {
            return Err(wrong(
                format!("connection '{label}' needs either a url or a command"),
                "url = \"https://...\" for a server elsewhere, command = [\"program\"] for one on this host",
            ));
        }
        if self.kind == ConnectionKind::Eks && self.cluster.is_none() {
            return Err(wrong(
                format!("connection '{label}' names no cluster"),
                "cluster = \"NAME\", with account and region where they are not the space's first",
            ));
        }
        let auth = self.auth.map_or(Auth::None, |auth| auth.into_inner().into());
        let auth = vendor::completed(self.kind, self.account.as_deref(), url.as_deref(), auth);
        if self.kind.only_sends() {
            sends(self.kind, url.as_deref(), self.from.as_deref(), &auth)
                .map_err(|(what, hint)| wrong(format!("connection '{label}' {what}"), hint))?;
        } else if let Auth::Hmac { .. } = auth {
            return Err(wrong(
                format!("connection '{label}' signs nothing"),
                "hmac is for connections of kind webhook",
            ));
        }
        if self.kind == ConnectionKind::Eks && auth != Auth::None {
            return Err(wrong(
                format!("connection '{label}' needs no auth"),
                "the cluster takes a token that is made from the account's role",
            ));
        }
        Ok(Connection {
            kind: self.kind,
            description: self.description,
            url,
            command: self.command,
            auth,
            owner: self.owner,
            account: self.account,
            region: self.region,
            cluster: self.cluster,
            api,
            from: self.from,
            timeout: self.timeout.unwrap_or(TIMEOUT).max(1),
            largest_answer: self.largest_answer_kb.unwrap_or(LARGEST_ANSWER).max(1) * 1024,
        })
    }
}

/// What a connection needs that is only sent messages. The error is what is missing, and what to write.
fn sends(
    kind: ConnectionKind,
    url: Option<&str>,
    from: Option<&str>,
    auth: &Auth,
) -> Result<(), (&'static str, &'static str)> {
    if url.is_none() {
        return Err(("needs a url", "url = \"https://...\""));
    }
    if let Auth::OAuth { .. } = auth {
        return Err((
            "cannot wait for a person's consent",
            "bearer, api_key or client_credentials",
        ));
    }
    match (kind, auth) {
        (ConnectionKind::Webhook, _) => Ok(()),
        (_, Auth::Hmac { .. }) => Err(("signs nothing", "hmac is for connections of kind webhook")),
        (ConnectionKind::EventBridge, _) => Ok(()),
        (ConnectionKind::Slack, Auth::Bearer { .. }) => Ok(()),
        (ConnectionKind::Slack, _) => Err((
            "needs the token of a bot",
            "auth = { bearer = { env = \"SLACK_BOT_TOKEN\" } }",
        )),
        (ConnectionKind::ServiceNow, Auth::None) => Err((
            "needs an OAuth client",
            "auth = { client_credentials = { id = \"ID\", secret = { env = \"NAME\" } } }",
        )),
        (ConnectionKind::PagerDuty, Auth::None) => Err((
            "needs a key of the REST API",
            "auth = { api_key = { key = { env = \"NAME\" } } }",
        )),
        (ConnectionKind::PagerDuty, Auth::ApiKey { .. }) if from.is_none_or(|from| !from.contains('@')) => {
            Err((
                "does not say in whose name it writes",
                "from = \"someone@example.org\": the e-mail address of a user of that account",
            ))
        }
        _ => Ok(()),
    }
}

impl From<WrittenAuth> for Auth {
    fn from(auth: WrittenAuth) -> Self {
        match auth {
            WrittenAuth::Bearer(token) => Self::Bearer { token: token.0 },
            WrittenAuth::Hmac(secret) => Self::Hmac { secret: secret.0 },
            WrittenAuth::ApiKey { header, prefix, key } => Self::ApiKey {
                header,
                prefix,
                key: key.0,
            },
            WrittenAuth::ClientCredentials {
                id,
                secret,
                token_url,
                scopes,
                parameters,
            } => Self::ClientCredentials {
                id,
                secret: secret.0,
                token_url,
                scopes,
                parameters,
            },
            WrittenAuth::Oauth { id, secret, scopes } => Self::OAuth {
                id,
                secret: secret.map(|secret| secret.0),
                scopes,
            },
        }
    }
}

/// True for https, and for http on this host; never with credentials in it.
pub(super) fn is_web_address(url: &str) -> bool {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty()
        || authority.contains('@')
        || url.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        return false;
    }
    scheme == "https" || scheme == "http" && is_loopback(url)
}

#[cfg(test)]
mod tests {
    use super::is_web_address;

    #[test]
    fn an_address_is_encrypted_or_on_this_host() {
        for fine in [
            "https://mcp.example.org/v1",
            "http://127.0.0.1:9000/mcp",
            "http://localhost:1",
            "http://[::1]:80/x",
        ] {
            assert!(is_web_address(fine), "{fine}");
        }
        for bad in [
            "http://mcp.example.org",
            "https://user:pass@example.org",
            "ftp://x",
            "https://",
            "example.org",
            "http://127.0.0.1.example.org",
            "https://a b",
        ] {
            assert!(!is_web_address(bad), "{bad}");
        }
    }
}
