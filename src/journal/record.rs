//! Records: what stands in the journal.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Body;

/// Names a stream: `space`, or `inv-<ulid>` for an investigation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamId(String);

impl StreamId {
    /// The stream of the space itself.
    pub fn space() -> Self {
        Self("space".to_owned())
    }

    /// The stream of the investigation with this ULID.
    pub fn investigation(ulid: &str) -> Self {
        Self(format!("inv-{}", ulid.to_lowercase()))
    }

    /// True for an investigation's stream.
    pub fn is_investigation(&self) -> bool {
        self.0.starts_with("inv-")
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last six characters of an investigation's name, for narrow places.
    pub fn short(&self) -> &str {
        let start = self.0.len().saturating_sub(6);
        self.0.get(start..).unwrap_or(&self.0)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for StreamId {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let ulid = name.strip_prefix("inv-");
        let well_formed = name == "space"
            || ulid.is_some_and(|id| id.len() == 26 && id.bytes().all(|b| b.is_ascii_alphanumeric()));
        if well_formed {
            Ok(Self(name.to_lowercase()))
        } else {
            Err(format!(
                "'{}' is not the name of a stream\nhint: 'space', or 'inv-' and 26 letters and digits; see midwatch journal list",
                crate::model::inert(name)
            ))
        }
    }
}

/// Who wrote a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Actor {
    /// The engine.
    Agent,
    /// A person.
    Operator(String),
    /// A source.
    Source(String),
    /// The program itself.
    System,
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}

impl TryFrom<String> for Actor {
    type Error = String;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        match word.split_once(':') {
            None if word == "agent" => Ok(Self::Agent),
            None if word == "system" => Ok(Self::System),
            Some(("operator", name)) => Ok(Self::Operator(name.to_owned())),
            Some(("source", name)) => Ok(Self::Source(name.to_owned())),
            _ => Err(format!("'{word}' is not an actor")),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent => f.write_str("agent"),
            Self::Operator(name) => write!(f, "operator:{name}"),
            Self::Source(name) => write!(f, "source:{name}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// Whether a body's words are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Ours, but for typed external spans and references (ids, series keys, names).
    Own,
    /// Somebody else's throughout.
    External,
}

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the words are the vocabulary of the journal, explained in `body`"
)]
pub enum Kind {
    Created,
    Status,
    Plan,
    Query,
    Evidence,
    Observation,
    Hypothesis,
    Finding,
    Cause,
    InvestigationSummary,
    MitigationPlan,
    MitigationSummary,
    Message,
    Steering,
    Guard,
    Gap,
    Usage,
    End,
    Event,
    Triage,
    Opened,
    Closed,
    Delivery,
    SupportCase,
    Recommendation,
    Evaluation,
    Decision,
    Task,
    Feedback,
    Topology,
    Knowledge,
    Access,
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        use serde::de::{IntoDeserializer, value::Error};
        Self::deserialize(word.into_deserializer())
            .map_err(|_: Error| format!("'{}' is not a kind of record", crate::model::inert(word)))
    }
}

impl Trust {
    /// The word as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::External => "external",
        }
    }
}

impl FromStr for Trust {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "own" => Ok(Self::Own),
            "external" => Ok(Self::External),
            _ => Err(format!("'{}' is not a trust", crate::model::inert(word))),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A SHA-256 digest as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(pub String);

impl Hash {
    /// What stands before the first record: 64 zeros.
    pub fn zero() -> Self {
        Self("0".repeat(64))
    }

    /// The first twelve digits: the anchor that outbound messages carry.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The end of a stream: the last record's number (0: none) and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number of the last record; 0 when the stream is empty.
    pub seq: u64,
    /// Hash of the last record; 64 zeros when the stream is empty.
    pub hash: Hash,
}

/// One record, durable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The stream that it stands in.
    pub stream: StreamId,
    /// Its number in the stream, from 1.
    pub seq: u64,
    /// When it was written, UTC, three decimals.
    #[serde(serialize_with = "three_decimals")]
    pub at: Timestamp,
    /// Who wrote it.
    pub actor: Actor,
    /// Whether its words are ours.
    pub trust: Trust,
    /// What it is about.
    pub kind: Kind,
    /// The body; its shape follows from `kind` (see [`Body`]).
    pub body: Value,
    /// Hash of the record before it.
    pub prev: Hash,
    /// Hash over all the other fields.
    pub hash: Hash,
}

fn three_decimals<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.3}"))
}

impl Record {
    /// The typed body; `None` when it does not have the shape of its kind (a record of another version, or damaged).
    pub fn typed(&self) -> Option<Body> {
        Body::parse(self.kind, &self.body)
    }
}

/// A record before it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Who writes it.
    pub actor: Actor,
    /// Whether its words are ours.
    pub trust: Trust,
    /// What it is about.
    pub kind: Kind,
    /// The body.
    pub body: Value,
}

impl Draft {
    /// A draft of a typed body. Evidence and events are external throughout; anything else is ours but for its spans.
    pub fn new(actor: Actor, body: &Body) -> Self {
        let (kind, value) = body.to_parts();
        let trust = match kind {
            Kind::Evidence | Kind::Event => Trust::External,
            _ => Trust::Own,
        };
        Self {
            actor,
            trust,
            kind,
            body: value,
        }
    }

    /// A draft by the engine.
    pub fn agent(body: &Body) -> Self {
        Self::new(Actor::Agent, body)
    }
}
