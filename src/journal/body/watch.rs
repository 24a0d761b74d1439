//! What is written down in the space of what comes in from outside and goes out again: events, what triage made of them,
//! planned maintenance, deliveries.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Payload;
use crate::{
    journal::{Hash, StreamId},
    model::{Alert, AlertAction, Priority, Text},
};

/// `event` (in `space`): somebody outside says that there is an incident. External throughout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What sent it, in the word of its kind: `generic`, `pagerduty`, `cloudwatch`.
    pub sender: String,
    /// Which way it came: `webhook/<id>`, `alarms/<account>/<region>`, `queue/<name>`.
    pub via: String,
    /// SHA-256 of the body as it was received: a repeat is known by it.
    pub digest: Hash,
    /// SHA-256 of the sender's word and its id of the incident, as they came: events of one incident are known by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<Hash>,
    /// What it says; none when its shape was not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<Alert>,
    /// True when nothing but the body shows that it is new: the same body, the same way, is never news again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
    /// Why it could not be read; empty when it was.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unread: String,
    /// The body as JSON (a string, when it was none); a blob when it is large.
    pub body: Payload,
}

/// `triage` (in `space`): what is done about events, and what is known beforehand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Triage {
    /// An event was judged; a later judgement of the same event overrules this one.
    Judged(Judged),
    /// Somebody plans maintenance: events about it start nothing.
    Maintenance(Maintenance),
    /// A planned maintenance is over before its time, or was called off.
    MaintenanceOver {
        /// Record that planned it.
        maintenance: u64,
    },
}

/// What is done about one event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Record of the event.
    pub event: u64,
    /// What is done.
    pub course: Course,
    /// Why, in a sentence.
    pub why: Text,
}

/// What is done about an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Course {
    /// An investigation was opened for it.
    Investigate {
        /// The investigation.
        stream: StreamId,
    },
    /// It belongs to an investigation that was there.
    Link {
        /// The investigation.
        stream: StreamId,
        /// What ties them.
        by: Tie,
        /// The investigation's place in the queue from here on, where that changes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        priority: Option<Priority>,
    },
    /// It says something new of an incident that is investigated.
    Update {
        /// The investigation.
        stream: StreamId,
        /// What happened to the incident.
        action: AlertAction,
        /// The investigation's place in the queue from here on, where that changes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        priority: Option<Priority>,
        /// How many other incidents of the investigation are not over: while there are any, its trouble is not either.
        #[serde(default, skip_serializing_if = "is_none")]
        others: u32,
    },
    /// Nothing.
    Skip {
        /// The kind of reason.
        because: Skipped,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_none(count: &u32) -> bool {
    *count == 0
}

impl Course {
    /// The investigation that it leads to.
    pub const fn stream(&self) -> Option<&StreamId> {
        match self {
            Self::Investigate { stream } | Self::Link { stream, .. } | Self::Update { stream, .. } => {
                Some(stream)
            }
            Self::Skip { .. } => None,
        }
    }

    /// The place in the queue that it gives the investigation, where that changes.
    pub const fn priority(&self) -> Option<Priority> {
        match self {
            Self::Link { priority, .. } | Self::Update { priority, .. } => *priority,
            Self::Investigate { .. } | Self::Skip { .. } => None,
        }
    }

    /// The word, for a person.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Investigate { .. } => "investigated",
            Self::Link { .. } => "linked",
            Self::Update { .. } => "updated",
            Self::Skip { .. } => "skipped",
        }
    }
}

/// What ties an event to an investigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tie {
    /// The sender's id of the incident.
    Incident,
    /// The alarm.
    Alarm,
    /// A resource that both name.
    Resource,
    /// Resources that depend on each other in the topology.
    Topology,
    /// The service that suffers.
    Service,
    /// So many began at once that they are taken for one.
    Storm,
    /// An operator said so.
    Operator,
}

/// Why nothing is done about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skipped {
    /// Its shape is not known: it is kept for a person.
    Unread,
    /// It comes and goes.
    Flapping,
    /// It falls into planned maintenance.
    Maintenance,
    /// It is over, and nothing was open for it.
    Over,
    /// It is no incident.
    News,
    /// An operator said so.
    Operator,
}

/// Planned maintenance: what is touched, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Resources, services or alarms by name, `*` for any run of characters; empty: everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
    /// What is done, in its owner's words.
    pub why: Text,
}

/// `delivery` (in `space`): what became of one message to a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The channel, by the name of its connection.
    pub channel: String,
    /// Stream of the record that it tells of.
    pub stream: StreamId,
    /// Number of that record.
    pub seq: u64,
    /// What the receiver may know a repeat by: the same message has the same key, whoever sends it and how often.
    pub key: String,
    /// How it ended.
    pub outcome: Delivered,
}

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Delivered {
    /// The receiver has it.
    Sent {
        /// The receiver's name for it (a message id, a comment id), where it gave one.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reference: String,
    },
    /// It was given up: it waits for a person.
    Dead {
        /// Why, with what the receiver said.
        why: Text,
    },
    /// The channel takes nothing at all, this message first: who is sent by is not known there, or not let in. It waits.
    Held {
        /// Why, with what the receiver said.
        why: Text,
    },
    /// A person wants it sent once more.
    Again,
    /// A person let it be.
    Dropped,
}
