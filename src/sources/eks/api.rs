//! The Kubernetes API of an EKS cluster over plain HTTP: GET alone, paths of the closed list alone, with a token made from the
//! account's role.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use base64::Engine as _;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{
    objects,
    paths::{Listed, NODES, VERSION},
};
use crate::{
    aws::{
        Factory,
        operations::DESCRIBE_CLUSTER,
        services::{cluster_token, rest_json},
    },
    model::{Allowance, Gap, GapKind, Text},
    net::{Net, is_loopback},
    redact::Secret,
    sources::{aws::gap_of, tame::tame},
};

/// A token is good for fifteen minutes; it is renewed earlier.
const TOKEN_GOOD_FOR: Duration = Duration::from_mins(12);
/// Objects in one page of a list: some 2 MB.
const PAGE: usize = 250;
/// Pages that are read at most of one list.
const PAGES: usize = 20;
/// Largest page that is read, in bytes.
const LARGEST_PAGE: usize = 16 * 1024 * 1024;
/// Largest answer on the version, in bytes.
const LARGEST_VERSION: usize = 64 * 1024;
/// Longest wait that a throttling answer may ask for.
const LONGEST_WAIT: u64 = 5;

/// How to reach one cluster.
pub(super) struct Api {
    pub cluster: String,
    pub factory: Factory,
    pub net: Net,
    pub timeout: Duration,
    /// Where it answers, when the configuration says so.
    pub url: Option<String>,
    reached: Mutex<Option<Reached>>,
    token: Mutex<Option<(Secret, Instant)>>,
}

/// A cluster that was looked up.
#[derive(Clone)]
struct Reached {
    client: reqwest::Client,
    url: String,
    /// True when the endpoint answers from the internet.
    public: bool,
    /// Version, as EKS has it.
    version: Option<String>,
}

/// One question on its way: what it may still spend, and what it has spent.
pub(super) struct Turn<'a> {
    pub allowance: &'a Allowance,
    calls: AtomicU32,
}

impl<'a> Turn<'a> {
    pub const fn new(allowance: &'a Allowance) -> Self {
        Self {
            allowance,
            calls: AtomicU32::new(0),
        }
    }

    /// Counts calls that were made beside those of the cluster.
    pub fn spent(&self, calls: u32) {
        self.calls.fetch_add(calls, Ordering::Relaxed);
    }

    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }
}

/// A list, and what was left of it.
pub(super) struct Page {
    pub items: Vec<Value>,
    pub gap: Option<Gap>,
}

impl Api {
    pub fn new(cluster: String, factory: Factory, net: Net, timeout: Duration, url: Option<String>) -> Self {
        Self {
            cluster,
            factory,
            net,
            timeout,
            url,
            reached: Mutex::new(None),
            token: Mutex::new(None),
        }
    }

    /// All objects of one sort, in one namespace or (none) in all.
    pub async fn list(&self, turn: &Turn<'_>, listed: &Listed, namespace: Option<&str>) -> Page {
        let what = || {
            let text = Text::from(format!("{} of the cluster", listed.name));
            match namespace {
                Some(namespace) => text.own(" in namespace ").ext(namespace),
                None => text,
            }
        };
        let path = listed.path(namespace);
        let (mut items, mut next) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let mut query = format!("limit={PAGE}");
            if !next.is_empty() {
                query.push_str("&continue=");
                query.push_str(&super::paths::step(&next));
            }
            let allow = format!("list on {}", listed.name);
            let body = match self.get(turn, &path, &query, LARGEST_PAGE, &allow).await {
                Ok((body, false)) => body,
                Ok((_, true)) => {
                    let gap = failed(
                        GapKind::Truncated,
                        what(),
                        "a page of it is larger than 16 MiB",
                        "narrow the namespaces of the space's connection",
                    );
                    return Page {
                        items,
                        gap: Some(gap),
                    };
                }
                Err(gap) => {
                    return Page {
                        items,
                        gap: Some(Gap { what: what(), ..gap }),
                    };
                }
            };
            let Ok(mut page) = serde_json::from_slice::<Value>(&body) else {
                let gap = failed(
                    GapKind::Failed,
                    what(),
                    "the answer is no JSON",
                    "see whether the endpoint is the cluster's own",
                );
                return Page {
                    items,
                    gap: Some(gap),
                };
            };
            next = String::from(objects::words(&page, "/metadata/continue"));
            match page.get_mut("items").map(Value::take) {
                Some(Value::Array(mut more)) => {
                    more.iter_mut().for_each(tame);
                    items.extend(more);
                }
                Some(Value::Null) => {}
                _ => {
                    let gap = failed(
                        GapKind::Failed,
                        what(),
                        "the answer is no list",
                        "see whether the endpoint is the cluster's own",
                    );
                    return Page {
                        items,
                        gap: Some(gap),
                    };
                }
            }
            if next.is_empty() {
                return Page { items, gap: None };
            }
        }
        let gap = failed(
            GapKind::Truncated,
            what(),
            &format!("there are more than {}", PAGE * PAGES),
            "narrow the namespaces of the space's connection",
        );
        Page {
            items,
            gap: Some(gap),
        }
    }

    /// Whether one sort may be listed: one object of it is asked for.
    pub async fn may_list(
        &self,
        turn: &Turn<'_>,
        listed: &Listed,
        namespace: Option<&str>,
    ) -> Result<(), Gap> {
        let (path, allow) = (listed.path(namespace), format!("list on {}", listed.name));
        self.get(turn, &path, "limit=1", LARGEST_PAGE, &allow)
            .await
            .map(drop)
    }

    /// Version of the API server, in its own words or else in those of EKS, and whether its endpoint answers from the internet.
    pub async fn version(&self, turn: &Turn<'_>) -> Result<(Text, bool), Gap> {
        let reached = self.reach(turn).await?;
        let said = match self
            .get(turn, VERSION, "", LARGEST_VERSION, "get on /version")
            .await
        {
            Ok((body, _)) => {
                let told: Value = serde_json::from_slice(&body).unwrap_or_default();
                Some(objects::words(&told, "/gitVersion").to_owned()).filter(|said| !said.is_empty())
            }
            // Some close it to those who may read other things.
            Err(gap) if matches!(gap.kind, GapKind::Denied | GapKind::NotFound) => None,
            Err(gap) => return Err(gap),
        };
        let version = said.or(reached.version).unwrap_or_else(|| "unknown".to_owned());
        Ok((Text::new().ext(version), reached.public))
    }

    /// The log of one container; true when there is more than `most` bytes of it.
    pub async fn log(
        &self,
        turn: &Turn<'_>,
        (namespace, pod, container): (&str, &str, &str),
        (since, previous): (&str, bool),
        most: usize,
    ) -> Result<(String, bool), Gap> {
        let path = super::paths::log(namespace, pod);
        let query = format!(
            "container={}&sinceTime={}&timestamps=true&limitBytes={most}{}",
            super::paths::step(container),
            super::paths::step(since),
            if previous { "&previous=true" } else { "" },
        );
        let (body, cut) = self.get(turn, &path, &query, most, "get on pods/log").await?;
        let full = cut || body.len() >= most;
        Ok((String::from_utf8_lossy(&body).into_owned(), full))
    }

    /// Sends one GET; the body, and whether it was cut at `most` bytes. The gap that a failure leaves names no subject yet.
    async fn get(
        &self,
        turn: &Turn<'_>,
        path: &str,
        query: &str,
        most: usize,
        allow: &str,
    ) -> Result<(Vec<u8>, bool), Gap> {
        let reached = self.reach(turn).await?;
        let url = format!("{}{path}?{query}", reached.url);
        let mut again = true;
        loop {
            if !turn.allowance.take() {
                return Err(Gap::of_budget(Text::new(), "no call is left in the budget"));
            }
            let token = self.token().await?;
            turn.spent(1);
            let sent = reached.client.get(&url).bearer_auth(token.expose()).send().await;
            let mut answer = sent.map_err(|error| self.unreachable(&reached, &error))?;
            let status = answer.status().as_u16();
            let wait = wait_of(&answer);
            let mut body = Vec::new();
            let mut cut = false;
            while let Some(chunk) = answer
                .chunk()
                .await
                .map_err(|error| self.unreachable(&reached, &error))?
            {
                body.extend_from_slice(&chunk);
                if body.len() > most {
                    body.truncate(most);
                    cut = true;
                    break;
                }
            }
            match status {
                200..300 => return Ok((body, cut)),
                401 if again => *self.token.lock().await = None,
                429 if again => tokio::time::sleep(Duration::from_secs(wait)).await,
                _ => return Err(self.refusal(status, &body, allow)),
            }
            again = false;
        }
    }

    /// Endpoint and certificate authority, asked of EKS once.
    async fn reach(&self, turn: &Turn<'_>) -> Result<Reached, Gap> {
        let mut kept = self.reached.lock().await;
        if let Some(reached) = kept.as_ref() {
            return Ok(reached.clone());
        }
        let aws = self.factory.metered(turn.allowance);
        let outcome = rest_json(&aws, DESCRIBE_CLUSTER, &["clusters", &self.cluster], None).await;
        turn.spent(aws.calls());
        let answer = outcome.map_err(|error| gap_of(&error, Text::new(), None))?;
        let cluster = answer.get("cluster").unwrap_or(&Value::Null);
        let unfit = |why: &str| {
            failed(
                GapKind::Failed,
                Text::new(),
                why,
                "aws eks describe-cluster shows what EKS knows of it",
            )
        };
        let given = cluster.get("endpoint").and_then(Value::as_str);
        let url = self.url.clone().or_else(|| given.map(ToOwned::to_owned));
        let url = url.ok_or_else(|| unfit("the cluster has no endpoint (it is being made or removed)"))?;
        if !url.starts_with("https://") && !is_loopback(&url) {
            return Err(unfit("its endpoint is not encrypted"));
        }
        let packed = cluster
            .pointer("/certificateAuthority/data")
            .and_then(Value::as_str)
            .filter(|packed| !packed.is_empty());
        let pem = packed
            .map(|packed| base64::engine::general_purpose::STANDARD.decode(packed.trim()))
            .transpose()
            .map_err(|_| unfit("its certificate authority cannot be read"))?;
        let client = match &pem {
            Some(pem) => self.net.client_trusting(&url, self.timeout, pem),
            None => self.net.client(&url, self.timeout),
        };
        let client = client.map_err(|error| unfit(&error.to_string()))?;
        let public = cluster
            .pointer("/resourcesVpcConfig/endpointPublicAccess")
            .and_then(Value::as_bool);
        let reached = Reached {
            client,
            url: url.trim_end_matches('/').to_owned(),
            public: public != Some(false),
            version: cluster.get("version").and_then(Value::as_str).map(str::to_owned),
        };
        *kept = Some(reached.clone());
        Ok(reached)
    }

    async fn token(&self) -> Result<Secret, Gap> {
        let mut kept = self.token.lock().await;
        if let Some((token, made)) = kept.as_ref()
            && made.elapsed() < TOKEN_GOOD_FOR
        {
            return Ok(Secret::new(token.expose().to_owned()));
        }
        let token = cluster_token(&self.factory, &self.cluster)
            .await
            .map_err(|error| gap_of(&error, Text::new(), None))?;
        *kept = Some((Secret::new(token.expose().to_owned()), Instant::now()));
        Ok(token)
    }

    fn unreachable(&self, reached: &Reached, error: &reqwest::Error) -> Gap {
        let why = if error.is_timeout() {
            format!(
                "cluster {} does not answer in {} s",
                self.cluster,
                self.timeout.as_secs()
            )
        } else {
            format!("cluster {} cannot be reached", self.cluster)
        };
        let hint = if reached.public {
            "check the route to the cluster's endpoint, its public access CIDRs, HTTPS_PROXY and NO_PROXY"
        } else {
            "its endpoint is private: run midwatch on a host that reaches its VPC (peering, VPN, a jump host in it)"
        };
        failed(GapKind::Unreachable, Text::new(), &why, hint)
    }

    fn refusal(&self, status: u16, body: &[u8], allow: &str) -> Gap {
        let told: Value = serde_json::from_slice(body).unwrap_or(json!({}));
        let words = told.get("message").and_then(Value::as_str).unwrap_or_default();
        let words: String = words.chars().take(300).collect();
        let entry = format!(
            "let the role in: aws eks create-access-entry --cluster-name {0} --principal-arn ROLE, and aws eks \
             associate-access-policy with AmazonEKSViewPolicy",
            self.cluster
        );
        let (kind, why, hint) = match status {
            401 => (
                GapKind::Credentials,
                "the cluster does not know this identity",
                entry,
            ),
            // Nodes stand in no namespace, and what views namespaces has no word of them.
            403 if allow.ends_with(NODES.name) => (
                GapKind::Denied,
                "the cluster denies it",
                format!(
                    "allow {allow} by a ClusterRole of its own: neither AmazonEKSViewPolicy nor the ClusterRole view does"
                ),
            ),
            403 => (
                GapKind::Denied,
                "the cluster denies it",
                format!("allow {allow} (AmazonEKSViewPolicy or the ClusterRole view does)"),
            ),
            404 => (
                GapKind::NotFound,
                "the cluster has no such thing",
                "it may be gone, or the cluster is too old for it".to_owned(),
            ),
            429 => (
                GapKind::Throttled,
                "the cluster asks for slower calls, after waiting too",
                "ask again in a few minutes".to_owned(),
            ),
            400 => (
                GapKind::NotFound,
                "the cluster has no log of it",
                "the container has not started yet".to_owned(),
            ),
            _ => (
                GapKind::Failed,
                "the cluster failed to answer",
                "kubectl get --raw /readyz shows how its API fares".to_owned(),
            ),
        };
        let mut why = Text::from(why).own(format!(" (HTTP status {status})"));
        if !words.is_empty() {
            why = why.own(": ").ext(words);
        }
        Gap {
            kind,
            what: Text::new(),
            resource: None,
            why,
            hint: Some(hint.into()),
        }
    }
}

/// Seconds that a throttling answer asks for, within reason.
fn wait_of(answer: &reqwest::Response) -> u64 {
    let asked = answer
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    asked.unwrap_or(1_u64).min(LONGEST_WAIT)
}

pub(super) fn failed(kind: GapKind, what: Text, why: &str, hint: &str) -> Gap {
    Gap {
        kind,
        what,
        resource: None,
        why: why.to_owned().into(),
        hint: Some(hint.to_owned().into()),
    }
}
