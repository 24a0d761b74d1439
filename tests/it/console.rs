//! The console over finished investigations of shipped incidents: what stands on the screen, and what keys do.

use std::sync::Arc;

use insta::assert_snapshot;
use midwatch::{
    console::theme::Depth,
    journal::{
        Body, Journal, Record, StreamId,
        body::{Choice, Decision},
    },
    model::{Intent, SourceSpec},
};

use crate::support::{
    desk::{Console, Setting, now},
    engine::{Watch, source, telemetry},
};

const CAUSE: &str = "order-intake-bad-deploy";

/// How a console looks.
type Look = fn() -> Setting;

const NARROW: Look = || Setting {
    depth: Depth::True,
    ascii: false,
    ..Setting::small()
};
const WIDE: Look = Setting::large;
const NARROW_PLAIN: Look = Setting::small;

/// A watch over a journal that is written at [`now`].
async fn watch() -> Watch {
    Watch::over(Journal::in_memory().await.unwrap().with_clock(Arc::new(now)))
}

/// A console on a watch's journal, with the engine at work.
fn open(watch: &Watch, look: Look, scenario: &str, select: Option<&StreamId>) -> Console {
    let setting = Setting {
        engine: watch.engine(1, telemetry()),
        space: "shop-prod",
        source: SourceSpec::Scenario {
            name: scenario.to_owned(),
        },
        actor: "mary",
        select: select.cloned(),
        title: "test",
        ..look()
    };
    setting.open(&watch.journal)
}

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
    let console = open(&watch, look, scenario, Some(&stream));
    // The engine finds its ended stream and closes it in the space: for that moment it is at work.
    console
        .shows("journal ok")
        .await
        .shows("look again")
        .await
        .shows("idle")
        .await;
    // Where a following pane stands depends on how the records came in: from the top it is always the same.
    console.type_in("2").press(&["Home"]);
    console.rests().await;
    (watch, stream, console)
}

async fn records(watch: &Watch, stream: &StreamId) -> Vec<Record> {
    watch.journal.read_all(stream).await.unwrap()
}

/// Each look with the word that its snapshots bear.
const LOOKS: [(&str, Look); 3] = [("narrow", NARROW), ("wide", WIDE), ("narrow_plain", NARROW_PLAIN)];

#[tokio::test]
async fn an_empty_space_says_what_to_do() {
    for (name, look) in LOOKS {
        let watch = watch().await;
        let console = open(&watch, look, CAUSE, None);
        console.shows("journal ok").await;
        assert_snapshot!(format!("empty_{name}"), console.rests().await);
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
            assert_snapshot!(format!("{word}_{name}"), console.rests().await);
        }
    }
}

#[tokio::test]
async fn overlays() {
    for (name, look) in LOOKS {
        let (_watch, _, console) = finished(CAUSE, look).await;
        for (word, key, title) in [
            ("help", "?", "Help"),
            ("palette", ":", "Command"),
            ("form", "n", "New investigation"),
            ("mitigation", "m", "Mitigation plan"),
        ] {
            console.press(&[key]).shows(title).await;
            assert_snapshot!(format!("{word}_{name}"), console.rests().await);
            console.press(&["Esc"]).hides(title).await;
        }
        console.type_in("v").shows("Evidence").await;
        // Cause, change, log lines, metric.
        for at in ["2 of 4", "3 of 4", "4 of 4"] {
            console.press(&["Right"]).shows(at).await;
        }
        console.shows("UTC").await;
        assert_snapshot!(format!("chart_{name}"), console.rests().await);
        console.press(&["Esc"]).hides("Evidence #").await;
        for (word, key, title) in [("topology", "4", "resources"), ("prevention", "5", "to decide")] {
            console.press(&[key]).shows(title).await;
            assert_snapshot!(format!("{word}_{name}"), console.rests().await);
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
    let (watch, _, console) = finished(CAUSE, NARROW).await;
    console.type_in("5").shows("2 to decide").await;
    console.type_in("r").shows("Reject").await;
    console.press(&["Enter"]).rests().await;
    assert!(
        console.text().contains("Reject"),
        "without a reason it stays open\n{}",
        console.text()
    );
    assert!(decisions(&records(&watch, &StreamId::space()).await).is_empty());
    console
        .type_in("we have canaries")
        .press(&["Enter"])
        .shows("1 to decide")
        .await;
    console
        .press(&["Up"])
        .press(&["Up"])
        .type_in("a")
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
    let (watch, _, console) = finished(CAUSE, NARROW).await;
    console.type_in("3").shows("Say what you know").await;
    console
        .type_in("why?")
        .press(&["Enter"])
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
    let console = open(&watch, NARROW, CAUSE, Some(&stream));
    console.shows("PAUSED").await;
    console.type_in("x").shows("cannot be taken up again").await;
    console.press(&["Esc"]).hides("cannot be taken up again").await;
    console
        .type_in("p")
        .shows("ROOT CAUSE")
        .await
        .shows("a root cause was found")
        .await;
    console.type_in("x").shows("it has ended already").await;
}

#[tokio::test]
async fn a_filter_counts_what_it_leaves() {
    let (_watch, _, console) = finished(CAUSE, WIDE).await;
    console
        .type_in("2/finding")
        .press(&["Enter"])
        .hides("▸look ")
        .await;
    let text = console.rests().await;
    let notes = text.matches(" finding ").count();
    assert!(notes > 3, "{text}");
    assert!(
        text.contains(&format!("{notes} of ")),
        "{notes} notes are shown\n{text}"
    );
    console.press(&["Esc"]).press(&["Home"]).shows("▸look ").await;
}

#[tokio::test]
async fn nonsense_in_the_form_loses_nothing() {
    let watch = watch().await;
    let console = open(&watch, NARROW, CAUSE, None);
    console.shows("journal ok").await;
    console.type_in("n").shows("New investigation").await;
    console
        .press(&["Tab"])
        .type_in("orders fail")
        .press(&["Tab"])
        .type_in("next week or so");
    console.press(&["Enter"]).shows("next week or so").await;
    let text = console.shows("not a time").await.rests().await;
    assert!(text.contains("orders fail"), "{text}");
    assert_snapshot!("form_complaint", text);
    for _ in 0.."next week or so".len() {
        console.press(&["Backspace"]);
    }
    console
        .type_in("2025-10-27T02:59Z")
        .press(&["Enter"])
        .hides("New investigation")
        .await;
    console.shows("orders fail").await.shows("look again").await;
    assert_eq!(watch.space().await.investigations.len(), 1);
}
