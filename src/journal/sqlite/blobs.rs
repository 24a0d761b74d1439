//! Blobs: bytes under their SHA-256, compressed.

use sqlx::{Row, SqlitePool};

use super::{signed, unsigned};
use crate::journal::{Hash, StoreError, canonical::sha256};

/// Level of zstd: fast, and telemetry shrinks tenfold at it.
const LEVEL: i32 = 3;

/// No blob is larger than this before compression; a stored size above it is damage.
const LARGEST: usize = 1 << 30;

pub(super) async fn put(writer: &SqlitePool, bytes: Vec<u8>) -> Result<Hash, StoreError> {
    let size = bytes.len();
    let packed = tokio::task::spawn_blocking(move || {
        let id = sha256(&bytes);
        zstd::bulk::compress(&bytes, LEVEL).map(|data| (id, data))
    });
    let (id, data) = packed
        .await
        .map_err(|error| StoreError::Database(error.to_string()))?
        .map_err(|error| StoreError::Database(error.to_string()))?;
    sqlx::query("INSERT INTO blobs (id, size, data) VALUES (?, ?, ?)")
        .bind(&id.0)
        .bind(signed(size as u64))
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
    let size = usize::try_from(unsigned(row.try_get(0)?)?).unwrap_or(usize::MAX);
    let data: Vec<u8> = row.try_get(1)?;
    let damaged = |why: &str| StoreError::Damaged(format!("blob {id}: {why}"));
    if size > LARGEST {
        return Err(damaged("its size is beyond all bounds"));
    }
    let unpacked = tokio::task::spawn_blocking(move || {
        let bytes = zstd::bulk::decompress(&data, size)?;
        Ok::<_, std::io::Error>((sha256(&bytes), bytes))
    });
    let (hash, bytes) = unpacked
        .await
        .map_err(|error| StoreError::Database(error.to_string()))?
        .map_err(|_| damaged("its bytes do not unpack"))?;
    if hash != *id {
        return Err(damaged("its bytes have another SHA-256"));
    }
    Ok(bytes)
}
