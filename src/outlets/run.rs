//! The task that sends: one turn after the other, each with the lease that lets it.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::sync::watch;

use super::{
    lease::Lease,
    office::{Done, PostOffice},
    outlet::Outlet,
    sending::{Became, ended},
    tide::{Tide, World},
};
use crate::journal::{Journal, StoreError};

/// How the task works.
#[derive(Clone)]
pub struct Settings {
    /// Name of this process, for the lease.
    pub owner: String,
    /// How long a crashed process' messages wait for another.
    pub lease: Duration,
    /// Time and chance.
    pub tide: Arc<dyn Tide>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            owner: format!("{}-{}", std::process::id(), ulid::Ulid::generate()),
            lease: Duration::from_secs(15),
            tide: Arc::new(World),
        }
    }
}

/// How long a journal that cannot be read is left alone.
const AGAIN: Duration = Duration::from_secs(2);

/// Sends what goes out of the journal's space until `ending` says true (or its sender is gone); then lets calls that are under way
/// come to an end, and gives the lease back. One process at a time sends: another waits here until it is needed. A journal that
/// fails is tried again; nothing is lost by it, and nothing that the receiver can tell a repeat of is sent twice.
///
/// A channel that is new begins with what is written from now on.
pub async fn run(
    journal: Journal,
    outlets: Vec<Outlet>,
    settings: Settings,
    mut ending: watch::Receiver<bool>,
) {
    if outlets.is_empty() {
        return;
    }
    let outlets: Vec<Arc<Outlet>> = outlets.into_iter().map(Arc::new).collect();
    loop {
        let worked = work(&journal, &outlets, &settings, &ending);
        // Between two turns nothing is held; within one the task itself sees to the end.
        match worked.await {
            Ok(()) => {}
            Err(error) => tracing::warn!(%error, "outlets: the journal fails, trying again"),
        }
        let over = || *ending.borrow() || ending.has_changed().is_err();
        if over() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = ended(&mut ending) => return,
        }
    }
}

/// One turn: from taking the lease until it is lost, the journal fails, or the program ends.
async fn work(
    journal: &Journal,
    outlets: &[Arc<Outlet>],
    settings: &Settings,
    ending: &watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let mut over = ending.clone();
    let mut lease = tokio::select! {
        lease = Lease::take(journal, &settings.owner, settings.lease) => lease?,
        () = ended(&mut over) => return Ok(()),
    };
    let mut post = PostOffice::open(journal, outlets, settings, ending.clone()).await?;
    let mut beat = tokio::time::interval(settings.lease / 3);
    let outcome = loop {
        tokio::select! {
            records = post.follower.next() => match records {
                Ok(records) => post.take(&records, false).await,
                Err(error) => break Err(error),
            },
            Some(done) = post.jobs.join_next() => match done {
                Ok(Done { way, lane, due, became: Ok(Became::Settled) }) => post.settled(way, &lane, &due),
                Ok(Done { became: Ok(Became::Left), .. }) => {}
                Ok(Done { became: Err(error), .. }) => break Err(error),
                Err(error) => tracing::error!(%error, "a delivery broke"),
            },
            _ = beat.tick() => {
                match lease.renew(journal).await {
                    Ok(true) => {}
                    Ok(false) => {
                        post.desk.entitled.store(false, Ordering::Release);
                        tracing::warn!("outlets: another process has taken over");
                        break Ok(());
                    }
                    Err(error) => break Err(error),
                }
                if let Err(error) = post.keep(journal).await {
                    break Err(error);
                }
            }
            () = ended(&mut over) => break Ok(()),
        }
    };
    post.drain().await;
    // Where the journal fails neither may succeed: the lease runs out, and the cursors only spare work.
    let kept = post.keep(journal).await;
    let back = lease.give_back(journal).await;
    outcome.and(kept).and(back)
}
