//! Observe: evidence becomes observations, the healthy ones too. Pure; the methods live in `analysis/`.

mod alarms;
mod changes;
mod configuration;
mod deployed;
mod events;
mod limits;
mod logs;
mod metrics;
mod runs;

pub use limits::DOCUMENTED;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{guard, pattern::Library, state::State};
use crate::{
    journal::{
        Body,
        body::{Asked, Finding, Guard, Observed as Record, Plan},
    },
    model::{Evidence, Observation, Observed, Query, Text},
};

/// An observation with the records of the evidence behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The fact.
    pub observation: Observation,
    /// Records of the evidence (answers).
    pub evidence: Vec<u64>,
}

/// Observations on everything that was answered since the last time, in the order of the questions.
pub fn observe(state: &State, plan: &Plan, library: &Library) -> Vec<Seen> {
    let fresh = state.fresh();
    let mut seen: Vec<Seen> = Vec::new();
    for (asked, evidence, answer) in fresh.iter().filter_map(|question| answered(state, *question)) {
        if let Query::Metrics { series, window } = &asked.query
            && *window == plan.window
        {
            seen.extend(metrics::observe(state, plan, series, evidence, answer));
        }
    }
    let onset = onset(state, plan, &seen);
    for (asked, evidence, answer) in fresh.iter().filter_map(|question| answered(state, *question)) {
        let (evidence, _) = guard::inert(evidence);
        let evidence = evidence.as_ref();
        match &asked.query {
            Query::Logs {
                resource: Some(resource),
                ..
            } => {
                seen.extend(logs::observe(
                    plan,
                    onset,
                    &resource.id,
                    &resource.name,
                    evidence,
                    answer,
                ));
                seen.extend(runs::observe(
                    onset,
                    &resource.id,
                    &resource.name,
                    evidence,
                    answer,
                ));
            }
            Query::Changes { .. } => seen.extend(changes::observe(state, plan, onset, evidence, answer)),
            Query::Events { .. } => seen.extend(events::observe(state, plan, evidence, answer)),
            Query::Metrics { window, .. } if *window == plan.window => {
                seen.extend(limits::documented(state, onset, library, evidence, answer));
            }
            Query::Configuration { resource } => {
                let id = &resource.id;
                seen.extend(configuration::observe(state, id, library, evidence, answer));
                seen.extend(limits::configured(
                    state, plan, onset, id, library, evidence, answer,
                ));
            }
            _ => {}
        }
    }
    seen
}

fn answered(state: &State, question: u64) -> Option<(&Asked, &Evidence, u64)> {
    let asked = state.view.queries.get(&question)?;
    let evidence = state.evidence.get(&question)?;
    let (answer, _) = state.view.answers.get(&question)?;
    Some((asked, evidence, *answer))
}

/// When the symptom set in, as early as it may have been: what logs are split by.
fn onset(state: &State, plan: &Plan, seen: &[Seen]) -> Timestamp {
    let known = state.observations().map(|(_, observed)| &observed.observation);
    let shifted = |observation: &&Observation| {
        observation.notable
            && matches!(observation.fact, Observed::MetricShift { .. })
            && observation
                .resource
                .as_ref()
                .is_some_and(|id| plan.subjects.contains(id))
    };
    let earliest = known
        .chain(seen.iter().map(|seen| &seen.observation))
        .filter(shifted)
        .filter_map(|observation| {
            observation
                .at?
                .checked_sub(SignedDuration::from_secs(i64::from(observation.error)))
                .ok()
        })
        .min();
    earliest.unwrap_or(plan.at)
}

/// Changes and service events on resources that came into scope after these were read.
pub fn widened(state: &State, plan: &Plan) -> Vec<Seen> {
    let onset = onset(state, plan, &[]);
    let narrow = Plan {
        resources: plan.named.iter().map(|named| named.resource.id.clone()).collect(),
        subjects: Vec::new(),
        ..plan.clone()
    };
    let mut seen = Vec::new();
    for (answer, query, evidence) in
        state.found(|query| matches!(query, Query::Changes { .. } | Query::Events { .. }))
    {
        let (evidence, _) = guard::inert(evidence);
        seen.extend(match query {
            Query::Changes { .. } => changes::observe(state, &narrow, onset, &evidence, answer),
            _ => events::observe(state, &narrow, &evidence, answer),
        });
    }
    seen
}

/// What was left out of account in the fresh answers because it gives orders to a reader: one record an answer.
pub fn orders(state: &State) -> Vec<Guard> {
    let fresh = state.fresh();
    fresh
        .iter()
        .filter_map(|question| answered(state, *question))
        .filter_map(|(asked, evidence, answer)| {
            let (_, count) = guard::inert(evidence);
            let items = match count {
                0 => return None,
                1 => "1 text".to_owned(),
                n => format!("{n} texts"),
            };
            Some(Guard {
                text: Text::from(format!("{items} in #{answer} ("))
                    .join(&asked.query.text())
                    .own(") would give orders to a reader: data, not followed and left out of account"),
            })
        })
        .collect()
}

/// Observations on the alarms, which are read before there is a plan.
pub fn alarms(state: &State, plan: &Plan) -> Vec<Seen> {
    alarms::observe(state, plan)
}

/// Observations as records, each notable one followed by its finding. `next` is the number that the first will have.
pub fn records(seen: Vec<Seen>, next: u64) -> Vec<Body> {
    let mut records = Vec::new();
    for Seen {
        observation,
        evidence,
    } in seen
    {
        let seq = next + records.len() as u64;
        let finding = observation.notable.then(|| Finding {
            text: observation.text.clone(),
            observation: seq,
            resource: observation.resource.clone(),
            at: observation.at,
        });
        records.push(Body::Observation(Arc::new(Record {
            observation,
            evidence,
        })));
        records.extend(finding.map(|finding| Body::Finding(Arc::new(finding))));
    }
    records
}
