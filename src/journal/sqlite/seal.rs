//! A file whose space has moved to a server: the database itself refuses what anybody would still write into it, also to
//! programs that had it open before.

use sqlx::{Executor, SqlitePool};

use crate::journal::StoreError;

/// What an append into a moved space is told.
pub(super) const MOVED: &str = "this space has moved to a server";

const SEAL: &str = "
BEGIN IMMEDIATE;
CREATE TRIGGER IF NOT EXISTS moved_records BEFORE INSERT ON records
    BEGIN SELECT RAISE(ABORT, 'this space has moved to a server'); END;
CREATE TRIGGER IF NOT EXISTS moved_settings_new BEFORE INSERT ON settings
    BEGIN SELECT RAISE(ABORT, 'this space has moved to a server'); END;
CREATE TRIGGER IF NOT EXISTS moved_settings BEFORE UPDATE ON settings
    BEGIN SELECT RAISE(ABORT, 'this space has moved to a server'); END;
COMMIT";

const REOPEN: &str = "
BEGIN IMMEDIATE;
DROP TRIGGER IF EXISTS moved_records;
DROP TRIGGER IF EXISTS moved_settings_new;
DROP TRIGGER IF EXISTS moved_settings;
COMMIT";

pub(super) async fn seal(writer: &SqlitePool) -> Result<(), StoreError> {
    writer.execute(SEAL).await?;
    Ok(())
}

pub(super) async fn reopen(writer: &SqlitePool) -> Result<(), StoreError> {
    writer.execute(REOPEN).await?;
    Ok(())
}

pub(super) async fn is_sealed(reader: &SqlitePool) -> Result<bool, StoreError> {
    let found = sqlx::query("SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name = 'moved_records'")
        .fetch_optional(reader)
        .await?;
    Ok(found.is_some())
}
