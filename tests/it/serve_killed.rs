//! Killed at random under load, twenty times: every event that was acknowledged is in the journal once, nothing is there twice,
//! and every investigation ends.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use midwatch::journal::{Body, Journal, StreamId, VerifyOptions};

use crate::{
    serve::all_end,
    support::{
        double_aws::{DoubleAws, Reply},
        program::Program,
        serve::{Hook, Serve, event, request},
    },
};

const ROUNDS: usize = 20;
const SENDERS: usize = 4;

/// What every sender shares.
struct Load {
    hook: Hook,
    /// Where the server is now; none between two of them.
    address: RwLock<Option<SocketAddr>>,
    next: AtomicUsize,
    over: AtomicBool,
    /// Acknowledged events: incident and number.
    acknowledged: Mutex<BTreeMap<String, u64>>,
}

impl Load {
    /// Sends events one after the other, each until it is acknowledged.
    fn send(&self) {
        while !self.over.load(Ordering::SeqCst) {
            let incident = format!("incident-{}", self.next.fetch_add(1, Ordering::SeqCst));
            let body = event(&incident, "orders");
            loop {
                let address = *self.address.read().unwrap();
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
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_once_whenever_it_is_killed() {
    let aws = DoubleAws::start(|_, _| Reply::error(400, "AccessDeniedException", "not you"));
    let program = Program::new("").of_aws(aws.url()).cut_off();
    let load = Arc::new(Load {
        hook: Hook::create(&program, &["orders", "--kind", "generic"]),
        address: RwLock::new(None),
        next: AtomicUsize::new(0),
        over: AtomicBool::new(false),
        acknowledged: Mutex::default(),
    });
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let load = Arc::clone(&load);
            thread::spawn(move || load.send())
        })
        .collect();
    for round in 0..ROUNDS {
        let before = load.acknowledged.lock().unwrap().len();
        let serve = Serve::start(&program, &[]);
        *load.address.write().unwrap() = Some(serve.address);
        // Once something was taken; then at a moment that is another one each time.
        let begun = Instant::now();
        while load.acknowledged.lock().unwrap().len() == before {
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "round {round}: {}",
                serve.log()
            );
            thread::sleep(Duration::from_millis(1));
        }
        let mut byte = [0_u8; 1];
        getrandom::fill(&mut byte).unwrap();
        thread::sleep(Duration::from_millis(u64::from(byte[0])));
        *load.address.write().unwrap() = None;
        serve.kill();
    }
    let serve = Serve::start(&program, &[]);
    *load.address.write().unwrap() = Some(serve.address);
    load.over.store(true, Ordering::SeqCst);
    for sender in senders {
        sender.join().unwrap();
    }
    let path = program.path("data/spaces/default/journal.sqlite");
    let journal = Journal::open(&path).await.unwrap();
    let mut there: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for record in journal.read_all(&StreamId::space()).await.unwrap() {
        if let Some(Body::Event(event)) = record.typed() {
            there
                .entry(event.alert.unwrap().incident)
                .or_default()
                .push(record.seq);
        }
    }
    let acknowledged = load.acknowledged.lock().unwrap().clone();
    assert_eq!(acknowledged.len(), load.next.load(Ordering::SeqCst));
    for (incident, number) in &acknowledged {
        assert_eq!(there.get(incident), Some(&vec![*number]), "{incident}");
    }
    assert_eq!(
        there.len(),
        acknowledged.len(),
        "nothing is there that nobody sent"
    );
    for investigation in all_end(&journal, 1).await {
        assert!(investigation.end.is_some());
    }
    drop(serve);
    let report = journal.verify(&VerifyOptions::default()).await.unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
}
