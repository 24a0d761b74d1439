//! One space on watch: its journal, engine and reception, and what was counted of its events.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use color_eyre::eyre::Result;
use jiff::Timestamp;
use tokio::sync::watch;

use super::tasks::{Stop, Tasks};
use crate::{
    cli::Context,
    config::Queue,
    engine::{
        handle::{Engine as _, EngineStatus},
        local::Local,
        scheduler::Sources,
    },
    intake::{
        Arrival, Home, Looks, Receipt, Receives, Reception,
        alarms::{self, AlarmWatch},
        http::listen::stopped,
        queue::{self, QueueWatch},
        webhook::SpaceDoor,
    },
    journal::{Body, Journal, Kind, StoreError, StreamId, body::Triage, views::Letters},
    outlets,
    sources::aws::accounts::Accounts,
};

/// How long an event waits for a reception that is just being opened.
const OPENING: Duration = Duration::from_secs(5);
/// Events whose judgement is waited for: it follows in the same transaction.
const WAITING: usize = 10_000;
/// Records that are read at once.
const PAGE: u32 = 1_000;

/// One space on watch.
pub struct Watch {
    /// Its context: the configuration with this space open.
    pub context: Context,
    /// Its journal.
    pub journal: Journal,
    engine: Mutex<Option<Arc<Local>>>,
    reception: watch::Sender<Option<Reception>>,
    counted: Mutex<BTreeMap<(String, &'static str), u64>>,
    letters: Mutex<Letters>,
    channels: Mutex<Vec<(String, String)>>,
    /// How the watches that ask by themselves are doing.
    pub looks: Looks,
}

impl Watch {
    /// Of this space; nothing runs yet.
    pub async fn open(context: Context) -> Result<Arc<Self>> {
        let journal = context.journal().await?;
        Ok(Arc::new(Self {
            context,
            journal,
            engine: Mutex::default(),
            reception: watch::Sender::new(None),
            counted: Mutex::default(),
            letters: Mutex::default(),
            channels: Mutex::default(),
            looks: Looks::default(),
        }))
    }

    /// The space.
    pub fn name(&self) -> &str {
        &self.context.config.space
    }

    /// Where its webhooks lead.
    pub fn door(self: &Arc<Self>) -> SpaceDoor {
        SpaceDoor {
            name: self.name().to_owned(),
            journal: self.journal.clone(),
            reception: Arc::clone(self) as Arc<dyn Receives>,
        }
    }

    /// How its engine stands; none while none runs.
    pub fn engine(&self) -> Option<EngineStatus> {
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        engine.as_ref().map(|engine| engine.status())
    }

    /// Events since the start, by sender and by what was done about them.
    pub fn counted(&self) -> BTreeMap<(String, &'static str), u64> {
        self.counted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What does not arrive of what goes out.
    pub fn letters(&self) -> Letters {
        self.letters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Channels that are set up wrongly, and why: nothing goes out to them.
    pub fn broken_channels(&self) -> Vec<(String, String)> {
        self.channels
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Sets to work everything that stands the watch in this space. Whoever else stands it is added here.
    pub fn stand(self: &Arc<Self>, tasks: &mut Tasks) {
        let space = self.name().to_owned();
        let watch = Arc::clone(self);
        tasks.add(format!("reception {space}"), move |stop| {
            Arc::clone(&watch).receives(stop)
        });
        let watch = Arc::clone(self);
        tasks.add(format!("engine {space}"), move |stop| {
            Arc::clone(&watch).investigates(stop)
        });
        let watch = Arc::clone(self);
        tasks.add(format!("count {space}"), move |stop| {
            Arc::clone(&watch).counts(stop)
        });
        let wanted = self.context.config.open_space().watch;
        if wanted.alarms {
            let watch = Arc::clone(self);
            tasks.add(format!("alarms {space}"), move |stop| {
                Arc::clone(&watch).looks_at_alarms(stop)
            });
        }
        if let Some(queue) = wanted.queue {
            let watch = Arc::clone(self);
            tasks.add(format!("queue {space}"), move |stop| {
                Arc::clone(&watch).empties(queue.clone(), stop)
            });
        }
        let watch = Arc::clone(self);
        tasks.add(format!("outlets {space}"), move |stop| {
            Arc::clone(&watch).tells(stop)
        });
    }

    async fn looks_at_alarms(self: Arc<Self>, mut stop: Stop) -> Result<(), String> {
        let watch = AlarmWatch {
            space: self.context.config.open_space(),
            accounts: self.accounts(),
            journal: self.journal.clone(),
            reception: Arc::clone(&self) as Arc<dyn Receives>,
            looks: self.looks.clone(),
            clock: Arc::new(Timestamp::now),
        };
        tokio::select! {
            () = alarms::run(watch) => Err("the watch over alarms ended by itself".to_owned()),
            () = stopped(&mut stop) => Ok(()),
        }
    }

    async fn empties(self: Arc<Self>, queue: Queue, mut stop: Stop) -> Result<(), String> {
        let watch = QueueWatch {
            queue,
            space: self.context.config.open_space(),
            accounts: self.accounts(),
            reception: Arc::clone(&self) as Arc<dyn Receives>,
            looks: self.looks.clone(),
            clock: Arc::new(Timestamp::now),
        };
        tokio::select! {
            () = queue::run(watch) => Err("the watch over the queue ended by itself".to_owned()),
            () = stopped(&mut stop) => Ok(()),
        }
    }

    fn accounts(&self) -> Arc<Accounts> {
        let config = &self.context.config;
        Arc::new(Accounts::new(&config.space, config.net()))
    }

    /// Sends what goes out. A channel that is set up wrongly is told, and the others send.
    async fn tells(self: Arc<Self>, mut stop: Stop) -> Result<(), String> {
        let (outlets, broken) = outlets::of_space(&self.context.config);
        let broken: Vec<(String, String)> = broken
            .into_iter()
            .map(|(name, why)| (name, why.plain()))
            .collect();
        for (name, why) in &broken {
            tracing::error!(space = self.name(), "nothing goes out to {name}: {why}");
        }
        let all_open = broken.is_empty();
        *self.channels.lock().unwrap_or_else(PoisonError::into_inner) = broken;
        outlets::run(
            self.journal.clone(),
            outlets,
            outlets::Settings::default(),
            stop.clone(),
        )
        .await;
        if all_open {
            return Ok(());
        }
        stopped(&mut stop).await;
        Ok(())
    }

    /// The reception, once it is open.
    pub async fn reception(&self) -> Result<Reception, StoreError> {
        let closed =
            || StoreError::Database("the reception is closed\nhint: send it again in a while".to_owned());
        let mut open = self.reception.subscribe();
        let found = tokio::time::timeout(OPENING, open.wait_for(Option::is_some)).await;
        let found = found.map_err(|_| closed())?.map_err(|_| closed())?;
        found.clone().ok_or_else(closed)
    }

    /// True once events are taken.
    pub fn receives_events(&self) -> bool {
        self.reception.borrow().is_some()
    }

    async fn receives(self: Arc<Self>, mut stop: Stop) -> Result<(), String> {
        let home = Home::of(&self.context.config);
        let clock = Arc::new(Timestamp::now);
        let (reception, mut task) = Reception::open(self.journal.clone(), home, clock);
        // Until it knows what it judges by, this server is not ready.
        tokio::select! {
            () = reception.ready() => {}
            () = stopped(&mut stop) => return Ok(()),
        }
        self.reception.send_replace(Some(reception));
        let ended = tokio::select! {
            ended = &mut task => Some(ended),
            () = stopped(&mut stop) => None,
        };
        self.reception.send_replace(None);
        match ended {
            // Whoever still holds it is heard to the end.
            None => task.await.map_err(|error| error.to_string()),
            Some(Ok(())) => Err("the reception closed by itself".to_owned()),
            Some(Err(error)) => Err(format!("the reception broke off: {error}")),
        }
    }

    async fn investigates(self: Arc<Self>, mut stop: Stop) -> Result<(), String> {
        let reasoner = self.context.reasoner().map_err(|error| error.to_string())?;
        let telemetry = self.context.telemetry(&self.journal) as Arc<dyn Sources>;
        let settings = self.context.settings(Duration::ZERO);
        let (engine, mut task) = Local::start(self.journal.clone(), reasoner, telemetry, settings);
        self.set_engine(Some(Arc::clone(&engine)));
        let ended = tokio::select! {
            ended = &mut task => Some(ended),
            () = stopped(&mut stop) => None,
        };
        self.set_engine(None);
        match ended {
            None => {
                // Another worker, or the next start, goes on at once.
                engine.rest().await;
                task.abort();
                Ok(())
            }
            Some(Ok(Ok(()))) => Err("the engine stopped by itself".to_owned()),
            Some(Ok(Err(error))) => Err(error.to_string()),
            Some(Err(error)) => Err(format!("the engine broke off: {error}")),
        }
    }

    fn set_engine(&self, engine: Option<Arc<Local>>) {
        *self.engine.lock().unwrap_or_else(PoisonError::into_inner) = engine;
    }

    /// Follows the journal: events count whichever way they came.
    async fn counts(self: Arc<Self>, mut stop: Stop) -> Result<(), String> {
        let told = |error: StoreError| error.to_string();
        let space = StreamId::space();
        let head = self.journal.head(&space).await.map_err(told)?;
        self.read_letters(&space, head.seq).await.map_err(told)?;
        let mut follower = self.journal.follow_only(BTreeMap::from([(space, head.seq)]));
        let mut senders: HashMap<u64, String> = HashMap::new();
        loop {
            let records = tokio::select! {
                records = follower.next() => records.map_err(told)?,
                () = stopped(&mut stop) => return Ok(()),
            };
            for record in records {
                match record.typed() {
                    Some(Body::Event(event)) => {
                        if senders.len() >= WAITING {
                            senders.clear();
                        }
                        senders.insert(record.seq, event.sender);
                    }
                    Some(Body::Triage(Triage::Judged(judged))) => {
                        let Some(sender) = senders.remove(&judged.event) else {
                            continue;
                        };
                        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
                        *counted.entry((sender, judged.course.word())).or_default() += 1;
                    }
                    Some(Body::Delivery(delivery)) => {
                        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
                        letters.apply(record.seq, record.at, delivery);
                    }
                    _ => {}
                }
            }
        }
    }
}

impl Watch {
    /// What did not arrive before the start.
    async fn read_letters(&self, space: &StreamId, upto: u64) -> Result<(), StoreError> {
        let (mut letters, mut after) = (Letters::default(), 0);
        loop {
            let records = self
                .journal
                .read_kinds(space, &[Kind::Delivery], after, PAGE)
                .await?;
            let Some(last) = records.last() else { break };
            after = last.seq;
            for record in records.iter().filter(|record| record.seq <= upto) {
                if let Some(Body::Delivery(delivery)) = record.typed() {
                    letters.apply(record.seq, record.at, delivery);
                }
            }
        }
        *self.letters.lock().unwrap_or_else(PoisonError::into_inner) = letters;
        Ok(())
    }
}

#[async_trait]
impl Receives for Watch {
    async fn receive(&self, arrival: Arrival) -> Result<Receipt, StoreError> {
        self.reception().await?.receive(arrival).await
    }
}
