//! Which resources depend on each other, as discovery found them.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::names::Names;
use crate::model::{ResourceId, discovery::Graph};

/// How many relations may lie between two resources whose troubles are taken for one: a function, its queue and what
/// feeds that. Beyond, most of an account hangs together.
const HOPS: u32 = 2;

/// How many resources may hang on one before it ties nothing: what everybody uses (a network, a key, a shared role) tells
/// nothing about two of its users.
const HUB: usize = 20;

/// Which resources depend on each other.
#[derive(Debug, Clone, Default)]
pub struct Near {
    names: HashMap<String, BTreeSet<usize>>,
    by_id: HashMap<String, usize>,
    ids: Vec<ResourceId>,
    links: Vec<Vec<usize>>,
}

impl Near {
    /// By the relations along which failure travels.
    pub fn of(graph: &Graph) -> Self {
        let ids: Vec<ResourceId> = graph
            .resources
            .iter()
            .map(|resource| resource.id.clone())
            .collect();
        let index: BTreeMap<&ResourceId, usize> = ids.iter().enumerate().map(|(at, id)| (id, at)).collect();
        let mut links = vec![Vec::new(); ids.len()];
        for relation in graph
            .relations
            .iter()
            .filter(|relation| relation.kind.carries_failure())
        {
            if let (Some(from), Some(to)) = (index.get(&relation.from), index.get(&relation.to)) {
                links[*from].push(*to);
                links[*to].push(*from);
            }
        }
        let mut names: HashMap<String, BTreeSet<usize>> = HashMap::new();
        let mut by_id = HashMap::new();
        for (at, resource) in graph.resources.iter().enumerate() {
            by_id.insert(resource.id.0.to_lowercase(), at);
            for name in Names::of_resource(resource).all() {
                names.entry(name.to_owned()).or_default().insert(at);
            }
        }
        Self {
            names,
            by_id,
            ids,
            links,
        }
    }

    /// Two resources, one of each list, of which one depends on the other within a few relations; none when there are no
    /// such.
    pub fn between(&self, one: &Names, other: &Names) -> Option<(&ResourceId, &ResourceId)> {
        let goals = self.all(other);
        for start in self.all(one) {
            let mut seen = BTreeSet::from([start]);
            let mut queue = VecDeque::from([(start, 0)]);
            while let Some((at, hops)) = queue.pop_front() {
                if goals.contains(&at) {
                    return Some((self.ids.get(start)?, self.ids.get(at)?));
                }
                let links = &self.links[at];
                if hops == HOPS || (hops > 0 && links.len() > HUB) {
                    continue;
                }
                for next in links {
                    if seen.insert(*next) {
                        queue.push_back((*next, hops + 1));
                    }
                }
            }
        }
        None
    }

    /// The resources of these names; a name that several have stands for none, unless it is the id of one.
    fn all(&self, names: &Names) -> BTreeSet<usize> {
        let of = |name: &str| {
            let own = self.by_id.get(name).copied();
            let named = || {
                self.names
                    .get(name)
                    .filter(|all| all.len() == 1)?
                    .first()
                    .copied()
            };
            own.or_else(named)
        };
        names.meant().filter_map(of).collect()
    }
}
