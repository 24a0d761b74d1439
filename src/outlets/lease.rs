//! One process at a time sends what a space sends. The lease is a value beside the records that its owner changes again and
//! again; whoever sees it unchanged for long enough, by their own clock, takes it. So no two clocks are ever compared.
//!
//! Its owner keeps count by its own clock as well: what it has not renewed for as long counts as lost, whether or not it could
//! hear of that. So a process that is cut off or was frozen stops by itself.

use std::time::Duration;

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until, timeout, timeout_at},
};

use crate::journal::{Journal, StoreError};

/// The name of the value.
const NAME: &str = "outlets/lease";

/// The right to send.
#[derive(Debug)]
pub struct Lease {
    owner: String,
    version: u64,
    ttl: Duration,
    /// Until when nobody else can have taken it.
    until: Instant,
}

impl Lease {
    /// Takes the lease, waiting for it while somebody else keeps it alive. One of the same owner, who is this process and has
    /// let go of it, is taken at once.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub async fn take(journal: &Journal, owner: &str, ttl: Duration) -> Result<Self, StoreError> {
        let mut seen: Option<(u64, Instant)> = None;
        loop {
            let held = journal.settings(NAME).await?.remove(NAME);
            let version = held.as_ref().map_or(0, |held| held.version);
            let free = held.is_none_or(|held| held.value == owner);
            let dead = match seen {
                Some((known, since)) if known == version => since.elapsed() >= ttl,
                _ => {
                    seen = Some((version, Instant::now()));
                    false
                }
            };
            let before = Instant::now();
            if (free || dead)
                && let Some(version) = journal.set(NAME, version, Some(owner)).await?
            {
                return Ok(Self {
                    owner: owner.to_owned(),
                    version,
                    ttl,
                    until: before + ttl,
                });
            }
            tokio::time::sleep(ttl / 4).await;
        }
    }

    /// Keeps it alive; false when somebody else has it by now.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn renew(&mut self, journal: &Journal) -> Result<bool, StoreError> {
        let before = Instant::now();
        let Some(version) = journal.set(NAME, self.version, Some(&self.owner)).await? else {
            return Ok(false);
        };
        self.version = version;
        self.until = before + self.ttl;
        Ok(true)
    }

    /// Gives it back.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn give_back(self, journal: &Journal) -> Result<(), StoreError> {
        journal.set(NAME, self.version, None).await.map(drop)
    }
}

/// Whether this process may send at this moment.
#[derive(Debug, Clone)]
pub struct Right(watch::Receiver<Option<Instant>>);

impl Right {
    /// No right at all.
    pub fn none() -> Self {
        Self(watch::channel(None).1)
    }

    /// True while nobody else can have taken the lease.
    pub fn holds(&self) -> bool {
        self.0.borrow().is_some_and(|until| Instant::now() < until)
    }

    /// Resolves when it is lost.
    pub async fn lost(&mut self) {
        loop {
            let Some(until) = *self.0.borrow_and_update() else {
                return;
            };
            tokio::select! {
                changed = self.0.changed() => if changed.is_err() {
                    return;
                },
                () = sleep_until(until) => if !self.holds() {
                    return;
                },
            }
        }
    }
}

/// Keeps a lease alive beside whatever else is done.
#[derive(Debug)]
pub struct Heart {
    right: Right,
    stop: watch::Sender<bool>,
    /// It ends with whoever holds this.
    task: JoinSet<()>,
}

impl Heart {
    /// Begins to renew a lease.
    pub fn beat(lease: Lease, journal: Journal) -> Self {
        let (tell, right) = watch::channel(Some(lease.until));
        let (stop, stopped) = watch::channel(false);
        let mut task = JoinSet::new();
        task.spawn(beat(lease, journal, tell, stopped));
        Self {
            right: Right(right),
            stop,
            task,
        }
    }

    /// The right that it keeps.
    pub fn right(&self) -> Right {
        self.right.clone()
    }

    /// Stops, and gives the lease back if that can be done in time; else it runs out.
    pub async fn rest(mut self, within: Duration) {
        self.stop.send_replace(true);
        if timeout(within, self.task.join_next()).await.is_err() {
            tracing::info!("outlets: the lease could not be given back in time, and runs out");
        }
    }
}

async fn beat(
    mut lease: Lease,
    journal: Journal,
    tell: watch::Sender<Option<Instant>>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut ticks = tokio::time::interval(lease.ttl / 3);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            // Whoever could say so is gone, or has said it: alike.
            _ = stopped.wait_for(|stop| *stop) => break,
        }
        match timeout_at(lease.until, lease.renew(&journal)).await {
            Ok(Ok(true)) => {
                tell.send_replace(Some(lease.until));
            }
            // Until then there is time to try again.
            Ok(Err(error)) if Instant::now() < lease.until => {
                tracing::warn!(%error, "outlets: the lease could not be renewed yet");
            }
            Ok(Ok(false)) => {
                tracing::warn!("outlets: another process has taken over");
                tell.send_replace(None);
                return;
            }
            Ok(Err(_)) | Err(_) => {
                tracing::warn!(
                    "outlets: the lease could not be renewed in time, another process may take over"
                );
                tell.send_replace(None);
                return;
            }
        }
    }
    tell.send_replace(None);
    if let Err(error) = lease.give_back(&journal).await {
        tracing::info!(%error, "outlets: the lease could not be given back, and runs out");
    }
}
