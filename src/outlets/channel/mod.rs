//! What each channel makes of a message: one file a channel, all of it pure. The calls are made elsewhere.

mod dynatrace;
mod eventbridge;
mod github;
mod gitlab;
mod issue;
mod pagerduty;
mod servicenow;
mod slack;
mod webhook;

use serde_json::Value;

use super::{
    judging::{Answer, Failure, judged, judged_at_one_address},
    login,
    post::Post,
    wire::{Call, Proof, Wire},
};
use crate::{
    config::{Auth, Connection, ConnectionKind, Sending},
    model::Text,
    net::Net,
    sources::{github as forge, secrets::Secrets},
};

/// A message to one target.
#[derive(Debug, Clone, Copy)]
pub struct Addressed<'a> {
    /// The message.
    pub post: &'a Post,
    /// Where it goes: a channel, a ticket, a project; empty where there is only one.
    pub target: &'a str,
    /// What a receiver may know a repeat by.
    pub key: &'a str,
    /// What the channel called the first message about the same investigation; none: this is the first.
    pub thread: Option<&'a str>,
}

/// Whether a receiver has a message already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It has, under this name.
    There(String),
    /// It has not, as far as this answer goes.
    No,
    /// It has not so far; there is another page.
    More,
    /// Nobody can tell: the answer holds no list of what it has.
    Unclear,
}

/// A channel: from a message to a call, and from an answer to what it means.
pub trait Channel: Send + Sync {
    /// Why a target can be none of this channel's; none where it may be one. Tickets are named by whoever sends events: what
    /// they say never decides which address is called.
    fn unfit(&self, target: &str) -> Option<Text> {
        let odd = target.split('/').any(|step| matches!(step, "." | ".."));
        odd.then(|| refusal(target, "leads elsewhere"))
    }

    /// The call that sends a message.
    fn call(&self, to: Addressed<'_>) -> Call;

    /// What the receiver calls the message, if it says so.
    ///
    /// # Errors
    /// When the answer says that it has not arrived.
    fn read(&self, answer: &Answer) -> Result<String, Failure>;

    /// The question whether the receiver has it already, by pages from 1; none where it cannot be asked.
    fn look(&self, to: Addressed<'_>, page: u32) -> Option<Call>;

    /// What the answer to that question says.
    fn found(&self, to: Addressed<'_>, answer: &Value) -> Found;

    /// True where it is looked for before every message, not only after a doubt.
    fn looks_always(&self) -> bool {
        false
    }

    /// What an answer means that is no message's; the same as for a message, mostly.
    ///
    /// # Errors
    /// When the answer is an error.
    fn judge(&self, answer: &Answer) -> Result<(), Failure>;

    /// A question that changes nothing and shows that the receiver knows us; none where there is none.
    fn check(&self) -> Option<Call>;
}

/// What a call says that it takes.
const JSON: &[(&str, &str)] = &[("accept", "application/json")];

/// A channel and the way to it.
pub type Opened = (Box<dyn Channel>, Wire);

/// The channel of a connection.
///
/// # Errors
/// When the connection takes no messages, or cannot be used as it is written.
pub fn open(
    (name, connection): (&str, &Connection),
    sending: &Sending,
    space: &str,
    (net, secrets): (&Net, &Secrets),
) -> Result<Opened, Text> {
    let url = connection
        .api
        .as_deref()
        .or(connection.url.as_deref())
        .unwrap_or_default();
    let name_of = name.to_owned();
    let base = url.trim_end_matches('/').to_owned();
    let by = (net, secrets);
    let wire = |accept| -> Result<Wire, Text> {
        let proof = match (&connection.auth, connection.kind) {
            (Auth::Hmac { secret }, _) => Proof::Signature(secret.clone()),
            (_, ConnectionKind::Github) => Proof::Header(forge::writer(name, connection, net, secrets)?),
            _ => Proof::Header(login::credential(name, connection, net, secrets)?),
        };
        Wire::new(name, connection, proof, accept, by)
    };
    Ok(match connection.kind {
        ConnectionKind::Slack => (Box::new(slack::Slack { name: name_of, base }), wire(JSON)?),
        ConnectionKind::ServiceNow => (
            Box::new(servicenow::ServiceNow { name: name_of, base }),
            wire(JSON)?,
        ),
        ConnectionKind::PagerDuty => (
            Box::new(pagerduty::PagerDuty {
                name: name_of,
                base,
                from: connection.from.clone(),
            }),
            wire(pagerduty::ACCEPT)?,
        ),
        ConnectionKind::Dynatrace => (
            Box::new(dynatrace::Dynatrace {
                name: name_of,
                base: dynatrace::base(connection.api.is_some(), &base),
            }),
            wire(JSON)?,
        ),
        ConnectionKind::Github => (
            Box::new(github::Github {
                name: name_of,
                base: forge::base(connection.url.as_deref())
                    .trim_end_matches('/')
                    .to_owned(),
            }),
            wire(forge::HEADERS)?,
        ),
        ConnectionKind::Gitlab => (
            Box::new(gitlab::Gitlab {
                name: name_of,
                base: format!("{}/api/v4", base.trim_end_matches("/api/v4")),
            }),
            wire(JSON)?,
        ),
        ConnectionKind::Webhook => (
            Box::new(webhook::Webhook {
                name: name_of,
                url: url.to_owned(),
                space: space.to_owned(),
            }),
            wire(JSON)?,
        ),
        ConnectionKind::EventBridge => (
            Box::new(eventbridge::EventBridge {
                name: name_of,
                url: url.to_owned(),
                space: space.to_owned(),
                source: sending.source.clone(),
                detail_type: sending.detail_type.clone(),
            }),
            wire(JSON)?,
        ),
        other => {
            return Err(Text::from("connection ")
                .ext(name)
                .own(format!(" takes no messages: it is of kind {}", other.as_str())));
        }
    })
}

/// Everything but the unreserved characters of RFC 3986 as `%XX`: a value stays one segment, or one parameter.
fn escaped(words: &str) -> String {
    let mut out = String::new();
    for byte in words.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Why this target is refused.
fn refusal(target: &str, why: &str) -> Text {
    let shown: String = target.chars().take(100).collect();
    Text::from("nothing is sent to '")
        .ext(shown)
        .own(format!("': it {why}"))
}

/// Why this is no name of a ticket in a path; none where it is one.
fn no_segment(target: &str) -> Option<Text> {
    match target {
        "" => Some(refusal(target, "names no ticket")),
        "." | ".." => Some(refusal(target, "leads elsewhere")),
        _ => None,
    }
}

/// A path's segment, or several.
fn segments(path: &str) -> String {
    path.split('/').map(escaped).collect::<Vec<_>>().join("/")
}

/// A text or a number by its pointer, as a reference.
fn reference(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        Some(Value::String(words)) => crate::model::inert(words).chars().take(200).collect(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The first of a list that fits; the list and the name of an item are given by their pointers.
fn found_in(value: &Value, (list, name): (&str, &str), fits: impl Fn(&Value) -> bool) -> Found {
    let Some(items) = value.pointer(list).and_then(Value::as_array) else {
        return Found::Unclear;
    };
    match items.iter().find(|item| fits(item)) {
        Some(item) => Found::There(reference(item, name)),
        None => Found::No,
    }
}

/// True when a text of a receiver comes from this very message: our last line stands in it.
fn is_ours(words: &Value, post: &Post) -> bool {
    words.as_str().is_some_and(|words| words.contains(&post.source()))
}
