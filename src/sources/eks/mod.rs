//! The Kubernetes API of an EKS cluster as a source: workloads and who acts on whom, what the cluster says of them, their logs,
//! specifications and rollouts. Reads only, the closed list of [`paths`] alone, in the namespaces that the space names.

mod api;
mod balancers;
mod changes;
mod check;
mod cluster;
mod configuration;
mod env;
mod events;
mod inventory;
mod logs;
mod objects;
mod opening;
pub mod paths;

use std::time::Duration;

use async_trait::async_trait;

pub use self::check::Report;
use self::{
    api::{Api, Turn, failed},
    cluster::{Memory, Scope},
};
use super::space::Member;
use crate::{
    aws::Factory,
    config::{Association, Connection},
    model::{
        Allowance, Answer, Configuration, Evidence, Gap, GapKind, Place, Query, Resource, ResourceId, Source,
        Text,
    },
    net::Net,
};

/// The part of an association's scope that opens what stands in no namespace: `scope = { cluster = ["nodes"] }`.
const CLUSTER_SCOPE: &str = "cluster";

/// Answers from one EKS cluster.
pub struct Eks {
    name: String,
    api: Api,
    scope: Scope,
    memory: Memory,
    /// Bytes that are read of one container's log.
    largest_log: usize,
    /// Where the cluster stands.
    place: Option<Place>,
    /// Where the space is at home: AWS resources there have plain ids.
    home: Option<Place>,
}

impl Eks {
    /// The cluster of a connection, as one space may see it. `factory` makes AWS clients for the cluster's account; nothing
    /// is sent before the first question. `home` is the place of the space's first account and region, where that is known.
    ///
    /// # Errors
    /// When the connection names no cluster.
    pub fn new(
        name: &str,
        connection: &Connection,
        association: &Association,
        factory: &Factory,
        net: &Net,
        home: Option<Place>,
    ) -> Result<Self, Text> {
        let Some(cluster) = connection.cluster.clone() else {
            let text = Text::from("connection ").ext(name);
            return Err(text.own(" names no cluster\nhint: set cluster = \"NAME\" in the configuration"));
        };
        let factory = match &connection.region {
            Some(region) => factory.in_region(region),
            None => factory.clone(),
        };
        let place = connection
            .account
            .clone()
            .map(|account| Place::new(account, factory.region()));
        let nodes = association.scope.get(CLUSTER_SCOPE);
        let scope = Scope {
            namespaces: association.namespaces.clone(),
            nodes: association.namespaces.is_empty()
                || nodes.is_some_and(|allowed| allowed.iter().any(|word| word == "nodes")),
        };
        let timeout = Duration::from_secs(connection.timeout);
        let api = Api::new(cluster, factory, net.clone(), timeout, connection.url.clone());
        Ok(Self {
            name: name.to_owned(),
            api,
            scope,
            memory: Memory::default(),
            largest_log: connection.largest_answer,
            place,
            home,
        })
    }

    fn cluster(&self) -> &str {
        &self.api.cluster
    }

    /// True for an object of this cluster in a namespace that may be read.
    fn has(&self, id: &ResourceId) -> bool {
        match objects::parts(self.cluster(), id) {
            Some(("", _, _)) => self.scope.nodes,
            Some((namespace, _, _)) => {
                self.scope.namespaces.is_empty()
                    || self.scope.namespaces.iter().any(|allowed| allowed == namespace)
            }
            None => false,
        }
    }

    async fn ask(&self, turn: &Turn<'_>, query: &Query) -> (Option<Evidence>, Vec<Gap>) {
        if self.part(query).is_none() {
            let gap = failed(
                GapKind::Unsupported,
                query.text(),
                "a cluster has no answer to that",
                "",
            );
            return (None, vec![Gap { hint: None, ..gap }]);
        }
        let held = cluster::read(&self.api, turn, &self.scope, &self.memory).await;
        if !held.answered() {
            return (None, held.gaps.clone());
        }
        // What could not be listed is told with the questions on the whole of the cluster, not with each of the others.
        let whole = matches!(query, Query::Inventory | Query::Events { .. });
        let mut gaps = if whole { held.gaps.clone() } else { Vec::new() };
        let cluster = self.cluster();
        let about = |resource: &Option<Resource>, id: &Option<ResourceId>| {
            resource
                .as_ref()
                .is_none_or(|asked| id.as_ref() == Some(&asked.id))
        };
        let evidence = match query {
            Query::Inventory => Some(Evidence::Inventory(inventory::resources(self, &held))),
            Query::Relations => {
                let (before, gap) = balancers::relations(self, turn, &held).await;
                gaps.extend(gap);
                let mut relations = inventory::relations(self, &held);
                relations.extend(before);
                relations.sort();
                Some(Evidence::Relations(relations))
            }
            Query::Changes { resource, window } => {
                let mut changes = changes::changes(cluster, &held, window);
                changes.retain(|change| about(resource, &change.resource));
                Some(Evidence::Changes(changes))
            }
            Query::Events { resource, window } => {
                let told = cluster::events(&self.api, turn, &self.scope).await;
                gaps.extend(told.gaps.iter().filter(|gap| !held.gaps.contains(gap)).cloned());
                let mut events = events::events(cluster, &held, &told, window);
                events.retain(|event| about(resource, &event.resource));
                Some(Evidence::Events(events))
            }
            Query::Configuration { resource } => {
                let found = configuration::of(cluster, &held, &resource.id);
                if found.is_none() {
                    let what = Text::from("configuration of ").ext(resource.name.clone());
                    let gap = failed(
                        GapKind::NotFound,
                        what,
                        "the cluster has no such object (any more)",
                        "kubectl get all shows what there is",
                    );
                    gaps.push(Gap {
                        resource: Some(resource.id.clone()),
                        ..gap
                    });
                }
                found.map(|properties| {
                    Evidence::Configuration(Configuration {
                        resource: resource.id.clone(),
                        properties,
                        origin: "kubernetes".to_owned(),
                    })
                })
            }
            Query::Logs {
                resource: Some(resource),
                window,
                filter,
                limit,
                ..
            } => {
                let wanted = logs::Wanted {
                    resource,
                    window,
                    filter: filter.as_ref(),
                    limit: *limit as usize,
                };
                let (evidence, more) = logs::logs(self, turn, &held, &wanted).await;
                gaps.extend(more);
                evidence
            }
            _ => None,
        };
        if evidence.is_none() && !whole {
            gaps.extend(held.gaps.iter().cloned());
        }
        (evidence, gaps)
    }
}

#[async_trait]
impl Source for Eks {
    fn name(&self) -> &str {
        &self.name
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.answer_within(query, &Allowance::unlimited()).await
    }

    async fn answer_within(&self, query: &Query, allowance: &Allowance) -> Answer {
        let turn = Turn::new(allowance);
        let (evidence, mut gaps) = self.ask(&turn, query).await;
        for gap in &mut gaps {
            if gap.what.to_string().is_empty() {
                gap.what = query.text();
            }
        }
        Answer {
            evidence,
            gaps,
            calls: turn.calls(),
            by: Vec::new(),
        }
    }
}

impl Member for Eks {
    fn part(&self, query: &Query) -> Option<Query> {
        let mine = match query {
            Query::Inventory | Query::Relations => true,
            Query::Changes { resource, .. } | Query::Events { resource, .. } => {
                resource.as_ref().is_none_or(|resource| self.has(&resource.id))
            }
            Query::Configuration { resource } => self.has(&resource.id),
            Query::Logs {
                resource: Some(resource),
                group: None,
                ..
            } => {
                let runs = |kind: &str| !matches!(kind, "node" | "service" | "ingress");
                self.has(&resource.id)
                    && objects::parts(self.cluster(), &resource.id).is_some_and(|(_, kind, _)| runs(kind))
            }
            _ => false,
        };
        mine.then(|| query.clone())
    }
}
