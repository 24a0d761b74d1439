//! Rollouts, from the revisions that a deployment keeps as replica sets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    cluster::Cluster,
    objects::{condition, containers, id, items, name, namespace, owner, time, words},
    paths,
};
use crate::model::{Change, Window};

/// Rollouts in the window, oldest first.
pub(super) fn changes(cluster: &str, held: &Cluster, window: &Window) -> Vec<Change> {
    let mut revisions: BTreeMap<(&str, &str), Vec<(i64, &Value)>> = BTreeMap::new();
    for set in held.of(paths::REPLICA_SETS) {
        let revision = words(set, "/metadata/annotations/deployment.kubernetes.io~1revision").parse();
        if let (Some(("Deployment", deployment)), Ok(revision)) = (owner(set), revision) {
            revisions
                .entry((namespace(set), deployment))
                .or_default()
                .push((revision, set));
        }
    }
    let mut found = Vec::new();
    for ((space, deployment), mut sets) in revisions {
        sets.sort_by_key(|(revision, _)| *revision);
        let resource = id(cluster, space, "deployment", deployment);
        let live = held
            .of(paths::DEPLOYMENTS)
            .iter()
            .find(|object| name(object) == deployment && namespace(object) == space);
        for pair in sets.windows(2) {
            let [(_, before), (revision, after)] = pair else {
                continue;
            };
            let latest = sets.last().is_some_and(|(last, _)| last == revision);
            let Some(at) = began(after, before, live.filter(|_| latest)) else {
                continue;
            };
            if !window.contains(at) {
                continue;
            }
            let differs = differences(before, after);
            let summary = match differs.is_empty() {
                true => format!("rollout of revision {revision}"),
                false => format!("rollout of revision {revision}: {}", differs.join("; ")),
            };
            let mut detail = Map::new();
            detail.insert("revision".to_owned(), json!(revision));
            detail.insert("changed".to_owned(), json!(differs));
            let cause = words(after, "/metadata/annotations/kubernetes.io~1change-cause");
            if !cause.is_empty() {
                detail.insert("cause".to_owned(), json!(cause));
            }
            found.push(Change {
                at,
                source: "kubernetes".to_owned(),
                kind: "deployment".to_owned(),
                resource: Some(resource.clone()),
                actor: None,
                summary,
                detail: Value::Object(detail),
            });
        }
    }
    found.sort_by(|a, b| (a.at, &a.resource).cmp(&(b.at, &b.resource)));
    found
}

/// When a revision was rolled out: when its replica set was made; going back takes an old set again, and then only the
/// deployment's own account of its progress tells.
fn began(after: &Value, before: &Value, live: Option<&Value>) -> Option<Timestamp> {
    let made = |set: &Value| time(set, "/metadata/creationTimestamp");
    let (new, old) = (made(after)?, made(before)?);
    if new >= old {
        return Some(new);
    }
    let progress = condition(live?, "Progressing")?;
    time(progress, "/lastTransitionTime").max(time(progress, "/lastUpdateTime"))
}

/// What differs between two revisions, in words: images first.
fn differences(before: &Value, after: &Value) -> Vec<String> {
    let spec = |set: &Value| set.pointer("/spec/template/spec").cloned().unwrap_or(Value::Null);
    let (before, after) = (spec(before), spec(after));
    let mut found = Vec::new();
    for new in containers(&after) {
        let Some(old) = containers(&before).find(|old| words(old, "/name") == words(new, "/name")) else {
            found.push(format!("container {} is new", words(new, "/name")));
            continue;
        };
        let container = words(new, "/name");
        let (from, to) = (words(old, "/image"), words(new, "/image"));
        if from != to {
            found.push(format!("image of {container} {from} -> {to}"));
        }
        for (part, pointer) in [
            ("memory limit", "/resources/limits/memory"),
            ("CPU limit", "/resources/limits/cpu"),
            ("memory request", "/resources/requests/memory"),
            ("CPU request", "/resources/requests/cpu"),
        ] {
            let (from, to) = (old.pointer(pointer), new.pointer(pointer));
            if from != to {
                let said = |value: Option<&Value>| {
                    value.map_or("none".to_owned(), |value| {
                        value
                            .as_str()
                            .map_or_else(|| value.to_string(), ToOwned::to_owned)
                    })
                };
                found.push(format!("{part} of {container} {} -> {}", said(from), said(to)));
            }
        }
        let told = [
            ("command", "/command"),
            ("arguments", "/args"),
            ("liveness probe", "/livenessProbe"),
            ("readiness probe", "/readinessProbe"),
            ("startup probe", "/startupProbe"),
        ];
        for (part, pointer) in told {
            if old.pointer(pointer) != new.pointer(pointer) {
                found.push(format!("{part} of {container}"));
            }
        }
        found.extend(variables(container, old, new));
    }
    for old in containers(&before) {
        if !containers(&after).any(|new| words(new, "/name") == words(old, "/name")) {
            found.push(format!("container {} is gone", words(old, "/name")));
        }
    }
    found
}

/// Names of the variables that differ; never their values.
fn variables(container: &str, old: &Value, new: &Value) -> Option<String> {
    let of = |spec: &Value| -> BTreeMap<String, Value> {
        items(spec, "/env")
            .iter()
            .map(|variable| (words(variable, "/name").to_owned(), variable.clone()))
            .collect()
    };
    let (old, new) = (of(old), of(new));
    let names: Vec<&str> = old
        .keys()
        .chain(new.keys().filter(|name| !old.contains_key(*name)))
        .filter(|name| old.get(*name) != new.get(*name))
        .map(String::as_str)
        .collect();
    (!names.is_empty()).then(|| format!("environment of {container}: {}", names.join(", ")))
}
