//! An incident, by its sender's id.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::HOUR;
use crate::{
    journal::{StreamId, body::Skipped},
    model::{Alert, AlertAction, Priority},
};

/// Parts of an incident that are told apart, at most.
const PARTS: usize = 500;

/// An incident, by its sender's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The investigation that looks at it, or did.
    pub stream: Option<StreamId>,
    /// True when its sender called it over.
    pub over: bool,
    /// True when it has begun, or begun again, since an investigation was found for it: no verdict speaks of that.
    pub unseen: bool,
    /// How urgent its sender called it last.
    pub priority: Option<Priority>,
    /// What it is made of, as far as its sender tells that apart, since it began.
    pub parts: BTreeSet<String>,
    /// When it began, and began again, within the last hour before `last`.
    pub beginnings: Vec<Timestamp>,
    /// When its last event came.
    pub last: Timestamp,
}

impl Incident {
    /// The incident as it is after an event that came at that time.
    pub fn after(before: Option<&Self>, alert: &Alert, at: Timestamp) -> Self {
        let new = Self {
            stream: None,
            over: true,
            unseen: false,
            priority: None,
            parts: BTreeSet::new(),
            beginnings: Vec::new(),
            last: at,
        };
        let mut after = before.cloned().unwrap_or(new);
        after.last = at;
        after.priority = alert.priority.or(after.priority);
        if alert.action == AlertAction::Created {
            after.unseen |= after.begins_with(alert);
            // Told once more without having ended, it has not begun again.
            if after.over {
                after.beginnings.retain(|begun| at.duration_since(*begun) <= HOUR);
                after.beginnings.push(at);
                after.parts.clear();
            }
        }
        let room = PARTS.saturating_sub(after.parts.len());
        after.parts.extend(alert.parts.iter().take(room).cloned());
        after.over = match alert.action {
            AlertAction::Created => false,
            // A note on what is over does not begin it again; the first word of an incident does.
            AlertAction::Updated => before.is_some_and(|before| before.over),
            AlertAction::Resolved | AlertAction::Closed => true,
        };
        after
    }

    /// True when an event that says that it began tells of something that is new: it was over, or has a part that it did not
    /// have.
    pub fn begins_with(&self, alert: &Alert) -> bool {
        let told_apart = !self.parts.is_empty() && self.parts.len() < PARTS;
        self.over || told_apart && alert.parts.iter().any(|part| !self.parts.contains(part))
    }

    /// How often it began since then.
    pub fn beginnings_since(&self, since: Timestamp) -> usize {
        self.beginnings.iter().filter(|at| **at >= since).count()
    }

    /// How urgent it is: what does not say so is as urgent as an investigation that nobody gave a priority.
    pub fn urgency(&self) -> Priority {
        self.priority.unwrap_or_default()
    }
}

/// An incident that was left alone, for a reason that ends: what is still broken then is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The event that is judged anew.
    pub event: u64,
    /// Why nothing was done.
    pub because: Skipped,
    /// Since when.
    pub since: Timestamp,
}
