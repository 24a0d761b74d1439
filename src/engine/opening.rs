//! Opening an investigation: the two records that start everything.

use jiff::{SignedDuration, Timestamp};

pub use super::home::Home;

use crate::{
    journal::{
        Actor, Append, Body, Draft, Journal, StoreError, StreamId,
        body::{Created, Opened},
    },
    model::{Alert, SourceSpec, Start, Text},
    sources::bundle::Incident,
};

/// An investigation that somebody wants.
#[derive(Debug, Clone)]
pub struct Opening {
    /// How it starts.
    pub created: Created,
    /// Where its telemetry comes from.
    pub source: SourceSpec,
    /// The investigation that is looked at again.
    pub parent: Option<StreamId>,
}

impl Opening {
    /// As a recorded incident started.
    pub fn of(incident: &Incident, source: SourceSpec) -> Self {
        Self {
            created: Created {
                title: Text::new().ext(incident.title.clone()),
                start: incident.start.clone(),
                at: Some(incident.at),
                window: Some(incident.window),
                baseline: incident.baseline,
                priority: incident.priority,
                account: incident.account.clone(),
                region: incident.region.clone(),
                details: Text::new(),
                hint: Text::new(),
                reasoner: "builtin".to_owned(),
                budget: None,
            },
            source,
            parent: None,
        }
    }

    /// As an alert that came at `now` says. An alarm is looked at as such; anything else by what the event says.
    pub fn of_alert(alert: &Alert, source: SourceSpec, now: Timestamp) -> Self {
        let start = match &alert.alarm {
            Some(alarm) => Start::Alarm { alarm: alarm.clone() },
            None => Start::Event {
                event: serde_json::to_value(alert).unwrap_or_default(),
            },
        };
        Self {
            created: Created {
                title: Text::new().ext(alert.title.clone()),
                start,
                at: alert.at.filter(|at| is_likely(*at, now)),
                window: None,
                baseline: None,
                priority: alert.priority.unwrap_or_default(),
                account: alert.account.clone(),
                region: alert.region.clone(),
                details: Text::new().ext(alert.description.clone()),
                hint: Text::new(),
                reasoner: "builtin".to_owned(),
                budget: None,
            },
            source,
            parent: None,
        }
    }
}

/// True for a time at which a sender may have noticed what it tells now: telemetry in detail is kept for two weeks, and clocks
/// differ by minutes.
fn is_likely(at: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(at);
    age <= SignedDuration::from_hours(14 * 24) && age >= -SignedDuration::from_mins(5)
}

/// Opens a new stream and queues the investigation, in one transaction: `opened` in `space`, `created` in the stream.
pub async fn open(journal: &Journal, actor: Actor, opening: Opening) -> Result<StreamId, StoreError> {
    let (stream, batch) = appends(&actor, opening, None);
    journal.append_all(batch).await?;
    Ok(stream)
}

/// The new stream, and what opens it; `event` is the record in `space` that started it, where one did.
pub fn appends(actor: &Actor, opening: Opening, event: Option<u64>) -> (StreamId, Vec<Append>) {
    let stream = fresh();
    let (opened, created) = bodies(&stream, opening, event);
    let space = Append {
        stream: StreamId::space(),
        expected: None,
        epoch: None,
        drafts: vec![Draft::new(actor.clone(), &Body::Opened(opened))],
    };
    let batch = vec![space, begin(&stream, created)];
    (stream, batch)
}

/// A name that no stream has.
pub fn fresh() -> StreamId {
    StreamId::investigation(&ulid::Ulid::generate().to_string())
}

/// What is written of a new investigation: in `space`, and in its own stream.
pub fn bodies(stream: &StreamId, opening: Opening, event: Option<u64>) -> (Opened, Created) {
    let opened = Opened {
        stream: stream.clone(),
        title: opening.created.title.clone(),
        priority: opening.created.priority,
        source: opening.source,
        parent: opening.parent,
        event,
    };
    (opened, opening.created)
}

/// The first record of a stream. Who wanted it stands in `space`: the stream's digest must not depend on who looks.
pub fn begin(stream: &StreamId, created: Created) -> Append {
    Append {
        stream: stream.clone(),
        expected: Some(0),
        epoch: None,
        drafts: vec![Draft::new(Actor::System, &Body::Created(created))],
    }
}
