//! What arrives, and what its sender is told.

use std::time::Duration;

use serde_json::Value;

use crate::{
    journal::{
        Hash,
        body::{Course, Event},
        canonical::sha256,
    },
    model::{Alert, Text},
};

/// How long a sender that was not answered may send the same again, before it means something new.
const AGAIN: Duration = Duration::from_mins(10);

/// How long a queue or a history may say the same again: messages of SQS are kept for fourteen days at most, and those of
/// CloudWatch's alarms are read over a shorter time.
const FORTNIGHT: Duration = Duration::from_hours(14 * 24);

/// Something that came from outside, from a sender that proved who it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// What sent it, in the word of its kind (`generic`, `pagerduty`, `cloudwatch`).
    pub sender: &'static str,
    /// Which way it came: `webhook/<id>`, `alarms/<account>/<region>`, `queue/<name>`.
    pub via: String,
    /// SHA-256 of the body as it was received.
    pub digest: Hash,
    /// What it says, or why it cannot be read.
    pub alert: Result<Alert, String>,
    /// The body: JSON, or a string when it is none.
    pub body: Value,
    /// When the same body counts as the same message.
    pub repeats: Repeats,
}

impl Arrival {
    /// The body of a message as it is kept, and its digest.
    pub fn body(bytes: &[u8]) -> (Value, Hash) {
        let value = serde_json::from_slice(bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()));
        (value, sha256(bytes))
    }
}

/// When the same body, the same way, is the same message once more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Repeats {
    /// For as long as a sender tries again: then the same words are news.
    #[default]
    Soon,
    /// For as long as a queue may give a message once more.
    Fortnight,
    /// Always: nothing but the body shows that a message is new, so that anybody who heard it could say it again.
    Ever,
}

impl Repeats {
    /// For how long an event that was written is the same once more. What is signed by its body alone comes by webhooks.
    pub fn of(event: &Event) -> Self {
        match event.once {
            true if event.via.starts_with("webhook/") => Self::Ever,
            true => Self::Fortnight,
            false => Self::Soon,
        }
    }

    /// How long a body is remembered; none: for ever.
    pub const fn remembered(self) -> Option<Duration> {
        match self {
            Self::Soon => Some(AGAIN),
            Self::Fortnight => Some(FORTNIGHT),
            Self::Ever => None,
        }
    }
}

/// What became of an arrival: durable.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// Record of the event in `space`; of the first one, when this was a repeat.
    pub event: u64,
    /// What is done about it.
    pub course: Course,
    /// Why.
    pub why: Text,
    /// True when the same message was there before: nothing new was written.
    pub repeat: bool,
}
