//! Opening: files for their owner alone, pragmas, migrations.

use std::{
    io,
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{SqliteStore, watch::Watch};
use crate::journal::{StoreError, checkpoint::Signer, files};

/// Each is run once, in order; the number of those that were run is the file's `user_version`.
const MIGRATIONS: [&str; 5] = [
    include_str!("../migrations/0001_journal.sql"),
    include_str!("../migrations/0002_kinds.sql"),
    include_str!("../migrations/0003_settings.sql"),
    include_str!("../migrations/0004_slots.sql"),
    include_str!("../migrations/0005_settings_stay.sql"),
];

/// Marks the file as ours (`application_id`): "midw".
const APPLICATION: i64 = 0x6d69_6477;

/// How long a writer waits for another process to finish its transaction.
const BUSY: Duration = Duration::from_secs(15);

/// Connections that read: a screen, a follower or two, a command.
const READERS: u32 = 4;

impl SqliteStore {
    /// Opens the journal in a file, and makes it, its folders and its key when they are not there yet.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let fail = |why: String| StoreError::Open {
            path: path.display().to_string(),
            why,
        };
        let signer = prepare(path).map_err(|error| fail(error.to_string()))?;
        let options = options().filename(path);
        let writer = pool(1).connect_lazy_with(options.clone());
        settle(&writer).await.map_err(|error| fail(error.to_string()))?;
        let reading = options.pragma("query_only", "ON");
        let reader = pool(READERS).connect_lazy_with(reading.clone());
        let watcher = pool(1).connect_lazy_with(reading);
        Ok(Self {
            writer,
            reader,
            signer,
            watch: Watch::new(Some(watcher)),
        })
    }

    /// A journal that is gone with the process, signed with a key that is gone too.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let fail = |why: String| StoreError::Open {
            path: "in memory".into(),
            why,
        };
        let signer = Signer::ephemeral().map_err(|error| fail(error.to_string()))?;
        // Every connection would have a database of its own, so there is one.
        let only = pool(1).connect_lazy_with(options().in_memory(true));
        settle(&only).await.map_err(|error| fail(error.to_string()))?;
        Ok(Self {
            writer: only.clone(),
            reader: only,
            signer,
            watch: Watch::new(None),
        })
    }
}

fn prepare(path: &Path) -> io::Result<Signer> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        files::private_folder(folder)?;
    }
    files::private_file(path)?;
    Signer::beside(&path.with_extension("key"))
}

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .create_if_missing(true)
        .page_size(8192)
        .busy_timeout(BUSY)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .statement_cache_capacity(64)
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_mins(1))
}

/// Makes the first connection. Switching a new file to WAL takes a lock that SQLite does not wait for, so that of several
/// processes that open a new journal at once all but one have to try again.
async fn connect(writer: &SqlitePool) -> Result<(), StoreError> {
    let deadline = Instant::now() + BUSY;
    loop {
        match writer.acquire().await {
            Ok(_) => return Ok(()),
            Err(error) if is_busy(&error) && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    matches!(super::primary_code(error), Some(5 | 6))
}

/// Brings the schema up to date, and refuses files that are not a journal of ours.
async fn settle(writer: &SqlitePool) -> Result<(), StoreError> {
    connect(writer).await?;
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let application: i64 = sqlx::query("PRAGMA application_id")
        .fetch_one(&mut *transaction)
        .await?
        .try_get(0)?;
    let version: i64 = sqlx::query("PRAGMA user_version")
        .fetch_one(&mut *transaction)
        .await?
        .try_get(0)?;
    let tables: i64 = sqlx::query("SELECT COUNT(*) FROM sqlite_schema")
        .fetch_one(&mut *transaction)
        .await?
        .try_get(0)?;
    if application != APPLICATION && tables > 0 {
        return Err(StoreError::Database(
            "it is somebody else's database\nhint: give the path of another file".into(),
        ));
    }
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    let Some(todo) = MIGRATIONS.get(done..) else {
        return Err(StoreError::Database(
            "it was written by a newer midwatch\nhint: update this one".into(),
        ));
    };
    if todo.is_empty() {
        return Ok(());
    }
    for migration in todo {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
    }
    sqlx::raw_sql("PRAGMA application_id = 0x6d696477")
        .execute(&mut *transaction)
        .await?;
    let version = format!("PRAGMA user_version = {}", MIGRATIONS.len());
    sqlx::raw_sql(sqlx::AssertSqlSafe(version))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}
