//! The way to the server: a pool, and patience. What cannot have been done, or may be done twice, is tried again until the
//! server is back; whoever calls sees a slow call, not an outage.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use sqlx::{
    PgConnection, PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::journal::StoreError;

/// First pause before another try, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long the server may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a connection.
    pub connect: Duration,
    /// For an answer about a few rows.
    pub short: Duration,
    /// For an answer about many.
    pub long: Duration,
    /// How long calls are tried again before they fail.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            short: Duration::from_secs(5),
            long: Duration::from_mins(1),
            patience: Duration::from_mins(2),
        }
    }
}

/// How an operation did not succeed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The server cannot be reached, or has no time now. Whether the operation was done is not known.
    Away(String),
    /// It was not done because of others who did something at the same time.
    Clash(String),
    /// It cannot be done.
    Final(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Final(error)
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => {
                Self::Away(error.to_string())
            }
            sqlx::Error::PoolTimedOut => Self::Away("no connection was to be had".to_owned()),
            // What comes out of a connection that breaks in the middle of an answer.
            sqlx::Error::Protocol(_) => Self::Away(error.to_string()),
            sqlx::Error::Tls(why) => Self::Away(format!("TLS failed: {why}")),
            sqlx::Error::PoolClosed => Self::Final(StoreError::Database("the journal was closed".to_owned())),
            sqlx::Error::Database(told) => {
                Self::told(told.code().as_deref().unwrap_or_default(), told.message())
            }
            _ => Self::Final(StoreError::Database(error.to_string())),
        }
    }
}

impl Fault {
    /// What an SQLSTATE means here (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
    fn told(code: &str, message: &str) -> Self {
        match code {
            // Serialization failure, deadlock, lock not available.
            "40001" | "40P01" | "55P03" => Self::Clash(message.to_owned()),
            // Shutting down, crashed, starting up; too many connections; a standby that will be the primary or is one no more;
            // a statement that took too long on a loaded server.
            "57P01" | "57P02" | "57P03" | "53300" | "25006" | "57014" => Self::Away(message.to_owned()),
            _ if code.starts_with("08") => Self::Away(message.to_owned()),
            "42501" => Self::Final(StoreError::Database(format!(
                "{message}\nhint: the role lacks a right on this space; midwatch store init --print says what it needs"
            ))),
            "53100" => Self::Final(StoreError::Database("the server's disk is full".to_owned())),
            "XX001" | "XX002" => Self::Final(StoreError::Damaged(message.to_owned())),
            _ => Self::Final(StoreError::Database(message.to_owned())),
        }
    }
}

/// The server, reached over a few connections.
pub(super) struct Link {
    pub(super) pool: PgPool,
    pub(super) options: PgConnectOptions,
    pub(super) schema: String,
    pub(super) limits: Limits,
    trouble: Mutex<Option<String>>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Link({})", self.schema)
    }
}

impl Link {
    pub(super) fn new(
        options: PgConnectOptions,
        schema: &str,
        limits: Limits,
        connections: u32,
    ) -> Arc<Self> {
        Arc::new(Self {
            pool: pool(&options, schema, limits, connections),
            options,
            schema: schema.to_owned(),
            limits,
            trouble: Mutex::default(),
        })
    }

    /// Why calls are waiting at this moment.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn tell(&self, trouble: Option<&str>) {
        let mut told = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if told.as_deref() != trouble {
            match trouble {
                Some(why) if told.is_none() => tracing::warn!(why, "the journal's database is away"),
                None => tracing::info!("the journal's database is back"),
                Some(_) => {}
            }
            *told = trouble.map(str::to_owned);
        }
    }

    /// An operation about a few rows that may be done twice.
    pub(super) async fn short<A, T, F>(self: &Arc<Self>, args: A, operation: F) -> Result<T, StoreError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'c> Fn(&'c mut PgConnection, &'c A) -> BoxFuture<'c, Result<T, Fault>> + Send + Sync + 'static,
    {
        self.call(self.limits.short, args, operation).await
    }

    /// An operation about many rows that may be done twice.
    pub(super) async fn long<A, T, F>(self: &Arc<Self>, args: A, operation: F) -> Result<T, StoreError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'c> Fn(&'c mut PgConnection, &'c A) -> BoxFuture<'c, Result<T, Fault>> + Send + Sync + 'static,
    {
        self.call(self.limits.long, args, operation).await
    }

    /// In a task of its own: whoever waits for it may go away in the middle (a follower does so all the time), and the
    /// connection is left whole.
    async fn call<A, T, F>(self: &Arc<Self>, limit: Duration, args: A, operation: F) -> Result<T, StoreError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'c> Fn(&'c mut PgConnection, &'c A) -> BoxFuture<'c, Result<T, Fault>> + Send + Sync + 'static,
    {
        let link = Arc::clone(self);
        let task = tokio::spawn(async move {
            let mut trial = Trial::default();
            loop {
                match link.once(limit, &args, &operation).await {
                    Ok(done) => {
                        link.tell(None);
                        return Ok(done);
                    }
                    Err(fault) => trial.again(&link, fault).await?,
                }
            }
        });
        task.await
            .map_err(|error| StoreError::Database(format!("a call did not end: {error}")))?
    }

    /// One try. A caller that goes away in the middle costs the connection.
    pub(super) async fn once<A, T, F>(&self, limit: Duration, args: &A, operation: &F) -> Result<T, Fault>
    where
        A: Sync,
        F: for<'c> Fn(&'c mut PgConnection, &'c A) -> BoxFuture<'c, Result<T, Fault>> + Sync,
    {
        let mut held = Held(Some(self.pool.acquire().await?));
        let Some(connection) = held.0.as_mut() else {
            return Err(Fault::Away("no connection".to_owned()));
        };
        let done = tokio::time::timeout(limit, operation(connection, args)).await;
        match done {
            Ok(Err(Fault::Away(why))) => Err(Fault::Away(why)),
            Ok(done) => {
                held.0 = None;
                done
            }
            Err(_) => Err(Fault::Away(format!("no answer in {} ms", limit.as_millis()))),
        }
    }
}

/// One operation, tried until it succeeds or patience ends.
#[derive(Debug, Default)]
pub(super) struct Trial {
    since: Option<Instant>,
    pause: Option<Duration>,
}

impl Trial {
    /// Waits before another try; an error when there is to be none.
    pub(super) async fn again(&mut self, link: &Link, fault: Fault) -> Result<(), StoreError> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let pause = self
            .pause
            .map_or(FIRST_PAUSE, |pause| (2 * pause).min(LONGEST_PAUSE));
        let over = since.elapsed() + pause > link.limits.patience;
        match fault {
            Fault::Final(error) => return Err(error),
            Fault::Clash(why) if over => return Err(StoreError::Database(why)),
            Fault::Clash(_) => {}
            Fault::Away(why) => {
                link.tell(Some(&why));
                if over {
                    return Err(StoreError::Away(why));
                }
            }
        }
        self.pause = Some(pause);
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// A connection in use. One that is dropped in the middle of something is closed, never given back: nobody knows what it
/// would say next, and asking it could take for ever.
struct Held(Option<PoolConnection<Postgres>>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(connection.detach());
        }
    }
}

/// Connections whose names mean those of one schema.
pub(super) fn pool(options: &PgConnectOptions, schema: &str, limits: Limits, connections: u32) -> PgPool {
    // Else temporary tables, which anybody may make, would come before the schema's.
    let path = format!("{}, pg_temp", super::names::quoted(schema));
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(limits.connect)
        // Every operation may be done again: a connection that died meanwhile is found out by using it.
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            let path = path.clone();
            Box::pin(async move { prepare(connection, &path, limits).await })
        })
        .connect_lazy_with(options.clone())
}

/// Settings of a session. Set by a statement and not at the start of the connection, which poolers refuse. The server ends what
/// its client has given up on; a commit is on disk before it is answered, whatever the server's default.
async fn prepare(connection: &mut PgConnection, path: &str, limits: Limits) -> Result<(), sqlx::Error> {
    let ms = limits.long.as_millis().to_string();
    sqlx::query(
        "SELECT set_config('search_path', $1, false), set_config('statement_timeout', $2, false), \
         set_config('idle_in_transaction_session_timeout', $2, false), \
         set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false), \
         set_config('tcp_keepalives_count', '3', false), \
         set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' \
             ELSE current_setting('synchronous_commit') END, false)",
    )
    .bind(path)
    .bind(ms)
    .execute(connection)
    .await?;
    Ok(())
}
