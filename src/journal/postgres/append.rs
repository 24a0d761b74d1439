//! Appending: sealed here on top of tails that were read, written there by one statement when the tails are still so.
//!
//! A commit whose answer is lost may have happened, or may yet. So every append has a token that stands in its records, and
//! before anything is sealed anew the record that would be ours is looked at. A statement that is still on its way cannot do
//! harm then: it asks for tails that will never be again.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::FutureExt;
use jiff::Timestamp;
use sqlx::{PgConnection, Row};

use super::link::{Fault, Link};
use crate::journal::{
    Append, Hash, Head, Record, StoreError, StreamId,
    canonical::time,
    checkpoint::{Checkpoint, Signer},
    numbers::{signed, unsigned},
    sealing::{Sealing, Tail, seal_batch},
};

/// What the database says when a tail is not as it was read.
const MOVED_ON: &str = "MW001";

/// How often a batch is sealed anew because others append to the same streams.
const RIVALS: u32 = 10_000;

pub(super) async fn append(
    link: &Arc<Link>,
    signer: &Signer,
    from: &str,
    at: Timestamp,
    batch: Vec<Append>,
) -> Result<Vec<Record>, StoreError> {
    let token = ulid::Ulid::generate().to_string();
    let streams: Vec<String> = batch
        .iter()
        .map(|append| append.stream.to_string())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    // Sent, and the answer not known.
    let mut sent: Option<Arc<Written>> = None;
    for _ in 0..RIVALS {
        let tails = tails(link, &streams).await?;
        if let Some(written) = sent.take()
            && is_ours(link, &written, &token).await?
        {
            return Ok(written.records.clone());
        }
        let sealing = seal_batch(tails.clone(), signer, at, batch.clone())?;
        if sealing.sealed.is_empty() {
            return Ok(Vec::new());
        }
        let written = Arc::new(Written::new(&token, from, &tails, &batch, sealing));
        let answer = link
            .long(Arc::clone(&written), |connection, written| {
                write(connection, written).boxed()
            })
            .await?;
        match answer {
            Answer::Done => return Ok(written.records.clone()),
            // By somebody else, or by ourselves before the answer was lost.
            Answer::MovedOn => sent = Some(written),
        }
    }
    Err(StoreError::Database(
        "others append to the same stream without end\nhint: see which other midwatch processes use it"
            .into(),
    ))
}

pub(super) enum Answer {
    Done,
    MovedOn,
}

/// A batch as the columns of one statement.
pub(super) struct Written {
    pub(super) records: Vec<Record>,
    pub(super) token: String,
    pub(super) from: String,
    pub(super) heads: Heads,
    pub(super) rows: Rows,
    pub(super) checkpoints: Checkpoints,
}

#[derive(Default)]
pub(super) struct Heads {
    pub(super) stream: Vec<String>,
    pub(super) seq: Vec<i64>,
    pub(super) epoch: Vec<Option<i64>>,
    pub(super) to: Vec<i64>,
    pub(super) hash: Vec<String>,
    pub(super) closed: Vec<bool>,
}

#[derive(Default)]
pub(super) struct Rows {
    pub(super) stream: Vec<String>,
    pub(super) seq: Vec<i64>,
    pub(super) at: Vec<String>,
    pub(super) actor: Vec<String>,
    pub(super) trust: Vec<String>,
    pub(super) kind: Vec<String>,
    pub(super) body: Vec<String>,
    pub(super) prev: Vec<String>,
    pub(super) hash: Vec<String>,
}

#[derive(Default)]
pub(super) struct Checkpoints {
    pub(super) stream: Vec<String>,
    pub(super) seq: Vec<i64>,
    pub(super) hash: Vec<String>,
    pub(super) key: Vec<String>,
    pub(super) signature: Vec<String>,
}

impl Checkpoints {
    pub(super) fn push(&mut self, stream: &StreamId, checkpoint: &Checkpoint) {
        self.stream.push(stream.to_string());
        self.seq.push(signed(checkpoint.seq));
        self.hash.push(checkpoint.hash.clone());
        self.key.push(checkpoint.key.clone());
        self.signature.push(checkpoint.signature.clone());
    }
}

impl Written {
    fn new(
        token: &str,
        from: &str,
        before: &BTreeMap<StreamId, Tail>,
        batch: &[Append],
        sealing: Sealing,
    ) -> Self {
        let mut heads = Heads::default();
        for (stream, tail) in &sealing.tails {
            let nothing = Tail::default();
            let was = before.get(stream).unwrap_or(&nothing);
            let fenced = batch
                .iter()
                .any(|append| append.stream == *stream && append.epoch.is_some());
            heads.stream.push(stream.to_string());
            heads.seq.push(signed(was.head.seq));
            heads.epoch.push(fenced.then(|| signed(was.epoch)));
            heads.to.push(signed(tail.head.seq));
            heads.hash.push(tail.head.hash.0.clone());
            heads.closed.push(tail.closed);
        }
        let mut checkpoints = Checkpoints::default();
        for (stream, checkpoint) in &sealing.checkpoints {
            checkpoints.push(stream, checkpoint);
        }
        let mut rows = Rows::default();
        let mut records = Vec::with_capacity(sealing.sealed.len());
        for sealed in sealing.sealed {
            let record = sealed.record;
            rows.stream.push(record.stream.to_string());
            rows.seq.push(signed(record.seq));
            rows.at.push(time(record.at));
            rows.actor.push(record.actor.to_string());
            rows.trust.push(record.trust.as_str().to_owned());
            rows.kind.push(record.kind.to_string());
            rows.body.push(sealed.body);
            rows.prev.push(record.prev.0.clone());
            rows.hash.push(record.hash.0.clone());
            records.push(record);
        }
        Self {
            records,
            token: token.to_owned(),
            from: from.to_owned(),
            heads,
            rows,
            checkpoints,
        }
    }
}

pub(super) async fn write(connection: &mut PgConnection, written: &Written) -> Result<Answer, Fault> {
    let Written {
        token,
        from,
        heads,
        rows,
        checkpoints,
        ..
    } = written;
    let done = sqlx::query(
        "SELECT append_records($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
         $21, $22)::text",
    )
    .bind(token)
    .bind(from)
    .bind(&heads.stream)
    .bind(&heads.seq)
    .bind(&heads.epoch)
    .bind(&heads.to)
    .bind(&heads.hash)
    .bind(&heads.closed)
    .bind(&rows.stream)
    .bind(&rows.seq)
    .bind(&rows.at)
    .bind(&rows.actor)
    .bind(&rows.trust)
    .bind(&rows.kind)
    .bind(&rows.body)
    .bind(&rows.prev)
    .bind(&rows.hash)
    .bind(&checkpoints.stream)
    .bind(&checkpoints.seq)
    .bind(&checkpoints.hash)
    .bind(&checkpoints.key)
    .bind(&checkpoints.signature)
    .execute(connection)
    .await;
    match done {
        Ok(_) => Ok(Answer::Done),
        Err(sqlx::Error::Database(told)) if told.code().as_deref() == Some(MOVED_ON) => Ok(Answer::MovedOn),
        Err(other) => Err(other.into()),
    }
}

/// True when what stands where the first record of this append would stand was written by it.
async fn is_ours(link: &Arc<Link>, written: &Written, token: &str) -> Result<bool, StoreError> {
    let Some(first) = written.records.first() else {
        return Ok(false);
    };
    let args = (first.stream.clone(), first.seq, token.to_owned());
    link.short(args, |connection, (stream, seq, token)| {
        async move {
            let row = sqlx::query("SELECT token = $3 FROM records WHERE stream = $1 AND seq = $2")
                .bind(stream.as_str())
                .bind(signed(*seq))
                .bind(token)
                .fetch_optional(connection)
                .await?;
            match row {
                Some(row) => Ok(row.try_get(0)?),
                None => Ok(false),
            }
        }
        .boxed()
    })
    .await
}

async fn tails(link: &Arc<Link>, streams: &[String]) -> Result<BTreeMap<StreamId, Tail>, StoreError> {
    link.short(streams.to_vec(), |connection, streams| {
        async move {
            let rows =
                sqlx::query("SELECT stream, seq, hash, epoch, closed FROM heads WHERE stream = ANY($1)")
                    .bind(streams)
                    .fetch_all(connection)
                    .await?;
            let mut tails = BTreeMap::new();
            for row in rows {
                let stream = row.try_get::<&str, _>(0)?.parse().map_err(StoreError::Damaged)?;
                let tail = Tail {
                    head: Head {
                        seq: unsigned(row.try_get(1)?)?,
                        hash: Hash(row.try_get(2)?),
                    },
                    epoch: unsigned(row.try_get(3)?)?,
                    closed: row.try_get(4)?,
                };
                tails.insert(stream, tail);
            }
            Ok(tails)
        }
        .boxed()
    })
    .await
}
