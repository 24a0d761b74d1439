//! Which resources depend on each other, as discovery found them.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::ties;
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
        for (at, resource) in graph.resources.iter().enumerate() {
            let arn = resource.arn.iter().map(String::as_str);
            let own = [resource.id.0.as_str(), resource.name.as_str()];
            for form in own.into_iter().chain(arn).flat_map(ties::forms) {
                names.entry(form).or_default().insert(at);
            }
        }
        Self { names, ids, links }
    }

    /// Two resources, one of each list (in the forms of [`ties::forms`]), of which one depends on the other within a few
    /// relations; none when there are no such.
    pub fn between(
        &self,
        one: &BTreeSet<String>,
        other: &BTreeSet<String>,
    ) -> Option<(&ResourceId, &ResourceId)> {
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

    /// The resources of these names; a name that several have stands for none.
    fn all(&self, names: &BTreeSet<String>) -> BTreeSet<usize> {
        names
            .iter()
            .filter_map(|name| self.names.get(name).filter(|all| all.len() == 1))
            .flatten()
            .copied()
            .collect()
    }
}
