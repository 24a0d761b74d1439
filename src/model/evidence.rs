//! What a source answers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Alarm, Change, LogLine, Place, Relation, Resource, ResourceId, Series, SeriesKey, ServiceEvent, Text,
};

/// What a source returned for one query. External data, redacted before anything else sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", content = "data", rename_all = "snake_case")]
pub enum Evidence {
    /// Answer to `Identity`.
    Identity(Identity),
    /// Answer to `Alarms`.
    Alarms(Vec<Alarm>),
    /// Answer to `Catalogue`.
    Catalogue(Vec<SeriesKey>),
    /// Answer to `Metrics`: the asked series in the asked order; one without data has no points.
    Series(Vec<Series>),
    /// Answer to `Logs`.
    Logs(LogPage),
    /// Answer to `Changes`, oldest first.
    Changes(Vec<Change>),
    /// Answer to `Events`, oldest first.
    Events(Vec<ServiceEvent>),
    /// Answer to `Configuration`.
    Configuration(Configuration),
    /// Answer to `Inventory`.
    Inventory(Vec<Resource>),
    /// Answer to `Relations`.
    Relations(Vec<Relation>),
    /// Answer to `Tool`.
    Text(ToolText),
}

impl Evidence {
    /// How many items it holds (data points for series).
    pub fn count(&self) -> usize {
        match self {
            Self::Identity(_) | Self::Configuration(_) => 1,
            Self::Alarms(items) => items.len(),
            Self::Catalogue(items) => items.len(),
            Self::Series(items) => items.iter().map(|series| series.points.len()).sum(),
            Self::Logs(page) => page.lines.len(),
            Self::Changes(items) => items.len(),
            Self::Events(items) => items.len(),
            Self::Inventory(items) => items.len(),
            Self::Relations(items) => items.len(),
            Self::Text(said) => said.text.lines().count(),
        }
    }

    /// Bytes of log text, and of what tools say, that it holds.
    pub fn scanned(&self) -> u64 {
        match self {
            Self::Logs(page) => page.lines.iter().map(|line| line.message.len() as u64).sum(),
            Self::Text(said) => said.text.len() as u64,
            _ => 0,
        }
    }

    /// How many of what it holds, in words.
    pub fn counted(&self) -> String {
        let count = self.count();
        let unit = self.unit();
        if let (1, Self::Text(_)) = (count, self) {
            return "1 line of text".to_owned();
        }
        match (count, unit.strip_suffix('s')) {
            (1, Some(single)) if !unit.starts_with("series") => format!("1 {single}"),
            _ => format!("{count} {unit}"),
        }
    }

    /// The counted thing, plural.
    const fn unit(&self) -> &'static str {
        match self {
            Self::Identity(_) => "identity",
            Self::Configuration(_) => "configuration",
            Self::Alarms(_) => "alarms",
            Self::Catalogue(_) => "series known",
            Self::Series(_) => "data points",
            Self::Logs(_) => "log lines",
            Self::Changes(_) => "changes",
            Self::Events(_) => "events",
            Self::Inventory(_) => "resources",
            Self::Relations(_) => "relations",
            Self::Text(_) => "lines of text",
        }
    }
}

/// Who asks, as the source sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Twelve-digit AWS account.
    pub account: Option<String>,
    /// AWS region.
    pub region: Option<String>,
    /// ARN of the caller.
    pub arn: Option<String>,
    /// Every account and region that is looked at, this one first; empty where it is the only one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
}

/// Log lines in ascending order of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPage {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// Groups that were searched.
    pub groups: Vec<String>,
    /// True when there was more than the query's limit.
    pub truncated: bool,
}

/// What a tool said. Words from outside: shown inert and marked as such, read by a person or a model, never followed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolText {
    /// The connection that was asked.
    pub connection: String,
    /// The tool.
    pub tool: String,
    /// Its words.
    pub text: String,
    /// True when there was more than is kept of one answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// True when the tool itself says that it failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}

/// Configuration of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// Whose.
    pub resource: ResourceId,
    /// Properties as CloudFormation spells them where possible.
    pub properties: Value,
    /// Where it was read: `cloudcontrol`, `template`, `ec2`, `bundle`.
    pub origin: String,
}

/// Something that could not be looked at, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The sort of reason.
    pub kind: GapKind,
    /// What could not be looked at (`logs of order-intake`).
    pub what: Text,
    /// The resource that it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// Why, in a sentence.
    pub why: Text,
    /// What would mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Text>,
}

impl Gap {
    /// What was left out because the budget was spent.
    pub fn of_budget(what: Text, why: impl Into<Text>) -> Self {
        Self {
            kind: GapKind::Budget,
            what,
            resource: None,
            why: why.into(),
            hint: Some("raise the budget in the configuration under [engine.budget], or with --max-calls and its like".into()),
        }
    }
}

/// The sort of reason behind a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// Permission denied.
    Denied,
    /// Still throttled after backing off.
    Throttled,
    /// Credentials missing or expired.
    Credentials,
    /// The endpoint does not answer.
    Unreachable,
    /// The service answers, but not this question.
    Unsupported,
    /// The thing asked about does not exist (any more).
    NotFound,
    /// The recording of the incident lacks it.
    NotCaptured,
    /// More than was asked for; the rest was left.
    Truncated,
    /// The budget was spent.
    Budget,
    /// Anything else that went wrong.
    Failed,
}

/// A source's whole answer: what it found, and what it could not look at. Both may be there (partial answers).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// What was found; none when nothing could be looked at.
    pub evidence: Option<Evidence>,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
    /// Calls made to the outside, for the usage meter.
    pub calls: u32,
    /// The sources behind the evidence, where the one that was asked puts several together; else none.
    pub by: Vec<String>,
}

impl Answer {
    /// A whole answer.
    pub const fn found(evidence: Evidence, calls: u32) -> Self {
        Self {
            evidence: Some(evidence),
            gaps: Vec::new(),
            calls,
            by: Vec::new(),
        }
    }

    /// No answer.
    pub fn gap(gap: Gap, calls: u32) -> Self {
        Self {
            evidence: None,
            gaps: vec![gap],
            calls,
            by: Vec::new(),
        }
    }
}
