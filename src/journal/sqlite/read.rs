//! Reading records and heads.

use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool, sqlite::SqliteRow};

use super::{signed, unsigned};
use crate::journal::{Actor, Hash, Head, Kind, Record, StoreError, StreamId, store::Moved};

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
    in_order(stream, after, &rows)
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
    in_order(stream, after, &rows)
}

/// The records of these rows. In a damaged file a row may stand in a place that its number does not belong to; whoever goes on
/// from the last number would go in a circle.
fn in_order(stream: &StreamId, mut after: u64, rows: &[SqliteRow]) -> Result<Vec<Record>, StoreError> {
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        let record = record(stream, row)?;
        if record.seq <= after {
            return Err(StoreError::Damaged(format!(
                "record {} of {stream} stands after record {after}",
                record.seq
            )));
        }
        after = record.seq;
        records.push(record);
    }
    Ok(records)
}

pub(super) async fn find(
    reader: &SqlitePool,
    stream: &StreamId,
    words: &[String],
) -> Result<Vec<u64>, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT seq FROM records WHERE stream = ");
    query.push_bind(stream.as_str());
    for word in words {
        // Words stand in a JSON text, so as JSON writes them; what LIKE takes for wildcards is meant literally.
        let json = serde_json::Value::from(word.as_str()).to_string();
        let inside = json
            .trim_matches('"')
            .replace('\\', r"\\")
            .replace('%', r"\%")
            .replace('_', r"\_");
        query
            .push(" AND (body LIKE ")
            .push_bind(format!("%{inside}%"))
            .push(r" ESCAPE '\'");
        query
            .push(" OR kind LIKE ")
            .push_bind(format!("%{inside}%"))
            .push(r" ESCAPE '\')");
    }
    query.push(" ORDER BY seq");
    let rows = query.build().fetch_all(reader).await?;
    rows.iter().map(|row| unsigned(row.try_get(0)?)).collect()
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
