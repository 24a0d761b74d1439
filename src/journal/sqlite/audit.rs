//! Everything as it is stored, for verification.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{Row, sqlite::SqliteRow};

use super::SqliteStore;
use crate::journal::{
    Hash, Head, Lease, StoreError, StreamId,
    checkpoint::{Checkpoint, PublicKey},
    numbers::unsigned,
    store::{Audit, HeldLease, Stored, StreamState},
};

#[async_trait]
impl Audit for SqliteStore {
    async fn stored_streams(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(
            "SELECT stream FROM heads WHERE seq > 0 UNION SELECT stream FROM records \
             UNION SELECT stream FROM checkpoints ORDER BY 1",
        )
        .fetch_all(&self.reader)
        .await?;
        rows.iter().map(|row| text(row, 0)).collect()
    }

    async fn stored(&self, stream: &str, after: i64, limit: u32) -> Result<Vec<Stored>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, at, actor, trust, kind, body, prev, hash FROM records \
             WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?",
        )
        .bind(stream)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Stored {
                    seq: row.try_get(0)?,
                    at: text(row, 1)?,
                    actor: text(row, 2)?,
                    trust: text(row, 3)?,
                    kind: text(row, 4)?,
                    body: text(row, 5)?,
                    prev: text(row, 6)?,
                    hash: text(row, 7)?,
                })
            })
            .collect()
    }

    async fn stored_head(&self, stream: &str) -> Result<Option<Head>, StoreError> {
        let row = sqlx::query("SELECT seq, hash FROM heads WHERE stream = ?")
            .bind(stream)
            .fetch_optional(&self.reader)
            .await?;
        row.map(|row| {
            Ok(Head {
                seq: unsigned(row.try_get(0)?)?,
                hash: Hash(text(&row, 1)?),
            })
        })
        .transpose()
    }

    async fn checkpoints(&self, stream: &str) -> Result<Vec<Checkpoint>, StoreError> {
        let rows =
            sqlx::query("SELECT seq, hash, key, signature FROM checkpoints WHERE stream = ? ORDER BY seq")
                .bind(stream)
                .fetch_all(&self.reader)
                .await?;
        rows.iter()
            .map(|row| {
                Ok(Checkpoint {
                    seq: unsigned(row.try_get(0)?)?,
                    hash: text(row, 1)?,
                    key: text(row, 2)?,
                    signature: text(row, 3)?,
                })
            })
            .collect()
    }

    async fn blob_ids(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("SELECT id FROM blobs ORDER BY id")
            .fetch_all(&self.reader)
            .await?;
        rows.iter().map(|row| text(row, 0)).collect()
    }

    async fn database_faults(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("PRAGMA quick_check(20)")
            .fetch_all(&self.reader)
            .await?;
        let mut faults = rows
            .iter()
            .map(|row| text(row, 0))
            .collect::<Result<Vec<_>, _>>()?;
        faults.retain(|fault| fault != "ok");
        Ok(faults)
    }

    fn public_key(&self) -> PublicKey {
        self.signer.public()
    }

    async fn signers(&self) -> Result<Vec<PublicKey>, StoreError> {
        Ok(vec![self.signer.public()])
    }

    async fn states(&self) -> Result<Vec<StreamState>, StoreError> {
        let rows = sqlx::query("SELECT stream, epoch, placeholders FROM heads ORDER BY stream")
            .fetch_all(&self.reader)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(StreamState {
                    stream: text(row, 0)?.parse().map_err(StoreError::Damaged)?,
                    epoch: unsigned(row.try_get(1)?)?,
                    placeholders: unsigned(row.try_get(2)?)?,
                })
            })
            .collect()
    }

    async fn cursors(&self) -> Result<Vec<(String, StreamId, u64)>, StoreError> {
        let rows = sqlx::query("SELECT name, stream, seq FROM cursors ORDER BY name, stream")
            .fetch_all(&self.reader)
            .await?;
        rows.iter()
            .map(|row| {
                let stream = text(row, 1)?.parse().map_err(StoreError::Damaged)?;
                Ok((text(row, 0)?, stream, unsigned(row.try_get(2)?)?))
            })
            .collect()
    }

    async fn leases(&self) -> Result<Vec<HeldLease>, StoreError> {
        let rows = sqlx::query(
            "SELECT stream, owner, epoch, slots IS NOT NULL, expires - CAST(1000 * unixepoch('subsec') AS INTEGER) AS left \
             FROM leases WHERE left > 0 ORDER BY stream",
        )
        .fetch_all(&self.reader)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(HeldLease {
                    lease: Lease {
                        stream: text(row, 0)?.parse().map_err(StoreError::Damaged)?,
                        owner: text(row, 1)?,
                        epoch: unsigned(row.try_get(2)?)?,
                    },
                    slot: row.try_get::<i64, _>(3)? != 0,
                    left: Duration::from_millis(unsigned(row.try_get(4)?)?),
                })
            })
            .collect()
    }
}

/// Text as it is stored, which after damage need not be UTF-8.
fn text(row: &SqliteRow, column: usize) -> Result<String, StoreError> {
    let bytes: &[u8] = row.try_get_unchecked(column)?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}
