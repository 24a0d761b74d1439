//! What an investigation saw, written as a bundle, leads another to the same outcome.

use std::sync::Arc;

use midwatch::{
    engine::opening::{self, Opening},
    journal::{Actor, Journal, StreamId, views::Investigation},
    model::{Allowance, Query, Source, SourceSpec, Start},
    redact::{Redactor, Scope},
    sources::{
        bundle::{Bundle, BundleSource, scenario_names},
        capture::{Recorder, Recording, seen_by},
    },
};

use crate::support::engine::{Watch, source};

/// Writes what `stream` saw to `out`.
async fn capture(journal: &Journal, stream: &StreamId, out: &std::path::Path) {
    let (incident, recording) = seen_by(journal, stream).await.unwrap();
    recording
        .contents(&incident, &mut Redactor::new(Scope::Personal))
        .write(out)
        .unwrap();
}

/// Investigates the bundle at `path`.
async fn replay(path: &std::path::Path) -> (Watch, StreamId, Investigation) {
    let watch = Watch::new().await;
    let bundle = Bundle::open(path).unwrap();
    let spec = SourceSpec::Bundle {
        path: path.display().to_string(),
    };
    let opening = Opening::of(bundle.incident(), spec);
    let stream = opening::open(&watch.journal, Actor::Operator("test".to_owned()), opening)
        .await
        .unwrap();
    watch.run(&stream, Arc::new(BundleSource::new(bundle))).await;
    let view = watch.view(&stream).await;
    (watch, stream, view)
}

/// Verdict, and of each cause: resource, pattern, category, confidence.
fn outcome(view: &Investigation) -> Vec<String> {
    let summary = view.summary.as_ref().expect("it was settled");
    let causes = summary.causes.iter().map(|cause| {
        format!(
            "{} {} {:?} {:.2}",
            cause.resource, cause.statement, cause.category, cause.confidence
        )
    });
    std::iter::once(format!("{:?}", summary.verdict))
        .chain(causes)
        .collect()
}

#[tokio::test]
async fn every_scenario_replays_to_the_same_outcome() {
    let folder = tempfile::tempdir().unwrap();
    for name in scenario_names() {
        let watch = Watch::new().await;
        let stream = watch.open(name, |_| {}).await;
        watch.run(&stream, source(name)).await;
        let seen = watch.view(&stream).await;
        let out = folder.path().join(format!("{name}.mwb"));
        capture(&watch.journal, &stream, &out).await;
        let (_, _, view) = replay(&out).await;
        assert_eq!(outcome(&view), outcome(&seen), "{name}");
    }
}

#[tokio::test]
async fn a_capture_of_a_replay_is_the_same_file() {
    let watch = Watch::new().await;
    let name = "s3-access-denied";
    let stream = watch.open(name, |_| {}).await;
    watch.run(&stream, source(name)).await;
    let folder = tempfile::tempdir().unwrap();
    let (once, twice) = (folder.path().join("once.mwb"), folder.path().join("twice.mwb"));
    capture(&watch.journal, &stream, &once).await;
    let (again, stream, _) = replay(&once).await;
    capture(&again.journal, &stream, &twice).await;
    assert_eq!(std::fs::read(&once).unwrap(), std::fs::read(&twice).unwrap());
}

#[tokio::test]
async fn a_capture_is_a_folder_or_one_file_and_spares_what_is_there() {
    use std::os::unix::fs::PermissionsExt as _;
    let watch = Watch::new().await;
    let stream = watch.open("lambda-throttled-surge", |_| {}).await;
    watch.run(&stream, source("lambda-throttled-surge")).await;
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("a.mwb"), folder.path().join("b.mwb"));
    capture(&watch.journal, &stream, &one).await;
    capture(&watch.journal, &stream, &other).await;
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&other).unwrap());
    assert_eq!(
        std::fs::metadata(&one).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let unfolded = folder.path().join("incident");
    capture(&watch.journal, &stream, &unfolded).await;
    assert!(unfolded.join("incident.toml").is_file());
    assert_eq!(
        outcome(&replay(&unfolded).await.2),
        outcome(&replay(&one).await.2)
    );
    let (incident, recording) = seen_by(&watch.journal, &stream).await.unwrap();
    for there in [&one, &unfolded] {
        let contents = recording.contents(&incident, &mut Redactor::new(Scope::Personal));
        let error = contents.write(there).unwrap_err().to_string();
        assert!(error.contains("hint: give another name"), "{error}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 3, "no half-written file is left");
}

#[tokio::test]
async fn personal_data_and_secrets_stay_at_home() {
    let watch = Watch::new().await;
    let name = "order-intake-bad-deploy";
    let stream = watch
        .open(name, |created| {
            created.title = midwatch::model::Text::new().ext("mail from dana@example.com");
        })
        .await;
    watch.run(&stream, source(name)).await;
    let (incident, recording) = seen_by(&watch.journal, &stream).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (shared, kept) = (folder.path().join("shared"), folder.path().join("kept"));
    let write = |scope, path: &std::path::Path| {
        recording
            .contents(&incident, &mut Redactor::new(scope))
            .write(path)
            .unwrap();
        std::fs::read_to_string(path.join("incident.toml")).unwrap()
    };
    assert!(!write(Scope::Personal, &shared).contains("dana@"));
    assert!(write(Scope::Secrets, &kept).contains("dana@"));
}

#[tokio::test]
async fn a_recorded_window_holds_the_incident_of_which_nobody_knew_yet() {
    let name = "dynamodb-throttled-deploy";
    let bundle = Bundle::scenario(name).unwrap();
    let incident = bundle.incident().clone();
    let live = BundleSource::new(bundle);
    let recorder = Recorder {
        source: &live,
        window: incident.window,
        baseline: incident.baseline.unwrap_or(incident.window),
        allowance: Allowance::unlimited(),
    };
    let mut told = Vec::new();
    let recorded = recorder.record(|step| told.push(step.clone())).await;
    assert!(
        matches!(&recorded.start, Start::Alarm { .. }),
        "an alarm fired in the window"
    );
    assert!(told.iter().all(|step| step.done <= step.of) && told.iter().any(|step| step.what == "logs"));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("tonight.mwb");
    let incident = midwatch::sources::bundle::Incident {
        start: recorded.start,
        ..incident
    };
    recorded
        .recording
        .contents(&incident, &mut Redactor::new(Scope::Personal))
        .write(&out)
        .unwrap();
    let watch = Watch::new().await;
    let direct = watch.investigate(name).await;
    let (_, _, view) = replay(&out).await;
    assert_eq!(outcome(&view)[0], outcome(&direct)[0]);
    let resource = |view: &Investigation| view.summary.as_ref().unwrap().causes[0].resource.clone();
    assert_eq!(resource(&view), resource(&direct));
}

#[tokio::test]
async fn what_was_denied_is_denied_again() {
    let watch = Watch::new().await;
    let name = "denied-evidence";
    let seen = watch.investigate(name).await;
    let stream = seen.stream.clone().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("denied.mwb");
    capture(&watch.journal, &stream, &out).await;
    let source = BundleSource::new(Bundle::open(&out).unwrap());
    let mut denied = 0;
    for asked in seen.queries.values() {
        let here = seen.gaps.values().filter(|found| {
            found
                .query
                .and_then(|seq| seen.queries.get(&seq))
                .map(|other| &other.query)
                == Some(&asked.query)
        });
        for found in here {
            let answer = source.answer(&asked.query).await;
            assert!(
                answer
                    .gaps
                    .iter()
                    .any(|gap| gap.kind == found.gap.kind && gap.why.plain() == found.gap.why.plain()),
                "{:?}",
                asked.query
            );
            denied += 1;
        }
    }
    assert!(denied > 0);
}

#[test]
fn a_line_that_two_questions_found_is_kept_once_and_one_written_twice_is_kept_twice() {
    use midwatch::model::{Evidence, LogLine, LogPage, Window};
    let line = |message: &str| LogLine {
        at: "2026-01-01T00:00:00Z".parse().unwrap(),
        group: "app".to_owned(),
        stream: None,
        resource: None,
        message: message.to_owned(),
    };
    let page = |messages: &[&str]| {
        Evidence::Logs(LogPage {
            lines: messages.iter().map(|message| line(message)).collect(),
            groups: vec!["app".to_owned()],
            truncated: false,
        })
    };
    let query = Query::Logs {
        resource: None,
        group: Some("app".to_owned()),
        window: Window::new(
            "2026-01-01T00:00:00Z".parse().unwrap(),
            "2026-01-01T01:00:00Z".parse().unwrap(),
        ),
        filter: None,
        limit: 10,
    };
    let mut recording = Recording::default();
    recording.add(&query, &page(&["a", "a", "b"]));
    recording.add(&query, &page(&["a", "b", "c"]));
    let lines = recording
        .counts()
        .into_iter()
        .find(|(what, _)| *what == "log lines");
    assert_eq!(lines, Some(("log lines", 4)));
}
