//! CloudWatch alarms.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ResourceId, SeriesKey};

/// A metric alarm with its recent transitions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// Name, unique in its account and region.
    pub name: String,
    /// Amazon resource name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// What its owner wrote about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The resource that it watches, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// Namespace of the watched metric.
    pub namespace: String,
    /// Watched metric.
    pub metric: String,
    /// Dimensions of the watched metric.
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
    /// Statistic.
    pub stat: String,
    /// Seconds a period.
    pub period: u32,
    /// Threshold in the metric's unit.
    pub threshold: f64,
    /// How a datum is compared with the threshold.
    pub comparison: Comparison,
    /// Periods that are compared.
    pub evaluation_periods: u32,
    /// What a missing datum counts as.
    pub treat_missing: MissingData,
    /// State changes, oldest first.
    #[serde(default)]
    pub transitions: Vec<Transition>,
}

impl Alarm {
    /// The series that the alarm watches.
    pub fn series(&self) -> SeriesKey {
        SeriesKey {
            resource: self.resource.clone(),
            namespace: self.namespace.clone(),
            metric: self.metric.clone(),
            dimensions: self.dimensions.clone(),
            stat: self.stat.clone(),
            unit: None,
            period: self.period,
        }
    }

    /// State after the last transition at or before `at`.
    pub fn state_at(&self, at: Timestamp) -> AlarmState {
        self.transitions
            .iter()
            .rev()
            .find(|transition| transition.at <= at)
            .map_or(AlarmState::InsufficientData, |transition| transition.to)
    }

    /// The transition to ALARM that somebody who looks at `at` means: the last one until then, else the first one after.
    pub fn fired(&self, at: Timestamp) -> Option<&Transition> {
        let mut to_alarm = self
            .transitions
            .iter()
            .filter(|transition| transition.to == AlarmState::Alarm);
        let until = to_alarm.clone().rfind(|transition| transition.at <= at);
        until.or_else(|| to_alarm.next())
    }

    /// State after the last transition of all.
    pub fn state(&self) -> AlarmState {
        self.state_at(Timestamp::MAX)
    }
}

/// One change of an alarm's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// When it happened.
    pub at: Timestamp,
    /// State before.
    pub from: AlarmState,
    /// State after.
    pub to: AlarmState,
    /// CloudWatch's own words.
    #[serde(default)]
    pub reason: String,
}

/// State of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AlarmState {
    /// Within the threshold.
    #[serde(rename = "OK")]
    Ok,
    /// Beyond the threshold.
    #[serde(rename = "ALARM")]
    Alarm,
    /// Not enough data to say.
    #[serde(rename = "INSUFFICIENT_DATA")]
    InsufficientData,
}

impl AlarmState {
    /// The state of that word, as CloudWatch spells it.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData]
            .into_iter()
            .find(|state| state.as_str() == word)
    }

    /// The word as CloudWatch spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// How a datum is compared with the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `datum > threshold`.
    GreaterThanThreshold,
    /// `datum >= threshold`.
    GreaterThanOrEqualToThreshold,
    /// `datum < threshold`.
    LessThanThreshold,
    /// `datum <= threshold`.
    LessThanOrEqualToThreshold,
}

impl Comparison {
    /// True when `value` breaches `threshold`.
    pub fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterThanThreshold => value > threshold,
            Self::GreaterThanOrEqualToThreshold => value >= threshold,
            Self::LessThanThreshold => value < threshold,
            Self::LessThanOrEqualToThreshold => value <= threshold,
        }
    }

    /// The sign, for a person.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::GreaterThanThreshold => ">",
            Self::GreaterThanOrEqualToThreshold => ">=",
            Self::LessThanThreshold => "<",
            Self::LessThanOrEqualToThreshold => "<=",
        }
    }
}

/// What a missing datum counts as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MissingData {
    /// Keeps the alarm's state.
    Ignore,
    /// Leads to INSUFFICIENT_DATA.
    #[default]
    Missing,
    /// Counts as beyond the threshold.
    Breaching,
    /// Counts as within the threshold.
    NotBreaching,
}
