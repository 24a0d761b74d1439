//! What is written down in the space itself: investigations that begin and end, measures and what was decided on them.

use serde::{Deserialize, Serialize};

use crate::{
    journal::{Hash, Head, StreamId},
    model::{Category, Priority, Recommendation, RunState, SourceSpec, Text, Verdict},
};

/// `opened` (in `space`): an investigation's stream was opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The stream.
    pub stream: StreamId,
    /// Title, for lists.
    pub title: Text,
    /// Place in the queue.
    pub priority: Priority,
    /// Where its telemetry comes from.
    pub source: SourceSpec,
    /// The investigation that is looked at again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<StreamId>,
    /// Record of the event in `space` that started it; none: a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<u64>,
}

/// `closed` (in `space`): an investigation's stream has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    /// The stream.
    pub stream: StreamId,
    /// Its final head.
    pub head: Head,
    /// Its digest.
    pub digest: Hash,
    /// How it ended.
    pub state: RunState,
    /// The outcome, when completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The first cause in a sentence, for lists.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub text: Text,
    /// Category and confidence of the first cause, for lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Confidence in the first cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

impl Closed {
    /// How it ended, in a word or two: the verdict, and without one the state.
    pub fn word(&self) -> &'static str {
        self.verdict.map_or(self.state.as_str(), Verdict::words)
    }
}

/// `recommendation` (in `space`): a preventive measure was proposed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposed {
    /// Stable id: the same measure for the same resource has the same id.
    pub id: String,
    /// The measure.
    pub recommendation: Recommendation,
    /// Investigations that informed it.
    pub informed_by: Vec<StreamId>,
}

/// `decision` (in `space`): an operator decided on a recommendation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Id of the recommendation.
    pub recommendation: String,
    /// What was decided.
    pub decision: Choice,
    /// Why; never empty for a rejection.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub reason: Text,
}

/// A decision on a recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// It will be done.
    Accepted,
    /// It will not be done.
    Rejected,
}
