//! What an investigation settles on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ResourceId, Text};

/// The outcome, settled by code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// At least one root cause, with citations.
    Cause,
    /// The symptom was read and is normal.
    NoFault,
    /// It cannot be told from what could be seen.
    Inconclusive,
}

impl Verdict {
    /// The word as it is written in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::NoFault => "no_fault",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// The words for a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::NoFault => "no fault",
            Self::Inconclusive => "cannot tell",
        }
    }
}

/// Sort of root cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Somebody changed code or configuration.
    SystemChange,
    /// What comes in is not what it used to be (more, or malformed).
    InputAnomaly,
    /// A quota or capacity was reached.
    ResourceLimit,
    /// Something broke by itself.
    ComponentFailure,
    /// Something that it depends on broke.
    DependencyIssue,
}

impl Category {
    /// The word as it is written in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SystemChange => "system_change",
            Self::InputAnomaly => "input_anomaly",
            Self::ResourceLimit => "resource_limit",
            Self::ComponentFailure => "component_failure",
            Self::DependencyIssue => "dependency_issue",
        }
    }

    /// The words for a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::SystemChange => "system change",
            Self::InputAnomaly => "input anomaly",
            Self::ResourceLimit => "resource limit",
            Self::ComponentFailure => "component failure",
            Self::DependencyIssue => "dependency issue",
        }
    }
}

/// A root cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// The resource to blame.
    pub resource: ResourceId,
    /// Sort of cause.
    pub category: Category,
    /// Pattern that it follows, or `ranking`.
    pub pattern: String,
    /// What happened, in a sentence.
    pub statement: Text,
    /// How sure: 0 to 1, capped by what was not looked at.
    pub confidence: f64,
    /// Records (observations) that it rests on.
    pub evidence: Vec<u64>,
}

/// A resource that suffers, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// The resource.
    pub resource: ResourceId,
    /// How it suffers.
    pub how: Text,
}

/// A ranked resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The resource.
    pub resource: ResourceId,
    /// The higher, the more it explains; comparable within one investigation only.
    pub score: f64,
}

/// A hypothesis that was ruled out, and the observation that did it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuledOut {
    /// The hypothesis' id.
    pub hypothesis: String,
    /// What it claimed.
    pub statement: Text,
    /// The observation's record.
    pub by: u64,
    /// Why that rules it out.
    pub why: Text,
}

/// One event on the incident's time axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Text,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// The record behind it.
    pub evidence: u64,
}
