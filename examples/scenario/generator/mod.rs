//! The shipped scenarios, from a seed.
//!
//! A scenario is one file in `cases/`: a function that fills a [`draft::Draft`]. Quantities are waves over a grid of
//! minutes (`wave`), turned into a service's own series (`metrics`), log lines (`logs`), alarms whose transitions follow
//! from their series (`alarms`) and changes (`changes`); `neighbours` adds what runs beside the incident and is well.

pub mod alarms;
mod cases;
pub mod changes;
pub mod draft;
pub mod logs;
pub mod metrics;
pub mod neighbours;
pub mod resources;
pub mod rng;
pub mod wave;

use std::{io, path::Path};

/// Writes all scenarios, or one, below `out`.
pub fn write(out: &Path, only: Option<&str>) -> io::Result<()> {
    for draft in cases::all() {
        if only.is_none_or(|only| only == draft.name) {
            draft.write(out)?;
        }
    }
    Ok(())
}
