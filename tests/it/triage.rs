//! What arrives, from the reception to the journal: judged once, durable, told the same after a restart.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use midwatch::{
    engine::{
        opening::Opening,
        overrule::{Wish, overrule},
        registry::Registry,
    },
    intake::{Arrival, Home, Receipt, Reception, Repeats},
    journal::{
        Actor, Body, Draft, Journal, Kind, StreamId, VerifyOptions,
        body::{Course, Message, Payload, Skipped, Tie},
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
