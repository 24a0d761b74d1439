//! Secrets by the name before them: `password=...`, `"apiKey": "..."`, `<secret>...</secret>`.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{
    name,
    rules::constant,
    span::{Found, Sort},
};

/// A name and what stands between it and its value.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r#"(?-u:(?P<name>[A-Za-z_][A-Za-z0-9_.-]{0,63})(?P<between>\\*["']?[ \t]{0,3}(?:=>|:=|==|=|:)[ \t]{0,3}|>))"#,
    )
});

/// Words that stand where a value would, in prose and in code.
const NOT_VALUES: [&str; 33] = [
    "null",
    "none",
    "nil",
    "true",
    "false",
    "undefined",
    "empty",
    "unset",
    "required",
    "missing",
    "invalid",
    "incorrect",
    "expired",
    "redacted",
    "hidden",
    "masked",
    "must",
    "is",
    "was",
    "not",
    "too",
    "has",
    "cannot",
    "should",
    "the",
    "a",
    "for",
    "of",
    "no",
    "yes",
    "and",
    "or",
    "string",
];

/// Finds values of named secrets within one segment of a text.
pub(super) fn find(text: &str, segment: Range<usize>, found: &mut Vec<Found>) {
    let Some(part) = text.get(segment.clone()) else {
        return;
    };
    let mut from = 0;
    while let Some(captures) = NAMED.captures_at(part, from) {
        let (Some(whole), Some(name), Some(between)) =
            (captures.get(0), captures.name("name"), captures.name("between"))
        else {
            return;
        };
        from = whole.end();
        if !is_assignment(part, name.range(), between.as_str()) {
            continue;
        }
        let value = value(part, whole.end(), between.as_str() == ">");
        let Some(words) = part.get(value.clone()) else {
            continue;
        };
        if !is_harmless(name.as_str(), words) {
            from = value.end;
            found.push(Found {
                span: segment.start + value.start..segment.start + value.end,
                sort: Sort::Secret,
            });
        }
    }
}

fn is_assignment(part: &str, name: Range<usize>, between: &str) -> bool {
    let before = part
        .get(..name.start)
        .and_then(|before| before.chars().next_back());
    let name = part.get(name).unwrap_or_default();
    match between {
        // An element: `<password>...`.
        ">" => before == Some('<') && name::is_secret(name),
        // A segment of an ARN or a path: `arn:aws:secretsmanager:eu-west-1:123456789012:secret:name`.
        ":" if matches!(before, Some(':' | '/')) => false,
        _ => name::is_secret(name) || (name::is_pass(name) && between.contains('=')),
    }
}

/// The stretch that the value takes, from `start`: to the closing quote when it is quoted, to a delimiter otherwise.
fn value(part: &str, start: usize, element: bool) -> Range<usize> {
    let rest = part.get(start..).unwrap_or_default();
    if element {
        return start..start + rest.find('<').unwrap_or(rest.len());
    }
    let slashes = rest.len() - rest.trim_start_matches('\\').len();
    if let Some(quote) = rest
        .get(slashes..)
        .and_then(|rest| rest.chars().next())
        .filter(|c| matches!(c, '"' | '\''))
    {
        let open = start + slashes + 1;
        let inner = part.get(open..).unwrap_or_default();
        return open..open + closing(inner, quote, slashes);
    }
    let end = rest
        .find(|c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    ',' | ';' | '&' | '"' | '\'' | ')' | '}' | ']' | '<' | '>' | '|'
                )
        })
        .unwrap_or(rest.len());
    // A backslash before a closing quote belongs to the quote.
    let end = rest
        .get(..end)
        .map_or(0, |value| value.trim_end_matches('\\').len());
    start..start + end
}

/// Length of a quoted value: up to its quote with as many backslashes before it as the opening one has (quoted JSON
/// within JSON), or to the end of the line.
fn closing(inner: &str, quote: char, slashes: usize) -> usize {
    let mut run = 0;
    for (at, c) in inner.char_indices() {
        match c {
            '\\' => run += 1,
            c if c == quote && run == slashes => return at - slashes,
            '\n' => return at,
            _ => run = 0,
        }
    }
    inner.len()
}

/// True for a value that is no secret: nothing, a placeholder of somebody's, a reference, a word of prose.
pub(super) fn is_harmless(name: &str, value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    value.chars().count() < 3
        || super::rules::is_placeholder(value)
        || NOT_VALUES.contains(&lower.trim_end_matches(['.', '!', '?']))
        || ["${", "$(", "{{", "{", "[", "%", "arn:", "<", "!ref", "!sub"]
            .iter()
            .any(|mark| lower.starts_with(mark))
        || value
            .chars()
            .all(|c| matches!(c, '*' | 'x' | 'X' | '.' | '-' | '•'))
        || (name::is_token(name) && !looks_random(value))
        || (lower_ends_with_key(name) && is_uuid(value))
}

fn looks_random(value: &str) -> bool {
    value.len() >= 16 || (value.len() >= 8 && value.bytes().any(|b| b.is_ascii_digit()))
}

/// The id of a key (KMS), not the key.
fn lower_ends_with_key(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("encryptionkey") || name.ends_with("encryption_key")
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}
