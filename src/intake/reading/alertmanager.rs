//! Prometheus' Alertmanager and Grafana: alerts in groups, one body a group. Shapes: "Configuration, webhook_config" at
//! prometheus.io/docs/alerting (version 4), "Configure the webhook notifier for Alerting" in Grafana's documentation; Grafana
//! adds `title`, `message` and `orgId`.
//!
//! A group is one incident: its alerts fire and end together as far as its owner wants to hear of them. Its parts are the alerts
//! that fire, so that a new one among old ones is not taken for them.

use serde_json::Value;

use super::{
    place,
    words::{
        DESCRIPTION, clipped, first, is_link, list, made_id, moment, priority, quoted, sort, text, title,
        word,
    },
};
use crate::model::{Alert, AlertAction, Priority};

/// Alerts of a group that are looked at.
const ALERTS: usize = 200;
/// Alerts of a group that are told in the description.
const TOLD: usize = 20;

/// Longest fingerprint that is taken over: they have sixteen digits.
const PRINT: usize = 64;

/// Labels that hold the name of a resource in AWS: dimensions of CloudWatch's metrics, as Grafana's own data source and the
/// CloudWatch exporters write them.
const RESOURCES: [&str; 16] = [
    "FunctionName",
    "InstanceId",
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "TableName",
    "QueueName",
    "TopicName",
    "BucketName",
    "LoadBalancer",
    "TargetGroup",
    "CacheClusterId",
    "StreamName",
    "AutoScalingGroupName",
    "ApiName",
    "StateMachineArn",
    "ServiceName",
];

/// True for a group of alerts.
pub(super) fn is(body: &Value) -> bool {
    body.get("alerts").is_some_and(Value::is_array) && body.get("status").is_some()
}

/// True for what Grafana sent before it had groups (until version 8).
pub(super) fn is_single(body: &Value) -> bool {
    body.get("ruleName").is_some() && body.get("state").is_some()
}

pub(super) fn read(body: &Value) -> Result<Alert, String> {
    let status = super::words::need(body, "/status")?;
    let action = match status.to_lowercase().as_str() {
        "firing" => AlertAction::Created,
        "resolved" => AlertAction::Resolved,
        _ => {
            return Err(format!(
                "the field status is {}, neither firing nor resolved",
                quoted(&status)
            ));
        }
    };
    let alerts = match body.get("alerts") {
        Some(Value::Array(alerts)) => alerts,
        Some(other) => return Err(format!("the field alerts is {}, not a list", sort(other))),
        None => return Err("the field alerts is missing".to_owned()),
    };
    if alerts.is_empty() {
        return Err("the field alerts is empty".to_owned());
    }
    // In a group that fires, what is over already is not the trouble.
    let over = |alert: &Value| word(alert, "/status").is_some_and(|status| status == "resolved");
    let meant: Vec<&Value> = alerts
        .iter()
        .take(ALERTS)
        .filter(|alert| action != AlertAction::Created || !over(alert))
        .collect();
    let rule = first(body, &["/commonLabels/alertname", "/groupLabels/alertname"])
        .or_else(|| first(alerts.first()?, &["/labels/alertname"]));
    let mut alert = Alert {
        incident: incident(body, alerts),
        action,
        title: title(
            &first(body, &["/commonAnnotations/summary", "/title"])
                .or_else(|| first(meant.first()?, &["/annotations/summary", "/annotations/title"]))
                .or_else(|| rule.clone())
                .unwrap_or_else(|| "alerts".to_owned()),
        ),
        priority: urgency(body.get("commonLabels")).or_else(|| {
            meant
                .iter()
                .filter_map(|alert| urgency(alert.get("labels")))
                .max()
        }),
        description: clipped(&description(body, &meant), DESCRIPTION),
        at: match action {
            // A group may be days old: what is new in it is what it is sent for.
            AlertAction::Created => meant.iter().filter_map(|alert| moment(alert, "/startsAt")).max(),
            _ => meant.iter().filter_map(|alert| moment(alert, "/endsAt")).max(),
        },
        service: body
            .get("commonLabels")
            .and_then(service)
            .map(|word| title(&word)),
        parts: match action {
            AlertAction::Created => meant.iter().filter_map(|alert| part(alert)).collect(),
            _ => Vec::new(),
        },
        link: meant
            .first()
            .and_then(|alert| first(alert, &["/generatorURL", "/dashboardURL"]))
            .filter(|link| is_link(link))
            .or_else(|| word(body, "/externalURL").filter(|link| is_link(link))),
        ..Alert::default()
    };
    labels(&mut alert, body.get("commonLabels"));
    for one in &meant {
        labels(&mut alert, one.get("labels"));
        if let Some(annotations) = one.get("annotations") {
            for arn in place::arns(&annotations.to_string()) {
                place::add(&mut alert, arn);
            }
        }
    }
    place::settle(&mut alert);
    Ok(alert)
}

/// What Grafana sent before it had groups: one rule, one state.
pub(super) fn read_single(body: &Value) -> Result<Alert, String> {
    let state = super::words::need(body, "/state")?;
    let action = match state.to_lowercase().as_str() {
        "alerting" => AlertAction::Created,
        "ok" => AlertAction::Resolved,
        "no_data" | "pending" | "paused" => AlertAction::Updated,
        _ => {
            return Err(format!(
                "the field state is {}, not one of alerting, ok, no_data",
                quoted(&state)
            ));
        }
    };
    let rule = super::words::need(body, "/ruleName")?;
    let of = word(body, "/ruleId").unwrap_or_default();
    let link = word(body, "/ruleUrl").filter(|link| is_link(link));
    let mut alert = Alert {
        incident: made_id("grafana", &[&of, &rule, link.as_deref().unwrap_or_default()]),
        action,
        title: title(&rule),
        description: clipped(&word(body, "/message").unwrap_or_default(), DESCRIPTION),
        news: matches!(state.as_str(), "pending" | "paused"),
        link,
        ..Alert::default()
    };
    labels(&mut alert, body.get("tags"));
    let text = alert.description.clone();
    place::from_text(&mut alert, &text);
    place::settle(&mut alert);
    Ok(alert)
}

/// The service that suffers. Prometheus' `job` is who is asked for metrics, of every host alike; an `app` means something where
/// its namespace stands beside it.
fn service(labels: &Value) -> Option<String> {
    let app = || {
        let namespace = first(labels, &["/namespace", "/kubernetes_namespace"])?;
        Some(format!("{namespace}/{}", word(labels, "/app")?))
    };
    first(labels, &["/service", "/service_name"]).or_else(app)
}

/// What tells an alert of a group from the others.
fn part(alert: &Value) -> Option<String> {
    word(alert, "/fingerprint").map(|print| clipped(&print, PRINT))
}

/// A group keeps its key as long as its owner groups in the same way.
fn incident(body: &Value, alerts: &[Value]) -> String {
    let part = |at: &str| word(body, at).unwrap_or_default();
    let key = part("/groupKey");
    let prints: Vec<String> = if key.is_empty() {
        let prints = alerts
            .iter()
            .take(ALERTS)
            .filter_map(|alert| word(alert, "/fingerprint"));
        prints.collect()
    } else {
        vec![key]
    };
    let (receiver, address, org) = (part("/receiver"), part("/externalURL"), part("/orgId"));
    let mut parts = vec![receiver.as_str(), address.as_str(), org.as_str()];
    parts.extend(prints.iter().map(String::as_str));
    made_id("alerts", &parts)
}

fn urgency(labels: Option<&Value>) -> Option<Priority> {
    let labels = labels?;
    priority(&first(labels, &["/severity", "/priority", "/urgency"])?)
}

/// What the alerts say, a line each; what several say alike, once.
fn description(body: &Value, alerts: &[&Value]) -> String {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(first(
        body,
        &["/commonAnnotations/description", "/commonAnnotations/message"],
    ));
    for alert in alerts.iter().take(TOLD) {
        let said = first(
            alert,
            &[
                "/annotations/description",
                "/annotations/message",
                "/annotations/summary",
            ],
        );
        if let Some(said) = said.filter(|said| !lines.contains(said)) {
            lines.push(said);
        }
    }
    if alerts.len() > TOLD {
        lines.push(format!("and {} more alerts", alerts.len() - TOLD));
    }
    if lines.is_empty() {
        lines.extend(word(body, "/message"));
    }
    lines.join("\n")
}

/// Resources, account and region from labels that are made for them.
fn labels(alert: &mut Alert, labels: Option<&Value>) {
    let Some(Value::Object(labels)) = labels else {
        return;
    };
    for (name, value) in labels {
        let Some(value) = text(value) else { continue };
        let plain = name.strip_prefix("dimension_").unwrap_or(name);
        if value.starts_with("arn:") {
            for arn in place::arns(&value) {
                place::add(alert, arn);
            }
        } else if RESOURCES.contains(&plain) {
            place::add(alert, value);
        }
    }
    let labels = Value::Object(labels.clone());
    place::from_fields(alert, Some(&labels));
    for resource in list(&labels, "/resource_arn") {
        place::add(alert, resource);
    }
}
