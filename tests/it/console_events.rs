//! What came in from outside, as an operator sees it and overrules it.

use midwatch::{
    console::Setup,
    intake::Home,
    journal::{Journal, StreamId, body::Course, views::Space},
    model::{Alert, AlertAction, Priority, SourceSpec},
};

use super::{
    support::{
        desk::{Setting, after, settled},
        night,
    },
    triage::{alert, arrival, reception},
};

/// An evening's worth of events.
async fn evening(journal: &Journal) {
    let reception = reception(journal);
    let checkout = |incident: &str, title: &str| Alert {
        title: title.into(),
        service: Some("checkout".into()),
        priority: Some(Priority::High),
        ..alert(incident)
    };
    let opened = arrival(checkout("P-101", "checkout errors above 5 %"));
    let receipt = reception.receive(opened).await.unwrap();
    assert!(matches!(receipt.course, Course::Investigate { .. }));
    let mut linked = arrival(checkout("P-102", "latency of checkout\u{1b}[2J is high"));
    linked.sender = "pagerduty";
    reception.receive(linked).await.unwrap();
    let over = Alert {
        action: AlertAction::Resolved,
        ..checkout("P-102", "latency of checkout is high")
    };
    let mut over = arrival(over);
    over.sender = "pagerduty";
    reception.receive(over).await.unwrap();
    let mut odd = arrival(alert("x"));
    odd.sender = "grafana";
    odd.alert = Err("it has neither a title nor a status".into());
    reception.receive(odd).await.unwrap();
    let planned = Alert {
        maintenance: true,
        title: "patching of ledger-db".into(),
        ..alert("M-1")
    };
    reception.receive(arrival(planned)).await.unwrap();
}

#[tokio::test]
async fn events_are_listed_with_what_is_done_about_them() {
    let journal = night::empty().await;
    evening(&journal).await;
    let console = settled(Setting::small(), &journal).await;
    after(&console, &["1"]).await;
    console.shows("3 events").await;
    let list = after(&console, &["E"]).await;
    insta::assert_snapshot!("events_small", list);
    let large = settled(Setting::large(), &journal).await;
    insta::assert_snapshot!("events_large", after(&large, &["E", "Down"]).await);
    let gone = after(&console, &["Down", "Down", "Down", "Enter"]).await;
    assert!(
        gone.contains("checkout errors") && gone.contains("[2 Journal]"),
        "{gone}"
    );
}

#[tokio::test]
async fn a_linked_event_gets_its_own_investigation_when_an_operator_says_so() {
    let journal = night::empty().await;
    evening(&journal).await;
    let console = settled(Setting::small(), &journal).await;
    let asked = after(&console, &["E", "Down", "Down", "Down", "n"]).await;
    assert!(
        asked.contains("by itself?") && asked.contains("was linked."),
        "{asked}"
    );
    after(&console, &["y"]).await;
    console.shows("QUEUED").await;
    let list = after(&console, &["E", "Down", "Down", "Down"]).await;
    assert!(
        list.contains("investigated") && list.contains("by dana"),
        "{list}"
    );
    let own = after(&console, &["n"]).await;
    assert!(own.contains("an investigation of its own"), "{own}");
}

/// An event of another account or region of the space is looked at there, as by the command line.
#[tokio::test]
async fn an_event_is_investigated_where_it_happened() {
    let journal = night::empty().await;
    let elsewhere = Alert {
        maintenance: true,
        account: Some("444455556666".into()),
        region: Some("eu-west-1".into()),
        ..alert("M-2")
    };
    reception(&journal).receive(arrival(elsewhere)).await.unwrap();
    let home = Home {
        accounts: ["444455556666".to_owned()].into(),
        ..Home::default()
    };
    let setup = Setup {
        home,
        ..Setup::default()
    };
    let setting = Setting {
        setup,
        ..Setting::small()
    };
    let console = settled(setting, &journal).await;
    after(&console, &["E", "n", "y"]).await;
    console.shows("QUEUED").await;
    let space = Space::fold(&journal.read_all(&StreamId::space()).await.unwrap());
    let opened = &space.investigations.values().next().unwrap().opened;
    assert_eq!(
        opened.source,
        SourceSpec::Aws {
            account: Some("444455556666".into()),
            region: Some("eu-west-1".into()),
        }
    );
}

#[tokio::test]
async fn what_nobody_understood_says_where_to_read_it() {
    let journal = night::empty().await;
    evening(&journal).await;
    let console = settled(Setting::small(), &journal).await;
    let list = after(&console, &["E", "Down", "n"]).await;
    assert!(list.contains("midwatch event show"), "{list}");
}

#[tokio::test]
async fn without_events_the_key_says_how_they_come() {
    let journal = night::empty().await;
    let console = settled(Setting::small(), &journal).await;
    let said = after(&console, &["E"]).await;
    assert!(said.contains("nothing came in from outside"), "{said}");
}
