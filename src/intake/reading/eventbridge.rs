//! Amazon EventBridge: the envelope that all its events share (`source`, `detail-type`, `account`, `region`, `detail`), and
//! what midwatch makes of those that it knows. Shapes: "Events in Amazon EventBridge", and the pages of CodeDeploy,
//! CodePipeline, ECS and RDS on their events.
//!
//! Events of AWS that it does not know are news: they are kept, and start nothing. An event of somebody's own has to say what
//! it is, in one of the documented bodies.

use serde_json::Value;

use super::{
    alarm, generic, health, place,
    words::{DESCRIPTION, clipped, first, first_moment, id, made_id, need, text, title, word},
};
use crate::model::{Alert, AlertAction};

/// Resources of an event that are looked at.
const PARTS: usize = 50;

/// True for an event.
pub(super) fn is(body: &Value) -> bool {
    body.get("detail-type").is_some() && body.get("detail").is_some()
}

/// What an event of a service says, besides where and when.
struct Told {
    /// What goes on and ends under one name.
    subject: String,
    title: String,
    description: String,
    action: AlertAction,
    news: bool,
}

pub(super) fn read(body: &Value) -> Result<Alert, String> {
    let source = need(body, "/source")?;
    let kind = need(body, "/detail-type")?;
    let detail = body.get("detail").unwrap_or(&Value::Null);
    if kind == "CloudWatch Alarm State Change" {
        return alarm::read_event(body);
    }
    if source == "aws.health" {
        return health::read(body);
    }
    if !source.starts_with("aws.") {
        let read = generic::incident(detail).or_else(|| generic::short(detail));
        let mut alert = read
            .unwrap_or_else(|| Err("it is of no known shape (title and severity would do)".to_owned()))
            .map_err(|error| format!("in the field detail, {error}"))?;
        whereabouts(&mut alert, body);
        return Ok(alert);
    }
    let told = told(&source, &kind, body, detail);
    let mut alert = Alert {
        incident: id(told.subject),
        action: told.action,
        title: title(&told.title),
        description: clipped(&told.description, DESCRIPTION),
        news: told.news,
        ..Alert::default()
    };
    whereabouts(&mut alert, body);
    Ok(alert)
}

/// When and where an event happened, and what it names.
pub(super) fn whereabouts(alert: &mut Alert, body: &Value) {
    if alert.at.is_none() {
        alert.at = first_moment(body, &["/time"]);
    }
    place::from_fields(alert, Some(body));
    for resource in items(body.get("resources")) {
        place::add(alert, resource);
    }
    place::settle(alert);
}

pub(super) fn items(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.take(PARTS).filter_map(text).collect()
}

fn told(source: &str, kind: &str, body: &Value, detail: &Value) -> Told {
    let part = |at: &str| word(detail, at).unwrap_or_default();
    let resources = items(body.get("resources"));
    let about = resources.first().cloned().unwrap_or_default();
    let name = about.rsplit(['/', ':']).next().unwrap_or_default().to_owned();
    match (source, kind) {
        ("aws.codedeploy", "CodeDeploy Deployment State-change Notification") => {
            let (application, group, state) =
                (part("/application"), part("/deploymentGroup"), part("/state"));
            let (action, news) = match state.as_str() {
                "FAILURE" => (AlertAction::Created, false),
                "SUCCESS" => (AlertAction::Resolved, false),
                _ => (AlertAction::Updated, true),
            };
            Told {
                subject: made_id(
                    "codedeploy",
                    &[&word(body, "/account").unwrap_or_default(), &application, &group],
                ),
                title: format!(
                    "deployment {} of {application} to {group}: {state}",
                    part("/deploymentId")
                ),
                description: String::new(),
                action,
                news,
            }
        }
        ("aws.ecs", "ECS Deployment State Change") => {
            let what = part("/eventName");
            let (action, news) = match what.as_str() {
                "SERVICE_DEPLOYMENT_FAILED" => (AlertAction::Created, false),
                "SERVICE_DEPLOYMENT_COMPLETED" => (AlertAction::Resolved, false),
                _ => (AlertAction::Updated, true),
            };
            Told {
                subject: format!("ecs deployment {about}"),
                title: format!("{what} of service {name}"),
                description: part("/reason"),
                action,
                news,
            }
        }
        ("aws.ecs", "ECS Service Action") => {
            let what = part("/eventName");
            let trouble = matches!(part("/eventType").as_str(), "ERROR" | "WARN");
            Told {
                subject: format!("ecs service {about}"),
                title: format!("{what} of service {name}"),
                description: part("/reason"),
                action: match what.as_str() {
                    _ if trouble => AlertAction::Created,
                    "SERVICE_STEADY_STATE" => AlertAction::Resolved,
                    _ => AlertAction::Updated,
                },
                news: !trouble && what != "SERVICE_STEADY_STATE",
            }
        }
        // A pipeline fails before anything runs, as often as not.
        ("aws.codepipeline", _) => {
            let (pipeline, state) = (part("/pipeline"), part("/state"));
            let of = first(detail, &["/action", "/stage"])
                .map(|of| format!(" {of}"))
                .unwrap_or_default();
            Told {
                subject: made_id(
                    "codepipeline",
                    &[&word(body, "/account").unwrap_or_default(), kind, &pipeline, &of],
                ),
                title: format!("pipeline {pipeline}{of}: {state}"),
                description: part("/additionalAttributes/failedActions/0/additionalInfo"),
                action: match state.as_str() {
                    "FAILED" => AlertAction::Created,
                    "SUCCEEDED" => AlertAction::Resolved,
                    _ => AlertAction::Updated,
                },
                news: true,
            }
        }
        ("aws.rds", _) => {
            let categories = items(detail.get("EventCategories"));
            let trouble = ["failure", "failover", "low storage", "availability"];
            let is = |category: &String| trouble.contains(&category.to_lowercase().as_str());
            // "recovery" and "notification" follow by themselves.
            let bad = categories.iter().any(is);
            let source = first(detail, &["/SourceIdentifier"]).unwrap_or(name);
            Told {
                subject: format!(
                    "rds {} {}",
                    first(detail, &["/SourceArn"]).unwrap_or(about),
                    categories.join(" ")
                ),
                title: format!("{source}: {}", part("/Message")),
                description: format!("{kind}: {}", categories.join(", ")),
                action: AlertAction::Created,
                news: !bad,
            }
        }
        _ => Told {
            subject: made_id(
                "event",
                &[source, kind, &about, &first(body, &["/id"]).unwrap_or_default()],
            ),
            title: format!("{kind} {name}"),
            description: first(
                detail,
                &["/reason", "/message", "/cause", "/statusReason", "/Message"],
            )
            .unwrap_or_default(),
            action: AlertAction::Updated,
            news: true,
        },
    }
}
