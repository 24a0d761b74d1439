//! The shipped scenarios and the benchmark's cases, from a seed.
//!
//! A scenario is one file in `cases/`: a function that fills a [`draft::Draft`]. Quantities are waves over a grid of
//! minutes (`wave`), turned into a service's own series (`metrics`), log lines (`logs`), alarms whose transitions follow
//! from their series (`alarms`) and changes (`changes`); `neighbours` adds what runs beside the incident and is well.
//!
//! The benchmark is made of families (`families/`), each a fault in a system that is built with the parts in `world/`, and
//! `variants` makes six cases out of each; `controls` and `doubtful` are cases without a fault, and without an answer.

pub mod alarms;
mod cases;
pub mod changes;
mod controls;
mod doubtful;
pub mod draft;
mod families;
pub mod logs;
pub mod metrics;
pub mod neighbours;
pub mod resources;
pub mod rng;
mod variants;
pub mod wave;
pub mod world;

use std::{io, path::Path};

use variants::Variant;

/// Writes all scenarios, or one, below `out`.
pub fn write(out: &Path, only: Option<&str>) -> io::Result<()> {
    for draft in cases::all() {
        if only.is_none_or(|only| only == draft.name) {
            draft.write(out)?;
        }
    }
    Ok(())
}

/// Writes the benchmark's cases below `out`, or those whose name is or begins with `only`; says how many.
pub fn write_bench(out: &Path, only: Option<&str>) -> io::Result<usize> {
    let families: Vec<families::Family> = families::ALL
        .iter()
        .flat_map(|area| area.iter().copied())
        .collect();
    let wanted = |name: &str| only.is_none_or(|only| name.starts_with(only));
    let mut written = 0;
    for (index, family) in families.iter().enumerate() {
        let partner = families[(index + families.len() / 2) % families.len()];
        for variant in Variant::ALL {
            if wanted(&format!("{}-{}", family.0, variant.word())) {
                finish(variants::case(index, *family, partner, variant), out)?;
                written += 1;
            }
        }
    }
    for world in controls::all(&wanted).into_iter().chain(doubtful::all(&wanted)) {
        finish(world, out)?;
        written += 1;
    }
    Ok(written)
}

fn finish(world: world::World, out: &Path) -> io::Result<()> {
    if let Some(problem) = world.problems.first() {
        return Err(io::Error::other(format!("{}: {problem}", world.draft.name)));
    }
    world.draft.write(out)
}
