//! The scheduler: which investigation runs now.
//!
//! It follows the journal, takes the leases of the most urgent investigations, up to as many as may run at once, and
//! drives each in a task of its own. When one ends it writes `closed` and the recommendations into `space`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    task::{AbortHandle, JoinSet},
    time::Instant,
};

use super::{
    closing,
    drive::{Drive, Outcome, Pace, Until},
    handle::EngineStatus,
    reasoner::Reasoner,
    registry::Registry,
};
use crate::{
    journal::{Journal, Lease, Record, StoreError, StreamId},
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
    /// Investigations at once.
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

impl Scheduler {
    /// Works until the sender of orders is dropped; then gives all leases back.
    pub async fn run(self, mut orders: mpsc::Receiver<Order>) -> Result<(), StoreError> {
        let (mut registry, from) = Registry::read(&self.journal).await?;
        let mut follower = self.journal.follow(from);
        let mut tasks: JoinSet<Finished> = JoinSet::new();
        let mut running: BTreeMap<StreamId, Running> = BTreeMap::new();
        let mut awake = true;
        let mut renewal = tokio::time::interval(self.settings.lease / 3);
        // Another worker's lease is asked for again after a while.
        let mut not_before: BTreeMap<StreamId, Instant> = BTreeMap::new();
        loop {
            tokio::select! {
                records = follower.next() => {
                    records?.iter().for_each(|record: &Record| registry.apply(record));
                }
                Some(done) = tasks.join_next() => {
                    if let Ok(done) = done {
                        self.finished(&mut registry, &mut running, done).await?;
                    }
                }
                _ = renewal.tick() => self.renew(&mut running).await?,
                order = orders.recv() => match order {
                    None => {
                        self.rest(&mut running).await?;
                        return Ok(());
                    }
                    Some(Order::Rest(done)) => {
                        self.rest(&mut running).await?;
                        awake = false;
                        let _gone = done.send(());
                    }
                    Some(Order::Wake) => awake = true,
                },
            }
            if awake {
                self.answer_space(&mut registry).await?;
                self.fill(&mut registry, &mut running, &mut tasks, &mut not_before)
                    .await?;
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
                let idle = open.state == RunState::Paused;
                if (!idle || open.ended) && free > 0 {
                    free -= 1;
                    return Some((stream.clone(), Until::End));
                }
                open.spoken_to.then(|| (stream.clone(), Until::Dealt))
            })
            .collect();
        let now = Instant::now();
        for (stream, until) in wanted {
            if not_before.get(&stream).is_some_and(|at| *at > now) {
                continue;
            }
            let lease = self
                .journal
                .acquire(&stream, &self.settings.owner, self.settings.lease)
                .await?;
            let Some(lease) = lease else {
                not_before.insert(stream, now + self.settings.lease / 4);
                continue;
            };
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

    async fn rest(&self, running: &mut BTreeMap<StreamId, Running>) -> Result<(), StoreError> {
        for (_, one) in std::mem::take(running) {
            one.task.abort();
            self.journal.release(&one.lease).await?;
        }
        Ok(())
    }

    async fn answer_space(&self, registry: &mut Registry) -> Result<(), StoreError> {
        for (seq, (stream, words)) in std::mem::take(&mut registry.unanswered) {
            closing::answer(&self.journal, seq, stream, &words).await?;
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
            trouble: registry.trouble.clone(),
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
