//! Typed facts that code computed from evidence.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ResourceId, SeriesKey, Text};

/// A typed fact that code computed from evidence, the healthy ones too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The resource that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// The kind of evidence that it was read from.
    pub origin: Origin,
    /// When it set in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// How far `at` may be off, in seconds (the resolution of the data).
    #[serde(default)]
    pub error: u32,
    /// How plain the fact is: 0 (barely) to 1 (beyond doubt).
    pub strength: f64,
    /// True when the fact matters for the outcome and is told as a finding.
    #[serde(default)]
    pub notable: bool,
    /// The fact itself.
    pub fact: Observed,
    /// The fact in a sentence.
    pub text: Text,
}

/// The kinds of evidence. Two readings of one origin never count as two kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Metric data.
    Metrics,
    /// Log lines.
    Logs,
    /// Acts on configuration or code.
    Changes,
    /// What services say of themselves.
    Events,
    /// Configuration.
    Configuration,
    /// Relations.
    Relations,
    /// Alarms.
    Alarms,
}

/// The fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Observed {
    /// A series left its usual level.
    MetricShift {
        /// Which series.
        series: SeriesKey,
        /// Which way.
        direction: Direction,
        /// Typical value before, in the series' unit.
        before: f64,
        /// Typical value since, in the series' unit.
        after: f64,
        /// The most extreme value since, in the series' unit.
        peak: f64,
        /// Robust score: distance in spreads, capped.
        score: f64,
        /// When it came back to its usual level; none when it lasts to the newest datum.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// A series was read and is as usual.
    MetricNormal {
        /// Which series.
        series: SeriesKey,
        /// Typical value, in the series' unit.
        typical: f64,
        /// Share of the window's periods that have a datum: 0 to 1.
        coverage: f64,
        /// True when there was a baseline to compare with.
        compared: bool,
    },
    /// A series has no data where data was expected.
    MetricMissing {
        /// Which series.
        series: SeriesKey,
        /// True when it had data before.
        stopped: bool,
    },
    /// A value stands at its configured or documented limit.
    LimitReached {
        /// Which series.
        series: SeriesKey,
        /// The value, in the series' unit.
        value: f64,
        /// The limit, in the series' unit.
        limit: f64,
        /// Which limit (`ReservedConcurrentExecutions`).
        name: String,
    },
    /// Log lines of one shape came in numbers, or for the first time.
    LogBurst {
        /// Log group.
        group: String,
        /// The shape, with `<*>` for what varies.
        template: String,
        /// Lines in the window.
        count: u32,
        /// Lines a minute before the onset.
        before_rate: f64,
        /// One whole line.
        sample: String,
        /// True when the shape was not seen before the onset.
        new: bool,
        /// True when the line speaks of an error.
        error: bool,
    },
    /// Logs were read, and nothing in them stands out.
    LogQuiet {
        /// Log group, or the resource's name where there is none.
        group: String,
        /// Lines read.
        lines: u32,
    },
    /// Somebody or something changed configuration or code.
    Changed {
        /// Who recorded it.
        source: String,
        /// What was done.
        change: String,
        /// Who did it.
        actor: Option<String>,
        /// What the change says, summary and detail, flattened.
        detail: String,
        /// True for routine automation.
        routine: bool,
        /// How likely such an act is to do harm, whenever and wherever: 0 to 1.
        #[serde(default)]
        risk: f64,
    },
    /// Changes were read, and nothing touched this resource.
    NoChange,
    /// A service says something of itself.
    ServiceSaid {
        /// Which service.
        source: String,
        /// The service's own category.
        category: Option<String>,
        /// What it says.
        message: String,
    },
    /// Configuration holds something that a pattern looks for.
    ConfigFact {
        /// Name of the look that found it (`user_data`, `reserved_concurrency`).
        name: String,
        /// Where in the configuration (`UserData`).
        path: String,
        /// What stands there, shortened.
        value: String,
    },
    /// An alarm fired.
    AlarmFired {
        /// Its name.
        alarm: String,
    },
    /// An alarm is not firing.
    AlarmQuiet {
        /// Its name.
        alarm: String,
    },
    /// Whether the symptom is more than what its own history does by itself.
    FaultTest {
        /// True when it is.
        faulty: bool,
        /// Share of the window's periods that have a datum: 0 to 1.
        coverage: f64,
    },
    /// Of all that departs from its usual level this resource departs most by itself (see the ranking).
    Standout {
        /// How much: 0 to 1.
        score: f64,
        /// How much the next one does.
        next: f64,
    },
    /// How much of the symptom's excess is this resource's own (see the ranking).
    Excess {
        /// Own share of the symptom's excess: 0 to 1 and beyond.
        own_share: f64,
        /// True when the excess is significant against the resource's own history.
        significant: bool,
    },
}

/// Which way a series went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Up.
    Up,
    /// Down.
    Down,
}
