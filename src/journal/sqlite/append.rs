//! Appending: one transaction, all or nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{Row, Sqlite, SqlitePool, Transaction};

use crate::journal::{
    Append, Hash, Head, Record, StoreError, StreamId,
    canonical::{Sealed, time},
    checkpoint::{Checkpoint, Signer},
    numbers::{signed, unsigned},
    sealing::{Tail, seal_batch},
};

pub(super) async fn append(
    writer: &SqlitePool,
    signer: &Signer,
    at: Timestamp,
    batch: Vec<Append>,
) -> Result<Vec<Record>, StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let mut tails = BTreeMap::new();
    for append in &batch {
        if !tails.contains_key(&append.stream) {
            let tail = read_tail(&mut transaction, &append.stream).await?;
            tails.insert(append.stream.clone(), tail);
        }
    }
    let sealing = seal_batch(tails.clone(), signer, at, batch)?;
    for (stream, before) in &tails {
        let grows = sealing.tails.get(stream).is_some_and(|after| after != before);
        if before.head.seq == 0 && grows {
            // Records refer to their stream's head, so that has to be there first.
            sqlx::query("INSERT INTO heads (stream, seq, hash) VALUES (?, 0, ?) ON CONFLICT DO NOTHING")
                .bind(stream.as_str())
                .bind(&before.head.hash.0)
                .execute(&mut *transaction)
                .await?;
        }
    }
    for sealed in &sealing.sealed {
        insert(&mut transaction, sealed).await?;
    }
    for (stream, checkpoint) in &sealing.checkpoints {
        sign(&mut transaction, stream, checkpoint).await?;
    }
    for (stream, tail) in &sealing.tails {
        write_tail(&mut transaction, stream, tail).await?;
    }
    transaction.commit().await?;
    Ok(sealing.into_records())
}

async fn insert(transaction: &mut Transaction<'_, Sqlite>, sealed: &Sealed) -> Result<(), StoreError> {
    let Sealed { record, body } = sealed;
    sqlx::query(
        "INSERT INTO records (stream, seq, at, actor, trust, kind, body, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(record.stream.as_str())
    .bind(signed(record.seq))
    .bind(time(record.at))
    .bind(record.actor.to_string())
    .bind(record.trust.as_str())
    .bind(record.kind.to_string())
    .bind(body)
    .bind(&record.prev.0)
    .bind(&record.hash.0)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn sign(
    transaction: &mut Transaction<'_, Sqlite>,
    stream: &StreamId,
    checkpoint: &Checkpoint,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO checkpoints (stream, seq, hash, key, signature) VALUES (?, ?, ?, ?, ?)")
        .bind(stream.as_str())
        .bind(signed(checkpoint.seq))
        .bind(&checkpoint.hash)
        .bind(&checkpoint.key)
        .bind(&checkpoint.signature)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn read_tail(transaction: &mut Transaction<'_, Sqlite>, stream: &StreamId) -> Result<Tail, StoreError> {
    let row = sqlx::query("SELECT seq, hash, epoch, closed FROM heads WHERE stream = ?")
        .bind(stream.as_str())
        .fetch_optional(&mut **transaction)
        .await?;
    let Some(row) = row else {
        return Ok(Tail::default());
    };
    Ok(Tail {
        head: Head {
            seq: unsigned(row.try_get(0)?)?,
            hash: Hash(row.try_get(1)?),
        },
        epoch: unsigned(row.try_get(2)?)?,
        closed: row.try_get::<i64, _>(3)? != 0,
    })
}

async fn write_tail(
    transaction: &mut Transaction<'_, Sqlite>,
    stream: &StreamId,
    tail: &Tail,
) -> Result<(), StoreError> {
    // Writers take turns, so the highest mark is safe to count on from here.
    sqlx::query(
        "UPDATE heads SET seq = ?, hash = ?, closed = ?, mark = 1 + (SELECT MAX(mark) FROM heads) \
         WHERE stream = ? AND seq <> ?",
    )
    .bind(signed(tail.head.seq))
    .bind(&tail.head.hash.0)
    .bind(i64::from(tail.closed))
    .bind(stream.as_str())
    .bind(signed(tail.head.seq))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
