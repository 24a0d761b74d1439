//! Taking over what another store holds, bit for bit.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::FutureExt;

use super::{
    PostgresStore,
    append::{Answer, Checkpoints, Heads, Rows, Written, write},
};
use crate::journal::{
    Head, Setting, StoreError, StreamId,
    checkpoint::{Checkpoint, PublicKey},
    numbers::signed,
    store::{Stored, StreamState},
};

impl PostgresStore {
    /// Adds stored records on top of a stream that ends at `head`, with their checkpoints. False when it does not end there.
    pub(in crate::journal) async fn import(
        &self,
        stream: &StreamId,
        head: &Head,
        records: &[Stored],
        checkpoints: &[Checkpoint],
    ) -> Result<bool, StoreError> {
        let Some(last) = records.last() else {
            return Ok(true);
        };
        let closed = stream.is_investigation() && last.kind == "end";
        let mut rows = Rows::default();
        for record in records {
            rows.stream.push(stream.to_string());
            rows.seq.push(record.seq);
            rows.at.push(record.at.clone());
            rows.actor.push(record.actor.clone());
            rows.trust.push(record.trust.clone());
            rows.kind.push(record.kind.clone());
            rows.body.push(record.body.clone());
            rows.prev.push(record.prev.clone());
            rows.hash.push(record.hash.clone());
        }
        let mut signed_heads = Checkpoints::default();
        for checkpoint in checkpoints {
            signed_heads.push(stream, checkpoint);
        }
        let written = Written {
            records: Vec::new(),
            token: ulid::Ulid::generate().to_string(),
            from: self.own.clone(),
            heads: Heads {
                stream: vec![stream.to_string()],
                seq: vec![signed(head.seq)],
                epoch: vec![None],
                to: vec![last.seq],
                hash: vec![last.hash.clone()],
                closed: vec![closed],
            },
            rows,
            checkpoints: signed_heads,
        };
        let answer = self
            .link
            .long(Arc::new(written), |connection, written| {
                write(connection, written).boxed()
            })
            .await?;
        Ok(matches!(answer, Answer::Done))
    }

    /// Takes over what stands beside the heads: epochs and placeholder numbers go on where they were.
    pub(in crate::journal) async fn import_states(&self, states: &[StreamState]) -> Result<(), StoreError> {
        let streams: Vec<String> = states.iter().map(|state| state.stream.to_string()).collect();
        let epochs: Vec<i64> = states.iter().map(|state| signed(state.epoch)).collect();
        let numbers: Vec<i64> = states.iter().map(|state| signed(state.placeholders)).collect();
        self.link
            .long(
                (streams, epochs, numbers),
                |connection, (streams, epochs, numbers)| {
                    async move {
                        sqlx::query(
                            "INSERT INTO heads (stream, seq, hash, epoch, placeholders) \
                         SELECT s.stream, 0, repeat('0', 64), s.epoch, s.placeholders \
                         FROM unnest($1::text[], $2::bigint[], $3::bigint[]) s (stream, epoch, placeholders) \
                         ON CONFLICT (stream) DO UPDATE SET epoch = greatest(heads.epoch, excluded.epoch), \
                             placeholders = greatest(heads.placeholders, excluded.placeholders)",
                        )
                        .bind(streams)
                        .bind(epochs)
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

    /// Takes over what is set beside the records; what was set here since stays.
    pub(in crate::journal) async fn import_settings(
        &self,
        settings: &BTreeMap<String, Setting>,
    ) -> Result<(), StoreError> {
        let names: Vec<String> = settings.keys().cloned().collect();
        let versions: Vec<i64> = settings.values().map(|setting| signed(setting.version)).collect();
        let values: Vec<String> = settings.values().map(|setting| setting.value.clone()).collect();
        self.link
            .long((names, versions, values), |connection, (names, versions, values)| {
                async move {
                    sqlx::query(
                        "INSERT INTO settings (name, version, value, token) SELECT s.*, '' \
                         FROM unnest($1::text[], $2::bigint[], $3::text[]) s (name, version, value) \
                         ON CONFLICT (name) DO UPDATE SET version = excluded.version, value = excluded.value, token = '' \
                         WHERE settings.version < excluded.version",
                    )
                    .bind(names)
                    .bind(versions)
                    .bind(values)
                    .execute(connection)
                    .await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Names a key that signed checkpoints which were taken over.
    pub(in crate::journal) async fn import_signer(&self, key: &PublicKey) -> Result<(), StoreError> {
        self.link
            .short(key.to_string(), |connection, key| {
                async move {
                    sqlx::query("INSERT INTO signers (key) VALUES ($1) ON CONFLICT DO NOTHING")
                        .bind(key)
                        .execute(connection)
                        .await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// The heads, before anything is taken over.
    pub(in crate::journal) async fn ends(&self) -> Result<BTreeMap<StreamId, Head>, StoreError> {
        Ok(super::read::moved(&self.link, 0).await?.heads)
    }
}
