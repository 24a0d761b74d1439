//! What a console needs of the engine in its own process, beside the journal.

pub mod support;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::{Budget, SourceSpec, Start, Text};

/// The engine in this process.
#[async_trait]
pub trait Engine: Send + Sync {
    /// How the engine stands now.
    fn status(&self) -> EngineStatus;

    /// Resolves when [`Self::status`] may say something else than when the last call returned.
    async fn changed(&self);

    /// Looks at a starting point before an investigation is opened: the state of the alarm, the newest datum, its age.
    async fn preview(&self, start: &Start, source: &SourceSpec, now: Timestamp) -> Preview;

    /// Gives all leases back and stops asking (the program is being suspended or ends); running work stays resumable.
    async fn rest(&self);

    /// Takes up work again after [`Self::rest`].
    async fn wake(&self);
}

/// How the engine stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineStatus {
    /// Investigations at work in this process.
    pub running: usize,
    /// Investigations that wait for a place.
    pub queued: usize,
    /// How many may run at once.
    pub slots: usize,
    /// What an investigation may spend that was opened without saying so.
    pub budget: Budget,
    /// False when this process runs no engine, or it rests.
    pub awake: bool,
    /// Trouble that stops all work, with a hint (no credentials, endpoint dead); none when all is well.
    pub trouble: Option<Text>,
}

/// What is known of a starting point before anything is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// One line each, for a person.
    pub lines: Vec<Text>,
    /// True when an operator would want to think twice (the alarm is OK, there is no such alarm).
    pub doubtful: bool,
}
