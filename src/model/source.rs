//! The one door to telemetry.

use std::sync::Arc;

use async_trait::async_trait;

use jiff::Timestamp;

use super::{Allowance, Answer, Gap, Query, Window, discovery::Discovery};

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

    /// As [`Self::answer`], with no more calls than `allowance` has left; what that cuts off becomes a gap.
    async fn answer_within(&self, query: &Query, allowance: &Allowance) -> Answer {
        if allowance.take() {
            self.answer(query).await
        } else {
            Answer::gap(Gap::of_budget(query.text(), "no call is left in the budget"), 0)
        }
    }

    /// The places that it can discover part by part; none where it has to be asked for everything at once.
    fn discoveries(&self) -> Vec<Arc<dyn Discovery>> {
        Vec::new()
    }

    /// The occasion that the source was recorded for; none for a live one, whose time is now.
    fn occasion(&self) -> Option<Occasion> {
        None
    }
}

/// The incident that a recording holds: what "now" and "usual" mean in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion {
    /// When the incident was noticed.
    pub at: Timestamp,
    /// What the recording covers of it.
    pub window: Window,
    /// A normal stretch of time, where the recording names one.
    pub baseline: Option<Window>,
}
