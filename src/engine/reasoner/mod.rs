//! Who decides what an investigation does next.

pub mod builtin;

use super::{state::State, step::Step};

/// Decides what an investigation does next, from its state alone: the same state always gets the same step.
pub trait Reasoner: Send + Sync {
    /// The next step.
    fn next(&self, state: &State) -> Step;
}
