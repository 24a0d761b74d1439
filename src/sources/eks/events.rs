//! What a cluster says of its objects: its own events, kept for an hour, and what the state of its objects tells of the past.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cluster::Cluster,
    objects::{LONGEST_NAME, condition, containers, id, items, name, namespace, number, time, words},
    paths,
};
use crate::model::{ResourceId, ServiceEvent, Window, inert};

/// Reasons of events of the day's work that say something of an incident nevertheless.
const TELLING: [&str; 12] = [
    "Killing",
    "ScalingReplicaSet",
    "SuccessfulRescale",
    "NodeNotReady",
    "NodeNotSchedulable",
    "NodeHasDiskPressure",
    "NodeHasInsufficientMemory",
    "NodeHasInsufficientPID",
    "RemovingNode",
    "TaintManagerEviction",
    "Preempted",
    "DeadlineExceeded",
];
/// Reasons for which a container waits that are trouble.
const STUCK: [&str; 8] = [
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "ErrImageNeverPull",
];
/// Conditions of a node that are trouble when they hold.
const PRESSURE: [&str; 4] = [
    "MemoryPressure",
    "DiskPressure",
    "PIDPressure",
    "NetworkUnavailable",
];

/// Everything in the window, oldest first.
pub(super) fn events(cluster: &str, held: &Cluster, told: &Cluster, window: &Window) -> Vec<ServiceEvent> {
    let mut found: Vec<ServiceEvent> = told
        .of(paths::EVENTS)
        .iter()
        .filter_map(|event| said(cluster, held, event, window))
        .collect();
    for pod in held.of(paths::PODS) {
        found.extend(of_pod(cluster, held, pod));
    }
    for workload in held.workloads() {
        found.extend(of_workload(workload.id(cluster), workload.object));
    }
    for node in held.of(paths::NODES) {
        found.extend(of_node(cluster, node));
    }
    for scaler in held.of(paths::AUTOSCALERS) {
        found.extend(of_autoscaler(cluster, held, scaler));
    }
    found.retain(|event| window.contains(event.at));
    found.sort_by(|a, b| (a.at, &a.resource, &a.message).cmp(&(b.at, &b.resource, &b.message)));
    found.dedup();
    found
}

/// Characters of a message: Kubernetes keeps a thousand of an event's, and four thousand of what a container leaves behind.
const MESSAGE: usize = 5_000;

fn event(at: Timestamp, resource: Option<ResourceId>, category: &str, message: String) -> ServiceEvent {
    let message = match message.char_indices().nth(MESSAGE) {
        Some((end, _)) => message[..end].to_owned(),
        None => message,
    };
    ServiceEvent {
        at,
        source: "kubernetes".to_owned(),
        resource,
        category: Some(inert(category).chars().take(LONGEST_NAME).collect()),
        message,
    }
}

/// An event of the cluster, on the workload behind the object that it is about.
fn said(cluster: &str, held: &Cluster, item: &Value, window: &Window) -> Option<ServiceEvent> {
    let reason = words(item, "/reason");
    if words(item, "/type") != "Warning" && !TELLING.contains(&reason) {
        return None;
    }
    let first = time(item, "/firstTimestamp").or_else(|| time(item, "/eventTime"));
    let last = time(item, "/series/lastObservedTime")
        .or_else(|| time(item, "/lastTimestamp"))
        .or(first);
    // What repeats is told when it began, or when it was seen last where it began before the window.
    let at = first.filter(|at| window.contains(*at)).or(last)?;
    let space = words(item, "/involvedObject/namespace");
    let (kind, named) = (
        words(item, "/involvedObject/kind"),
        words(item, "/involvedObject/name"),
    );
    let resource = match kind {
        "Node" => Some(id(cluster, "", "node", named)),
        "Service" | "Ingress" => Some(id(cluster, space, &kind.to_lowercase(), named)),
        "HorizontalPodAutoscaler" => {
            let mut scalers = held.of(paths::AUTOSCALERS).iter();
            let scaler = scalers.find(|scaler| name(scaler) == named && namespace(scaler) == space)?;
            scaled(cluster, held, scaler)
        }
        "CronJob" => Some(id(cluster, space, "cronjob", named)),
        _ => held.workload(cluster, space, kind, named),
    };
    let count = number(item, "/series/count").max(number(item, "/count"));
    let times = if count > 1 {
        format!(" ({count} times)")
    } else {
        String::new()
    };
    let of = if kind == "Pod" {
        format!(" (pod {named})")
    } else {
        String::new()
    };
    let message = format!("{reason}: {}{of}{times}", words(item, "/message").trim());
    Some(event(at, resource, reason, message))
}

/// What the state of a pod tells: containers that were killed, crash or cannot start; no node for it; sent away.
fn of_pod(cluster: &str, held: &Cluster, pod: &Value) -> Vec<ServiceEvent> {
    let resource = held.workload(cluster, namespace(pod), "Pod", name(pod));
    let mut found = Vec::new();
    let mut tell = |at: Option<Timestamp>, category: &str, message: String| {
        found.extend(at.map(|at| event(at, resource.clone(), category, message)));
    };
    let statuses = ["/status/initContainerStatuses", "/status/containerStatuses"];
    for status in statuses.iter().flat_map(|pointer| items(pod, pointer)) {
        let container = words(status, "/name");
        let who = format!("container {container} of pod {}", name(pod));
        let restarts = match number(status, "/restartCount") {
            0 => String::new(),
            1 => ", restarted once".to_owned(),
            count => format!(", restarted {count} times"),
        };
        let mut ended = None;
        for state in ["/lastState/terminated", "/state/terminated"] {
            let Some(end) = status.pointer(state) else {
                continue;
            };
            let code = number(end, "/exitCode");
            let at = time(end, "/finishedAt");
            ended = at.or(ended);
            match words(end, "/reason") {
                "OOMKilled" => {
                    let limit = limit(pod, container)
                        .map_or(String::new(), |limit| format!(", its limit is {limit}"));
                    let message = format!(
                        "OOMKilled: {who} was killed for its memory (exit code {code}{limit}{restarts})"
                    );
                    tell(at, "OOMKilled", message);
                }
                _ if code == 0 => {}
                reason => {
                    let said = words(end, "/message").trim();
                    let said = if said.is_empty() {
                        String::new()
                    } else {
                        format!(": {said}")
                    };
                    tell(
                        at,
                        "Terminated",
                        format!("{who} ended with exit code {code} ({reason}{restarts}){said}"),
                    );
                }
            }
        }
        if let Some(wait) = status.pointer("/state/waiting") {
            let reason = words(wait, "/reason");
            if STUCK.contains(&reason) {
                let at = ended
                    .or_else(|| time(pod, "/status/startTime"))
                    .or_else(|| time(pod, "/metadata/creationTimestamp"));
                tell(
                    at,
                    reason,
                    format!(
                        "{reason}: {who} waits{restarts}: {}",
                        words(wait, "/message").trim()
                    ),
                );
            }
        }
    }
    if let Some(scheduled) =
        condition(pod, "PodScheduled").filter(|condition| words(condition, "/status") == "False")
    {
        let message = format!(
            "FailedScheduling: no node for pod {}: {}",
            name(pod),
            words(scheduled, "/message")
        );
        tell(
            time(scheduled, "/lastTransitionTime"),
            "FailedScheduling",
            message,
        );
    }
    if words(pod, "/status/reason") == "Evicted" {
        let message = format!("Evicted: pod {}: {}", name(pod), words(pod, "/status/message"));
        tell(time(pod, "/status/startTime"), "Evicted", message);
    }
    found
}

/// The memory limit of a container.
fn limit<'a>(pod: &'a Value, container: &str) -> Option<&'a str> {
    let spec = pod.pointer("/spec")?;
    let spec = containers(spec).find(|spec| words(spec, "/name") == container)?;
    spec.pointer("/resources/limits/memory")?.as_str()
}

/// What a workload says of itself: a rollout that does not get on, pods that are missing, a job that failed.
fn of_workload(resource: ResourceId, object: &Value) -> Vec<ServiceEvent> {
    let troubled = [
        ("Progressing", "False"),
        ("Available", "False"),
        ("ReplicaFailure", "True"),
        ("Failed", "True"),
    ];
    troubled
        .into_iter()
        .filter_map(|(kind, bad)| {
            let condition = condition(object, kind).filter(|condition| words(condition, "/status") == bad)?;
            let reason = words(condition, "/reason");
            let at = time(condition, "/lastTransitionTime")?;
            let message = format!("{reason}: {}", words(condition, "/message"));
            Some(event(at, Some(resource.clone()), reason, message))
        })
        .collect()
}

fn of_node(cluster: &str, node: &Value) -> Vec<ServiceEvent> {
    let resource = id(cluster, "", "node", name(node));
    let holds = |kind: &str, bad: &[&str]| {
        let condition =
            condition(node, kind).filter(|condition| bad.contains(&words(condition, "/status")))?;
        let at = time(condition, "/lastTransitionTime")?;
        let (reason, said) = (words(condition, "/reason"), words(condition, "/message"));
        let what = if kind == "Ready" { "NodeNotReady" } else { kind };
        Some(event(
            at,
            Some(resource.clone()),
            what,
            format!("{what}: node {}: {reason}: {said}", name(node)),
        ))
    };
    let pressed = PRESSURE.iter().filter_map(|kind| holds(kind, &["True"]));
    pressed.chain(holds("Ready", &["False", "Unknown"])).collect()
}

/// An autoscaler that would go higher than it may.
fn of_autoscaler(cluster: &str, held: &Cluster, scaler: &Value) -> Option<ServiceEvent> {
    let limited =
        condition(scaler, "ScalingLimited").filter(|condition| words(condition, "/status") == "True")?;
    if words(limited, "/reason") != "TooManyReplicas" {
        return None;
    }
    let message = format!(
        "ScalingLimited: autoscaler {} is at its maximum of {} replicas: {}",
        name(scaler),
        number(scaler, "/spec/maxReplicas"),
        words(limited, "/message")
    );
    Some(event(
        time(limited, "/lastTransitionTime")?,
        scaled(cluster, held, scaler),
        "ScalingLimited",
        message,
    ))
}

/// The workload that an autoscaler scales.
fn scaled(cluster: &str, held: &Cluster, scaler: &Value) -> Option<ResourceId> {
    let target = |pointer: &str| words(scaler, pointer);
    held.workload(
        cluster,
        namespace(scaler),
        target("/spec/scaleTargetRef/kind"),
        target("/spec/scaleTargetRef/name"),
    )
}
