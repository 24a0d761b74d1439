//! What a failure reaches: the blast radius of one resource, and the way from the cause to the symptom.

use std::collections::{BTreeMap, BTreeSet};

use super::{Health, Topology};
use crate::model::ResourceId;

/// The blast radius of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The one that fails.
    pub root: ResourceId,
    /// What suffers for it, near or far, with the number of relations between the two.
    pub hits: BTreeMap<ResourceId, u32>,
}

/// How many of those that depend on a resource fare how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Toll {
    /// All that depend on it.
    pub depend: usize,
    /// Of these, over one relation.
    pub direct: usize,
    /// Those that suffer, or show a symptom or a cause of their own.
    pub suffer: usize,
    /// Those that were changed, and show nothing else.
    pub changed: usize,
    /// Those that were looked at and are as usual.
    pub fine: usize,
    /// Those that nobody looked at, or may look at.
    pub unknown: usize,
}

impl Reach {
    /// What depends on `root`.
    pub fn of(topology: &Topology, root: &ResourceId) -> Self {
        let hits = topology.blast_radius(root);
        Self {
            root: root.clone(),
            hits: hits.into_iter().map(|hit| (hit.id, hit.distance)).collect(),
        }
    }

    /// How far a resource is from the one that fails: 0 for that one itself, none for what it does not reach.
    pub fn distance(&self, id: &ResourceId) -> Option<u32> {
        if *id == self.root {
            return Some(0);
        }
        self.hits.get(id).copied()
    }

    /// How those that depend on it fare.
    pub fn toll(&self, topology: &Topology) -> Toll {
        let mut toll = Toll {
            depend: self.hits.len(),
            ..Toll::default()
        };
        for (id, distance) in &self.hits {
            toll.direct += usize::from(*distance == 1);
            *match topology.health(id) {
                Health::Cause | Health::Symptom | Health::Suffering => &mut toll.suffer,
                Health::Changed => &mut toll.changed,
                Health::Healthy => &mut toll.fine,
                Health::Unreadable | Health::Unknown => &mut toll.unknown,
            } += 1;
        }
        toll
    }
}

/// The shortest way from a cause to a symptom, where the marks tell of both: through what is marked, if it leads there.
/// Empty where failure does not travel from one to the other.
pub fn way(topology: &Topology) -> Vec<ResourceId> {
    let some = |health| topology.nodes().any(|node| node.mark.health == health);
    if !some(Health::Cause) || !some(Health::Symptom) {
        return Vec::new();
    }
    let marked: BTreeSet<ResourceId> = topology
        .nodes()
        .filter(|node| node.mark.health >= Health::Suffering)
        .map(|node| node.resource.id.clone())
        .collect();
    let shortest = |graph: &Topology| {
        let with = |health| {
            let nodes = graph.nodes().filter(move |node| node.mark.health == health);
            nodes.map(|node| &node.resource.id)
        };
        let ways = with(Health::Cause).flat_map(|cause| {
            with(Health::Symptom).filter_map(move |symptom| graph.impact_path(cause, symptom))
        });
        ways.min_by_key(Vec::len)
    };
    shortest(&topology.part(&marked))
        .or_else(|| shortest(topology))
        .unwrap_or_default()
}
