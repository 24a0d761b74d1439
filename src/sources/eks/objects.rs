//! Kubernetes objects as far as an investigation asks: read leniently, since what a cluster leaves out is no fault.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::model::{ResourceId, inert};

/// The longest name that Kubernetes gives.
pub(super) const LONGEST_NAME: usize = 253;

/// Text at a JSON pointer; nothing where there is none.
pub(super) fn words<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Items of a list at a JSON pointer.
pub(super) fn items<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A number at a JSON pointer.
pub(super) fn number(object: &Value, pointer: &str) -> i64 {
    object
        .pointer(pointer)
        .and_then(Value::as_i64)
        .unwrap_or_default()
}

/// A time at a JSON pointer.
pub(super) fn time(object: &Value, pointer: &str) -> Option<Timestamp> {
    words(object, pointer).parse().ok()
}

pub(super) fn name(object: &Value) -> &str {
    words(object, "/metadata/name")
}

pub(super) fn namespace(object: &Value) -> &str {
    words(object, "/metadata/namespace")
}

/// Kind and name of the object that controls this one.
pub(super) fn owner(object: &Value) -> Option<(&str, &str)> {
    let owners = items(object, "/metadata/ownerReferences");
    let controls = |owner: &&Value| owner.get("controller").and_then(Value::as_bool) != Some(false);
    let owner = owners.iter().find(controls)?;
    Some((words(owner, "/kind"), words(owner, "/name")))
}

/// Labels at a JSON pointer.
pub(super) fn labels<'a>(object: &'a Value, pointer: &str) -> BTreeMap<&'a str, &'a str> {
    let map = object.pointer(pointer).and_then(Value::as_object);
    map.into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
        .collect()
}

/// Id of an object: `k8s:cluster/namespace/deployment/name`; a node stands in no namespace: `k8s:cluster/node/name`.
pub(super) fn id(cluster: &str, namespace: &str, kind: &str, name: &str) -> ResourceId {
    let written = |name: &str| -> String { inert(name).chars().take(LONGEST_NAME).collect() };
    let name = written(name);
    if namespace.is_empty() {
        ResourceId(format!("k8s:{cluster}/{kind}/{name}"))
    } else {
        ResourceId(format!("k8s:{cluster}/{}/{kind}/{name}", written(namespace)))
    }
}

/// Namespace, kind and name of an object of this cluster.
pub(super) fn parts<'a>(cluster: &str, id: &'a ResourceId) -> Option<(&'a str, &'a str, &'a str)> {
    let rest = id
        .as_str()
        .strip_prefix("k8s:")?
        .strip_prefix(cluster)?
        .strip_prefix('/')?;
    let steps: Vec<&str> = rest.split('/').collect();
    match steps.as_slice() {
        [namespace, kind, name] => Some((namespace, kind, name)),
        [kind, name] => Some(("", kind, name)),
        _ => None,
    }
}

/// A condition of an object's status.
pub(super) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    items(object, "/status/conditions")
        .iter()
        .find(|condition| words(condition, "/type") == kind)
}

/// Containers of a pod template or a pod, those that prepare it first.
pub(super) fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    items(spec, "/initContainers")
        .iter()
        .chain(items(spec, "/containers"))
}
