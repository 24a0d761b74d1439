//! Where a blamed resource stands: whom its failure reaches, and how near the symptom is.

use std::collections::BTreeSet;

use super::super::facts::Facts;
use crate::model::{Relation, RelationKind, ResourceId};

/// What a resource from which failure does not travel to the symptom may count: it could only be coincidence.
const UNRELATED: f64 = 0.5;

/// What each relation between the blamed resource and the symptom takes off: nearer explanations are shorter chains of
/// assumptions.
const PER_RELATION: f64 = 0.03;

/// Those that call, use or feed the resource or what it contains, near or far: who suffers because it fails, not because
/// it falls silent.
pub(super) fn callers(facts: &Facts<'_>, id: &ResourceId) -> BTreeSet<ResourceId> {
    let mut reached = BTreeSet::new();
    let mut front = with_members(facts, id);
    while let Some(id) = front.pop() {
        for relation in &facts.state.known.relations {
            if relation.to == id && relation.kind.carries_failure() && reached.insert(relation.from.clone()) {
                front.push(relation.from.clone());
            }
        }
    }
    reached
}

/// The abnormal resources that a fault of this one would explain: itself and those that its failure reaches, with the
/// subjects among them. One from which failure reaches no subject is taken to explain all of them: a relation may be unknown.
pub(super) fn explained(facts: &Facts<'_>, id: &ResourceId) -> BTreeSet<ResourceId> {
    let graph = &facts.state.known.topology;
    let subjects = &facts.plan.subjects;
    let reached: BTreeSet<ResourceId> = with_members(facts, id)
        .iter()
        .flat_map(|id| {
            graph
                .blast_radius(id)
                .into_iter()
                .map(|hit| hit.id)
                .chain([id.clone()])
        })
        .collect();
    let mut explained: BTreeSet<ResourceId> = reached
        .iter()
        .filter(|id| subjects.contains(id) || !facts.harm(id).is_empty())
        .cloned()
        .collect();
    if !subjects.iter().any(|subject| reached.contains(subject)) {
        explained.extend(subjects.iter().cloned());
    }
    explained
}

/// The resource and what it contains: a subnet or a zone fails by failing those in it.
fn with_members(facts: &Facts<'_>, id: &ResourceId) -> Vec<ResourceId> {
    let contains = |relation: &&Relation| relation.from == *id && relation.kind == RelationKind::Contains;
    let members = facts.state.known.relations.iter().filter(contains);
    std::iter::once(id.clone())
        .chain(members.map(|relation| relation.to.clone()))
        .collect()
}

/// How directly the resource stands with the symptom: 1 for a subject, less with every relation between.
pub(super) fn nearness(facts: &Facts<'_>, id: &ResourceId) -> f64 {
    let graph = &facts.state.known.topology;
    if facts.plan.subjects.contains(id) {
        return 1.0;
    }
    let distance = with_members(facts, id)
        .iter()
        .flat_map(|id| {
            let subjects = facts.plan.subjects.iter();
            subjects.filter_map(move |subject| {
                if subject == id {
                    Some(0)
                } else {
                    graph.distance(id, subject)
                }
            })
        })
        .min();
    distance.map_or(UNRELATED, |relations| {
        (1.0 - PER_RELATION * f64::from(relations)).max(UNRELATED)
    })
}
