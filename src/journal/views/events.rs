//! What came in from outside, folded from the `space` stream: each event, what is done about it, and what is planned.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    journal::{
        Actor, Body, Record, StreamId,
        body::{Course, Event, Judged, Maintenance, Skipped, Triage},
    },
    model::{Alert, Text},
};

/// Events that are kept: the newest. A list of more is nobody's reading; the journal has them all.
const NEWEST: usize = 2000;

/// An event, and what is done about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrived {
    /// Its record in `space`.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What sent it.
    pub sender: String,
    /// Which way it came.
    pub via: String,
    /// What it says; none when its shape was not known.
    pub alert: Option<Alert>,
    /// Why it could not be read.
    pub unread: String,
    /// What is done about it, by whom: the last judgement counts.
    pub judged: Option<(Actor, Judged)>,
}

impl Arrived {
    /// What it is, in a line.
    pub fn title(&self) -> Text {
        match &self.alert {
            Some(alert) => Text::new().ext(alert.title.clone()),
            None => Text::from("not understood: ").ext(self.unread.clone()),
        }
    }

    /// What is done about it.
    pub fn course(&self) -> Option<&Course> {
        self.judged.as_ref().map(|(_, judged)| &judged.course)
    }

    /// What is done about it, in a word.
    pub fn word(&self) -> &'static str {
        self.course().map_or("not judged", Course::word)
    }

    /// The investigation that it leads to.
    pub fn stream(&self) -> Option<&StreamId> {
        self.course().and_then(Course::stream)
    }

    /// True when nobody but a person can tell what it means.
    pub fn wants_a_person(&self) -> bool {
        matches!(
            self.course(),
            Some(Course::Skip {
                because: Skipped::Unread
            })
        )
    }
}

/// Planned maintenance, and who planned it.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// When it was planned.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// What is planned.
    pub maintenance: Maintenance,
    /// True when it was ended before its time, or called off.
    pub over: bool,
}

/// What came in from outside.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Events {
    /// The newest events, by their record.
    pub events: BTreeMap<u64, Arrived>,
    /// Planned maintenance, by its record.
    pub maintenance: BTreeMap<u64, Planned>,
}

impl Events {
    /// Folds records of the `space` stream, in order.
    pub fn fold<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut view = Self::default();
        for record in records {
            match record.typed() {
                Some(Body::Event(event)) => view.arrived(record, *event),
                Some(Body::Triage(triage)) => view.judged(record, triage),
                _ => {}
            }
        }
        view
    }

    /// Folds an event.
    pub fn arrived(&mut self, record: &Record, event: Event) {
        let arrived = Arrived {
            seq: record.seq,
            at: record.at,
            sender: event.sender,
            via: event.via,
            alert: event.alert,
            unread: event.unread,
            judged: None,
        };
        self.events.insert(record.seq, arrived);
        if self.events.len() > NEWEST {
            self.events.pop_first();
        }
    }

    /// Folds what triage says.
    pub fn judged(&mut self, record: &Record, triage: Triage) {
        match triage {
            Triage::Judged(judged) => {
                if let Some(arrived) = self.events.get_mut(&judged.event) {
                    arrived.judged = Some((record.actor.clone(), judged));
                }
            }
            Triage::Maintenance(maintenance) => {
                let planned = Planned {
                    at: record.at,
                    by: record.actor.clone(),
                    maintenance,
                    over: false,
                };
                self.maintenance.insert(record.seq, planned);
            }
            Triage::MaintenanceOver { maintenance } => {
                if let Some(planned) = self.maintenance.get_mut(&maintenance) {
                    planned.over = true;
                }
            }
        }
    }

    /// Events that lead to an investigation, oldest first.
    pub fn of<'a>(&'a self, stream: &'a StreamId) -> impl Iterator<Item = &'a Arrived> {
        self.events
            .values()
            .filter(move |arrived| arrived.stream() == Some(stream))
    }
}
