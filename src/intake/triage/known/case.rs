//! An investigation, as far as triage knows it.

use jiff::{SignedDuration, Timestamp};

use super::{About, HOUR, Incident};
use crate::{
    journal::StreamId,
    model::{Priority, RunState},
};

/// How long a verdict is young enough to be the answer to what is told of the same incident.
const YOUNG: SignedDuration = SignedDuration::from_mins(30);

/// An investigation, as far as triage knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// When it was opened.
    pub opened_at: Timestamp,
    /// How and when it ended; none while it is open.
    pub ended: Option<(Timestamp, RunState)>,
    /// When the last event came that belongs to it.
    pub last: Timestamp,
    /// Place in the queue.
    pub priority: Priority,
    /// The priority below which its incidents do not bring it: what a person wanted, and what came without an incident.
    pub floor: Option<Priority>,
    /// What it and the events that belong to it are about; nothing, once it has ended.
    pub about: About,
    /// Where an event began it (see [`super::scope`]); none: a person did.
    pub scope: Option<String>,
    /// Its incidents that are not over.
    pub open: Tally,
}

impl Case {
    /// True while somebody will look yet, or looks.
    pub const fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// True when an event that comes now may have the cause that it looks for.
    pub fn overlaps(&self, now: Timestamp) -> bool {
        self.is_open() && now.duration_since(self.last) <= HOUR
    }

    /// True when it came to a verdict so lately that this is the answer to what is told once more.
    pub fn has_just_answered(&self, now: Timestamp) -> bool {
        self.ended
            .is_some_and(|(at, state)| state == RunState::Completed && now.duration_since(at) <= YOUNG)
    }

    /// Its incidents that are not over, without this one.
    pub fn open_without(&self, incident: Option<&Incident>, own: &StreamId) -> Tally {
        let mut open = self.open;
        let counted = incident.filter(|one| !one.over && one.stream.as_ref() == Some(own));
        if let Some(incident) = counted {
            open.take(incident.urgency());
        }
        open
    }

    /// True when it could not be done: nobody has looked.
    pub fn has_failed(&self) -> bool {
        self.ended.is_some_and(|(_, state)| state == RunState::Failed)
    }
}

/// How many incidents that are not over have each priority.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally([u32; Priority::ALL.len()]);

impl Tally {
    /// One more.
    pub fn add(&mut self, priority: Priority) {
        let count = &mut self.0[priority as usize];
        *count = count.saturating_add(1);
    }

    /// One less.
    pub fn take(&mut self, priority: Priority) {
        let count = &mut self.0[priority as usize];
        *count = count.saturating_sub(1);
    }

    /// The most urgent of them; none when there are none.
    pub fn highest(&self) -> Option<Priority> {
        Priority::ALL
            .into_iter()
            .find(|priority| self.0[*priority as usize] > 0)
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.0.iter().sum()
    }
}
