//! Changes that could explain the onset, and those that could not.

use super::Seen;
use crate::{
    analysis::changes::{self as explain, Explains},
    engine::{state::State, wording},
    journal::body::Plan,
    model::{Change, Evidence, Observation, Observed, Origin, Text},
};

/// Changes told at most: the nearest ones, in time and reach.
const MOST: usize = 40;

/// Changes on resources in scope; that there were none, for each subject without one.
pub fn observe(state: &State, plan: &Plan, evidence: &Evidence, answer: u64) -> Vec<Seen> {
    let Evidence::Changes(changes) = evidence else {
        return Vec::new();
    };
    let seen = |observation| Seen {
        observation,
        evidence: vec![answer],
    };
    let mut told: Vec<(Explains, &Change)> = changes
        .iter()
        .filter(|change| change.at < plan.window.to)
        .filter(|change| change.resource.as_ref().is_some_and(|id| plan.resources.contains(id)))
        .map(|change| (weigh(state, plan, change), change))
        .collect();
    told.sort_by(|(a, x), (b, y)| b.score.total_cmp(&a.score).then_with(|| x.at.cmp(&y.at)).then_with(|| x.kind.cmp(&y.kind)));
    told.truncate(MOST);
    told.sort_by(|(_, x), (_, y)| x.at.cmp(&y.at).then_with(|| x.kind.cmp(&y.kind)).then_with(|| x.resource.cmp(&y.resource)));
    let mut all: Vec<Seen> = told.iter().map(|(explains, change)| seen(observation(state, explains, change))).collect();
    for id in &plan.subjects {
        if !told.iter().any(|(explains, change)| change.resource.as_ref() == Some(id) && !explains.routine) {
            let name = state.known.resource(id).name;
            all.push(seen(Observation {
                resource: Some(id.clone()),
                origin: Origin::Changes,
                at: None,
                error: 0,
                strength: 1.0,
                notable: false,
                fact: Observed::NoChange,
                text: Text::from("nobody changed ").ext(name),
            }));
        }
    }
    all
}

fn weigh(state: &State, plan: &Plan, change: &Change) -> Explains {
    let graph = &state.known.topology;
    let distance = change.resource.as_ref().and_then(|id| {
        let subjects = plan.subjects.iter();
        subjects
            .filter_map(|subject| if subject == id { Some(0) } else { graph.distance(id, subject) })
            .min()
    });
    explain::explains(change, plan.at, distance)
}

fn observation(state: &State, explains: &Explains, change: &Change) -> Observation {
    let name = change.resource.as_ref().map(|id| state.known.resource(id).name);
    let mut text = Text::new().ext(change.kind.clone());
    if let Some(name) = name {
        text = text.own(" on ").ext(name);
    }
    if let Some(actor) = &change.actor {
        text = text.own(" by ").ext(actor.clone());
    }
    text = text.own(format!(" at {}", wording::clock(change.at)));
    if !change.summary.is_empty() && change.summary != change.kind {
        text = text.own(": ").ext(change.summary.chars().take(120).collect::<String>());
    }
    Observation {
        resource: change.resource.clone(),
        origin: Origin::Changes,
        at: Some(change.at),
        error: 0,
        strength: wording::rounded(explains.score),
        notable: !explains.routine && explains.score >= 0.5,
        fact: Observed::Changed {
            source: change.source.clone(),
            change: change.kind.clone(),
            actor: change.actor.clone(),
            detail: detail(change),
            routine: explains.routine,
        },
        text,
    }
}

/// Summary and detail in one line that conditions can match, at most 2,000 characters.
fn detail(change: &Change) -> String {
    let mut text = change.summary.clone();
    if !change.detail.is_null() {
        text.push(' ');
        text.push_str(&change.detail.to_string());
    }
    text.chars().take(2_000).collect()
}
