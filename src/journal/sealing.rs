//! What a batch comes to on top of the tails of its streams: pure, the same for every database.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    Append, Hash, Head, Kind, Record, StoreError, StreamId,
    canonical::{Sealed, seal},
    checkpoint::{self, Checkpoint, Signer},
};

/// A stream as an append finds it, or leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tail {
    pub(super) head: Head,
    pub(super) epoch: u64,
    pub(super) closed: bool,
}

impl Default for Tail {
    /// A stream that nobody has written to.
    fn default() -> Self {
        Self {
            head: Head {
                seq: 0,
                hash: Hash::zero(),
            },
            epoch: 0,
            closed: false,
        }
    }
}

/// A batch, ready to be written.
#[derive(Debug)]
pub(super) struct Sealing {
    pub(super) sealed: Vec<Sealed>,
    pub(super) checkpoints: Vec<(StreamId, Checkpoint)>,
    /// Every stream of the batch as it will be.
    pub(super) tails: BTreeMap<StreamId, Tail>,
}

impl Sealing {
    pub(super) fn into_records(self) -> Vec<Record> {
        self.sealed.into_iter().map(|sealed| sealed.record).collect()
    }
}

/// Seals a batch on top of these tails; a stream that is not among them has no records. An error when a writer's belief
/// about a stream does not hold.
pub(super) fn seal_batch(
    mut tails: BTreeMap<StreamId, Tail>,
    signer: &Signer,
    at: Timestamp,
    batch: Vec<Append>,
) -> Result<Sealing, StoreError> {
    let mut sealed = Vec::with_capacity(batch.iter().map(|append| append.drafts.len()).sum());
    let mut checkpoints = Vec::new();
    for append in batch {
        let Append {
            stream,
            expected,
            epoch,
            drafts,
        } = append;
        let tail = tails.entry(stream.clone()).or_default();
        if epoch.is_some_and(|epoch| epoch != tail.epoch) {
            return Err(StoreError::Fenced { stream });
        }
        if tail.closed {
            return Err(StoreError::Closed { stream });
        }
        if let Some(expected) = expected.filter(|expected| *expected != tail.head.seq) {
            let actual = tail.head.seq;
            return Err(StoreError::Stale {
                stream,
                expected,
                actual,
            });
        }
        for draft in drafts {
            if tail.closed {
                return Err(StoreError::Closed { stream });
            }
            let one = seal(&stream, &tail.head, at, draft)?;
            tail.head = Head {
                seq: one.record.seq,
                hash: one.record.hash.clone(),
            };
            tail.closed = stream.is_investigation() && one.record.kind == Kind::End;
            if tail.closed || one.record.seq.is_multiple_of(checkpoint::INTERVAL) {
                checkpoints.push((stream.clone(), signer.sign(&stream, &tail.head)));
            }
            sealed.push(one);
        }
    }
    Ok(Sealing {
        sealed,
        checkpoints,
        tails,
    })
}
