//! Values that stand at a limit: a configured one, or one that is documented and the same for everybody.

use jiff::Timestamp;
use serde_json::Value;

use super::Seen;
use crate::{
    analysis::shift::at_limit,
    engine::{
        pattern::{Library, Limit},
        state::State,
        wording,
    },
    journal::body::Plan,
    model::{Evidence, Observation, Observed, Origin, Query, ResourceId, Series, Text},
};

/// Name of limits that no configuration spells.
pub const DOCUMENTED: &str = "documented limit";

/// Limits in the configuration of one resource that its metrics reach. `answer` is the record of the configuration.
pub fn configured(
    state: &State,
    plan: &Plan,
    onset: Timestamp,
    id: &ResourceId,
    library: &Library,
    evidence: &Evidence,
    answer: u64,
) -> Vec<Seen> {
    let Evidence::Configuration(configuration) = evidence else {
        return Vec::new();
    };
    let mut seen = Vec::new();
    for limit in limits_of(state, library, id) {
        let Some(path) = &limit.path else { continue };
        let height = at_path(&configuration.properties, path).and_then(number);
        let read = height.and_then(|height| Some((height, reading(state, plan, id, limit)?)));
        if let Some((height, (record, series))) = read {
            let reached = Reached {
                limit,
                name: path,
                height: height * limit.scale,
            };
            push(
                &mut seen,
                reached.observe(state, id, onset, series, vec![record, answer]),
            );
        }
    }
    seen
}

/// Documented limits that the series of one answer reach. `answer` is the record of the series.
pub fn documented(
    state: &State,
    onset: Timestamp,
    library: &Library,
    evidence: &Evidence,
    answer: u64,
) -> Vec<Seen> {
    let Evidence::Series(all) = evidence else {
        return Vec::new();
    };
    let mut seen = Vec::new();
    for series in all {
        let Some(id) = &series.key.resource else { continue };
        for limit in limits_of(state, library, id) {
            if let Some(height) = limit.value
                && is_of(limit, series)
            {
                let name = DOCUMENTED;
                let reached = Reached { limit, name, height };
                push(&mut seen, reached.observe(state, id, onset, series, vec![answer]));
            }
        }
    }
    seen
}

fn push(seen: &mut Vec<Seen>, new: Option<Seen>) {
    if let Some(new) = new
        && !seen.contains(&new)
    {
        seen.push(new);
    }
}

fn limits_of<'a>(
    state: &State,
    library: &'a Library,
    id: &ResourceId,
) -> impl Iterator<Item = &'a Limit> + use<'a> {
    let kind = state.known.resource(id).kind;
    let fitting = library.all().iter().filter(move |pattern| pattern.fits(&kind));
    fitting.flat_map(|pattern| &pattern.limit)
}

fn is_of(limit: &Limit, series: &Series) -> bool {
    series.key.metric == limit.metric && series.key.stat == limit.stat
}

/// The series of the window that the limit is about, with its record.
fn reading<'a>(state: &'a State, plan: &Plan, id: &ResourceId, limit: &Limit) -> Option<(u64, &'a Series)> {
    let window = plan.window;
    let mut answers =
        state.found(move |query| matches!(query, Query::Metrics { window: asked, .. } if *asked == window));
    answers.find_map(|(record, _, evidence)| match evidence {
        Evidence::Series(all) => all
            .iter()
            .find(|series| is_of(limit, series) && series.key.resource.as_ref() == Some(id))
            .map(|series| (record, series)),
        _ => None,
    })
}

struct Reached<'a> {
    limit: &'a Limit,
    name: &'a str,
    /// In the metric's unit (a second, where the limit is a rate).
    height: f64,
}

impl Reached<'_> {
    fn observe(
        &self,
        state: &State,
        id: &ResourceId,
        onset: Timestamp,
        series: &Series,
        evidence: Vec<u64>,
    ) -> Option<Seen> {
        let period = series.key.period.max(1);
        let factor = if self.limit.per_second {
            f64::from(period)
        } else {
            1.0
        };
        // A moment at the limit long before does not count: what is asked is whether the symptom meets it.
        let from = onset.as_second() - i64::from(period);
        let since = series.points.iter().filter(|(at, _)| *at >= from);
        let points: Vec<(i64, f64)> = since.map(|(at, value)| (*at, value / factor)).collect();
        let there = at_limit(&points, self.height)?;
        let shown = wording::number(self.height);
        Some(Seen {
            observation: Observation {
                resource: Some(id.clone()),
                origin: Origin::Metrics,
                at: Timestamp::from_second(there.since).ok(),
                error: period,
                strength: 1.0,
                notable: true,
                text: Text::new()
                    .ext(self.limit.metric.clone())
                    .own(" of ")
                    .ext(state.known.resource(id).name)
                    .own(format!(" stands at its limit of {shown} ("))
                    .ext(self.name)
                    .own(")"),
                fact: Observed::LimitReached {
                    series: series.key.clone(),
                    value: wording::rounded(there.value),
                    limit: self.height,
                    name: self.name.to_owned(),
                },
            },
            evidence,
        })
    }
}

fn at_path<'a>(properties: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(properties, |value, key| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    })
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
