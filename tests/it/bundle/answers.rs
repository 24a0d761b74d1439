//! What a bundle answers.

use std::{collections::BTreeMap, fs, path::Path};

use midwatch::{
    model::{
        AlarmState, Answer, Evidence, GapKind, LogFilter, LogPage, Priority, Query, Resource, ResourceId,
        SeriesKey, Source, Start, Window,
    },
    sources::bundle::{Bundle, BundleSource, Expected},
};

use super::{answers, copy, data, open, questions};

fn whole() -> BundleSource {
    open(&data("valid/whole"))
}

fn window(source: &BundleSource) -> Window {
    source.bundle().incident().window
}

fn intake() -> Resource {
    Resource::new("intake", "AWS::Lambda::Function", "intake")
}

fn errors(period: u32) -> SeriesKey {
    SeriesKey {
        resource: Some(ResourceId::from("intake")),
        namespace: "AWS/Lambda".into(),
        metric: "Errors".into(),
        dimensions: BTreeMap::from([("FunctionName".into(), "intake".into())]),
        stat: "Sum".into(),
        unit: None,
        period,
    }
}

fn points(source: &BundleSource, key: SeriesKey) -> Vec<(i64, f64)> {
    let query = Query::Metrics {
        series: vec![key],
        window: window(source),
    };
    match source.answer_now(&query).evidence {
        Some(Evidence::Series(series)) => series[0].points.clone(),
        other => panic!("{other:?}"),
    }
}

fn logs(source: &BundleSource, resource: Option<Resource>, filter: Option<&str>, limit: u32) -> Answer {
    source.answer_now(&Query::Logs {
        resource,
        group: None,
        window: window(source),
        filter: filter.map(|term| LogFilter {
            any: vec![term.into()],
        }),
        limit,
    })
}

fn page(answer: &Answer) -> &LogPage {
    match &answer.evidence {
        Some(Evidence::Logs(page)) => page,
        other => panic!("{other:?}"),
    }
}

/// 02:57:00 on the day of the incident.
const THEN: i64 = 1_761_533_820;

#[test]
fn answers_do_not_depend_on_the_order_of_lines_nor_on_the_place() {
    for (name, path) in [
        ("whole", data("valid/whole")),
        (
            "order-intake",
            Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/order-intake-bad-deploy"),
        ),
        (
            "denied",
            Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/denied-evidence"),
        ),
    ] {
        let there = open(&path);
        let queries = questions(&there);
        let copied = copy(&path);
        shuffle(copied.path());
        let here = open(copied.path());
        assert!(queries.len() > 12);
        assert_eq!(answers(&here, &queries), answers(&there, &queries), "{name}");
    }
}

/// Reverses and deals the lines of every file like cards.
fn shuffle(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.contains(".jsonl") {
            continue;
        }
        let packed = path.extension().is_some_and(|end| end == "zst");
        let bytes = fs::read(&path).unwrap();
        let bytes = if packed {
            zstd::decode_all(bytes.as_slice()).unwrap()
        } else {
            bytes
        };
        let words = String::from_utf8(bytes).unwrap();
        let lines: Vec<&str> = words.lines().rev().collect();
        let mut dealt = String::new();
        for pile in 0..7 {
            for line in lines.iter().skip(pile).step_by(7) {
                dealt.push_str(line);
                dealt.push('\n');
            }
        }
        let dealt = dealt.into_bytes();
        let dealt = if packed {
            zstd::encode_all(dealt.as_slice(), 1).unwrap()
        } else {
            dealt
        };
        fs::write(path, dealt).unwrap();
    }
}

#[test]
fn an_investigation_never_sees_the_truth() {
    let here = open(&data("valid/unreadable-truth"));
    let without = copy(&data("valid/unreadable-truth"));
    fs::remove_file(without.path().join("expected.toml")).unwrap();
    let without = open(without.path());
    let queries = questions(&without);
    assert_eq!(answers(&here, &queries), answers(&without, &queries));
    let read = here.bundle().read_names();
    assert!(
        read.contains("metrics.jsonl") && !read.contains("expected.toml"),
        "{read:?}"
    );
    let error = Expected::open(&data("valid/unreadable-truth")).unwrap_err();
    assert!(error.path.ends_with("expected.toml"), "{error}");
}

#[test]
fn the_truth_is_read_for_scoring() {
    let expected = Expected::open(&data("valid/whole")).unwrap().unwrap();
    assert_eq!(expected.causes[0].resources, [ResourceId::from("intake")]);
    assert!(Expected::open(&data("valid/incident-only")).unwrap().is_none());
}

#[test]
fn a_bundle_of_nothing_but_the_incident_answers_with_gaps() {
    let source = open(&data("valid/incident-only"));
    for query in questions(&source) {
        let answer = source.answer_now(&query);
        if query == Query::Identity {
            assert!(answer.gaps.is_empty());
        } else {
            assert_eq!(answer.gaps.len(), 1, "{query:?}");
            assert_eq!(answer.gaps[0].kind, GapKind::NotCaptured);
        }
    }
}

#[test]
fn the_incident_is_read_in_all_its_forms() {
    let incident = Bundle::open(&data("valid/forms")).unwrap().incident().clone();
    assert_eq!(incident.priority, Priority::High);
    assert_eq!(incident.at.to_string(), "2025-10-27T03:09:00Z");
    assert_eq!(incident.baseline.unwrap().seconds(), 7200);
    let Start::Event { event } = incident.start else {
        panic!()
    };
    assert_eq!(event["count"], 4);
    assert_eq!(event["at"], "2025-10-27T03:00:00Z");
}

#[test]
fn both_forms_of_series_are_read_and_put_in_order() {
    for name in ["valid/whole", "valid/forms"] {
        let source = open(&data(name));
        assert_eq!(
            points(&source, errors(60)),
            [(THEN - 120, 0.0), (THEN, 4.0), (THEN + 60, 5.0)],
            "{name}"
        );
        let duration = SeriesKey {
            metric: "Duration".into(),
            stat: "Average".into(),
            ..errors(60)
        };
        assert_eq!(
            points(&source, duration),
            [(THEN - 120, 98.25), (THEN, 61.5)],
            "{name}"
        );
    }
}

#[test]
fn the_window_of_a_question_bounds_its_points() {
    let source = whole();
    let minute = "2025-10-27T02:57:00Z/2025-10-27T02:58:00Z"
        .split_once('/')
        .unwrap();
    let query = Query::Metrics {
        series: vec![errors(60)],
        window: Window::new(minute.0.parse().unwrap(), minute.1.parse().unwrap()),
    };
    let Some(Evidence::Series(series)) = source.answer_now(&query).evidence else {
        panic!()
    };
    assert_eq!(series[0].points, [(THEN, 4.0)]);
    assert_eq!(series[0].key.unit.as_deref(), Some("Count"));
}

#[test]
fn a_series_is_found_without_its_unit_its_dimensions_or_at_a_coarser_period() {
    let source = whole();
    let with_unit = SeriesKey {
        unit: Some("None".into()),
        ..errors(60)
    };
    assert_eq!(points(&source, with_unit).len(), 3);
    let bare = SeriesKey {
        dimensions: BTreeMap::new(),
        ..errors(60)
    };
    assert_eq!(points(&source, bare).len(), 3);
    // 02:55 to 03:00 in one datum.
    assert_eq!(points(&source, errors(300)), [(THEN - 120, 9.0)]);
    let other = SeriesKey {
        stat: "Average".into(),
        ..errors(60)
    };
    assert_eq!(points(&source, other), []);
}

#[test]
fn an_extended_bundle_fills_what_the_bundle_lacks() {
    let source = open(&data("valid/extends"));
    assert_eq!(
        points(&source, errors(60)),
        [(THEN - 120, 0.0), (THEN, 7.0), (THEN + 60, 5.0)]
    );
    let query = Query::Configuration { resource: intake() };
    let Some(Evidence::Configuration(config)) = source.answer_now(&query).evidence else {
        panic!()
    };
    assert_eq!(config.properties["MemorySize"], 128);
    assert_eq!(source.bundle().knowledge()[0].name, "restart");
}

#[test]
fn alarms_are_in_the_state_of_the_moment_that_the_investigation_starts() {
    let source = whole();
    let ask = |state| {
        let query = Query::Alarms {
            names: Vec::new(),
            state,
            window: window(&source),
        };
        match source.answer_now(&query).evidence {
            Some(Evidence::Alarms(alarms)) => alarms,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(ask(Some(AlarmState::Ok)), []);
    let alarms = ask(Some(AlarmState::Alarm));
    // The transition before the window stays: it tells the state in which the window begins.
    assert_eq!(alarms[0].transitions.len(), 2);
    assert!(alarms[0].transitions[0].at < alarms[0].transitions[1].at);
}

#[test]
fn log_lines_without_a_resource_belong_to_the_one_their_group_is_named_after() {
    let source = whole();
    let answer = logs(&source, Some(intake()), None, 10);
    let words: Vec<&str> = page(&answer)
        .lines
        .iter()
        .map(|line| line.message.as_str())
        .collect();
    assert_eq!(words, ["order stored", "TypeError: sku"]);
    let answer = logs(&source, Some(intake()), Some("TypeError"), 10);
    assert_eq!(page(&answer).lines.len(), 1);
    assert_eq!(page(&answer).groups, ["/aws/lambda/intake"]);
    let other = logs(
        &source,
        Some(Resource::new("other", "service", "other")),
        None,
        10,
    );
    assert_eq!(page(&other).lines.len(), 0);
}

#[test]
fn of_too_many_log_lines_the_earliest_and_the_latest_are_kept() {
    let source = open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/order-intake-bad-deploy"));
    let all = logs(&source, None, None, u32::MAX);
    let some = logs(&source, None, None, 11);
    let (all, page) = (page(&all), page(&some));
    assert!(page.truncated && !all.truncated);
    assert_eq!(page.lines[..6], all.lines[..6]);
    assert_eq!(page.lines[6..], all.lines[all.lines.len() - 5..]);
    assert_eq!(some.gaps[0].kind, GapKind::Truncated);
    assert!(page.lines.is_sorted_by_key(|line| line.at));
}

#[test]
fn a_question_that_meets_a_gap_is_answered_with_it() {
    let source = whole();
    let answer = logs(
        &source,
        Some(Resource::new("orders", "AWS::DynamoDB::Table", "orders")),
        None,
        10,
    );
    assert_eq!(answer.evidence, None);
    assert_eq!(answer.gaps.len(), 1);
    assert_eq!(answer.gaps[0].kind, GapKind::Denied);
    assert!(answer.gaps[0].hint.is_some());
    // A question about everything gets what there is, and the gap.
    let answer = logs(&source, None, None, 10);
    assert_eq!(page(&answer).lines.len(), 2);
    assert_eq!(answer.gaps.len(), 1);
    // Another resource's logs, and another question about the same resource, do not meet it.
    assert_eq!(logs(&source, Some(intake()), None, 10).gaps, []);
}

#[test]
fn gaps_are_bound_by_time_metric_and_kind() {
    let folder = copy(&data("valid/whole"));
    let gaps = r#"{"what":"metric Errors","resource":"intake","from":"2025-10-27T02:00:00Z","to":"2025-10-27T02:30:00Z","why":"Rate exceeded"}
{"what":"changes","why":"not asked for"}
{"what":"the moon","why":"clouds"}
"#;
    fs::write(folder.path().join("gaps.jsonl"), gaps).unwrap();
    let source = open(folder.path());
    let ask = |metric: &str, from: &str, to: &str| {
        let key = SeriesKey {
            metric: metric.into(),
            ..errors(60)
        };
        let window = Window::new(from.parse().unwrap(), to.parse().unwrap());
        source.answer_now(&Query::Metrics {
            series: vec![key],
            window,
        })
    };
    let inside = ask("Errors", "2025-10-27T02:05:00Z", "2025-10-27T02:10:00Z");
    assert_eq!((inside.evidence, inside.gaps[0].kind), (None, GapKind::Throttled));
    let across = ask("Errors", "2025-10-27T02:00:00Z", "2025-10-27T04:00:00Z");
    assert_eq!(across.gaps.len(), 1);
    assert_eq!(across.evidence.unwrap().count(), 3);
    assert_eq!(
        ask("Errors", "2025-10-27T02:30:00Z", "2025-10-27T04:00:00Z").gaps,
        []
    );
    assert_eq!(
        ask("Duration", "2025-10-27T02:05:00Z", "2025-10-27T02:10:00Z").gaps,
        []
    );
    let changes = source.answer_now(&Query::Changes {
        resource: None,
        window: window(&source),
    });
    assert_eq!(
        changes.evidence.unwrap().count(),
        1,
        "what was captured nonetheless is told"
    );
    assert_eq!(changes.gaps.len(), 1);
    assert_eq!(
        source.answer_now(&Query::Inventory).gaps[0].what.plain(),
        "the moon"
    );
}

#[test]
fn resources_that_are_only_named_are_known_by_their_id() {
    let folder = copy(&data("valid/whole"));
    fs::remove_file(folder.path().join("resources.jsonl")).unwrap();
    let source = open(folder.path());
    let answer = source.answer_now(&Query::Inventory);
    let Some(Evidence::Inventory(resources)) = &answer.evidence else {
        panic!()
    };
    let ids: Vec<&str> = resources.iter().map(|resource| resource.id.as_str()).collect();
    assert_eq!(ids, ["intake", "orders"]);
    assert_eq!(answer.gaps[0].kind, GapKind::NotCaptured);
}

#[test]
fn configuration_is_told_only_when_asked_for() {
    let source = whole();
    let Some(Evidence::Inventory(resources)) = source.answer_now(&Query::Inventory).evidence else {
        panic!()
    };
    assert!(resources.iter().all(|resource| resource.config.is_null()));
    let bare = Resource::new("orders", "AWS::DynamoDB::Table", "orders");
    let answer = source.answer_now(&Query::Configuration { resource: bare });
    assert_eq!(answer.gaps[0].kind, GapKind::NotCaptured);
    assert!(answer.gaps[0].hint.is_some());
}

#[tokio::test]
async fn the_source_answers_through_its_trait() {
    let source = whole();
    let dynamic: &dyn Source = &source;
    assert_eq!(dynamic.name(), "bundle");
    let answer = dynamic.answer(&Query::Identity).await;
    assert_eq!(
        (answer.calls, answer.evidence),
        (0, source.answer_now(&Query::Identity).evidence)
    );
}

#[test]
fn what_is_said_twice_does_not_hang_on_the_order() {
    let one = r#"{"id":"intake","type":"AWS::Lambda::Function","name":"intake","config":{"MemorySize":512}}
{"id":"intake","type":"AWS::Lambda::Function","name":"intake"}
"#;
    let series = r#"{"resource":"intake","namespace":"AWS/Lambda","metric":"Errors","dimensions":{"FunctionName":"intake"},"stat":"Sum","period":60,"points":[[1761533820,3],[1761533820,8]]}
{"resource":"intake","namespace":"AWS/Lambda","metric":"Errors","dimensions":{"FunctionName":"intake"},"stat":"Sum","unit":"Count","period":60,"points":[[1761533820,5]]}
"#;
    for backwards in [false, true] {
        let folder = copy(&data("valid/whole"));
        for (name, words) in [("resources.jsonl", one), ("metrics.jsonl", series)] {
            let mut lines: Vec<&str> = words.lines().collect();
            if backwards {
                lines.reverse();
            }
            fs::write(folder.path().join(name), lines.join("\n")).unwrap();
        }
        let source = open(folder.path());
        assert_eq!(points(&source, errors(60)), [(THEN, 8.0)]);
        let config = source.answer_now(&Query::Configuration { resource: intake() });
        assert!(config.evidence.is_some(), "the fuller one of the two stands");
    }
}
