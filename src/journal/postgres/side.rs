//! Side tables: leases, placeholder numbers, cursors, settings. Whatever is done twice when an answer was lost comes to the same.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::FutureExt;
use sqlx::Row;

use super::link::{Fault, Link};
use crate::journal::{
    Grant, Hash, Lease, Setting, StoreError, StreamId,
    numbers::{signed, unsigned},
};

pub(super) async fn take(
    link: &Arc<Link>,
    stream: &StreamId,
    owner: &str,
    ttl: Duration,
    slots: Option<u32>,
) -> Result<Grant, StoreError> {
    // A lease that was taken without our hearing of it is known by its token.
    let token = ulid::Ulid::generate().to_string();
    let slots = slots.map(|slots| i32::try_from(slots).unwrap_or(i32::MAX));
    let args = (stream.to_string(), owner.to_owned(), token, millis(ttl), slots);
    let epoch: i64 = link
        .short(args, |connection, (stream, owner, token, ttl, slots)| {
            async move {
                let row = sqlx::query("SELECT take_lease($1, $2, $3, $4, $5)")
                    .bind(stream)
                    .bind(owner)
                    .bind(token)
                    .bind(ttl)
                    .bind(slots)
                    .fetch_one(connection)
                    .await?;
                Ok(row.try_get(0)?)
            }
            .boxed()
        })
        .await?;
    Ok(match epoch {
        0 => Grant::Held,
        -1 => Grant::Full,
        epoch => Grant::Taken(Lease {
            stream: stream.clone(),
            owner: owner.to_owned(),
            epoch: unsigned(epoch)?,
        }),
    })
}

pub(super) async fn renew(link: &Arc<Link>, lease: &Lease, ttl: Duration) -> Result<bool, StoreError> {
    link.short((lease.clone(), millis(ttl)), |connection, (lease, ttl)| {
        async move {
            let row = sqlx::query("SELECT renew_lease($1, $2, $3, $4)")
                .bind(lease.stream.as_str())
                .bind(&lease.owner)
                .bind(signed(lease.epoch))
                .bind(ttl)
                .fetch_one(connection)
                .await?;
            Ok(row.try_get(0)?)
        }
        .boxed()
    })
    .await
}

pub(super) async fn release(link: &Arc<Link>, lease: &Lease) -> Result<(), StoreError> {
    link.short(lease.clone(), |connection, lease| {
        async move {
            sqlx::query("DELETE FROM leases WHERE stream = $1 AND owner = $2 AND epoch = $3")
                .bind(lease.stream.as_str())
                .bind(&lease.owner)
                .bind(signed(lease.epoch))
                .execute(connection)
                .await?;
            Ok(())
        }
        .boxed()
    })
    .await
}

/// When an answer is lost, the numbers that it named are never used: no two secrets share one.
pub(super) async fn reserve(
    link: &Arc<Link>,
    stream: &StreamId,
    after: u64,
    count: u64,
) -> Result<u64, StoreError> {
    let args = (stream.clone(), after, count);
    let highest: i64 = link
        .short(args, |connection, (stream, after, count)| {
            async move {
                let row = sqlx::query(
                    "INSERT INTO heads (stream, seq, hash, placeholders) VALUES ($1, 0, $2, $3 + $4) \
                     ON CONFLICT (stream) DO UPDATE SET placeholders = greatest(heads.placeholders, $3) + $4 \
                     RETURNING placeholders",
                )
                .bind(stream.as_str())
                .bind(&Hash::zero().0)
                .bind(signed(*after))
                .bind(signed(*count))
                .fetch_one(connection)
                .await?;
                Ok(row.try_get(0)?)
            }
            .boxed()
        })
        .await?;
    Ok(unsigned(highest)?.saturating_sub(count))
}

pub(super) async fn cursor(link: &Arc<Link>, name: &str) -> Result<BTreeMap<StreamId, u64>, StoreError> {
    link.short(name.to_owned(), |connection, name| {
        async move {
            let rows = sqlx::query("SELECT stream, seq FROM cursors WHERE name = $1")
                .bind(name)
                .fetch_all(connection)
                .await?;
            rows.iter()
                .map(|row| {
                    let stream = row.try_get::<&str, _>(0)?.parse().map_err(StoreError::Damaged)?;
                    Ok((stream, unsigned(row.try_get(1)?)?))
                })
                .collect::<Result<_, Fault>>()
        }
        .boxed()
    })
    .await
}

/// In the order of the streams, so that no two who store one cursor wait for one another.
pub(super) async fn set_cursor(
    link: &Arc<Link>,
    name: &str,
    at: &BTreeMap<StreamId, u64>,
) -> Result<(), StoreError> {
    let (streams, numbers): (Vec<String>, Vec<i64>) = at
        .iter()
        .map(|(stream, seq)| (stream.to_string(), signed(*seq)))
        .unzip();
    link.short(
        (name.to_owned(), streams, numbers),
        |connection, (name, streams, numbers)| {
            async move {
                sqlx::query(
                    "INSERT INTO cursors (name, stream, seq) SELECT $1, c.stream, c.seq \
                 FROM unnest($2::text[], $3::bigint[]) c (stream, seq) \
                 ON CONFLICT (name, stream) DO UPDATE SET seq = greatest(cursors.seq, excluded.seq) \
                 WHERE cursors.seq < excluded.seq",
                )
                .bind(name)
                .bind(streams)
                .bind(numbers)
                .execute(connection)
                .await?;
                Ok(())
            }
            .boxed()
        },
    )
    .await
}

pub(super) async fn settings(
    link: &Arc<Link>,
    prefix: &str,
) -> Result<BTreeMap<String, Setting>, StoreError> {
    link.short(prefix.to_owned(), |connection, prefix| {
        async move {
            let rows = sqlx::query(
                "SELECT name, version, value FROM settings WHERE starts_with(name, $1) AND value IS NOT NULL",
            )
            .bind(prefix)
            .fetch_all(connection)
            .await?;
            rows.iter()
                .map(|row| {
                    let setting = Setting {
                        version: unsigned(row.try_get(1)?)?,
                        value: row.try_get(2)?,
                    };
                    Ok((row.try_get(0)?, setting))
                })
                .collect::<Result<_, Fault>>()
        }
        .boxed()
    })
    .await
}

/// Sets a value that is not there.
const SET: &str = "WITH done AS (\
     INSERT INTO settings AS s (name, version, value, token) VALUES ($1, 1, $2, $3) \
     ON CONFLICT (name) DO UPDATE SET version = s.version + 1, value = excluded.value, token = excluded.token \
     WHERE s.value IS NULL RETURNING version) \
     SELECT version FROM done UNION ALL SELECT version FROM settings WHERE name = $1 AND token = $3";

/// Sets a value of a version, or takes it away.
const RESET: &str = "WITH done AS (\
     UPDATE settings SET version = version + 1, value = $2, token = $3 \
     WHERE name = $1 AND version = $4 AND value IS NOT NULL RETURNING version) \
     SELECT version FROM done UNION ALL SELECT version FROM settings WHERE name = $1 AND token = $3";

/// What was done without our hearing of it is known by its token.
pub(super) async fn set(
    link: &Arc<Link>,
    name: &str,
    seen: u64,
    value: Option<&str>,
) -> Result<Option<u64>, StoreError> {
    let token = ulid::Ulid::generate().to_string();
    let args = (name.to_owned(), seen, value.map(str::to_owned), token);
    link.short(args, |connection, (name, seen, value, token)| {
        async move {
            let query = match (value, seen) {
                (Some(_), 0) => sqlx::query(SET).bind(name).bind(value).bind(token),
                _ => sqlx::query(RESET)
                    .bind(name)
                    .bind(value)
                    .bind(token)
                    .bind(signed(*seen)),
            };
            let row = query.fetch_optional(connection).await?;
            Ok(row.map(|row| unsigned(row.try_get(0)?)).transpose()?)
        }
        .boxed()
    })
    .await
}

fn millis(ttl: Duration) -> i64 {
    i64::try_from(ttl.as_millis())
        .unwrap_or(i64::MAX / 2)
        .min(1 << 40)
}
