//! Who suffers when whom fails.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Relation, RelationKind, ResourceId};

/// Resources by number (in order of their ids) and the ways in which failure travels between them.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    ids: Vec<ResourceId>,
    numbers: BTreeMap<ResourceId, usize>,
    /// Whom a resource acts on and suffers from: its callees.
    callees: Vec<BTreeSet<usize>>,
    callers: Vec<BTreeSet<usize>>,
    /// Whom a resource depends on in any way: its callees, and what feeds it.
    depends: Vec<BTreeSet<usize>>,
}

impl Graph {
    /// The graph of these resources and of those that the relations name.
    ///
    /// `from` suffers when `to` fails for calls, reads, writes and uses. For triggers and routes a dead consumer backs
    /// up its source, and a silent source starves its target: both depend on each other. Containers and deployments
    /// carry no failure.
    pub fn new<'a>(nodes: impl IntoIterator<Item = &'a ResourceId>, relations: &'a [Relation]) -> Self {
        let named = relations.iter().flat_map(|r| [&r.from, &r.to]);
        let ids: BTreeSet<&ResourceId> = nodes.into_iter().chain(named).collect();
        let ids: Vec<ResourceId> = ids.into_iter().cloned().collect();
        let numbers: BTreeMap<ResourceId, usize> =
            ids.iter().cloned().enumerate().map(|(i, id)| (id, i)).collect();
        let empty = vec![BTreeSet::new(); ids.len()];
        let mut graph = Self {
            ids,
            numbers,
            callees: empty.clone(),
            callers: empty.clone(),
            depends: empty,
        };
        for relation in relations
            .iter()
            .filter(|r| r.kind.carries_failure() && r.from != r.to)
        {
            if let (Some(from), Some(to)) = (graph.number(&relation.from), graph.number(&relation.to)) {
                graph.callees[from].insert(to);
                graph.callers[to].insert(from);
                graph.depends[from].insert(to);
                if matches!(relation.kind, RelationKind::Triggers | RelationKind::Routes) {
                    graph.depends[to].insert(from);
                }
            }
        }
        graph
    }

    /// Number of resources.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// True without resources.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Number of a resource.
    pub fn number(&self, id: &ResourceId) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// The resource of a number.
    pub fn id(&self, number: usize) -> Option<&ResourceId> {
        self.ids.get(number)
    }

    /// Whom it acts on and suffers from.
    pub fn callees(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        self.callees.get(number).into_iter().flatten().copied()
    }

    /// Who acts on it and suffers from it.
    pub fn callers(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        self.callers.get(number).into_iter().flatten().copied()
    }

    /// Whom it depends on in any way.
    pub fn depends(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        self.depends.get(number).into_iter().flatten().copied()
    }

    /// Distance in relations from `start` to everything that it depends on, itself at 0.
    pub fn reach(&self, start: usize) -> BTreeMap<usize, u32> {
        let mut distance = BTreeMap::from([(start, 0)]);
        let mut front = vec![start];
        let mut steps = 0;
        while !front.is_empty() {
            steps += 1;
            let mut next = Vec::new();
            for number in front {
                for other in self.depends(number) {
                    if let std::collections::btree_map::Entry::Vacant(free) = distance.entry(other) {
                        free.insert(steps);
                        next.push(other);
                    }
                }
            }
            front = next;
        }
        distance
    }
}
