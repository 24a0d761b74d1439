//! What stands in a configuration: words that patterns look for.

use base64::Engine as _;
use serde_json::Value;

use super::Seen;
use crate::{
    engine::{
        pattern::{Condition, Fact, Library, Pattern},
        state::State,
    },
    model::{Evidence, Observation, Observed, Origin, ResourceId, Text},
};

/// Facts that the patterns for this type look for.
pub fn observe(
    state: &State,
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
    // Any pattern may ask for the configuration of what stands around the resource that it would blame.
    let asks = |pattern: &&Pattern| {
        pattern.fits(&resource.kind)
            || pattern
                .conditions()
                .any(|condition| condition.asks_of(&resource.kind))
    };
    for pattern in library.all().iter().filter(asks) {
        for condition in pattern
            .conditions()
            .filter(|condition| condition.fact == Fact::Config)
        {
            if let Some(fact) = leaves
                .iter()
                .find_map(|(path, value)| meets(condition, path, value))
            {
                // Words that a pattern looks for are news; that a setting is there is not.
                let notable = condition.matches.is_some();
                push(&mut seen, fact, (id, &resource.name), notable, answer);
            }
        }
    }
    seen
}

fn push(
    seen: &mut Vec<Seen>,
    (path, value): (String, String),
    (id, name): (&ResourceId, &str),
    notable: bool,
    answer: u64,
) {
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
            notable,
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
