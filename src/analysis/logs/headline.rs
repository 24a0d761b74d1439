//! The one line of a message that says what happened: fields of a JSON line, the exception of a stack trace.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::mask::cut;

/// Keys under which JSON logs keep their message, the most telling first.
const MESSAGE: [&str; 12] = [
    "message",
    "msg",
    "@message",
    "errorMessage",
    "error",
    "err",
    "exception",
    "event",
    "log",
    "text",
    "reason",
    "body",
];
/// Keys of the level.
const LEVEL: [&str; 7] = [
    "level",
    "severity",
    "lvl",
    "@level",
    "levelname",
    "log_level",
    "loglevel",
];
/// Keys of the kind of failure.
const KIND: [&str; 6] = [
    "errorType",
    "error_type",
    "exception_type",
    "exc_type",
    "error.type",
    "code",
];
/// A larger JSON text is payload.
const LARGEST: usize = 64 * 1024;

/// What a message says in one line.
pub fn headline(message: &str) -> Cow<'_, str> {
    let message = message.trim_start_matches(['\n', '\r']);
    if let Some(told) = from_json(message) {
        return Cow::Owned(told);
    }
    let first = message.lines().next().unwrap_or("");
    if first.len() + 2 >= message.len() {
        return Cow::Borrowed(first);
    }
    from_trace(first, message)
}

/// True for a line that continues the one before it: indented, or a frame of a stack trace.
pub fn continues(message: &str) -> bool {
    let indented = message.starts_with([' ', '\t']) && !message.trim().is_empty();
    indented
        || ["at ", "Caused by: ", "Traceback (most recent call last)", "... "]
            .iter()
            .any(|start| message.starts_with(start))
}

/// The lines of a trace that name what was raised.
fn from_trace<'a>(first: &'a str, message: &'a str) -> Cow<'a, str> {
    let unindented = |line: &&str| !line.starts_with([' ', '\t', '}', ']']) && !line.trim().is_empty();
    if first.contains("Traceback (most recent call last)") {
        // Python names the exception last.
        let prefix = first.split("Traceback").next().unwrap_or("");
        let last = message.lines().skip(1).filter(unindented).last().unwrap_or("");
        return Cow::Owned(format!("{prefix}{last}"));
    }
    let cause = message
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("Caused by: "))
        .next_back();
    if let Some(cause) = cause {
        return Cow::Owned(format!("{first} Caused by: {cause}"));
    }
    let raised = message
        .lines()
        .skip(1)
        .find(|line| unindented(line) && (line.contains("Exception") || line.contains("Error:")));
    match raised {
        Some(raised) if !first.contains("Exception") && !first.contains("Error") => {
            Cow::Owned(format!("{first} {raised}"))
        }
        _ => Cow::Borrowed(first),
    }
}

/// The line that a JSON object amounts to, with what stands before it on the line (Lambda writes `time id LEVEL {...}`).
fn from_json(message: &str) -> Option<String> {
    let text = message.trim_end();
    if !text.ends_with('}') || text.len() > LARGEST {
        return None;
    }
    let open = if text.starts_with('{') {
        0
    } else {
        text.get(..text.len().min(160))?.find("{\"")?
    };
    let object: Map<String, Value> = serde_json::from_str(text.get(open..)?).ok()?;
    let mut told = text.get(..open)?.to_owned();
    push(&mut told, word(&object, &LEVEL).map(|level| level.to_uppercase()));
    push(
        &mut told,
        field(&object, &["type"]).filter(|kind| kind.starts_with("platform.")),
    );
    let kind = field(&object, &KIND);
    let said = field(&object, &MESSAGE);
    if said.is_none() && kind.is_none() {
        push(&mut told, Some(shape(&object)));
        return Some(told);
    }
    push(&mut told, kind.map(|kind| format!("{kind}:")));
    push(&mut told, said);
    // The failure beside a message: {"message": "could not place order", "error": {"type": ..., "message": ...}}.
    for key in ["error", "err", "exception", "exc_info", "errorMessage"] {
        if let Some(more) = field(&object, &[key]).filter(|more| !told.contains(more.as_str())) {
            push(&mut told, Some(more));
        }
    }
    if let Some(status) = ["status", "statusCode", "status_code"]
        .iter()
        .find_map(|key| object.get(*key)?.as_u64())
        && status >= 400
    {
        push(&mut told, Some(format!("status={status}")));
    }
    Some(told)
}

fn push(told: &mut String, more: Option<String>) {
    let Some(more) = more else { return };
    if !told.is_empty() && !told.ends_with(char::is_whitespace) {
        told.push(' ');
    }
    told.push_str(first_line(&more));
}

fn first_line(text: &str) -> &str {
    cut(text.trim_start().lines().next().unwrap_or(""), 512)
}

fn word(object: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter()
        .find_map(|key| object.get(*key)?.as_str())
        .map(str::to_owned)
}

/// Text of the first of these fields that has any; of a nested object its own kind and message.
fn field(object: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match object.get(*key)? {
        Value::String(text) if !text.trim().is_empty() => Some(first_line(text).to_owned()),
        Value::Object(inner) => {
            let kind = word(inner, &["type", "name", "kind", "class"]);
            let said = word(inner, &MESSAGE);
            match (kind, said) {
                (Some(kind), Some(said)) => Some(format!("{kind}: {}", first_line(&said))),
                (kind, said) => kind.or(said.map(|said| first_line(&said).to_owned())),
            }
        }
        _ => None,
    })
}

/// An object without a message, as its keys; short plain words stay.
fn shape(object: &Map<String, Value>) -> String {
    let part = |(key, value): (&String, &Value)| match value {
        Value::String(text)
            if text.len() <= 24 && text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_') =>
        {
            format!("{key}={text}")
        }
        Value::Bool(flag) => format!("{key}={flag}"),
        Value::Null => format!("{key}=null"),
        _ => format!("{key}={}", super::mask::WILD),
    };
    object.iter().take(24).map(part).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_lines_are_told_by_their_fields() {
        let cases = [
            (
                r#"{"time":"2024","level":"error","msg":"db gone","id":7}"#,
                "ERROR db gone",
            ),
            (
                r#"{"message":"could not place order","error":{"type":"Timeout","message":"after 3s"}}"#,
                "could not place order Timeout: after 3s",
            ),
            (
                "2024\tid\tERROR\t{\"errorType\":\"ValueError\",\"errorMessage\":\"boom\"}",
                "2024\tid\tERROR\tValueError: boom",
            ),
            (r#"{"a":1,"b":"ok","c":true}"#, "a=<*> b=ok c=true"),
            (
                r#"{"type":"platform.start","record":{"requestId":"x"}}"#,
                "platform.start a",
            ),
        ];
        for (line, expected) in &cases[..4] {
            assert_eq!(headline(line), *expected);
        }
        assert!(headline(cases[4].0).starts_with("platform.start"));
        assert_eq!(headline("{not json}"), "{not json}");
    }

    #[test]
    fn traces_are_told_by_what_was_raised() {
        let python =
            "Traceback (most recent call last):\n  File \"a.py\", line 1\n    x()\nValueError: bad order";
        assert_eq!(headline(python), "ValueError: bad order");
        let java = "request failed\njava.lang.RuntimeException: x\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: disk";
        assert_eq!(
            headline(java),
            "request failed Caused by: java.io.IOException: disk"
        );
        assert_eq!(
            headline("[ERROR] KeyError: 'a'\nTraceback (most recent call last):\n  File"),
            "[ERROR] KeyError: 'a'"
        );
        assert!(
            continues("\tat a.B.c(B.java:1)")
                && continues("Caused by: x")
                && !continues("at once: x".get(3..).unwrap())
        );
    }
}
