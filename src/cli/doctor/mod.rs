//! `midwatch doctor`: what stands between an engineer and an investigation, told before three in the morning.

mod checks;
mod egress;

use std::io::Write;

use color_eyre::eyre::Result;

use super::Context;

/// Options of `midwatch doctor`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 when nothing is wrong, 1 when something is.\n\nExamples:\n  midwatch doctor\n  midwatch doctor --egress"
)]
pub struct Args {
    /// List the hosts and ports that the configuration needs, and look at nothing
    #[arg(long)]
    egress: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args, out: &mut impl Write) -> Result<u8> {
    let found = crate::aws::found::here();
    // "eu-west-1 (AWS_REGION)": the region and where it is said.
    let region = found.region.split(' ').next().unwrap_or_default();
    let region = context.config.region.as_deref().unwrap_or(region);
    if args.egress {
        egress::print(&context.config, region, args.json, out)?;
        return Ok(0);
    }
    let checks = checks::all(context, &found).await;
    for check in &checks {
        if args.json {
            writeln!(out, "{}", serde_json::to_string(check)?)?;
        } else {
            check.print(out)?;
        }
    }
    Ok(u8::from(
        checks.iter().any(|check| check.state == checks::State::Wrong),
    ))
}
