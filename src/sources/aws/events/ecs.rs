//! ECS: what a service says of its tasks and deployments, and why tasks stopped (kept by ECS for an hour).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Asked, Told, event, items, time, words};
use crate::{
    aws::{
        operations::{DESCRIBE_ECS_SERVICES, DESCRIBE_TASKS, LIST_TASKS},
        services::json as call,
    },
    model::{Resource, ServiceEvent},
    sources::aws::naming,
};

/// Stopped tasks that are described: what one call takes.
const TASKS: usize = 100;

pub(super) async fn ask(asked: &Asked<'_>, resource: &Resource) -> Told {
    let mut told = Told::default();
    let (cluster, service) = names(resource);
    let input = json!({"cluster": cluster, "services": [service]});
    let outcome = call(asked.aws, DESCRIBE_ECS_SERVICES, &input).await;
    if let Some(answer) = told.keep(asked, "events of the container service", outcome) {
        for one in items(&answer, "services") {
            told.events.extend(
                items(one, "events")
                    .iter()
                    .filter_map(|item| said(resource, item)),
            );
            let failed = items(one, "deployments")
                .iter()
                .filter_map(|item| deployment(resource, item));
            told.events.extend(failed);
        }
    }
    let input =
        json!({"cluster": cluster, "serviceName": service, "desiredStatus": "STOPPED", "maxResults": TASKS});
    let outcome = call(asked.aws, LIST_TASKS, &input).await;
    let Some(answer) = told.keep(asked, "stopped tasks", outcome) else {
        return told;
    };
    let tasks = items(&answer, "taskArns");
    if tasks.is_empty() {
        return told;
    }
    let input = json!({"cluster": cluster, "tasks": tasks.iter().take(TASKS).collect::<Vec<_>>()});
    let outcome = call(asked.aws, DESCRIBE_TASKS, &input).await;
    if let Some(answer) = told.keep(asked, "why tasks stopped", outcome) {
        let stopped = items(&answer, "tasks")
            .iter()
            .filter_map(|task| stopped(resource, task));
        told.events.extend(stopped);
    }
    told
}

/// Cluster and service; the default cluster where the name has none.
fn names(resource: &Resource) -> (String, String) {
    let name = naming::name_of(resource);
    match name.split_once('/') {
        Some((cluster, service)) => (cluster.to_owned(), service.to_owned()),
        None => ("default".to_owned(), name),
    }
}

fn said(resource: &Resource, item: &Value) -> Option<ServiceEvent> {
    let id = Some(resource.id.clone());
    Some(event(
        time(item.get("createdAt")?)?,
        "ecs",
        id,
        Some("service"),
        words(item, "message"),
    ))
}

/// A deployment that ECS gave up.
fn deployment(resource: &Resource, item: &Value) -> Option<ServiceEvent> {
    if words(item, "rolloutState") != "FAILED" {
        return None;
    }
    let at: Timestamp = time(item.get("updatedAt")?)?;
    let message = format!(
        "(deployment {}) deployment failed: {}",
        words(item, "id"),
        words(item, "rolloutStateReason")
    );
    Some(event(
        at,
        "ecs",
        Some(resource.id.clone()),
        Some("deployment"),
        message,
    ))
}

/// Why a task stopped, in the words of ECS: `task 1a2b stopped: Essential container in task exited; container app:
/// OutOfMemoryError: Container killed due to memory usage (exit code 137)`.
fn stopped(resource: &Resource, task: &Value) -> Option<ServiceEvent> {
    let code = words(task, "stopCode");
    // What the scheduler stops to make room for a deployment or to scale in is the day's work.
    if code == "ServiceSchedulerInitiated" && words(task, "stoppedReason").starts_with("Scaling activity") {
        return None;
    }
    let at = time(task.get("stoppedAt").or_else(|| task.get("stoppingAt"))?)?;
    let id = words(task, "taskArn").rsplit('/').next().unwrap_or_default();
    let mut message = format!("task {id} stopped: {}", words(task, "stoppedReason"));
    for container in items(task, "containers") {
        let (reason, exit) = (
            words(container, "reason"),
            container.get("exitCode").and_then(Value::as_i64),
        );
        if reason.is_empty() && exit.is_none_or(|exit| exit == 0) {
            continue;
        }
        message.push_str("; container ");
        message.push_str(words(container, "name"));
        if !reason.is_empty() {
            message.push_str(": ");
            message.push_str(reason);
        }
        if let Some(exit) = exit {
            message.push_str(&format!(" (exit code {exit})"));
        }
    }
    Some(event(
        at,
        "ecs",
        Some(resource.id.clone()),
        Some("task stopped"),
        message,
    ))
}
