//! Reading records and heads.

use std::sync::Arc;

use futures_util::FutureExt;
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::link::{Fault, Link};
use crate::journal::{
    Hash, Head, Kind, Record, StoreError, StreamId,
    columns::{Columns, in_order, inside_json},
    numbers::{signed, unsigned},
    store::Moved,
};

pub(super) async fn records(
    link: &Arc<Link>,
    stream: &StreamId,
    after: u64,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    let args = (stream.clone(), after, limit);
    link.long(args, |connection, (stream, after, limit)| {
        async move {
            let rows = sqlx::query(
                "SELECT seq, at, actor, trust, kind, body, prev, hash FROM records \
                 WHERE stream = $1 AND seq > $2 ORDER BY seq LIMIT $3",
            )
            .bind(stream.as_str())
            .bind(signed(*after))
            .bind(i64::from(*limit))
            .fetch_all(connection)
            .await?;
            records_of(stream, *after, &rows)
        }
        .boxed()
    })
    .await
}

pub(super) async fn kinds(
    link: &Arc<Link>,
    stream: &StreamId,
    kinds: &[Kind],
    after: u64,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    let args = (stream.clone(), kinds, after, limit);
    link.long(args, |connection, (stream, kinds, after, limit)| {
        async move {
            let rows = sqlx::query(
                "SELECT seq, at, actor, trust, kind, body, prev, hash FROM records \
                 WHERE stream = $1 AND kind = ANY($2) AND seq > $3 ORDER BY seq LIMIT $4",
            )
            .bind(stream.as_str())
            .bind(kinds)
            .bind(signed(*after))
            .bind(i64::from(*limit))
            .fetch_all(connection)
            .await?;
            records_of(stream, *after, &rows)
        }
        .boxed()
    })
    .await
}

fn records_of(stream: &StreamId, after: u64, rows: &[PgRow]) -> Result<Vec<Record>, Fault> {
    let records = rows.iter().map(|row| record(stream, row));
    Ok(in_order(stream, after, records.collect::<Result<_, _>>()?)?)
}

fn record(stream: &StreamId, row: &PgRow) -> Result<Record, Fault> {
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
    Ok(columns.record(stream, seq)?)
}

/// ASCII letters alike in either case: folded by the "C" collation, and no others, as SQLite does it.
pub(super) async fn find(
    link: &Arc<Link>,
    stream: &StreamId,
    words: &[String],
) -> Result<Vec<u64>, StoreError> {
    let patterns: Vec<String> = words
        .iter()
        .map(|word| inside_json(word).to_ascii_lowercase())
        .collect();
    link.long((stream.clone(), patterns), |connection, (stream, patterns)| {
        async move {
            let rows = sqlx::query(
                r#"SELECT seq FROM records WHERE stream = $1
                   AND lower(body COLLATE "C") || ' ' || kind LIKE ALL ($2) ORDER BY seq"#,
            )
            .bind(stream.as_str())
            .bind(patterns)
            .fetch_all(connection)
            .await?;
            rows.iter()
                .map(|row| Ok(unsigned(row.try_get(0)?)?))
                .collect::<Result<Vec<_>, Fault>>()
        }
        .boxed()
    })
    .await
}

pub(super) async fn head(link: &Arc<Link>, stream: &StreamId) -> Result<Head, StoreError> {
    link.short(stream.clone(), |connection, stream| {
        async move {
            let row = sqlx::query("SELECT seq, hash FROM heads WHERE stream = $1")
                .bind(stream.as_str())
                .fetch_optional(connection)
                .await?;
            match row {
                Some(row) => read_head(&row, 0),
                None => Ok(Head {
                    seq: 0,
                    hash: Hash::zero(),
                }),
            }
        }
        .boxed()
    })
    .await
}

/// The mark is the oldest transaction that was under way when the heads were read: whatever older ones appended was seen,
/// whatever it or a younger one appends is named the next time, though it may have been seen already. A mark beyond the
/// transactions of this server comes from another one, which this one has taken the place of: all streams are named then.
pub(super) async fn moved(link: &Arc<Link>, since: u64) -> Result<Moved, StoreError> {
    link.long(since, |connection, since| read_moved(connection, *since).boxed())
        .await
}

async fn read_moved(connection: &mut PgConnection, since: u64) -> Result<Moved, Fault> {
    let rows = sqlx::query(
        "SELECT x.oldest, h.stream, h.seq, h.hash \
         FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest) x \
         LEFT JOIN heads h ON h.seq > 0 AND h.moved >= CASE WHEN $1 > x.oldest THEN 0 ELSE $1 END",
    )
    .bind(signed(since))
    .fetch_all(connection)
    .await?;
    let mut moved = Moved {
        mark: since,
        ..Moved::default()
    };
    for row in rows {
        moved.mark = unsigned(row.try_get(0)?)?;
        let Some(stream) = row.try_get::<Option<&str>, _>(1)? else {
            continue;
        };
        let stream = stream.parse().map_err(StoreError::Damaged)?;
        moved.heads.insert(stream, read_head(&row, 2)?);
    }
    Ok(moved)
}

fn read_head(row: &PgRow, column: usize) -> Result<Head, Fault> {
    Ok(Head {
        seq: unsigned(row.try_get(column)?)?,
        hash: Hash(row.try_get(column + 1)?),
    })
}
