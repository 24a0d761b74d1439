//! The journal as the rest of the program uses it.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use jiff::{Timestamp, TimestampRound, Unit};
use serde_json::Value;

use super::{
    Append, Draft, Follower, Grant, Hash, Head, Kind, Lease, Record, Setting, Store, StoreError, StreamId,
    body::Payload,
    digest::Digest,
    redaction::Redaction,
    sqlite::SqliteStore,
    store::HeldLease,
    verify::{Report, VerifyOptions, verify},
};
use crate::model::Evidence;

/// Evidence up to this size as JSON, in bytes, stands in its record; larger evidence goes to a blob.
const INLINE: usize = 2048;

/// Records that are read at once when a whole stream is.
const PAGE: u32 = 10_000;

/// Tells the time of writing.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The journal of one space. Cheap to clone; every clone is the same journal.
#[derive(Clone)]
pub struct Journal {
    store: Arc<dyn Store>,
    redaction: Arc<Redaction>,
    clock: Clock,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Journal")
    }
}

impl Journal {
    /// Opens the journal in a file, and makes it with its folders when it is not there yet. A key that signs checkpoints
    /// stands beside it (`.key`, and `.pub` for its public half).
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self::over(Arc::new(SqliteStore::open(path).await?)))
    }

    /// A journal that is gone with the process: for tests and dry runs.
    pub async fn in_memory() -> Result<Self, StoreError> {
        Ok(Self::over(Arc::new(SqliteStore::in_memory().await?)))
    }

    /// The journal in any store.
    pub fn over(store: Arc<dyn Store>) -> Self {
        Self {
            redaction: Arc::new(Redaction::new(Arc::clone(&store))),
            store,
            clock: Arc::new(Timestamp::now),
        }
    }

    /// The same journal, written by another clock.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Appends to one stream: all of it is durable on return, or none of it. `expected` is the number that the stream's
    /// last record must have ([`StoreError::Stale`] otherwise), `lease` the right to run the stream
    /// ([`StoreError::Fenced`] when somebody else has taken it). Secrets are taken out of every string first.
    pub async fn append(
        &self,
        stream: &StreamId,
        expected: Option<u64>,
        lease: Option<&Lease>,
        drafts: Vec<Draft>,
    ) -> Result<Vec<Record>, StoreError> {
        self.append_all(vec![Append {
            stream: stream.clone(),
            expected,
            epoch: lease.map(|lease| lease.epoch),
            drafts,
        }])
        .await
    }

    /// Appends to several streams in one transaction. Returns the records in the order given.
    pub async fn append_all(&self, mut batch: Vec<Append>) -> Result<Vec<Record>, StoreError> {
        for append in &mut batch {
            let bodies = append.drafts.iter_mut().map(|draft| &mut draft.body);
            self.redaction.values(&append.stream, bodies).await?;
        }
        let records = self.store.append(self.now(), batch).await?;
        self.redaction.forget_closed(&records);
        Ok(records)
    }

    /// Up to `limit` records of a stream with numbers above `after`, in order.
    pub async fn read(&self, stream: &StreamId, after: u64, limit: u32) -> Result<Vec<Record>, StoreError> {
        self.store.read(stream, after, limit).await
    }

    /// Up to `limit` records of these kinds of a stream with numbers above `after`, in order.
    pub async fn read_kinds(
        &self,
        stream: &StreamId,
        kinds: &[Kind],
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        self.store.read_kinds(stream, kinds, after, limit).await
    }

    /// Numbers of the records of a stream whose bodies say all of these words, in order: plain text, ASCII letters alike
    /// in either case.
    pub async fn find(&self, stream: &StreamId, words: &[String]) -> Result<Vec<u64>, StoreError> {
        self.store.find(stream, words).await
    }

    /// All records of a stream, in order.
    pub async fn read_all(&self, stream: &StreamId) -> Result<Vec<Record>, StoreError> {
        let mut records: Vec<Record> = Vec::new();
        loop {
            let after = records.last().map_or(0, |record| record.seq);
            let page = self.store.read(stream, after, PAGE).await?;
            if page.is_empty() {
                return Ok(records);
            }
            records.extend(page);
        }
    }

    /// The end of every stream that has records.
    pub async fn heads(&self) -> Result<BTreeMap<StreamId, Head>, StoreError> {
        self.store.heads().await
    }

    /// The end of one stream; number 0 when it has no records.
    pub async fn head(&self, stream: &StreamId) -> Result<Head, StoreError> {
        self.store.head(stream).await
    }

    /// Evidence without its secrets: what analysis may see. Numbers are given in order of first sight, so redact answers
    /// in the order of their requests.
    pub async fn redact(&self, stream: &StreamId, evidence: Evidence) -> Evidence {
        self.redaction.evidence(stream, evidence).await
    }

    /// Keeps evidence (redacted again, which changes nothing when it was) and returns what stands for it in a record.
    pub async fn keep(&self, stream: &StreamId, evidence: &Evidence) -> Result<Payload, StoreError> {
        let value = serde_json::to_value(evidence)
            .map_err(|error| StoreError::Damaged(format!("evidence has no JSON form: {error}")))?;
        self.keep_json(stream, value).await
    }

    /// Keeps any value (secrets taken out) and returns what stands for it in a record.
    pub async fn keep_json(&self, stream: &StreamId, mut value: Value) -> Result<Payload, StoreError> {
        self.redaction.values(stream, std::iter::once(&mut value)).await?;
        let json = value.to_string();
        if json.len() <= INLINE {
            return Ok(Payload::Inline(value));
        }
        Ok(Payload::Blob(self.store.put_blob(json.into_bytes()).await?))
    }

    /// The evidence behind a record's payload; none when nothing was found.
    pub async fn evidence(&self, payload: &Payload) -> Result<Option<Evidence>, StoreError> {
        let unreadable = |error: serde_json::Error| StoreError::Damaged(format!("evidence: {error}"));
        match payload {
            Payload::None => Ok(None),
            Payload::Inline(value) => serde::Deserialize::deserialize(value)
                .map(Some)
                .map_err(unreadable),
            Payload::Blob(id) => {
                let json = self.store.get_blob(id).await?;
                serde_json::from_slice(&json).map(Some).map_err(unreadable)
            }
        }
    }

    /// Keeps a value (secrets taken out) in a blob. Returns its name, and the value as it is kept.
    pub async fn keep_value(&self, stream: &StreamId, mut value: Value) -> Result<(Hash, Value), StoreError> {
        self.redaction.values(stream, std::iter::once(&mut value)).await?;
        let name = self.store.put_blob(value.to_string().into_bytes()).await?;
        Ok((name, value))
    }

    /// A value that was kept in a blob, in whatever shape it is wanted.
    pub async fn value<T: serde::de::DeserializeOwned>(&self, blob: &Hash) -> Result<T, StoreError> {
        let json = self.store.get_blob(blob).await?;
        serde_json::from_slice(&json).map_err(|error| StoreError::Damaged(format!("blob {blob}: {error}")))
    }

    /// Takes the lease on a stream; none while somebody holds it.
    pub async fn acquire(
        &self,
        stream: &StreamId,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        self.store.acquire(stream, owner, ttl).await
    }

    /// Takes the lease on a stream together with one of so many slots, which all workers of the store share.
    pub async fn take(
        &self,
        stream: &StreamId,
        owner: &str,
        ttl: Duration,
        slots: u32,
    ) -> Result<Grant, StoreError> {
        self.store.take(stream, owner, ttl, Some(slots)).await
    }

    /// Why calls are waiting for the database at this moment; none while it answers.
    pub fn trouble(&self) -> Option<String> {
        self.store.trouble()
    }

    /// The leases that are held now, by anybody.
    pub async fn leases(&self) -> Result<Vec<HeldLease>, StoreError> {
        self.store.leases().await
    }

    /// Prolongs a lease; false when it was lost.
    pub async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<bool, StoreError> {
        self.store.renew(lease, ttl).await
    }

    /// Gives a lease back.
    pub async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.store.release(lease).await
    }

    /// Follows all streams, each from after the given number (from its first record when it is not given).
    pub fn follow(&self, from: BTreeMap<StreamId, u64>) -> Follower {
        Follower::all(Arc::clone(&self.store), from)
    }

    /// Follows the given streams alone; more can be added later.
    pub fn follow_only(&self, from: BTreeMap<StreamId, u64>) -> Follower {
        Follower::only(Arc::clone(&self.store), from)
    }

    /// A durable cursor by name.
    pub async fn cursor(&self, name: &str) -> Result<BTreeMap<StreamId, u64>, StoreError> {
        self.store.cursor(name).await
    }

    /// Stores a durable cursor; it never moves back.
    pub async fn set_cursor(&self, name: &str, at: &BTreeMap<StreamId, u64>) -> Result<(), StoreError> {
        self.store.set_cursor(name, at).await
    }

    /// What is set beside the records under names that begin with `prefix`, by name.
    pub async fn settings(&self, prefix: &str) -> Result<BTreeMap<String, Setting>, StoreError> {
        self.store.settings(prefix).await
    }

    /// Sets a named value, or takes it away, if its version is still the one that was `seen` (0: it is not there). Returns the
    /// version that this makes; none, and nothing is changed, if it is not. No version of a name comes twice, whether or not it
    /// was taken away in between. Never a secret in plain: nothing is taken out of it.
    pub async fn set(&self, name: &str, seen: u64, value: Option<&str>) -> Result<Option<u64>, StoreError> {
        self.store.set(name, seen, value).await
    }

    /// The digest of a stream as it stands: what was found, without when and where it ran.
    pub async fn digest(&self, stream: &StreamId) -> Result<Hash, StoreError> {
        let mut digest = Digest::default();
        let mut after = 0;
        loop {
            let page = self.store.read(stream, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(digest.finish());
            };
            after = last.seq;
            page.iter().try_for_each(|record| digest.add(record))?;
        }
    }

    /// Checks everything that is stored; faults are in the report, an error means that it could not be read at all.
    pub async fn verify(&self, options: &VerifyOptions) -> Result<Report, StoreError> {
        verify(self.store.as_ref(), options).await
    }

    /// Closes the database; other clones of this journal cannot use it any more.
    pub async fn close(&self) {
        self.store.close().await;
    }

    fn now(&self) -> Timestamp {
        let now = (self.clock)();
        let whole = TimestampRound::new()
            .smallest(Unit::Millisecond)
            .mode(jiff::RoundMode::Trunc);
        now.round(whole).unwrap_or(now)
    }
}
