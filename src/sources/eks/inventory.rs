//! What stands in a cluster, and who acts on whom.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    Eks,
    cluster::{Cluster, Workload},
    configuration, env,
    objects::{id, items, labels, name, namespace, words},
    paths,
};
use crate::{
    model::{Place, Relation, RelationKind, RelationOrigin, Resource, ResourceId},
    sources::aws::naming,
};

/// Workloads (their pods folded under them), services, ingresses, nodes, and the cluster itself.
pub(super) fn resources(eks: &Eks, held: &Cluster) -> Vec<Resource> {
    let cluster = eks.cluster();
    let make = |id: ResourceId, word: &str, named: &str| {
        let mut resource = Resource::new(id, format!("k8s/{word}"), named);
        resource.account = eks.place.as_ref().map(|place| place.account.clone());
        resource.region = Some(eks.api.factory.region().to_owned());
        resource
    };
    let mut found = vec![{
        let mut own = naming::resource("AWS::EKS::Cluster", cluster);
        own.account = eks.place.as_ref().map(|place| place.account.clone());
        own.region = Some(eks.api.factory.region().to_owned());
        own.id = eks.own();
        own
    }];
    for workload in held.workloads() {
        let mut resource = make(workload.id(cluster), workload.word, workload.name);
        resource.tags = tags(workload.object);
        resource.config = configuration::of_workload(cluster, &workload);
        found.push(resource);
    }
    for (listed, word) in [(paths::SERVICES, "service"), (paths::INGRESSES, "ingress")] {
        for object in held.of(listed) {
            let mut resource = make(
                id(cluster, namespace(object), word, name(object)),
                word,
                name(object),
            );
            resource.tags = tags(object);
            resource.config = json!({"Cluster": cluster, "Namespace": namespace(object)});
            found.push(resource);
        }
    }
    for node in held.of(paths::NODES) {
        let mut resource = make(id(cluster, "", "node", name(node)), "node", name(node));
        resource.config = json!({"Cluster": cluster, "InstanceId": instance(node)});
        found.push(resource);
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// Labels that say what a thing is, as tags; not the ones that machines put there.
fn tags(object: &Value) -> BTreeMap<String, String> {
    labels(object, "/metadata/labels")
        .into_iter()
        .filter(|(key, _)| !key.contains("hash") && !key.starts_with("helm.sh/"))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// The EC2 instance that a node runs on: the last step of `aws:///eu-west-1a/i-0abc`.
fn instance(node: &Value) -> &str {
    let provider = words(node, "/spec/providerID");
    provider
        .rsplit('/')
        .next()
        .filter(|step| step.starts_with("i-"))
        .unwrap_or_default()
}

/// Relations in order.
pub(super) fn relations(eks: &Eks, held: &Cluster) -> Vec<Relation> {
    let cluster = eks.cluster();
    let mut found = BTreeSet::new();
    let mut relate = |from: &ResourceId, to: ResourceId, kind: RelationKind| {
        if *from != to {
            found.insert(Relation {
                from: from.clone(),
                to,
                kind,
                origin: RelationOrigin::Config,
            });
        }
    };
    let own = eks.own();
    let workloads = held.workloads();
    for workload in &workloads {
        let own_id = workload.id(cluster);
        relate(&own, own_id.clone(), RelationKind::Contains);
        for (name, value) in env::variables(workload.pods()) {
            if let Some((id, kind, place)) = env::aws(name, value) {
                relate(&own_id, eks.localised(id, place), kind);
            }
            for host in env::hosts(value) {
                let service = env::service(host, workload.namespace)
                    .and_then(|(name, space)| service(held, space, name));
                if let Some(service) = service {
                    relate(
                        &own_id,
                        id(cluster, namespace(service), "service", name_of(service)),
                        RelationKind::Calls,
                    );
                }
            }
        }
    }
    for service in held.of(paths::SERVICES) {
        let from = id(cluster, namespace(service), "service", name(service));
        for workload in workloads.iter().filter(|workload| selects(service, workload)) {
            relate(&from, workload.id(cluster), RelationKind::Routes);
        }
    }
    for ingress in held.of(paths::INGRESSES) {
        let from = id(cluster, namespace(ingress), "ingress", name(ingress));
        for target in backends(ingress) {
            if let Some(service) = service(held, namespace(ingress), target) {
                relate(
                    &from,
                    id(cluster, namespace(service), "service", name_of(service)),
                    RelationKind::Routes,
                );
            }
        }
    }
    for node in held.of(paths::NODES) {
        let here = id(cluster, "", "node", name(node));
        relate(&own, here.clone(), RelationKind::Contains);
        let instance = instance(node);
        if !instance.is_empty() {
            relate(
                &here,
                eks.localised(ResourceId::from(instance), None),
                RelationKind::Uses,
            );
        }
        // Daemon sets run on every node: that says nothing.
        for pod in held
            .of(paths::PODS)
            .iter()
            .filter(|pod| words(pod, "/spec/nodeName") == name(node))
        {
            let workload = held.workload(cluster, namespace(pod), "Pod", name_of(pod));
            if let Some(workload) = workload.filter(|id| !id.as_str().contains("/daemonset/")) {
                relate(&workload, here.clone(), RelationKind::Uses);
            }
        }
    }
    found.into_iter().collect()
}

fn name_of(object: &Value) -> &str {
    name(object)
}

fn service<'a>(held: &'a Cluster, space: &str, named: &str) -> Option<&'a Value> {
    held.of(paths::SERVICES)
        .iter()
        .find(|service| name(service) == named && namespace(service) == space)
}

/// True when a service passes requests to the pods of a workload.
fn selects(service: &Value, workload: &Workload<'_>) -> bool {
    let wanted = labels(service, "/spec/selector");
    let has = labels(workload.object, "/spec/template/metadata/labels");
    namespace(service) == workload.namespace
        && !wanted.is_empty()
        && wanted.iter().all(|(key, value)| has.get(key) == Some(value))
}

/// Names of the services behind an ingress.
fn backends(ingress: &Value) -> Vec<&str> {
    let rules = items(ingress, "/spec/rules").iter();
    let paths = rules.flat_map(|rule| items(rule, "/http/paths"));
    let mut names: Vec<&str> = paths.map(|path| words(path, "/backend/service/name")).collect();
    names.push(words(ingress, "/spec/defaultBackend/service/name"));
    names.retain(|name| !name.is_empty());
    names
}

impl Eks {
    /// The cluster as an AWS resource.
    pub(super) fn own(&self) -> ResourceId {
        self.localised(naming::resource_id("AWS::EKS::Cluster", self.cluster()), None)
    }

    /// The id of an AWS resource as the space knows it: with its place where that is not where the space is at home. What
    /// is not said of the place is the cluster's own.
    pub(super) fn localised(&self, id: ResourceId, place: Option<Place>) -> ResourceId {
        let (Some(home), Some(own)) = (&self.home, &self.place) else {
            return id;
        };
        let said = place.unwrap_or_else(|| own.clone());
        let place = Place::new(
            if said.account.is_empty() {
                own.account.clone()
            } else {
                said.account
            },
            if said.region.is_empty() {
                own.region.clone()
            } else {
                said.region
            },
        );
        if place == *home { id } else { id.at(&place) }
    }
}
