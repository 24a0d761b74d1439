//! What was and what is: found where a recorder kept both, or between two values; shown with signs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    page::{Ask, Line},
    tree,
};
use crate::console::{rich::Rich, theme::Role, words};

/// Lines of a diff at most, on a screen.
const DIFF: usize = 200;

/// A property with what it was and what it is.
#[derive(Debug, Clone)]
pub struct Pair<'v> {
    /// Where it stands.
    pub path: String,
    /// What it was; none where it was not there.
    pub old: Option<&'v Value>,
    /// What it is; none where it is there no more.
    pub new: Option<&'v Value>,
}

/// Names under which recorders keep what was and what is.
const NAMES: [(&str, &str); 9] = [
    ("before", "after"),
    ("old", "new"),
    ("oldValue", "newValue"),
    ("old_value", "new_value"),
    ("OldValue", "NewValue"),
    ("previous", "current"),
    ("previousValue", "currentValue"),
    ("previousValue", "updatedValue"),
    ("from", "to"),
];

/// Finds what was and what is, wherever a recorder kept both.
pub fn paired<'v>(value: &'v Value, path: &str, depth: usize, pairs: &mut Vec<Pair<'v>>) {
    if depth > 64 || pairs.len() > DIFF {
        return;
    }
    match value {
        Value::Object(map) => {
            let both = NAMES
                .iter()
                .find_map(|(old, new)| Some(((*old, map.get(*old)?), (*new, map.get(*new)?))));
            if let Some(((old_name, old), (new_name, new))) = both {
                // A recorder may tell the property's name beside its values.
                let named = map.get("name").or_else(|| map.get("property"));
                pairs.extend(between(old, new, path).into_iter().map(|pair| Pair {
                    path: match (pair.path.is_empty(), named) {
                        (_, Some(Value::String(name))) if !pair.path.contains(name.as_str()) => name.clone(),
                        (true, _) => "value".to_owned(),
                        _ => pair.path,
                    },
                    ..pair
                }));
                for (name, value) in map {
                    if name != old_name && name != new_name {
                        paired(value, &join(path, name), depth + 1, pairs);
                    }
                }
                return;
            }
            for (name, value) in map {
                paired(value, &join(path, name), depth + 1, pairs);
            }
        }
        Value::Array(items) => {
            for (i, value) in items.iter().enumerate() {
                paired(value, &join(path, &(i + 1).to_string()), depth + 1, pairs);
            }
        }
        _ => {}
    }
}

/// A name below a path.
fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// What differs between two values, both standing at a path.
pub fn between<'v>(old: &'v Value, new: &'v Value, path: &str) -> Vec<Pair<'v>> {
    let (mut was, mut is) = (BTreeMap::new(), BTreeMap::new());
    leaves(old, path, 0, &mut was);
    leaves(new, path, 0, &mut is);
    let paths: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let differ = paths.into_iter().filter(|path| was.get(*path) != is.get(*path));
    differ
        .map(|path| Pair {
            path: path.clone(),
            old: was.get(path).copied(),
            new: is.get(path).copied(),
        })
        .collect()
}

/// How many properties are as they were.
pub fn same(old: &Value, new: &Value) -> usize {
    let (mut was, mut is) = (BTreeMap::new(), BTreeMap::new());
    leaves(old, "", 0, &mut was);
    leaves(new, "", 0, &mut is);
    is.iter()
        .filter(|(path, value)| was.get(*path) == Some(value))
        .count()
}

/// Every value without parts, by its path.
fn leaves<'v>(value: &'v Value, path: &str, depth: usize, out: &mut BTreeMap<String, &'v Value>) {
    if out.len() > 10_000 {
        return;
    }
    match value {
        Value::Object(map) if !map.is_empty() && depth < 64 => {
            for (name, value) in map {
                leaves(value, &join(path, name), depth + 1, out);
            }
        }
        Value::Array(items) if !items.is_empty() && depth < 64 => {
            for (i, value) in items.iter().enumerate() {
                leaves(value, &join(path, &(i + 1).to_string()), depth + 1, out);
            }
        }
        value => {
            out.insert(path.to_owned(), value);
        }
    }
}

/// `- was` and `+ is`, the names in one column.
pub fn signed(ask: &Ask<'_>, pairs: Vec<Pair<'_>>) -> Vec<Line> {
    let column = pairs
        .iter()
        .map(|pair| pair.path.chars().count())
        .max()
        .unwrap_or(0)
        .clamp(4, 32);
    let mut rows = Vec::new();
    let most = ask.most(DIFF);
    let count = pairs.len();
    for pair in pairs.into_iter().take(most) {
        for (sign, role, value) in [("-", Role::Bad, pair.old), ("+", Role::Good, pair.new)] {
            let Some(value) = value else { continue };
            let lead = Rich::of(role, format!("  {sign} "))
                .add(Role::Dim, format!("{:<column$}", ask.words(&pair.path)));
            let hang = column + 6;
            let line = |lead: Rich, words: Rich| Line {
                hang,
                ..Line::from(lead.add(Role::Text, "  ").join(words))
            };
            match value {
                // A text of several lines keeps them.
                Value::String(text) if text.contains('\n') => {
                    rows.push(line(lead, Rich::new()));
                    rows.extend(text.lines().take(ask.most(60)).map(|text| {
                        Line::from(Rich::of(role, format!("  {sign}   ")).add(role, ask.words(text)))
                    }));
                }
                Value::String(text) => rows.push(line(lead, Rich::of(role, ask.words(text)))),
                other => rows.push(line(lead, Rich::of(role, tree::scalar(ask, other).plain()))),
            }
        }
    }
    if count > most {
        rows.push(Rich::of(Role::Faint, words::count((count - most) as u64, "more values")).into());
    }
    rows
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(value: &Value) -> Vec<(String, String, String)> {
        let mut pairs = Vec::new();
        paired(value, "", 0, &mut pairs);
        let told = |value: Option<&Value>| value.map_or_else(String::new, ToString::to_string);
        pairs
            .iter()
            .map(|pair| (pair.path.clone(), told(pair.old), told(pair.new)))
            .collect()
    }

    #[test]
    fn what_was_and_what_is_are_found_wherever_both_stand() {
        let three = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(
            found(&json!({"memory": {"before": 512, "after": 128}, "at": "now"})),
            [three("memory", "512", "128")]
        );
        assert_eq!(
            found(&json!({"before": {"a": 1, "b": [2]}, "after": {"a": 1, "b": [3], "c": 4}})),
            [three("b.1", "2", "3"), three("c", "", "4")]
        );
        assert_eq!(
            found(&json!({"changes": [{"name": "Timeout", "oldValue": 30, "newValue": 3}]})),
            [three("Timeout", "30", "3")]
        );
        assert!(found(&json!({"before": 1})).is_empty());
    }
}
