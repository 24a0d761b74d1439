//! How a vendor is told who asks. The secret is fetched when it is first needed and kept in memory alone.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::Fault;
use crate::{
    config::{Auth, SecretRef},
    model::Text,
    redact::Secret,
    sources::secrets::Secrets,
};

/// A header whose value is a secret.
pub struct Credential {
    form: Form,
    kept: Mutex<Option<Kept>>,
}

/// A secret, and how long it is good where that is known.
#[derive(Clone)]
struct Kept {
    secret: Secret,
    until: Option<Timestamp>,
}

/// A minted token is replaced so long before its end.
const EARLY: SignedDuration = SignedDuration::from_mins(5);

/// Makes tokens that are good for a while, out of a secret that is good for long.
#[async_trait]
pub trait Mint: Send + Sync {
    /// A token and its end.
    async fn mint(&self) -> Result<(Secret, Timestamp), Fault>;
}

enum Form {
    /// Nobody in particular.
    None,
    /// A header with a prefix and the secret.
    Header {
        header: String,
        prefix: String,
        place: SecretRef,
        secrets: Secrets,
    },
    /// `Authorization: Bearer` and a token that is made when it is needed.
    Minted(Box<dyn Mint>),
}

impl Credential {
    /// As the connection says.
    ///
    /// # Errors
    /// For a method that neither vendor takes from a program.
    pub fn new(connection: &str, auth: &Auth, secrets: &Secrets) -> Result<Self, Text> {
        let header = |header: &str, prefix: &str, place: &SecretRef| Form::Header {
            header: header.to_ascii_lowercase(),
            prefix: prefix.to_owned(),
            place: place.clone(),
            secrets: secrets.clone(),
        };
        let form = match auth {
            Auth::None => Form::None,
            Auth::Bearer { token } => header("authorization", "Bearer ", token),
            Auth::ApiKey {
                header: name,
                prefix,
                key,
            } => header(name, prefix, key),
            Auth::Hmac { .. } | Auth::ClientCredentials { .. } | Auth::OAuth { .. } => {
                return Err(Text::from("connection ").ext(connection).own(format!(
                    " cannot be told who asks by {}\nhint: auth = {{ bearer = {{ env = \"NAME\" }} }} with a read-only token",
                    auth.words()
                )));
            }
        };
        Ok(Self {
            form,
            kept: Mutex::new(None),
        })
    }

    /// A bearer token that is made when it is needed.
    pub fn minted(mint: Box<dyn Mint>) -> Self {
        Self {
            form: Form::Minted(mint),
            kept: Mutex::new(None),
        }
    }

    /// True when there is one.
    pub const fn is_some(&self) -> bool {
        !matches!(self.form, Form::None)
    }

    /// Name and value of the header; none where nobody is told who asks.
    pub async fn header(&self) -> Result<Option<(&str, Secret)>, Fault> {
        let (header, prefix) = match &self.form {
            Form::None => return Ok(None),
            Form::Header { header, prefix, .. } => (header.as_str(), prefix.as_str()),
            Form::Minted(_) => ("authorization", "Bearer "),
        };
        let mut kept = self.kept.lock().await;
        let good = |kept: &&Kept| {
            kept.until
                .is_none_or(|until| until.duration_since(Timestamp::now()) > EARLY)
        };
        let secret = match kept.as_ref().filter(good) {
            Some(kept) => kept.secret.clone(),
            None => kept.insert(self.fetched().await?).secret.clone(),
        };
        Ok(Some((
            header,
            Secret::new(format!("{prefix}{}", secret.expose())),
        )))
    }

    async fn fetched(&self) -> Result<Kept, Fault> {
        match &self.form {
            Form::None => Err(Fault::Secret("there is none".to_owned())),
            Form::Header { place, secrets, .. } => {
                let found = secrets.get(place).await;
                let secret = found.map_err(|error| Fault::Secret(error.to_string()))?;
                Ok(Kept { secret, until: None })
            }
            Form::Minted(mint) => {
                let (secret, until) = mint.mint().await?;
                Ok(Kept {
                    secret,
                    until: Some(until),
                })
            }
        }
    }

    /// Forgets the secret, so that a replaced one is fetched anew.
    pub async fn forget(&self) {
        *self.kept.lock().await = None;
    }

    /// The secret's first letters, by which vendors tell sorts of tokens apart; at most `length` of them.
    pub async fn beginning(&self, length: usize) -> String {
        let kept = self.kept.lock().await;
        let beginning = |kept: &Kept| kept.secret.expose().chars().take(length).collect();
        kept.as_ref().map(beginning).unwrap_or_default()
    }
}
