//! Reading records and heads.

use sqlx::{Row, SqlitePool, sqlite::SqliteRow};

use super::{signed, unsigned};
use crate::journal::{Actor, Hash, Head, Record, StoreError, StreamId, store::Moved};

pub(super) async fn records(
    reader: &SqlitePool,
    stream: &StreamId,
    after: u64,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, at, actor, trust, kind, body, prev, hash FROM records \
         WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?",
    )
    .bind(stream.as_str())
    .bind(signed(after))
    .bind(i64::from(limit))
    .fetch_all(reader)
    .await?;
    rows.iter().map(|row| record(stream, row)).collect()
}

fn record(stream: &StreamId, row: &SqliteRow) -> Result<Record, StoreError> {
    let seq = unsigned(row.try_get(0)?)?;
    let damaged =
        |what: &str, why: String| StoreError::Damaged(format!("the {what} of {stream} record {seq}: {why}"));
    let word = |column: usize| row.try_get::<&str, _>(column);
    Ok(Record {
        stream: stream.clone(),
        seq,
        at: word(1)?
            .parse()
            .map_err(|error: jiff::Error| damaged("time", error.to_string()))?,
        actor: Actor::try_from(word(2)?.to_owned()).map_err(|why| damaged("actor", why))?,
        trust: word(3)?.parse().map_err(|why| damaged("trust", why))?,
        kind: word(4)?.parse().map_err(|why| damaged("kind", why))?,
        body: serde_json::from_str(word(5)?).map_err(|error| damaged("body", error.to_string()))?,
        prev: Hash(word(6)?.to_owned()),
        hash: Hash(word(7)?.to_owned()),
    })
}

pub(super) async fn head(reader: &SqlitePool, stream: &StreamId) -> Result<Head, StoreError> {
    let row = sqlx::query("SELECT seq, hash FROM heads WHERE stream = ?")
        .bind(stream.as_str())
        .fetch_optional(reader)
        .await?;
    match row {
        Some(row) => read_head(&row, 0),
        None => Ok(Head {
            seq: 0,
            hash: Hash::zero(),
        }),
    }
}

pub(super) async fn moved(reader: &SqlitePool, since: u64) -> Result<Moved, StoreError> {
    let rows = sqlx::query("SELECT stream, seq, hash, mark FROM heads WHERE mark > ?")
        .bind(signed(since))
        .fetch_all(reader)
        .await?;
    let mut moved = Moved {
        mark: since,
        ..Moved::default()
    };
    for row in rows {
        let stream = row.try_get::<&str, _>(0)?.parse().map_err(StoreError::Damaged)?;
        moved.heads.insert(stream, read_head(&row, 1)?);
        moved.mark = moved.mark.max(unsigned(row.try_get(3)?)?);
    }
    Ok(moved)
}

fn read_head(row: &SqliteRow, column: usize) -> Result<Head, StoreError> {
    Ok(Head {
        seq: unsigned(row.try_get(column)?)?,
        hash: Hash(row.try_get(column + 1)?),
    })
}
