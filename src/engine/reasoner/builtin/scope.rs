//! Scope: the resources around the subjects, and the plan.

use super::frame::Framed;
use crate::{
    engine::state::State,
    journal::body::Plan,
    model::{ResourceId, Text},
};

/// Relations between a subject and the farthest resource in scope: a cause further away reaches the subject through one that
/// is nearer, and is found by looking again from there.
const DEPTH: u32 = 6;
/// Resources in scope: with ten series each, one GetMetricData call.
const RESOURCES: usize = 50;

/// The plan for what was understood.
pub fn plan(state: &State, framed: &Framed) -> Plan {
    let subjects: Vec<ResourceId> = framed.subjects.iter().map(|subject| subject.id.clone()).collect();
    let mut resources = subjects.clone();
    for near in state.known.topology.around(&subjects, DEPTH, RESOURCES) {
        if !resources.contains(&near.id) && !state.wishes.ignore.contains(&near.id) {
            resources.push(near.id);
        }
    }
    let neighbours = resources.len().saturating_sub(subjects.len());
    let steps = vec![
        Text::from("read changes and service events around the window"),
        Text::from(format!(
            "read the metrics of the subject and of {neighbours} neighbours, against the baseline"
        )),
        Text::from("read logs and configuration of the subject and of whatever is conspicuous"),
        Text::from("match what was seen with the patterns, test the leading hypotheses, settle"),
    ];
    Plan {
        symptom: framed.symptom.clone(),
        series: framed.series.clone(),
        at: framed.at,
        resources,
        subjects,
        window: framed.window,
        baseline: framed.baseline,
        steps,
        named: Vec::new(),
    }
}
