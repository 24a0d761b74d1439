//! How many signed events a second come in over loopback, each answered when it is durable: event, triage and, where one is
//! opened, the investigation.
//!
//! `cargo bench --bench intake` prints a table. Files go to the folder for temporary files (TMPDIR), whose disk decides what a
//! durable record costs. The senders keep their connections and run in this process.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot do its work should stop at once"
)]

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use midwatch::{
    config::Config,
    intake::{
        Home, Reception,
        http::{Bind, Listener, Metrics, limit::Rate},
        reading,
        webhook::{
            Certificates, Directory, Door, Keeper, Readiness, SpaceDoor, Standing, WebhookKind,
            register::{self, Wanted},
            routes,
        },
    },
    journal::{Actor, Journal, Kind, StreamId},
    net::Net,
    sources::secrets::Secrets,
};
use ring::hmac;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::watch,
};

const EVENTS: usize = 20_000;
const RATE: Rate = Rate {
    burst: 1e9,
    per_second: 1e9,
};

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

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    println!(
        "{:>8} {:>8} {:>10} {:>10} {:>10}",
        "senders", "events", "events/s", "p50", "p99"
    );
    for senders in [1, 16, 64, 256] {
        runtime.block_on(measure(senders));
    }
}

async fn measure(senders: usize) {
    let folder = std::env::temp_dir().join(format!("midwatch-intake-{}", ulid::Ulid::generate()));
    let journal = Journal::open(&folder.join("journal.sqlite")).await.unwrap();
    let home = Home::of(&Config::default());
    let (reception, _task) = Reception::open(journal.clone(), home, Arc::new(Timestamp::now));
    let keeper = Keeper::new(None, &folder, Secrets::default());
    let wanted = Wanted {
        name: "orders".to_owned(),
        kind: WebhookKind::Generic,
        scheme: None,
        conditions: Vec::new(),
        failures: None,
        topic: None,
        secret: None,
    };
    let actor = Actor::Operator("bench".to_owned());
    let made = register::create(&journal, &keeper, actor, wanted, Timestamp::now())
        .await
        .unwrap();
    let space = SpaceDoor {
        name: "default".to_owned(),
        journal: journal.clone(),
        reception: Arc::new(reception),
    };
    let door = Arc::new(Door::new(
        Arc::new(Directory::new(vec![space], keeper, RATE)),
        reading::read,
        Certificates::new(Arc::new(Net::default())),
        Arc::new(Timestamp::now),
        Arc::new(Metrics::default()),
    ));
    let bind = Bind {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        tls: None,
        plain: false,
    };
    let listener = Listener::bind(&bind).await.unwrap();
    let address = listener.address();
    let stop = watch::Sender::new(false);
    let server = tokio::spawn(listener.serve(routes(door, Arc::new(Calm), true), stop.subscribe()));

    let key = hmac::Key::new(hmac::HMAC_SHA256, made.secret.unwrap().expose().as_bytes());
    let path = made.webhook.path();
    let each = (EVENTS / senders).min(if senders == 1 { 1_000 } else { EVENTS });
    let begun = Instant::now();
    let tasks: Vec<_> = (0..senders)
        .map(|sender| {
            let (key, path) = (key.clone(), path.clone());
            tokio::spawn(async move { send(address, &key, &path, sender, each).await })
        })
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.unwrap());
    }
    let whole = begun.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
    println!(
        "{senders:>8} {:>8} {:>10.0} {:>10.1?} {:>10.1?}",
        took.len(),
        took.len() as f64 / whole,
        at(0.5),
        at(0.99)
    );
    stop.send_replace(true);
    server.await.unwrap();
    let kept = journal
        .read_kinds(&StreamId::space(), &[Kind::Event], 0, u32::MAX)
        .await
        .unwrap();
    assert_eq!(kept.len(), took.len(), "every event is there once");
    journal.close().await;
    std::fs::remove_dir_all(folder).unwrap();
}

/// Sends so many events one after the other, and returns how long each took.
async fn send(
    address: SocketAddr,
    key: &hmac::Key,
    path: &str,
    sender: usize,
    count: usize,
) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut took = Vec::with_capacity(count);
    let mut answer = vec![0; 4096];
    for n in 0..count {
        let time = Timestamp::now().to_string();
        let body = format!(
            r#"{{"eventType":"incident","incidentId":"bench-{sender}-{n}","action":"created","priority":"HIGH","title":"Orders fail","description":"5xx at the door","service":"orders","timestamp":"{time}","data":{{}}}}"#
        );
        let signature = STANDARD.encode(hmac::sign(key, format!("{time}:{body}").as_bytes()));
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-amzn-event-timestamp: {time}\r\n\
             x-amzn-event-signature: {signature}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let begun = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        let read = stream.read(&mut answer).await.unwrap();
        took.push(begun.elapsed());
        let head = String::from_utf8_lossy(&answer[..read]);
        assert!(head.starts_with("HTTP/1.1 202"), "{head}");
    }
    took
}
