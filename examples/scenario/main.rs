//! Writes the scenarios that ship with midwatch: `cargo run --example scenario -- --out scenarios`, or the benchmark's
//! cases: `cargo run --example scenario -- --bench --out DIR`.
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
    /// Write only this one; with `--bench` all whose names begin so.
    #[arg(long)]
    only: Option<String>,
    /// Write the benchmark's cases instead.
    #[arg(long)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let only = arguments.only.as_deref();
    let written = if arguments.bench {
        generator::write_bench(&arguments.out, only).map(drop)
    } else {
        generator::write(&arguments.out, only)
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write;
            // Nothing is left to do when even this cannot be written.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
