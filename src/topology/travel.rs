//! How failure travels over the graph: neighbours, neighbourhoods, blast radius, impact path.
//!
//! A relation points from the one that acts to the one acted upon. Failure travels against it: `from` suffers when `to`
//! fails. `triggers` and `routes` carry it both ways: a dead consumer backs up its source, a silent source starves its
//! target. `contains` and `deploys` carry none.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::{Direction, graph::NodeIndex, visit::EdgeRef as _};

use super::Topology;
use crate::model::{RelationKind, ResourceId};

/// Where a resource stands towards the ones that were asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// One of those asked about.
    Subject,
    /// A subject suffers when it fails.
    Dependency,
    /// It suffers when a subject fails.
    Dependent,
    /// Reached by turning round on the way: it shares a dependency or a dependent with a subject.
    Beside,
    /// It contains or deploys a subject, or a subject contains or deploys it.
    Container,
}

/// A resource in the neighbourhood of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// The resource.
    pub id: ResourceId,
    /// Relations on the shortest way from a subject.
    pub distance: u32,
    /// Where it stands.
    pub side: Side,
}

/// A resource that a failure reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The resource.
    pub id: ResourceId,
    /// Relations between it and the one that fails.
    pub distance: u32,
}

impl Topology {
    /// Those that make `id` suffer when they fail, nearest relation only, in order of id.
    pub fn dependencies(&self, id: &ResourceId) -> Vec<&ResourceId> {
        self.step(id, |at| self.failing(at))
    }

    /// Those that suffer when `id` fails, nearest relation only, in order of id.
    pub fn dependents(&self, id: &ResourceId) -> Vec<&ResourceId> {
        self.step(id, |at| self.suffering(at))
    }

    /// Those that act on `id`, whatever the relation, in order of id.
    pub fn upstream(&self, id: &ResourceId) -> Vec<&ResourceId> {
        self.step(id, |at| {
            self.graph.neighbors_directed(at, Direction::Incoming).collect()
        })
    }

    /// Those that `id` acts on, whatever the relation, in order of id.
    pub fn downstream(&self, id: &ResourceId) -> Vec<&ResourceId> {
        self.step(id, |at| {
            self.graph.neighbors_directed(at, Direction::Outgoing).collect()
        })
    }

    /// The neighbourhood of `subjects` up to `depth` relations away, nearest first, at most `max` resources.
    ///
    /// At one distance dependencies come first (where a cause most often lies), then dependents, then what stands
    /// beside, each in order of id. What contains or deploys a subject, or is contained or deployed by it, stands at
    /// distance 1 after the rest, and the walk goes no further there: the fellows in one stack or cluster do not suffer
    /// for each other. Subjects that are not in the graph are left out.
    pub fn around(&self, subjects: &[ResourceId], depth: u32, max: usize) -> Vec<Near> {
        let mut found: BTreeMap<NodeIndex, (u32, Side)> = BTreeMap::new();
        let mut queue = VecDeque::new();
        for at in subjects.iter().filter_map(|id| self.index.get(id)) {
            if found.insert(*at, (0, Side::Subject)).is_none() {
                queue.push_back((*at, 0, Side::Subject));
            }
        }
        let roots: Vec<_> = found.keys().copied().collect();
        while let Some((at, distance, side)) = queue.pop_front() {
            if distance >= depth {
                continue;
            }
            let steps = [
                (Side::Dependency, self.failing(at)),
                (Side::Dependent, self.suffering(at)),
            ];
            for (way, nodes) in steps {
                let side = match side {
                    Side::Subject => way,
                    same if same == way => way,
                    _ => Side::Beside,
                };
                for next in nodes {
                    match found.get_mut(&next) {
                        Some((known, old)) if *known == distance + 1 && side < *old => {
                            // As near by a plainer way: what it is reached from counts for what lies behind it.
                            *old = side;
                            if let Some(entry) = queue.iter_mut().find(|entry| entry.0 == next) {
                                entry.2 = side;
                            }
                        }
                        Some(_) => {}
                        None => {
                            found.insert(next, (distance + 1, side));
                            queue.push_back((next, distance + 1, side));
                        }
                    }
                }
            }
        }
        if depth > 0 {
            for at in roots {
                for next in self.beside(at) {
                    found.entry(next).or_insert((1, Side::Container));
                }
            }
        }
        let mut near: Vec<_> = found
            .into_iter()
            .filter_map(|(at, (distance, side))| {
                Some(Near {
                    id: self.id(at)?.clone(),
                    distance,
                    side,
                })
            })
            .collect();
        near.sort_by(|a, b| (a.distance, a.side, &a.id).cmp(&(b.distance, b.side, &b.id)));
        near.truncate(max);
        near
    }

    /// Relations on the shortest way between two resources over which failure travels, either way round.
    pub fn distance(&self, a: &ResourceId, b: &ResourceId) -> Option<u32> {
        let (from, to) = (*self.index.get(a)?, *self.index.get(b)?);
        let reached = flood(from, |at| {
            let mut next = self.failing(at);
            next.extend(self.suffering(at));
            next
        });
        reached.get(&to).map(|step| step.distance)
    }

    /// Everything that suffers, near or far, when `id` fails; nearest first, then in order of id; without `id` itself.
    pub fn blast_radius(&self, id: &ResourceId) -> Vec<Hit> {
        let Some(&from) = self.index.get(id) else {
            return Vec::new();
        };
        let mut hits: Vec<_> = flood(from, |at| self.suffering(at))
            .into_iter()
            .filter(|(at, _)| *at != from)
            .filter_map(|(at, step)| {
                Some(Hit {
                    id: self.id(at)?.clone(),
                    distance: step.distance,
                })
            })
            .collect();
        hits.sort_by(|a, b| (a.distance, &a.id).cmp(&(b.distance, &b.id)));
        hits
    }

    /// The shortest way by which a failure of `cause` reaches `symptom`, both ends included; of several as short, the
    /// first in order of ids. None when failure does not travel from one to the other.
    pub fn impact_path(&self, cause: &ResourceId, symptom: &ResourceId) -> Option<Vec<ResourceId>> {
        let (from, to) = (*self.index.get(cause)?, *self.index.get(symptom)?);
        let reached = flood(from, |at| self.suffering(at));
        let mut path = Vec::new();
        let mut at = Some(to);
        while let Some(here) = at {
            path.push(self.id(here)?.clone());
            at = reached.get(&here)?.before;
        }
        path.reverse();
        Some(path)
    }

    fn step(&self, id: &ResourceId, next: impl Fn(NodeIndex) -> Vec<NodeIndex>) -> Vec<&ResourceId> {
        let nodes: BTreeSet<_> = self
            .index
            .get(id)
            .map_or_else(Vec::new, |at| next(*at))
            .into_iter()
            .collect();
        nodes.into_iter().filter_map(|at| self.id(at)).collect()
    }

    /// Those whose failure reaches `at` over one relation, in order of id (nodes are added in that order).
    fn failing(&self, at: NodeIndex) -> Vec<NodeIndex> {
        self.neighbours(at, RelationKind::carries_failure, goes_both_ways)
    }

    /// Those that the failure of `at` reaches over one relation, in order of id.
    fn suffering(&self, at: NodeIndex) -> Vec<NodeIndex> {
        self.neighbours(at, goes_both_ways, RelationKind::carries_failure)
    }

    /// Those that contain or deploy `at`, or that it contains or deploys, in order of id.
    fn beside(&self, at: NodeIndex) -> Vec<NodeIndex> {
        let still = |kind: RelationKind| !kind.carries_failure();
        self.neighbours(at, still, still)
    }

    fn neighbours(
        &self,
        at: NodeIndex,
        acted_upon: impl Fn(RelationKind) -> bool,
        acting: impl Fn(RelationKind) -> bool,
    ) -> Vec<NodeIndex> {
        let down = self
            .graph
            .edges_directed(at, Direction::Outgoing)
            .filter(|edge| acted_upon(edge.weight().kind))
            .map(|edge| edge.target());
        let up = self
            .graph
            .edges_directed(at, Direction::Incoming)
            .filter(|edge| acting(edge.weight().kind))
            .map(|edge| edge.source());
        let unique: BTreeSet<_> = down.chain(up).collect();
        unique.into_iter().collect()
    }
}

/// The shortest ways from one resource, breadth first.
fn flood(from: NodeIndex, next: impl Fn(NodeIndex) -> Vec<NodeIndex>) -> BTreeMap<NodeIndex, Step> {
    let mut reached = BTreeMap::from([(
        from,
        Step {
            distance: 0,
            before: None,
        },
    )]);
    let mut queue = VecDeque::from([(from, 0)]);
    while let Some((at, distance)) = queue.pop_front() {
        for node in next(at) {
            reached.entry(node).or_insert_with(|| {
                queue.push_back((node, distance + 1));
                Step {
                    distance: distance + 1,
                    before: Some(at),
                }
            });
        }
    }
    reached
}
/// True for relations over which the target starves when the source falls silent.
const fn goes_both_ways(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::Triggers | RelationKind::Routes)
}

struct Step {
    distance: u32,
    before: Option<NodeIndex>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Relation, RelationOrigin, Resource},
        topology::UNLISTED,
    };

    fn relation(from: &str, kind: RelationKind, to: &str) -> Relation {
        Relation {
            from: from.into(),
            to: to.into(),
            kind,
            origin: RelationOrigin::Config,
        }
    }

    /// A shop: api calls intake, intake writes to a table and sends to a queue that triggers a worker.
    fn shop() -> Topology {
        use RelationKind::{Calls, Contains, Deploys, Reads, Triggers, Writes};
        Topology::new(
            &[
                Resource::new("worker", "AWS::Lambda::Function", "worker"),
                Resource::new("api", "AWS::ApiGateway::RestApi", "api"),
            ],
            &[
                relation("api", Calls, "intake"),
                relation("intake", Writes, "orders"),
                relation("report", Reads, "orders"),
                relation("intake", Writes, "queue"),
                relation("queue", Triggers, "worker"),
                relation("stack", Contains, "intake"),
                relation("stack", Contains, "lonely"),
                relation("pipeline", Deploys, "worker"),
            ],
        )
    }

    fn names<'a>(ids: impl IntoIterator<Item = &'a ResourceId>) -> Vec<&'a str> {
        ids.into_iter().map(ResourceId::as_str).collect()
    }

    #[test]
    fn who_calls_suffers_and_a_trigger_goes_both_ways() {
        let shop = shop();
        assert_eq!(names(shop.dependents(&"intake".into())), ["api"]);
        assert_eq!(names(shop.dependencies(&"intake".into())), ["orders", "queue"]);
        assert_eq!(names(shop.dependents(&"worker".into())), ["queue"]);
        assert_eq!(names(shop.dependents(&"queue".into())), ["intake", "worker"]);
        assert!(shop.dependents(&"stack".into()).is_empty());
        assert!(shop.dependents(&"nowhere".into()).is_empty());
    }

    #[test]
    fn the_neighbourhood_is_nearest_first_and_stops_at_containers() {
        let near = shop().around(&["intake".into()], 2, 100);
        let told: Vec<_> = near.iter().map(|n| (n.id.as_str(), n.distance, n.side)).collect();
        assert_eq!(
            told,
            [
                ("intake", 0, Side::Subject),
                ("orders", 1, Side::Dependency),
                ("queue", 1, Side::Dependency),
                ("api", 1, Side::Dependent),
                ("stack", 1, Side::Container),
                ("worker", 2, Side::Dependency),
                ("report", 2, Side::Beside),
            ]
        );
        assert_eq!(shop().around(&["intake".into()], 2, 3).len(), 3);
        assert_eq!(shop().around(&["intake".into()], 0, 9).len(), 1);
        assert!(shop().around(&["nowhere".into()], 2, 9).is_empty());
    }

    #[test]
    fn the_order_of_the_input_does_not_matter() {
        let resources: Vec<_> = ["c", "a", "b", "d"]
            .into_iter()
            .map(|id| Resource::new(id, "service", id))
            .collect();
        let relations: Vec<_> = [("a", "b"), ("a", "c"), ("c", "d"), ("b", "d")]
            .into_iter()
            .map(|(from, to)| relation(from, RelationKind::Calls, to))
            .collect();
        let forth = Topology::new(&resources, &relations);
        let back = Topology::new(
            &resources.iter().rev().cloned().collect::<Vec<_>>(),
            &relations.iter().rev().cloned().collect::<Vec<_>>(),
        );
        assert_eq!(
            forth.around(&["d".into()], 3, 9),
            back.around(&["d".into()], 3, 9)
        );
        assert_eq!(
            forth.impact_path(&"d".into(), &"a".into()),
            Some(vec!["d".into(), "b".into(), "a".into()])
        );
        assert_eq!(
            forth.impact_path(&"d".into(), &"a".into()),
            back.impact_path(&"d".into(), &"a".into())
        );
    }

    #[test]
    fn failure_travels_to_those_who_act_and_no_further_than_containment() {
        let shop = shop();
        let hits = shop.blast_radius(&"orders".into());
        let told: Vec<_> = hits.iter().map(|hit| (hit.id.as_str(), hit.distance)).collect();
        assert_eq!(told, [("intake", 1), ("report", 1), ("api", 2)]);
        assert!(shop.blast_radius(&"pipeline".into()).is_empty());
        assert_eq!(
            shop.impact_path(&"worker".into(), &"api".into())
                .map(|path| names(&path).join(" ")),
            Some("worker queue intake api".to_owned())
        );
        assert_eq!(shop.impact_path(&"api".into(), &"orders".into()), None);
        assert_eq!(shop.distance(&"api".into(), &"orders".into()), Some(2));
        assert_eq!(shop.distance(&"api".into(), &"lonely".into()), None);
    }

    #[test]
    fn same_relations_become_one_and_loops_none() {
        let twice = [
            relation("a", RelationKind::Calls, "b"),
            relation("a", RelationKind::Calls, "b"),
            relation("a", RelationKind::Reads, "b"),
            relation("a", RelationKind::Calls, "a"),
        ];
        let topology = Topology::new(&[], &twice);
        assert_eq!((topology.len(), topology.relations_len()), (2, 2));
        assert_eq!(topology.node(&"a".into()).unwrap().resource.kind, UNLISTED);
    }
}
