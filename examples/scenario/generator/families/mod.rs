//! The benchmark's families: one fault each, in a believable system.

mod lambda;
mod lambda_capacity;
mod messaging;
mod streams;
mod tables;

use super::world::World;

/// A family: its name, and the function that lays its system, lets the fault happen and says the truth.
pub type Family = (&'static str, fn(&mut World));

/// All families.
pub const ALL: &[&[Family]] = &[
    lambda::FAMILIES,
    lambda_capacity::FAMILIES,
    messaging::FAMILIES,
    streams::FAMILIES,
    tables::FAMILIES,
];
