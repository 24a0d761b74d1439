//! The console over finished investigations of shipped incidents: what stands on the screen, and what keys do.

use crossterm::event::KeyCode;
use insta::assert_snapshot;
use midwatch::{
    journal::{
        Body, Record, StreamId,
        body::{Choice, Decision},
    },
    model::Intent,
};

use crate::support::{
    console::{Console, Look, watch},
    engine::{Watch, source},
};

const CAUSE: &str = "order-intake-bad-deploy";

/// A watch on which one scenario was investigated.
async fn investigated(scenario: &str) -> (Watch, StreamId) {
    let watch = watch().await;
    let stream = watch.open(scenario, |_| {}).await;
    watch.run(&stream, source(scenario)).await;
    (watch, stream)
}

/// A console on a finished investigation, at rest.
async fn finished(scenario: &str, look: Look) -> (Watch, StreamId, Console) {
    let (watch, stream) = investigated(scenario).await;
    let console = Console::open(&watch, look, scenario, Some(&stream));
    console.shows("journal ok").await.shows("look again").await;
    // Where a following pane stands depends on how the records came in: from the top it is always the same.
    console.types("2").press(KeyCode::Home);
    console.settled().await;
    (watch, stream, console)
}

async fn records(watch: &Watch, stream: &StreamId) -> Vec<Record> {
    watch.journal.read_all(stream).await.unwrap()
}

/// Each look with the word that its snapshots bear.
const LOOKS: [(&str, Look); 3] = [
    ("narrow", Look::NARROW),
    ("wide", Look::WIDE),
    ("narrow_plain", Look::NARROW.plain()),
];

#[tokio::test]
async fn an_empty_space_says_what_to_do() {
    for (name, look) in LOOKS {
        let watch = watch().await;
        let console = Console::open(&watch, look, CAUSE, None);
        console.shows("journal ok").await;
        assert_snapshot!(format!("empty_{name}"), console.settled().await);
    }
}

#[tokio::test]
async fn verdicts() {
    for (word, scenario) in [
        ("cause", CAUSE),
        ("no_fault", "healthy-false-alarm"),
        ("gaps", "denied-evidence"),
    ] {
        for (name, look) in LOOKS {
            let (_watch, _, console) = finished(scenario, look).await;
            assert_snapshot!(format!("{word}_{name}"), console.settled().await);
        }
    }
}

#[tokio::test]
async fn overlays() {
    for (name, look) in LOOKS {
        let (_watch, _, console) = finished(CAUSE, look).await;
        for (word, key, title) in [
            ("help", '?', "Help"),
            ("palette", ':', "Command"),
            ("form", 'n', "New investigation"),
            ("mitigation", 'm', "Mitigation plan"),
        ] {
            console.press(KeyCode::Char(key)).shows(title).await;
            assert_snapshot!(format!("{word}_{name}"), console.settled().await);
            console.press(KeyCode::Esc).hides(title).await;
        }
        console.types("v").shows("Evidence").await;
        // Cause, change, log lines, metric.
        for at in ["2 of 4", "3 of 4", "4 of 4"] {
            console.press(KeyCode::Right).shows(at).await;
        }
        console.shows("UTC").await;
        assert_snapshot!(format!("chart_{name}"), console.settled().await);
        console.press(KeyCode::Esc).hides("Evidence #").await;
        for (word, key, title) in [("topology", '4', "resources"), ("prevention", '5', "to decide")] {
            console.press(KeyCode::Char(key)).shows(title).await;
            assert_snapshot!(format!("{word}_{name}"), console.settled().await);
        }
    }
}

fn decisions(records: &[Record]) -> Vec<Decision> {
    let decision = |record: &Record| match Body::parse(record.kind, &record.body) {
        Some(Body::Decision(decision)) => Some(decision),
        _ => None,
    };
    records.iter().filter_map(decision).collect()
}

#[tokio::test]
async fn a_rejection_needs_a_reason_and_decisions_are_records() {
    let (watch, _, console) = finished(CAUSE, Look::NARROW).await;
    console.types("5").shows("2 to decide").await;
    console.types("r").shows("Reject").await;
    console.press(KeyCode::Enter).settled().await;
    assert!(
        console.text().contains("Reject"),
        "without a reason it stays open\n{}",
        console.text()
    );
    assert!(decisions(&records(&watch, &StreamId::space()).await).is_empty());
    console
        .types("we have canaries")
        .press(KeyCode::Enter)
        .shows("1 to decide")
        .await;
    console
        .press(KeyCode::Up)
        .press(KeyCode::Up)
        .types("a")
        .shows("0 to decide")
        .await;
    let decided = decisions(&records(&watch, &StreamId::space()).await);
    assert_eq!(decided.len(), 2);
    assert_eq!(decided[0].decision, Choice::Rejected);
    assert_eq!(decided[0].reason.plain(), "we have canaries");
    assert_eq!(decided[1].decision, Choice::Accepted);
    assert_ne!(decided[0].recommendation, decided[1].recommendation);
}

#[tokio::test]
async fn what_is_said_in_the_chat_is_a_record_and_its_answer_shows() {
    let (watch, _, console) = finished(CAUSE, Look::NARROW).await;
    console.types("3").shows("Say what you know").await;
    console
        .types("why?")
        .press(KeyCode::Enter)
        .shows("midwatch  ")
        .await;
    let said = records(&watch, &StreamId::space()).await;
    let messages: Vec<String> = said
        .iter()
        .filter_map(|record| match Body::parse(record.kind, &record.body) {
            Some(Body::Message(message)) => Some(message.text.plain()),
            _ => None,
        })
        .collect();
    assert_eq!(messages.first().map(String::as_str), Some("why?"), "{messages:?}");
    assert!(
        messages
            .get(1)
            .is_some_and(|answer| answer.contains("deployed right before")),
        "{messages:?}"
    );
}

#[tokio::test]
async fn keys_steer_only_what_runs() {
    let watch = watch().await;
    let stream = watch.open(CAUSE, |_| {}).await;
    watch.wish(&stream, Intent::Pause).await;
    let console = Console::open(&watch, Look::NARROW, CAUSE, Some(&stream));
    console.shows("PAUSED").await;
    console.types("x").shows("cannot be taken up again").await;
    console
        .press(KeyCode::Esc)
        .hides("cannot be taken up again")
        .await;
    console
        .types("p")
        .shows("ROOT CAUSE")
        .await
        .shows("a root cause was found")
        .await;
    console.types("x").shows("it has ended already").await;
}

#[tokio::test]
async fn a_filter_counts_what_it_leaves() {
    let (_watch, _, console) = finished(CAUSE, Look::WIDE).await;
    console
        .types("2/finding")
        .press(KeyCode::Enter)
        .hides("▸look ")
        .await;
    let text = console.settled().await;
    let notes = text.matches(" finding ").count();
    assert!(notes > 3, "{text}");
    assert!(
        text.contains(&format!("{notes} of ")),
        "{notes} notes are shown\n{text}"
    );
    console
        .press(KeyCode::Esc)
        .press(KeyCode::Home)
        .shows("▸look ")
        .await;
}

#[tokio::test]
async fn nonsense_in_the_form_loses_nothing() {
    let watch = watch().await;
    let console = Console::open(&watch, Look::NARROW, CAUSE, None);
    console.shows("journal ok").await;
    console.types("n").shows("New investigation").await;
    console
        .press(KeyCode::Tab)
        .types("orders fail")
        .press(KeyCode::Tab)
        .types("next week or so");
    console.press(KeyCode::Enter).shows("next week or so").await;
    let text = console
        .until("a complaint", |text| text.contains("not a time"))
        .await
        .settled()
        .await;
    assert!(text.contains("orders fail"), "{text}");
    assert_snapshot!("form_complaint", text);
    for _ in 0.."next week or so".len() {
        console.press(KeyCode::Backspace);
    }
    console
        .types("2025-10-27T02:59Z")
        .press(KeyCode::Enter)
        .hides("New investigation")
        .await;
    console.shows("orders fail").await.shows("look again").await;
    assert_eq!(watch.space().await.investigations.len(), 1);
}
