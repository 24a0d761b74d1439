//! Words out of a body that somebody else wrote: by pointer, tolerant of numbers where text is usual, never longer than
//! a record should hold, and with one clear sentence about what is missing.

use jiff::Timestamp;
use serde_json::Value;

use crate::{journal::canonical::sha256, model::Priority};

/// Longest title that is taken over.
pub(super) const TITLE: usize = 300;
/// Longest description that is taken over; the body itself is kept whole beside it.
pub(super) const DESCRIPTION: usize = 8_000;
/// Longest name of anything: an ARN has 2,048 characters at most.
pub(super) const NAME: usize = 2_048;
/// Longest id that is taken as it is; of a longer one, its hash.
const ID: usize = 512;
/// Resources that are taken over at most.
pub(super) const RESOURCES: usize = 200;
/// Nobody noticed anything before this second (2000-01-01): some senders write the year 1 for "never".
const EARLIEST: i64 = 946_684_800;

/// The text at a pointer (`/data/id`); a number counts as its text. None where there is nothing, or nothing but space.
pub(super) fn word(body: &Value, at: &str) -> Option<String> {
    text(body.pointer(at)?)
}

/// The first of several pointers that leads to text.
pub(super) fn first(body: &Value, at: &[&str]) -> Option<String> {
    at.iter().find_map(|at| word(body, at))
}

/// Text, or a number or a truth as its text.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The text at a pointer, or the sentence that says what is the matter with it.
pub(super) fn need(body: &Value, at: &str) -> Result<String, String> {
    let field = || at.trim_start_matches('/').replace('/', ".");
    match body.pointer(at) {
        None | Some(Value::Null) => Err(format!("the field {} is missing", field())),
        Some(value @ (Value::Array(_) | Value::Object(_))) => {
            Err(format!("the field {} is {}, not text", field(), sort(value)))
        }
        Some(value) => text(value).ok_or_else(|| format!("the field {} is empty", field())),
    }
}

/// What a value is, in a word.
pub(super) const fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A sender's word as it may stand in a sentence of ours.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", crate::model::inert(&clipped(word, 60)))
}

/// No more than so many characters.
pub(super) fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// A title: one line.
pub(super) fn title(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    clipped(&line, TITLE)
}

/// An id that can be compared and kept.
pub(super) fn id(text: String) -> String {
    if text.len() <= ID {
        return text;
    }
    format!("sha256:{}", sha256(text.as_bytes()))
}

/// An id for what its sender gives none: the same words have the same id.
pub(super) fn made_id(sender: &str, parts: &[&str]) -> String {
    let whole = serde_json::to_string(parts).unwrap_or_default();
    let hash = sha256(whole.as_bytes()).to_string();
    format!("{sender}-{}", hash.get(..20).unwrap_or(&hash))
}

/// A moment as machines write it: RFC 3339 in any of its spellings, or seconds, milliseconds or nanoseconds since 1970.
pub(super) fn moment(body: &Value, at: &str) -> Option<Timestamp> {
    let value = body.pointer(at)?;
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    let at = match number {
        Some(number) => epoch(number)?,
        None => written(value.as_str()?.trim())?,
    };
    (at.as_second() >= EARLIEST).then_some(at)
}

/// The first of several pointers that leads to a moment.
pub(super) fn first_moment(body: &Value, at: &[&str]) -> Option<Timestamp> {
    at.iter().find_map(|at| moment(body, at))
}

fn epoch(number: f64) -> Option<Timestamp> {
    let milliseconds = match number.abs() {
        // Until the year 5138 in seconds; from 1973 on in milliseconds.
        size if size < 1e11 => number * 1e3,
        size if size < 1e14 => number,
        size if size < 1e17 => number / 1e3,
        size if size < 1e20 => number / 1e6,
        _ => return None,
    };
    Timestamp::from_millisecond(milliseconds.round() as i64).ok()
}

fn written(text: &str) -> Option<Timestamp> {
    if text.len() > 64 {
        return None;
    }
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    // As in the headers of mails: AWS Health.
    if let Ok(zoned) = jiff::fmt::rfc2822::parse(text) {
        return Some(zoned.timestamp());
    }
    // A space before the offset (GitLab); ` UTC` for it, or none at all: then it is UTC, as ServiceNow writes it.
    let bare = text.strip_suffix(" UTC").unwrap_or(text);
    if let Some((date, offset)) = bare
        .rsplit_once(' ')
        .filter(|(_, last)| last.starts_with(['+', '-']))
    {
        return format!("{date}{offset}").parse().ok();
    }
    let civil = bare.parse::<jiff::civil::DateTime>().ok()?;
    civil
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// The texts of a list at a pointer; a single text, or several with commas, counts as a list.
pub(super) fn list(body: &Value, at: &str) -> Vec<String> {
    match body.pointer(at) {
        Some(Value::Array(items)) => items.iter().take(RESOURCES).filter_map(named).collect(),
        Some(Value::String(text)) => text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .take(RESOURCES)
            .map(ToOwned::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

/// What an item of a list names: text itself, or an object's ARN, id or name.
fn named(item: &Value) -> Option<String> {
    text(item).or_else(|| first(item, &["/arn", "/ARN", "/Arn", "/id", "/name"]))
}

/// How urgent a word says it is, in the words that tools use. None for a word that says nothing of the kind.
pub(super) fn priority(word: &str) -> Option<Priority> {
    let word = word.trim().to_lowercase();
    // `1 - Critical`, `sev-2`, `P3`.
    let plain = word
        .split([' ', ':'])
        .next()
        .unwrap_or_default()
        .replace(['-', '_'], "");
    Some(match plain.as_str() {
        "critical" | "crit" | "fatal" | "emergency" | "disaster" | "page" | "p1" | "sev1" | "1" => {
            Priority::Critical
        }
        "high" | "major" | "urgent" | "error" | "p2" | "sev2" | "2" => Priority::High,
        "medium" | "moderate" | "warning" | "warn" | "average" | "p3" | "sev3" | "3" => Priority::Medium,
        "low" | "minor" | "p4" | "sev4" | "4" => Priority::Low,
        "minimal" | "info" | "informational" | "information" | "planning" | "notice" | "p5" | "sev5"
        | "5" => Priority::Minimal,
        _ => return None,
    })
}

/// True for what a browser opens.
pub(super) fn is_link(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://")) && text.len() <= 2_048
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_are_read_in_all_their_spellings() {
        let meant: Timestamp = "2025-11-23T18:00:00Z".parse().unwrap();
        for value in [
            json!("2025-11-23T18:00:00Z"),
            json!("2025-11-23T18:00:00.000+0000"),
            json!("2025-11-23T19:00:00+01:00"),
            json!("2025-11-23 18:00:00"),
            json!("2025-11-23 18:00:00 UTC"),
            json!("2025-11-23 18:00:00 +0000"),
            json!("2025-11-23 20:00:00 +0200"),
            json!("Sun, 23 Nov 2025 18:00:00 GMT"),
            json!(1_763_920_800),
            json!(1_763_920_800_000_i64),
            json!("1763920800"),
        ] {
            assert_eq!(
                moment(&json!({"at": value.clone()}), "/at"),
                Some(meant),
                "{value}"
            );
        }
        for value in [
            json!("0001-01-01T00:00:00Z"),
            json!("yesterday"),
            json!(null),
            json!(-1e300),
            json!("NaN"),
            json!({}),
        ] {
            assert_eq!(moment(&json!({"at": value.clone()}), "/at"), None, "{value}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let body = json!({"data": {"id": {}, "name": " ", "number": 7}});
        assert_eq!(need(&body, "/data/number").unwrap(), "7");
        assert_eq!(
            need(&body, "/data/name").unwrap_err(),
            "the field data.name is empty"
        );
        assert_eq!(
            need(&body, "/data/id").unwrap_err(),
            "the field data.id is an object, not text"
        );
        assert_eq!(
            need(&body, "/data/other").unwrap_err(),
            "the field data.other is missing"
        );
    }

    #[test]
    fn urgency_is_understood_in_the_words_of_many_tools() {
        for (word, meant) in [
            ("CRITICAL", Priority::Critical),
            ("1 - Critical", Priority::Critical),
            ("SEV-2", Priority::High),
            ("P3", Priority::Medium),
            ("warning", Priority::Medium),
            ("5", Priority::Minimal),
        ] {
            assert_eq!(priority(word), Some(meant), "{word}");
        }
        assert_eq!(priority("blue"), None);
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        assert_eq!(clipped("äöü", 2), "äö…");
        assert_eq!(title("a\n b\t c"), "a b c");
        assert!(id("x".repeat(600)).starts_with("sha256:"));
    }
}
