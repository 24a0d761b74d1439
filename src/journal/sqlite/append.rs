//! Appending: one transaction, all or nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{Row, Sqlite, SqlitePool, Transaction};

use super::{signed, unsigned};
use crate::journal::{
    Append, Hash, Head, Kind, Record, StoreError, StreamId,
    canonical::{Sealed, seal, time},
    checkpoint::{self, Signer},
};

/// A stream while a transaction appends to it.
struct Tail {
    head: Head,
    epoch: u64,
    closed: bool,
}

pub(super) async fn append(
    writer: &SqlitePool,
    signer: &Signer,
    at: Timestamp,
    batch: Vec<Append>,
) -> Result<Vec<Record>, StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let mut tails = BTreeMap::new();
    let mut records = Vec::with_capacity(batch.iter().map(|append| append.drafts.len()).sum());
    for append in batch {
        let stream = append.stream.clone();
        let mut tail = match tails.remove(&stream) {
            Some(tail) => tail,
            None => read_tail(&mut transaction, &stream).await?,
        };
        extend(&mut transaction, signer, at, append, &mut tail, &mut records).await?;
        tails.insert(stream, tail);
    }
    for (stream, tail) in &tails {
        write_tail(&mut transaction, stream, tail).await?;
    }
    transaction.commit().await?;
    Ok(records)
}

async fn extend(
    transaction: &mut Transaction<'_, Sqlite>,
    signer: &Signer,
    at: Timestamp,
    append: Append,
    tail: &mut Tail,
    records: &mut Vec<Record>,
) -> Result<(), StoreError> {
    let Append {
        stream,
        expected,
        epoch,
        drafts,
    } = append;
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
    if tail.head.seq == 0 && !drafts.is_empty() {
        // Records refer to their stream's head, so that has to be there first.
        sqlx::query("INSERT INTO heads (stream, seq, hash) VALUES (?, 0, ?) ON CONFLICT DO NOTHING")
            .bind(stream.as_str())
            .bind(&tail.head.hash.0)
            .execute(&mut **transaction)
            .await?;
    }
    for draft in drafts {
        if tail.closed {
            return Err(StoreError::Closed { stream });
        }
        let sealed = seal(&stream, &tail.head, at, draft)?;
        insert(transaction, &sealed).await?;
        let Sealed { record, .. } = sealed;
        tail.head = Head {
            seq: record.seq,
            hash: record.hash.clone(),
        };
        tail.closed = stream.is_investigation() && record.kind == Kind::End;
        if tail.closed || record.seq.is_multiple_of(checkpoint::INTERVAL) {
            sign(transaction, signer, &stream, &tail.head).await?;
        }
        records.push(record);
    }
    Ok(())
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
    signer: &Signer,
    stream: &StreamId,
    head: &Head,
) -> Result<(), StoreError> {
    let checkpoint = signer.sign(stream, head);
    sqlx::query("INSERT INTO checkpoints (stream, seq, hash, key, signature) VALUES (?, ?, ?, ?, ?)")
        .bind(stream.as_str())
        .bind(signed(checkpoint.seq))
        .bind(checkpoint.hash)
        .bind(checkpoint.key)
        .bind(checkpoint.signature)
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
        return Ok(Tail {
            head: Head {
                seq: 0,
                hash: Hash::zero(),
            },
            epoch: 0,
            closed: false,
        });
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
