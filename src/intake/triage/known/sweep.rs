//! What triage forgets: what is too old to matter, and of what is too much the oldest.

use jiff::{SignedDuration, Timestamp};
use rpds::QueueSync;

use super::{Known, STORM, Tally};
use crate::journal::{Hash, StreamId};

/// How long an incident, an event, an investigation that ended and a planned maintenance are remembered after the last word
/// on them.
const MEMORY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Incidents, and events, that are remembered at most: a week of a busy space, in some tens of megabytes.
const MOST: usize = 100_000;

impl Known {
    pub(super) fn sweep(&mut self, now: Timestamp) {
        let long_ago = |at: Timestamp| old(at, now);
        let ended = self
            .cases
            .iter()
            .filter(|(_, case)| case.ended.is_some_and(|(at, _)| long_ago(at)));
        for stream in ended.map(|(stream, _)| stream.clone()).collect::<Vec<_>>() {
            self.cases.remove_mut(&stream);
        }
        self.sweep_incidents(now);
        let excess = self.said.size().saturating_sub(MOST);
        let said = self.said.iter().enumerate();
        let gone = said.filter(|(at, (_, said))| *at < excess || long_ago(said.at));
        for seq in gone.map(|(_, (seq, _))| *seq).collect::<Vec<_>>() {
            self.said.remove_mut(&seq);
        }
        self.sweep_messages(now);
        let planned = self
            .maintenance
            .iter()
            .filter(|(_, planned)| long_ago(planned.to));
        for seq in planned.map(|(seq, _)| *seq).collect::<Vec<_>>() {
            self.maintenance.remove_mut(&seq);
        }
        let begun: Vec<(String, QueueSync<StreamId>)> = self
            .begun
            .iter()
            .map(|(scope, queue)| {
                let recent = queue.iter().filter(|stream| {
                    let case = self.cases.get(*stream);
                    case.is_some_and(|case| now.duration_since(case.opened_at) <= STORM)
                });
                (scope.clone(), recent.cloned().collect())
            })
            .collect();
        self.begun = begun.into_iter().filter(|(_, queue)| !queue.is_empty()).collect();
    }

    /// What never counts twice is known for ever, by its digest and where it led to; why, only for a while.
    fn sweep_messages(&mut self, now: Timestamp) {
        let age = |at: Timestamp| now.duration_since(at).unsigned_abs();
        let heard = self.heard.iter();
        let gone = heard.filter(|(_, heard)| {
            heard
                .repeats
                .remembered()
                .is_some_and(|long| age(heard.at) > long)
        });
        for message in gone.map(|(message, _)| message.clone()).collect::<Vec<_>>() {
            self.heard.remove_mut(&message);
        }
        let wordy = self.heard.iter().filter(|(_, heard)| {
            let said = heard.judged.as_ref().is_some_and(|(_, why)| why.is_some());
            said && old(heard.at, now)
        });
        for message in wordy.map(|(message, _)| message.clone()).collect::<Vec<_>>() {
            if let Some((_, why)) = self
                .heard
                .get_mut(&message)
                .and_then(|heard| heard.judged.as_mut())
            {
                *why = None;
            }
        }
    }

    /// What waits to be judged anew is not too old, however long that takes.
    fn sweep_incidents(&mut self, now: Timestamp) {
        let mut incidents: Vec<_> = self
            .incidents
            .iter()
            .map(|(id, one)| (one.last, id.clone()))
            .collect();
        incidents.sort_unstable();
        let excess = incidents.len().saturating_sub(MOST);
        let gone = incidents
            .into_iter()
            .enumerate()
            .filter(|(at, (last, id))| *at < excess || old(*last, now) && !self.left.contains_key(id));
        let gone: Vec<Hash> = gone.map(|(_, (_, id))| id).collect();
        for id in gone {
            if let Some(incident) = self.incidents.get(&id).cloned() {
                self.count(&incident, Tally::take);
            }
            self.incidents.remove_mut(&id);
            self.left.remove_mut(&id);
        }
    }
}

fn old(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) > MEMORY
}
