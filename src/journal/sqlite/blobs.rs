//! Blobs: bytes under their SHA-256, compressed.

use sqlx::{Row, SqlitePool};

use crate::journal::{
    Hash, StoreError,
    numbers::{signed, unsigned},
    packing::{Packed, pack, unpack},
};

pub(super) async fn put(writer: &SqlitePool, bytes: Vec<u8>) -> Result<Hash, StoreError> {
    let Packed { id, size, data } = pack(bytes).await?;
    sqlx::query("INSERT INTO blobs (id, size, data) VALUES (?, ?, ?)")
        .bind(&id.0)
        .bind(signed(size))
        .bind(data)
        .execute(writer)
        .await?;
    Ok(id)
}

pub(super) async fn get(reader: &SqlitePool, id: &Hash) -> Result<Vec<u8>, StoreError> {
    let row = sqlx::query("SELECT size, data FROM blobs WHERE id = ?")
        .bind(&id.0)
        .fetch_optional(reader)
        .await?
        .ok_or_else(|| StoreError::NoBlob(id.clone()))?;
    unpack(id, unsigned(row.try_get(0)?)?, row.try_get(1)?).await
}
