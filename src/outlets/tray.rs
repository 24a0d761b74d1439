//! What waits in a channel, and how far it has come.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use super::{
    outlet::Outlet,
    sending::{Due, Way},
};
use crate::journal::{
    Journal, StoreError, StreamId,
    body::{Delivered, Delivery},
};

/// A channel's messages that wait, and how far it has come.
#[derive(Debug, Default)]
pub(super) struct Tray {
    /// Messages by lane, in order; the first is under way.
    pub(super) lanes: BTreeMap<String, VecDeque<Due>>,
    /// Records that are not settled yet, with the number of their messages.
    pub(super) open: BTreeMap<StreamId, BTreeMap<u64, usize>>,
    /// Where it begins in each stream.
    pub(super) from: BTreeMap<StreamId, u64>,
    /// The last record that was looked at in each stream.
    pub(super) seen: BTreeMap<StreamId, u64>,
    /// Streams whose cursor may have moved since it was stored.
    pub(super) moved: BTreeSet<StreamId>,
    /// Messages that were settled before this turn, by key.
    pub(super) settled: BTreeSet<String>,
}

impl Tray {
    /// The cursor of a stream: everything up to it is settled.
    pub(super) fn cursor(&self, stream: &StreamId) -> u64 {
        let seen = self.seen.get(stream).copied().unwrap_or(0);
        let open = self.open.get(stream).and_then(|open| open.keys().next());
        open.map_or(seen, |first| seen.min(first.saturating_sub(1)))
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

/// Notes a message that needs not be sent any more.
pub(super) fn remember(outlets: &[Arc<Outlet>], trays: &mut [Tray], delivery: Delivery) {
    let Some(index) = outlets.iter().position(|outlet| outlet.name == delivery.channel) else {
        return;
    };
    let Some(tray) = trays.get_mut(index) else {
        return;
    };
    match delivery.outcome {
        Delivered::Sent { .. } | Delivered::Dead { .. } | Delivered::Dropped => {
            // What lies before the cursor is never looked at again.
            if delivery.seq > tray.from.get(&delivery.stream).copied().unwrap_or(0) {
                tray.settled.insert(delivery.key);
            }
        }
        Delivered::Held { .. } | Delivered::Again => {}
    }
}

/// Takes a message out of its lane that a person let be before it was sent; one that is under way stays.
pub(super) fn remember_all(ways: &[Arc<Way>], trays: &mut [Tray], delivery: &Delivery) {
    for (way, tray) in ways.iter().zip(trays) {
        if way.outlet.name != delivery.channel {
            continue;
        }
        for waiting in tray.lanes.values_mut() {
            let mut first = true;
            waiting.retain(|due| std::mem::take(&mut first) || due.key != delivery.key);
        }
    }
}
