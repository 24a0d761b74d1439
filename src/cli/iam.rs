//! `midwatch iam`: what AWS has to allow, generated from the closed list of operations.

use std::io::{Write, stdout};

use clap::Subcommand;
use color_eyre::eyre::Result;

use crate::aws;

/// What to print.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The read-only IAM policy
    #[command(after_help = "Example: midwatch iam policy > midwatch-read-only.json")]
    Policy,
}

/// Runs the command.
pub fn run(command: Command) -> Result<u8> {
    match command {
        Command::Policy => {
            let policy = serde_json::to_string_pretty(&aws::read_only_policy())?;
            writeln!(stdout().lock(), "{policy}")?;
        }
    }
    Ok(0)
}
