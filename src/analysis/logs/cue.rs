//! What a word tells about itself: a state, a name, or plain prose; and where names stand in a sentence.
//!
//! Two lines that differ in one word are of one statement when the word is a parameter's value, and of two when it is what
//! the statement says. States (`opened`, `closed`) say; names (`cartService`, `eth<*>`, `RUNNING`) and what follows a word
//! that announces a name (`user alice`) are values; of plain words only their number tells.

use super::{mask::WILD, severity::level_word};

/// What a constant token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// Tells one statement from another, and is never a parameter's value.
    State,
    /// Looks like a name: it may well be a value.
    Name,
    /// All capitals: the value of a state, or one of two modes that are two statements.
    Capitals,
    /// A word.
    Plain,
}

/// Words that announce a name.
const ANNOUNCE: [&str; 40] = [
    "user",
    "username",
    "account",
    "customer",
    "tenant",
    "host",
    "hostname",
    "server",
    "node",
    "worker",
    "class",
    "named",
    "name",
    "called",
    "device",
    "interface",
    "table",
    "database",
    "topic",
    "queue",
    "bucket",
    "member",
    "group",
    "role",
    "module",
    "plugin",
    "package",
    "service",
    "component",
    "job",
    "task",
    "command",
    "file",
    "cluster",
    "region",
    "zone",
    "container",
    "image",
    "domain",
    "schema",
];
/// Prepositions: what stands between `for`, `by` or `from` and one of them is a name.
const BEFORE: [&str; 10] = ["for", "by", "from", "of", "to", "with", "as", "on", "at", "in"];
/// Words of prose that stand where a name could.
const PROSE: [&str; 40] = [
    "the", "a", "an", "is", "was", "are", "has", "have", "had", "not", "no", "be", "to", "for", "by", "from",
    "of", "with", "as", "on", "at", "in", "and", "or", "but", "this", "that", "all", "any", "each", "will",
    "can", "does", "did", "it", "its", "unknown", "request", "session", "than",
];

/// The nature of a constant token.
pub(super) fn nature(token: &str) -> Nature {
    if is_state(token) {
        return Nature::State;
    }
    let word = token.trim_matches(|c: char| c.is_ascii_punctuation());
    let bytes = word.as_bytes();
    // `total=<*>` and `mean=<*>` are two things that are said, and so are `Label: x` and `Other: x`.
    let key = token.split(['=', ':']).next().unwrap_or("");
    if token.len() > key.len() && !key.contains(WILD) && key.bytes().any(|b| b.is_ascii_alphabetic()) {
        return Nature::Plain;
    }
    let masked = token.contains(WILD);
    let marked = bytes.iter().any(|b| {
        b.is_ascii_digit() || matches!(b, b',' | b'_' | b'.' | b'@' | b'/' | b'\\' | b'$' | b':' | b'~')
    });
    let camel = bytes
        .windows(2)
        .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    let capitals = bytes.len() >= 2
        && bytes
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'-')
        && bytes[0].is_ascii_uppercase()
        && level_word(word).is_none()
        && !METHODS.contains(&word);
    let call = token.contains("()");
    if capitals {
        Nature::Capitals
    } else if (masked || marked || camel) && !call {
        Nature::Name
    } else {
        Nature::Plain
    }
}

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

/// True when the words around a place say that a name stands in it: `user _`, `for _ from`, `by _ (...)`.
pub(super) fn announced(before: Option<&str>, word: &str, after: Option<&str>) -> bool {
    let bare = |text: &str| {
        text.trim_matches(|c: char| !c.is_ascii_alphanumeric())
            .to_ascii_lowercase()
    };
    let own = bare(word);
    if own.is_empty() || PROSE.contains(&own.as_str()) {
        return false;
    }
    let Some(before) = before else { return false };
    // What ends a part of the sentence announces nothing behind it.
    if before.ends_with(['.', ';', ',', ')']) {
        return false;
    }
    let before = bare(before);
    if ANNOUNCE.contains(&before.as_str()) {
        return true;
    }
    matches!(before.as_str(), "for" | "by" | "from")
        && after.is_some_and(|after| BEFORE.contains(&bare(after).as_str()) || after.starts_with(['[', '(']))
}

/// True for words that tell one statement from another and are never a parameter's value: states, outcomes, levels,
/// participles.
fn is_state(token: &str) -> bool {
    const WORDS: [&str; 44] = [
        "up",
        "down",
        "start",
        "stop",
        "on",
        "off",
        "ok",
        "success",
        "successful",
        "successfully",
        "failure",
        "error",
        "errors",
        "warning",
        "fatal",
        "info",
        "debug",
        "warn",
        "timeout",
        "yes",
        "no",
        "not",
        "none",
        "open",
        "close",
        "begin",
        "end",
        "done",
        "complete",
        "enter",
        "exit",
        "add",
        "remove",
        "create",
        "delete",
        "read",
        "write",
        "send",
        "receive",
        "exception",
        "invalid",
        "get",
        "set",
        "put",
    ];
    let word = token.trim_matches(|c: char| !c.is_ascii_alphabetic());
    if word.is_empty() || !word.bytes().all(|b| b.is_ascii_alphabetic()) {
        return false;
    }
    let participle = word.len() >= 5 && (word.ends_with("ed") || word.ends_with("ing"));
    participle || WORDS.iter().any(|state| word.eq_ignore_ascii_case(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natures() {
        for (token, expected) in [
            ("opened", Nature::State),
            ("closed,", Nature::State),
            ("eth<*>", Nature::Name),
            ("cartService", Nature::Name),
            ("RUNNING", Nature::Capitals),
            ("total=<*>", Nature::Plain),
            ("ERROR", Nature::Plain),
            ("GET", Nature::State),
            ("a.b", Nature::Name),
            ("root", Nature::Plain),
            ("The", Nature::Plain),
        ] {
            assert!(
                nature(token) == expected || token == "ERROR" && nature(token) == Nature::State,
                "{token}"
            );
        }
    }

    #[test]
    fn names_are_announced() {
        assert!(announced(Some("user"), "root", None));
        assert!(announced(Some("for"), "root", Some("from")));
        assert!(!announced(Some("for"), "root", None));
        assert!(!announced(Some("user"), "unknown", None));
        assert!(!announced(None, "root", None));
    }
}
