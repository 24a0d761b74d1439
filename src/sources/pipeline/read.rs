//! Reading answers of either vendor.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::model::Window;

/// A deployment or run that took effect in a window may have been made so long before it.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// Items of one page: the most that either vendor gives.
pub const PAGE: (&str, &str) = ("per_page", "100");
/// Pages that are read of the parts of one thing: jobs of a run, files of a merge.
pub const PARTS: usize = 3;
/// Characters that are kept of one text in a detail.
const TEXT: usize = 1000;
/// Commits that are named of what a deployment or a push brought.
pub const COMMITS: usize = 10;

/// A text by its pointer; none when it is empty.
pub fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
}

/// A time by its pointer.
pub fn time(value: &Value, pointer: &str) -> Option<Timestamp> {
    text(value, pointer)?.parse().ok()
}

/// A number by its pointer, as a path's parameter.
pub fn number(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_u64().map(|number| number.to_string())
}

/// The start of the stretch in which something may have been made that took effect in the window.
pub fn earliest(window: &Window) -> Timestamp {
    window.from.checked_sub(LONGEST).unwrap_or(window.from)
}

/// A commit's name for a person.
pub fn short(sha: &str) -> &str {
    sha.char_indices().nth(8).map_or(sha, |(end, _)| &sha[..end])
}

/// The first line, at most 120 characters of it.
pub fn line(text: &str) -> String {
    text.lines()
        .next()
        .unwrap_or_default()
        .trim()
        .chars()
        .take(120)
        .collect()
}

/// ` (title)` where there is a title in the detail.
pub fn titled(detail: &Map<String, Value>) -> String {
    let title = detail
        .get("title")
        .and_then(Value::as_str)
        .filter(|title| !title.is_empty());
    title.map(|title| format!(" ({title})")).unwrap_or_default()
}

/// Writes texts into a detail, those that are there.
pub fn put(detail: &mut Map<String, Value>, pairs: &[(&str, Option<&str>)]) {
    for (key, value) in pairs {
        if let Some(value) = value {
            let value: String = value.chars().take(TEXT).collect();
            detail.insert((*key).to_owned(), value.into());
        }
    }
}

/// Writes the titles of commits into a detail, given newest first: the newest as the title, unless there is one.
pub fn put_commits(detail: &mut Map<String, Value>, titles: impl Iterator<Item = String>) {
    let titles: Vec<Value> = titles.take(COMMITS).map(Value::from).collect();
    if let Some(Value::String(title)) = titles.first() {
        detail.entry("title").or_insert_with(|| title.as_str().into());
    }
    if titles.len() > 1 {
        detail.insert("commits".to_owned(), Value::Array(titles));
    }
}
