//! The journal on a PostgreSQL server, for several hosts: a schema a space.
//!
//! Every operation is one statement, so that no worker holds a lock while it thinks, is frozen or cut off, and every one may be
//! done twice: what failed because the server was away is tried again until it is back ([`link`]). All times that leases go by
//! are the server's. A record is on the server's disk before any connection can see it.

mod append;
mod audit;
mod blobs;
mod import;
mod link;
mod names;
mod open;
mod read;
pub mod setup;
mod side;
mod watch;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
pub use link::Limits;
use link::Link;
pub use open::{Options, server};

use self::watch::Watch;
use super::{
    Append, Grant, Hash, Head, Kind, Lease, Record, Setting, Store, StoreError, StreamId, checkpoint::Signer,
    store::Moved,
};

/// A journal on a PostgreSQL server.
#[derive(Debug)]
pub struct PostgresStore {
    link: Arc<Link>,
    signer: Signer,
    watch: Watch,
    /// What this store's appends say when they are told.
    own: String,
    place: String,
}

impl PostgresStore {
    /// Where it is, for a person.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The server's version, for a person.
    pub async fn server(&self) -> Result<String, StoreError> {
        let mut rows = self
            .all("SELECT current_setting('server_version')", |row| {
                Ok(sqlx::Row::try_get::<String, _>(row, 0)?)
            })
            .await?;
        Ok(rows.pop().unwrap_or_default())
    }

    /// Migrations that were run.
    pub async fn migrations(&self) -> Result<usize, StoreError> {
        Ok(self
            .all("SELECT version FROM migrations", |_| Ok(()))
            .await?
            .len())
    }
}

#[async_trait]
impl Store for PostgresStore {
    /// When it fails with [`StoreError::Away`], it may have been done.
    async fn append(&self, at: jiff::Timestamp, batch: Vec<Append>) -> Result<Vec<Record>, StoreError> {
        let records = append::append(&self.link, &self.signer, &self.own, at, batch).await?;
        if !records.is_empty() {
            self.watch.bump();
        }
        Ok(records)
    }

    async fn read(&self, stream: &StreamId, after: u64, limit: u32) -> Result<Vec<Record>, StoreError> {
        read::records(&self.link, stream, after, limit).await
    }

    async fn read_kinds(
        &self,
        stream: &StreamId,
        kinds: &[Kind],
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        read::kinds(&self.link, stream, kinds, after, limit).await
    }

    async fn find(&self, stream: &StreamId, words: &[String]) -> Result<Vec<u64>, StoreError> {
        read::find(&self.link, stream, words).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Head, StoreError> {
        read::head(&self.link, stream).await
    }

    async fn moved(&self, since: u64) -> Result<Moved, StoreError> {
        read::moved(&self.link, since).await
    }

    async fn put_blob(&self, bytes: Vec<u8>) -> Result<Hash, StoreError> {
        blobs::put(&self.link, bytes).await
    }

    async fn get_blob(&self, id: &Hash) -> Result<Vec<u8>, StoreError> {
        blobs::get(&self.link, id).await
    }

    async fn reserve(&self, stream: &StreamId, after: u64, count: u64) -> Result<u64, StoreError> {
        side::reserve(&self.link, stream, after, count).await
    }

    async fn take(
        &self,
        stream: &StreamId,
        owner: &str,
        ttl: Duration,
        slots: Option<u32>,
    ) -> Result<Grant, StoreError> {
        side::take(&self.link, stream, owner, ttl, slots).await
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<bool, StoreError> {
        side::renew(&self.link, lease, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        side::release(&self.link, lease).await
    }

    fn version(&self) -> u64 {
        self.watch.version()
    }

    async fn changed(&self, seen: u64) -> u64 {
        self.watch.changed(seen).await
    }

    async fn cursor(&self, name: &str) -> Result<BTreeMap<StreamId, u64>, StoreError> {
        side::cursor(&self.link, name).await
    }

    async fn set_cursor(&self, name: &str, at: &BTreeMap<StreamId, u64>) -> Result<(), StoreError> {
        side::set_cursor(&self.link, name, at).await
    }

    async fn settings(&self, prefix: &str) -> Result<BTreeMap<String, Setting>, StoreError> {
        side::settings(&self.link, prefix).await
    }

    async fn set(&self, name: &str, seen: u64, value: Option<&str>) -> Result<Option<u64>, StoreError> {
        side::set(&self.link, name, seen, value).await
    }

    fn trouble(&self) -> Option<String> {
        self.link.trouble()
    }

    async fn close(&self) {
        self.watch.close();
        // A connection that is cut off is not waited for.
        drop(tokio::time::timeout(self.link.limits.short, self.link.pool.close()).await);
    }
}
