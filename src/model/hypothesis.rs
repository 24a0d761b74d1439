//! Candidate causes.

use serde::{Deserialize, Serialize};

use super::{Category, ResourceId, Text};

/// A candidate cause, bound to a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hypothesis {
    /// Stable within an investigation: `pattern@resource`.
    pub id: String,
    /// Pattern that proposed it, or `ranking`.
    pub pattern: String,
    /// The resource that would be to blame.
    pub resource: ResourceId,
    /// Sort of cause.
    pub category: Category,
    /// How it stands.
    pub state: HypothesisState,
    /// How well it explains what was seen: 0 to 1.
    pub score: f64,
    /// What it claims, in a sentence.
    pub statement: Text,
    /// Why it stands as it does.
    pub why: Text,
    /// Records that support it.
    pub supports: Vec<u64>,
    /// Records that speak against it.
    pub refutes: Vec<u64>,
}

/// How a hypothesis stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HypothesisState {
    /// Thought of, not looked at yet.
    Proposed,
    /// Queries that would tell are running.
    Testing,
    /// What was seen supports it.
    Supported,
    /// Something that was seen rules it out.
    Refuted,
    /// What was seen does not tell.
    Inconclusive,
}

impl HypothesisState {
    /// The word, for a person.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Testing => "testing",
            Self::Supported => "supported",
            Self::Refuted => "refuted",
            Self::Inconclusive => "inconclusive",
        }
    }
}
