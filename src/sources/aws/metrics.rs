//! Data of series: CloudWatch GetMetricData, plain metrics only, which every endpoint answers.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricStat, ScanBy, StandardUnit, StatusCode,
};
use jiff::Timestamp;

use super::{
    ask::{Ask, moment, sdk_time},
    gaps,
};
use crate::{
    aws::operations::GET_METRIC_DATA,
    model::{Evidence, Gap, GapKind, Point, Series, SeriesKey, Text, Window},
};

/// Series that one call takes.
const SERIES_A_CALL: usize = 500;
/// Data points that one page of an answer holds at most.
const POINTS_A_PAGE: i32 = 100_800;
/// Pages of one call's answer that are read at most.
const PAGES: usize = 20;
/// Seconds in a day.
const DAY: i64 = 86_400;

pub(super) async fn answer(ask: &mut Ask<'_>, asked: &[SeriesKey], window: &Window) -> Option<Evidence> {
    let now = ask.now();
    let keys: Vec<SeriesKey> = asked
        .iter()
        .map(|key| SeriesKey {
            period: kept_period(key.period, window.from, now),
            ..key.clone()
        })
        .collect();
    let mut found = Vec::with_capacity(keys.len());
    let mut any = keys.is_empty();
    for batch in keys.chunks(SERIES_A_CALL) {
        let points = fetch(ask, batch, window).await;
        any |= points.is_some();
        let mut points = points.unwrap_or_default();
        for (index, key) in batch.iter().enumerate() {
            found.push(Series {
                key: key.clone(),
                points: points.remove(&index).unwrap_or_default().into_iter().collect(),
            });
        }
    }
    any.then_some(Evidence::Series(found))
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
    let client = ask.aws.cloudwatch();
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
    let queries: Vec<MetricDataQuery> = batch
        .iter()
        .enumerate()
        .map(|(index, key)| query(index, key))
        .collect();
    let mut points: BTreeMap<usize, BTreeMap<i64, f64>> = BTreeMap::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let request = client
            .get_metric_data()
            .start_time(sdk_time(Timestamp::from_second(from).unwrap_or(window.from)))
            .end_time(sdk_time(Timestamp::from_second(to).unwrap_or(window.to)))
            .scan_by(ScanBy::TimestampAscending)
            .max_datapoints(POINTS_A_PAGE)
            .set_metric_data_queries(Some(queries.clone()))
            .set_next_token(token.take());
        let outcome = ask.aws.call(GET_METRIC_DATA, || request.clone().send()).await;
        let page = ask.keep(outcome, what, only.as_ref())?;
        for result in page.metric_data_results() {
            let Some(index) = result
                .id()
                .and_then(position)
                .filter(|index| *index < batch.len())
            else {
                continue;
            };
            let Some(key) = batch.get(index) else { continue };
            if let Some(gap) = refusal(result.status_code(), key) {
                ask.gaps.push(gap);
            }
            let series = points.entry(index).or_default();
            for (at, value) in result.timestamps().iter().zip(result.values()) {
                if let Some((at, value)) = point(moment(at), *value, key.period, window) {
                    series.insert(at, value);
                }
            }
        }
        token = page.next_token().map(ToOwned::to_owned);
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

fn query(index: usize, key: &SeriesKey) -> MetricDataQuery {
    let dimensions = key
        .dimensions
        .iter()
        .map(|(name, value)| Dimension::builder().name(name).value(value).build())
        .collect();
    let metric = Metric::builder()
        .namespace(&key.namespace)
        .metric_name(&key.metric)
        .set_dimensions(Some(dimensions))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(i32::try_from(key.period).unwrap_or(i32::MAX))
        .stat(&key.stat)
        .set_unit(key.unit.as_deref().map(StandardUnit::from))
        .build();
    MetricDataQuery::builder()
        .id(format!("m{index}"))
        .metric_stat(stat)
        .build()
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

fn refusal(status: Option<&StatusCode>, key: &SeriesKey) -> Option<Gap> {
    let (kind, why) = match status? {
        StatusCode::Forbidden => (GapKind::Denied, "CloudWatch refuses this metric to this identity"),
        StatusCode::InternalError => (GapKind::Failed, "CloudWatch could not read this metric"),
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
