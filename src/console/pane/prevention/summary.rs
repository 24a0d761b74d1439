//! Where prevention stands, in two sentences made from what is there. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    console::{rich::Rich, theme::Role, words},
    journal::views::{RecommendationState, Space},
    model::RecommendationCategory,
};

/// How many measures there are of each category, those that were rejected left out.
pub fn counts(space: &Space) -> BTreeMap<RecommendationCategory, usize> {
    let mut counts = BTreeMap::new();
    let kept = space
        .recommendations
        .values()
        .filter(|one| one.state != RecommendationState::Rejected);
    for one in kept {
        *counts.entry(one.proposed.recommendation.category).or_default() += 1;
    }
    counts
}

/// How many incidents, which category weighs most; then what to decide first.
pub fn sentences(space: &Space) -> Rich {
    let all = space.recommended();
    let incidents: BTreeSet<_> = all.iter().flat_map(|one| &one.proposed.informed_by).collect();
    let measures = words::count(all.len() as u64, "measures");
    let incidents = words::count(incidents.len() as u64, "incidents");
    let line = Rich::of(
        Role::Text,
        format!("{measures} from {incidents}{}. ", heaviest(space)),
    );
    let first = all.iter().find(|one| one.state == RecommendationState::Proposed);
    if let Some(first) = first {
        return line
            .add(Role::Text, "Decide first: ")
            .flat(Role::Strong, &first.proposed.recommendation.title)
            .add(Role::Text, ".");
    }
    let of = |state| all.iter().filter(|one| one.state == state).count();
    let (accepted, rejected) = (
        of(RecommendationState::Accepted),
        of(RecommendationState::Rejected),
    );
    line.add(
        Role::Text,
        format!("Nothing is left to decide: {accepted} accepted, {rejected} rejected."),
    )
}

fn heaviest(space: &Space) -> String {
    let counts = counts(space);
    let Some(most) = counts.values().copied().max() else {
        return String::new();
    };
    let heaviest: Vec<&str> = counts
        .iter()
        .filter(|(_, count)| **count == most)
        .map(|(category, _)| category.words())
        .collect();
    match heaviest.as_slice() {
        [only] if counts.len() == 1 => format!(", all of them {only}"),
        [only] => format!("; {only} weighs most"),
        several => format!("; {} weigh the same", several.join(" and ")),
    }
}
