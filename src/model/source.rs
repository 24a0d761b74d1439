//! The one door to telemetry.

use async_trait::async_trait;

use super::{Answer, Query};

/// Answers queries, read-only. Never fails: what cannot be answered becomes a gap in the answer.
///
/// Dropping the future cancels the question. The same question to an unchanged source gets the same answer, items in
/// a stable order.
#[async_trait]
pub trait Source: Send + Sync {
    /// Short name for the journal (`aws`, `bundle`).
    fn name(&self) -> &str;

    /// Answers one question.
    async fn answer(&self, query: &Query) -> Answer;
}
