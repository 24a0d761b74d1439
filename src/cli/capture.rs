//! `midwatch capture`: an incident as one file that replays offline.

use std::{
    io::{Write as _, stdout},
    path::{Path, PathBuf},
};

use color_eyre::eyre::{Result, bail, eyre};
use jiff::{SignedDuration, Timestamp};

use super::{Context, progress::Progress};
use crate::{
    engine::scheduler::Sources as _,
    journal::StreamId,
    model::{Allowance, Priority, SourceSpec, Window, when},
    redact::{Redactor, Scope},
    sources::{
        bundle::Incident,
        capture::{Recorded, Recorder, Recording, seen_by},
    },
};

/// Length of the normal stretch before a recorded window, as an investigation takes it.
const BASELINE: SignedDuration = SignedDuration::from_mins(180);

/// Options of `midwatch capture`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "midwatch capture INVESTIGATION OUT\n       midwatch capture --capture-window FROM..TO OUT",
    after_help = "OUT is one file when it ends in .mwb, else a folder. Secrets never leave the journal; e-mail addresses,\ntelephone numbers and public IP addresses are taken out too, unless --personal keeps them.\n\nExamples:\n  midwatch capture inv-01JB0X... checkout.mwb\n  midwatch capture --capture-window \"02:00..04:00\" tonight.mwb\n  midwatch investigate --bundle checkout.mwb"
)]
pub struct Args {
    /// The investigation, and where to write what it saw
    #[arg(value_name = "WHAT", num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// Record everything that the space can tell of this stretch of time
    #[arg(long, value_name = "FROM..TO")]
    capture_window: Option<String>,
    /// The normal stretch beside it; else the three hours before
    #[arg(long, value_name = "FROM..TO", requires = "capture_window")]
    baseline: Option<String>,
    /// Calls that the recording may make
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "capture_window")]
    max_calls: u64,
    /// Keep personal data; secrets are taken out all the same
    #[arg(long)]
    personal: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: Args) -> Result<u8> {
    let (incident, recording, out) = match (&args.capture_window, args.words.as_slice()) {
        (None, [stream, out]) => {
            let stream: StreamId = stream
                .parse()
                .map_err(|error| eyre!("{error}\nhint: midwatch journal list shows the investigations"))?;
            let (incident, recording) = seen_by(&context.journal().await?, &stream).await?;
            (incident, recording, out)
        }
        (Some(window), [out]) => {
            // Known before an hour of asking: a name that is taken.
            if Path::new(out).exists() {
                bail!("{out} is there already\nhint: give another name, or move it away");
            }
            let (incident, recording) = record(context, &args, window).await?;
            (incident, recording, out)
        }
        (None, _) => bail!("where to write it is missing\nhint: midwatch capture INVESTIGATION OUT"),
        (Some(_), _) => bail!(
            "a window is not of one investigation\nhint: midwatch capture --capture-window FROM..TO OUT"
        ),
    };
    if recording.is_empty() {
        bail!(
            "nothing was seen, so there is nothing to write\nhint: midwatch journal show tells what could not be looked at"
        );
    }
    let scope = if args.personal {
        Scope::Secrets
    } else {
        Scope::Personal
    };
    let path = PathBuf::from(out);
    recording
        .contents(&incident, &mut Redactor::new(scope))
        .write(&path)?;
    let counts: Vec<String> = recording
        .counts()
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    let mut told = stdout().lock();
    writeln!(told, "{}: {}", path.display(), counts.join(", "))?;
    writeln!(
        told,
        "replay it with: midwatch investigate --bundle {}",
        path.display()
    )?;
    Ok(0)
}

async fn record(context: &Context, args: &Args, window: &str) -> Result<(Incident, Recording)> {
    let now = Timestamp::now();
    let read = |words: &str| when::parse_window(words, now).map_err(|error| eyre!(error));
    let window = read(window)?;
    let baseline = match &args.baseline {
        Some(words) => read(words)?,
        None => Window::new(
            window.from.checked_sub(BASELINE).unwrap_or(window.from),
            window.from,
        ),
    };
    let spec = SourceSpec::Aws {
        account: None,
        region: context.config.region.clone(),
    };
    let source = context
        .telemetry(&context.journal().await?)
        .open(&spec)
        .await
        .map_err(|why| eyre!(why.to_string()))?;
    let mut progress = Progress::new();
    let recorder = Recorder {
        source: source.as_ref(),
        window,
        baseline,
        allowance: Allowance::of(args.max_calls),
    };
    let recorded = recorder
        .record(|told| progress.line(&format!("{} {} of {}", told.what, told.done, told.of)))
        .await;
    progress.clear();
    let Recorded {
        recording,
        start,
        place: (account, region),
    } = recorded;
    let incident = Incident {
        title: format!("{}, {} to {}", context.config.space, window.from, window.to),
        start,
        at: window
            .to
            .checked_sub(SignedDuration::from_secs(1))
            .unwrap_or(window.to),
        account,
        region,
        priority: Priority::default(),
        window,
        baseline: Some(baseline),
    };
    Ok((incident, recording))
}
