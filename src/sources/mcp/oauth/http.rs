//! The calls to metadata, registration and token endpoints: encrypted or on this host, bounded in size and time, no redirects.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde_json::Value;
use url::Url;

use super::super::error::{McpError, short};
use crate::{
    model::{GapKind, Text},
    net::{Net, is_loopback},
    redact::Secret,
};

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Largest answer, in bytes.
const LARGEST: usize = 1024 * 1024;

/// Speaks to authorization servers on behalf of one connection.
#[derive(Debug, Clone)]
pub struct Http {
    net: Net,
    /// The connection's server.
    pub server: Url,
    /// Made once each, for this host and for others: reading every certificate of the system takes its time.
    clients: Arc<[OnceLock<reqwest::Client>; 2]>,
}

/// How a client proves itself at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// It does not: a public client.
    None,
    /// HTTP Basic.
    Basic,
    /// In the form.
    Post,
}

impl Http {
    /// For the server at `url`.
    pub fn new(net: Net, url: &str) -> Result<Self, McpError> {
        let server = Url::parse(url).map_err(|_| {
            McpError::new(
                GapKind::Failed,
                "the connection's url cannot be read",
                "midwatch connection edit",
            )
        })?;
        Ok(Self {
            net,
            server,
            clients: Arc::default(),
        })
    }

    /// An address that came from outside: encrypted; this host only for a server that is on this host itself, so that a
    /// server elsewhere cannot have us knock on our own doors.
    pub fn trusted(&self, address: &str) -> Result<Url, McpError> {
        let untrusted = || {
            McpError::new(
                GapKind::Credentials,
                Text::from("the address that the server gives for logging in is not one that is trusted: ")
                    .ext(short(address)),
                "it has to begin with https:// and to be elsewhere than on this host",
            )
        };
        let url = Url::parse(address).map_err(|_| untrusted())?;
        let local = is_loopback(url.as_str());
        let at_home = local && is_loopback(self.server.as_str());
        let fine = match url.scheme() {
            "https" => !local || at_home,
            "http" => at_home,
            _ => false,
        };
        let plain = url.username().is_empty() && url.password().is_none();
        if fine && plain { Ok(url) } else { Err(untrusted()) }
    }

    /// A JSON document; none where there is none.
    pub async fn document(&self, url: &Url) -> Result<Option<Value>, McpError> {
        let client = self.client(url)?;
        let request = client
            .get(url.clone())
            .header("accept", "application/json")
            .header("mcp-protocol-version", "2025-11-25");
        let (status, body) = self.send(url, request).await?;
        Ok((status == 200).then_some(body))
    }

    /// Posts JSON.
    pub async fn post_json(&self, url: &Url, body: &Value) -> Result<(u16, Value), McpError> {
        let client = self.client(url)?;
        let request = client
            .post(url.clone())
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(body.to_string());
        self.send(url, request).await
    }

    /// Posts a form to a token endpoint.
    pub async fn post_form(
        &self,
        url: &Url,
        mut form: Vec<(String, String)>,
        id: &str,
        secret: Option<&Secret>,
        method: Method,
    ) -> Result<(u16, Value), McpError> {
        let client = self.client(url)?;
        let mut request = client.post(url.clone()).header("accept", "application/json");
        // Beside Basic it says nothing new, and there are servers that look for it here alone.
        form.push(("client_id".to_owned(), id.to_owned()));
        match (method, secret) {
            (Method::Basic, Some(secret)) => {
                // RFC 6749, 2.3.1: both are encoded as in a form before they are joined.
                let encoded =
                    |words: &str| url::form_urlencoded::byte_serialize(words.as_bytes()).collect::<String>();
                request = request.basic_auth(encoded(id), Some(encoded(secret.expose())));
            }
            (Method::Post, Some(secret)) => {
                form.push(("client_secret".to_owned(), secret.expose().to_owned()));
            }
            _ => {}
        }
        self.send(url, request.form(&form)).await
    }

    fn client(&self, url: &Url) -> Result<reqwest::Client, McpError> {
        let [there, here] = &*self.clients;
        let kept = if is_loopback(url.as_str()) { here } else { there };
        if let Some(client) = kept.get() {
            return Ok(client.clone());
        }
        let made = self
            .net
            .client(url.as_str(), PATIENCE)
            .map_err(|error| McpError::new(GapKind::Failed, error.to_string(), "mend [network] ca_bundle"))?;
        Ok(kept.get_or_init(|| made).clone())
    }

    async fn send(&self, url: &Url, request: reqwest::RequestBuilder) -> Result<(u16, Value), McpError> {
        let place = place(url);
        let lost = |error: reqwest::Error| {
            let why = match () {
                () if error.is_timeout() => "does not answer in time",
                () if error.is_connect() => "cannot be reached",
                () => "broke off its answer",
            };
            McpError::new(
                GapKind::Unreachable,
                Text::from("the login server ")
                    .ext(place.clone())
                    .own(" ")
                    .own(why),
                "check the way there: proxy, private certificates, the server itself",
            )
        };
        let mut answer = request.send().await.map_err(lost)?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(lost)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(McpError::new(
                    GapKind::Failed,
                    Text::from("the login server ")
                        .ext(place)
                        .own(" answers with more than a megabyte"),
                    "this is no login server that midwatch can speak to",
                ));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }
}

/// Host and port of an address, for a person.
pub fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
