//! Credentials, asked for once and kept until they run out.
//!
//! The chain behind them may run a program or call SSO or STS, which must not happen for every call.

use std::{
    error::Error,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{self, ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use tokio::sync::Mutex;

use super::AwsError;

/// Credentials that run out sooner than this are fetched anew.
const SPARE: Duration = Duration::from_mins(1);

/// A provider that remembers what another one gave.
#[derive(Clone)]
pub(super) struct Remembered {
    origin: SharedCredentialsProvider,
    kept: Arc<Mutex<Kept>>,
    /// How many roles could not be assumed so far.
    refusals: Arc<AtomicU64>,
}

#[derive(Default)]
struct Kept {
    credentials: Option<Credentials>,
    /// The last refusal, and which one it was.
    refused: Option<(u64, AwsError)>,
}

impl Remembered {
    pub(super) fn new(origin: SharedCredentialsProvider) -> Self {
        Self {
            origin,
            kept: Arc::default(),
            refusals: Arc::default(),
        }
    }

    /// Forgets what it has: AWS has said that it has expired, and a new login may be there.
    pub(super) async fn forget(&self) {
        self.kept.lock().await.credentials = None;
    }

    /// Fetches credentials unless there are good ones.
    ///
    /// A refusal is not remembered: whoever asks after it asks AWS again. Those who asked before it share it.
    pub(super) async fn get(&self) -> provider::Result {
        let before = self.refusals.load(Ordering::Acquire);
        // Held while fetching, so that many calls at once lead to one fetch.
        let mut kept = self.kept.lock().await;
        let good = |credentials: &Credentials| {
            credentials
                .expiry()
                .is_none_or(|expiry| expiry > SystemTime::now() + SPARE)
        };
        if let Some(credentials) = kept.credentials.as_ref().filter(|credentials| good(credentials)) {
            return Ok(credentials.clone());
        }
        if let Some((_, error)) = kept.refused.as_ref().filter(|(refusal, _)| *refusal > before) {
            return Err(CredentialsError::provider_error(error.clone()));
        }
        match self.origin.provide_credentials().await {
            Ok(credentials) => {
                kept.credentials = Some(credentials.clone());
                Ok(credentials)
            }
            Err(error) => {
                if let Some(told) = behind(&error) {
                    let refusal = self.refusals.fetch_add(1, Ordering::AcqRel) + 1;
                    kept.refused = Some((refusal, told.clone()));
                }
                Err(error)
            }
        }
    }
}

/// The failed call of ours that is behind a failure to get credentials, where one is.
pub(super) fn behind<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a AwsError> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(call) = cause.downcast_ref::<AwsError>() {
            return Some(call);
        }
        next = cause.source();
    }
    None
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
