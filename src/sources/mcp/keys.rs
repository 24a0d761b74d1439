//! What entitles midwatch to speak to a server: nothing, a header, or an OAuth token.

use std::{collections::HashMap, sync::Arc};

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use tokio::sync::OnceCell;

use super::{
    error::McpError,
    memory::Memory,
    oauth::{Grant, Sort, consent::Consent, http::Http},
};
use crate::{
    config::{Auth, Connection, SecretRef},
    model::GapKind,
    net::Net,
    redact::Secret,
    sources::secrets::Secrets,
};

/// The keys to one connection. Secrets are fetched when the first call needs them.
pub struct Keys {
    lock: Lock,
    secrets: Secrets,
}

enum Lock {
    Open,
    Header {
        name: HeaderName,
        prefix: String,
        place: SecretRef,
        found: OnceCell<Secret>,
    },
    OAuth(Box<Grant>),
}

/// A header that proves who asks, and the token in it where it can be renewed.
pub struct Proof {
    /// Headers to send.
    pub headers: HashMap<HeaderName, HeaderValue>,
    /// The OAuth token among them.
    pub token: Option<Secret>,
}

impl Keys {
    /// The keys of the connection `name`.
    ///
    /// # Errors
    /// When the connection's header cannot be one.
    pub fn new(
        name: &str,
        connection: &Connection,
        net: &Net,
        secrets: &Secrets,
        memory: &Arc<Memory>,
        consent: Option<Arc<dyn Consent>>,
    ) -> Result<Self, McpError> {
        let http = || Http::new(net.clone(), connection.url.as_deref().unwrap_or_default());
        let grant = |sort: Sort| {
            let grant = Grant::new(
                name,
                sort,
                http()?,
                secrets.clone(),
                Arc::clone(memory),
                consent.clone(),
            );
            Ok::<_, McpError>(Lock::OAuth(Box::new(grant)))
        };
        // A local server is spoken to over a pipe, which has no headers.
        let lock = match &connection.auth {
            _ if connection.url.is_none() => Lock::Open,
            Auth::None => Lock::Open,
            Auth::Bearer { token } => Lock::Header {
                name: AUTHORIZATION,
                prefix: "Bearer ".to_owned(),
                place: token.clone(),
                found: OnceCell::new(),
            },
            Auth::ApiKey { header, prefix, key } => Lock::Header {
                name: HeaderName::try_from(header.as_str()).map_err(|_| {
                    McpError::new(
                        GapKind::Credentials,
                        "the connection's header for its API key is no name of a header",
                        format!("midwatch connection edit {name} --header NAME"),
                    )
                })?,
                prefix: prefix.clone(),
                place: key.clone(),
                found: OnceCell::new(),
            },
            Auth::ClientCredentials {
                id,
                secret,
                token_url,
                scopes,
                parameters,
            } => grant(Sort::Credentials {
                id: id.clone(),
                secret: secret.clone(),
                token_url: token_url.clone(),
                scopes: scopes.clone(),
                parameters: parameters.clone(),
            })?,
            Auth::OAuth { id, secret, scopes } => grant(Sort::Person {
                id: id.clone(),
                secret: secret.clone(),
                scopes: scopes.clone(),
            })?,
        };
        Ok(Self {
            lock,
            secrets: secrets.clone(),
        })
    }

    /// The headers of the next request.
    pub async fn proof(&self) -> Result<Proof, McpError> {
        let mut headers = HashMap::new();
        let mut token = None;
        match &self.lock {
            Lock::Open => {}
            Lock::Header {
                name,
                prefix,
                place,
                found,
            } => {
                let secret = found.get_or_try_init(|| self.secret(place)).await?;
                headers.insert(name.clone(), header(&format!("{prefix}{}", secret.expose()))?);
            }
            Lock::OAuth(grant) => {
                token = grant.token().await?;
                if let Some(token) = &token {
                    headers.insert(AUTHORIZATION, header(&format!("Bearer {}", token.expose()))?);
                }
            }
        }
        Ok(Proof { headers, token })
    }

    /// The OAuth entitlement, where the connection has one.
    pub fn grant(&self) -> Option<&Grant> {
        match &self.lock {
            Lock::OAuth(grant) => Some(grant),
            Lock::Open | Lock::Header { .. } => None,
        }
    }

    /// Takes the keys out of words that came from outside: a server may repeat what it was sent.
    pub async fn scrub(&self, words: &str) -> String {
        match &self.lock {
            Lock::Open => words.to_owned(),
            Lock::Header { found, .. } => match found.get() {
                Some(secret) if secret.expose().len() > 3 => words.replace(secret.expose(), "<secret>"),
                _ => words.to_owned(),
            },
            Lock::OAuth(grant) => grant.scrub(words).await,
        }
    }

    async fn secret(&self, place: &SecretRef) -> Result<Secret, McpError> {
        self.secrets.get(place).await.map_err(|error| {
            let words = error.to_string();
            let (why, hint) = words
                .split_once("\nhint: ")
                .unwrap_or((&words, "check where it stands"));
            McpError::new(GapKind::Credentials, why, hint)
        })
    }
}

fn header(words: &str) -> Result<HeaderValue, McpError> {
    let mut value = HeaderValue::try_from(words).map_err(|_| {
        McpError::new(
            GapKind::Credentials,
            "the connection's secret holds what no header can",
            "its first line is the secret: letters, digits and signs alone",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}
