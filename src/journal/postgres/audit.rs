//! Everything as it is stored, for verification, copying and those who look after the store.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use sqlx::{Row, postgres::PgRow};

use super::{PostgresStore, link::Fault};
use crate::journal::{
    Hash, Head, Lease, StoreError, StreamId,
    checkpoint::{Checkpoint, PublicKey},
    numbers::unsigned,
    store::{Audit, HeldLease, Stored, StreamState},
};

#[async_trait]
impl Audit for PostgresStore {
    async fn stored_streams(&self) -> Result<Vec<String>, StoreError> {
        let query = "SELECT stream FROM heads WHERE seq > 0 UNION SELECT DISTINCT stream FROM records \
             UNION SELECT DISTINCT stream FROM checkpoints ORDER BY 1";
        self.all(query, |row| Ok(row.try_get(0)?)).await
    }

    async fn stored(&self, stream: &str, after: i64, limit: u32) -> Result<Vec<Stored>, StoreError> {
        let args = (stream.to_owned(), after, limit);
        self.link
            .long(args, |connection, (stream, after, limit)| {
                async move {
                    let rows = sqlx::query(
                        "SELECT seq, at, actor, trust, kind, body, prev, hash FROM records \
                         WHERE stream = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                    )
                    .bind(stream)
                    .bind(after)
                    .bind(i64::from(*limit))
                    .fetch_all(connection)
                    .await?;
                    rows.iter().map(stored).collect::<Result<_, Fault>>()
                }
                .boxed()
            })
            .await
    }

    async fn stored_head(&self, stream: &str) -> Result<Option<Head>, StoreError> {
        self.link
            .short(stream.to_owned(), |connection, stream| {
                async move {
                    let row = sqlx::query("SELECT seq, hash FROM heads WHERE stream = $1")
                        .bind(stream)
                        .fetch_optional(connection)
                        .await?;
                    row.map(|row| {
                        Ok(Head {
                            seq: unsigned(row.try_get(0)?)?,
                            hash: Hash(row.try_get(1)?),
                        })
                    })
                    .transpose()
                }
                .boxed()
            })
            .await
    }

    async fn checkpoints(&self, stream: &str) -> Result<Vec<Checkpoint>, StoreError> {
        self.link
            .long(stream.to_owned(), |connection, stream| {
                async move {
                    let rows = sqlx::query(
                        "SELECT seq, hash, key, signature FROM checkpoints WHERE stream = $1 ORDER BY seq",
                    )
                    .bind(stream)
                    .fetch_all(connection)
                    .await?;
                    rows.iter()
                        .map(|row| {
                            Ok(Checkpoint {
                                seq: unsigned(row.try_get(0)?)?,
                                hash: row.try_get(1)?,
                                key: row.try_get(2)?,
                                signature: row.try_get(3)?,
                            })
                        })
                        .collect::<Result<_, Fault>>()
                }
                .boxed()
            })
            .await
    }

    async fn blob_ids(&self) -> Result<Vec<String>, StoreError> {
        self.all("SELECT id FROM blobs ORDER BY id", |row| Ok(row.try_get(0)?))
            .await
    }

    /// What keeps records from being changed, and is switched off or gone.
    async fn database_faults(&self) -> Result<Vec<String>, StoreError> {
        let query = "SELECT w.name FROM unnest(ARRAY['records_are_kept', 'records_are_appended', 'blobs_are_kept', \
             'checkpoints_are_kept', 'signers_are_kept']) w (name) \
             WHERE NOT EXISTS (SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
                 WHERE t.tgname = w.name AND t.tgenabled IN ('O', 'A') \
                 AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema))";
        self.all(query, |row| {
            let name: &str = row.try_get(0)?;
            Ok(format!("the trigger {name} is switched off or gone"))
        })
        .await
    }

    fn public_key(&self) -> PublicKey {
        self.signer.public()
    }

    async fn signers(&self) -> Result<Vec<PublicKey>, StoreError> {
        self.all("SELECT key FROM signers ORDER BY since, key", |row| {
            let key: &str = row.try_get(0)?;
            Ok(key.parse().map_err(StoreError::Damaged)?)
        })
        .await
    }

    async fn states(&self) -> Result<Vec<StreamState>, StoreError> {
        self.all(
            "SELECT stream, epoch, placeholders FROM heads ORDER BY stream",
            |row| {
                Ok(StreamState {
                    stream: stream(row, 0)?,
                    epoch: unsigned(row.try_get(1)?)?,
                    placeholders: unsigned(row.try_get(2)?)?,
                })
            },
        )
        .await
    }

    async fn cursors(&self) -> Result<Vec<(String, StreamId, u64)>, StoreError> {
        self.all(
            "SELECT name, stream, seq FROM cursors ORDER BY name, stream",
            |row| Ok((row.try_get(0)?, stream(row, 1)?, unsigned(row.try_get(2)?)?)),
        )
        .await
    }

    async fn leases(&self) -> Result<Vec<HeldLease>, StoreError> {
        let query = "SELECT stream, owner, epoch, slots IS NOT NULL, \
             (1000 * extract(epoch FROM expires - clock_timestamp()))::bigint \
             FROM leases WHERE expires > clock_timestamp() ORDER BY stream";
        self.all(query, |row| {
            Ok(HeldLease {
                lease: Lease {
                    stream: stream(row, 0)?,
                    owner: row.try_get(1)?,
                    epoch: unsigned(row.try_get(2)?)?,
                },
                slot: row.try_get(3)?,
                left: Duration::from_millis(unsigned(row.try_get::<i64, _>(4)?.max(0))?),
            })
        })
        .await
    }
}

impl PostgresStore {
    /// Every row of a query without arguments.
    pub(super) async fn all<T: Send + 'static>(
        &self,
        query: &'static str,
        read: fn(&PgRow) -> Result<T, Fault>,
    ) -> Result<Vec<T>, StoreError> {
        self.link
            .long((query, read), |connection, (query, read)| {
                async move {
                    let rows = sqlx::query(*query).fetch_all(connection).await?;
                    rows.iter().map(read).collect::<Result<_, Fault>>()
                }
                .boxed()
            })
            .await
    }
}

fn stream(row: &PgRow, column: usize) -> Result<StreamId, Fault> {
    Ok(row
        .try_get::<&str, _>(column)?
        .parse()
        .map_err(StoreError::Damaged)?)
}

fn stored(row: &PgRow) -> Result<Stored, Fault> {
    Ok(Stored {
        seq: row.try_get(0)?,
        at: row.try_get(1)?,
        actor: row.try_get(2)?,
        trust: row.try_get(3)?,
        kind: row.try_get(4)?,
        body: row.try_get(5)?,
        prev: row.try_get(6)?,
        hash: row.try_get(7)?,
    })
}
