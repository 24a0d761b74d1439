//! What operators say while an investigation runs: understood by plain rules, answered from the journal.

mod answer;
mod understand;

pub use answer::{Reply, carry_out, is_too_early, reply};
pub use understand::{Understood, understand};
