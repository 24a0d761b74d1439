//! Who waits for news is woken: at once by this process and by NOTIFY, and by a look at the heads every two seconds, for what
//! was told to a connection that had died without a word.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use sqlx::{PgConnection, PgPool, Row, postgres::PgListener};
use tokio::{sync::watch, task::JoinHandle, time::Instant};

use super::link::{Fault, Link, pool};

/// How often the heads are looked at while somebody waits, whatever is told.
const POLL: Duration = Duration::from_secs(2);

/// How soon after news they are, so that what was told once is not taken for what was not told.
const SETTLE: Duration = Duration::from_millis(250);

/// First pause before another connection is tried, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Watch {
    news: Arc<News>,
    ears: JoinHandle<()>,
}

#[derive(Debug)]
struct News {
    version: watch::Sender<u64>,
    /// Something was told since the heads were last looked at.
    told: AtomicBool,
}

impl News {
    fn bump(&self) {
        self.told.store(true, Ordering::SeqCst);
        self.version.send_modify(|version| *version += 1);
    }
}

impl Watch {
    /// Listens from now on. `own` is what this store's appends say: they are known already.
    pub(super) fn new(link: &Arc<Link>, own: &str) -> Self {
        let news = Arc::new(News {
            version: watch::Sender::new(1),
            told: AtomicBool::new(false),
        });
        let ears = tokio::spawn(listen(Arc::clone(link), Arc::clone(&news), own.to_owned()));
        Self { news, ears }
    }

    pub(super) fn version(&self) -> u64 {
        *self.news.version.borrow()
    }

    pub(super) fn bump(&self) {
        self.news.bump();
    }

    pub(super) async fn changed(&self, seen: u64) -> u64 {
        let mut news = self.news.version.subscribe();
        loop {
            let version = *news.borrow_and_update();
            if version != seen {
                return version;
            }
            if news.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    pub(super) fn close(&self) {
        self.ears.abort();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ears.abort();
    }
}

/// Listens for ever: over one connection after another, each of its own.
async fn listen(link: Arc<Link>, news: Arc<News>, own: String) {
    let mut pulse = Pulse::default();
    let mut pause = FIRST_PAUSE;
    loop {
        let pool = pool(&link.options, &link.schema, link.limits, 1);
        let connected = tokio::time::timeout(link.limits.connect, connect(&pool, &link.schema)).await;
        if let Ok(Ok(listener)) = connected {
            pause = FIRST_PAUSE;
            // Something may have been told while nobody listened.
            news.bump();
            hear(&link, listener, &news, &own, &mut pulse).await;
        } else {
            // Who waits looks for itself meanwhile: there are ways to a server that carry everything but notifications.
            tokio::time::sleep(pause).await;
            news.bump();
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
        // Closing waits for the connection, which may be a dead one.
        tokio::spawn(async move { pool.close().await });
    }
}

async fn connect(pool: &PgPool, channel: &str) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.ignore_pool_close_event(true);
    listener.listen(channel).await?;
    Ok(listener)
}

/// Listens until the connection is lost, or is found to have kept something back.
async fn hear(link: &Arc<Link>, mut listener: PgListener, news: &News, own: &str, pulse: &mut Pulse) {
    let mut look = Instant::now() + SETTLE;
    loop {
        tokio::select! {
            told = listener.try_recv() => match told {
                Ok(Some(told)) if told.payload() == own => {}
                Ok(Some(_)) => {
                    news.bump();
                    look = look.min(Instant::now() + SETTLE);
                }
                Ok(None) | Err(_) => return,
            },
            () = tokio::time::sleep_until(look) => {
                look = Instant::now() + POLL;
                if news.version.receiver_count() == 0 {
                    continue;
                }
                let told = news.told.swap(false, Ordering::SeqCst);
                let known = pulse.known;
                if pulse.look(link).await && known {
                    news.version.send_modify(|version| *version += 1);
                    if !told {
                        return;
                    }
                }
            }
        }
    }
}

/// What the heads came to when they were last looked at: streams and records that a follower who looked then could have
/// missed, and from which transaction on that is.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Pulse {
    known: bool,
    oldest: i64,
    streams: i64,
    records: i64,
}

impl Pulse {
    /// True when something was appended since the last look. A look that fails says nothing.
    async fn look(&mut self, link: &Arc<Link>) -> bool {
        let found = link.once(link.limits.short, &self.oldest, &|connection, oldest| {
            measure(connection, *oldest).boxed()
        });
        let Ok((before, now)) = found.await else {
            return false;
        };
        let moved = self.known && before != (self.streams, self.records);
        *self = now;
        moved
    }
}

async fn measure(connection: &mut PgConnection, oldest: i64) -> Result<((i64, i64), Pulse), Fault> {
    let row = sqlx::query(
        "SELECT x.oldest, \
             (SELECT count(*) FROM heads WHERE moved >= $1), \
             (SELECT coalesce(sum(seq), 0)::bigint FROM heads WHERE moved >= $1), \
             (SELECT count(*) FROM heads WHERE moved >= x.oldest), \
             (SELECT coalesce(sum(seq), 0)::bigint FROM heads WHERE moved >= x.oldest) \
         FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest) x",
    )
    .bind(oldest)
    .fetch_one(connection)
    .await?;
    let before = (row.try_get(1)?, row.try_get(2)?);
    let now = Pulse {
        known: true,
        oldest: row.try_get(0)?,
        streams: row.try_get(3)?,
        records: row.try_get(4)?,
    };
    Ok((before, now))
}
