//! Changes that could explain the onset, and those that could not.

use super::{Seen, deployed::spread};
use jiff::Timestamp;

use crate::{
    analysis::{
        changes::{Act, Suspect, suspects},
        timeline::Moment,
    },
    engine::{state::State, wording},
    journal::body::Plan,
    model::{Change, Evidence, Observation, Observed, Origin, ResourceId, Text, operation},
    sources::pipeline::told::begun,
};

/// Changes told at most: the nearest ones, in time and reach.
const MOST: usize = 40;
/// A change that could explain the onset so well is told as a finding.
const TELLING: f64 = 0.5;
/// The onset is known to a few periods at best when changes are read before the metrics.
const ONSET_ERROR: u32 = 300;

/// Changes on resources in scope; that there were none, for each subject without one.
pub fn observe(state: &State, plan: &Plan, onset: Timestamp, evidence: &Evidence, answer: u64) -> Vec<Seen> {
    let Evidence::Changes(changes) = evidence else {
        return Vec::new();
    };
    let seen = |observation| Seen {
        observation,
        evidence: vec![answer],
    };
    let near: Vec<Change> = spread(state, plan, changes)
        .into_iter()
        .filter(|change| begun(change).unwrap_or(change.at) < plan.window.to)
        .filter(|change| {
            change
                .resource
                .as_ref()
                .is_some_and(|id| plan.resources.contains(id))
        })
        .collect();
    let graph = &state.known.topology;
    let onset = Moment {
        at: onset.as_second(),
        error_s: ONSET_ERROR,
    };
    let distance = |id: &ResourceId| {
        let subjects = plan.subjects.iter();
        subjects
            .filter_map(|subject| {
                if subject == id {
                    Some(0)
                } else {
                    graph.distance(id, subject)
                }
            })
            .min()
    };
    let weighed: Vec<Change> = near.iter().map(|change| telling(change, onset.at)).collect();
    let mut told: Vec<(Suspect, &Change)> = suspects(&weighed, onset, distance)
        .into_iter()
        .filter(|suspect| suspect.act != Act::ReadOnly)
        .take(MOST)
        .filter_map(|suspect| near.get(suspect.index).map(|change| (suspect, change)))
        .collect();
    told.sort_by_key(|(suspect, change)| (change.at, suspect.index));
    let known: Vec<&Observation> = state
        .observations()
        .map(|(_, observed)| &observed.observation)
        .collect();
    let is_known = |change: &Change| {
        known.iter().any(|one| {
            one.at == Some(change.at)
                && one.resource == change.resource
                && matches!(&one.fact, Observed::Changed { change: kind, .. } if *kind == change.kind)
        })
    };
    let said_none = |id: &ResourceId| {
        known
            .iter()
            .any(|one| one.resource.as_ref() == Some(id) && matches!(one.fact, Observed::NoChange))
    };
    told.retain(|(_, change)| !is_known(change));
    let mut all: Vec<Seen> = told
        .iter()
        .map(|(suspect, change)| seen(observation(state, suspect, change)))
        .collect();
    for id in &plan.subjects {
        let changed = known.iter().any(|one| {
            one.resource.as_ref() == Some(id) && matches!(one.fact, Observed::Changed { routine: false, .. })
        });
        if !changed
            && !said_none(id)
            && !told
                .iter()
                .any(|(suspect, change)| change.resource.as_ref() == Some(id) && suspect.act != Act::Routine)
        {
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
    all.extend(untouched(plan, &told, &known).map(seen));
    all
}

/// That nobody changed the other resources in scope, in one observation.
fn untouched(plan: &Plan, told: &[(Suspect, &Change)], known: &[&Observation]) -> Option<Observation> {
    let changed = |id: &ResourceId| {
        told.iter()
            .any(|(_, change)| change.resource.as_ref() == Some(id))
            || known
                .iter()
                .any(|one| one.resource.as_ref() == Some(id) && matches!(one.fact, Observed::Changed { .. }))
    };
    let said = known
        .iter()
        .any(|one| one.resource.is_none() && matches!(one.fact, Observed::NoChange));
    let others = plan
        .resources
        .iter()
        .filter(|id| !plan.subjects.contains(id) && !changed(id));
    let count = others.count();
    (count > 0 && !said).then(|| Observation {
        resource: None,
        origin: Origin::Changes,
        at: None,
        error: 0,
        strength: 1.0,
        notable: false,
        fact: Observed::NoChange,
        text: match count {
            1 => "nobody changed the one other resource in scope".into(),
            n => Text::from(format!("nobody changed {n} other resources in scope")),
        },
    })
}

/// A change that takes effect bit by bit (a deployment) at the moment of its course that tells most: where the symptom set in
/// meanwhile, that moment.
fn telling(change: &Change, onset: i64) -> Change {
    let meanwhile = |begun: &Timestamp| begun.as_second() <= onset && onset < change.at.as_second();
    let at = begun(change).map_or(change.at, |begun| match Timestamp::from_second(onset) {
        Ok(onset) if meanwhile(&begun) => onset,
        _ if begun.as_second() > onset => begun,
        _ => change.at,
    });
    Change { at, ..change.clone() }
}

/// Seconds that a change took: its effect may have set in so long before its end.
fn length(change: &Change) -> u32 {
    let seconds = begun(change).map_or(0, |begun| change.at.duration_since(begun).as_secs());
    u32::try_from(seconds).unwrap_or_default()
}

fn observation(state: &State, suspect: &Suspect, change: &Change) -> Observation {
    let name = change.resource.as_ref().map(|id| state.known.resource(id).name);
    let mut text = Text::new().ext(operation(&change.kind));
    if let Some(name) = name {
        text = text.own(" on ").ext(name);
    }
    if let Some(actor) = &change.actor {
        text = text.own(" by ").ext(actor.clone());
    }
    text = text.own(format!(" at {}", wording::clock(change.at)));
    if !change.summary.is_empty() && change.summary != change.kind {
        text = text
            .own(": ")
            .ext(change.summary.chars().take(120).collect::<String>());
    }
    Observation {
        resource: change.resource.clone(),
        origin: Origin::Changes,
        at: Some(change.at),
        error: length(change),
        // How far away it is, is for whoever blames it to say.
        strength: wording::rounded(suspect.plain),
        notable: suspect.act != Act::Routine && suspect.score >= TELLING,
        fact: Observed::Changed {
            source: change.source.clone(),
            change: change.kind.clone(),
            actor: change.actor.clone(),
            detail: detail(change),
            routine: suspect.act == Act::Routine,
            risk: suspect.act.weight(),
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
