//! Observe: evidence becomes observations, the healthy ones too. Pure; the methods live in `analysis/`.

mod alarms;
mod changes;
mod configuration;
mod events;
mod logs;
mod metrics;

use super::{pattern::Library, state::State};
use crate::{
    journal::{
        Body,
        body::{Finding, Observed as Record, Plan},
    },
    model::{Observation, Query},
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
    let mut seen = Vec::new();
    for question in state.fresh() {
        let (Some(asked), Some(evidence), Some((answer, _))) = (
            state.view.queries.get(&question),
            state.evidence.get(&question),
            state.view.answers.get(&question),
        ) else {
            continue;
        };
        match &asked.query {
            Query::Metrics { series, window } if *window == plan.window => {
                seen.extend(metrics::observe(state, plan, series, evidence, *answer));
            }
            Query::Logs { resource: Some(resource), .. } => {
                seen.extend(logs::observe(plan, &resource.id, &resource.name, evidence, *answer));
            }
            Query::Changes { .. } => seen.extend(changes::observe(state, plan, evidence, *answer)),
            Query::Events { .. } => seen.extend(events::observe(plan, evidence, *answer)),
            Query::Configuration { resource } => {
                seen.extend(configuration::observe(state, plan, &resource.id, library, evidence, *answer));
            }
            _ => {}
        }
    }
    seen
}

/// Observations on the alarms, which are read before there is a plan.
pub fn alarms(state: &State, plan: &Plan) -> Vec<Seen> {
    alarms::observe(state, plan)
}

/// Observations as records, each notable one followed by its finding. `next` is the number that the first will have.
pub fn records(seen: Vec<Seen>, next: u64) -> Vec<Body> {
    let mut records = Vec::new();
    for Seen { observation, evidence } in seen {
        let seq = next + records.len() as u64;
        let finding = observation.notable.then(|| Finding {
            text: observation.text.clone(),
            observation: seq,
            resource: observation.resource.clone(),
            at: observation.at,
        });
        records.push(Body::Observation(Record { observation, evidence }));
        records.extend(finding.map(Body::Finding));
    }
    records
}
