//! How bad a line is, from its level and its words; and which lines are mere routine.

use serde::Serialize;

/// How bad a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For developers.
    Debug,
    /// Ordinary.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
    /// Something died.
    Fatal,
}

impl Severity {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

/// The level that a single word names.
pub(super) fn level_word(word: &str) -> Option<Severity> {
    const WORDS: [(&str, Severity); 26] = [
        ("trace", Severity::Debug),
        ("debug", Severity::Debug),
        ("fine", Severity::Debug),
        ("finer", Severity::Debug),
        ("verbose", Severity::Debug),
        ("info", Severity::Info),
        ("information", Severity::Info),
        ("informational", Severity::Info),
        ("notice", Severity::Info),
        ("config", Severity::Info),
        ("note", Severity::Info),
        ("warn", Severity::Warn),
        ("warning", Severity::Warn),
        ("wrn", Severity::Warn),
        ("err", Severity::Error),
        ("error", Severity::Error),
        ("severe", Severity::Error),
        ("failure", Severity::Error),
        ("fatal", Severity::Fatal),
        ("critical", Severity::Fatal),
        ("crit", Severity::Fatal),
        ("alert", Severity::Fatal),
        ("emerg", Severity::Fatal),
        ("emergency", Severity::Fatal),
        ("panic", Severity::Fatal),
        ("fail", Severity::Error),
    ];
    WORDS
        .iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name))
        .map(|(_, level)| *level)
}

/// The level that the line states near its beginning, in any of the usual notations: `ERROR`, `[warn]`, `level=info`,
/// `E0102` of glog is left alone.
pub(super) fn stated(text: &str) -> Option<Severity> {
    for token in text.split_ascii_whitespace().take(8) {
        if let Some((key, value)) = token.split_once(['=', ':'])
            && ["level", "lvl", "severity", "loglevel"]
                .iter()
                .any(|k| key.trim_matches('"').eq_ignore_ascii_case(k))
        {
            return level_word(value.trim_matches(|c: char| !c.is_ascii_alphabetic()));
        }
        // A bare word is a level only in capitals or brackets: prose has words like `error` and `fine`, too.
        let word = token.trim_matches(|c: char| !c.is_ascii_alphabetic());
        let bracketed = token.starts_with(['[', '<', '(']);
        let capitals = word.len() >= 3 && word.bytes().all(|b| b.is_ascii_uppercase());
        if (bracketed || capitals)
            && let Some(level) = level_word(word)
        {
            return Some(level);
        }
    }
    None
}

/// Words of failure that hold whatever level the line states.
const STRONG: [&str; 33] = [
    "exception",
    "traceback",
    "panic:",
    "panicked",
    "out of memory",
    "outofmemory",
    "oom-kill",
    "oomkilled",
    "segfault",
    "segmentation fault",
    "core dumped",
    "task timed out",
    "accessdenied",
    "access denied",
    "not authorized",
    "permission denied",
    "throttling",
    "throttled",
    "rate exceeded",
    "provisionedthroughputexceeded",
    "toomanyrequests",
    "connection refused",
    "connection reset",
    "no space left",
    "disk full",
    "too many connections",
    "too many open files",
    "deadlock",
    "certificate has expired",
    "signal: killed",
    "exit status 1",
    "runtime.exiterror",
    "unhandled",
];

/// Words of failure that a line which calls itself information may well use.
const WEAK: [&str; 26] = [
    "error",
    "fail",
    "failed",
    "failure",
    "failing",
    "fatal",
    "critical",
    "timeout",
    "timed out",
    "refused",
    "denied",
    "rejected",
    "unauthorized",
    "forbidden",
    "unavailable",
    "unreachable",
    "cannot",
    "can't",
    "could not",
    "unable to",
    "invalid",
    "corrupt",
    "killed",
    "crash",
    "abort",
    "expired",
];

/// Phrases in which a word of failure says that there is none.
const HARMLESS: [&str; 16] = [
    "no error",
    "0 error",
    "without error",
    "0 failed",
    "0 failure",
    "no failure",
    "errors: 0",
    "errors=0",
    "error=0",
    "failed=0",
    "failed: 0",
    "error: none",
    "error=null",
    "error=<nil>",
    "error_count=0",
    "failures: 0",
];

/// How bad a line is: what it states, raised by words of failure. `text` is a real line, unmasked.
pub(super) fn of(text: &str) -> Severity {
    said(stated(text), text)
}

/// As [`of`], for a message whose header states the level.
pub(super) fn said(level: Option<Severity>, text: &str) -> Severity {
    let stated = level.or_else(|| stated(text));
    let mut lower = text.to_lowercase();
    for phrase in HARMLESS {
        if lower.contains(phrase) {
            lower = lower.replace(phrase, "");
        }
    }
    let strong = STRONG.iter().any(|word| lower.contains(word));
    let weak = strong || WEAK.iter().any(|word| word_in(&lower, word)) || server_error(&lower);
    match stated {
        Some(level @ (Severity::Fatal | Severity::Error)) => level,
        _ if lower.contains("panic:") || lower.contains("out of memory") => Severity::Fatal,
        Some(_) if strong => Severity::Error,
        Some(Severity::Warn) => Severity::Warn,
        Some(Severity::Debug) => Severity::Debug,
        Some(_) if weak => Severity::Warn,
        None if weak => Severity::Error,
        None if word_in(&lower, "warning") || word_in(&lower, "warn") || word_in(&lower, "deprecated") => {
            Severity::Warn
        }
        _ => Severity::Info,
    }
}

/// True when `text` holds `word` with no letter before it; it may go on (`errors`, `ValueError:` holds none).
fn word_in(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        // `ValueError` counts: an exception's name ends in the word.
        let ends = text
            .get(at + word.len()..)
            .is_none_or(|rest| !rest.starts_with(|c: char| c.is_ascii_alphabetic()));
        let begins = text
            .get(..at)
            .is_none_or(|head| !head.ends_with(|c: char| c.is_ascii_alphabetic()));
        begins || ends
    })
}

/// True when the line tells of an HTTP answer with a 5xx code.
fn server_error(lower: &str) -> bool {
    [
        "status=5",
        "status: 5",
        "status\":5",
        "status 5",
        "code=5",
        "http/1.1\" 5",
        "http/2.0\" 5",
        "http 5",
    ]
    .iter()
    .any(|mark| {
        lower.match_indices(mark).any(|(at, _)| {
            let code = lower
                .get(at + mark.len() - 1..)
                .unwrap_or("")
                .bytes()
                .take_while(u8::is_ascii_digit)
                .count();
            code == 3
        })
    })
}

/// True for lines that a platform writes around every request, and for health checks: they carry no news by themselves.
///
/// A Lambda report that states a failure is not routine.
pub(super) fn routine(text: &str) -> bool {
    const PREFIXES: [&str; 6] = [
        "START RequestId:",
        "END RequestId:",
        "INIT_START ",
        "REPORT RequestId:",
        "XRAY TraceId:",
        "EXTENSION\tName:",
    ];
    if PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
        return !(text.contains("Status: timeout")
            || text.contains("Status: error")
            || text.contains("Error Type:"));
    }
    let lower = text.to_lowercase();
    let platform = [
        "platform.start",
        "platform.report",
        "platform.initstart",
        "platform.runtimedone",
        "platform.initreport",
    ];
    if platform.iter().any(|kind| lower.contains(kind)) {
        return !(lower.contains("timeout") || lower.contains("failure") || lower.contains("error"));
    }
    [
        "elb-healthchecker",
        "kube-probe",
        "/healthz",
        "/health ",
        "/health\"",
        "/readyz",
        "/livez",
        "healthcheck",
        "health check passed",
    ]
    .iter()
    .any(|word| lower.contains(word))
        && of(text) <= Severity::Info
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_words() {
        let cases = [
            ("2024-01-01 ERROR something", Severity::Error),
            ("[warn] something odd", Severity::Warn),
            ("level=info msg=\"all good\"", Severity::Info),
            ("INFO finished with 0 errors", Severity::Info),
            ("INFO retry failed, trying again", Severity::Warn),
            ("INFO java.lang.IllegalStateException: x", Severity::Error),
            ("ValueError: intentional", Severity::Error),
            ("a fine day", Severity::Info),
            ("connection refused", Severity::Error),
            ("CRITICAL no disk", Severity::Fatal),
            ("10.0.0.1 \"GET /x HTTP/1.1\" 502 12", Severity::Error),
            ("10.0.0.1 \"GET /x HTTP/1.1\" 200 502", Severity::Info),
            ("2024 Task timed out after 3.00 seconds", Severity::Error),
        ];
        for (line, expected) in cases {
            assert_eq!(of(line), expected, "{line}");
        }
    }

    #[test]
    fn routine_lines() {
        assert!(routine("START RequestId: 1 Version: $LATEST"));
        assert!(routine("REPORT RequestId: 1\tDuration: 3 ms"));
        assert!(!routine(
            "REPORT RequestId: 1\tDuration: 3000 ms\tStatus: timeout"
        ));
        assert!(!routine("order placed"));
    }
}
