//! What an operator may ask of a running investigation.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Origin, Priority, ResourceId, Text, Window};

/// A steering message, understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Intent {
    /// Stop issuing queries until resumed.
    Pause,
    /// Go on.
    Resume,
    /// Stop for good.
    Cancel,
    /// Look at this resource first and weigh it as a subject.
    Focus {
        /// The resource.
        resource: ResourceId,
    },
    /// Set hypotheses on this resource aside.
    Ignore {
        /// The resource.
        resource: ResourceId,
    },
    /// Look at another stretch of time.
    Window {
        /// The new window.
        window: Window,
    },
    /// Leave one kind of evidence out of account.
    Skip {
        /// The kind.
        origin: Origin,
    },
    /// Take one kind of evidence into account again.
    Include {
        /// The kind.
        origin: Origin,
    },
    /// Fetch and show one kind of evidence of a resource.
    Show {
        /// The kind.
        origin: Origin,
        /// The resource.
        resource: ResourceId,
    },
    /// Ask a tool of a connection, and write down what it says.
    Call {
        /// The connection.
        connection: String,
        /// The tool, as its server calls it.
        tool: String,
        /// What it is given: a JSON object, or null for nothing.
        arguments: Value,
    },
    /// Another place in the queue.
    Priority {
        /// The new priority.
        priority: Priority,
    },
    /// Open another investigation.
    Investigate {
        /// What it starts from.
        text: String,
    },
    /// A question that the journal answers; nothing changes.
    Ask,
    /// Not understood.
    Unknown,
}

/// The stages of an investigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The starting point becomes subject, symptom, account, region and window.
    Frame,
    /// Topology around the subjects.
    Scope,
    /// Queries, cheapest and most telling first.
    Look,
    /// Patterns and ranking propose hypotheses.
    Suppose,
    /// Queries that tell the leading hypotheses apart.
    Test,
    /// The verdict.
    Settle,
    /// Mitigation and prevention.
    Plan,
}

impl Phase {
    /// The word, for a person.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Scope => "scope",
            Self::Look => "look",
            Self::Suppose => "suppose",
            Self::Test => "test",
            Self::Settle => "settle",
            Self::Plan => "plan",
        }
    }
}

/// Where an investigation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Waiting for its turn.
    Queued,
    /// At work.
    Running,
    /// Held by an operator.
    Paused,
    /// Done, with a verdict.
    Completed,
    /// Could not be done.
    Failed,
    /// Ended by an operator.
    Cancelled,
}

impl RunState {
    /// True when nothing more will be appended by the engine.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// The word, for a person.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Where an investigation's telemetry comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SourceSpec {
    /// AWS, with the credentials at hand.
    Aws {
        /// Account, where one was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// Region, where one was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<String>,
    },
    /// A bundle on disk.
    Bundle {
        /// Absolute path of its folder or file.
        path: String,
    },
    /// A scenario that ships with the program.
    Scenario {
        /// Its name.
        name: String,
    },
}

impl SourceSpec {
    /// In a few words, for a person.
    pub fn text(&self) -> Text {
        match self {
            Self::Aws { region, .. } => match region {
                Some(region) => Text::from("aws ").ext(region.clone()),
                None => "aws".into(),
            },
            Self::Bundle { path } => Text::from("bundle ").ext(path.clone()),
            Self::Scenario { name } => Text::from("scenario ").ext(name.clone()),
        }
    }
}
