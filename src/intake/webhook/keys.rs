//! The key that webhooks' secrets are sealed with, fetched seldom: it may stand with a service that is slow, or away.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Mutex, time::timeout};

use super::seal::{Keeper, Key};

/// How long the key may take to be fetched.
const PATIENCE: Duration = Duration::from_secs(10);
/// When it is asked for again that was not to be had.
const RETRY: Duration = Duration::from_secs(5);
/// When it is looked whether another key was put in its place, because a secret does not open.
const ANOTHER: Duration = Duration::from_mins(1);

/// Opens secrets.
pub(super) struct Keys {
    keeper: Keeper,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    key: Option<Arc<Key>>,
    asked: Option<Instant>,
    /// Why there is no key.
    why: String,
}

impl Held {
    fn asked_within(&self, time: Duration) -> bool {
        self.asked.is_some_and(|at| at.elapsed() < time)
    }
}

impl Keys {
    pub(super) fn new(keeper: Keeper) -> Self {
        Self {
            keeper,
            held: Mutex::default(),
        }
    }

    /// Opens what was sealed for this webhook.
    ///
    /// # Errors
    /// Why it stays shut, with a hint. A key that opens others is kept meanwhile.
    pub(super) async fn open(&self, webhook: &str, sealed: &str) -> Result<Vec<u8>, String> {
        let mut held = self.held.lock().await;
        if held.key.is_none() && !held.asked_within(RETRY) {
            self.fetch(&mut held).await;
        }
        let key = held.key.clone().ok_or_else(|| held.why.clone())?;
        match key.open(webhook, sealed) {
            Ok(secret) => return Ok(secret),
            Err(error) if held.asked_within(ANOTHER) => return Err(error.to_string()),
            Err(_) => {}
        }
        self.fetch(&mut held).await;
        let key = held.key.clone().ok_or_else(|| held.why.clone())?;
        key.open(webhook, sealed).map_err(|error| error.to_string())
    }

    async fn fetch(&self, held: &mut Held) {
        let asked = timeout(PATIENCE, self.keeper.key()).await;
        held.asked = Some(Instant::now());
        match asked {
            Ok(Ok(Some(key))) => held.key = Some(Arc::new(key)),
            Ok(Ok(None)) => held.why = self.keeper.gone(),
            Ok(Err(error)) => held.why = error.to_string(),
            Err(_) => {
                "the key that webhooks' secrets are sealed with did not come in time"
                    .clone_into(&mut held.why);
            }
        }
    }
}
