//! What stands in a configuration: words that patterns look for, and limits that metrics reach.

use base64::Engine as _;
use jiff::Timestamp;
use serde_json::Value;

use super::Seen;
use crate::{
    analysis::shift::at_limit,
    engine::{
        pattern::{Condition, Fact, Library, Limit, Pattern},
        state::State,
        wording,
    },
    journal::body::Plan,
    model::{Evidence, Observation, Observed, Origin, Query, ResourceId, SeriesKey, Text},
};

/// Facts that the patterns for this type look for.
pub fn observe(
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
    let resource = state.known.resource(id);
    let mut leaves = Vec::new();
    flatten("", &configuration.properties, &mut leaves);
    let mut seen: Vec<Seen> = Vec::new();
    let fitting: Vec<&Pattern> = library
        .all()
        .iter()
        .filter(|pattern| pattern.fits(&resource.kind))
        .collect();
    for pattern in &fitting {
        let conditions = pattern
            .when
            .iter()
            .chain(&pattern.requires)
            .chain(&pattern.supports)
            .chain(&pattern.refutes);
        for condition in conditions.filter(|condition| condition.fact == Fact::Config) {
            if let Some(fact) = leaves
                .iter()
                .find_map(|(path, value)| meets(condition, path, value))
            {
                push(&mut seen, fact, id, &resource.name, answer);
            }
        }
        for limit in &pattern.limit {
            seen.extend(reached(
                state,
                plan,
                onset,
                id,
                &resource.name,
                limit,
                &configuration.properties,
                answer,
            ));
        }
    }
    seen
}

fn push(seen: &mut Vec<Seen>, (path, value): (String, String), id: &ResourceId, name: &str, answer: u64) {
    let fact = Observed::ConfigFact {
        name: path.split('.').next_back().unwrap_or(&path).to_owned(),
        path: path.clone(),
        value: value.clone(),
    };
    if seen.iter().any(|known| known.observation.fact == fact) {
        return;
    }
    let short = value
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let short: String = short.chars().take(120).collect();
    seen.push(Seen {
        observation: Observation {
            resource: Some(id.clone()),
            origin: Origin::Configuration,
            at: None,
            error: 0,
            strength: 1.0,
            notable: true,
            text: Text::new()
                .ext(path)
                .own(" of ")
                .ext(name)
                .own(" holds: ")
                .ext(short),
            fact,
        },
        evidence: vec![answer],
    });
}

/// Every leaf of a configuration with its path, dots between keys; encoded user data decoded.
fn flatten(path: &str, value: &Value, leaves: &mut Vec<(String, String)>) {
    let under = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| flatten(&under(key), value, leaves)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| flatten(&under(&index.to_string()), value, leaves)),
        Value::Null => {}
        Value::String(text) => leaves.push((path.to_owned(), decoded(path, text))),
        other => leaves.push((path.to_owned(), other.to_string())),
    }
}

fn decoded(path: &str, text: &str) -> String {
    if !path.ends_with("UserData") {
        return text.to_owned();
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_else(|| text.to_owned())
}

/// The path and the lines around the match, when the leaf meets the condition.
fn meets(condition: &Condition, path: &str, value: &str) -> Option<(String, String)> {
    if !condition.path.as_ref().is_none_or(|wanted| wanted.is_in(path)) {
        return None;
    }
    let Some(phrase) = &condition.matches else {
        return Some((path.to_owned(), value.chars().take(400).collect()));
    };
    let found = phrase.0.find(value)?;
    let start = value
        .get(..found.start())
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1);
    let end = value
        .get(found.end()..)
        .and_then(|rest| rest.find('\n'))
        .map_or(value.len(), |at| found.end() + at);
    let lines = value.get(start..end).unwrap_or(value);
    Some((path.to_owned(), lines.trim().chars().take(400).collect()))
}

fn at_path<'a>(properties: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(properties, |value, key| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    })
}

#[expect(
    clippy::too_many_arguments,
    reason = "one call site; the arguments are what a limit and its reading are"
)]
fn reached(
    state: &State,
    plan: &Plan,
    onset: Timestamp,
    id: &ResourceId,
    name: &str,
    limit: &Limit,
    properties: &Value,
    answer: u64,
) -> Option<Seen> {
    let configured = match at_path(properties, &limit.path)? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    let of_limit = |key: &SeriesKey| {
        key.metric == limit.metric && key.stat == limit.stat && key.resource.as_ref() == Some(id)
    };
    let (series_answer, series) = state
        .found(|query| matches!(query, Query::Metrics { window, .. } if *window == plan.window))
        .find_map(|(seq, _, evidence)| match evidence {
            Evidence::Series(all) => all
                .iter()
                .find(|series| of_limit(&series.key))
                .map(|series| (seq, series)),
            _ => None,
        })?;
    let factor = if limit.per_second {
        f64::from(series.key.period.max(1))
    } else {
        1.0
    };
    // A moment at the limit long before does not count: what is asked is whether the symptom meets it.
    let from = onset.as_second() - i64::from(series.key.period);
    let since = series.points.iter().filter(|(at, _)| *at >= from);
    let points: Vec<(i64, f64)> = since.map(|(at, value)| (*at, value / factor)).collect();
    let there = at_limit(&points, configured)?;
    let shown = wording::number(configured);
    Some(Seen {
        observation: Observation {
            resource: Some(id.clone()),
            origin: Origin::Metrics,
            at: Timestamp::from_second(there.since).ok(),
            error: series.key.period,
            strength: 1.0,
            notable: true,
            text: Text::new()
                .ext(limit.metric.clone())
                .own(" of ")
                .ext(name)
                .own(format!(" stands at its configured limit of {shown} ("))
                .ext(limit.path.clone())
                .own(")"),
            fact: Observed::LimitReached {
                series: series.key.clone(),
                value: wording::rounded(there.value),
                limit: configured,
                name: limit.path.clone(),
            },
        },
        evidence: vec![series_answer, answer],
    })
}
