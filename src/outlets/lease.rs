//! One process at a time sends what a space sends. The lease is a value beside the records that its owner changes again and
//! again; whoever sees it unchanged for long enough, by their own clock, takes it. So no two clocks are ever compared.

use std::time::Duration;

use tokio::time::Instant;

use crate::journal::{Journal, StoreError};

/// The name of the value.
const NAME: &str = "outlets/lease";

/// The right to send.
#[derive(Debug)]
pub struct Lease {
    owner: String,
    version: u64,
}

impl Lease {
    /// Takes the lease, waiting for it while somebody else keeps it alive.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub async fn take(journal: &Journal, owner: &str, ttl: Duration) -> Result<Self, StoreError> {
        let mut seen: Option<(u64, Instant)> = None;
        loop {
            let held = journal.settings(NAME).await?.remove(NAME);
            let version = held.map_or(0, |held| held.version);
            let dead = match seen {
                Some((known, since)) if known == version => since.elapsed() >= ttl,
                _ => {
                    seen = Some((version, Instant::now()));
                    false
                }
            };
            if (version == 0 || dead)
                && let Some(version) = journal.set(NAME, version, Some(owner)).await?
            {
                return Ok(Self {
                    owner: owner.to_owned(),
                    version,
                });
            }
            tokio::time::sleep(ttl / 4).await;
        }
    }

    /// Keeps it alive; false when somebody else has it by now.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn renew(&mut self, journal: &Journal) -> Result<bool, StoreError> {
        let kept = journal.set(NAME, self.version, Some(&self.owner)).await?;
        self.version = kept.unwrap_or(self.version);
        Ok(kept.is_some())
    }

    /// Gives it back.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn give_back(self, journal: &Journal) -> Result<(), StoreError> {
        journal.set(NAME, self.version, None).await.map(drop)
    }
}
