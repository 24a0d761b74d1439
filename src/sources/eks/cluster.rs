//! What a cluster holds, as the closed list shows it: read at once, kept for a minute, since several questions need it.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use tokio::sync::Mutex;

use super::{
    api::{Api, Page, Turn},
    objects::{LONGEST_NAME, id, name, namespace, owner, time},
    paths::{self, Listed},
};
use crate::model::{Gap, GapKind, ResourceId};

/// How long it is kept.
const KEPT: Duration = Duration::from_mins(1);
/// Lists that are read at the same time.
const AT_ONCE: usize = 4;

/// Objects by their sort, each sort in order of namespace and name.
#[derive(Default)]
pub(super) struct Cluster {
    lists: BTreeMap<&'static str, Vec<Value>>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// What is read of the cluster.
pub(super) struct Scope {
    /// Namespaces; empty: all.
    pub namespaces: Vec<String>,
    /// True when nodes may be read, which stand in no namespace.
    pub nodes: bool,
}

/// What was read last, and when.
pub(super) type Memory = Mutex<Option<(Arc<Cluster>, Instant)>>;

/// The cluster, as read within the last minute.
pub(super) async fn read(api: &Api, turn: &Turn<'_>, scope: &Scope, memory: &Memory) -> Arc<Cluster> {
    let mut kept = memory.lock().await;
    if let Some((cluster, at)) = kept.as_ref()
        && at.elapsed() < KEPT
    {
        return Arc::clone(cluster);
    }
    let mut wanted = Vec::new();
    for listed in paths::ALL {
        // Events are asked for when they are wanted: they change faster than the rest.
        if *listed != *paths::EVENTS && (*listed != *paths::NODES || scope.nodes) {
            wanted.extend(places(listed, scope));
        }
    }
    let cluster = Arc::new(gather(api, turn, wanted).await);
    // What failed on the way may succeed when it is asked again; what is denied stays so.
    let settled = |gap: &Gap| matches!(gap.kind, GapKind::Denied | GapKind::NotFound | GapKind::Truncated);
    if cluster.gaps.iter().all(settled) {
        *kept = Some((Arc::clone(&cluster), Instant::now()));
    }
    cluster
}

/// The events of the cluster, never kept.
pub(super) async fn events(api: &Api, turn: &Turn<'_>, scope: &Scope) -> Cluster {
    gather(api, turn, places(paths::EVENTS, scope)).await
}

/// The namespaces in which one sort is listed, one by one where the space names them.
fn places(listed: &'static Listed, scope: &Scope) -> Vec<List> {
    if scope.namespaces.is_empty() || !listed.namespaced {
        vec![(listed, None)]
    } else {
        let each = scope.namespaces.iter().cloned();
        each.map(|namespace| (listed, Some(namespace))).collect()
    }
}

/// One sort in one namespace, or in all.
type List = (&'static Listed, Option<String>);

async fn one(api: &Api, turn: &Turn<'_>, (listed, namespace): List) -> (&'static Listed, Page) {
    (listed, api.list(turn, listed, namespace.as_deref()).await)
}

async fn gather(api: &Api, turn: &Turn<'_>, wanted: Vec<List>) -> Cluster {
    let mut cluster = Cluster::default();
    let mut wanted = wanted.into_iter();
    // The first is asked alone: where there is no way to the cluster, or no login, none of the others gets further.
    let mut pages = Vec::new();
    if let Some(first) = wanted.next() {
        pages.push(one(api, turn, first).await);
    }
    let hopeless = |gap: &Gap| {
        matches!(
            gap.kind,
            GapKind::Unreachable | GapKind::Credentials | GapKind::Budget | GapKind::Failed
        )
    };
    if !pages
        .iter()
        .any(|(_, page)| page.gap.as_ref().is_some_and(hopeless))
    {
        let asked: Vec<_> = wanted.map(|list| one(api, turn, list)).collect();
        let rest: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        pages.extend(rest);
    }
    for (listed, page) in pages {
        cluster.lists.entry(listed.name).or_default().extend(page.items);
        // One cause (no route, no login) fails every list alike: it is told once.
        if let Some(gap) = page.gap
            && !cluster
                .gaps
                .iter()
                .any(|known| known.why == gap.why && known.kind == gap.kind)
        {
            cluster.gaps.push(gap);
        }
    }
    let is_named = |object: &Value| {
        [name(object), namespace(object)]
            .iter()
            .all(|name| name.len() <= LONGEST_NAME)
    };
    for list in cluster.lists.values_mut() {
        list.retain(is_named);
        list.sort_by(|a, b| (namespace(a), name(a)).cmp(&(namespace(b), name(b))));
    }
    cluster
}

/// Owners above a pod, at most: it belongs to a replica set, and that to a deployment or to what an operator made of it.
const OWNERS: usize = 4;

/// Sorts of workloads: name of the list, word in ids, kind as Kubernetes spells it.
pub(super) const WORKLOADS: [(&Listed, &str, &str); 4] = [
    (paths::DEPLOYMENTS, "deployment", "Deployment"),
    (paths::STATEFUL_SETS, "statefulset", "StatefulSet"),
    (paths::DAEMON_SETS, "daemonset", "DaemonSet"),
    (paths::JOBS, "job", "Job"),
];

/// A workload.
#[derive(Clone, Copy)]
pub(super) struct Workload<'a> {
    /// Its word in ids and types (`deployment`).
    pub word: &'static str,
    pub namespace: &'a str,
    pub name: &'a str,
    pub object: &'a Value,
}

impl Workload<'_> {
    pub fn id(&self, cluster: &str) -> ResourceId {
        id(cluster, self.namespace, self.word, self.name)
    }

    /// The specification of its pods.
    pub fn pods(&self) -> &Value {
        self.object.pointer("/spec/template/spec").unwrap_or(&Value::Null)
    }
}

impl Cluster {
    /// Objects of one sort.
    pub fn of(&self, listed: &Listed) -> &[Value] {
        self.lists.get(listed.name).map_or(&[], Vec::as_slice)
    }

    /// True when anything was read.
    pub fn answered(&self) -> bool {
        self.gaps.is_empty() || self.lists.values().any(|list| !list.is_empty())
    }

    /// All workloads; the jobs of one schedule are one workload, shown by the latest of them.
    pub fn workloads(&self) -> Vec<Workload<'_>> {
        let mut found: BTreeMap<(&str, &str, &str), Workload<'_>> = BTreeMap::new();
        for (listed, word, _) in WORKLOADS {
            for object in self.of(listed) {
                let scheduled = owner(object).filter(|(kind, _)| *kind == "CronJob");
                let (word, named) = scheduled.map_or((word, name(object)), |(_, named)| ("cronjob", named));
                let made = |object: &Value| time(object, "/metadata/creationTimestamp");
                let one = Workload {
                    word,
                    namespace: namespace(object),
                    name: named,
                    object,
                };
                let known = found.entry((one.namespace, word, named)).or_insert(one);
                if made(object) > made(known.object) {
                    *known = one;
                }
            }
        }
        found.into_values().collect()
    }

    /// The workload that an object of this kind belongs to in the end: a pod to its deployment, through its replica set.
    pub fn workload(&self, cluster: &str, space: &str, kind: &str, named: &str) -> Option<ResourceId> {
        self.owned(cluster, space, (kind, named), OWNERS)
    }

    /// As [`Self::workload`], through so many owners: whoever makes a replica set says who owns it, and may name itself.
    fn owned(
        &self,
        cluster: &str,
        space: &str,
        (kind, named): (&str, &str),
        left: usize,
    ) -> Option<ResourceId> {
        if let Some((listed, word, _)) = WORKLOADS.iter().find(|(_, _, known)| *known == kind) {
            let object = self
                .of(listed)
                .iter()
                .find(|object| name(object) == named && namespace(object) == space);
            let scheduled = object.and_then(owner).filter(|(kind, _)| *kind == "CronJob");
            let (word, named) = scheduled.map_or((*word, named), |(_, schedule)| ("cronjob", schedule));
            return Some(id(cluster, space, word, named));
        }
        let listed = match kind {
            "Pod" => paths::PODS,
            "ReplicaSet" => paths::REPLICA_SETS,
            _ => return None,
        };
        let object = self
            .of(listed)
            .iter()
            .find(|object| name(object) == named && namespace(object) == space);
        let by = object
            .and_then(owner)
            .map(|(kind, named)| (kind.to_owned(), named.to_owned()));
        match by {
            Some((kind, named)) if kind != "Pod" && left > 0 => {
                self.owned(cluster, space, (&kind, &named), left - 1)
            }
            // What is gone already is known by its name: deployment-hash-hash.
            None if object.is_none() => self.by_name(cluster, space, named),
            _ => None,
        }
    }

    fn by_name(&self, cluster: &str, space: &str, named: &str) -> Option<ResourceId> {
        let mut rest = named;
        for _ in 0..2 {
            rest = rest.rsplit_once('-')?.0;
            let found = self
                .workloads()
                .into_iter()
                .find(|one| one.name == rest && one.namespace == space);
            if let Some(one) = found {
                return Some(id(cluster, space, one.word, rest));
            }
        }
        None
    }

    /// Pods of a workload, in order of name.
    pub fn pods_of<'a>(&'a self, cluster: &'a str, id: &'a ResourceId) -> impl Iterator<Item = &'a Value> {
        self.of(paths::PODS)
            .iter()
            .filter(move |pod| self.workload(cluster, namespace(pod), "Pod", name(pod)).as_ref() == Some(id))
    }
}
