//! Evidence as an operator looks at it: the incident at a glance, diffs, trees, numbers that lead on, other programs, and
//! data that means harm.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use midwatch::{
    journal::{Body, Journal, body::Finding, body::Observed as Seen},
    model::{
        Change, Configuration, Evidence, LogLine, LogPage, Observation, Observed, Origin, Priority, Query,
        Resource, Start, Text, Window,
    },
};
use serde_json::{Value, json};

use super::support::{
    desk::{Setting, after, settled},
    night::{self, Pen, Until},
    pty::Pty,
};

fn at(time: &str) -> Timestamp {
    format!("2025-10-27T{time}Z").parse().unwrap()
}

fn window() -> Window {
    Window::new(at("02:12:00"), at("03:12:00"))
}

/// An investigation with one fact and what it was read from.
async fn with(journal: &Journal, query: Query, evidence: Evidence, origin: Origin, fact: Observed) -> Pen {
    let start = Start::Text {
        text: "orders fail".to_owned(),
    };
    let pen = Pen::open(journal, "orders fail", Priority::High, start).await;
    let answer = pen.ask(query, "to see", evidence).await;
    let observation = Observation {
        resource: Some("order-intake".into()),
        origin,
        at: Some(at("02:56:08")),
        error: 0,
        strength: 0.9,
        notable: true,
        fact,
        text: Text::new().own("what is looked at"),
    };
    let text = observation.text.clone();
    let seq = pen
        .write(Body::Observation(Arc::new(Seen {
            observation,
            evidence: vec![answer],
        })))
        .await;
    pen.write(Body::Finding(Arc::new(Finding {
        text,
        observation: seq,
        resource: None,
        at: None,
    })))
    .await;
    pen
}

fn changed(change: &str) -> Observed {
    Observed::Changed {
        source: "cloudtrail".to_owned(),
        change: change.to_owned(),
        actor: Some("ci-deploy".to_owned()),
        detail: String::new(),
        routine: false,
        risk: 1.0,
    }
}

fn change(time: &str, kind: &str, detail: Value) -> Change {
    Change {
        at: at(time),
        source: "cloudtrail".to_owned(),
        kind: kind.to_owned(),
        resource: Some("order-intake".into()),
        actor: Some("ci-deploy".to_owned()),
        summary: format!("{kind} of order-intake"),
        detail,
    }
}

async fn with_changes(journal: &Journal, changes: Vec<Change>) -> Pen {
    let kind = changes.last().unwrap().kind.clone();
    let query = Query::Changes {
        resource: None,
        window: window(),
    };
    with(
        journal,
        query,
        Evidence::Changes(changes),
        Origin::Changes,
        changed(&kind),
    )
    .await
}

#[tokio::test]
async fn the_cause_shows_the_whole_incident_at_a_glance() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    insta::assert_snapshot!("together_small", after(&console, &["v"]).await);
    // Wherever one stands, one key leads there, and one leads back.
    let there = after(&console, &["Right", "c"]).await;
    assert!(
        there.contains("ROOT CAUSE") && there.contains("lines like: ERROR order"),
        "{there}"
    );
    let back = after(&console, &["Esc"]).await;
    assert!(back.contains("Evidence #19"), "{back}");
    let console = settled(Setting::large(), &journal).await;
    insta::assert_snapshot!("together_large", after(&console, &["v"]).await);
}

#[tokio::test]
async fn without_a_cause_everything_that_was_found_is_shown() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Testing).await;
    let console = settled(Setting::small(), &journal).await;
    insta::assert_snapshot!("together_testing", after(&console, &["v"]).await);
}

#[tokio::test]
async fn numbers_lead_on_and_one_comes_back_the_way_one_came() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    let change = after(&console, &["v", "Tab", "Enter"]).await;
    assert!(change.contains("Evidence #19"), "{change}");
    // From the change to the answer that it was read from.
    let answer = after(&console, &["Tab", "Enter"]).await;
    assert!(
        answer.contains("Evidence #18") && answer.contains("asked for"),
        "{answer}"
    );
    let change = after(&console, &["Backspace"]).await;
    assert!(change.contains("Evidence #19"), "{change}");
    let cause = after(&console, &["Esc"]).await;
    assert!(cause.contains("pattern bad-deployment"), "{cause}");
    let closed = after(&console, &["Esc"]).await;
    assert!(!closed.contains("Evidence #"), "{closed}");
    // And out at once from anywhere.
    let closed = after(&console, &["v", "Tab", "Enter", "q"]).await;
    assert!(
        !closed.contains("Evidence #") && closed.contains("[2 Journal]"),
        "{closed}"
    );
}

#[tokio::test]
async fn the_timeline_opens_as_a_list() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    insta::assert_snapshot!("timeline_list", after(&console, &["w"]).await);
    let opened = after(&console, &["Down", "Enter"]).await;
    assert!(opened.contains("Errors rose from 0"), "{opened}");
    let back = after(&console, &["Esc"]).await;
    assert!(back.contains("Timeline"), "{back}");
}

#[tokio::test]
async fn a_change_is_held_against_the_same_call_before() {
    let journal = night::empty().await;
    let asked = |key: &str, size: u32| {
        json!({
            "requestParameters": {"functionName": "order-intake", "s3Key": key, "memorySize": size},
            "sourceIPAddress": "192.0.2.29",
            "userAgent": "aws-sdk-go-v2/1.30.3",
        })
    };
    with_changes(
        &journal,
        vec![
            change(
                "02:31:08",
                "UpdateFunctionCode",
                asked("order-intake/40.zip", 512),
            ),
            change(
                "02:56:08",
                "UpdateFunctionCode",
                asked("order-intake/41.zip", 128),
            ),
        ],
    )
    .await;
    let console = settled(Setting::small(), &journal).await;
    insta::assert_snapshot!("change_diff", after(&console, &["v", "Right"]).await);
}

#[tokio::test]
async fn what_was_and_what_is_comes_from_the_recorder_where_it_kept_both() {
    let journal = night::empty().await;
    let detail = json!({
        "properties": [{"name": "Timeout", "oldValue": 30, "newValue": 3}],
        "patch": "@@ -1,2 +1,2 @@\n-  timeout: 30\n+  timeout: 3\n   memory: 512",
    });
    with_changes(&journal, vec![change("02:56:08", "deployment", detail)]).await;
    let console = settled(Setting::small(), &journal).await;
    insta::assert_snapshot!("change_recorded_diff", after(&console, &["v", "Right"]).await);
}

#[tokio::test]
async fn configuration_folds_and_opens_on_what_is_meant() {
    let journal = night::empty().await;
    let many: Vec<Value> = (0..40)
        .map(|port| json!({"FromPort": port, "ToPort": port}))
        .collect();
    let properties = json!({
        "FunctionName": "order-intake",
        "Rules": many,
        "VpcConfig": {"SubnetIds": ["subnet-1", "subnet-2"], "Deep": {"ReservedConcurrency": 1, "Other": many}},
    });
    let query = Query::Configuration {
        resource: Resource::new("order-intake", "AWS::Lambda::Function", "order-intake"),
    };
    let evidence = Evidence::Configuration(Configuration {
        resource: "order-intake".into(),
        properties,
        origin: "cloudcontrol".to_owned(),
    });
    let fact = Observed::ConfigFact {
        name: "reserved_concurrency".to_owned(),
        path: "VpcConfig.Deep.ReservedConcurrency".to_owned(),
        value: "1".to_owned(),
    };
    with(&journal, query, evidence, Origin::Configuration, fact).await;
    let console = settled(Setting::small(), &journal).await;
    let text = after(&console, &["v", "Right"]).await;
    insta::assert_snapshot!("configuration_tree", text);
    // The second property is the long array: it unfolds, and folds again.
    let open = after(&console, &["Down", "Down", "Enter"]).await;
    assert!(
        open.contains("[-] Rules") && open.contains("FromPort: 0"),
        "{open}"
    );
    let shut = after(&console, &["Enter"]).await;
    assert!(shut.contains("[+] Rules  40 items"), "{shut}");
    let raw = after(&console, &["r"]).await;
    assert!(raw.contains("\"kind\": \"config_fact\""), "{raw}");
}

#[tokio::test]
async fn hostile_data_is_shown_inert_and_at_once() {
    let journal = night::empty().await;
    let mut lines: Vec<LogLine> = (0..20_000)
        .map(|i| LogLine {
            at: at("02:40:00") + SignedDuration::from_millis(90 * i),
            group: "/aws/lambda/order-intake".to_owned(),
            stream: None,
            resource: None,
            message: format!(
                "\u{1b}]0;owned\u{7}ERROR e\u{301}\u{202e}日本 order {i} \u{1b}[2J failed\r\n\tat main"
            ),
        })
        .collect();
    lines[10_745].message = format!("ERROR order 1 {} failed", "x\u{200b}".repeat(500_000));
    let query = Query::Logs {
        resource: None,
        group: None,
        window: window(),
        filter: None,
        limit: 100_000,
    };
    let fact = Observed::LogBurst {
        group: "/aws/lambda/order-intake".to_owned(),
        template: "ERROR <*> order <*> failed".to_owned(),
        count: 20_000,
        before_rate: 0.0,
        sample: String::new(),
        new: false,
        error: true,
    };
    let evidence = Evidence::Logs(LogPage {
        lines,
        groups: Vec::new(),
        truncated: true,
    });
    with(&journal, query, evidence, Origin::Logs, fact).await;
    for setting in [Setting::small(), Setting::large()] {
        let console = settled(setting, &journal).await;
        after(&console, &["v", "Right"]).await;
        console.shows("lines of this shape").await;
        console.bytes();
        let begun = Instant::now();
        for key in ["Down", "Down", "f", "Down", "f", "r", "Down", "r", "End", "Home"] {
            console.press(&[key]);
        }
        let text = console.rests().await;
        // A page is made once; a key costs what is in view. (The machine of a test is slow, and so is its build.)
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
        assert!(text.contains("20,000 lines of this shape among 20,000"), "{text}");
        let sent = String::from_utf8(console.bytes()).unwrap();
        assert!(
            !sent.contains("owned\u{7}") && !sent.contains('\u{202e}') && !sent.contains("\u{1b}]0"),
            "raw words"
        );
        assert!(!sent.contains("\u{1b}[2J failed"));
    }
}

#[tokio::test]
async fn what_is_nested_a_hundred_deep_is_folded() {
    let journal = night::empty().await;
    let mut deep = json!("\u{1b}[31mbottom");
    for _ in 0..50 {
        deep = json!({ "down": [deep] });
    }
    with_changes(
        &journal,
        vec![change("02:56:08", "deployment", json!({ "top": deep }))],
    )
    .await;
    let console = settled(Setting::small(), &journal).await;
    let text = after(&console, &["v", "Right"]).await;
    assert!(text.contains("[+] top"), "{text}");
    let all = after(&console, &["f", "End"]).await;
    assert!(all.contains("bottom"), "{all}");
    after(&console, &["r", "End"]).await;
}

/// The demo on a real terminal, its verdict found.
fn demo(environment: &[(&str, &str)]) -> Pty {
    let pty = Pty::midwatch(&["demo", "--speed", "0"], 80, 24, environment);
    pty.shows("ROOT CAUSE")
        .shows("journal ok")
        .quiet_for(Duration::from_secs(1));
    pty
}

#[test]
fn the_pager_gets_the_terminal_the_text_and_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let pager = format!(
        "sh -c 'ls -l \"$0\" | cut -c1-10 >{0}; cat \"$0\" >>{0}; echo the pager has it; read answer; echo \"$0 $answer\" >>{0}'",
        seen.display()
    );
    let mut pty = demo(&[
        ("PAGER", pager.as_str()),
        ("TMPDIR", folder.path().to_str().unwrap()),
    ]);
    pty.keys("v").shows("Evidence #");
    pty.until("everything fetched", |pty| !pty.text().contains("fetching"));
    pty.quiet_for(Duration::from_millis(300));
    pty.keys("o").shows("the pager has it");
    // What would quit the console is the pager's to read.
    pty.keys("q 5 q\r");
    pty.shows("Evidence #");
    pty.is_taken();
    let told = std::fs::read_to_string(&seen).unwrap();
    assert!(told.starts_with("-rw-------\n"), "{told}");
    assert!(
        told.contains("ROOT CAUSE") && told.contains("T02:56:00Z\t"),
        "{told}"
    );
    assert!(told.trim_end().ends_with(" q 5 q"), "{told}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing but what the pager wrote stays: {left:?}");
    // The console has its keys again, and the whole report goes the same way.
    pty.keys("\u{1b}");
    pty.until("the overlay closed", |pty| !pty.text().contains("Evidence #"));
    pty.keys(":read the report\r").shows("the pager has it");
    pty.keys("done\r").shows("[2 Journal]");
    let told = std::fs::read_to_string(&seen).unwrap();
    assert!(told.contains("\n# ") && told.contains(".md done"), "{told}");
    pty.keys("q");
    assert!(pty.ended().success());
    pty.is_as_before();
}

#[test]
fn a_pager_that_is_not_there_is_said_with_what_to_do() {
    let mut pty = demo(&[("PAGER", "no-such-pager"), ("EDITOR", "sh -c 'exit 7'")]);
    pty.keys("v").shows("Evidence #");
    pty.keys("o").shows("cannot be run here").shows("set PAGER");
    pty.keys("E").shows("exit code 7");
    pty.keys("q").keys("q");
    assert!(pty.ended().success());
    pty.is_as_before();
}
