//! Two hosts on watch over one PostgreSQL, as two programs: one is killed, frozen or out of the load's reach, and what it had
//! is brought to its end by the other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use midwatch::journal::{Journal, Kind, StreamId, VerifyOptions, views::Investigation};

use crate::{
    serve::all_end,
    support::{
        double_aws::{DoubleAws, Reply},
        load::Senders,
        postgres::Space,
        program::Program,
        serve::{Hook, PATIENCE, Serve, event},
    },
};

/// Two hosts, a home each; the key of the webhooks' secrets is in the configuration of both.
struct Hosts {
    space: Space,
    journal: Journal,
    programs: [Program; 2],
    /// Whether AWS answers.
    open: Arc<AtomicBool>,
    _aws: DoubleAws,
}

impl Hosts {
    async fn new(open: bool) -> Option<Self> {
        let space = Space::new().await?;
        let open = Arc::new(AtomicBool::new(open));
        let gate = Arc::clone(&open);
        let aws = DoubleAws::start(move |_, _| {
            while !gate.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(5));
            }
            Reply::error(400, "AccessDeniedException", "not you")
        });
        let config = format!(
            "space = \"{}\"\n[store]\npostgres = {{ env = \"MIDWATCH_DATABASE_URL\" }}\n[intake]\nkey = {{ env = \"KEY\" }}\n",
            space.name
        );
        let program = || {
            Program::new(&config)
                .of_aws(aws.url())
                .cut_off()
                .with("MIDWATCH_DATABASE_URL", &space.url)
                .with("KEY", &STANDARD.encode([7; 32]))
        };
        Some(Self {
            programs: [program(), program()],
            journal: space.journal().await,
            space,
            open,
            _aws: aws,
        })
    }

    fn serve(&self, host: usize) -> Serve {
        Serve::start(&self.programs[host], &[])
    }

    fn hook(&self) -> Hook {
        Hook::create(&self.programs[0], &["orders", "--kind", "generic"])
    }

    /// Waits until so many investigations run on it.
    fn runs(&self, serve: &Serve, count: usize) {
        let line = format!(
            "midwatch_investigations_running{{space=\"{}\"}} {count}",
            self.space.name
        );
        let begun = Instant::now();
        while !serve.get("/metrics").text.lines().any(|found| found == line) {
            assert!(begun.elapsed() < PATIENCE, "{line}: {}", serve.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Claims that every investigation ended once, and that the journal stands the test.
    async fn is_sound(&self, count: usize) {
        let all = all_end(&self.journal, count).await;
        assert_eq!(all.len(), count);
        for investigation in &all {
            is_whole(&self.journal, investigation).await;
        }
        let space = self.journal.read_all(&StreamId::space()).await.unwrap();
        for kind in [Kind::Opened, Kind::Closed] {
            let of_kind = space.iter().filter(|record| record.kind == kind).count();
            assert_eq!(of_kind, count, "{kind}");
        }
        let report = self.journal.verify(&VerifyOptions::default()).await.unwrap();
        assert!(report.is_ok(), "{:?}", report.faults);
    }
}

/// Claims that nothing of it is missing or doubled.
async fn is_whole(journal: &Journal, investigation: &Investigation) {
    assert!(investigation.end.is_some());
    let records = journal
        .read_all(investigation.stream.as_ref().unwrap())
        .await
        .unwrap();
    let numbers: Vec<u64> = records.iter().map(|record| record.seq).collect();
    assert_eq!(numbers, (1..=records.len() as u64).collect::<Vec<_>>());
    for kind in [Kind::Created, Kind::End, Kind::InvestigationSummary] {
        let of_kind = records.iter().filter(|record| record.kind == kind).count();
        assert_eq!(of_kind, 1, "{kind}");
    }
}

/// Two hosts of which the first is in the middle of an investigation that its webhook began.
async fn one_at_work() -> Option<(Hosts, Hook, [Serve; 2])> {
    let hosts = Hosts::new(false).await?;
    let hook = hosts.hook();
    let first = hosts.serve(0);
    assert_eq!(hook.send(&first, &event("one", "orders")).status, 202);
    hosts.runs(&first, 1);
    let second = hosts.serve(1);
    Some((hosts, hook, [first, second]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_host_had_is_ended_by_the_other() {
    let Some((hosts, hook, [first, second])) = one_at_work().await else {
        return;
    };
    hosts.runs(&second, 0);
    first.kill();
    hosts.runs(&second, 1);
    hosts.open.store(true, Ordering::SeqCst);
    hosts.is_sound(1).await;
    // The same webhook opens with the key that both have, and knows what the first one took.
    let again = hook.send(&second, &event("one", "orders"));
    assert_eq!(again.json()["triage"], "linked", "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_host_wakes_and_leaves_to_the_other_what_that_one_has_taken() {
    let Some((hosts, hook, [first, second])) = one_at_work().await else {
        return;
    };
    first.signal("STOP");
    hosts.runs(&second, 1);
    // Both are told the same by AWS, and each believes that the investigation is its own.
    hosts.open.store(true, Ordering::SeqCst);
    first.signal("CONT");
    hosts.is_sound(1).await;
    hosts.runs(&first, 0);
    // It is as good a host as before.
    let other = hook.send(&first, &event("two", "payments"));
    assert_eq!(other.json()["triage"], "investigated", "{other:?}");
    hosts.is_sound(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_either_host_acknowledged_is_there_once_whichever_is_killed() {
    const ROUNDS: usize = 8;
    let Some(hosts) = Hosts::new(true).await else {
        return;
    };
    let senders = Senders::start(hosts.hook(), 4, 2);
    let load = &senders.load;
    let mut serves = [hosts.serve(0), hosts.serve(1)].map(Some);
    for round in 0..ROUNDS {
        for (place, serve) in serves.iter().enumerate() {
            load.turn(place, serve.as_ref().map(|serve| serve.address));
        }
        let dying = round % 2;
        let serve = serves[dying].take().unwrap();
        load.goes_on(&serve);
        load.turn(dying, None);
        serve.kill();
        serves[dying] = Some(hosts.serve(dying));
    }
    for (place, serve) in serves.iter().enumerate() {
        load.turn(place, serve.as_ref().map(|serve| serve.address));
    }
    senders.end(&hosts.journal).await;
    for investigation in all_end(&hosts.journal, 1).await {
        is_whole(&hosts.journal, &investigation).await;
    }
    drop(serves);
    let report = hosts.journal.verify(&VerifyOptions::default()).await.unwrap();
    assert!(report.is_ok(), "{:?}", report.faults);
}
