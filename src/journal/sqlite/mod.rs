//! The journal in one SQLite file.
//!
//! One connection writes, a few read; other processes may do the same at the same time. WAL with `synchronous=FULL`: a
//! record is on disk before any connection can see it.

mod append;
mod audit;
mod blobs;
mod open;
mod read;
mod seal;
mod side;
mod watch;

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use sqlx::SqlitePool;

use self::watch::Watch;
use super::{
    Append, Grant, Hash, Head, Kind, Lease, Record, Setting, Store, StoreError, StreamId, checkpoint::Signer,
    store::Moved,
};

/// A journal in SQLite.
#[derive(Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    reader: SqlitePool,
    signer: Signer,
    watch: Watch,
}

impl SqliteStore {
    /// Lets nothing be written any more: the space has moved to a server. Programs that have it open are held to it too.
    pub async fn seal(&self) -> Result<(), StoreError> {
        seal::seal(&self.writer).await
    }

    /// Lets it be written again.
    pub async fn reopen(&self) -> Result<(), StoreError> {
        seal::reopen(&self.writer).await
    }

    /// True when its space has moved to a server.
    pub async fn is_sealed(&self) -> Result<bool, StoreError> {
        seal::is_sealed(&self.reader).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn append(&self, at: jiff::Timestamp, batch: Vec<Append>) -> Result<Vec<Record>, StoreError> {
        let records = append::append(&self.writer, &self.signer, at, batch).await?;
        if !records.is_empty() {
            self.watch.bump();
        }
        Ok(records)
    }

    async fn read(&self, stream: &StreamId, after: u64, limit: u32) -> Result<Vec<Record>, StoreError> {
        read::records(&self.reader, stream, after, limit).await
    }

    async fn read_kinds(
        &self,
        stream: &StreamId,
        kinds: &[Kind],
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        read::kinds(&self.reader, stream, kinds, after, limit).await
    }

    async fn find(&self, stream: &StreamId, words: &[String]) -> Result<Vec<u64>, StoreError> {
        read::find(&self.reader, stream, words).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Head, StoreError> {
        read::head(&self.reader, stream).await
    }

    async fn moved(&self, since: u64) -> Result<Moved, StoreError> {
        read::moved(&self.reader, since).await
    }

    async fn put_blob(&self, bytes: Vec<u8>) -> Result<Hash, StoreError> {
        blobs::put(&self.writer, bytes).await
    }

    async fn get_blob(&self, id: &Hash) -> Result<Vec<u8>, StoreError> {
        blobs::get(&self.reader, id).await
    }

    async fn reserve(&self, stream: &StreamId, after: u64, count: u64) -> Result<u64, StoreError> {
        side::reserve(&self.writer, stream, after, count).await
    }

    async fn take(
        &self,
        stream: &StreamId,
        owner: &str,
        ttl: Duration,
        slots: Option<u32>,
    ) -> Result<Grant, StoreError> {
        side::take(&self.writer, stream, owner, ttl, slots).await
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<bool, StoreError> {
        side::renew(&self.writer, lease, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        side::release(&self.writer, lease).await
    }

    fn version(&self) -> u64 {
        self.watch.version()
    }

    async fn changed(&self, seen: u64) -> u64 {
        self.watch.changed(seen).await
    }

    async fn cursor(&self, name: &str) -> Result<BTreeMap<StreamId, u64>, StoreError> {
        side::cursor(&self.reader, name).await
    }

    async fn set_cursor(&self, name: &str, at: &BTreeMap<StreamId, u64>) -> Result<(), StoreError> {
        side::set_cursor(&self.writer, name, at).await
    }

    async fn settings(&self, prefix: &str) -> Result<BTreeMap<String, Setting>, StoreError> {
        side::settings(&self.reader, prefix).await
    }

    async fn set(&self, name: &str, seen: u64, value: Option<&str>) -> Result<Option<u64>, StoreError> {
        side::set(&self.writer, name, seen, value).await
    }

    async fn close(&self) {
        self.watch.close().await;
        self.reader.close().await;
        self.writer.close().await;
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match primary_code(&error) {
            Some(5 | 6) => Self::Database(
                "another process holds it for too long\nhint: see which other midwatch processes use it"
                    .into(),
            ),
            Some(8) => {
                Self::Database("it cannot be written\nhint: check the owner and mode of the file".into())
            }
            Some(11 | 26) => Self::Damaged(error.to_string()),
            Some(13) => Self::Database("the disk is full".into()),
            Some(19) if error.to_string().contains(seal::MOVED) => Self::Database(format!(
                "{}\nhint: name that server here too ([store] postgres in the configuration); midwatch store reopen goes back to the file",
                seal::MOVED
            )),
            _ => Self::Database(error.to_string()),
        }
    }
}

/// The primary result code of SQLite: the low byte (<https://www.sqlite.org/rescode.html>).
fn primary_code(error: &sqlx::Error) -> Option<i64> {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)?;
    Some(code.parse::<i64>().ok()? & 0xff)
}
