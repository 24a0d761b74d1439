//! From a space's SQLite file to its PostgreSQL store: records, hashes and signatures bit for bit. Broken off, it goes on
//! where it was; at the end everything is verified.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Hash, Head, Report, Store, StoreError, StreamId, VerifyOptions,
    checkpoint::Checkpoint,
    postgres::PostgresStore,
    sqlite::SqliteStore,
    store::{Audit, Stored},
    verify::verify,
};

/// Records in one transaction.
const PAGE: u32 = 1000;

/// What was copied this time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copied {
    /// Streams in the source.
    pub streams: usize,
    /// Records that were not there yet.
    pub records: u64,
    /// Blobs that were not there yet.
    pub blobs: u64,
}

/// A copy that did not come about.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Somebody works on the source.
    #[error("{owner} is at work on {stream} in the file\nhint: stop consoles and midwatch serve on it first")]
    Busy {
        /// The stream.
        stream: StreamId,
        /// Who holds it.
        owner: String,
    },
    /// The target holds something else.
    #[error(
        "the target has another history of {stream}: {why}\nhint: copy into an empty space, or go on with what is there"
    )]
    Different {
        /// The stream.
        stream: StreamId,
        /// What differs.
        why: String,
    },
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies; `progress` hears how many records were copied so far, of how many.
pub async fn copy(
    from: &SqliteStore,
    to: &PostgresStore,
    mut progress: impl FnMut(u64, u64) + Send,
) -> Result<(Copied, Report), CopyError> {
    if let Some(held) = from.leases().await?.into_iter().next() {
        return Err(CopyError::Busy {
            stream: held.lease.stream,
            owner: held.lease.owner,
        });
    }
    let (source, target) = (from.heads().await?, to.ends().await?);
    compare(from, &source, &target).await?;
    to.import_signer(&from.public_key()).await?;
    let mut copied = Copied {
        streams: source.len(),
        blobs: blobs(from, to).await?,
        ..Copied::default()
    };
    let total: u64 = source
        .iter()
        .map(|(stream, head)| head.seq - target.get(stream).map_or(0, |there| there.seq))
        .sum();
    let (space, others): (Vec<_>, Vec<_>) = source.iter().partition(|(stream, _)| !stream.is_investigation());
    // `space` last: it says what the others are, and whoever follows it finds them there.
    for (stream, head) in others.into_iter().chain(space) {
        let mut at = target.get(stream).cloned().unwrap_or_else(nothing);
        while at.seq < head.seq {
            let page = next(from, stream, &at, head).await?;
            let Some(last) = page.last() else { break };
            let after = Head {
                seq: u64::try_from(last.seq).unwrap_or(at.seq),
                hash: Hash(last.hash.clone()),
            };
            let signed = between(from, stream, at.seq, after.seq).await?;
            if !to.import(stream, &at, &page, &signed).await? {
                // Ours, when the answer was lost; somebody else's otherwise.
                let there = to.head(stream).await?;
                if there != after {
                    return Err(different(stream, "somebody writes to it"));
                }
            }
            copied.records += after.seq - at.seq;
            progress(copied.records, total);
            at = after;
        }
    }
    to.import_states(&from.states().await?).await?;
    let mut cursors: BTreeMap<String, BTreeMap<StreamId, u64>> = BTreeMap::new();
    for (name, stream, seq) in from.cursors().await? {
        cursors.entry(name).or_default().insert(stream, seq);
    }
    for (name, at) in &cursors {
        to.set_cursor(name, at).await?;
    }
    to.import_settings(&from.settings("").await?).await?;
    if to.ends().await? != from.heads().await? {
        return Err(different(
            &StreamId::space(),
            "somebody wrote to the file or the target meanwhile",
        ));
    }
    let report = verify(to, &VerifyOptions::default()).await?;
    Ok((copied, report))
}

/// Refuses a target whose streams are not beginnings of the source's. Hashes are chained: where one is the same, everything
/// before it is.
async fn compare(
    from: &SqliteStore,
    source: &BTreeMap<StreamId, Head>,
    target: &BTreeMap<StreamId, Head>,
) -> Result<(), CopyError> {
    for (stream, there) in target {
        let Some(head) = source.get(stream) else {
            return Err(different(stream, "the file does not have it"));
        };
        if there.seq > head.seq {
            return Err(different(stream, "it has more records than the file"));
        }
        let before = i64::try_from(there.seq).unwrap_or(i64::MAX) - 1;
        let stored = from.stored(stream.as_str(), before, 1).await?;
        if stored.first().is_none_or(|record| record.hash != there.hash.0) {
            return Err(different(stream, &format!("record {} is another one", there.seq)));
        }
    }
    Ok(())
}

async fn blobs(from: &SqliteStore, to: &PostgresStore) -> Result<u64, StoreError> {
    let there: BTreeSet<String> = to.blob_ids().await?.into_iter().collect();
    let mut copied = 0;
    for id in from.blob_ids().await? {
        if !there.contains(&id) {
            let bytes = from.get_blob(&Hash(id)).await?;
            to.put_blob(bytes).await?;
            copied += 1;
        }
    }
    Ok(copied)
}

/// The next records, none beyond the head that was seen.
async fn next(
    from: &SqliteStore,
    stream: &StreamId,
    at: &Head,
    head: &Head,
) -> Result<Vec<Stored>, StoreError> {
    let limit = u32::try_from(head.seq - at.seq).unwrap_or(PAGE).min(PAGE);
    let after = i64::try_from(at.seq).unwrap_or(i64::MAX);
    from.stored(stream.as_str(), after, limit).await
}

async fn between(
    from: &SqliteStore,
    stream: &StreamId,
    after: u64,
    upto: u64,
) -> Result<Vec<Checkpoint>, StoreError> {
    let mut checkpoints = from.checkpoints(stream.as_str()).await?;
    checkpoints.retain(|one| one.seq > after && one.seq <= upto);
    Ok(checkpoints)
}

fn nothing() -> Head {
    Head {
        seq: 0,
        hash: Hash::zero(),
    }
}

fn different(stream: &StreamId, why: &str) -> CopyError {
    CopyError::Different {
        stream: stream.clone(),
        why: why.to_owned(),
    }
}
