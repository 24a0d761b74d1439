//! Which series there are of a resource, and their data.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{FutureExt as _, StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use super::{
    adapter::{Adapter, Ask, Measure},
    asking::{Asking, Page, missing},
    document,
    fill::Blanks,
    points, quoting,
};
use crate::model::{Evidence, Gap, GapKind, Point, Resource, Series, SeriesKey, Text, Window};

/// Seconds between two points.
const PERIOD: u32 = 60;
/// Series of one resource that are read at most: those whose names tell of trouble first.
const MOST: usize = 40;
/// Calls under way at the same time.
const AT_ONCE: usize = 4;
/// Calls for one stretch of time at most.
const PIECES: usize = 8;
/// Words in names of metrics that tell of trouble.
const TELLING: [&str; 14] = [
    "error",
    "fail",
    "5xx",
    "latency",
    "duration",
    "response",
    "request",
    "hits",
    "cpu",
    "memory",
    "mem.",
    "queue",
    "connections",
    "throttl",
];

/// The series that measure a resource.
pub(super) async fn catalogue(
    asking: &Asking<'_>,
    resource: &Resource,
    metric: Option<&str>,
) -> Option<Evidence> {
    let adapter = asking.adapter();
    let ask = adapter.catalogue.as_ref()?;
    let what = asking.what("metrics", Some(resource));
    match listed(asking, ask, resource, &what).await {
        Ok((mut keys, more)) => {
            keys.retain(|key| metric.is_none_or(|metric| key.metric == metric));
            let all = keys.len();
            let mut keys: Vec<SeriesKey> = keys.into_iter().collect();
            let telling = |key: &SeriesKey| {
                !TELLING
                    .iter()
                    .any(|word| key.metric.to_lowercase().contains(word))
            };
            keys.sort_by_key(telling);
            keys.truncate(MOST);
            keys.sort();
            if all > MOST || more {
                let why = format!(
                    "{} has more metrics of it than are read; {} are",
                    adapter.vendor,
                    keys.len()
                );
                let hint = "narrow the space's scope of this connection, or look there by hand";
                asking.miss(Gap {
                    resource: Some(resource.id.clone()),
                    ..missing(GapKind::Truncated, &what, why, hint)
                });
            }
            Some(Evidence::Catalogue(keys))
        }
        Err(gap) => {
            asking.miss(gap);
            None
        }
    }
}

async fn listed(
    asking: &Asking<'_>,
    ask: &Ask,
    resource: &Resource,
    what: &Text,
) -> Result<(BTreeSet<SeriesKey>, bool), Gap> {
    let names = asking.named(resource, what)?;
    let limit = ask.most.unwrap_or(500);
    let blanks = asking.blanks(ask, "catalogue", what, None, limit).await?;
    let mut keys = BTreeSet::new();
    let mut more = false;
    // All names at once, or one after the other until there is an answer.
    let rounds: Vec<&[(String, String)]> = if ask.each {
        names.chunks(1).collect()
    } else {
        vec![names.as_slice()]
    };
    for round in rounds {
        let Some((key, value)) = round.first() else { break };
        let mut filled = blanks
            .clone()
            .text("names", asking.condition(round))
            .text("key", key)
            .text("value", value);
        if let Some(one) = &ask.one {
            let pieces: Vec<String> = round
                .iter()
                .map(|(key, value)| Blanks::default().text("key", key).text("value", value).fill(one))
                .collect();
            filled = filled.text("any_names", pieces.join(&asking.adapter().condition.any));
        }
        let page = asking.page(ask, what, &filled).await?;
        more |= page.more;
        for row in &page.rows {
            keys.extend(of_row(asking.adapter(), ask, row, resource, key));
        }
        if !keys.is_empty() {
            break;
        }
    }
    Ok((keys, more))
}

/// The series that one entry of the catalogue stands for.
fn of_row(
    adapter: &Adapter,
    ask: &Ask,
    row: &serde_json::Value,
    resource: &Resource,
    asked: &str,
) -> Vec<SeriesKey> {
    let place = |field: &str| ask.fields.get(field).map(Vec::as_slice).unwrap_or_default();
    let Some(listed) = document::field(row, place("listed")).and_then(|listed| document::words(&listed))
    else {
        return Vec::new();
    };
    if quoting::identifier(&listed).is_none() {
        return Vec::new();
    }
    let labels = document::field(row, place("labels")).map(|labels| {
        let mut labels = document::labels(&labels);
        labels.remove("__name__");
        labels
    });
    let tag = adapter.called(resource).is_some_and(|called| called.tag);
    let name = if tag {
        quoting::tag(&resource.name)
    } else {
        resource.name.clone()
    };
    adapter
        .measured(&listed)
        .into_iter()
        .map(|(measure, metric)| {
            let by = measure.by.clone().unwrap_or_else(|| asked.to_owned());
            let only = || BTreeMap::from([(by.clone(), name.clone())]);
            SeriesKey {
                resource: Some(resource.id.clone()),
                namespace: adapter.namespace.clone(),
                metric,
                dimensions: labels.clone().unwrap_or_else(only),
                stat: measure.stat.clone(),
                unit: measure.unit.clone(),
                period: PERIOD,
            }
        })
        .collect()
}

/// The data of series, in the asked order.
pub(super) async fn metrics(asking: &Asking<'_>, series: &[SeriesKey], window: Window) -> Option<Evidence> {
    let adapter = asking.adapter();
    let ask = adapter.metrics.as_ref()?;
    let what = asking.what("metrics", None);
    let pieces = pieces(asking, ask, &what, window);
    let mut chunks: Vec<(Vec<&SeriesKey>, Window)> = Vec::new();
    for chunk in series.chunks(ask.batch.unwrap_or(1).max(1)) {
        chunks.extend(pieces.iter().map(|piece| (chunk.iter().collect(), *piece)));
    }
    let mut calls = Vec::with_capacity(chunks.len());
    for (keys, piece) in &chunks {
        calls.push(some(asking, ask, &what, keys, *piece).boxed());
    }
    let answers: Vec<_> = stream::iter(calls).buffered(AT_ONCE).collect().await;
    let mut found: BTreeMap<&SeriesKey, Vec<Point>> = BTreeMap::new();
    let mut answered = false;
    for answer in answers {
        match answer {
            Ok(some) => {
                answered = true;
                for (key, points) in some {
                    found.entry(key).or_default().extend(points);
                }
            }
            Err(gap) => asking.miss(gap),
        }
    }
    answered.then(|| {
        let one = |key: &SeriesKey| {
            let mut points = found.remove(key).unwrap_or_default();
            points.sort_by_key(|(at, _)| *at);
            points.dedup_by_key(|(at, _)| *at);
            Series {
                key: key.clone(),
                points,
            }
        };
        Evidence::Series(series.iter().map(one).collect())
    })
}

/// The window in pieces that one call can cover.
fn pieces(asking: &Asking<'_>, ask: &Ask, what: &Text, window: Window) -> Vec<Window> {
    let Some(longest) = ask.longest else {
        return vec![window];
    };
    let length = SignedDuration::from_secs(longest.saturating_mul(i64::from(PERIOD)));
    let mut pieces = Vec::new();
    let mut from: Timestamp = window.from;
    while from < window.to {
        if pieces.len() == PIECES {
            let why = "the stretch of time is longer than the vendor answers for in a few calls; its end is missing";
            asking.miss(missing(
                GapKind::Truncated,
                what,
                why,
                "ask about a shorter window with --window",
            ));
            break;
        }
        let to = from.checked_add(length).unwrap_or(window.to).min(window.to);
        pieces.push(Window::new(from, to));
        from = to;
    }
    pieces
}

/// Some series in one call.
async fn some<'k>(
    asking: &Asking<'_>,
    ask: &Ask,
    what: &Text,
    keys: &[&'k SeriesKey],
    window: Window,
) -> Result<Vec<(&'k SeriesKey, Vec<Point>)>, Gap> {
    let base = asking.blanks(ask, "metrics", what, Some(window), 1000).await?;
    let mut queries = Vec::new();
    let mut asked = Vec::new();
    for key in keys {
        match query(asking.adapter(), key, &base) {
            Some(query) => {
                queries.push(query);
                asked.push(*key);
            }
            None => asking.miss(missing(
                GapKind::Unsupported,
                what,
                Text::from("the metric ")
                    .ext(key.metric.clone())
                    .own(" cannot be written in a query"),
                "look at it there by hand",
            )),
        }
    }
    let Some(first) = queries.first().cloned() else {
        return Ok(Vec::new());
    };
    let blanks = base.text("query", first).list("queries", queries.clone());
    let page = asking.page(ask, what, &blanks).await?;
    if page.more {
        let why = "the tool answered with less than there is";
        asking.miss(missing(
            GapKind::Truncated,
            what,
            why,
            "narrow the space's scope of this connection",
        ));
    }
    let read = |(index, key): (usize, &&'k SeriesKey)| {
        let rows = of_query(ask, &page, &queries, index);
        (*key, points::read(ask, &rows, key, &window))
    };
    Ok(asked.iter().enumerate().map(read).collect())
}

/// The rows that answer one of several queries: those that repeat it, or the one at its place.
fn of_query(ask: &Ask, page: &Page, queries: &[String], index: usize) -> Vec<serde_json::Value> {
    if ask.batch.is_none() {
        return page.rows.clone();
    }
    let places = ask.fields.get("query").map(Vec::as_slice).unwrap_or_default();
    let repeated =
        |row: &serde_json::Value| document::field(row, places).and_then(|query| document::words(&query));
    let own: Vec<_> = page
        .rows
        .iter()
        .filter(|row| repeated(row).as_ref() == queries.get(index))
        .cloned()
        .collect();
    let any = page
        .rows
        .iter()
        .any(|row| repeated(row).is_some_and(|query| queries.contains(&query)));
    match own.is_empty() && !any && page.rows.len() == queries.len() {
        true => page.rows.get(index).cloned().into_iter().collect(),
        false => own,
    }
}

/// The query for one series; none when it cannot be written.
fn query(adapter: &Adapter, key: &SeriesKey, base: &Blanks) -> Option<String> {
    let (measure, stem): (&Measure, &str) = adapter.behind(&key.metric, &key.stat)?;
    let stem = stem.strip_suffix(measure.strip.as_str()).unwrap_or(stem);
    let joint = adapter.dims.as_ref().unwrap_or(&adapter.condition);
    let mut pieces = Vec::new();
    let mut first = None;
    for (name, value) in &key.dimensions {
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if name.is_empty() || !name.chars().all(fine) {
            return None;
        }
        let value = match &adapter.dims {
            Some(_) => quoting::tag(value),
            None => adapter.quoting.value(value)?,
        };
        pieces.push(joint.piece(name, &value));
        first.get_or_insert(value);
    }
    let blanks = base
        .clone()
        .text("metric", quoting::identifier(stem)?)
        .text("value", first?)
        .text("dims", pieces.join(&joint.all))
        .number("step", i64::from(key.period));
    Some(blanks.fill(&measure.query))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConnectionKind;

    #[test]
    fn a_series_becomes_a_query() {
        let written = |kind, metric: &str, stat: &str, dims: &[(&str, &str)]| {
            let adapter = Adapter::of(kind).unwrap().unwrap();
            let key = SeriesKey {
                resource: None,
                namespace: adapter.namespace.clone(),
                metric: metric.to_owned(),
                dimensions: dims
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                    .collect(),
                stat: stat.to_owned(),
                unit: None,
                period: 60,
            };
            let base = Blanks::default()
                .text("scope", "")
                .number("from_ms", 1)
                .number("to_ms", 2);
            query(&adapter, &key, &base)
        };
        let job = [("job", "x\"} or up{")];
        assert_eq!(
            written(
                ConnectionKind::Grafana,
                "http_request_duration_seconds:mean",
                "Average",
                &job
            )
            .unwrap(),
            "sum(rate(http_request_duration_seconds_sum{job=\"x\\\"} or up{\"}[60s])) / \
             sum(rate(http_request_duration_seconds_count{job=\"x\\\"} or up{\"}[60s]))"
        );
        assert_eq!(
            written(
                ConnectionKind::Datadog,
                "trace.http.request.errors",
                "Sum",
                &[("service", "a,b}")]
            )
            .unwrap(),
            "sum:trace.http.request.errors{service:a_b_}.as_count().rollup(sum, 60)"
        );
        assert_eq!(
            written(
                ConnectionKind::NewRelic,
                "transaction.errors",
                "Sum",
                &[("appName", "o'hara")]
            )
            .unwrap(),
            "SELECT count(*) AS value FROM TransactionError WHERE appName = 'o\\'hara' TIMESERIES 60 seconds SINCE 1 UNTIL 2"
        );
        assert_eq!(
            written(ConnectionKind::Grafana, "up} or vector(1", "Average", &job),
            None
        );
        assert_eq!(
            written(ConnectionKind::Grafana, "up", "Average", &[("job\"", "x")]),
            None
        );
        assert_eq!(
            written(
                ConnectionKind::Splunk,
                "queue.depth",
                "Average",
                &[("service", "`m`")]
            ),
            None
        );
    }
}
