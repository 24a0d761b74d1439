//! How a vendor is told who asks. The secret is fetched when it is first needed and kept in memory alone.

use tokio::sync::Mutex;

use super::Fault;
use crate::{
    config::{Auth, SecretRef},
    model::Text,
    redact::Secret,
    sources::secrets::Secrets,
};

/// A header whose value is a secret.
#[derive(Debug)]
pub struct Credential {
    secrets: Secrets,
    form: Form,
    kept: Mutex<Option<Secret>>,
}

#[derive(Debug)]
enum Form {
    /// Nobody in particular.
    None,
    /// A header with a prefix and the secret.
    Header {
        header: String,
        prefix: String,
        place: SecretRef,
    },
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
        };
        let form = match auth {
            Auth::None => Form::None,
            Auth::Bearer { token } => header("authorization", "Bearer ", token),
            Auth::ApiKey {
                header: name,
                prefix,
                key,
            } => header(name, prefix, key),
            Auth::ClientCredentials { .. } | Auth::OAuth { .. } => {
                return Err(Text::from("connection ").ext(connection).own(format!(
                    " cannot be told who asks by {}\nhint: auth = {{ bearer = {{ env = \"NAME\" }} }} with a read-only token",
                    auth.words()
                )));
            }
        };
        Ok(Self {
            secrets: secrets.clone(),
            form,
            kept: Mutex::new(None),
        })
    }

    /// True when there is one.
    pub const fn is_some(&self) -> bool {
        !matches!(self.form, Form::None)
    }

    /// Name and value of the header; none where nobody is told who asks.
    pub async fn header(&self) -> Result<Option<(&str, Secret)>, Fault> {
        let Form::Header {
            header,
            prefix,
            place,
        } = &self.form
        else {
            return Ok(None);
        };
        let mut kept = self.kept.lock().await;
        let secret = match kept.as_ref() {
            Some(secret) => secret.clone(),
            None => {
                let found = self.secrets.get(place).await;
                let secret = found.map_err(|error| Fault::Secret(error.to_string()))?;
                kept.insert(secret).clone()
            }
        };
        Ok(Some((
            header,
            Secret::new(format!("{prefix}{}", secret.expose())),
        )))
    }

    /// Forgets the secret, so that a replaced one is fetched anew.
    pub async fn forget(&self) {
        *self.kept.lock().await = None;
    }

    /// The secret's first letters, by which vendors tell sorts of tokens apart; at most `length` of them.
    pub async fn beginning(&self, length: usize) -> String {
        let kept = self.kept.lock().await;
        let beginning = |secret: &Secret| secret.expose().chars().take(length).collect();
        kept.as_ref().map(beginning).unwrap_or_default()
    }
}
