//! The benchmark's families: one fault each, in a believable system.

mod access;
mod apis;
mod consumers;
mod containers;
mod database_events;
mod databases;
mod fleets;
mod hosts;
mod lambda;
mod lambda_capacity;
mod messaging;
mod network;
mod outside;
mod streams;
mod tables;

use super::world::World;

/// A family: its name, and the function that lays its system, lets the fault happen and says the truth.
pub type Family = (&'static str, fn(&mut World));

/// All families.
pub const ALL: &[&[Family]] = &[
    access::FAMILIES,
    apis::FAMILIES,
    consumers::FAMILIES,
    containers::FAMILIES,
    database_events::FAMILIES,
    databases::FAMILIES,
    fleets::FAMILIES,
    hosts::FAMILIES,
    lambda::FAMILIES,
    lambda_capacity::FAMILIES,
    messaging::FAMILIES,
    network::FAMILIES,
    outside::FAMILIES,
    streams::FAMILIES,
    tables::FAMILIES,
];
