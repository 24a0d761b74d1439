//! What entitles midwatch to speak to a server: nothing, a header, or an OAuth token.

use std::{collections::HashMap, sync::Arc};

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use tokio::sync::Mutex;

use super::{
    error::McpError,
    memory::Memory,
    oauth::{Grant, Sort, consent::Consent, http::Http},
};
use crate::{
    config::{Auth, Connection, SecretRef},
    model::{GapKind, hinted},
    net::Net,
    redact::Secret,
    sources::secrets::Secrets,
};

/// The keys to one connection. Secrets are fetched when the first call needs them, and again when they are turned away.
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
        found: Mutex<Option<Secret>>,
    },
    OAuth(Box<Grant>),
}

/// A header that proves who asks, and the secret in it.
pub struct Proof {
    /// Headers to send.
    pub headers: HashMap<HeaderName, HeaderValue>,
    /// The token or key among them.
    pub secret: Option<Secret>,
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
            // Signed messages are no conversation.
            Auth::None | Auth::Hmac { .. } => Lock::Open,
            Auth::Bearer { token } => Lock::Header {
                name: AUTHORIZATION,
                prefix: "Bearer ".to_owned(),
                place: token.clone(),
                found: Mutex::default(),
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
                found: Mutex::default(),
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
        let mut used = None;
        match &self.lock {
            Lock::Open => {}
            Lock::Header {
                name,
                prefix,
                place,
                found,
            } => {
                let mut found = found.lock().await;
                let secret = match found.take() {
                    Some(secret) => secret,
                    None => self.secret(place).await?,
                };
                let secret = &*found.insert(secret);
                headers.insert(name.clone(), header(&format!("{prefix}{}", secret.expose()))?);
                used = Some(secret.clone());
            }
            Lock::OAuth(grant) => {
                used = grant.token().await?;
                if let Some(token) = &used {
                    headers.insert(AUTHORIZATION, header(&format!("Bearer {}", token.expose()))?);
                }
            }
        }
        Ok(Proof {
            headers,
            secret: used,
        })
    }

    /// The OAuth entitlement, where the connection has one.
    pub fn grant(&self) -> Option<&Grant> {
        match &self.lock {
            Lock::OAuth(grant) => Some(grant),
            Lock::Open | Lock::Header { .. } => None,
        }
    }

    /// Fetches the secret again, for `used` was turned away: it may have been replaced where it stands. True when another one is
    /// sent from now on.
    pub async fn replaced(&self, used: Option<&Secret>) -> Result<bool, McpError> {
        let Lock::Header { place, found, .. } = &self.lock else {
            return Ok(false);
        };
        let mut found = found.lock().await;
        let another = |secret: &Secret| used.is_none_or(|used| used.expose() != secret.expose());
        // Somebody else was here meanwhile.
        if found.as_ref().is_some_and(another) {
            return Ok(true);
        }
        let secret = self.secret(place).await?;
        Ok(another(&*found.insert(secret)))
    }

    /// Takes the keys out of words that came from outside: a server may repeat what it was sent.
    pub async fn scrub(&self, words: &str) -> String {
        match &self.lock {
            Lock::Open => words.to_owned(),
            Lock::Header { found, .. } => match found.lock().await.as_ref() {
                Some(secret) if secret.expose().len() > 3 => words.replace(secret.expose(), "<secret>"),
                _ => words.to_owned(),
            },
            Lock::OAuth(grant) => grant.scrub(words).await,
        }
    }

    async fn secret(&self, place: &SecretRef) -> Result<Secret, McpError> {
        self.secrets.get(place).await.map_err(|error| {
            let words = error.to_string();
            let (why, hint) = hinted(&words, "check where it stands");
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
