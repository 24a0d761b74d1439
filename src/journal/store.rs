//! What a database must do to hold a journal.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;

use super::{Draft, Hash, Head, Record, StreamId};

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

/// What can go wrong in a store.
#[derive(Debug, thiserror::Error)]
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
    /// The database itself failed.
    #[error("the journal's database failed: {0}")]
    Database(String),
    /// The stored bytes do not make sense.
    #[error("the journal is damaged: {0}\nhint: run midwatch journal verify")]
    Damaged(String),
}

/// A database that holds the journal of one space.
///
/// Every method may be called from several tasks, processes and (for a server database) hosts at once.
#[async_trait]
pub trait Store: Send + Sync {
    /// Appends to one or several streams in one transaction: all of it is durable on return, or none of it.
    /// `at` is the time of writing. Returns the records, in the order given.
    async fn append(&self, at: jiff::Timestamp, batch: Vec<Append>) -> Result<Vec<Record>, StoreError>;

    /// Up to `limit` records of a stream with numbers above `after`, in order.
    async fn read(&self, stream: &StreamId, after: u64, limit: u32) -> Result<Vec<Record>, StoreError>;

    /// The end of every stream.
    async fn heads(&self) -> Result<BTreeMap<StreamId, Head>, StoreError>;

    /// Keeps bytes under their SHA-256 and returns it; keeping the same bytes twice is one blob.
    async fn put_blob(&self, bytes: &[u8]) -> Result<Hash, StoreError>;

    /// The bytes kept under a SHA-256.
    async fn get_blob(&self, id: &Hash) -> Result<Vec<u8>, StoreError>;

    /// Takes the lease on a stream when nobody holds it (or its time is over by the database's clock).
    async fn acquire(
        &self,
        stream: &StreamId,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError>;

    /// Prolongs a lease; false when it was lost.
    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<bool, StoreError>;

    /// Gives a lease back.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Resolves when something may have been appended, by this process or another, since the last call returned.
    async fn changed(&self);

    /// A durable cursor by name: how far a follower has come in each stream.
    async fn cursor(&self, name: &str) -> Result<BTreeMap<StreamId, u64>, StoreError>;

    /// Stores a durable cursor.
    async fn set_cursor(&self, name: &str, at: &BTreeMap<StreamId, u64>) -> Result<(), StoreError>;
}
