//! Blobs: bytes under their SHA-256, compressed.

use std::sync::Arc;

use futures_util::FutureExt;
use sqlx::Row;

use super::link::Link;
use crate::journal::{
    Hash, StoreError,
    numbers::{signed, unsigned},
    packing::{pack, unpack},
};

pub(super) async fn put(link: &Arc<Link>, bytes: Vec<u8>) -> Result<Hash, StoreError> {
    let packed = pack(bytes).await?;
    let id = packed.id.clone();
    link.long(packed, |connection, packed| {
        async move {
            sqlx::query("INSERT INTO blobs (id, size, data) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING")
                .bind(&packed.id.0)
                .bind(signed(packed.size))
                .bind(&packed.data)
                .execute(connection)
                .await?;
            Ok(())
        }
        .boxed()
    })
    .await?;
    Ok(id)
}

pub(super) async fn get(link: &Arc<Link>, id: &Hash) -> Result<Vec<u8>, StoreError> {
    let (size, data) = link
        .long(id.clone(), |connection, id| {
            async move {
                let row = sqlx::query("SELECT size, data FROM blobs WHERE id = $1")
                    .bind(&id.0)
                    .fetch_optional(connection)
                    .await?
                    .ok_or_else(|| StoreError::NoBlob(id.clone()))?;
                let data: Vec<u8> = row.try_get(1)?;
                Ok((unsigned(row.try_get(0)?)?, data))
            }
            .boxed()
        })
        .await?;
    unpack(id, size, data).await
}
