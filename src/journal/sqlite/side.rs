//! Side tables: leases, placeholder numbers, cursors, settings.

use std::{collections::BTreeMap, time::Duration};

use sqlx::{Row, Sqlite, SqlitePool, Transaction};

use crate::journal::{
    Hash, Lease, Setting, StoreError, StreamId,
    numbers::{signed, unsigned},
    store::Grant,
};

/// Milliseconds since 1970 by the database's clock, as an SQL expression.
macro_rules! now {
    () => {
        "CAST(1000 * unixepoch('subsec') AS INTEGER)"
    };
}

const NEW_HEAD: &str = "INSERT INTO heads (stream, seq, hash) VALUES (?, 0, ?) ON CONFLICT DO NOTHING";

pub(super) async fn take(
    writer: &SqlitePool,
    stream: &StreamId,
    owner: &str,
    ttl: Duration,
    slots: Option<u32>,
) -> Result<Grant, StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let held = sqlx::query(concat!(
        "SELECT 1 FROM leases WHERE stream = ? AND expires > ",
        now!()
    ))
    .bind(stream.as_str())
    .fetch_optional(&mut *transaction)
    .await?;
    if held.is_some() {
        return Ok(Grant::Held);
    }
    if let Some(slots) = slots
        && taken(&mut transaction).await? >= i64::from(slots)
    {
        return Ok(Grant::Full);
    }
    sqlx::query(NEW_HEAD)
        .bind(stream.as_str())
        .bind(Hash::zero().0)
        .execute(&mut *transaction)
        .await?;
    let epoch: i64 = sqlx::query("UPDATE heads SET epoch = epoch + 1 WHERE stream = ? RETURNING epoch")
        .bind(stream.as_str())
        .fetch_one(&mut *transaction)
        .await?
        .try_get(0)?;
    sqlx::query(concat!(
        "INSERT INTO leases (stream, owner, epoch, slots, expires) VALUES (?, ?, ?, ?, ? + ", now!(), ") ",
        "ON CONFLICT (stream) DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch, slots = excluded.slots, \
         expires = excluded.expires"
    ))
    .bind(stream.as_str())
    .bind(owner)
    .bind(epoch)
    .bind(slots.map(i64::from))
    .bind(millis(ttl))
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(Grant::Taken(Lease {
        stream: stream.clone(),
        owner: owner.to_owned(),
        epoch: unsigned(epoch)?,
    }))
}

/// Slots that somebody holds.
async fn taken(transaction: &mut Transaction<'_, Sqlite>) -> Result<i64, StoreError> {
    let row = sqlx::query(concat!(
        "SELECT COUNT(*) FROM leases WHERE slots IS NOT NULL AND expires > ",
        now!()
    ))
    .fetch_one(&mut **transaction)
    .await?;
    Ok(row.try_get(0)?)
}

/// A lease that has expired but that nobody has taken since is prolonged all the same: its epoch is still the last. Unless
/// others have all the slots by now.
pub(super) async fn renew(writer: &SqlitePool, lease: &Lease, ttl: Duration) -> Result<bool, StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let row = sqlx::query(concat!(
        "SELECT slots, expires > ",
        now!(),
        " FROM leases WHERE stream = ? AND owner = ? AND epoch = ?"
    ))
    .bind(lease.stream.as_str())
    .bind(&lease.owner)
    .bind(signed(lease.epoch))
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let (slots, holds): (Option<i64>, i64) = (row.try_get(0)?, row.try_get(1)?);
    if let Some(slots) = slots
        && holds == 0
        && taken(&mut transaction).await? >= slots
    {
        return Ok(false);
    }
    sqlx::query(concat!(
        "UPDATE leases SET expires = ? + ",
        now!(),
        " WHERE stream = ?"
    ))
    .bind(millis(ttl))
    .bind(lease.stream.as_str())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(true)
}

pub(super) async fn release(writer: &SqlitePool, lease: &Lease) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM leases WHERE stream = ? AND owner = ? AND epoch = ?")
        .bind(lease.stream.as_str())
        .bind(&lease.owner)
        .bind(signed(lease.epoch))
        .execute(writer)
        .await?;
    Ok(())
}

pub(super) async fn reserve(
    writer: &SqlitePool,
    stream: &StreamId,
    after: u64,
    count: u64,
) -> Result<u64, StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(NEW_HEAD)
        .bind(stream.as_str())
        .bind(Hash::zero().0)
        .execute(&mut *transaction)
        .await?;
    let highest: i64 = sqlx::query(
        "UPDATE heads SET placeholders = MAX(placeholders, ?) + ? WHERE stream = ? RETURNING placeholders",
    )
    .bind(signed(after))
    .bind(signed(count))
    .bind(stream.as_str())
    .fetch_one(&mut *transaction)
    .await?
    .try_get(0)?;
    transaction.commit().await?;
    Ok(unsigned(highest)?.saturating_sub(count))
}

pub(super) async fn cursor(reader: &SqlitePool, name: &str) -> Result<BTreeMap<StreamId, u64>, StoreError> {
    let rows = sqlx::query("SELECT stream, seq FROM cursors WHERE name = ?")
        .bind(name)
        .fetch_all(reader)
        .await?;
    rows.iter()
        .map(|row| {
            let stream = row.try_get::<&str, _>(0)?.parse().map_err(StoreError::Damaged)?;
            Ok((stream, unsigned(row.try_get(1)?)?))
        })
        .collect()
}

pub(super) async fn set_cursor(
    writer: &SqlitePool,
    name: &str,
    at: &BTreeMap<StreamId, u64>,
) -> Result<(), StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    for (stream, seq) in at {
        sqlx::query(
            "INSERT INTO cursors (name, stream, seq) VALUES (?, ?, ?) \
             ON CONFLICT (name, stream) DO UPDATE SET seq = MAX(seq, excluded.seq)",
        )
        .bind(name)
        .bind(stream.as_str())
        .bind(signed(*seq))
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    Ok(())
}

pub(super) async fn settings(
    reader: &SqlitePool,
    prefix: &str,
) -> Result<BTreeMap<String, Setting>, StoreError> {
    let rows = sqlx::query(
        "SELECT name, version, value FROM settings WHERE substr(name, 1, length(?1)) = ?1 AND value IS NOT NULL",
    )
    .bind(prefix)
    .fetch_all(reader)
    .await?;
    rows.iter()
        .map(|row| {
            let setting = Setting {
                version: unsigned(row.try_get(1)?)?,
                value: row.try_get(2)?,
            };
            Ok((row.try_get(0)?, setting))
        })
        .collect()
}

pub(super) async fn set(
    writer: &SqlitePool,
    name: &str,
    seen: u64,
    value: Option<&str>,
) -> Result<Option<u64>, StoreError> {
    let query = match (value, seen) {
        (Some(value), 0) => sqlx::query(
            "INSERT INTO settings (name, version, value) VALUES (?, 1, ?) ON CONFLICT (name) DO UPDATE \
             SET version = version + 1, value = excluded.value WHERE value IS NULL RETURNING version",
        )
        .bind(name)
        .bind(value),
        _ => sqlx::query(
            "UPDATE settings SET value = ?, version = version + 1 WHERE name = ? AND version = ? AND value IS NOT NULL \
             RETURNING version",
        )
        .bind(value)
        .bind(name)
        .bind(signed(seen)),
    };
    let row = query.fetch_optional(writer).await?;
    row.map(|row| unsigned(row.try_get(0)?)).transpose()
}

fn millis(ttl: Duration) -> i64 {
    i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX / 2)
}
