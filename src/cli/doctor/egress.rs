//! Which hosts and ports the configuration needs, for whoever opens a firewall.

use std::{collections::BTreeMap, io::Write};

use color_eyre::eyre::Result;
use serde::Serialize;

use super::Context;
use crate::{
    aws::hosts,
    config::{Auth, Config, Connection, ConnectionKind, SecretRef},
    journal::postgres,
    model::inert,
    net::is_loopback,
    sources::secrets::{Secrets, kept},
};

/// One way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Way {
    /// Host name.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Through the proxy of HTTPS_PROXY, or directly.
    pub by: &'static str,
    /// What it is needed for.
    pub why: Vec<String>,
}

/// What decides the way: the variables of the environment by name.
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The regions of AWS where the configuration names none.
pub struct Regions<'a> {
    /// Of what is investigated.
    pub places: &'a str,
    /// Of secrets that AWS keeps.
    pub secrets: &'a str,
}

/// What is needed, and by whom.
pub struct Needs {
    /// The configuration, once for each space on watch, with that space open.
    pub configs: Vec<Config>,
    /// The server of the journals; a line about it, where its address is not known here.
    pub server: Option<Result<(String, u16), String>>,
}

impl Needs {
    /// What these need. Nobody is asked: an address that AWS keeps is not fetched.
    pub async fn of(context: &Context, configs: Vec<Config>) -> Self {
        let server = match &context.config.store.postgres {
            Some(place) => server(context, place).await,
            None => None,
        };
        Self { configs, server }
    }
}

/// The server; none where it is reached by a socket of this host.
async fn server(context: &Context, place: &SecretRef) -> Option<Result<(String, u16), String>> {
    let shown = inert(&place.to_string());
    let hidden = |why: &str| format!("journals: the PostgreSQL server whose address stands in {shown}{why}");
    if kept(place).is_some() {
        return Some(Err(hidden("")));
    }
    match Secrets::of(&context.config).get(place).await {
        Ok(address) => postgres::server(&address).map(Ok),
        Err(_) => Some(Err(hidden(", which cannot be read here"))),
    }
}

/// Every way out that the spaces need.
pub fn ways(needs: &Needs, at: &Regions<'_>, variable: Variable<'_>) -> Vec<Way> {
    let mut needed: BTreeMap<(String, u16), Vec<String>> = BTreeMap::new();
    for config in &needs.configs {
        of_space(config, at, variable, &mut |url, why| {
            if let Some(place) = place(url) {
                let reasons = needed.entry(place).or_default();
                if !reasons.contains(&why) {
                    reasons.push(why);
                }
            }
        });
    }
    let exempt = exempt(variable);
    let proxied = variable("HTTPS_PROXY")
        .or_else(|| variable("https_proxy"))
        .is_some();
    let mut ways: Vec<Way> = needed
        .into_iter()
        .map(|((host, port), why)| {
            let direct = is_loopback(&format!("https://{host}/")) || exempt(&host);
            Way {
                by: if proxied && !direct { "proxy" } else { "direct" },
                host,
                port,
                why,
            }
        })
        .collect();
    if let Some(Ok((host, port))) = &needs.server {
        // No proxy is asked to carry it.
        ways.push(Way {
            host: host.clone(),
            port: *port,
            by: "direct",
            why: vec!["journals on PostgreSQL".to_owned()],
        });
    }
    if proxied && let Some((host, port)) = proxy(variable) {
        ways.insert(
            0,
            Way {
                host,
                port,
                by: "direct",
                why: vec!["HTTPS_PROXY".to_owned()],
            },
        );
    }
    ways
}

/// The addresses that one space needs, each with what for.
fn of_space(config: &Config, at: &Regions<'_>, variable: Variable<'_>, need: &mut dyn FnMut(&str, String)) {
    let aws = |service: &str, region: &str| {
        let own = format!("AWS_ENDPOINT_URL_{}", service.to_uppercase().replace(' ', "_"));
        let set = variable(&own).or_else(|| variable("AWS_ENDPOINT_URL"));
        let host = || hosts::host(service, region).map(|host| format!("https://{host}"));
        set.or_else(host)
    };
    let regions = regions(config, at.places);
    for service in hosts::services() {
        for region in &regions {
            if let Some(url) = aws(service, region) {
                need(&url, format!("AWS {service}"));
            }
        }
    }
    for (service, why) in [
        ("Support", "where somebody asks it"),
        ("IAM", "where somebody asks AWS Support"),
    ] {
        if let Some(url) = aws(service, at.places) {
            need(&url, format!("AWS {service}, {why}"));
        }
    }
    for region in &regions {
        // Messages of SNS name the file of their certificate; it stands beside the topic.
        let host = hosts::host("SQS", region).map(|host| host.replacen("sqs.", "sns.", 1));
        if let Some(host) = host.filter(|_| variable("AWS_ENDPOINT_URL").is_none()) {
            need(
                &format!("https://{host}"),
                "certificates of webhooks of the kind sns".to_owned(),
            );
        }
    }
    if let Some(queue) = &config.open_space().watch.queue
        && let Some(url) = aws("SQS", &queue.place.region)
    {
        need(&url, format!("queue {}", queue.name));
    }
    for (name, connection) in used(config) {
        for url in [&connection.url, &connection.api].into_iter().flatten() {
            need(url, format!("connection {name}"));
        }
        if let Auth::ClientCredentials {
            token_url: Some(url), ..
        } = &connection.auth
        {
            need(url, format!("tokens of connection {name}"));
        }
        for kept in connection.auth.secrets().into_iter().filter_map(kept) {
            let service = kept.operation().service;
            if let Some(url) = aws(service, kept.region().unwrap_or(at.secrets)) {
                need(&url, format!("AWS {service}"));
            }
        }
    }
    let ours = [&config.store.postgres, &config.intake.key];
    for kept in ours.into_iter().flatten().filter_map(kept) {
        let service = kept.operation().service;
        if let Some(url) = aws(service, kept.region().unwrap_or(at.secrets)) {
            need(&url, format!("AWS {service}"));
        }
    }
}

/// What no list can know beforehand.
pub fn unknown(needs: &Needs) -> Vec<String> {
    let mut lines: Vec<String> = needs
        .configs
        .iter()
        .flat_map(used)
        .filter_map(|(name, connection)| match (connection.kind, &connection.auth) {
            (ConnectionKind::Eks, _) => Some(format!(
                "connection {name}: the endpoint of the cluster, port 443; aws eks describe-cluster names it"
            )),
            (_, Auth::OAuth { .. } | Auth::ClientCredentials { token_url: None, .. }) => Some(format!(
                "connection {name}: the authorization server that it names, when midwatch logs in"
            )),
            _ => None,
        })
        .collect();
    if let Some(Err(line)) = &needs.server {
        lines.push(line.clone());
    }
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// Writes the list.
pub fn print(needs: &Needs, at: &Regions<'_>, json: bool, out: &mut impl Write) -> Result<()> {
    let ways = ways(needs, at, &|name| {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    });
    if json {
        for way in &ways {
            writeln!(out, "{}", serde_json::to_string(way)?)?;
        }
        for line in unknown(needs) {
            writeln!(out, "{}", serde_json::json!({"unknown": line}))?;
        }
        return Ok(());
    }
    let width = ways.iter().map(|way| way.host.len()).max().unwrap_or(0);
    for way in &ways {
        writeln!(
            out,
            "{:<width$}  {:<5}  {:<6}  {}",
            way.host,
            way.port,
            way.by,
            way.why.join(", ")
        )?;
    }
    for line in unknown(needs) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Every region of every account of the space, or the one at hand.
fn regions(config: &Config, region: &str) -> Vec<String> {
    let space = config.open_space();
    let mut regions: Vec<String> = space
        .accounts
        .iter()
        .flat_map(|account| {
            if account.regions.is_empty() {
                &space.regions
            } else {
                &account.regions
            }
        })
        .chain(
            space
                .accounts
                .is_empty()
                .then_some(&space.regions)
                .into_iter()
                .flatten(),
        )
        .cloned()
        .collect();
    if regions.is_empty() {
        regions.push(region.to_owned());
    }
    regions.sort();
    regions.dedup();
    regions
}

/// The connections that the space uses.
fn used(config: &Config) -> impl Iterator<Item = (&String, &Connection)> {
    let space = config.open_space();
    config
        .connections
        .iter()
        .filter(move |(name, _)| space.connections.contains_key(*name))
}

/// Host and port of an address.
fn place(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    let usual = if scheme == "http" { 80 } else { 443 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (authority, usual),
    };
    (!host.is_empty()).then(|| (host.trim_matches(['[', ']']).to_owned(), port))
}

fn proxy(variable: Variable<'_>) -> Option<(String, u16)> {
    let url = variable("HTTPS_PROXY").or_else(|| variable("https_proxy"))?;
    place(&if url.contains("://") {
        url
    } else {
        format!("http://{url}")
    })
}

/// Whether NO_PROXY exempts a host: its own name, a domain that it lies under, or `*`.
fn exempt(variable: Variable<'_>) -> impl Fn(&str) -> bool {
    let list = variable("NO_PROXY")
        .or_else(|| variable("no_proxy"))
        .unwrap_or_default();
    let entries: Vec<String> = list
        .split(',')
        .map(|entry| entry.trim().trim_start_matches('.').to_lowercase())
        .filter(|entry| !entry.is_empty())
        .collect();
    move |host: &str| {
        let host = host.to_lowercase();
        entries
            .iter()
            .any(|entry| entry == "*" || host == *entry || host.ends_with(&format!(".{entry}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"
        space = "shop"
        [connections.hub]
        kind = "gitlab"
        url = "https://git.corp.example:8443/x"
        [connections.metrics]
        kind = "mcp"
        url = "https://mcp.example.org/mcp"
        auth = { client_credentials = { id = "a", secret = { aws_secret = "shop/hub#secret" }, token_url = "https://login.example.org/token" } }
        [connections.unused]
        kind = "github"
        auth = { bearer = { ssm = "/shop/token" } }
        [spaces.shop]
        regions = ["eu-west-1"]
        [spaces.shop.watch]
        queue = "arn:aws:sqs:ap-south-1:111122223333:alerts"
        [[spaces.shop.accounts]]
        id = "111122223333"
        [[spaces.shop.accounts]]
        id = "444455556666"
        regions = ["us-east-1"]
        [spaces.shop.connections.hub]
        [spaces.shop.connections.metrics]
    "#;

    fn hosts(variables: &[(&str, &str)]) -> Vec<Way> {
        let needs = Needs {
            configs: vec![Config::parse("c", CONFIG).unwrap()],
            server: Some(Ok(("db.corp.example".to_owned(), 5433))),
        };
        let at = Regions {
            places: "us-east-1",
            secrets: "eu-central-1",
        };
        ways(&needs, &at, &|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn every_host_of_the_space_is_listed_and_no_other() {
        let ways = hosts(&[]);
        let named = |host: &str| ways.iter().find(|way| way.host == host);
        assert_eq!(named("git.corp.example").unwrap().port, 8443);
        assert_eq!(
            named("login.example.org").unwrap().why,
            ["tokens of connection metrics"]
        );
        for host in ["logs.eu-west-1.amazonaws.com", "logs.us-east-1.amazonaws.com"] {
            assert_eq!(named(host).unwrap().by, "direct");
        }
        assert_eq!(
            named("secretsmanager.eu-central-1.amazonaws.com").unwrap().why,
            ["AWS Secrets Manager"]
        );
        assert!(!ways.iter().any(|way| way.host.starts_with("ssm.")));
        assert_eq!(
            named("sqs.ap-south-1.amazonaws.com").unwrap().why,
            ["queue alerts"]
        );
        for host in [
            "support.us-east-1.amazonaws.com",
            "iam.amazonaws.com",
            "sns.eu-west-1.amazonaws.com",
        ] {
            assert!(named(host).is_some(), "{host}");
        }
        let server = named("db.corp.example").unwrap();
        assert_eq!((server.port, server.by), (5433, "direct"));
        assert!(named("api.github.com").is_none(), "the space does not use it");
    }

    #[test]
    fn a_proxy_is_a_way_of_its_own_and_exemptions_go_round_it() {
        let ways = hosts(&[
            ("HTTPS_PROXY", "http://user:hush@proxy.corp:3128"),
            ("NO_PROXY", "corp.example, logs.eu-west-1.amazonaws.com"),
        ]);
        assert_eq!((ways[0].host.as_str(), ways[0].port), ("proxy.corp", 3128));
        let by = |host: &str| ways.iter().find(|way| way.host == host).unwrap().by;
        assert_eq!(by("git.corp.example"), "direct");
        assert_eq!(by("logs.eu-west-1.amazonaws.com"), "direct");
        assert_eq!(by("mcp.example.org"), "proxy");
        assert_eq!(by("db.corp.example"), "direct", "no proxy carries it");
        assert!(!format!("{ways:?}").contains("hush"));
    }

    #[test]
    fn an_endpoint_of_ones_own_takes_the_place_of_all_of_aws() {
        let ways = hosts(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:5000")]);
        assert!(ways.iter().all(|way| !way.host.contains("amazonaws")));
        assert!(ways.iter().any(|way| way.host == "127.0.0.1" && way.port == 5000));
    }
}
