//! The scheduler: which investigation runs now.
//!
//! It follows the journal, takes the leases of the most urgent investigations, up to as many as may run at once (by all
//! workers of the journal together), and drives each in a task of its own. When one ends it writes `closed` and the
//! recommendations into `space`.
//!
//! A database that cannot be reached is trouble that is told and waited out: what could not be done is done when it is back,
//! by this worker or, where its leases went to another meanwhile, by that one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    task::{AbortHandle, JoinSet},
    time::{Instant, MissedTickBehavior},
};

use super::{
    closing,
    drive::{Drive, Outcome, Pace, Until},
    handle::EngineStatus,
    reasoner::Reasoner,
    registry::Registry,
};
use crate::{
    journal::{Grant, Journal, Lease, StoreError, StreamId},
    model::{Budget, RunState, Source, SourceSpec, Text},
};

/// Makes the source that an investigation asks.
#[async_trait::async_trait]
pub trait Sources: Send + Sync {
    /// The source for this specification; an error in a sentence, with a hint, when it cannot be made.
    async fn open(&self, spec: &SourceSpec) -> Result<Arc<dyn Source>, Text>;
}

/// How the scheduler works.
pub struct Settings {
    /// Investigations at once, by all workers of the journal together.
    pub slots: usize,
    /// How fast they go on.
    pub pace: Pace,
    /// Name of this worker, for leases.
    pub owner: String,
    /// What an investigation may spend that was opened without saying so.
    pub budget: Budget,
    /// How long a lease holds without renewal: what a crashed worker's investigations wait for another.
    pub lease: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            slots: 3,
            pace: Pace::default(),
            owner: format!("{}-{}", std::process::id(), ulid::Ulid::generate()),
            budget: Budget::default(),
            lease: Duration::from_secs(6),
        }
    }
}

/// What the scheduler may be told from outside the journal.
#[derive(Debug)]
pub enum Order {
    /// Give all leases back and stop; answer when done.
    Rest(oneshot::Sender<()>),
    /// Take up work again.
    Wake,
}

/// The scheduler.
pub struct Scheduler {
    /// The journal.
    pub journal: Journal,
    /// Who decides.
    pub reasoner: Arc<dyn Reasoner>,
    /// Where telemetry comes from.
    pub sources: Arc<dyn Sources>,
    /// How it works.
    pub settings: Settings,
    /// Where its status is told.
    pub status: watch::Sender<EngineStatus>,
}

struct Running {
    lease: Lease,
    task: AbortHandle,
    until: Until,
}

struct Finished {
    stream: StreamId,
    outcome: Result<Outcome, StoreError>,
}

/// How often it is looked whether calls wait for the database.
const GLANCE: Duration = Duration::from_millis(500);

/// How long after a failure of the database it is asked again, beyond the patience that the store has.
const RESPITE: Duration = Duration::from_secs(1);

/// Longest wait for a database that is to hear that leases are given back.
const GOODBYE: Duration = Duration::from_secs(3);

impl Scheduler {
    /// Works until the sender of orders is dropped; then gives all leases back.
    pub async fn run(self, orders: mpsc::Receiver<Order>) -> Result<(), StoreError> {
        tokio::select! {
            done = self.work(orders) => done,
            () = self.glance() => Ok(()),
        }
    }

    /// Tells that calls wait for the database while work stands still for it. Never ends.
    async fn glance(&self) {
        let mut told: Option<Text> = None;
        loop {
            tokio::time::sleep(GLANCE).await;
            let waits = self.journal.trouble().map(away);
            if waits == told {
                continue;
            }
            self.status.send_if_modified(|status| {
                let shows = status.trouble == told;
                let takes_over = waits.is_some() || shows;
                if takes_over {
                    status.trouble.clone_from(&waits);
                }
                takes_over
            });
            told = waits;
        }
    }

    async fn work(&self, mut orders: mpsc::Receiver<Order>) -> Result<(), StoreError> {
        let (mut registry, from) = loop {
            match Registry::read(&self.journal).await {
                Err(error) if error.is_outage() => tokio::time::sleep(RESPITE).await,
                read => break read?,
            }
        };
        let mut follower = self.journal.follow(from);
        let mut tasks: JoinSet<Finished> = JoinSet::new();
        let mut running: BTreeMap<StreamId, Running> = BTreeMap::new();
        let mut awake = true;
        let mut renewal = tokio::time::interval(self.settings.lease / 3);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Another worker's lease is asked for again after a while.
        let mut not_before: BTreeMap<StreamId, Instant> = BTreeMap::new();
        loop {
            tokio::select! {
                records = follower.next() => {
                    if let Some(records) = weathered(records).await? {
                        for record in &records {
                            registry.apply(record);
                        }
                    }
                }
                Some(done) = tasks.join_next() => {
                    if let Ok(done) = done {
                        weathered(self.finished(&mut registry, &mut running, done).await).await?;
                    }
                }
                _ = renewal.tick() => {
                    weathered(self.renew(&mut running).await).await?;
                }
                order = orders.recv() => match order {
                    None => return self.rest(&mut running).await,
                    Some(Order::Rest(done)) => {
                        weathered(self.rest(&mut running).await).await?;
                        awake = false;
                        let _gone = done.send(());
                    }
                    Some(Order::Wake) => awake = true,
                },
            }
            if awake {
                weathered(self.answer_space(&mut registry).await).await?;
                let filled = self.fill(&mut registry, &mut running, &mut tasks, &mut not_before);
                weathered(filled.await).await?;
            }
            self.tell(&registry, &running, awake);
        }
    }

    /// Starts as many investigations as may run.
    async fn fill(
        &self,
        registry: &mut Registry,
        running: &mut BTreeMap<StreamId, Running>,
        tasks: &mut JoinSet<Finished>,
        not_before: &mut BTreeMap<StreamId, Instant>,
    ) -> Result<(), StoreError> {
        let mut free = self.settings.slots.saturating_sub(whole(running));
        let wanted: Vec<(StreamId, Until)> = registry
            .queue()
            .into_iter()
            .filter(|(stream, _)| !running.contains_key(*stream))
            .filter_map(|(stream, open)| {
                if open.state != RunState::Paused || open.ended {
                    return Some((stream.clone(), Until::End));
                }
                open.spoken_to.then(|| (stream.clone(), Until::Dealt))
            })
            .collect();
        let now = Instant::now();
        for (stream, until) in wanted {
            let whole = until == Until::End;
            if (whole && free == 0) || not_before.get(&stream).is_some_and(|at| *at > now) {
                continue;
            }
            let lease = match self.lease(&stream, until).await? {
                Grant::Taken(lease) => lease,
                Grant::Held => {
                    not_before.insert(stream, now + self.settings.lease / 4);
                    continue;
                }
                Grant::Full => {
                    // Other workers have the slots; the most urgent one is asked for again when one may be free.
                    free = 0;
                    not_before.insert(stream, now + self.settings.lease / 4);
                    continue;
                }
            };
            free -= usize::from(whole);
            not_before.remove(&stream);
            let Some(open) = registry.get_mut(&stream) else {
                continue;
            };
            open.spoken_to = false;
            let task = self.start(tasks, lease.clone(), open.source.clone(), until);
            running.insert(stream, Running { lease, task, until });
        }
        Ok(())
    }

    /// Only what runs to its end takes a slot: an answer to an operator waits for none.
    async fn lease(&self, stream: &StreamId, until: Until) -> Result<Grant, StoreError> {
        let Settings {
            owner, lease, slots, ..
        } = &self.settings;
        if until == Until::End {
            let slots = u32::try_from(*slots).unwrap_or(u32::MAX);
            return self.journal.take(stream, owner, *lease, slots).await;
        }
        let lease = self.journal.acquire(stream, owner, *lease).await?;
        Ok(lease.map_or(Grant::Held, Grant::Taken))
    }

    fn start(
        &self,
        tasks: &mut JoinSet<Finished>,
        lease: Lease,
        spec: SourceSpec,
        until: Until,
    ) -> AbortHandle {
        let journal = self.journal.clone();
        let (reasoner, sources) = (Arc::clone(&self.reasoner), Arc::clone(&self.sources));
        let Settings { pace, budget, .. } = self.settings;
        tasks.spawn(async move {
            let stream = lease.stream.clone();
            let outcome = match sources.open(&spec).await {
                Ok(source) => {
                    let drive = Drive {
                        journal,
                        lease,
                        source,
                        spec,
                        reasoner,
                        pace,
                        budget,
                    };
                    drive.run(until).await
                }
                Err(why) => closing::fail(&journal, &lease, why)
                    .await
                    .map(|()| Outcome::Ended),
            };
            Finished { stream, outcome }
        })
    }

    async fn finished(
        &self,
        registry: &mut Registry,
        running: &mut BTreeMap<StreamId, Running>,
        done: Finished,
    ) -> Result<(), StoreError> {
        let Finished { stream, outcome } = done;
        let lease = running.remove(&stream).map(|running| running.lease);
        match outcome {
            Ok(Outcome::Ended) => closing::close(&self.journal, &stream).await?,
            Ok(Outcome::Paused) => {
                if let Some(open) = registry.get_mut(&stream) {
                    open.state = RunState::Paused;
                }
            }
            Ok(Outcome::Dealt | Outcome::Lost) => {}
            // It goes on from its last record when the database is back.
            Err(error) if error.is_outage() => tracing::warn!(%stream, %error, "an investigation waits"),
            Err(error) => {
                tracing::error!(%stream, %error, "an investigation stopped");
                registry.trouble = Some(Text::from(error.to_string()));
                return Err(error);
            }
        }
        if let Some(lease) = lease {
            self.journal.release(&lease).await?;
        }
        Ok(())
    }

    async fn renew(&self, running: &mut BTreeMap<StreamId, Running>) -> Result<(), StoreError> {
        let mut lost: BTreeSet<StreamId> = BTreeSet::new();
        for (stream, one) in &*running {
            if !self.journal.renew(&one.lease, self.settings.lease).await? {
                one.task.abort();
                lost.insert(stream.clone());
            }
        }
        running.retain(|stream, _| !lost.contains(stream));
        Ok(())
    }

    /// Stops all work and gives the leases back; those of a database that is away expire by themselves.
    async fn rest(&self, running: &mut BTreeMap<StreamId, Running>) -> Result<(), StoreError> {
        let running = std::mem::take(running);
        for one in running.values() {
            one.task.abort();
        }
        let released = async {
            for one in running.values() {
                self.journal.release(&one.lease).await?;
            }
            Ok(())
        };
        tokio::time::timeout(GOODBYE, released).await.unwrap_or(Ok(()))
    }

    async fn answer_space(&self, registry: &mut Registry) -> Result<(), StoreError> {
        while let Some((seq, (stream, words))) = registry.unanswered.first_key_value() {
            let seq = *seq;
            closing::answer(&self.journal, seq, stream.clone(), words).await?;
            registry.unanswered.remove(&seq);
        }
        Ok(())
    }

    fn tell(&self, registry: &Registry, running: &BTreeMap<StreamId, Running>, awake: bool) {
        let waiting = registry.queue().into_iter().filter(|(stream, open)| {
            !running.contains_key(*stream) && open.state != RunState::Paused && !open.ended
        });
        let status = EngineStatus {
            running: whole(running),
            queued: waiting.count(),
            slots: self.settings.slots,
            budget: self.settings.budget,
            awake,
            trouble: self
                .journal
                .trouble()
                .map(away)
                .or_else(|| registry.trouble.clone()),
        };
        self.status.send_if_modified(|known| {
            let news = *known != status;
            *known = status;
            news
        });
    }
}

fn whole(running: &BTreeMap<StreamId, Running>) -> usize {
    running.values().filter(|one| one.until == Until::End).count()
}

/// What came of something, or nothing while the database is away, after a pause.
async fn weathered<T>(done: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.is_outage() => {
            tracing::warn!(%error, "the scheduler waits");
            tokio::time::sleep(RESPITE).await;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn away(why: String) -> Text {
    Text::from("the journal's database does not answer: ")
        .ext(why)
        .own("\nhint: work goes on by itself when it is back")
}
