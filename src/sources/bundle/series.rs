//! Series of a bundle: read, merged, found.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::model::{Point, ResourceId, Series, SeriesKey, Window};

/// One line of `metrics.jsonl`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeriesLine {
    #[serde(default)]
    resource: Option<ResourceId>,
    namespace: String,
    metric: String,
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    stat: String,
    #[serde(default)]
    unit: Option<String>,
    period: u32,
    #[serde(default)]
    start: Option<Timestamp>,
    #[serde(default)]
    values: Option<Vec<Option<f64>>>,
    #[serde(default)]
    points: Option<Vec<(i64, Option<f64>)>>,
}

/// What is wrong, and what to do about it.
type Mistake = (String, String);

impl SeriesLine {
    /// Checks what the types cannot say.
    pub(super) fn check(&self) -> Result<(), Mistake> {
        if self.period == 0 {
            return Err((
                "the period is 0".to_owned(),
                "the period is the seconds between two points".to_owned(),
            ));
        }
        match (&self.start, &self.values, &self.points) {
            (Some(_), Some(_), None) => Ok(()),
            (None, None, Some(points)) => points.iter().try_for_each(|(at, _)| check_epoch(*at)),
            _ => Err((
                "a series has either 'start' and 'values', or 'points'".to_owned(),
                "write \"start\":\"2025-10-27T14:05:00Z\",\"values\":[1,null] or \"points\":[[1761573900,1]]"
                    .to_owned(),
            )),
        }
    }

    fn into_series(self) -> Series {
        let points = match (self.start, self.values, self.points) {
            (Some(start), Some(values), _) => (start.as_second()..)
                .step_by(self.period as usize)
                .zip(values)
                .filter_map(|(at, value)| Some((at, value?)))
                .collect(),
            (_, _, points) => points
                .unwrap_or_default()
                .into_iter()
                .filter_map(|(at, value)| Some((at, value?)))
                .collect(),
        };
        let key = SeriesKey {
            resource: self.resource,
            namespace: self.namespace,
            metric: self.metric,
            dimensions: self.dimensions,
            stat: self.stat,
            unit: self.unit,
            period: self.period,
        };
        Series { key, points }
    }
}

/// Epoch seconds in range: milliseconds are the usual mistake.
fn check_epoch(at: i64) -> Result<(), Mistake> {
    Timestamp::from_second(at).map(|_| ()).map_err(|_| {
        (
            format!("{at} is not a time in epoch seconds"),
            "points hold epoch seconds, not milliseconds".to_owned(),
        )
    })
}

/// All series, one a key whatever its unit.
#[derive(Debug, Default)]
pub(super) struct SeriesSet(BTreeMap<SeriesKey, Series>);

impl SeriesSet {
    /// Merges one file's series. Points that are there already (from the bundle itself, when this is an extended one)
    /// stay; of two points of one moment in one file the larger stands, so the order of lines does not matter.
    pub(super) fn merge(&mut self, lines: Vec<SeriesLine>) {
        let mut file: BTreeMap<SeriesKey, Series> = BTreeMap::new();
        for series in lines.into_iter().map(SeriesLine::into_series) {
            let known = file.entry(unitless(&series.key)).or_insert_with(|| Series {
                key: SeriesKey {
                    unit: None,
                    ..series.key.clone()
                },
                points: Vec::new(),
            });
            known.key.unit = known.key.unit.take().max(series.key.unit);
            known.points.extend(series.points);
        }
        for (key, mut series) in file {
            series
                .points
                .sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
            series.points.dedup_by_key(|(at, _)| *at);
            match self.0.get_mut(&key) {
                None => {
                    self.0.insert(key, series);
                }
                Some(known) => {
                    known.key.unit = known.key.unit.take().or(series.key.unit);
                    known.points.extend(series.points);
                    // Stable: the points that were there come first.
                    known.points.sort_by_key(|(at, _)| *at);
                    known.points.dedup_by_key(|(at, _)| *at);
                }
            }
        }
    }

    /// The keys, in order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &SeriesKey> {
        self.0.values().map(|series| &series.key)
    }

    /// The data of the asked series in a window, under the asked key (with the unit, where it was not asked for).
    ///
    /// The key must be equal but for the unit. Where none is, the one series that differs only in dimensions that one
    /// side leaves out stands in (a recording may name the resource and not repeat the dimensions), and one of a finer
    /// period is summed up, as CloudWatch does.
    pub(super) fn answer(&self, asked: &SeriesKey, window: &Window) -> Series {
        let Some((found, finer)) = self.find(asked) else {
            return Series {
                key: asked.clone(),
                points: Vec::new(),
            };
        };
        let points = if finer {
            coarser(found, asked, window)
        } else {
            found.within(window).to_vec()
        };
        Series {
            key: SeriesKey {
                unit: asked.unit.clone().or_else(|| found.key.unit.clone()),
                ..asked.clone()
            },
            points,
        }
    }

    fn find(&self, asked: &SeriesKey) -> Option<(&Series, bool)> {
        if let Some(series) = self.0.get(&unitless(asked)) {
            return Some((series, false));
        }
        let alike = |same_period: bool| {
            let mut alike = self.0.values().filter(|series| {
                let key = &series.key;
                key.namespace == asked.namespace
                    && key.metric == asked.metric
                    && key.stat == asked.stat
                    && is_same_subject(key, asked)
                    && if same_period {
                        key.period == asked.period
                    } else {
                        key.period < asked.period
                            && asked.period.is_multiple_of(key.period)
                            && can_sum_up(&key.stat)
                    }
            });
            // Two of them: which one was meant cannot be told.
            alike.next().filter(|_| alike.next().is_none())
        };
        alike(true)
            .map(|series| (series, false))
            .or_else(|| alike(false).map(|series| (series, true)))
    }
}

fn unitless(key: &SeriesKey) -> SeriesKey {
    SeriesKey {
        unit: None,
        ..key.clone()
    }
}

/// True when two keys measure the same thing, as far as both say.
fn is_same_subject(known: &SeriesKey, asked: &SeriesKey) -> bool {
    let same_resource = known.resource == asked.resource;
    let same_dimensions = known.dimensions == asked.dimensions;
    let resource_unsaid = known.resource.is_none() || asked.resource.is_none();
    let dimensions_unsaid = known.dimensions.is_empty() || asked.dimensions.is_empty();
    (same_resource && (same_dimensions || (dimensions_unsaid && known.resource.is_some())))
        || (resource_unsaid && same_dimensions && !known.dimensions.is_empty())
}

fn can_sum_up(stat: &str) -> bool {
    matches!(stat, "Sum" | "SampleCount" | "Average" | "Minimum" | "Maximum")
}

/// A series at a coarser period. An average is that of the finer averages, since their counts are not known.
fn coarser(series: &Series, asked: &SeriesKey, window: &Window) -> Vec<Point> {
    let period = i64::from(asked.period);
    let mut bins: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for (at, value) in &series.points {
        bins.entry(at.div_euclid(period) * period)
            .or_default()
            .push(*value);
    }
    let points = bins
        .into_iter()
        .map(|(at, values)| {
            let sum: f64 = values.iter().sum();
            let value = match asked.stat.as_str() {
                "Average" => sum / values.len() as f64,
                "Minimum" => values.iter().copied().fold(f64::INFINITY, f64::min),
                "Maximum" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                _ => sum,
            };
            (at, value)
        })
        .collect();
    let series = Series {
        key: asked.clone(),
        points,
    };
    series.within(window).to_vec()
}
