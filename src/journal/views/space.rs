//! One space, folded from its `space` stream: the list of investigations and the recommendations.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Arrived, Cases, Events, Investigation, Letters};
use crate::{
    journal::{
        Actor, Body, Hash, Record, StreamId,
        body::{Choice, Closed, Found, Message, Opened, Proposed, Topology, Triage},
    },
    model::{Priority, Text},
};

/// One investigation as a list shows it: what `space` knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// How it was opened.
    pub opened: Opened,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Place in the queue, as events since then have it; what an operator wants stands in its own stream (see
    /// [`Self::priority`]).
    pub priority: Priority,
    /// Events that it is about: the one that opened it, and those that came since.
    pub events: usize,
    /// How it ended; none while it is open.
    pub closed: Option<Closed>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
}

impl Listed {
    /// Place in the queue: what an operator wanted of it counts more than what events say. `inv` is the investigation, where it
    /// was read.
    pub fn priority(&self, inv: Option<&Investigation>) -> Priority {
        let steered = inv.filter(|inv| {
            let created = inv.created.as_ref();
            created.is_some_and(|created| created.priority != inv.priority)
        });
        steered.map_or(self.priority, |inv| inv.priority)
    }
}

/// A recommendation and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommended {
    /// The recommendation, with every investigation that informed it.
    pub proposed: Proposed,
    /// When it was first proposed.
    pub proposed_at: Timestamp,
    /// What became of it.
    pub state: RecommendationState,
    /// Why it was decided so.
    pub reason: Text,
    /// Who decided.
    pub decided_by: Option<Actor>,
    /// Hash of the record that proposed it, or decided on it last: what a ticket is anchored by.
    pub anchor: Hash,
}

/// What became of a recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecommendationState {
    /// Not decided yet.
    Proposed,
    /// It will be done.
    Accepted,
    /// It will not be done.
    Rejected,
}

impl RecommendationState {
    /// The word, for a person.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }
}

/// One space, folded from its `space` stream.
#[derive(Debug, Clone, Default)]
pub struct Space {
    /// Number of the last record folded; 0 before the first.
    pub seq: u64,
    /// Investigations by stream, so in order of creation.
    pub investigations: BTreeMap<StreamId, Listed>,
    /// Recommendations by id.
    pub recommendations: BTreeMap<String, Recommended>,
    /// Messages about investigations, after their end, by record number.
    pub messages: BTreeMap<u64, (Timestamp, Actor, Message)>,
    /// What came in from outside.
    pub events: Events,
    /// What the newest discovery came to, and when.
    pub discovered: Option<(Timestamp, Found)>,
    /// Cases at AWS Support.
    pub cases: Cases,
    /// What goes out and does not arrive.
    pub letters: Letters,
}

impl Space {
    /// Folds records of the `space` stream, in order.
    pub fn fold<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut view = Self::default();
        for record in records {
            view.apply(record);
        }
        view
    }

    /// Folds one more record; a record that was folded before is passed over.
    pub fn apply(&mut self, record: &Record) {
        if record.seq <= self.seq {
            return;
        }
        self.seq = record.seq;
        match record.typed() {
            Some(Body::Opened(opened)) => {
                self.investigations.insert(
                    opened.stream.clone(),
                    Listed {
                        priority: opened.priority,
                        events: 0,
                        opened,
                        opened_at: record.at,
                        closed: None,
                        closed_at: None,
                    },
                );
            }
            Some(Body::Closed(closed)) => {
                if let Some(listed) = self.investigations.get_mut(&closed.stream) {
                    listed.closed = Some(closed);
                    listed.closed_at = Some(record.at);
                }
            }
            Some(Body::Event(event)) => self.events.arrived(record, *event),
            Some(Body::Triage(triage)) => self.triage(record, triage),
            Some(Body::Recommendation(proposed)) => self.propose(proposed, record),
            Some(Body::Decision(decision)) => {
                if let Some(recommended) = self.recommendations.get_mut(&decision.recommendation) {
                    recommended.state = match decision.decision {
                        Choice::Accepted => RecommendationState::Accepted,
                        Choice::Rejected => RecommendationState::Rejected,
                    };
                    recommended.reason = decision.reason;
                    recommended.decided_by = Some(record.actor.clone());
                    recommended.anchor = record.hash.clone();
                }
            }
            Some(Body::Message(message)) => {
                self.messages
                    .insert(record.seq, (record.at, record.actor.clone(), message));
            }
            Some(Body::Delivery(delivery)) => self.letters.apply(record.seq, record.at, delivery),
            Some(Body::Topology(topology)) => {
                if let Topology::Found(found) = *topology {
                    self.discovered = Some((record.at, *found));
                }
            }
            Some(Body::SupportCase(case)) => self.cases.take(record, *case),
            _ => {}
        }
    }

    fn triage(&mut self, record: &Record, triage: Triage) {
        if let Triage::Judged(judged) = &triage
            && let Some(priority) = judged.course.priority()
            && let Some(listed) = judged
                .course
                .stream()
                .and_then(|stream| self.investigations.get_mut(stream))
        {
            listed.priority = priority;
        }
        if let Triage::Judged(judged) = &triage {
            let before = self.events.events.get(&judged.event).and_then(Arrived::stream);
            let (before, now) = (before.cloned(), judged.course.stream());
            if before.as_ref() != now {
                let mut count = |stream: Option<&StreamId>, by: isize| {
                    if let Some(listed) = stream.and_then(|stream| self.investigations.get_mut(stream)) {
                        listed.events = listed.events.saturating_add_signed(by);
                    }
                };
                count(before.as_ref(), -1);
                count(now, 1);
            }
        }
        self.events.judged(record, triage);
    }

    fn propose(&mut self, proposed: Proposed, record: &Record) {
        if let Some(known) = self.recommendations.get_mut(&proposed.id) {
            for stream in proposed.informed_by {
                if !known.proposed.informed_by.contains(&stream) {
                    known.proposed.informed_by.push(stream);
                }
            }
            return;
        }
        self.recommendations.insert(
            proposed.id.clone(),
            Recommended {
                proposed,
                proposed_at: record.at,
                state: RecommendationState::Proposed,
                reason: Text::new(),
                decided_by: None,
                anchor: record.hash.clone(),
            },
        );
    }

    /// Recommendations in the order in which they want a decision: undecided ones first, those that more incidents
    /// informed first, then the oldest.
    pub fn recommended(&self) -> Vec<&Recommended> {
        let mut all: Vec<&Recommended> = self.recommendations.values().collect();
        let place = |one: &Recommended| {
            let informed = std::cmp::Reverse(one.proposed.informed_by.len());
            (one.state, informed, one.proposed_at)
        };
        all.sort_by(|a, b| {
            place(a)
                .cmp(&place(b))
                .then_with(|| a.proposed.id.cmp(&b.proposed.id))
        });
        all
    }

    /// The investigation that was opened last.
    pub fn newest(&self) -> Option<&StreamId> {
        let listed = self.investigations.values().max_by_key(|listed| listed.opened_at);
        listed.map(|listed| &listed.opened.stream)
    }

    /// Investigations that looked again at this one, oldest first.
    pub fn children(&self, parent: &StreamId) -> Vec<&Listed> {
        self.investigations
            .values()
            .filter(|listed| listed.opened.parent.as_ref() == Some(parent))
            .collect()
    }
}
