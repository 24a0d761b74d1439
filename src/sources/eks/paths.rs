//! The closed list of what is read of a cluster: everything that midwatch may ever ask the Kubernetes API, as data. Reads
//! only, and never a secret or a config map.

use std::fmt::Write as _;

/// One sort of object.
#[derive(Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name in paths and in permissions (`pods`).
    pub name: &'static str,
    /// What its path begins with (`api/v1`).
    pub api: &'static str,
    /// The group in permissions; empty for the core.
    pub group: &'static str,
    /// True for what stands in a namespace.
    pub namespaced: bool,
    /// What midwatch needs it for.
    pub why: &'static str,
}

const fn listed(
    name: &'static str,
    api: &'static str,
    group: &'static str,
    namespaced: bool,
    why: &'static str,
) -> Listed {
    Listed {
        name,
        api,
        group,
        namespaced,
        why,
    }
}

/// Pods.
pub const PODS: &Listed = &listed(
    "pods",
    "api/v1",
    "",
    true,
    "containers that were killed, crash or cannot start",
);
/// Events.
pub const EVENTS: &Listed = &listed(
    "events",
    "api/v1",
    "",
    true,
    "what the cluster says of its objects",
);
/// Services.
pub const SERVICES: &Listed = &listed(
    "services",
    "api/v1",
    "",
    true,
    "who passes requests to which workload",
);
/// Deployments.
pub const DEPLOYMENTS: &Listed = &listed(
    "deployments",
    "apis/apps/v1",
    "apps",
    true,
    "workloads and their rollouts",
);
/// Replica sets.
pub const REPLICA_SETS: &Listed = &listed(
    "replicasets",
    "apis/apps/v1",
    "apps",
    true,
    "revisions of a deployment: what a rollout changed",
);
/// Stateful sets.
pub const STATEFUL_SETS: &Listed = &listed(
    "statefulsets",
    "apis/apps/v1",
    "apps",
    true,
    "workloads with a memory",
);
/// Daemon sets.
pub const DAEMON_SETS: &Listed = &listed(
    "daemonsets",
    "apis/apps/v1",
    "apps",
    true,
    "workloads on every node",
);
/// Jobs.
pub const JOBS: &Listed = &listed("jobs", "apis/batch/v1", "batch", true, "work that ended, and how");
/// Horizontal pod autoscalers.
pub const AUTOSCALERS: &Listed = &listed(
    "horizontalpodautoscalers",
    "apis/autoscaling/v2",
    "autoscaling",
    true,
    "workloads that stand at their maximum",
);
/// Ingresses.
pub const INGRESSES: &Listed = &listed(
    "ingresses",
    "apis/networking.k8s.io/v1",
    "networking.k8s.io",
    true,
    "who passes requests to which service",
);
/// Nodes.
pub const NODES: &Listed = &listed("nodes", "api/v1", "", false, "nodes under pressure or gone");

/// Everything that is listed.
pub const ALL: [&Listed; 11] = [
    PODS,
    EVENTS,
    SERVICES,
    DEPLOYMENTS,
    REPLICA_SETS,
    STATEFUL_SETS,
    DAEMON_SETS,
    JOBS,
    AUTOSCALERS,
    INGRESSES,
    NODES,
];

/// The version of the API server, which everybody who logs in may read.
pub const VERSION: &str = "/version";

impl Listed {
    /// The path of the list, in one namespace or (none) in all.
    pub(super) fn path(&self, namespace: Option<&str>) -> String {
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("/{}/namespaces/{}/{}", self.api, step(namespace), self.name),
            None => format!("/{}/{}", self.api, self.name),
        }
    }
}

/// The path of a pod's log.
pub(super) fn log(namespace: &str, pod: &str) -> String {
    format!("/api/v1/namespaces/{}/pods/{}/log", step(namespace), step(pod))
}

/// A name as one step of a path: what could lead elsewhere is encoded.
pub(super) fn step(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'~')
            || (byte == b'.' && name.len() > 2)
        {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_list_is_this() {
        let names: Vec<&str> = ALL.iter().map(|listed| listed.name).collect();
        assert_eq!(
            names,
            [
                "pods",
                "events",
                "services",
                "deployments",
                "replicasets",
                "statefulsets",
                "daemonsets",
                "jobs",
                "horizontalpodautoscalers",
                "ingresses",
                "nodes",
            ]
        );
        assert!(
            !names
                .iter()
                .any(|name| name.contains("secret") || name.contains("configmap"))
        );
    }

    #[test]
    fn a_name_stays_one_step_of_the_path() {
        assert_eq!(log("shop", "web-1"), "/api/v1/namespaces/shop/pods/web-1/log");
        assert_eq!(
            PODS.path(Some("../kube-system/secrets?")),
            "/api/v1/namespaces/..%2Fkube-system%2Fsecrets%3F/pods"
        );
        assert_eq!(step(".."), "%2E%2E");
        assert_eq!(NODES.path(Some("shop")), "/api/v1/nodes");
        assert_eq!(DEPLOYMENTS.path(None), "/apis/apps/v1/deployments");
    }
}
