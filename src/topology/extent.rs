//! How much of a graph stands in the picture: what is nearest to its middle, counted in boxes.

use std::collections::{BTreeMap, BTreeSet};

use super::Topology;
use crate::model::ResourceId;

/// The resources that stand in the picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// Which.
    pub ids: BTreeSet<ResourceId>,
    /// Relations between the middle and the farthest of them that all have a place.
    pub hops: u32,
    /// True when it is the whole graph.
    pub whole: bool,
}

impl Extent {
    /// Chooses up to `max` boxes, at most `hops` relations away from the middle. `always` have a place whatever their
    /// distance. `folded` names the box in which a resource stands with others: all of it is taken or nothing, and it
    /// counts as one. Without a limit on hops a graph that fits is taken whole.
    pub fn new(
        topology: &Topology,
        middle: &[ResourceId],
        always: &[ResourceId],
        hops: u32,
        max: usize,
        folded: &BTreeMap<ResourceId, String>,
    ) -> Self {
        let boxes = |ids: &mut dyn Iterator<Item = &ResourceId>| {
            let mut homes = BTreeSet::new();
            let mut alone = 0;
            for id in ids {
                match folded.get(id) {
                    Some(home) => drop(homes.insert(home)),
                    None => alone += 1,
                }
            }
            alone + homes.len()
        };
        let all = || topology.nodes().map(|node| &node.resource.id);
        if hops == u32::MAX && boxes(&mut all()) <= max {
            return Self {
                ids: all().cloned().collect(),
                hops,
                whole: true,
            };
        }
        let first: Vec<ResourceId> = topology
            .nodes()
            .take(1)
            .map(|node| node.resource.id.clone())
            .collect();
        let known: Vec<ResourceId> = middle
            .iter()
            .filter(|id| topology.contains(id))
            .cloned()
            .collect();
        let middle = if known.is_empty() { first } else { known };
        let mut extent = Self::default();
        let mut homes: BTreeSet<&String> = BTreeSet::new();
        let mut count = 0;
        let mut cut = None;
        let near = topology.around(&middle, hops, usize::MAX);
        let forced = always.iter().filter(|id| topology.contains(id)).map(|id| (0, id));
        for (distance, id) in forced.chain(near.iter().map(|near| (near.distance, &near.id))) {
            if extent.ids.contains(id) {
                continue;
            }
            let fresh = match folded.get(id) {
                Some(home) => homes.insert(home),
                None => true,
            };
            if fresh && count >= max && distance > 0 {
                cut = Some(distance);
                break;
            }
            count += usize::from(fresh);
            extent.ids.insert(id.clone());
            extent.hops = extent.hops.max(distance);
        }
        if let Some(cut) = cut {
            extent.hops = extent.hops.min(cut);
        }
        extent.ids.extend(
            folded
                .iter()
                .filter(|(id, home)| homes.contains(home) && topology.contains(id))
                .map(|(id, _)| id.clone()),
        );
        extent.whole = extent.ids.len() == topology.len();
        extent
    }
}
