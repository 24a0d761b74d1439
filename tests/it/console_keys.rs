//! The console as an operator drives it, on one night written by hand: keys in, records and bytes out.

use std::sync::Arc;

use midwatch::{
    journal::{Actor, Body, StreamId, body::Choice, views::Space},
    model::Intent,
};

use super::support::{
    desk::{Setting, Still, after, settled, written},
    night::{self, Until},
};

#[tokio::test]
async fn an_empty_space_teaches() {
    let journal = night::empty().await;
    let console = settled(Setting::small(), &journal).await;
    insta::assert_snapshot!("empty_small", console.text());
    let console = settled(Setting::large(), &journal).await;
    insta::assert_snapshot!("empty_large", console.text());
}

#[tokio::test]
async fn a_running_investigation_says_what_it_does_and_suspects() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Testing).await;
    let console = settled(Setting::small(), &journal).await;
    insta::assert_snapshot!("running_small", console.text());
    let console = settled(Setting::large(), &journal).await;
    insta::assert_snapshot!("running_large", console.text());
}

#[tokio::test]
async fn a_cause_is_the_loudest_thing_on_the_screen() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    insta::assert_snapshot!("cause_small", console.text());
    assert!(console.reversed(3, 3), "the badge stands out without colour");
    let console = settled(Setting::large(), &journal).await;
    insta::assert_snapshot!("cause_large", console.text());
}

#[tokio::test]
async fn no_fault_counts_its_gaps() {
    let journal = night::empty().await;
    night::no_fault(&journal).await;
    let console = settled(Setting::small(), &journal).await;
    insta::assert_snapshot!("no_fault_small", console.text());
}

#[tokio::test]
async fn every_pane_is_reached_on_a_small_screen() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    night::no_fault(&journal).await;
    let console = settled(Setting::small(), &journal).await;
    insta::assert_snapshot!("investigations_small", after(&console, &["1"]).await);
    // The newest stands above; the one below is the one with a cause.
    let list = after(&console, &["Down", "Enter"]).await;
    assert!(
        list.contains("[2 Journal]") && list.contains("ROOT CAUSE"),
        "{list}"
    );
    insta::assert_snapshot!("topology_small", after(&console, &["4"]).await);
    insta::assert_snapshot!("prevention_small", after(&console, &["5"]).await);
    let chat = after(&console, &["Tab", "BackTab", "3"]).await;
    assert!(chat.contains("[3 Chat]"), "{chat}");
    assert!(console.cursor().is_some(), "somebody may type");
    let back = after(&console, &["Esc"]).await;
    assert!(back.contains("[5 Prevention]"), "{back}");
}

#[tokio::test]
async fn evidence_opens_from_the_cause_piece_by_piece() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    let cause = after(&console, &["v"]).await;
    assert!(
        cause.contains("pattern bad-deployment on order-intake"),
        "{cause}"
    );
    insta::assert_snapshot!("evidence_change", after(&console, &["Right"]).await);
    insta::assert_snapshot!("evidence_chart", after(&console, &["Right"]).await);
    insta::assert_snapshot!("evidence_logs", after(&console, &["Right"]).await);
    let raw = after(&console, &["r"]).await;
    assert!(raw.contains("\"kind\": \"log_burst\""), "{raw}");
    let closed = after(&console, &["Esc"]).await;
    assert!(closed.contains("ROOT CAUSE"), "{closed}");
}

#[tokio::test]
async fn the_plan_the_help_and_the_palette() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    insta::assert_snapshot!("plan", after(&console, &["m"]).await);
    insta::assert_snapshot!("help_small", after(&console, &["Esc", "?"]).await);
    insta::assert_snapshot!("palette", after(&console, &["Esc", ":", "thm"]).await);
    let large = settled(Setting::large(), &journal).await;
    insta::assert_snapshot!("help_large", after(&large, &["?"]).await);
}

#[tokio::test]
async fn copying_goes_through_the_terminal() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    console.bytes();
    after(&console, &["m", "Down", "y"]).await;
    let bytes = String::from_utf8(console.bytes()).unwrap();
    // `aws lambda update-alias ...` in base64.
    assert!(
        bytes.contains("\u{1b}]52;c;YXdzIGxhbWJkYSB1cGRhdGUtYWxpYX"),
        "{bytes:?}"
    );
}

#[tokio::test]
async fn the_start_form_opens_what_was_asked_for() {
    let journal = night::empty().await;
    let console = settled(Setting::small(), &journal).await;
    insta::assert_snapshot!("start_form", after(&console, &["n"]).await);
    console.press(&["Tab"]).paste("checkout is slow\rsince two");
    let nonsense = after(&console, &["Tab", "soon", "Ctrl-S"]).await;
    assert!(nonsense.contains("'soon' is not a time"), "{nonsense}");
    for _ in 0..4 {
        console.press(&["Backspace"]);
    }
    let shown = after(&console, &["20 min ago"]).await;
    assert!(shown.contains("2025-10-27 02:52:44 UTC"), "{shown}");
    console.press(&["Enter"]).shows("checkout is slow").await;
    console.shows("QUEUED").await;
    let space = written(&journal, &StreamId::space()).await;
    let Body::Opened(opened) = &space[0].1 else {
        panic!("{space:?}")
    };
    let records = written(&journal, &opened.stream).await;
    let (_, Body::Created(created)) = &records[0] else {
        panic!("{records:?}")
    };
    assert_eq!(space[0].0, Actor::Operator("dana".to_owned()));
    assert_eq!(created.at, Some("2025-10-27T02:52:44Z".parse().unwrap()));
    let start = serde_json::to_value(&created.start).unwrap();
    assert_eq!(start["text"], "checkout is slow\nsince two");
}

#[tokio::test]
async fn a_doubtful_start_asks_first() {
    let journal = night::empty().await;
    let setting = Setting {
        engine: Arc::new(Still {
            doubts: vec![
                "alarm cpu-high is OK since 01:10",
                "newest datum: 03:11, one minute old",
            ],
            ..Still::awake()
        }),
        ..Setting::small()
    };
    let console = settled(setting, &journal).await;
    let asked = after(&console, &["n", "Enter"]).await;
    insta::assert_snapshot!("start_form_doubt", asked);
    let back = after(&console, &["b"]).await;
    assert!(back.contains("start from"), "{back}");
    assert!(written(&journal, &StreamId::space()).await.is_empty());
    console.press(&["Enter"]).shows("Before it starts").await;
    console.press(&["g"]).shows("QUEUED").await;
}

#[tokio::test]
async fn chat_goes_to_the_investigation_while_it_runs_and_to_the_space_afterwards() {
    let journal = night::empty().await;
    let running = night::bad_deploy(&journal, Until::Testing).await;
    let console = settled(Setting::small(), &journal).await;
    console
        .press(&["3", "ignore stock", "Enter"])
        .shows("dana      ignore stock")
        .await;
    let records = written(&journal, &running.stream).await;
    let (_, Body::Message(message)) = records.last().unwrap() else {
        panic!()
    };
    assert_eq!(
        (message.text.plain().as_str(), &message.stream),
        ("ignore stock", &None)
    );
    // Keys are text while somebody types: nothing was quit, paused or cancelled.
    let typed = after(&console, &["qpx"]).await;
    assert!(typed.contains("> qpx"), "{typed}");

    let journal = night::empty().await;
    let ended = night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    console
        .press(&["3", "why?", "Enter"])
        .shows("dana      why?")
        .await;
    let records = written(&journal, &StreamId::space()).await;
    let (_, Body::Message(message)) = records.last().unwrap() else {
        panic!()
    };
    assert_eq!(message.stream.as_ref(), Some(&ended.stream));
}

#[tokio::test]
async fn an_answer_jumps_to_what_it_cites() {
    let journal = night::empty().await;
    let pen = night::bad_deploy(&journal, Until::Testing).await;
    let cited = {
        let records = written(&journal, &pen.stream).await;
        let first = records
            .iter()
            .position(|(_, body)| matches!(body, Body::Observation(_)));
        first.unwrap() as u64 + 1
    };
    pen.write(Body::Message(midwatch::journal::body::Message {
        text: "errors rose".into(),
        cites: vec![cited],
        answers: None,
        stream: None,
    }))
    .await;
    let console = settled(Setting::small(), &journal).await;
    after(&console, &["3", "Enter"]).await;
    let opened = after(&console, &["Enter"]).await;
    assert!(opened.contains(&format!("Evidence #{cited}")), "{opened}");
}

#[tokio::test]
async fn pausing_steers_and_cancelling_asks_first() {
    let journal = night::empty().await;
    let pen = night::bad_deploy(&journal, Until::Testing).await;
    let console = settled(Setting::small(), &journal).await;
    let wishes = async || {
        let records = written(&journal, &pen.stream).await;
        let wish = |(_, body): (Actor, Body)| match body {
            Body::Steering(steering) => Some(steering.intent),
            _ => None,
        };
        records.into_iter().filter_map(wish).collect::<Vec<_>>()
    };
    after(&console, &["p"]).await;
    assert_eq!(wishes().await, [Intent::Pause]);
    let asked = after(&console, &["x"]).await;
    assert!(asked.contains("Cancel order-intake errors?"), "{asked}");
    after(&console, &["n"]).await;
    assert_eq!(wishes().await.len(), 1);
    after(&console, &["x", "y"]).await;
    assert_eq!(wishes().await, [Intent::Pause, Intent::Cancel]);
}

#[tokio::test]
async fn recommendations_are_accepted_and_rejected_with_a_reason() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    after(&console, &["5", "a"]).await;
    let asked = after(&console, &["r", "Enter"]).await;
    assert!(asked.contains("say why in a few words first"), "{asked}");
    let decided = after(&console, &["too noisy", "Enter"]).await;
    assert!(
        decided.contains("rejected") && decided.contains("too noisy"),
        "{decided}"
    );
    let records = journal.read_all(&StreamId::space()).await.unwrap();
    let space = Space::fold(&records);
    let decisions: Vec<_> = records
        .iter()
        .filter_map(|record| match record.typed() {
            Some(Body::Decision(decision)) => Some((decision.decision, decision.reason.plain())),
            _ => None,
        })
        .collect();
    assert_eq!(decisions[0], (Choice::Accepted, String::new()));
    assert_eq!(decisions[1], (Choice::Rejected, "too noisy".to_owned()));
    assert_eq!(space.recommendations.len(), 2);
}

#[tokio::test]
async fn looking_again_names_the_parent_and_takes_the_hint() {
    let journal = night::empty().await;
    let parent = night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    after(&console, &["A", "look at stock"]).await;
    console.press(&["Enter"]).shows("QUEUED").await;
    let records = written(&journal, &StreamId::space()).await;
    let (_, Body::Opened(opened)) = records.last().unwrap() else {
        panic!("{records:?}")
    };
    assert_eq!(opened.parent.as_ref(), Some(&parent.stream));
    let created = written(&journal, &opened.stream).await;
    let (_, Body::Created(created)) = &created[0] else {
        panic!()
    };
    assert_eq!(created.hint.plain(), "look at stock");
}

#[tokio::test]
async fn filters_search_and_go_to() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    let found = after(&console, &["/", "typeerror", "Enter"]).await;
    assert!(found.contains("1 of "), "{found}");
    assert!(!found.contains("UpdateFunctionCode by ci-deploy"), "{found}");
    let all = after(&console, &["Esc", "End"]).await;
    assert!(all.contains("NO FAULT") || all.contains("impact"), "{all}");
    let unfolded = after(&console, &["f", "Home"]).await;
    assert!(unfolded.contains("every record"), "{unfolded}");
    let gone = after(&console, &["g", "cause", "Enter", "Enter"]).await;
    assert!(gone.contains("Evidence #"), "{gone}");
}

#[tokio::test]
async fn exports_stand_beside_each_other_for_the_owner_alone() {
    let journal = night::empty().await;
    let pen = night::bad_deploy(&journal, Until::Cause).await;
    let folder = tempfile::tempdir().unwrap();
    let mut setting = Setting::small();
    setting.folder = folder.path().to_owned();
    let console = settled(setting, &journal).await;
    console.press(&["e"]).shows("written:").await;
    let report = std::fs::read_to_string(folder.path().join(format!("{}.md", pen.stream))).unwrap();
    assert!(
        report.contains("| Verdict | cause |") && report.contains("2025-10-27 02:56:08"),
        "{report}"
    );
    let lines = std::fs::read_to_string(folder.path().join(format!("{}.jsonl", pen.stream))).unwrap();
    let records = journal.read_all(&pen.stream).await.unwrap();
    assert_eq!(lines.lines().count(), records.len());
}

#[tokio::test]
async fn nothing_hostile_reaches_the_terminal() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::large(), &journal).await;
    after(&console, &["v", "Right", "Right", "Right", "r", "End"]).await;
    let bytes = String::from_utf8(console.bytes()).unwrap();
    assert!(bytes.contains("accepted"), "the hostile lines were on the screen");
    assert_eq!(
        bytes.matches("\u{1b}[2J").count(),
        1,
        "only our own first frame clears the screen"
    );
    assert!(!bytes.contains('\u{202e}'));
}

#[tokio::test]
async fn idle_writes_nothing_and_a_key_echoes_in_one_small_write() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    for setting in [Setting::small(), Setting::large()] {
        let console = settled(setting, &journal).await;
        console.press(&["3", "hello"]);
        console.rests().await;
        console.writes();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!(console.writes(), Vec::<usize>::new());
        after(&console, &["x"]).await;
        let writes = console.writes();
        assert_eq!(writes.len(), 1, "{writes:?}");
        assert!(writes[0] <= 100, "{writes:?}");
    }
}

#[tokio::test]
async fn new_records_appear_by_themselves() {
    let journal = night::empty().await;
    let pen = night::bad_deploy(&journal, Until::Testing).await;
    let console = settled(Setting::small(), &journal).await;
    pen.end(
        midwatch::model::RunState::Failed,
        None,
        None,
        "the source went away",
    )
    .await;
    console.shows("FAILED").await;
    console.shows("the source went away").await;
}

#[tokio::test]
async fn every_size_is_drawn() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::large(), &journal).await;
    for (columns, rows) in [
        (120, 40),
        (119, 20),
        (80, 24),
        (31, 9),
        (10, 3),
        (1, 1),
        (250, 70),
    ] {
        console.resize(columns, rows);
        for keys in [
            ["1", "z"],
            ["4", "z"],
            ["m", "Esc"],
            ["v", "Esc"],
            ["n", "Esc"],
            ["?", "Esc"],
            [":", "Esc"],
        ] {
            console.press(&keys);
        }
        console.rests().await;
    }
    console.press(&["2"]).shows("ROOT CAUSE").await;
}

#[tokio::test]
async fn q_ends_it() {
    let journal = night::empty().await;
    let console = settled(Setting::small(), &journal).await;
    console.press(&["q"]);
    console.ends().await;
}
