//! Who waits for news is woken: at once by this process, within a fifth of a second by another.

use std::time::{Duration, Instant};

use sqlx::{Row, SqlitePool};
use tokio::sync::{Mutex, watch};

/// How often another process is listened for, and only while somebody waits. `PRAGMA data_version` reads a number from
/// shared memory.
const POLL: Duration = Duration::from_millis(150);

#[derive(Debug)]
pub(super) struct Watch {
    version: watch::Sender<u64>,
    other: Option<Mutex<Other>>,
}

/// The connection that listens for other processes. It never writes, so that every commit but its own shows.
#[derive(Debug)]
struct Other {
    pool: SqlitePool,
    seen: Option<i64>,
    looked: Option<Instant>,
}

impl Watch {
    pub(super) fn new(pool: Option<SqlitePool>) -> Self {
        Self {
            version: watch::Sender::new(1),
            other: pool.map(|pool| {
                Mutex::new(Other {
                    pool,
                    seen: None,
                    looked: None,
                })
            }),
        }
    }

    pub(super) fn version(&self) -> u64 {
        *self.version.borrow()
    }

    pub(super) fn bump(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    pub(super) async fn changed(&self, seen: u64) -> u64 {
        let mut news = self.version.subscribe();
        loop {
            let version = *news.borrow_and_update();
            if version != seen {
                return version;
            }
            tokio::select! {
                biased;
                _ = news.changed() => {}
                () = tokio::time::sleep(POLL), if self.other.is_some() => self.look().await,
            }
        }
    }

    /// Several followers wait at once: one of them looks for all.
    async fn look(&self) {
        let Some(other) = &self.other else { return };
        let mut other = other.lock().await;
        if other.looked.is_some_and(|looked| looked.elapsed() < POLL / 2) {
            return;
        }
        other.looked = Some(Instant::now());
        // Before the first look there is nothing to compare with: that counts as news.
        let version = data_version(&other.pool).await.ok();
        if version.is_some() && version != other.seen {
            other.seen = version;
            self.bump();
        }
    }

    pub(super) async fn close(&self) {
        if let Some(other) = &self.other {
            let pool = other.lock().await.pool.clone();
            pool.close().await;
        }
    }
}

async fn data_version(pool: &SqlitePool) -> Result<i64, sqlx::Error> {
    sqlx::query("PRAGMA data_version")
        .fetch_one(pool)
        .await?
        .try_get(0)
}
