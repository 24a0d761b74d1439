//! What a database must do to hold a journal.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;

use super::{
    Draft, Hash, Head, Kind, Record, StreamId,
    checkpoint::{Checkpoint, PublicKey},
};

/// Drafts for one stream.
#[derive(Debug, Clone)]
pub struct Append {
    /// The stream.
    pub stream: StreamId,
    /// The number that the stream's last record must have; none: whatever it has.
    pub expected: Option<u64>,
    /// Epoch of the writer's lease; none: an operator or the program, without one.
    pub epoch: Option<u64>,
    /// What to append, in order.
    pub drafts: Vec<Draft>,
}

/// The right to run one stream, until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The stream.
    pub stream: StreamId,
    /// Who holds it.
    pub owner: String,
    /// Raised each time that the lease is taken; an append under an older epoch is refused.
    pub epoch: u64,
}

/// What came of wanting a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// It is the caller's.
    Taken(Lease),
    /// Somebody holds it.
    Held,
    /// Nobody holds it, but as many slots as may be are taken.
    Full,
}

/// What can go wrong in a store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Somebody else appended first: fold again and retry.
    #[error("{stream} has moved on: its last record is {actual}, not {expected}")]
    Stale {
        /// The stream.
        stream: StreamId,
        /// What the writer believed.
        expected: u64,
        /// What is true.
        actual: u64,
    },
    /// Somebody else holds the lease now: stop.
    #[error("the lease on {stream} was taken over by another worker")]
    Fenced {
        /// The stream.
        stream: StreamId,
    },
    /// The stream has its `end` record.
    #[error("{stream} is closed\nhint: start another look with: midwatch investigate --again {stream}")]
    Closed {
        /// The stream.
        stream: StreamId,
    },
    /// There is no such blob.
    #[error("the journal has no blob {0}\nhint: run midwatch journal verify")]
    NoBlob(Hash),
    /// The database could not be opened.
    #[error("cannot open the journal {path}: {why}")]
    Open {
        /// Where it should be.
        path: String,
        /// What went wrong, with a hint.
        why: String,
    },
    /// The database cannot be reached, and was not for as long as the store is patient. It may come back: what was to be
    /// done can be tried again.
    #[error(
        "the journal's database cannot be reached: {0}\nhint: see whether it runs and the network leads to it; midwatch store status tells more"
    )]
    Away(String),
    /// The database itself failed.
    #[error("the journal's database failed: {0}")]
    Database(String),
    /// The stored bytes do not make sense.
    #[error("the journal is damaged: {0}\nhint: run midwatch journal verify")]
    Damaged(String),
}

/// A value that is set beside the records, and may change: nobody's history, so nothing that a verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Grows with every change; never 0.
    pub version: u64,
    /// The value, in its owner's form.
    pub value: String,
}

impl StoreError {
    /// True when nothing is wrong but that the database cannot be reached now.
    pub const fn is_outage(&self) -> bool {
        matches!(self, Self::Away(_))
    }
}

/// What has moved since a mark.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved {
    /// Ends of the streams that may have grown since then.
    pub heads: BTreeMap<StreamId, Head>,
    /// The mark to ask with next time.
    pub mark: u64,
}

/// A database that holds the journal of one space.
///
/// Every method may be called from several tasks, processes and (for a server database) hosts at once.
#[async_trait]
pub trait Store: Audit {
    /// Appends to one or several streams in one transaction: all of it is durable on return, or none of it.
    /// `at` is the time of writing. Returns the records, in the order given.
    async fn append(&self, at: jiff::Timestamp, batch: Vec<Append>) -> Result<Vec<Record>, StoreError>;

    /// Up to `limit` records of a stream with numbers above `after`, in order.
    async fn read(&self, stream: &StreamId, after: u64, limit: u32) -> Result<Vec<Record>, StoreError>;

    /// Up to `limit` records of these kinds of a stream with numbers above `after`, in order.
    async fn read_kinds(
        &self,
        stream: &StreamId,
        kinds: &[Kind],
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError>;

    /// Numbers of the records of a stream whose bodies say all of these words, in order: plain text, ASCII letters alike
    /// in either case.
    async fn find(&self, stream: &StreamId, words: &[String]) -> Result<Vec<u64>, StoreError>;

    /// The end of every stream that has records.
    async fn heads(&self) -> Result<BTreeMap<StreamId, Head>, StoreError> {
        Ok(self.moved(0).await?.heads)
    }

    /// The end of one stream.
    async fn head(&self, stream: &StreamId) -> Result<Head, StoreError>;

    /// The ends of all streams that may have grown since a mark (0: of all streams). Never misses one; may name one
    /// that has not grown.
    async fn moved(&self, since: u64) -> Result<Moved, StoreError>;

    /// Keeps bytes under their SHA-256 and returns it; keeping the same bytes twice is one blob.
    async fn put_blob(&self, bytes: Vec<u8>) -> Result<Hash, StoreError>;

    /// The bytes kept under a SHA-256.
    async fn get_blob(&self, id: &Hash) -> Result<Vec<u8>, StoreError>;

    /// Reserves `count` placeholder numbers of a stream for the caller alone: those above the returned number, which is
    /// `after` or higher.
    async fn reserve(&self, stream: &StreamId, after: u64, count: u64) -> Result<u64, StoreError>;

    /// Takes the lease on a stream when nobody holds it (or its time is over by the database's clock). With `slots`, only
    /// while fewer leases that were taken so are held by anybody: of several that want the last slot at once, one gets it.
    async fn take(
        &self,
        stream: &StreamId,
        owner: &str,
        ttl: Duration,
        slots: Option<u32>,
    ) -> Result<Grant, StoreError>;

    /// Takes the lease on a stream without a slot.
    async fn acquire(
        &self,
        stream: &StreamId,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        match self.take(stream, owner, ttl, None).await? {
            Grant::Taken(lease) => Ok(Some(lease)),
            Grant::Held | Grant::Full => Ok(None),
        }
    }

    /// Prolongs a lease; false when it was lost. One whose time is over but that nobody has taken since is prolonged all the
    /// same, unless its slot went to others meanwhile.
    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<bool, StoreError>;

    /// Gives a lease back; nothing happens when it was lost.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// A number that changes when something may have been appended.
    fn version(&self) -> u64;

    /// Resolves with the new version when something may have been appended, by this process or another, since the
    /// version was `seen`. Read the version, then the journal, then wait: nothing is missed in between.
    async fn changed(&self, seen: u64) -> u64;

    /// A durable cursor by name: how far a follower has come in each stream.
    async fn cursor(&self, name: &str) -> Result<BTreeMap<StreamId, u64>, StoreError>;

    /// Stores a durable cursor; it never moves back.
    async fn set_cursor(&self, name: &str, at: &BTreeMap<StreamId, u64>) -> Result<(), StoreError>;

    /// What is set beside the records under names that begin with `prefix`, by name.
    async fn settings(&self, prefix: &str) -> Result<BTreeMap<String, Setting>, StoreError>;

    /// Sets a named value, or takes it away, if its version is still the one that was `seen` (0: it is not there). Returns the
    /// version that this makes; none, and nothing is changed, if it is not. No version of a name comes twice, whether or not it
    /// was taken away in between.
    async fn set(&self, name: &str, seen: u64, value: Option<&str>) -> Result<Option<u64>, StoreError>;

    /// Why calls are waiting for the database at this moment; none while it answers.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// Gives the database back; what was appended is durable without it.
    async fn close(&self);
}

/// What verification needs: everything as it is stored, sense or not.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Names of all streams in any table.
    async fn stored_streams(&self) -> Result<Vec<String>, StoreError>;

    /// Up to `limit` stored records of a stream with numbers above `after`, in order.
    async fn stored(&self, stream: &str, after: i64, limit: u32) -> Result<Vec<Stored>, StoreError>;

    /// The end of a stream as its head says.
    async fn stored_head(&self, stream: &str) -> Result<Option<Head>, StoreError>;

    /// The signed heads of a stream, in order.
    async fn checkpoints(&self, stream: &str) -> Result<Vec<Checkpoint>, StoreError>;

    /// Names of all blobs.
    async fn blob_ids(&self) -> Result<Vec<String>, StoreError>;

    /// What the database finds wrong with its own structure; empty when it is sound.
    async fn database_faults(&self) -> Result<Vec<String>, StoreError>;

    /// The key that this program signs checkpoints with.
    fn public_key(&self) -> PublicKey;

    /// The keys of all who sign checkpoints in this store: one for each worker that keeps a key of its own.
    async fn signers(&self) -> Result<Vec<PublicKey>, StoreError>;

    /// What stands beside the head of every stream.
    async fn states(&self) -> Result<Vec<StreamState>, StoreError>;

    /// All durable cursors: name, stream, number.
    async fn cursors(&self) -> Result<Vec<(String, StreamId, u64)>, StoreError>;

    /// The leases that are held now.
    async fn leases(&self) -> Result<Vec<HeldLease>, StoreError>;
}

/// What stands beside the head of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamState {
    /// The stream.
    pub stream: StreamId,
    /// The highest epoch of its lease.
    pub epoch: u64,
    /// The highest placeholder number given in it.
    pub placeholders: u64,
}

/// A lease that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLease {
    /// The lease.
    pub lease: Lease,
    /// True when it takes one of the slots.
    pub slot: bool,
    /// How long it still holds without renewal.
    pub left: Duration,
}

/// A record as it is stored: nothing parsed. Bytes that are not UTF-8 appear as U+FFFD.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table `records`")]
pub struct Stored {
    pub seq: i64,
    pub at: String,
    pub actor: String,
    pub trust: String,
    pub kind: String,
    pub body: String,
    pub prev: String,
    pub hash: String,
}
