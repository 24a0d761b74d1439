//! The task that sends: one turn after the other, each with the lease that lets it.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{
    lease::{Heart, Lease, Right},
    office::{Done, PostOffice},
    outlet::Outlet,
    refusing::refuse,
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
/// How long storing how far the channels have come may take at the end of a turn: it only spares work.
const KEEPING: Duration = Duration::from_secs(1);
/// How long giving the lease back may take: it only spares a wait. All ends together are less than a program has to end.
const GIVING_BACK: Duration = Duration::from_secs(2);

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
    let outlets: Vec<Arc<Outlet>> = outlets.into_iter().map(Arc::new).collect();
    loop {
        // Between two turns nothing is held; within one the task itself sees to the end.
        let worked = match outlets.is_empty() {
            false => work(&journal, &outlets, &settings, &ending).await,
            true => refuse(&journal, ending.clone()).await,
        };
        match worked {
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
    let mut program = ending.clone();
    let lease = tokio::select! {
        lease = Lease::take(journal, &settings.owner, settings.lease) => lease?,
        () = ended(&mut program) => return Ok(()),
    };
    let heart = Heart::beat(lease, journal.clone());
    let outcome = turn(journal, outlets, settings, heart.right(), program).await;
    heart.rest(GIVING_BACK).await;
    outcome
}

/// Sends for as long as the right holds.
async fn turn(
    journal: &Journal,
    outlets: &[Arc<Outlet>],
    settings: &Settings,
    mut right: Right,
    mut program: watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let over = watch::Sender::new(false);
    let opened = tokio::select! {
        opened = PostOffice::open(journal, outlets, settings, (right.clone(), over.subscribe())) => opened?,
        () = right.lost() => return Ok(()),
        () = ended(&mut program) => return Ok(()),
    };
    let (mut post, waits) = opened;
    let mut outcome = post.begin(waits).await;
    let mut keeping = tokio::time::interval(settings.lease / 3);
    while outcome.is_ok() {
        tokio::select! {
            records = post.follower.next() => match records {
                Ok(records) => post.take(&records, false).await,
                Err(error) => outcome = Err(error),
            },
            Some(done) = post.jobs.join_next() => match done {
                Ok(Done { way, lane, due, became: Ok(Became::Settled) }) => post.settled(way, &lane, &due),
                Ok(Done { became: Ok(Became::Left), .. }) => {}
                Ok(Done { became: Err(error), .. }) => outcome = Err(error),
                Err(error) => tracing::error!(%error, "a delivery broke"),
            },
            _ = keeping.tick() => outcome = post.keep(journal).await,
            () = right.lost() => break,
            () = ended(&mut program) => break,
        }
    }
    over.send_replace(true);
    post.drain(program).await;
    let kept = tokio::time::timeout(KEEPING, post.keep(journal)).await;
    outcome.and(kept.unwrap_or(Ok(())))
}
