//! The one line of a message that says what happened: fields of a JSON line, the exception of a stack trace.

use std::borrow::Cow;

use super::{
    json::Fields,
    mask::cut,
    stamp::{self, Stamp, Zone},
};

/// Keys of the time, the most telling first.
const TIME: [&str; 12] = [
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "eventTime",
    "datetime",
    "date",
    "asctime",
    "@t",
    "t",
    "created",
    "at",
];

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
    timed(message).0
}

/// As [`headline`], with the time that a JSON line carries in a field of its own.
pub(super) fn timed(message: &str) -> (Cow<'_, str>, Option<Stamp>) {
    let message = message.trim_start_matches(['\n', '\r']);
    if let Some((told, at)) = from_json(message) {
        return (Cow::Owned(told), at);
    }
    (plain(message), None)
}

fn plain(message: &str) -> Cow<'_, str> {
    if !message.contains('\n') {
        return Cow::Borrowed(message.trim_end_matches('\r'));
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

/// Where the object of a JSON line begins (Lambda writes `time id LEVEL {...}`).
fn object_at(text: &str) -> Option<usize> {
    if !text.ends_with('}') || text.len() > LARGEST {
        return None;
    }
    if text.starts_with('{') {
        return Some(0);
    }
    cut(text, 160).find("{\"")
}

/// The line that a JSON object amounts to, with what stands before it on the line.
fn from_json(message: &str) -> Option<(String, Option<Stamp>)> {
    let text = message.trim_end();
    let open = object_at(text)?;
    let object = Fields::of(text.get(open..)?)?;
    let at = time(&object);
    let mut told = String::with_capacity(96);
    told.push_str(text.get(..open)?);
    push(&mut told, level(&object).as_deref());
    push(
        &mut told,
        field(&object, &["type"])
            .filter(|kind| kind.starts_with("platform."))
            .as_deref(),
    );
    let kind = field(&object, &KIND);
    let said = field(&object, &MESSAGE);
    if said.is_none() && kind.is_none() {
        push(&mut told, Some(&shape(&object)));
        return Some((told, at));
    }
    if let Some(kind) = kind {
        push(&mut told, Some(&format!("{kind}:")));
    }
    // Containers wrap lines that are objects themselves.
    let inner = said
        .as_deref()
        .filter(|said| said.starts_with('{'))
        .and_then(from_json);
    match inner {
        Some((inner, _)) => push(&mut told, Some(&inner)),
        None => push(&mut told, said.as_deref()),
    }
    // The failure beside a message: {"message": "could not place order", "error": {"type": ..., "message": ...}}.
    for key in ["error", "err", "exception", "exc_info", "errorMessage"] {
        if let Some(more) = field(&object, &[key]).filter(|more| !told.contains(&**more)) {
            push(&mut told, Some(&more));
        }
    }
    if let Some(status) = ["status", "statusCode", "status_code"]
        .iter()
        .find_map(|key| object.raw(key)?.parse::<u64>().ok())
        && status >= 400
    {
        push(&mut told, Some(&format!("status={status}")));
    }
    Some((told, at))
}

/// When a JSON line was written.
fn time(object: &Fields<'_>) -> Option<Stamp> {
    TIME.iter().find_map(|key| {
        let raw = object.raw(key)?;
        let text = raw.trim_matches('"');
        stamp::read(text.as_bytes(), 0)
            .map(|(stamp, _)| stamp)
            .or_else(|| {
                // Seconds with an exponent (zap).
                let seconds: f64 = text.parse().ok()?;
                (946_684_800.0..2_840_140_800.0)
                    .contains(&seconds)
                    .then_some(Stamp {
                        ms: (seconds * 1000.0) as i64,
                        zone: Zone::Known,
                    })
            })
    })
}

/// The level in capitals; some loggers write it as a number (bunyan, pino).
fn level(object: &Fields<'_>) -> Option<String> {
    LEVEL.iter().find_map(|key| {
        let raw = object.raw(key)?;
        match raw {
            "10" => Some("TRACE".to_owned()),
            "20" => Some("DEBUG".to_owned()),
            "30" => Some("INFO".to_owned()),
            "40" => Some("WARN".to_owned()),
            "50" => Some("ERROR".to_owned()),
            "60" => Some("FATAL".to_owned()),
            _ => super::json::text_of(raw).map(|text| text.to_uppercase()),
        }
    })
}

fn push(told: &mut String, more: Option<&str>) {
    let Some(more) = more else { return };
    if !told.is_empty() && !told.ends_with(char::is_whitespace) {
        told.push(' ');
    }
    told.push_str(first_line(more));
}

fn first_line(text: &str) -> &str {
    cut(text.trim_start().lines().next().unwrap_or(""), 512)
}

fn word<'a>(object: &Fields<'a>, keys: &[&str]) -> Option<Cow<'a, str>> {
    keys.iter().find_map(|key| object.text(key))
}

/// Text of the first of these fields that has any; of a nested object its own kind and message.
fn field<'a>(object: &Fields<'a>, keys: &[&str]) -> Option<Cow<'a, str>> {
    keys.iter().find_map(|key| {
        let raw = object.raw(key)?;
        if raw.starts_with('"') {
            let text = super::json::text_of(raw)?;
            return (!text.trim().is_empty()).then_some(text);
        }
        if !raw.starts_with('{') {
            return None;
        }
        let inner = Fields::of(raw)?;
        let kind = word(&inner, &["type", "name", "kind", "class"]);
        let said = word(&inner, &MESSAGE);
        match (kind, said) {
            (Some(kind), Some(said)) => Some(Cow::Owned(format!("{kind}: {}", first_line(&said)))),
            (kind, said) => kind.or(said),
        }
    })
}

/// An object without a message, as its keys; short plain words stay.
fn shape(object: &Fields<'_>) -> String {
    let part = |(key, raw): (&str, &str)| {
        let text = raw.trim_matches('"');
        let plain = raw.starts_with('"')
            && text.len() <= 24
            && text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
        if plain || matches!(raw, "true" | "false" | "null") {
            format!("{key}={text}")
        } else {
            format!("{key}={}", super::mask::WILD)
        }
    };
    let mut parts: Vec<String> = object.iter().take(24).map(part).collect();
    parts.sort_unstable();
    parts.join(" ")
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
