//! Data of series: CloudWatch GetMetricData, plain metrics only, which every endpoint answers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::{
    ask::{Ask, epoch},
    cloudwatch::{Dimension, Metric, MetricData, MetricQuery, MetricStat},
    gaps, performance,
};
use crate::{
    aws::{json::cloudwatch, operations::GET_METRIC_DATA},
    model::{Evidence, Gap, GapKind, Point, ResourceId, Series, SeriesKey, Text, Window},
};

/// Series that one call takes.
const SERIES_A_CALL: usize = 500;
/// Data points that one page of an answer holds at most.
const POINTS_A_PAGE: u32 = 100_800;
/// Pages of one call's answer that are read at most.
const PAGES: usize = 20;
/// Seconds in a day.
const DAY: i64 = 86_400;

pub(super) async fn answer(ask: &mut Ask<'_>, asked: &[SeriesKey], window: &Window) -> Option<Evidence> {
    let now = ask.now();
    let keys: Vec<SeriesKey> = asked
        .iter()
        .map(|key| SeriesKey {
            period: if is_insight(key) {
                performance::period(window, key.period)
            } else {
                kept_period(key.period, window.from, now)
            },
            ..key.clone()
        })
        .collect();
    let mut found: Vec<Series> = keys
        .iter()
        .map(|key| Series {
            key: key.clone(),
            points: Vec::new(),
        })
        .collect();
    let mut any = keys.is_empty();
    let (insights, plain): (Vec<usize>, Vec<usize>) =
        (0..keys.len()).partition(|at| keys.get(*at).is_some_and(is_insight));
    for places in plain.chunks(SERIES_A_CALL) {
        let batch: Vec<SeriesKey> = places.iter().filter_map(|at| keys.get(*at).cloned()).collect();
        let points = fetch(ask, &batch, window).await;
        any |= points.is_some();
        for (index, points) in points.unwrap_or_default() {
            if let Some(series) = places.get(index).and_then(|at| found.get_mut(*at)) {
                series.points = points.into_iter().collect();
            }
        }
    }
    let mut databases: BTreeMap<&ResourceId, Vec<(usize, &SeriesKey)>> = BTreeMap::new();
    for (at, key) in insights.iter().filter_map(|at| Some((*at, keys.get(*at)?))) {
        if let Some(database) = &key.resource {
            databases.entry(database).or_default().push((at, key));
        }
    }
    for (database, asked) in databases {
        let points = performance::metrics(ask, database, &asked, window).await;
        any |= points.is_some();
        for (at, points) in points.unwrap_or_default() {
            if let Some(series) = found.get_mut(at) {
                series.points = points;
            }
        }
    }
    any.then_some(Evidence::Series(found))
}

/// True for a series that Performance Insights has, not CloudWatch.
fn is_insight(key: &SeriesKey) -> bool {
    key.namespace == performance::NAMESPACE
}

/// The shortest period, in seconds, in which CloudWatch still keeps data of `from`, but not below `period`.
///
/// Retention: one minute for 15 days, five minutes for 63 days, one hour for 455 days ("Metrics retention" in the
/// CloudWatch user guide).
fn kept_period(period: u32, from: Timestamp, now: Timestamp) -> u32 {
    let age = now.as_second().saturating_sub(from.as_second());
    let floor = if age > 63 * DAY {
        3_600
    } else if age > 15 * DAY {
        300
    } else {
        60
    };
    period.max(floor).next_multiple_of(60)
}

/// Points by the series' position in the batch.
async fn fetch(
    ask: &mut Ask<'_>,
    batch: &[SeriesKey],
    window: &Window,
) -> Option<BTreeMap<usize, BTreeMap<i64, f64>>> {
    let what = || match batch {
        [one] => Text::from("metric ").ext(one.metric.clone()),
        many => Text::from(format!("{} metrics", many.len())),
    };
    let only = match batch {
        [one] => one.resource.clone(),
        _ => None,
    };
    let step = batch.iter().map(|key| i64::from(key.period)).max().unwrap_or(60);
    // CloudWatch puts data into periods that start at multiples of the period: a start in between would cut the first.
    let from = window.from.as_second().div_euclid(step) * step;
    let to = (window.to.as_second() + step - 1).div_euclid(step) * step;
    let queries: Vec<MetricQuery> = batch
        .iter()
        .enumerate()
        .map(|(index, key)| query(index, key))
        .collect();
    let mut input = json!({
        "StartTime": from,
        "EndTime": to,
        "ScanBy": "TimestampAscending",
        "MaxDatapoints": POINTS_A_PAGE,
        "MetricDataQueries": queries,
    });
    let mut points: BTreeMap<usize, BTreeMap<i64, f64>> = BTreeMap::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        if let Some(token) = token.take() {
            input["NextToken"] = json!(token);
        }
        let outcome = cloudwatch::<MetricData>(&ask.aws, GET_METRIC_DATA, &input).await;
        let page = ask.keep(outcome, what, only.as_ref())?;
        for result in page.metric_data_results {
            let Some((index, key)) = position(&result.id).and_then(|index| Some((index, batch.get(index)?)))
            else {
                continue;
            };
            ask.gaps.extend(refusal(&result.status_code, key));
            let series = points.entry(index).or_default();
            for (at, value) in result.timestamps.iter().zip(&result.values) {
                if let Some((at, value)) = point(epoch(*at), *value, key.period, window) {
                    series.insert(at, value);
                }
            }
        }
        token = page.next_token;
        if token.is_none() {
            return Some(points);
        }
    }
    ask.gaps.push(gaps::cut(
        what(),
        only,
        "the answer is longer than twenty pages",
        "look at a narrower window or fewer metrics",
    ));
    Some(points)
}

fn query(index: usize, key: &SeriesKey) -> MetricQuery {
    let dimensions = key.dimensions.iter().map(|(name, value)| Dimension {
        name: name.clone(),
        value: value.clone(),
    });
    MetricQuery {
        id: format!("m{index}"),
        metric_stat: Some(MetricStat {
            metric: Metric {
                namespace: key.namespace.clone(),
                name: key.metric.clone(),
                dimensions: Some(dimensions.collect()),
            },
            period: key.period,
            stat: key.stat.clone(),
            unit: key.unit.clone(),
        }),
    }
}

fn position(id: &str) -> Option<usize> {
    id.strip_prefix('m')?.parse().ok()
}

/// A datum at the start of its period, when that period touches the window.
fn point(at: Option<Timestamp>, value: f64, period: u32, window: &Window) -> Option<Point> {
    let period = i64::from(period);
    let start = at?.as_second().div_euclid(period) * period;
    let inside = start + period > window.from.as_second() && start < window.to.as_second();
    (inside && value.is_finite()).then_some((start, value))
}

fn refusal(status: &str, key: &SeriesKey) -> Option<Gap> {
    let (kind, why) = match status {
        "Forbidden" => (GapKind::Denied, "CloudWatch refuses this metric to this identity"),
        "InternalError" => (GapKind::Failed, "CloudWatch could not read this metric"),
        _ => return None,
    };
    Some(Gap {
        kind,
        what: Text::from("metric ").ext(key.metric.clone()),
        resource: key.resource.clone(),
        why: why.into(),
        hint: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(at: i64) -> Timestamp {
        Timestamp::from_second(at).unwrap()
    }

    #[test]
    fn old_data_are_asked_for_in_the_periods_that_are_kept() {
        let now = second(100 * DAY);
        assert_eq!(kept_period(60, second(99 * DAY), now), 60);
        assert_eq!(kept_period(60, second(80 * DAY), now), 300);
        assert_eq!(kept_period(60, second(30 * DAY), now), 3_600);
        assert_eq!(kept_period(86_400, second(30 * DAY), now), 86_400);
        assert_eq!(kept_period(10, second(99 * DAY), now), 60);
    }

    #[test]
    fn a_datum_is_put_at_the_start_of_its_period() {
        let window = Window::new(second(600), second(1_200));
        assert_eq!(point(Some(second(659)), 1.0, 60, &window), Some((600, 1.0)));
        assert_eq!(point(Some(second(599)), 1.0, 300, &window), None);
        assert_eq!(point(Some(second(1_200)), 1.0, 60, &window), None);
        assert_eq!(point(Some(second(700)), f64::NAN, 60, &window), None);
    }
}
