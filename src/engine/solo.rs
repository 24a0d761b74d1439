//! One investigation alone: in a journal in memory, without a scheduler, to its end.

use std::{sync::Arc, time::Duration};

use super::{
    drive::{Drive, Pace, Until},
    opening::{self, Opening},
    reasoner::Reasoner,
};
use crate::{
    journal::{Actor, Hash, Journal, StoreError, views::Investigation},
    model::{Budget, Source},
};

/// Longer than any investigation that nobody steers takes; nobody else can want the lease of a journal in memory.
const LEASE: Duration = Duration::from_hours(1);

/// What an investigation came to.
#[derive(Debug)]
pub struct Outcome {
    /// Its stream, folded.
    pub view: Investigation,
    /// Digest of the stream: one bundle and one build give one digest.
    pub digest: Hash,
}

/// Investigates over `source`; nothing of it is kept.
pub async fn run(
    opening: Opening,
    source: Arc<dyn Source>,
    reasoner: Arc<dyn Reasoner>,
) -> Result<Outcome, StoreError> {
    let journal = Journal::in_memory().await?;
    let spec = opening.source.clone();
    let stream = opening::open(&journal, Actor::System, opening).await?;
    if let Some(lease) = journal.acquire(&stream, "solo", LEASE).await? {
        let drive = Drive {
            journal: journal.clone(),
            lease,
            source,
            spec,
            reasoner,
            pace: Pace::default(),
            budget: Budget::default(),
        };
        drive.run(Until::End).await?;
    }
    Ok(Outcome {
        view: Investigation::fold(&journal.read_all(&stream).await?),
        digest: journal.digest(&stream).await?,
    })
}
