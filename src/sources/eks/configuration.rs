//! How a workload is set up: the part of its specification that explains incidents, without what looks like a secret.

use serde_json::{Map, Value, json};

use super::{
    cluster::{Cluster, Workload},
    objects::{containers, items, labels, number, words},
    paths,
};
use crate::{
    model::ResourceId,
    redact::{Redactor, Scope},
};

/// Parts of the names of variables whose values are not told.
const HUSHED: [&str; 9] = [
    "secret",
    "password",
    "passwd",
    "token",
    "key",
    "credential",
    "private",
    "auth",
    "dsn",
];

/// What inventory and commands need of a workload: where it stands, its images, limits and probes.
pub(super) fn of_workload(cluster: &str, workload: &Workload<'_>) -> Value {
    let object = workload.object;
    let mut config = Map::new();
    config.insert("Cluster".to_owned(), json!(cluster));
    config.insert("Namespace".to_owned(), json!(workload.namespace));
    config.insert("Kind".to_owned(), json!(workload.word));
    if let Some(replicas) = object.pointer("/spec/replicas") {
        config.insert("Replicas".to_owned(), replicas.clone());
    }
    config.insert(
        "Revision".to_owned(),
        json!(words(
            object,
            "/metadata/annotations/deployment.kubernetes.io~1revision"
        )),
    );
    config.insert(
        "Containers".to_owned(),
        containers(workload.pods()).map(container).collect(),
    );
    config.retain(|_, value| value.as_str() != Some(""));
    Value::Object(config)
}

fn container(spec: &Value) -> Value {
    let mut out = Map::new();
    for (name, pointer) in [
        ("Name", "/name"),
        ("Image", "/image"),
        ("Command", "/command"),
        ("Args", "/args"),
        ("Resources", "/resources"),
        ("LivenessProbe", "/livenessProbe"),
        ("ReadinessProbe", "/readinessProbe"),
        ("StartupProbe", "/startupProbe"),
    ] {
        if let Some(value) = spec.pointer(pointer) {
            out.insert(name.to_owned(), value.clone());
        }
    }
    let variables: Map<String, Value> = items(spec, "/env")
        .iter()
        .map(|variable| (words(variable, "/name").to_owned(), variable_of(variable)))
        .collect();
    if !variables.is_empty() {
        out.insert("Environment".to_owned(), Value::Object(variables));
    }
    Value::Object(out)
}

fn variable_of(variable: &Value) -> Value {
    let name = words(variable, "/name").to_ascii_lowercase();
    for (pointer, words_of) in [
        ("/valueFrom/secretKeyRef", "(from a secret)"),
        ("/valueFrom/configMapKeyRef", "(from a config map)"),
        ("/valueFrom", "(from the pod)"),
    ] {
        if variable.pointer(pointer).is_some() {
            return json!(words_of);
        }
    }
    let value = words(variable, "/value");
    let looks_secret = || Redactor::new(Scope::Secrets).text(value) != value;
    if HUSHED.iter().any(|word| name.contains(word)) || looks_secret() {
        return json!("(not told)");
    }
    json!(value)
}

/// The whole of what is told of one object; none when it is not there.
pub(super) fn of(cluster: &str, held: &Cluster, id: &ResourceId) -> Option<Value> {
    let (space, kind, named) = super::objects::parts(cluster, id)?;
    let workload = held.workloads().into_iter().find(|one| one.id(cluster) == *id);
    if let Some(workload) = workload {
        let mut config = of_workload(cluster, &workload);
        let object = workload.object;
        for (name, pointer) in [
            ("Strategy", "/spec/strategy"),
            ("NodeSelector", "/spec/template/spec/nodeSelector"),
            ("Tolerations", "/spec/template/spec/tolerations"),
            ("ServiceAccountName", "/spec/template/spec/serviceAccountName"),
            ("AvailableReplicas", "/status/availableReplicas"),
            ("UnavailableReplicas", "/status/unavailableReplicas"),
        ] {
            if let Some(value) = object.pointer(pointer) {
                config[name] = value.clone();
            }
        }
        if let Some(scaler) = autoscaler(held, space, named) {
            config["Autoscaler"] = json!({
                "MinReplicas": scaler.pointer("/spec/minReplicas"),
                "MaxReplicas": number(scaler, "/spec/maxReplicas"),
                "CurrentReplicas": number(scaler, "/status/currentReplicas"),
            });
        }
        return Some(config);
    }
    match kind {
        "node" => {
            let node = held
                .of(paths::NODES)
                .iter()
                .find(|node| super::objects::name(node) == named)?;
            Some(json!({
                "Allocatable": node.pointer("/status/allocatable"),
                "Unschedulable": node.pointer("/spec/unschedulable"),
                "Taints": node.pointer("/spec/taints"),
                "InstanceType": labels(node, "/metadata/labels").get("node.kubernetes.io/instance-type"),
                "KubeletVersion": words(node, "/status/nodeInfo/kubeletVersion"),
            }))
        }
        "service" | "ingress" => {
            let listed = if kind == "service" {
                paths::SERVICES
            } else {
                paths::INGRESSES
            };
            let mut objects = held.of(listed).iter();
            let object = objects.find(|object| {
                super::objects::name(object) == named && super::objects::namespace(object) == space
            })?;
            object.pointer("/spec").cloned()
        }
        _ => None,
    }
}

/// The autoscaler of a workload.
fn autoscaler<'a>(held: &'a Cluster, space: &str, named: &str) -> Option<&'a Value> {
    held.of(paths::AUTOSCALERS).iter().find(|scaler| {
        super::objects::namespace(scaler) == space && words(scaler, "/spec/scaleTargetRef/name") == named
    })
}
