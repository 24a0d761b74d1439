//! A double of the reception behind the real server: remembers what came through the door, and writes nothing.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::Timestamp;
use midwatch::{
    intake::{
        Arrival, Receipt, Receives,
        http::{Bind, Listener, Metrics, limit::Rate},
        webhook::{
            Certificates, Directory, Door, Fetch, Keeper, Readiness, SpaceDoor, Standing,
            register::{self, Made, Wanted},
            routes,
        },
    },
    journal::{
        Actor, Hash, Journal, StoreError,
        body::{Course, Skipped},
    },
    model::Alert,
    sources::secrets::Secrets,
};
use tempfile::TempDir;
use tokio::sync::watch;

/// Remembers what came, and knows repeats.
#[derive(Default)]
pub struct DoubleDesk {
    pub came: Mutex<Vec<Arrival>>,
    known: Mutex<BTreeMap<Hash, u64>>,
    /// True: nothing can be kept.
    pub broken: Mutex<bool>,
}

#[async_trait]
impl Receives for DoubleDesk {
    async fn receive(&self, arrival: Arrival) -> Result<Receipt, StoreError> {
        if *self.broken.lock().unwrap() {
            return Err(StoreError::Database("disk full".to_owned()));
        }
        let mut known = self.known.lock().unwrap();
        let next = known.len() as u64 + 1;
        let event = *known.entry(arrival.digest.clone()).or_insert(next);
        let repeat = event != next;
        if !repeat {
            self.came.lock().unwrap().push(arrival);
        }
        Ok(Receipt {
            event,
            course: Course::Skip {
                because: Skipped::News,
            },
            why: "noted".into(),
            repeat,
        })
    }
}

/// The real server over a journal in memory, with a double behind its door.
pub struct Site {
    pub address: SocketAddr,
    pub desk: Arc<DoubleDesk>,
    pub door: Arc<Door>,
    pub journal: Journal,
    keeper: Keeper,
    stop: watch::Sender<bool>,
    _folder: TempDir,
}

struct Calm;

#[async_trait]
impl Standing for Calm {
    async fn readiness(&self) -> Readiness {
        Readiness::default()
    }

    async fn metrics(&self) -> String {
        String::new()
    }
}

impl Site {
    pub async fn open(fetch: Arc<dyn Fetch>) -> Self {
        Self::with_rate(fetch, 1_000_000.0).await
    }

    /// Each webhook may be called so often a second.
    pub async fn with_rate(fetch: Arc<dyn Fetch>, rate: f64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::in_memory().await.unwrap();
        let keeper = Keeper::new(None, folder.path(), Secrets::default());
        let desk = Arc::new(DoubleDesk::default());
        let space = SpaceDoor {
            name: "default".to_owned(),
            journal: journal.clone(),
            reception: Arc::clone(&desk) as Arc<dyn Receives>,
        };
        let rate = Rate {
            burst: rate,
            per_second: rate,
        };
        let door = Arc::new(Door::new(
            Arc::new(Directory::new(vec![space], keeper.clone(), rate)),
            |_, _, _| Ok(Alert::default()),
            Certificates::new(fetch),
            Arc::new(Timestamp::now),
            Arc::new(Metrics::default()),
        ));
        let bind = Bind {
            address: "127.0.0.1:0".parse().unwrap(),
            tls: None,
            plain: false,
        };
        let listener = Listener::bind(&bind).await.unwrap();
        let address = listener.address();
        let stop = watch::Sender::new(false);
        let router = routes(Arc::clone(&door), Arc::new(Calm), true);
        tokio::spawn(listener.serve(router, stop.subscribe()));
        Self {
            address,
            desk,
            door,
            journal,
            keeper,
            stop,
            _folder: folder,
        }
    }

    /// Makes a webhook.
    pub async fn webhook(&self, wanted: Wanted) -> Made {
        let actor = Actor::Operator("dana".to_owned());
        register::create(&self.journal, &self.keeper, actor, wanted, Timestamp::now())
            .await
            .unwrap()
    }

    /// What came through the door.
    pub fn came(&self) -> Vec<Arrival> {
        self.desk.came.lock().unwrap().clone()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// An SNS that gives one thing, whatever it is asked for, and remembers what that was.
#[derive(Default)]
pub struct DoubleSns {
    pub gives: Vec<u8>,
    pub asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Fetch for DoubleSns {
    async fn get(&self, url: &url::Url) -> Result<Vec<u8>, String> {
        self.asked.lock().unwrap().push(url.to_string());
        Ok(self.gives.clone())
    }
}
