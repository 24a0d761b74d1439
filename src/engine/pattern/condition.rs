//! One condition of a pattern, and whether an observation meets it.

use serde::{Deserialize, Serialize};

use super::Phrase;
use crate::{
    analysis::names,
    model::{Direction, Observation, Observed, Resource},
};

/// What an observation must be to meet a condition.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The kind of fact.
    pub fact: Fact,
    /// On whom, seen from the resource that the pattern would blame.
    #[serde(default)]
    pub on: Place,
    /// Types of the resources on which it may be met; empty: any type.
    #[serde(default)]
    pub of: Vec<String>,
    /// Resources on which it must be met at the same time.
    #[serde(default = "single")]
    pub resources: usize,
    /// Metric names, any one of them; empty: any metric.
    #[serde(default)]
    pub metric: Vec<String>,
    /// The metric's level since it shifted (or its usual level) is at least this, in the series' unit.
    #[serde(default)]
    pub at_least: Option<f64>,
    /// The metric's level since it shifted (or its usual level) is at most this, in the series' unit.
    #[serde(default)]
    pub at_most: Option<f64>,
    /// Which way a metric went.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// Words that a log line, a change, a message or a configuration value must hold.
    #[serde(default)]
    pub matches: Option<Phrase>,
    /// The words of a log line, a change or a message must name the resource that the pattern would blame.
    #[serde(default)]
    pub named: bool,
    /// Where in the configuration.
    #[serde(default)]
    pub path: Option<Phrase>,
    /// The fact is at least so plain, 0 to 1: for a change how near in time it lies and how risky such an act is, for a log line
    /// 0.5 when it is a single new error, 0.6 when it is new, 1 for six new errors and more.
    #[serde(default)]
    pub strength: f64,
    /// How much it counts: 0 to 1.
    #[serde(default = "one")]
    pub weight: f64,
    /// True when it must not have set in after the symptom (beyond the data's resolution).
    #[serde(default)]
    pub before_symptom: bool,
    /// Why it counts, in a few words, for the report.
    pub says: String,
}

/// Strength from which a log shape is new or bursts.
const STANDS_OUT: f64 = 0.5;

/// Shorter names are words of the language as often as names.
const SHORTEST_NAME: usize = 5;

const fn one() -> f64 {
    1.0
}

const fn single() -> usize {
    1
}

/// The kind of fact that a condition asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A series left its usual level.
    MetricShift,
    /// A series is as usual.
    MetricNormal,
    /// A series that used to have data has none any more.
    MetricStopped,
    /// A value stands at its limit.
    LimitReached,
    /// Log lines of one shape came in numbers, or for the first time.
    LogBurst,
    /// Nothing in the logs stands out.
    LogQuiet,
    /// Somebody changed something.
    Changed,
    /// Nobody changed anything.
    NoChange,
    /// A service says something of itself.
    ServiceSaid,
    /// Configuration holds something.
    Config,
}

impl Fact {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::MetricShift,
        Self::MetricNormal,
        Self::MetricStopped,
        Self::LimitReached,
        Self::LogBurst,
        Self::LogQuiet,
        Self::Changed,
        Self::NoChange,
        Self::ServiceSaid,
        Self::Config,
    ];

    /// The word as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MetricShift => "metric_shift",
            Self::MetricNormal => "metric_normal",
            Self::MetricStopped => "metric_stopped",
            Self::LimitReached => "limit_reached",
            Self::LogBurst => "log_burst",
            Self::LogQuiet => "log_quiet",
            Self::Changed => "changed",
            Self::NoChange => "no_change",
            Self::ServiceSaid => "service_said",
            Self::Config => "config",
        }
    }
}

/// On whom, seen from the resource that the pattern would blame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The resource itself.
    #[default]
    Itself,
    /// Those that depend on it or send work to it.
    Callers,
    /// Those that it depends on or sends work to.
    Dependencies,
    /// Itself, callers or dependencies.
    Near,
    /// Any resource in scope.
    Anywhere,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Itself,
        Self::Callers,
        Self::Dependencies,
        Self::Near,
        Self::Anywhere,
    ];

    /// The word as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Itself => "itself",
            Self::Callers => "callers",
            Self::Dependencies => "dependencies",
            Self::Near => "near",
            Self::Anywhere => "anywhere",
        }
    }
}

impl Condition {
    /// True when `observation` is the kind of fact that the condition asks for; place and time are judged elsewhere.
    pub fn is_met_by(&self, observation: &Observation) -> bool {
        let least = match observation.fact {
            // What was always there has set nothing off.
            Observed::LogBurst { .. } => self.strength.max(STANDS_OUT),
            _ => self.strength,
        };
        observation.strength >= least && self.holds(&observation.fact)
    }

    fn holds(&self, fact: &Observed) -> bool {
        match (fact, self.fact) {
            (
                Observed::MetricShift {
                    series,
                    direction,
                    after,
                    ..
                },
                Fact::MetricShift,
            ) => {
                self.names(&series.metric)
                    && self.direction.is_none_or(|wanted| wanted == *direction)
                    && self.spans(*after)
            }
            (Observed::MetricNormal { series, typical, .. }, Fact::MetricNormal) => {
                self.names(&series.metric) && self.spans(*typical)
            }
            (Observed::MetricMissing { series, stopped }, Fact::MetricStopped) => {
                *stopped && self.names(&series.metric)
            }
            (Observed::LimitReached { series, .. }, Fact::LimitReached) => self.names(&series.metric),
            (Observed::LogBurst { template, sample, .. }, Fact::LogBurst) => {
                self.says_so(&[template, sample])
            }
            (Observed::LogQuiet { .. }, Fact::LogQuiet) | (Observed::NoChange, Fact::NoChange) => true,
            (
                Observed::Changed {
                    change,
                    detail,
                    routine,
                    ..
                },
                Fact::Changed,
            ) => !routine && self.says_so(&[change, detail]),
            (
                Observed::ServiceSaid {
                    message, category, ..
                },
                Fact::ServiceSaid,
            ) => self.says_so(&[message, category.as_deref().unwrap_or_default()]),
            (Observed::ConfigFact { path, value, .. }, Fact::Config) => {
                self.path.as_ref().is_none_or(|wanted| wanted.is_in(path)) && self.says_so(&[value])
            }
            _ => false,
        }
    }

    /// True when the words of the observation name `resource`.
    pub fn is_named_in(resource: &Resource, observation: &Observation) -> bool {
        let words = match &observation.fact {
            Observed::LogBurst { sample, .. } => sample,
            Observed::Changed { detail, .. } => detail,
            Observed::ServiceSaid { message, .. } => message,
            _ => return false,
        };
        let names = [
            Some(resource.id.as_str()),
            Some(resource.name.as_str()),
            resource.arn.as_deref(),
        ];
        names
            .into_iter()
            .flatten()
            .any(|name| name.len() >= SHORTEST_NAME && words.contains(name))
    }

    /// True when it may be met on resources of this type that stand around the blamed one.
    pub fn asks_of(&self, kind: &str) -> bool {
        self.on != Place::Itself && (self.of.is_empty() || self.of.iter().any(|wanted| wanted == kind))
    }

    fn names(&self, metric: &str) -> bool {
        self.metric.is_empty() || names::means(&self.metric, metric)
    }

    fn spans(&self, level: f64) -> bool {
        self.at_least.is_none_or(|least| level >= least) && self.at_most.is_none_or(|most| level <= most)
    }

    fn says_so(&self, words: &[&str]) -> bool {
        self.matches
            .as_ref()
            .is_none_or(|phrase| words.iter().any(|words| phrase.is_in(words)))
    }
}
