//! `midwatch demo`: the console on an incident that ships with the program.

use std::{sync::Arc, time::Duration};

use color_eyre::eyre::{Result, bail};

use super::{Context, console};
use crate::{
    engine::{
        local::Local,
        opening::{self, Opening},
        scheduler::Sources,
    },
    journal::Journal,
    model::SourceSpec,
    sources::bundle::Bundle,
};

/// Pause after each step at speed 1: time to read a line.
const STEP: Duration = Duration::from_millis(900);

/// Options of `midwatch demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: midwatch demo lambda-throttled-surge --speed 2")]
pub struct Args {
    /// Which incident; --list shows them all
    scenario: Option<String>,
    /// List the incidents that ship with the program
    #[arg(long)]
    list: bool,
    /// How fast it goes on: 1 is a speed to read along, 0 is at once
    #[arg(long, default_value_t = 1.0, value_name = "N")]
    speed: f64,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            scenario: None,
            list: false,
            speed: 1.0,
        }
    }
}

/// The incident that is shown when none is named.
const FIRST: &str = "order-intake-bad-deploy";

/// Opens the console on the scenario. Nothing is kept: the journal is gone with the program.
pub async fn run(context: &Context, args: Args) -> Result<u8> {
    if args.list {
        return list();
    }
    if !args.speed.is_finite() || args.speed < 0.0 {
        bail!(
            "the speed {} is not a number from 0 up\nhint: --speed 2 is twice as fast",
            args.speed
        );
    }
    let name = args.scenario.unwrap_or_else(|| FIRST.to_owned());
    let bundle = Bundle::scenario(&name)?;
    let setup = console::setup(context, None)?;
    let source = SourceSpec::Scenario { name };
    let journal = Journal::in_memory().await?;
    let pause = if args.speed == 0.0 {
        Duration::ZERO
    } else {
        STEP.div_f64(args.speed)
    };
    let telemetry = context.telemetry(&journal) as Arc<dyn Sources>;
    let (engine, task) = Local::start(
        journal.clone(),
        context.reasoner()?,
        telemetry,
        context.settings(pause),
    );
    let opening = Opening::of(bundle.incident(), source.clone());
    let (account, region) = (opening.created.account.clone(), opening.created.region.clone());
    let stream = opening::open(&journal, context.operator(), opening).await?;
    let shown = console::Shown {
        journal,
        engine,
        task,
        source,
        account,
        region,
        select: Some(stream),
        title: Some("demo".to_owned()),
        setup,
        // An incident that nobody has is nothing to ask people about.
        support: None,
    };
    console::show(context, shown).await.map(|_| 0)
}

fn list() -> Result<u8> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    for (name, title) in crate::sources::bundle::scenarios()? {
        writeln!(out, "{name:<28} {title}")?;
    }
    Ok(0)
}
