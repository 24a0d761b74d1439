//! Reading records and heads.

use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool, sqlite::SqliteRow};

use crate::journal::{
    Hash, Head, Kind, Record, StoreError, StreamId,
    columns::{Columns, in_order, inside_json},
    numbers::{signed, unsigned},
    store::Moved,
};

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
    records_of(stream, after, &rows)
}

/// The numbers come from the index by kind alone, and only the rows that are wanted are read.
pub(super) async fn kinds(
    reader: &SqlitePool,
    stream: &StreamId,
    kinds: &[Kind],
    after: u64,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "SELECT seq, at, actor, trust, kind, body, prev, hash FROM records WHERE stream = ",
    );
    query.push_bind(stream.as_str());
    query.push(" AND seq IN (SELECT seq FROM records INDEXED BY records_by_kind WHERE stream = ");
    query.push_bind(stream.as_str()).push(" AND kind IN (");
    let mut list = query.separated(", ");
    for kind in kinds {
        list.push_bind(kind.to_string());
    }
    query.push(") AND seq > ").push_bind(signed(after));
    query.push(" ORDER BY seq LIMIT ").push_bind(i64::from(limit));
    query.push(") ORDER BY seq");
    let rows = query.build().fetch_all(reader).await?;
    records_of(stream, after, &rows)
}

fn records_of(stream: &StreamId, after: u64, rows: &[SqliteRow]) -> Result<Vec<Record>, StoreError> {
    let records = rows.iter().map(|row| record(stream, row));
    in_order(stream, after, records.collect::<Result<_, _>>()?)
}

pub(super) async fn find(
    reader: &SqlitePool,
    stream: &StreamId,
    words: &[String],
) -> Result<Vec<u64>, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT seq FROM records WHERE stream = ");
    query.push_bind(stream.as_str());
    for word in words {
        let inside = inside_json(word);
        query
            .push(" AND (body LIKE ")
            .push_bind(inside.clone())
            .push(r" ESCAPE '\'");
        query
            .push(" OR kind LIKE ")
            .push_bind(inside)
            .push(r" ESCAPE '\')");
    }
    query.push(" ORDER BY seq");
    let rows = query.build().fetch_all(reader).await?;
    rows.iter().map(|row| unsigned(row.try_get(0)?)).collect()
}

fn record(stream: &StreamId, row: &SqliteRow) -> Result<Record, StoreError> {
    let seq = unsigned(row.try_get(0)?)?;
    let columns = Columns {
        at: row.try_get(1)?,
        actor: row.try_get(2)?,
        trust: row.try_get(3)?,
        kind: row.try_get(4)?,
        body: row.try_get(5)?,
        prev: row.try_get(6)?,
        hash: row.try_get(7)?,
    };
    columns.record(stream, seq)
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
