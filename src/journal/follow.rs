//! Following the journal: heads compared with a cursor. No global number, which a server database would hand out in
//! another order than that of its commits.

use std::{collections::BTreeMap, sync::Arc};

use super::{Record, Store, StoreError, StreamId};

/// Records that one call returns at most, but for a remainder.
const BATCH: u32 = 4096;

/// Follows streams from a cursor. What it returns is durable.
pub struct Follower {
    store: Arc<dyn Store>,
    cursor: BTreeMap<StreamId, u64>,
    /// Follow streams that the cursor does not name too.
    all: bool,
    /// Streams that have grown past the cursor, and to where.
    behind: BTreeMap<StreamId, u64>,
    mark: u64,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Follower({} streams)", self.cursor.len())
    }
}

impl Follower {
    pub(super) fn all(store: Arc<dyn Store>, cursor: BTreeMap<StreamId, u64>) -> Self {
        Self {
            store,
            cursor,
            all: true,
            behind: BTreeMap::new(),
            mark: 0,
        }
    }

    pub(super) fn only(store: Arc<dyn Store>, cursor: BTreeMap<StreamId, u64>) -> Self {
        Self {
            all: false,
            ..Self::all(store, cursor)
        }
    }

    /// Follows one more stream, from after this number. Nothing changes when it is followed already.
    pub fn add(&mut self, stream: StreamId, after: u64) {
        if let std::collections::btree_map::Entry::Vacant(entry) = self.cursor.entry(stream) {
            entry.insert(after);
            // It may have grown long before the mark: look at everything once more.
            self.mark = 0;
        }
    }

    /// Stops following a stream that was named; one that is followed because all are is not forgotten.
    pub fn remove(&mut self, stream: &StreamId) {
        if !self.all {
            self.cursor.remove(stream);
            self.behind.remove(stream);
        }
    }

    /// How far it has come in each stream.
    pub const fn cursor(&self) -> &BTreeMap<StreamId, u64> {
        &self.cursor
    }

    /// The next records, waiting for them if need be: those of `space` first, each stream in order. May be dropped while it
    /// waits, and called again; nothing is lost.
    pub async fn next(&mut self) -> Result<Vec<Record>, StoreError> {
        loop {
            let version = self.store.version();
            let records = self.ready().await?;
            if !records.is_empty() {
                return Ok(records);
            }
            self.store.changed(version).await;
        }
    }

    /// The next records that are there already; empty when it has caught up.
    pub async fn ready(&mut self) -> Result<Vec<Record>, StoreError> {
        let moved = self.store.moved(self.mark).await?;
        self.mark = moved.mark;
        for (stream, head) in moved.heads {
            let come = self.cursor.get(&stream).copied();
            let followed = self.all || come.is_some();
            if followed && head.seq > come.unwrap_or(0) {
                self.behind.insert(stream, head.seq);
            }
        }
        let mut records = Vec::new();
        let mut room = BATCH;
        for (stream, head) in in_order(&self.behind) {
            if room == 0 {
                break;
            }
            let after = self.cursor.get(stream).copied().unwrap_or(0);
            let wanted = u32::try_from(head.saturating_sub(after))
                .unwrap_or(u32::MAX)
                .min(room);
            let page = self.store.read(stream, after, wanted).await?;
            room -= u32::try_from(page.len()).unwrap_or(room).min(room);
            records.extend(page);
        }
        // From here on nothing waits, so that a dropped call has either moved the cursor and returned, or neither.
        for record in &records {
            self.cursor.insert(record.stream.clone(), record.seq);
        }
        let cursor = &self.cursor;
        self.behind
            .retain(|stream, head| cursor.get(stream).copied().unwrap_or(0) < *head);
        Ok(records)
    }
}

/// `space` first: it says what the other streams are.
fn in_order(behind: &BTreeMap<StreamId, u64>) -> impl Iterator<Item = (&StreamId, u64)> {
    let (space, others): (Vec<_>, Vec<_>) = behind.iter().partition(|(stream, _)| !stream.is_investigation());
    space
        .into_iter()
        .chain(others)
        .map(|(stream, head)| (stream, *head))
}
