//! `midwatch doctor`: what stands between an engineer and an investigation, told before three in the morning.

mod certificate;
mod checks;
mod egress;
mod looks;
mod outlets;
mod spaces;
mod support;
mod watch;

use std::io::Write;

use color_eyre::eyre::Result;

use super::Context;

/// Options of `midwatch doctor`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 when nothing is wrong, 1 when something is.\n\nExamples:\n  midwatch doctor\n  midwatch doctor --egress\n  midwatch doctor --support"
)]
pub struct Args {
    /// List the hosts and ports that the configuration needs, and look at nothing
    #[arg(long)]
    egress: bool,
    /// Also ask AWS what the support plan offers and this identity may do, without doing it
    #[arg(long)]
    support: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(context: &Context, only: Option<String>, args: &Args, out: &mut impl Write) -> Result<u8> {
    let found = crate::aws::found::here();
    if args.egress {
        let region = context.config.region.as_deref();
        let regions = egress::Regions {
            places: region.unwrap_or_else(|| found.region_name()),
            secrets: &context.secrets_region(),
        };
        let names = super::serve::names(&context.config, only);
        let spaces = names.iter().map(|name| context.of_space(name).config);
        let needs = egress::Needs::of(context, spaces.collect()).await;
        egress::print(&needs, &regions, args.json, out)?;
        return Ok(0);
    }
    let spaces = spaces::on_watch(context, only).await;
    let mut checks = checks::all(context, &found, &spaces).await;
    checks.extend(watch::all(context, &spaces).await);
    checks.extend(looks::all(&spaces));
    checks.extend(outlets::all(&spaces).await);
    if args.support {
        checks.extend(support::checks(context).await?);
    }
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
