//! JSON lines and TOML to typed values, with the line of every mistake.

use serde::de::DeserializeOwned;

use super::{error::BundleError, suggest};

const TRUNCATED: &str = "the file seems cut off or damaged; write one JSON object a line";
const TIMES: &str = "times are RFC 3339 UTC, as 2025-10-27T14:05:00Z";

/// Parses a file of JSON lines. Blank lines are passed over; unknown keys are mistakes (the types deny them).
///
/// `check` looks at what the types cannot say, and returns what is wrong and what to do about it.
pub(super) fn parse<T: DeserializeOwned>(
    bytes: &[u8],
    path: &str,
    check: impl Fn(&T) -> Result<(), (String, String)>,
) -> Result<Vec<T>, BundleError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut out = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let here = || BundleError::new(path, "").on_line(index + 1);
        // Serde would take an array for a struct, field by field.
        if !line.trim_ascii_start().starts_with(b"{") {
            return Err(BundleError {
                what: "the line does not hold a JSON object".to_owned(),
                hint: Some("write one {...} a line, without brackets and commas around them".to_owned()),
                ..here()
            });
        }
        let item: T = serde_json::from_slice(line).map_err(|error| {
            let (what, hint) = from_json(&error);
            BundleError { what, hint, ..here() }
        })?;
        check(&item).map_err(|(what, hint)| BundleError {
            what,
            hint: Some(hint),
            ..here()
        })?;
        out.push(item);
    }
    Ok(out)
}

/// Parses a TOML file.
pub(super) fn parse_toml<T: DeserializeOwned>(words: &str, path: &str) -> Result<T, BundleError> {
    toml::from_str(words).map_err(|error| {
        let line = line_of(words, error.span().map_or(0, |span| span.start));
        let (what, hint) = mistake(error.message());
        BundleError {
            hint: hint.or_else(|| Some("see the format in the README, or a shipped scenario".to_owned())),
            ..BundleError::new(path, what).on_line(line)
        }
    })
}

/// The line, from 1, in which a byte offset lies.
pub(super) fn line_of(words: &str, offset: usize) -> usize {
    words.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn from_json(error: &serde_json::Error) -> (String, Option<String>) {
    let words = error.to_string();
    // The line within the slice is always 1, and the file's line is said elsewhere.
    let words = words
        .rsplit_once(" at line ")
        .map_or(words.as_str(), |(words, _)| words);
    if error.is_eof() {
        return (
            format!("the line ends in the middle of a JSON object: {words}"),
            Some(TRUNCATED.to_owned()),
        );
    }
    if error.is_syntax() {
        let number = words.starts_with("number out of range") || error_is_nan(words);
        let hint = if number {
            "numbers are finite; write null for a missing value"
        } else {
            TRUNCATED
        };
        return (
            format!("not valid JSON at column {}: {words}", error.column()),
            Some(hint.to_owned()),
        );
    }
    let (what, hint) = mistake(words);
    (what, hint.or_else(|| Some(TRUNCATED.to_owned())))
}

fn error_is_nan(words: &str) -> bool {
    words.starts_with("expected value") || words.starts_with("invalid number")
}

/// Serde's words for a mistake in ours, with advice.
fn mistake(words: &str) -> (String, Option<String>) {
    let words = words.lines().next().unwrap_or(words);
    let quoted: Vec<&str> = words.split('`').skip(1).step_by(2).collect();
    match quoted.split_first() {
        Some((key, known)) if words.starts_with("unknown field") => {
            (format!("unknown key '{key}'"), Some(suggest::advice(key, known)))
        }
        Some((word, known)) if words.starts_with("unknown variant") => (
            format!("unknown word '{word}'"),
            Some(suggest::advice(word, known)),
        ),
        Some((key, _)) if words.starts_with("missing field") => (
            format!("the key '{key}' is missing"),
            Some(format!("add '{key}'")),
        ),
        Some((key, _)) if words.starts_with("duplicate field") => (
            format!("the key '{key}' is there twice"),
            Some("remove one of them".to_owned()),
        ),
        _ if is_about_time(words) => (format!("not a time: {words}"), Some(TIMES.to_owned())),
        _ if words.starts_with("invalid ") => (
            in_plain_words(words),
            Some("see the format of this file in the README".to_owned()),
        ),
        _ => (words.to_owned(), None),
    }
}

/// Names of Rust's types as a person would say them.
fn in_plain_words(words: &str) -> String {
    let Some((found, expected)) = words.rsplit_once("expected ") else {
        return words.to_owned();
    };
    let expected = match expected {
        "f64" => "a number",
        "u32" | "u64" => "a whole number, not negative",
        "i64" => "a whole number",
        other => other,
    };
    format!("{found}expected {expected}")
}

fn is_about_time(words: &str) -> bool {
    [
        "timestamp",
        "datetime",
        "date",
        "offset",
        "RFC 3339",
        "failed to parse",
    ]
    .iter()
    .any(|word| words.contains(word))
}
