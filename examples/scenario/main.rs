//! Writes the scenarios that ship with midwatch: `cargo run --example scenario -- --out scenarios`.
//!
//! The same code always writes the same bytes: every number comes from a seed (see `generator::rng`).

mod generator;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

/// Writes the scenarios that ship with midwatch.
#[derive(Parser)]
struct Arguments {
    /// The folder to write into, one folder a scenario.
    #[arg(long, default_value = "scenarios")]
    out: PathBuf,
    /// Write only this one.
    #[arg(long)]
    only: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match generator::write(&arguments.out, arguments.only.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write;
            // Nothing is left to do when even this cannot be written.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
