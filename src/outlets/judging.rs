//! What a receiver's answer means, for those that keep to HTTP; others say it themselves.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::model::{Text, inert};

/// A receiver's answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// How long it asks to wait.
    pub after: Option<Duration>,
    /// True when it says that there were too many calls, whatever the status.
    pub limited: bool,
    /// The body; null when it is no JSON.
    pub body: Value,
}

/// Why a message has not arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It may arrive another time.
    Later {
        /// Why.
        why: Text,
        /// How long the receiver asks to wait.
        after: Option<Duration>,
        /// True when it may have arrived all the same.
        doubtful: bool,
    },
    /// It will never arrive.
    Never {
        /// Why.
        why: Text,
    },
    /// Nothing arrives before somebody mends how this channel is set up.
    Held {
        /// Why, and what would mend it.
        why: Text,
    },
}

impl Failure {
    /// Why.
    pub const fn why(&self) -> &Text {
        match self {
            Self::Later { why, .. } | Self::Never { why } | Self::Held { why } => why,
        }
    }
}

/// What an answer means by its status.
///
/// # Errors
/// For every answer that is no success.
pub fn judged(name: &str, answer: &Answer) -> Result<(), Failure> {
    let status = answer.status;
    let why = || {
        let text = Text::from(format!("{name} answers {status}"));
        match said(&answer.body) {
            words if words.is_empty() => text,
            words => text.own(": ").ext(words),
        }
    };
    let later = |doubtful| {
        Err(Failure::Later {
            why: why(),
            after: answer.after,
            doubtful,
        })
    };
    match status {
        200..300 => Ok(()),
        _ if answer.limited => later(false),
        401 => Err(Failure::Held {
            why: why().own("; the credentials of the connection are not taken"),
        }),
        300..=399 => Err(Failure::Held {
            why: why().own("; it has moved, check the url of the connection"),
        }),
        408 | 425 => later(false),
        500.. => later(true),
        _ => Err(Failure::Never { why: why() }),
    }
}

/// The same where every message goes to one address: when nothing is there, none will arrive before somebody mends it.
///
/// # Errors
/// For every answer that is no success.
pub fn judged_at_one_address(name: &str, answer: &Answer) -> Result<(), Failure> {
    match judged(name, answer) {
        Err(Failure::Never { why }) if matches!(answer.status, 404 | 405 | 410) => Err(Failure::Held {
            why: why.own("; nothing takes messages there, check the url of the connection"),
        }),
        other => other,
    }
}

/// A receiver's own words on an error.
pub fn said(body: &Value) -> String {
    let places = [
        "/error/message",
        "/error/detail",
        "/message",
        "/error_description",
        "/errorMessage",
        "/error",
        "/errors/0",
    ];
    let found = places.iter().find_map(|place| match body.pointer(place)? {
        Value::String(words) => Some(words.clone()),
        Value::Object(_) | Value::Null => None,
        other => Some(other.to_string()),
    });
    inert(&found.unwrap_or_default()).chars().take(200).collect()
}

/// How long a receiver asks to wait: seconds, or a date; GitHub's reset where the limit is spent.
pub(super) fn after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let word = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let until = |at: Timestamp| Duration::try_from(at.duration_since(now)).unwrap_or_default();
    if let Some(asked) = word("retry-after") {
        let seconds = asked.parse().ok().map(Duration::from_secs);
        let date = || {
            jiff::fmt::rfc2822::parse(asked)
                .ok()
                .map(|date| until(date.timestamp()))
        };
        return seconds.or_else(date);
    }
    if word("x-ratelimit-remaining") != Some("0") {
        return None;
    }
    let reset = word("x-ratelimit-reset").or_else(|| word("ratelimit-reset"))?;
    let reset: i64 = reset.parse().ok()?;
    // Some say when, others how long.
    Some(match Timestamp::from_second(reset) {
        Ok(at) if reset > 1_000_000_000 => until(at),
        _ => Duration::from_secs(reset.max(0).unsigned_abs()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16) -> Answer {
        Answer {
            status,
            body: serde_json::json!({"error": {"message": "no \u{1b}[2J"}}),
            ..Answer::default()
        }
    }

    #[test]
    fn an_answer_means_later_never_or_held() {
        assert_eq!(judged("x", &answer(204)), Ok(()));
        for status in [408, 425, 500, 503] {
            assert!(
                matches!(judged("x", &answer(status)), Err(Failure::Later { .. })),
                "{status}"
            );
        }
        for status in [400, 403, 404, 410, 413, 422] {
            assert!(
                matches!(judged("x", &answer(status)), Err(Failure::Never { .. })),
                "{status}"
            );
        }
        for status in [301, 401] {
            assert!(
                matches!(judged("x", &answer(status)), Err(Failure::Held { .. })),
                "{status}"
            );
        }
        for status in [404, 405, 410] {
            let at_one = judged_at_one_address("x", &answer(status));
            assert!(matches!(at_one, Err(Failure::Held { .. })), "{status}");
        }
        assert!(matches!(
            judged_at_one_address("x", &answer(422)),
            Err(Failure::Never { .. })
        ));
        let limited = Answer {
            limited: true,
            ..answer(403)
        };
        assert!(matches!(judged("x", &limited), Err(Failure::Later { .. })));
        let why = judged("x", &answer(422)).unwrap_err().why().plain();
        assert_eq!(why, "x answers 422: no \u{fffd}[2J");
    }

    #[test]
    fn a_wait_is_read_as_it_is_said() {
        let now: Timestamp = "2025-10-27T03:00:00Z".parse().unwrap();
        let of = |pairs: &[(&'static str, &str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            after(&headers.collect(), now)
        };
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(of(&[("retry-after", "7")]), seconds(7));
        assert_eq!(
            of(&[("retry-after", "Mon, 27 Oct 2025 03:01:00 GMT")]),
            seconds(60)
        );
        assert_eq!(
            of(&[("retry-after", "Mon, 27 Oct 2025 02:01:00 GMT")]),
            seconds(0)
        );
        assert_eq!(of(&[("retry-after", "soon")]), None);
        let reset = (now.as_second() + 90).to_string();
        assert_eq!(
            of(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &reset)]),
            seconds(90)
        );
        assert_eq!(
            of(&[("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", &reset)]),
            None
        );
    }
}
