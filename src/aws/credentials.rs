//! Credentials, asked for once and kept until they run out.
//!
//! The chain behind them may run a program or call SSO or STS, which must not happen for every call.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{self, ProvideCredentials, SharedCredentialsProvider, future},
};
use tokio::sync::Mutex;

/// Credentials that run out sooner than this are fetched anew.
const SPARE: Duration = Duration::from_mins(1);

/// A provider that remembers what another one gave.
#[derive(Clone)]
pub(super) struct Remembered {
    origin: SharedCredentialsProvider,
    kept: Arc<Mutex<Option<Credentials>>>,
}

impl Remembered {
    pub(super) fn new(origin: SharedCredentialsProvider) -> Self {
        Self {
            origin,
            kept: Arc::new(Mutex::new(None)),
        }
    }

    /// Forgets what it has: AWS has said that it has expired, and a new login may be there.
    pub(super) async fn forget(&self) {
        *self.kept.lock().await = None;
    }

    async fn get(&self) -> provider::Result {
        // Held while fetching, so that many calls at once lead to one fetch.
        let mut kept = self.kept.lock().await;
        let good = |credentials: &Credentials| {
            credentials
                .expiry()
                .is_none_or(|expiry| expiry > SystemTime::now() + SPARE)
        };
        if let Some(credentials) = kept.as_ref().filter(|credentials| good(credentials)) {
            return Ok(credentials.clone());
        }
        let credentials = self.origin.provide_credentials().await?;
        *kept = Some(credentials.clone());
        Ok(credentials)
    }
}

impl ProvideCredentials for Remembered {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.get())
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").finish_non_exhaustive()
    }
}
