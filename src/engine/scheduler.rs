//! The scheduler: which investigation runs now.
//!
//! It follows the journal, takes the leases of the most urgent investigations, up to as many as may run at once (by all
//! workers of the journal together), and drives each in a task of its own. When one ends it writes `closed` and the
//! recommendations into `space`.
//!
//! An investigation that stops on an error of its own, or on which the program breaks, stops no other one: it is tried again
//! after a while, and given up with its reason when that has led nowhere ([`super::setbacks`]).
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
    task::{AbortHandle, Id, JoinError, JoinSet},
    time::{Instant, MissedTickBehavior},
};

use super::{
    closing,
    drive::{Drive, Outcome, Pace, Until},
    handle::EngineStatus,
    reasoner::Reasoner,
    registry::Registry,
    setbacks::{Setback, Setbacks, Then},
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
    /// How long an investigation that stopped on an error is left alone, at first.
    pub respite: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            slots: 3,
            pace: Pace::default(),
            owner: format!("{}-{}", std::process::id(), ulid::Ulid::generate()),
            budget: Budget::default(),
            lease: Duration::from_secs(6),
            respite: Duration::from_secs(1),
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

/// What this worker has in hand.
struct Hands {
    running: BTreeMap<StreamId, Running>,
    tasks: JoinSet<Finished>,
    /// What is left alone for a while.
    setbacks: Setbacks,
}

struct Finished {
    stream: StreamId,
    outcome: Result<Outcome, Setback>,
}

impl Hands {
    /// The investigation whose task came to its end; none when it was aborted by us.
    fn finished(&self, done: Result<(Id, Finished), JoinError>) -> Option<Finished> {
        match done {
            Ok((_, finished)) => Some(finished),
            Err(error) => {
                let id = error.id();
                let (stream, _) = self.running.iter().find(|(_, one)| one.task.id() == id)?;
                Some(Finished {
                    stream: stream.clone(),
                    outcome: Err(Setback::Panic),
                })
            }
        }
    }

    /// Investigations that take a slot.
    fn whole(&self) -> usize {
        let until_end = |one: &&Running| one.until == Until::End;
        self.running.values().filter(until_end).count()
    }
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
        let mut hands = Hands {
            running: BTreeMap::new(),
            tasks: JoinSet::new(),
            setbacks: Setbacks::new(self.settings.respite),
        };
        let mut awake = true;
        let mut renewal = tokio::time::interval(self.settings.lease / 3);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                records = follower.next() => {
                    if let Some(records) = weathered(records).await? {
                        for record in &records {
                            registry.apply(record);
                        }
                    }
                }
                Some(done) = hands.tasks.join_next_with_id() => {
                    if let Some(done) = hands.finished(done) {
                        weathered(self.finished(&mut registry, &mut hands, done).await).await?;
                    }
                }
                _ = renewal.tick() => {
                    weathered(self.renew(&mut hands.running).await).await?;
                }
                order = orders.recv() => match order {
                    None => return self.rest(&mut hands.running).await,
                    Some(Order::Rest(done)) => {
                        weathered(self.rest(&mut hands.running).await).await?;
                        awake = false;
                        let _gone = done.send(());
                    }
                    Some(Order::Wake) => awake = true,
                },
            }
            if awake {
                weathered(self.answer_space(&mut registry).await).await?;
                weathered(self.fill(&mut registry, &mut hands).await).await?;
            }
            self.tell(&registry, &hands, awake);
        }
    }

    /// Starts as many investigations as may run.
    async fn fill(&self, registry: &mut Registry, hands: &mut Hands) -> Result<(), StoreError> {
        let mut free = self.settings.slots.saturating_sub(hands.whole());
        let wanted: Vec<(StreamId, Until)> = registry
            .queue()
            .into_iter()
            .filter(|(stream, _)| !hands.running.contains_key(*stream))
            .filter_map(|(stream, open)| {
                if open.state != RunState::Paused || open.ended {
                    return Some((stream.clone(), Until::End));
                }
                open.spoken_to.then(|| (stream.clone(), Until::Dealt))
            })
            .collect();
        // Another worker's lease is asked for again after a while.
        let while_taken = self.settings.lease / 4;
        let now = Instant::now();
        for (stream, until) in wanted {
            let whole = until == Until::End;
            if (whole && free == 0) || !hands.setbacks.is_due(&stream, now) {
                continue;
            }
            let lease = match self.lease(&stream, until).await? {
                Grant::Taken(lease) => lease,
                Grant::Held => {
                    hands.setbacks.put_off(&stream, while_taken);
                    continue;
                }
                Grant::Full => {
                    // Other workers have the slots; the most urgent one is asked for again when one may be free.
                    free = 0;
                    hands.setbacks.put_off(&stream, while_taken);
                    continue;
                }
            };
            free -= usize::from(whole);
            let Some(open) = registry.get_mut(&stream) else {
                continue;
            };
            open.spoken_to = false;
            let task = self.start(&mut hands.tasks, lease.clone(), open.source.clone(), until);
            hands.running.insert(stream, Running { lease, task, until });
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
            Finished {
                stream,
                outcome: outcome.map_err(Setback::Journal),
            }
        })
    }

    /// An error of this one investigation is told, and no more than that; the journal's own is returned.
    async fn finished(
        &self,
        registry: &mut Registry,
        hands: &mut Hands,
        done: Finished,
    ) -> Result<(), StoreError> {
        let Finished { stream, outcome } = done;
        let lease = hands.running.remove(&stream).map(|running| running.lease);
        let outcome = match outcome {
            Ok(Outcome::Ended) => match closing::close(&self.journal, &stream).await {
                Ok(()) => Ok(Outcome::Ended),
                Err(error) => Err(Setback::Journal(error)),
            },
            other => other,
        };
        match outcome {
            Ok(Outcome::Paused) => {
                hands.setbacks.went_well(&stream);
                if let Some(open) = registry.get_mut(&stream) {
                    open.state = RunState::Paused;
                }
            }
            Ok(Outcome::Ended | Outcome::Dealt) => hands.setbacks.went_well(&stream),
            Ok(Outcome::Lost) => {}
            // It goes on from its last record when the database is back.
            Err(why) if why.is_outage() => {
                tracing::warn!(%stream, why = %why.told().plain(), "an investigation waits");
            }
            Err(why) => {
                let then = hands.setbacks.failed(&stream, &why);
                tracing::error!(%stream, why = %why.told().plain(), ?then, "an investigation stopped");
                registry.trouble = Some(Text::from(format!("{stream} stopped: ")).join(&why.told()));
                if let (Then::GiveUp, Some(lease)) = (then, &lease) {
                    match self.give_up(lease, why.told()).await {
                        Ok(()) => hands.setbacks.went_well(&stream),
                        Err(error) => tracing::error!(%stream, %error, "it cannot be ended either"),
                    }
                }
            }
        }
        if let Some(lease) = lease {
            self.journal.release(&lease).await?;
        }
        Ok(())
    }

    /// Ends an investigation that was tried often enough, with the reason.
    async fn give_up(&self, lease: &Lease, why: Text) -> Result<(), StoreError> {
        closing::fail(&self.journal, lease, why).await?;
        closing::close(&self.journal, &lease.stream).await
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

    fn tell(&self, registry: &Registry, hands: &Hands, awake: bool) {
        let waiting = registry.queue().into_iter().filter(|(stream, open)| {
            !hands.running.contains_key(*stream) && open.state != RunState::Paused && !open.ended
        });
        let status = EngineStatus {
            running: hands.whole(),
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
