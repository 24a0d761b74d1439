//! What waits in a channel, and how far it has come.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{outlet::Outlet, sending::Due};
use crate::journal::{
    Journal, StoreError, StreamId,
    body::{Delivered, Delivery},
};

/// A channel's messages that wait, and how far it has come.
#[derive(Debug, Default)]
pub(super) struct Tray {
    /// Messages by lane, in order; the first is under way.
    lanes: BTreeMap<String, VecDeque<Due>>,
    /// Records that are not settled yet, with the keys of their messages.
    open: BTreeMap<StreamId, BTreeMap<u64, BTreeSet<String>>>,
    /// Where it begins in each stream.
    from: BTreeMap<StreamId, u64>,
    /// The last record that was looked at in each stream.
    seen: BTreeMap<StreamId, u64>,
    /// Streams whose cursor may have moved since it was stored.
    moved: BTreeSet<StreamId>,
    /// Messages that need not be sent any more, by key.
    settled: BTreeSet<String>,
}

impl Tray {
    /// One that begins there in each stream.
    pub(super) fn from(from: BTreeMap<StreamId, u64>) -> Self {
        Self {
            seen: from.clone(),
            from,
            ..Self::default()
        }
    }

    /// Notes that a record was looked at.
    pub(super) fn sees(&mut self, stream: &StreamId, seq: u64) {
        self.seen.insert(stream.clone(), seq);
        self.moved.insert(stream.clone());
    }

    /// True for a record that the channel has not come past when this turn began.
    pub(super) fn begins_before(&self, stream: &StreamId, seq: u64) -> bool {
        seq > self.from.get(stream).copied().unwrap_or(0)
    }

    /// True for a message that needs not be sent any more.
    pub(super) fn is_settled(&self, key: &str) -> bool {
        self.settled.contains(key)
    }

    /// Notes what became of a message before this turn.
    pub(super) fn remember(&mut self, delivery: Delivery) {
        match delivery.outcome {
            Delivered::Sent { .. } | Delivered::Dead { .. } | Delivered::Dropped => {
                // What lies before the cursor is never looked at again.
                if self.begins_before(&delivery.stream, delivery.seq) {
                    self.settled.insert(delivery.key);
                }
            }
            Delivered::Held { .. } | Delivered::Again => {}
        }
    }

    /// The cursor does not go past this message before it is settled.
    pub(super) fn open(&mut self, due: &Due) {
        let open = self.open.entry(due.news.stream.clone()).or_default();
        open.entry(due.news.seq).or_default().insert(due.key.clone());
    }

    fn close(&mut self, due: &Due) {
        let Some(open) = self.open.get_mut(&due.news.stream) else {
            return;
        };
        if let Some(keys) = open.get_mut(&due.news.seq) {
            keys.remove(&due.key);
            if keys.is_empty() {
                open.remove(&due.news.seq);
            }
        }
        if open.is_empty() {
            self.open.remove(&due.news.stream);
        }
        self.moved.insert(due.news.stream.clone());
    }

    /// Puts a message at the end of its lane; true where nothing is before it.
    pub(super) fn queue(&mut self, due: Due) -> bool {
        let lane = self.lanes.entry(due.lane()).or_default();
        lane.push_back(due);
        lane.len() == 1
    }

    /// True while a message waits or is under way.
    pub(super) fn waits(&self, key: &str) -> bool {
        self.lanes.values().flatten().any(|due| due.key == key)
    }

    /// The message of a lane that is under way.
    pub(super) fn first(&self, lane: &str) -> Option<&Due> {
        self.lanes.get(lane)?.front()
    }

    /// The first message of a lane is settled; true where another waits behind it.
    pub(super) fn settle(&mut self, lane: &str, due: &Due) -> bool {
        self.close(due);
        if due.news.recommendation.is_some() {
            // It may be decided on again, and is the same message then.
            self.settled.insert(due.key.clone());
        }
        let Some(waiting) = self.lanes.get_mut(lane) else {
            return false;
        };
        waiting.pop_front();
        let more = !waiting.is_empty();
        if !more {
            self.lanes.remove(lane);
        }
        more
    }

    /// Takes a message out of its lane that a person let be before it was sent; one that is under way stays.
    pub(super) fn withdraw(&mut self, key: &str) {
        let mut gone = Vec::new();
        for waiting in self.lanes.values_mut() {
            let mut first = true;
            waiting.retain(|due| {
                let stays = std::mem::take(&mut first) || !due.is_called(key);
                if !stays {
                    gone.push(due.clone());
                }
                stays
            });
        }
        for due in &gone {
            self.close(due);
        }
    }

    /// The cursor of a stream: everything up to it is settled.
    fn cursor(&self, stream: &StreamId) -> u64 {
        let seen = self.seen.get(stream).copied().unwrap_or(0);
        let open = self.open.get(stream).and_then(|open| open.keys().next());
        open.map_or(seen, |first| seen.min(first.saturating_sub(1)))
    }

    /// The cursors that may have moved since this was asked last.
    pub(super) fn moved(&mut self) -> BTreeMap<StreamId, u64> {
        let moved = std::mem::take(&mut self.moved);
        moved
            .into_iter()
            .map(|stream| {
                let cursor = self.cursor(&stream);
                (stream, cursor)
            })
            .filter(|(_, cursor)| *cursor > 0)
            .collect()
    }
}

/// The cursor's name.
pub(super) fn cursor_name(outlet: &Outlet) -> String {
    format!("outlet/{}", outlet.name)
}

/// Where a channel begins: where it left off, and a new one with what is written from now on.
pub(super) async fn begin(journal: &Journal, outlet: &Outlet) -> Result<BTreeMap<StreamId, u64>, StoreError> {
    let name = cursor_name(outlet);
    let from = journal.cursor(&name).await?;
    if !from.is_empty() {
        return Ok(from);
    }
    let mut now: BTreeMap<StreamId, u64> = journal
        .heads()
        .await?
        .into_iter()
        .map(|(stream, head)| (stream, head.seq))
        .collect();
    // An empty journal leaves its mark too.
    now.entry(StreamId::space()).or_insert(0);
    journal.set_cursor(&name, &now).await?;
    tracing::info!(channel = %outlet.name, "a new channel: it begins with what is written from now on");
    Ok(now)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::{config::Notice, outlets::ledger::News};

    fn due(seq: u64, target: &str) -> Due {
        Due {
            news: News {
                stream: StreamId::space(),
                seq,
                at: Timestamp::UNIX_EPOCH,
                notice: Notice::Status,
                about: StreamId::space(),
                event: None,
                recommendation: None,
            },
            target: target.to_owned(),
            key: format!("{seq} {target}"),
            doubtful: false,
            since: Timestamp::UNIX_EPOCH,
            instead_of: None,
        }
    }

    /// What may happen to a tray.
    #[derive(Debug, Clone)]
    enum Step {
        /// The next record makes messages to so many targets.
        News(usize),
        /// The first message of the lane of this target is settled.
        Settle(usize),
        /// A person wants one sent again that was settled.
        Again(usize),
        /// A person lets one be that waits.
        Withdraw(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..3_usize).prop_map(Step::News),
            (0..3_usize).prop_map(Step::Settle),
            (0..50_usize).prop_map(Step::Again),
            (0..50_usize).prop_map(Step::Withdraw),
        ]
    }

    proptest! {
        #[test]
        fn the_cursor_stands_before_the_first_message_that_is_not_settled(steps in prop::collection::vec(step(), 1..60)) {
            let mut tray = Tray::from(BTreeMap::new());
            let (mut seq, mut settled) = (0, Vec::<Due>::new());
            let mut waiting: BTreeSet<(u64, String)> = BTreeSet::new();
            for step in steps {
                match step {
                    Step::News(targets) => {
                        seq += 1;
                        tray.sees(&StreamId::space(), seq);
                        for target in 0..targets {
                            let due = due(seq, &target.to_string());
                            tray.open(&due);
                            waiting.insert((seq, due.key.clone()));
                            tray.queue(due);
                        }
                    }
                    Step::Settle(target) => {
                        let lane = due(1, &target.to_string()).lane();
                        if let Some(due) = tray.first(&lane).cloned() {
                            tray.settle(&lane, &due);
                            waiting.remove(&(due.news.seq, due.key.clone()));
                            settled.push(due);
                        }
                    }
                    Step::Again(which) => {
                        if !settled.is_empty() {
                            let due = settled.remove(which % settled.len());
                            tray.queue(due);
                        }
                    }
                    Step::Withdraw(which) => {
                        let Some((seq, key)) = waiting.iter().nth(which % waiting.len().max(1)).cloned() else {
                            continue;
                        };
                        let first = (0..3).any(|target| {
                            let lane = due(1, &target.to_string()).lane();
                            tray.first(&lane).is_some_and(|due| due.key == key)
                        });
                        tray.withdraw(&key);
                        // One that is under way stays.
                        prop_assert_eq!(tray.waits(&key), first);
                        if !first {
                            waiting.remove(&(seq, key));
                        }
                    }
                }
                // Messages that are sent again lie behind the cursor, and hold nothing up.
                let before = waiting.iter().next().map_or(seq, |(first, _)| first - 1);
                prop_assert_eq!(tray.cursor(&StreamId::space()), before);
            }
        }
    }
}
