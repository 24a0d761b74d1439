//! What arrives, from the reception to the journal: judged once, durable, told the same after a restart.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use midwatch::{
    engine::{
        opening::Opening,
        overrule::{Wish, overrule},
        registry::Registry,
    },
    intake::{Arrival, Home, Receipt, Reception, Repeats},
    journal::{
        Actor, Body, Clock, Draft, Journal, Kind, StreamId, VerifyOptions,
        body::{Course, Maintenance, Message, Payload, Skipped, Tie, Triage},
        views::{Events, Space},
    },
    model::{Alert, AlertAction, Priority, SourceSpec},
};
use proptest::prelude::*;

fn home() -> Home {
    Home {
        source: SourceSpec::Aws {
            account: None,
            region: Some("eu-west-1".into()),
        },
        accounts: BTreeSet::from(["111122223333".to_owned()]),
        regions: BTreeSet::from(["eu-west-1".to_owned(), "us-east-1".to_owned()]),
    }
}

pub(crate) fn reception(journal: &Journal) -> Reception {
    Reception::open(journal.clone(), home(), Arc::new(Timestamp::now)).0
}

pub(crate) fn alert(incident: &str) -> Alert {
    Alert {
        incident: incident.into(),
        title: format!("{incident} is wrong"),
        ..Alert::default()
    }
}

pub(crate) fn arrival(alert: Alert) -> Arrival {
    let said = serde_json::to_vec(&alert).unwrap();
    let (body, digest) = Arrival::body(&said);
    Arrival {
        sender: "generic",
        via: "webhook/test".into(),
        digest,
        alert: Ok(alert),
        body,
        repeats: Repeats::Soon,
    }
}

async fn take(reception: &Reception, alert: Alert) -> Receipt {
    reception.receive(arrival(alert)).await.unwrap()
}

async fn space(journal: &Journal) -> Space {
    Space::fold(&journal.read_all(&StreamId::space()).await.unwrap())
}

async fn is_sound(journal: &Journal) {
    let report = journal.verify(&VerifyOptions::default()).await.unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
}

#[tokio::test]
async fn an_alert_is_durable_with_its_investigation_before_it_is_answered() {
    let journal = Journal::in_memory().await.unwrap();
    let reception = reception(&journal);
    let urgent = Alert {
        priority: Some(Priority::High),
        account: Some("111122223333".into()),
        region: Some("us-east-1".into()),
        alarm: Some("orders-5xx".into()),
        ..alert("orders")
    };
    let receipt = take(&reception, urgent).await;
    let Course::Investigate { stream } = &receipt.course else {
        panic!("{receipt:?}");
    };
    let space = space(&journal).await;
    let listed = &space.investigations[stream];
    assert_eq!(listed.opened.event, Some(receipt.event));
    assert_eq!((listed.events, listed.priority(None)), (1, Priority::High));
    let source = SourceSpec::Aws {
        account: Some("111122223333".into()),
        region: Some("us-east-1".into()),
    };
    assert_eq!(listed.opened.source, source);
    let created = journal.read_all(stream).await.unwrap().remove(0).typed();
    let Some(Body::Created(created)) = created else {
        panic!("{created:?}");
    };
    assert_eq!(created.start.text().plain(), "orders-5xx");
    let kinds: Vec<Kind> = journal
        .read_all(&StreamId::space())
        .await
        .unwrap()
        .iter()
        .map(|record| record.kind)
        .collect();
    assert_eq!(kinds, [Kind::Event, Kind::Opened, Kind::Triage]);
    is_sound(&journal).await;
}

#[tokio::test]
async fn what_a_sender_writes_sends_nobody_beyond_the_space() {
    let journal = Journal::in_memory().await.unwrap();
    let reception = reception(&journal);
    for (n, (account, region)) in [
        ("999988887777", "eu-central-1"),
        ("111122223333", "evil.example/"),
        ("x", "eu-west-1.evil"),
    ]
    .into_iter()
    .enumerate()
    {
        let odd = Alert {
            account: Some(account.into()),
            region: Some(region.into()),
            at: Some("1970-01-01T00:00:00Z".parse().unwrap()),
            ..alert(&format!("i{n}"))
        };
        let receipt = take(&reception, odd).await;
        let stream = receipt.course.stream().unwrap();
        let opened = space(&journal).await.investigations[stream].opened.clone();
        let SourceSpec::Aws { account, region } = opened.source else {
            panic!("{:?}", opened.source);
        };
        assert_eq!(region.as_deref(), Some("eu-west-1"));
        assert_ne!(account.as_deref(), Some("999988887777"));
        let records = journal.read_all(stream).await.unwrap();
        let Some(Body::Created(created)) = records[0].typed() else {
            panic!("{records:?}");
        };
        assert_eq!(created.at, None, "nobody looks at 1970");
    }
}

#[tokio::test]
async fn a_message_that_comes_twice_is_written_once_even_after_a_restart() {
    let journal = Journal::in_memory().await.unwrap();
    let first = take(&reception(&journal), alert("a")).await;
    let written = journal.head(&StreamId::space()).await.unwrap();
    // Another reception: as after a restart.
    let reception = reception(&journal);
    let again = take(&reception, alert("a")).await;
    assert!(again.repeat && !first.repeat);
    assert_eq!((again.event, &again.course), (first.event, &first.course));
    let both = tokio::join!(take(&reception, alert("b")), take(&reception, alert("b")));
    assert_eq!(both.0.event, both.1.event);
    let now = journal.head(&StreamId::space()).await.unwrap();
    assert_eq!(now.seq, written.seq + 3);
}

#[tokio::test]
async fn a_large_body_goes_to_a_blob_and_a_secret_nowhere() {
    let journal = Journal::in_memory().await.unwrap();
    let reception = reception(&journal);
    let mut large = arrival(alert("a"));
    let key = format!("AKIA{}", "ABCDEFGHIJKLMNOP");
    large.body = serde_json::json!({ "key": key, "words": "x ".repeat(5000) });
    let receipt = reception.receive(large).await.unwrap();
    let records = journal
        .read(&StreamId::space(), receipt.event - 1, 1)
        .await
        .unwrap();
    let Some(Body::Event(event)) = records[0].typed() else {
        panic!("{records:?}");
    };
    let Payload::Blob(blob) = &event.body else {
        panic!("{event:?}");
    };
    let kept: serde_json::Value = journal.value(blob).await.unwrap();
    assert_eq!(kept["words"], "x ".repeat(5000));
    assert!(!kept.to_string().contains(&key));
    is_sound(&journal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_five_hundred_is_a_handful_of_investigations() {
    let journal = Journal::in_memory().await.unwrap();
    let reception = reception(&journal);
    // Somebody else writes into the space meanwhile, as outlets and operators do.
    let other = journal.clone();
    let chatter = tokio::spawn(async move {
        for n in 0..100 {
            let message = Body::Message(Message {
                text: format!("word {n}").into(),
                cites: Vec::new(),
                answers: None,
                stream: None,
            });
            let draft = Draft::new(Actor::System, &message);
            other
                .append(&StreamId::space(), None, None, vec![draft])
                .await
                .unwrap();
            tokio::task::yield_now().await;
        }
    });
    let storm = (0..500).map(|n| {
        let reception = reception.clone();
        tokio::spawn(async move {
            let alert = Alert {
                resources: vec![format!("host-{n}")],
                ..alert(&format!("host-{n}"))
            };
            take(&reception, alert).await
        })
    });
    let receipts = futures_util::future::join_all(storm).await;
    chatter.await.unwrap();
    let events: BTreeSet<u64> = receipts
        .iter()
        .map(|receipt| receipt.as_ref().unwrap().event)
        .collect();
    assert_eq!(events.len(), 500);
    let space = space(&journal).await;
    assert!(
        (1..=5).contains(&space.investigations.len()),
        "{}",
        space.investigations.len()
    );
    let linked: usize = space.investigations.values().map(|listed| listed.events).sum();
    assert_eq!(linked, 500);
    is_sound(&journal).await;
}

#[tokio::test]
async fn an_update_moves_its_investigation_in_the_queue() {
    let journal = Journal::in_memory().await.unwrap();
    let reception = reception(&journal);
    let first = take(&reception, alert("a")).await;
    take(&reception, alert("b")).await;
    let urgent = Alert {
        action: AlertAction::Updated,
        priority: Some(Priority::Critical),
        ..alert("b")
    };
    let receipt = take(&reception, urgent).await;
    let (mut registry, _) = Registry::read(&journal).await.unwrap();
    let queue: Vec<StreamId> = registry
        .queue()
        .into_iter()
        .map(|(stream, _)| stream.clone())
        .collect();
    assert_eq!(Some(&queue[0]), receipt.course.stream());
    assert_eq!(Some(&queue[1]), first.course.stream());
    let open = registry.get_mut(&queue[0]).unwrap();
    assert_eq!(open.priority, Priority::Critical);
    let listed = &space(&journal).await.investigations[&queue[0]];
    assert_eq!((listed.priority(None), listed.events), (Priority::Critical, 2));
}

#[tokio::test]
async fn an_operator_overrules_triage_and_that_counts() {
    let journal = Journal::in_memory().await.unwrap();
    let reception = reception(&journal);
    let of = |incident: &str| Alert {
        service: Some("checkout".into()),
        ..alert(incident)
    };
    let first = take(&reception, of("a")).await;
    let linked = take(&reception, of("b")).await;
    assert!(matches!(linked.course, Course::Link { by: Tie::Service, .. }));
    let dana = || Actor::Operator("dana".into());
    let opening = Opening::of_alert(&of("b"), home().source, Timestamp::now());
    let wish = Wish::Investigate(Box::new(opening));
    let own = overrule(&journal, dana(), linked.event, wish, "not the same".into())
        .await
        .unwrap();
    // What comes next of that incident goes where the operator sent it.
    let over = take(
        &reception,
        Alert {
            action: AlertAction::Resolved,
            ..of("b")
        },
    )
    .await;
    assert_eq!(over.course.stream(), own.as_ref());
    let space = space(&journal).await;
    let counts = |stream: Option<&StreamId>| space.investigations[stream.unwrap()].events;
    assert_eq!((counts(first.course.stream()), counts(own.as_ref())), (1, 2));
    overrule(&journal, dana(), first.event, Wish::Skip, "a drill".into())
        .await
        .unwrap();
    let events = Events::fold(&journal.read_all(&StreamId::space()).await.unwrap());
    let skipped = events.events[&first.event].course();
    assert_eq!(
        skipped,
        Some(&Course::Skip {
            because: Skipped::Operator
        })
    );
    is_sound(&journal).await;
}

/// A clock that a test moves.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_764_000_000)))
    }

    fn later(&self, minutes: i64) {
        self.0.fetch_add(minutes * 60, Ordering::Relaxed);
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn clock(&self) -> Clock {
        let hands = self.clone();
        Arc::new(move || hands.now())
    }

    async fn journal(&self) -> Journal {
        Journal::in_memory().await.unwrap().with_clock(self.clock())
    }

    fn reception(&self, journal: &Journal) -> Reception {
        Reception::open(journal.clone(), home(), self.clock()).0
    }
}

async fn plan(journal: &Journal, triage: Triage) -> u64 {
    let draft = Draft::new(Actor::Operator("dana".into()), &Body::Triage(triage));
    let written = journal.append(&StreamId::space(), None, None, vec![draft]).await;
    written.unwrap()[0].seq
}

fn maintenance(hands: &Hands, minutes: i64) -> Triage {
    Triage::Maintenance(Maintenance {
        from: hands.now(),
        to: hands.now() + SignedDuration::from_mins(minutes),
        of: vec!["orders-*".to_owned()],
        why: "a new engine version".into(),
    })
}

fn orders(incident: &str) -> Alert {
    Alert {
        resources: vec!["db:orders-db".to_owned()],
        ..alert(incident)
    }
}

/// After a restart, and by two hosts at once: it is looked at, and once.
#[tokio::test]
async fn what_is_still_broken_after_maintenance_is_looked_at_once() {
    let hands = Hands::new();
    let journal = hands.journal().await;
    plan(&journal, maintenance(&hands, 60)).await;
    let first = hands.reception(&journal);
    let skipped = take(&first, orders("a")).await;
    assert_eq!(
        skipped.course,
        Course::Skip {
            because: Skipped::Maintenance
        }
    );
    take(&first, orders("b")).await;
    let over = Alert {
        action: AlertAction::Resolved,
        ..orders("b")
    };
    hands.later(30);
    take(&first, over).await;
    assert_eq!(first.look_again().await.unwrap(), []);
    drop(first);
    hands.later(31);
    let (one, other) = (hands.reception(&journal), hands.reception(&journal));
    let looked = tokio::join!(one.look_again(), other.look_again());
    assert!(looked.0.is_ok() && looked.1.is_ok());
    let all = space(&journal).await;
    let opened: Vec<Option<u64>> = all
        .investigations
        .values()
        .map(|listed| listed.opened.event)
        .collect();
    assert_eq!(opened, [Some(skipped.event)]);
    let event = &all.events.events[&skipped.event];
    assert_eq!(event.stream(), all.investigations.keys().next());
    let head = journal.head(&StreamId::space()).await.unwrap();
    hands.later(60);
    assert_eq!(one.look_again().await.unwrap(), []);
    assert_eq!(journal.head(&StreamId::space()).await.unwrap(), head);
    is_sound(&journal).await;
}

#[tokio::test]
async fn maintenance_that_an_operator_ends_is_over_for_what_was_left_alone() {
    let hands = Hands::new();
    let journal = hands.journal().await;
    let planned = plan(&journal, maintenance(&hands, 600)).await;
    let reception = hands.reception(&journal);
    let skipped = take(&reception, orders("a")).await;
    hands.later(5);
    assert_eq!(reception.look_again().await.unwrap(), []);
    plan(&journal, Triage::MaintenanceOver { maintenance: planned }).await;
    let judged = reception.look_again().await.unwrap();
    assert_eq!((judged.len(), judged[0].event), (1, skipped.event));
    assert!(matches!(judged[0].course, Course::Investigate { .. }));
    // It is looked at from now on as any other.
    hands.later(1);
    let mut again = arrival(orders("a"));
    again.via = "webhook/other".into();
    let again = reception.receive(again).await.unwrap();
    assert_eq!(again.course.stream(), judged[0].course.stream());
}

#[tokio::test]
async fn what_its_sender_keeps_quiet_is_left_to_its_sender() {
    let hands = Hands::new();
    let journal = hands.journal().await;
    let reception = hands.reception(&journal);
    let quiet = Alert {
        maintenance: true,
        ..orders("a")
    };
    take(&reception, quiet).await;
    hands.later(600);
    assert_eq!(reception.look_again().await.unwrap(), []);
    let loud = take(&reception, orders("a")).await;
    assert!(matches!(loud.course, Course::Investigate { .. }));
}

#[tokio::test]
async fn a_topology_that_cannot_be_read_keeps_nobody_from_judging() {
    let journal = Journal::in_memory().await.unwrap();
    let reception = reception(&journal);
    reception.ready().await;
    assert!(reception.is_ready());
    let found = serde_json::json!({
        "step": "found", "run": 1, "places": [], "graph": "0".repeat(64), "resources": 1, "relations": 1,
        "unreadable": 0, "read": 1, "kept": 0, "calls": 1,
    });
    let found = serde_json::from_value(found).unwrap();
    let draft = Draft::new(Actor::System, &Body::Topology(Box::new(found)));
    journal
        .append(&StreamId::space(), None, None, vec![draft])
        .await
        .unwrap();
    take(&reception, alert("a")).await;
    // Nor one that begins with it.
    let again = self::reception(&journal);
    let receipt = take(&again, alert("b")).await;
    assert!(matches!(receipt.course, Course::Investigate { .. }));
}

/// An alert of a small world, so that many of them meet.
fn any_alert() -> impl Strategy<Value = Alert> {
    let action = prop_oneof![
        4 => Just(AlertAction::Created),
        1 => Just(AlertAction::Updated),
        2 => Just(AlertAction::Resolved),
    ];
    let maybe = |names: &'static [&'static str]| proptest::option::of(proptest::sample::select(names));
    (
        0..6_u8,
        action,
        maybe(&["orders", "ledger"]),
        maybe(&[
            "db-main",
            "arn:aws:rds:eu-west-1:111122223333:db:db-main",
            "cache",
        ]),
        maybe(&["orders-5xx"]),
        proptest::option::of(proptest::sample::select(&Priority::ALL[..])),
    )
        .prop_map(|(incident, action, service, resource, alarm, priority)| Alert {
            action,
            priority,
            service: service.map(str::to_owned),
            resources: resource.map(str::to_owned).into_iter().collect(),
            alarm: alarm.map(str::to_owned),
            ..alert(&format!("i{incident}"))
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever comes: nothing is lost, an investigation that an event leads to exists, and one that has just begun to listen
    /// judges as one that was there all night.
    #[test]
    fn every_event_is_judged_and_a_restart_changes_no_judgement(alerts in prop::collection::vec(any_alert(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (all_night, restarted) = (Journal::in_memory().await.unwrap(), Journal::in_memory().await.unwrap());
            let there = reception(&all_night);
            for (n, alert) in alerts.into_iter().enumerate() {
                let one = |alert: &Alert| {
                    // The same words again are news here.
                    let mut arrival = arrival(alert.clone());
                    arrival.via = format!("webhook/{n}");
                    arrival
                };
                let kept = there.receive(one(&alert)).await.unwrap();
                let fresh = reception(&restarted).receive(one(&alert)).await.unwrap();
                let (mut a, mut b) = (serde_json::to_value(&kept.course).unwrap(), serde_json::to_value(&fresh.course).unwrap());
                let (to_a, to_b) = (kept.course.stream().cloned(), fresh.course.stream().cloned());
                for course in [&mut a, &mut b] {
                    course.as_object_mut().unwrap().remove("stream");
                }
                assert_eq!((a, kept.event), (b, fresh.event));
                let place = |journal: &Space, stream: Option<StreamId>| {
                    stream.map(|stream| journal.investigations.keys().position(|known| *known == stream).unwrap())
                };
                assert_eq!(
                    place(&space(&all_night).await, to_a),
                    place(&space(&restarted).await, to_b)
                );
            }
            let events = Events::fold(&all_night.read_all(&StreamId::space()).await.unwrap());
            assert!(events.events.values().all(|event| event.judged.is_some()));
            is_sound(&all_night).await;
        });
    }
}
