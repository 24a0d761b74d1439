//! What a person wants sent once more and cannot be sent: it stays on the list of what was given up, with the reason.

use std::collections::BTreeMap;

use tokio::sync::watch;

use super::{
    ledger::Ledger,
    sending::{ended, note},
};
use crate::journal::{
    Journal, Record, StoreError, StreamId,
    body::{Delivered, Delivery},
};

/// Why nothing can be sent by a channel that is not there.
pub const GONE: &str =
    "nothing is sent by a channel of this name now: it was removed or renamed, or cannot be opened";

/// Gives up what a person wanted sent once more.
pub async fn give_up(
    journal: &Journal,
    delivery: Delivery,
    why: &'static str,
) -> Result<Vec<Record>, StoreError> {
    tracing::warn!(channel = %delivery.channel, why, "a message cannot be sent again");
    let outcome = Delivered::Dead { why: why.into() };
    note(journal, &[Delivery { outcome, ..delivery }]).await
}

/// For a space that sends nothing at all, until the program ends. Several processes may do it: what they write is the same.
pub async fn refuse(journal: &Journal, mut ending: watch::Receiver<bool>) -> Result<(), StoreError> {
    let space = StreamId::space();
    let records = journal.read_all(&space).await?;
    let last = records.last().map_or(0, |record| record.seq);
    let mut ledger = Ledger::default();
    for record in &records {
        ledger.apply(record);
    }
    drop(records);
    let mut follower = journal.follow_only(BTreeMap::from([(space, last)]));
    loop {
        let wanted: Vec<Delivery> = ledger.wanted_again().cloned().collect();
        for delivery in wanted {
            for record in give_up(journal, delivery, GONE).await? {
                ledger.hear(&record);
            }
        }
        tokio::select! {
            records = follower.next() => for record in &records? {
                ledger.apply(record);
            },
            () = ended(&mut ending) => return Ok(()),
        }
    }
}
