//! Senders that go on until each of their events is acknowledged, whatever becomes of the servers meanwhile.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use midwatch::journal::{Body, Journal, StreamId};

use super::serve::{Hook, PATIENCE, Serve, event, request};

/// What every sender shares.
pub struct Load {
    hook: Hook,
    /// Where the servers are now; none while nobody listens there.
    addresses: RwLock<Vec<Option<SocketAddr>>>,
    next: AtomicUsize,
    over: AtomicBool,
    /// Acknowledged events: incident and number.
    acknowledged: Mutex<BTreeMap<String, u64>>,
}

/// The load, and those who make it.
pub struct Senders {
    pub load: Arc<Load>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// Sends events one after the other, each until it is acknowledged, to every server in turn.
    fn send(&self) {
        while !self.over.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let incident = format!("incident-{number}");
            let body = event(&incident, "orders");
            for attempt in number.. {
                let address = {
                    let addresses = self.addresses.read().unwrap();
                    addresses[attempt % addresses.len()]
                };
                let answer = address.and_then(|address| {
                    let headers = self.hook.signed(&body);
                    let headers: Vec<(&str, &str)> = headers
                        .iter()
                        .map(|(name, value)| (*name, value.as_str()))
                        .collect();
                    request(address, "POST", &self.hook.path, &headers, body.as_bytes()).ok()
                });
                match answer {
                    Some(answer) if matches!(answer.status, 200 | 202) => {
                        let number = answer.json()["event"].as_u64().unwrap();
                        self.acknowledged.lock().unwrap().insert(incident, number);
                        break;
                    }
                    // An answer that broke off, none, or "later": the same once more.
                    _ => thread::sleep(Duration::from_millis(5)),
                }
            }
        }
    }

    /// Where the server of this place listens from now on.
    pub fn turn(&self, place: usize, address: Option<SocketAddr>) {
        self.addresses.write().unwrap()[place] = address;
    }

    /// Events that were acknowledged so far.
    pub fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Waits until something more was acknowledged, and then until a moment that is another one each time.
    pub fn goes_on(&self, serve: &Serve) {
        let (before, begun) = (self.count(), Instant::now());
        while self.count() == before {
            assert!(begun.elapsed() < PATIENCE, "{}", serve.log());
            thread::sleep(Duration::from_millis(1));
        }
        let mut byte = [0_u8; 1];
        getrandom::fill(&mut byte).unwrap();
        thread::sleep(Duration::from_millis(u64::from(byte[0])));
    }
}

impl Senders {
    /// So many, to so many servers.
    pub fn start(hook: Hook, senders: usize, servers: usize) -> Self {
        let load = Arc::new(Load {
            hook,
            addresses: RwLock::new(vec![None; servers]),
            next: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            acknowledged: Mutex::default(),
        });
        let threads = (0..senders)
            .map(|_| {
                let load = Arc::clone(&load);
                thread::spawn(move || load.send())
            })
            .collect();
        Self { load, threads }
    }

    /// Lets each sender bring its last event home, and claims that every acknowledged event is in the journal once, under
    /// the number that was told, and that nothing is there beside.
    pub async fn end(self, journal: &Journal) {
        self.load.over.store(true, Ordering::SeqCst);
        for sender in self.threads {
            sender.join().unwrap();
        }
        let mut there: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for record in journal.read_all(&StreamId::space()).await.unwrap() {
            if let Some(Body::Event(event)) = record.typed() {
                there
                    .entry(event.alert.unwrap().incident)
                    .or_default()
                    .push(record.seq);
            }
        }
        let acknowledged = self.load.acknowledged.lock().unwrap().clone();
        assert_eq!(acknowledged.len(), self.load.next.load(Ordering::SeqCst));
        for (incident, number) in &acknowledged {
            assert_eq!(there.get(incident), Some(&vec![*number]), "{incident}");
        }
        assert_eq!(
            there.len(),
            acknowledged.len(),
            "nothing is there that nobody sent"
        );
    }
}
