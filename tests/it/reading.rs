//! What senders say: each documented body and the alert that it becomes, and bodies that nobody documents.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use midwatch::{
    intake::{
        reading::{challenge, read, read_any},
        webhook::WebhookKind,
    },
    model::{Alert, AlertAction},
};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

/// One file in `tests/data/readings`: our own bodies, with the fields that the senders' pages document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    kind: WebhookKind,
    event: Option<String>,
    /// What is particular about it.
    #[serde(default, rename = "about")]
    _about: Option<String>,
    body: Value,
    alert: Alert,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/readings")
}

fn examples() -> BTreeMap<String, Example> {
    fs::read_dir(folder())
        .unwrap()
        .flatten()
        .map(|entry| {
            let text = fs::read_to_string(entry.path()).unwrap();
            let name = entry.path().file_stem().unwrap().to_string_lossy().into_owned();
            let example = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, example)
        })
        .collect()
}

#[test]
fn every_documented_body_becomes_its_alert() {
    let examples = examples();
    assert!(examples.len() > 55, "{}", examples.len());
    for (name, example) in &examples {
        let alert = read(example.kind, example.event.as_deref(), &example.body)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(alert, example.alert, "{name}");
    }
}

/// All examples that the community of GitHub's own library collected: none is an incident, none is unreadable.
#[test]
fn every_event_of_github_is_read_as_news() {
    let Some(path) = crate::support::peers::node_module(
        "webhooks",
        "@octokit/webhooks-examples/api.github.com/index.json",
    ) else {
        return;
    };
    let kinds: Vec<Value> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(kinds.len() >= 58, "{}", kinds.len());
    let mut bodies = 0;
    for kind in &kinds {
        let name = kind["name"].as_str().unwrap();
        for body in kind["examples"].as_array().unwrap() {
            let alert =
                read(WebhookKind::GitHub, Some(name), body).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(
                alert.news && !alert.title.is_empty() && !alert.incident.is_empty(),
                "{name}: {alert:?}"
            );
            bodies += 1;
        }
    }
    assert!(bodies > 300, "{bodies}");
}

#[test]
fn a_failure_and_its_recovery_are_one_incident() {
    let examples = examples();
    let incident = |name: &str| examples[name].alert.incident.as_str();
    for (one, other) in [
        ("datadog-triggered", "datadog-recovered"),
        ("grafana-firing", "grafana-resolved"),
        ("servicenow-created", "servicenow-cancelled"),
        ("pagerduty-triggered", "pagerduty-annotated"),
        ("newrelic-activated", "newrelic-closed"),
        ("dynatrace-open", "dynatrace-resolved"),
        ("slack-mention", "slack-in-thread"),
        ("sns-alarm", "sns-alarm-ok"),
        ("eventbridge-alarm", "eventbridge-alarm-ok"),
    ] {
        assert_eq!(incident(one), incident(other), "{one}, {other}");
    }
    assert_ne!(incident("slack-mention"), incident("slack-chatter"));
}

/// What is missing or odd is said, each in a sentence that names the field.
#[test]
fn unfit_bodies_say_what_is_the_matter() {
    let good = json!({"eventType": "incident", "incidentId": "1", "action": "created", "priority": "HIGH", "title": "t"});
    let but = |field: &str, value: Value| {
        let mut body = good.clone();
        if value.is_null() {
            body.as_object_mut().unwrap().remove(field);
        } else {
            body[field] = value;
        }
        body
    };
    for (kind, body, said) in [
        (
            WebhookKind::Generic,
            but("incidentId", Value::Null),
            "the field incidentId is missing",
        ),
        (
            WebhookKind::Generic,
            but("incidentId", json!([])),
            "the field incidentId is a list, not text",
        ),
        (
            WebhookKind::Generic,
            but("title", json!(" ")),
            "the field title is empty",
        ),
        (
            WebhookKind::Generic,
            but("action", Value::Null),
            "the field action is missing",
        ),
        (
            WebhookKind::Datadog,
            but("eventType", json!("party")),
            "the field eventType is 'party', where only 'incident' is known",
        ),
        (
            WebhookKind::Generic,
            json!({"title": {}, "severity": "high"}),
            "the field title is an object, not text",
        ),
        (
            WebhookKind::Generic,
            json!({"hello": "world"}),
            "it has no incidentId and no title, and is of no other known shape",
        ),
        (
            WebhookKind::Generic,
            json!("text"),
            "the body is text, not an object of JSON",
        ),
        (
            WebhookKind::ServiceNow,
            json!({"shortDescription": "s"}),
            "the field sysId is missing",
        ),
        (
            WebhookKind::PagerDuty,
            json!({"event": {"event_type": "incident.triggered", "data": {}}}),
            "the field event.data.id is missing",
        ),
        (
            WebhookKind::Grafana,
            json!({"status": "firing", "alerts": []}),
            "the field alerts is empty",
        ),
        (
            WebhookKind::Dynatrace,
            json!({"ProblemID": "1"}),
            "the field State is missing",
        ),
        (
            WebhookKind::Splunk,
            json!({"a": 1}),
            "the field sid is missing, and the body is of no other known shape",
        ),
        (
            WebhookKind::Sns,
            json!({"Type": "Notification", "TopicArn": "t", "Message": "{\"a\": 1}"}),
            "in the field Message, it has no incidentId and no title, and is of no other known shape",
        ),
        (
            WebhookKind::EventBridge,
            json!({"source": "acme", "detail-type": "Order", "detail": {"id": 1}}),
            "in the field detail, it is of no known shape (title and severity would do)",
        ),
        (
            WebhookKind::GitHub,
            json!({"a": 1}),
            "the header X-GitHub-Event is missing",
        ),
        (
            WebhookKind::GitLab,
            json!({"a": 1}),
            "the field object_kind is missing, and the body is of no other known shape",
        ),
    ] {
        assert_eq!(read(kind, None, &body).unwrap_err(), said, "{body}");
    }
    // A priority that nobody understands costs no investigation.
    let alert = read(WebhookKind::Generic, None, &but("priority", json!("blue"))).unwrap();
    assert_eq!((alert.priority, alert.action), (None, AlertAction::Created));
}

/// Other tools' webhooks are usually set up to send the documented body: every kind takes it.
#[test]
fn every_kind_takes_the_documented_bodies() {
    let examples = examples();
    for name in ["generic-incident", "generic-short"] {
        for kind in WebhookKind::ALL {
            let alert = read(kind, None, &examples[name].body);
            assert_eq!(
                alert.as_ref(),
                Ok(&examples[name].alert),
                "{} {name}",
                kind.as_str()
            );
        }
    }
}

#[test]
fn what_a_queue_holds_shows_whose_it_is() {
    let examples = examples();
    for (name, sender) in [
        ("sns-alarm", "cloudwatch"),
        ("sns-text", "sns"),
        ("eventbridge-alarm", "cloudwatch"),
        ("health-issue", "eventbridge"),
        ("generic-incident", "generic"),
    ] {
        let (told, alert) = read_any(&examples[name].body);
        assert_eq!(
            (told, alert.as_ref()),
            (sender, Ok(&examples[name].alert)),
            "{name}"
        );
    }
    let raw: Value = serde_json::from_str(examples["sns-alarm"].body["Message"].as_str().unwrap()).unwrap();
    assert_eq!(
        read_any(&raw),
        ("cloudwatch", Ok(examples["sns-alarm"].alert.clone()))
    );
    assert!(read_any(&json!("x")).1.is_err());
}

#[test]
fn handshakes_are_known() {
    let examples = examples();
    let body = &examples["slack-verification"].body;
    assert_eq!(challenge(WebhookKind::Slack, body), body["challenge"].as_str());
    assert_eq!(challenge(WebhookKind::Generic, body), None);
}

/// Notifications within notifications end somewhere.
#[test]
fn envelopes_are_opened_so_deep_and_no_deeper() {
    let mut body = json!({"title": "t", "severity": "low"});
    for _ in 0..12 {
        body = json!({"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:t", "Message": body.to_string()});
    }
    assert!(
        read(WebhookKind::Sns, None, &body)
            .unwrap_err()
            .ends_with("notifications within notifications")
    );
}

/// A word of the shapes that are known, so that chance leads into them.
fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "eventType",
            "incidentId",
            "action",
            "title",
            "severity",
            "affectedResources",
            "metadata",
            "data",
            "timestamp",
            "sysId",
            "incidentState",
            "event",
            "event_type",
            "id",
            "alerts",
            "status",
            "labels",
            "startsAt",
            "PID",
            "State",
            "ProblemTitle",
            "Type",
            "TopicArn",
            "Message",
            "source",
            "detail-type",
            "detail",
            "alarmName",
            "state",
            "value",
            "AlarmName",
            "NewStateValue",
            "Trigger",
            "Dimensions",
            "resources",
            "object_kind",
            "type",
            "text",
            "sid",
            "org",
            "issueUrl",
            "detectorId",
            "configuration",
            "metrics",
            "eventArn",
            "eventTypeCode",
            "affectedEntities",
        ])
        .prop_map(str::to_owned),
        ".{0,8}",
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        prop::sample::select(vec![
            "incident",
            "created",
            "resolved",
            "firing",
            "OPEN",
            "ALARM",
            "OK",
            "Notification",
            "aws.health",
            "aws.ecs",
            "incident.triggered",
            "event_callback",
            "app_mention",
            "ACTIVATED",
            "anomalous",
            "2025-11-23T18:00:00Z",
            "arn:aws:sqs:eu-west-1:111122223333:q",
            "CloudWatch Alarm State Change",
            "<@",
            "[Triggered",
            "account 1",
        ])
        .prop_map(Value::from),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((field(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// What may stand in a record.
fn is_bounded(alert: &Alert) -> bool {
    alert.title.chars().count() <= 301
        && !alert.title.contains('\n')
        && alert.description.chars().count() <= 8_001
        && alert.resources.len() <= 200
        && alert.parts.len() <= 200
        && alert.parts.iter().all(|part| part.chars().count() <= 65)
        && alert.incident.len() <= 600
        && alert.account.as_ref().is_none_or(|account| account.len() == 12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_json_leads_astray(body in any_json(), event in proptest::option::of(".{0,20}")) {
        for kind in WebhookKind::ALL {
            match read(kind, event.as_deref(), &body) {
                Ok(alert) => prop_assert!(is_bounded(&alert), "{:?}", alert),
                Err(error) => prop_assert!(!error.is_empty() && error.len() < 400, "{}", error),
            }
        }
        let _ = read_any(&body);
    }

    /// One field of a documented body becomes something else: it is read or refused, and nothing worse.
    #[test]
    fn no_changed_body_leads_astray(pick in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), other in any_json()) {
        let examples = examples_once();
        let example = &examples[pick.index(examples.len())];
        let mut body = example.body.clone();
        let mut places = Vec::new();
        pointers(&body, String::new(), &mut places);
        *body.pointer_mut(&places[at.index(places.len())]).unwrap() = other;
        if let Ok(alert) = read(example.kind, example.event.as_deref(), &body) {
            prop_assert!(is_bounded(&alert), "{:?}", alert);
        }
    }
}

fn examples_once() -> &'static [Example] {
    static EXAMPLES: std::sync::OnceLock<Vec<Example>> = std::sync::OnceLock::new();
    EXAMPLES.get_or_init(|| examples().into_values().collect())
}

fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(inner, format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                pointers(inner, format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
    found.push(at);
}

/// Long texts full of what is looked for are read in no time: the work is bounded by the body, not by what is in it.
#[test]
fn a_megabyte_of_arns_is_read_and_bounded() {
    let text = "arn:aws:sqs:eu-west-1:111122223333:q account account account:123 ".repeat(16_000);
    let labels: serde_json::Map<String, Value> = (0..5_000)
        .map(|n| (format!("dimension_{n}"), json!(format!("arn:aws:s3:::b{n}"))))
        .collect();
    for body in [
        json!({"title": text, "severity": "high", "description": text, "metadata": {"x": text}}),
        json!({"status": "firing", "alerts": [{"labels": labels, "annotations": {"d": text}}], "commonLabels": labels}),
        json!({"incidentId": text, "action": "created", "title": "t", "data": labels}),
    ] {
        let alert = read(WebhookKind::Generic, None, &body).unwrap();
        assert!(is_bounded(&alert), "{} resources", alert.resources.len());
    }
}
