//! The graph of resources: who acts on whom. Which way failure travels is told in [`super::travel`].
//!
//! Every answer comes in an order that depends on the ids alone, never on the order in which a source listed things.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::{
    Direction,
    graph::{DiGraph, NodeIndex},
    visit::EdgeRef as _,
};

use super::{Health, Mark};
use crate::model::{Relation, RelationKind, RelationOrigin, Resource, ResourceId};

/// Type of a resource that a relation names and no inventory lists.
pub const UNLISTED: &str = "unlisted";

/// A resource with its mark.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The resource.
    pub resource: Resource,
    /// How it fares.
    pub mark: Mark,
}

/// All that is known of how one resource acts on another in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// How it acts.
    pub kind: RelationKind,
    /// How that is known; more than one origin agrees at times.
    pub origins: BTreeSet<RelationOrigin>,
}

/// Resources and relations as a directed graph, with a mark on each resource.
#[derive(Debug, Clone, Default)]
pub struct Topology {
    pub(super) graph: DiGraph<Node, Link>,
    pub(super) index: BTreeMap<ResourceId, NodeIndex>,
}

impl Topology {
    /// Builds the graph. Of two resources with one id the first stays. A resource that only a relation names is added
    /// with the type [`UNLISTED`]; relations of a resource to itself are dropped; relations that say the same become one.
    pub fn new(resources: &[Resource], relations: &[Relation]) -> Self {
        let mut nodes: BTreeMap<&ResourceId, Option<&Resource>> = BTreeMap::new();
        for resource in resources {
            nodes.entry(&resource.id).or_insert(Some(resource));
        }
        let mut links: BTreeMap<(&ResourceId, &ResourceId, RelationKind), BTreeSet<RelationOrigin>> =
            BTreeMap::new();
        for relation in relations.iter().filter(|relation| relation.from != relation.to) {
            nodes.entry(&relation.from).or_insert(None);
            nodes.entry(&relation.to).or_insert(None);
            links
                .entry((&relation.from, &relation.to, relation.kind))
                .or_default()
                .insert(relation.origin);
        }

        let mut topology = Self::default();
        for (id, resource) in nodes {
            let resource = resource.map_or_else(
                || Resource::new(id.clone(), UNLISTED, id.as_str()),
                Resource::clone,
            );
            let node = topology.graph.add_node(Node {
                resource,
                mark: Mark::default(),
            });
            topology.index.insert(id.clone(), node);
        }
        for ((from, to, kind), origins) in links {
            if let (Some(&from), Some(&to)) = (topology.index.get(from), topology.index.get(to)) {
                topology.graph.add_edge(from, to, Link { kind, origins });
            }
        }
        topology
    }

    /// Marks a resource; false when there is no such resource.
    pub fn mark(&mut self, id: &ResourceId, mark: impl Into<Mark>) -> bool {
        let node = self.index.get(id).and_then(|at| self.graph.node_weight_mut(*at));
        node.map(|node| node.mark = mark.into()).is_some()
    }

    /// The same graph with these marks.
    pub fn with_marks<'a>(mut self, marks: impl IntoIterator<Item = (&'a ResourceId, Mark)>) -> Self {
        for (id, mark) in marks {
            self.mark(id, mark);
        }
        self
    }

    /// Number of resources.
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// True without any resource.
    pub fn is_empty(&self) -> bool {
        self.graph.node_count() == 0
    }

    /// Number of relations.
    pub fn relations_len(&self) -> usize {
        self.graph.edge_count()
    }

    /// True when there is such a resource.
    pub fn contains(&self, id: &ResourceId) -> bool {
        self.index.contains_key(id)
    }

    /// A resource with its mark.
    pub fn node(&self, id: &ResourceId) -> Option<&Node> {
        self.graph.node_weight(*self.index.get(id)?)
    }

    /// How a resource fares; unknown for one that is not there.
    pub fn health(&self, id: &ResourceId) -> Health {
        self.node(id).map_or(Health::Unknown, |node| node.mark.health)
    }

    /// Every resource in order of id.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.index.values().filter_map(|at| self.graph.node_weight(*at))
    }

    /// Every relation in order of its ends and kind.
    pub fn links(&self) -> impl Iterator<Item = (&ResourceId, &ResourceId, &Link)> {
        self.graph
            .edge_references()
            .filter_map(|edge| Some((self.id(edge.source())?, self.id(edge.target())?, edge.weight())))
    }

    /// Every relation of one resource: true where it is the one that acts, the other end, and how; in order of the other
    /// end and kind.
    pub fn links_of(&self, id: &ResourceId) -> Vec<(bool, &ResourceId, &Link)> {
        let Some(&at) = self.index.get(id) else {
            return Vec::new();
        };
        let acting = self.graph.edges_directed(at, Direction::Outgoing);
        let acted = self.graph.edges_directed(at, Direction::Incoming);
        let mut links: Vec<_> = acting
            .filter_map(|edge| Some((true, self.id(edge.target())?, edge.weight())))
            .chain(acted.filter_map(|edge| Some((false, self.id(edge.source())?, edge.weight()))))
            .collect();
        links.sort_by(|a, b| (!a.0, a.1, a.2.kind).cmp(&(!b.0, b.1, b.2.kind)));
        links
    }

    /// The part of the graph that holds these resources and the relations among them, marks kept.
    pub fn part(&self, ids: &BTreeSet<ResourceId>) -> Self {
        let mut part = Self::default();
        for node in self.nodes().filter(|node| ids.contains(&node.resource.id)) {
            let at = part.graph.add_node(node.clone());
            part.index.insert(node.resource.id.clone(), at);
        }
        for (from, to, link) in self.links() {
            if let (Some(&from), Some(&to)) = (part.index.get(from), part.index.get(to)) {
                part.graph.add_edge(from, to, link.clone());
            }
        }
        part
    }

    pub(super) fn id(&self, at: NodeIndex) -> Option<&ResourceId> {
        self.graph.node_weight(at).map(|node| &node.resource.id)
    }
}
