//! What triage forgets: what is too old to matter, and of what is too much the oldest.

use jiff::{SignedDuration, Timestamp};
use rpds::QueueSync;

use super::{Known, STORM, Tally};
use crate::{
    intake::Repeats,
    journal::{Hash, StreamId},
};

/// How long an incident, an event, an investigation that ended and a planned maintenance are remembered after the last word
/// on them.
const MEMORY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Incidents, and events, that are remembered at most: a week of a busy space, in some tens of megabytes.
const MOST: usize = 100_000;

impl Known {
    pub(super) fn sweep(&mut self, now: Timestamp) {
        let old = |at: Timestamp, keep: SignedDuration| now.duration_since(at) > keep;
        let ended = self
            .cases
            .iter()
            .filter(|(_, case)| case.ended.is_some_and(|(at, _)| old(at, MEMORY)));
        for stream in ended.map(|(stream, _)| stream.clone()).collect::<Vec<_>>() {
            self.cases.remove_mut(&stream);
        }
        self.sweep_incidents(&old);
        let excess = self.said.size().saturating_sub(MOST);
        let said = self.said.iter().enumerate();
        let gone = said.filter(|(at, (_, said))| *at < excess || old(said.at, MEMORY));
        for seq in gone.map(|(_, (seq, _))| *seq).collect::<Vec<_>>() {
            self.said.remove_mut(&seq);
        }
        let again = Repeats::Soon
            .remembered()
            .and_then(|long| SignedDuration::try_from(long).ok());
        let heard = self.heard.iter().filter(|(_, heard)| !heard.once);
        let gone = heard.filter(|(_, heard)| again.is_some_and(|again| old(heard.at, again)));
        for message in gone.map(|(message, _)| message.clone()).collect::<Vec<_>>() {
            self.heard.remove_mut(&message);
        }
        let planned = self
            .maintenance
            .iter()
            .filter(|(_, planned)| old(planned.to, MEMORY));
        for seq in planned.map(|(seq, _)| *seq).collect::<Vec<_>>() {
            self.maintenance.remove_mut(&seq);
        }
        let begun: Vec<(String, QueueSync<StreamId>)> = self
            .begun
            .iter()
            .map(|(scope, queue)| {
                let recent = queue.iter().filter(|stream| {
                    let case = self.cases.get(*stream);
                    case.is_some_and(|case| !old(case.opened_at, STORM))
                });
                (scope.clone(), recent.cloned().collect())
            })
            .collect();
        self.begun = begun.into_iter().filter(|(_, queue)| !queue.is_empty()).collect();
    }

    /// What waits to be judged anew is not too old, however long that takes.
    fn sweep_incidents(&mut self, old: &dyn Fn(Timestamp, SignedDuration) -> bool) {
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
            .filter(|(at, (last, id))| *at < excess || old(*last, MEMORY) && !self.left.contains_key(id));
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
