//! Metric time series.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ResourceId, Window};

/// Names one time series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesKey {
    /// The resource that it measures, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// Namespace, as CloudWatch spells it (`AWS/Lambda`).
    pub namespace: String,
    /// Metric name (`Errors`).
    pub metric: String,
    /// Dimensions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
    /// Statistic: Average, Sum, Minimum, Maximum, SampleCount or a percentile (`p99`).
    pub stat: String,
    /// Unit as CloudWatch spells it (`Seconds`, `Count`, `Percent`), where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Seconds between two points.
    pub period: u32,
}

impl SeriesKey {
    /// True for the same statistic of the same metric, whatever was filled in later: resource, unit, period.
    pub fn alike(&self, other: &Self) -> bool {
        self.metric == other.metric && self.stat == other.stat && self.dimensions == other.dimensions
    }
}

impl fmt::Display for SeriesKey {
    /// `Errors (Sum)`, for a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", super::inert(&self.metric), super::inert(&self.stat))
    }
}

/// One datum: start of its period in epoch seconds, and the value in the series' unit.
pub type Point = (i64, f64);

/// A time series: points in ascending order of time, one a period at most; a missing period has no point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// What it measures.
    pub key: SeriesKey,
    /// The data, oldest first.
    pub points: Vec<Point>,
}

impl Series {
    /// The points inside `window`.
    pub fn within(&self, window: &Window) -> &[Point] {
        let (from, to) = (window.from.as_second(), window.to.as_second());
        let start = self.points.partition_point(|(at, _)| *at < from);
        let end = self.points.partition_point(|(at, _)| *at < to);
        self.points.get(start..end.max(start)).unwrap_or(&[])
    }

    /// Time of the newest datum.
    pub fn newest(&self) -> Option<Timestamp> {
        let (at, _) = self.points.last()?;
        Timestamp::from_second(*at).ok()
    }
}
