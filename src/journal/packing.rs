//! Blobs as they are stored: bytes under their SHA-256, compressed.

use super::{Hash, StoreError, canonical::sha256};

/// Level of zstd: fast, and telemetry shrinks tenfold at it.
const LEVEL: i32 = 3;

/// No blob is larger than this before compression; a stored size above it is damage.
const LARGEST: usize = 1 << 30;

/// A blob ready to be stored.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) id: Hash,
    /// Bytes before compression.
    pub(super) size: u64,
    pub(super) data: Vec<u8>,
}

pub(super) async fn pack(bytes: Vec<u8>) -> Result<Packed, StoreError> {
    let size = bytes.len() as u64;
    let packed = tokio::task::spawn_blocking(move || {
        let id = sha256(&bytes);
        zstd::bulk::compress(&bytes, LEVEL).map(|data| Packed { id, size, data })
    });
    packed
        .await
        .map_err(|error| StoreError::Database(error.to_string()))?
        .map_err(|error| StoreError::Database(error.to_string()))
}

/// The bytes of a stored blob, held against their name.
pub(super) async fn unpack(id: &Hash, size: u64, data: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
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
