//! Whose excess is it? The ranking over the graph, as observations.

use std::collections::BTreeMap;

use super::facts::Facts;
use crate::{
    engine::{observe::Seen, state::State},
    model::{Observed, ResourceId},
};

/// True when the ranking has been recorded for the plan at hand.
pub fn was_asked(state: &State) -> bool {
    state
        .view
        .observations
        .values()
        .any(|observed| matches!(observed.observation.fact, Observed::Excess { .. }))
}

/// temp
pub fn observe(_facts: &Facts<'_>) -> Vec<Seen> {
    Vec::new()
}

/// temp
pub fn scores(_facts: &Facts<'_>) -> BTreeMap<ResourceId, f64> {
    BTreeMap::new()
}
