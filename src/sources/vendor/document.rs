//! What a tool said, as a document: structured content, or JSON or a table somewhere in its words.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::caller::ToolAnswer;

/// The document in an answer; none when there is nothing of a known shape in it.
pub(super) fn of(answer: &ToolAnswer) -> Option<Value> {
    match &answer.structured {
        Some(structured) => Some(unwrapped(structured.clone())),
        None => in_text(&answer.text),
    }
}

/// Servers that may only give objects wrap whatever they have in `result`.
fn unwrapped(value: Value) -> Value {
    let only = match &value {
        Value::Object(members) if members.len() == 1 => members.get("result"),
        _ => None,
    };
    match only {
        Some(Value::String(text)) => in_text(text).unwrap_or(value),
        Some(list @ Value::Array(_)) => list.clone(),
        _ => value,
    }
}

fn in_text(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Ok(whole @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
        return Some(unwrapped(whole));
    }
    for (tag, separator) in [
        ("JSON_DATA", None),
        ("TSV_DATA", Some('\t')),
        ("CSV_DATA", Some(',')),
    ] {
        if let Some(inside) = between(text, &format!("<{tag}>"), &format!("</{tag}>")) {
            return match separator {
                None => serde_json::from_str(inside).ok(),
                Some(separator) => Some(table(inside, separator)),
            };
        }
    }
    if let Some(fenced) = between(text, "```json", "```")
        && let Ok(value) = serde_json::from_str(fenced)
    {
        return Some(value);
    }
    if let Some(value) = begun(text) {
        return Some(value);
    }
    if let Some(value) = markdown(text) {
        return Some(value);
    }
    let first = text.lines().next().unwrap_or_default();
    if first.contains('\t') {
        return Some(table(text, '\t'));
    }
    says_nothing(text).then(|| Value::Array(Vec::new()))
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(open)?;
    let (inside, _) = after.split_once(close)?;
    Some(inside.trim())
}

/// The first JSON object or list that begins a line.
fn begun(text: &str) -> Option<Value> {
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if line.trim_start().starts_with(['{', '['])
            && let Some(rest) = text.get(from + indent..)
            && let Some(Ok(value @ (Value::Object(_) | Value::Array(_)))) =
                serde_json::Deserializer::from_str(rest)
                    .into_iter::<Value>()
                    .next()
        {
            return Some(value);
        }
        from += line.len();
    }
    None
}

/// Rows with the names of the first line.
fn table(text: &str, separator: char) -> Value {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let Some(head) = lines.next() else {
        return Value::Array(Vec::new());
    };
    let names = cells(head, separator);
    lines.map(|line| row(&names, cells(line, separator))).collect()
}

fn row(names: &[String], cells: Vec<String>) -> Value {
    let members: Map<String, Value> = names
        .iter()
        .zip(cells)
        .filter(|(_, cell)| !cell.is_empty())
        .map(|(name, cell)| (name.clone(), Value::String(cell)))
        .collect();
    Value::Object(members)
}

/// The cells of a line; a cell within `"` may hold the separator.
fn cells(line: &str, separator: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(cell) = cells.last_mut() else { break };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            c if c == separator && !quoted => cells.push(String::new()),
            c => cell.push(c),
        }
    }
    for cell in &mut cells {
        *cell = cell.trim().to_owned();
    }
    cells
}

fn markdown(text: &str) -> Option<Value> {
    let inside = |line: &str| -> Option<Vec<String>> {
        let line = line.trim().strip_prefix('|')?.trim_end().strip_suffix('|')?;
        Some(line.split('|').map(|cell| cell.trim().to_owned()).collect())
    };
    let mut rows = text.lines().filter_map(inside);
    let names = rows.next()?;
    let rule = rows.next()?;
    if !rule
        .iter()
        .all(|cell| !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':')))
    {
        return None;
    }
    Some(rows.map(|cells| row(&names, cells)).collect())
}

/// How tools say that there is nothing.
const NOTHING: [&str; 8] = [
    "no result",
    "no data",
    "no log",
    "no record",
    "no metric",
    "no event",
    "no problem",
    "0 result",
];

/// True for a short sentence that says that there is nothing.
fn says_nothing(text: &str) -> bool {
    let lower = text.to_lowercase();
    text.len() < 200 && NOTHING.iter().any(|words| lower.contains(words))
}

/// The rows of a document, at the first of these pointers that leads to a list.
pub(super) fn rows(document: &Value, pointers: &[String]) -> Option<Vec<Value>> {
    pointers
        .iter()
        .find_map(|pointer| document.pointer(pointer)?.as_array())
        .cloned()
}

/// The first of these places of a row that holds something.
pub(super) fn field(row: &Value, places: &[String]) -> Option<Value> {
    places.iter().find_map(|place| {
        let found = if let Some(literal) = place.strip_prefix('=') {
            return Some(Value::String(literal.to_owned()));
        } else if let Some(key) = place.strip_prefix("tag:") {
            return tagged(row, key).map(Value::String);
        } else if place.is_empty() {
            row.as_str().map(|_| row)
        } else if place.starts_with('/') {
            row.pointer(place)
        } else {
            row.get(place.as_str())
        };
        found
            .filter(|found| !found.is_null() && found.as_str() != Some(""))
            .cloned()
    })
}

/// The value of `key:value` among the tags of a row.
fn tagged(row: &Value, key: &str) -> Option<String> {
    let tags = row.get("tags").or_else(|| row.pointer("/attributes/tags"))?;
    let words: Vec<&str> = match tags {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::String(text) => text.split(',').map(str::trim).collect(),
        _ => return None,
    };
    words.into_iter().find_map(|word| {
        let (found, value) = word.split_once(':')?;
        (found == key).then(|| value.to_owned())
    })
}

/// A value as plain words: text as it is, a list's first, numbers as they are written.
pub(super) fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Array(items) => items.first().and_then(words),
        _ => None,
    }
}

/// Longer names are no names.
const LONGEST_NAME: usize = 200;

/// A value as a name: short, and without control characters.
pub(super) fn name(value: &Value) -> Option<String> {
    let name = words(value)?.trim().to_owned();
    is_name(&name).then_some(name)
}

pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST_NAME && crate::model::inert(name) == name
}

/// All words of a value: a list's, or those of a text.
pub(super) fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(words).collect(),
        other => words(other).into_iter().collect(),
    }
}

/// Labels by name.
pub(super) fn labels(value: &Value) -> BTreeMap<String, String> {
    let members = value.as_object().into_iter().flatten();
    members
        .filter_map(|(key, value)| Some((key.clone(), name(value)?)))
        .filter(|(key, _)| is_name(key))
        .collect()
}

/// A number, also one that is written as text.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Array(items) => items.first().and_then(number),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

/// A time: RFC 3339 or the like, or seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size.
pub(super) fn time(value: &Value) -> Option<jiff::Timestamp> {
    if let Some(text) = value.as_str() {
        let text = text.trim();
        if let Ok(at) = text.parse::<jiff::Timestamp>() {
            return Some(at);
        }
        if let Ok(at) =
            jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).and_then(|parts| parts.to_timestamp())
        {
            return Some(at);
        }
        if let Ok(at) = text.replacen(' ', "T", 1).parse::<jiff::civil::DateTime>() {
            return at.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|at| at.timestamp());
        }
        if let Ok(whole) = text.parse::<i128>() {
            return since_1970(whole);
        }
    }
    let number = number(value)?;
    if number.abs() < 1e11 {
        return jiff::Timestamp::from_millisecond((number * 1e3).round() as i64).ok();
    }
    since_1970(number as i128)
}

fn since_1970(whole: i128) -> Option<jiff::Timestamp> {
    let nanoseconds = match whole.unsigned_abs() {
        0..100_000_000_000 => whole.checked_mul(1_000_000_000)?,
        100_000_000_000..100_000_000_000_000 => whole.checked_mul(1_000_000)?,
        100_000_000_000_000..100_000_000_000_000_000 => whole.checked_mul(1_000)?,
        _ => whole,
    };
    jiff::Timestamp::from_nanosecond(nanoseconds).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn text(text: &str) -> Option<Value> {
        of(&ToolAnswer {
            text: text.to_owned(),
            ..ToolAnswer::default()
        })
    }

    #[test]
    fn documents_are_found_in_words() {
        let rows = json!([{"a": "1"}]);
        for words in [
            r#"[{"a": "1"}]"#,
            r#"{"result": [{"a": "1"}]}"#,
            "Query result records:\n[{\"a\": \"1\"}]\nthat is all [1]",
            "Here:\n```json\n[{\"a\": \"1\"}]\n```\nDone.",
            "<METADATA>\n  <count>1</count>\n</METADATA>\n<JSON_DATA>\n[{\"a\": \"1\"}]\n</JSON_DATA>",
            "<TSV_DATA>\na\tb\n1\t\n</TSV_DATA>",
            "<CSV_DATA>\na,b\n\"1\",\n</CSV_DATA>",
            "# Rows\n\n| a |\n|---|\n| 1 |\n",
            "a\tb\n1\t\n",
        ] {
            assert_eq!(text(words), Some(rows.clone()), "{words}");
        }
        assert_eq!(text("No results found."), Some(json!([])));
        assert_eq!(text(""), None);
        assert_eq!(text("I cannot do that, ask somebody else"), None);
        assert_eq!(text("[{\"a\": 1}, {\"a\""), None);
    }

    #[test]
    fn times_are_told_by_their_size() {
        let noon = "2026-03-01T12:00:00Z".parse::<jiff::Timestamp>().unwrap();
        for value in [
            json!("2026-03-01T12:00:00.000Z"),
            json!("2026-03-01T13:00:00.000+01:00"),
            json!("2026-03-01T12:00:00.000+0000"),
            json!("2026-03-01 12:00:00"),
            json!(1_772_366_400),
            json!(1_772_366_400_000_i64),
            json!("1772366400000000000"),
            json!("1772366400.0"),
            json!(1_772_366_400.0),
        ] {
            assert_eq!(time(&value), Some(noon), "{value}");
        }
        assert_eq!(time(&json!("yesterday")), None);
    }

    proptest! {
        #[test]
        fn no_words_make_it_panic(words in any::<String>(), n in any::<f64>()) {
            let _ = text(&words);
            let _ = text(&format!("|{words}|\n|---|\n|{words}|"));
            let _ = time(&json!(words));
            let _ = time(&json!(n));
        }
    }
}
