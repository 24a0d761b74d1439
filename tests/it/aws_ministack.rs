//! Every question to ministack, an emulator that runs functions, keeps their logs and records a trail.

use midwatch::model::{
    AlarmState, Evidence, GapKind, LogFilter, Query, RelationKind, Resource, ResourceId, Source,
};

use crate::support::{
    aws::{around_now, found, source, told},
    peers,
};

const WORKER: &str = "midwatch-it-worker";

#[tokio::test]
async fn ministack_tells_what_an_investigation_of_a_failing_function_needs() {
    let Some(peer) = peers::ministack() else { return };
    peer.create_stack("midwatch-it", "failing-function.yaml").await;
    for _ in 0..3 {
        let answer = peer.invoke(WORKER, r#"{"order": 7}"#).await;
        assert!(answer.contains("deliberate failure"), "{answer}");
    }
    let fired = [
        ("AlarmName", "midwatch-it-worker-errors"),
        ("StateValue", "ALARM"),
        ("StateReason", "Threshold Crossed"),
    ];
    peer.query("monitoring", "SetAlarmState", &fired).await;
    let source = source(peer.url());
    let window = around_now(30);
    let mut worker = Resource::new(WORKER, "AWS::Lambda::Function", WORKER);
    worker.stack = Some("midwatch-it".to_owned());

    // The alarm with its history.
    let alarms = Query::Alarms {
        names: Vec::new(),
        state: Some(AlarmState::Alarm),
        window,
    };
    let answer = source.answer(&alarms).await;
    assert!(answer.gaps.is_empty(), "{}", told(&answer.gaps));
    let Evidence::Alarms(alarms) = found(answer) else {
        panic!()
    };
    assert_eq!(alarms.len(), 1);
    assert_eq!(alarms[0].resource, Some(worker.id.clone()));
    assert_eq!(alarms[0].description.as_deref(), Some("the worker fails"));
    let last = alarms[0].transitions.last().unwrap();
    assert_eq!(
        (last.to, last.reason.as_str()),
        (AlarmState::Alarm, "Threshold Crossed")
    );

    // Errors as a metric.
    let catalogue = Query::Catalogue {
        resource: Some(worker.clone()),
        namespace: None,
        metric: None,
    };
    let Evidence::Catalogue(keys) = found(source.answer(&catalogue).await) else {
        panic!()
    };
    let names: Vec<&str> = keys.iter().map(|key| key.metric.as_str()).collect();
    assert!(
        names.contains(&"Errors") && names.contains(&"Invocations"),
        "{names:?}"
    );
    let errors = keys.iter().find(|key| key.metric == "Errors").unwrap().clone();
    assert_eq!(
        (errors.stat.as_str(), errors.resource.as_ref()),
        ("Sum", Some(&worker.id))
    );
    let metrics = Query::Metrics {
        series: vec![errors],
        window,
    };
    let Evidence::Series(series) = found(source.answer(&metrics).await) else {
        panic!()
    };
    let sum: f64 = series[0].points.iter().map(|(_, value)| value).sum();
    assert_eq!(sum, 3.0);

    // What it wrote, whole and for certain words.
    let logs = |filter: Option<LogFilter>, limit| Query::Logs {
        resource: Some(worker.clone()),
        group: None,
        window,
        filter,
        limit,
    };
    let answer = source.answer(&logs(None, 1_000)).await;
    assert!(answer.gaps.is_empty(), "{}", told(&answer.gaps));
    let Evidence::Logs(page) = found(answer) else {
        panic!()
    };
    assert_eq!(page.groups, [format!("/aws/lambda/{WORKER}")]);
    assert!(
        page.lines
            .iter()
            .all(|line| line.resource.as_ref() == Some(&worker.id))
    );
    assert!(page.lines.is_sorted_by_key(|line| line.at));
    let words = LogFilter {
        any: vec!["RuntimeError:".to_owned(), "no such word".to_owned()],
    };
    let Evidence::Logs(page) = found(source.answer(&logs(Some(words), 1_000)).await) else {
        panic!()
    };
    assert_eq!(page.lines.len(), 3);
    assert!(
        page.lines
            .iter()
            .all(|line| line.message.contains("deliberate failure"))
    );
    let answer = source.answer(&logs(None, 4)).await;
    assert_eq!(answer.gaps[0].kind, GapKind::Truncated);
    let Evidence::Logs(page) = found(answer) else {
        panic!()
    };
    assert!(page.truncated && page.lines.len() == 4);

    // What was changed: the stack made the function; reading it afterwards is no change.
    let changes = Query::Changes {
        resource: None,
        window,
    };
    let answer = source.answer(&changes).await;
    assert!(answer.gaps.is_empty(), "{}", told(&answer.gaps));
    let Evidence::Changes(all) = found(answer) else {
        panic!()
    };
    assert!(
        all.iter()
            .any(|change| change.source == "cloudtrail" && change.kind == "CreateStack"),
        "{all:?}"
    );
    assert!(
        all.iter()
            .all(|change| !change.kind.starts_with("Describe") && !change.kind.starts_with("Invoke")),
        "{all:?}"
    );
    let changes = Query::Changes {
        resource: Some(worker.clone()),
        window,
    };
    let Evidence::Changes(own) = found(source.answer(&changes).await) else {
        panic!()
    };
    let made = own
        .iter()
        .find(|change| change.source == "cloudformation")
        .unwrap_or_else(|| panic!("{own:?}"));
    assert_eq!(
        (made.kind.as_str(), made.resource.as_ref()),
        ("CREATE", Some(&worker.id))
    );

    // Its configuration holds the code that the template declares.
    let configuration = Query::Configuration {
        resource: worker.clone(),
    };
    let answer = source.answer(&configuration).await;
    assert!(answer.gaps.is_empty(), "{}", told(&answer.gaps));
    let Evidence::Configuration(configuration) = found(answer) else {
        panic!()
    };
    let code = configuration.properties["Code"]["ZipFile"].as_str().unwrap();
    assert!(code.contains("deliberate failure"));
    assert_eq!(configuration.properties["Timeout"], 10);

    // Who stands around it.
    let Evidence::Inventory(resources) = found(source.answer(&Query::Inventory).await) else {
        panic!()
    };
    let ids: Vec<&str> = resources.iter().map(|resource| resource.id.as_str()).collect();
    for id in [
        WORKER,
        "queue:midwatch-it-jobs",
        "table:midwatch-it-receipts",
        "role:midwatch-it-worker",
    ] {
        assert!(ids.contains(&id), "{ids:?}");
    }
    let Evidence::Relations(relations) = found(source.answer(&Query::Relations).await) else {
        panic!()
    };
    let has = |from: &str, kind: RelationKind, to: &str| {
        relations.iter().any(|relation| {
            relation.from == ResourceId::from(from)
                && relation.kind == kind
                && relation.to == ResourceId::from(to)
        })
    };
    assert!(
        has("queue:midwatch-it-jobs", RelationKind::Triggers, WORKER),
        "{relations:?}"
    );
    assert!(
        has(WORKER, RelationKind::Writes, "table:midwatch-it-receipts"),
        "{relations:?}"
    );
}
