//! `midwatch investigate`: one investigation without a screen.

use std::{
    collections::BTreeMap,
    io::{Write, stdout},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use clap::ValueEnum;
use color_eyre::eyre::{Result, bail, eyre};
use jiff::Timestamp;

use super::{
    Context,
    context::absolute,
    progress::Progress,
    report::{self, Format},
};
use crate::{
    engine::{
        handle::Engine,
        local::Local,
        opening::{self, Opening},
    },
    journal::{
        Actor, Body, Draft, Journal, Kind, StreamId,
        body::{Created, Message},
        views::{Investigation, Space},
    },
    model::{Budget, Preset, Priority, RunState, SourceSpec, Start, Text, Verdict, when},
    sources::bundle::Bundle,
};

/// Options of `midwatch investigate`.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("start").args(["text", "alarm", "bundle", "scenario", "preset", "again"]).required(true),
    after_help = "Exit code: 0 cause or no fault, 3 cannot tell, 1 error, 2 usage.\n\nExamples:\n  midwatch investigate --alarm order-errors --region eu-west-1\n  midwatch investigate \"order-intake is slow since 14:05\"\n  midwatch investigate --scenario lambda-throttled-surge --format json"
)]
pub struct Args {
    /// What is wrong, in a sentence; pasted log lines are welcome
    text: Option<String>,
    /// Name of a CloudWatch alarm
    #[arg(long, value_name = "NAME")]
    alarm: Option<String>,
    /// Incident bundle: a folder or an .mwb file
    #[arg(long, value_name = "PATH")]
    bundle: Option<PathBuf>,
    /// Incident that ships with the program
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// Ready-made question
    #[arg(long, value_enum)]
    preset: Option<PresetName>,
    /// Look at a finished investigation again
    #[arg(long, value_name = "INVESTIGATION")]
    again: Option<StreamId>,
    /// What to do otherwise this time, as in chat ("focus on orders")
    #[arg(long, value_name = "TEXT", requires = "again")]
    hint: Option<String>,
    /// When it was noticed: 2025-10-27T14:05Z, 14:05, "20 min ago"
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Stretch of time to look at
    #[arg(long, value_name = "FROM..TO")]
    window: Option<String>,
    /// AWS account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Place in the queue: CRITICAL, HIGH, MEDIUM, LOW, MINIMAL
    #[arg(long, value_name = "PRIORITY")]
    priority: Option<Priority>,
    /// Title of the investigation
    #[arg(long, value_name = "TITLE")]
    name: Option<String>,
    /// Stop asking after so many calls and settle on what was seen
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_calls: Option<u64>,
    /// Stop asking after so many seconds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_seconds: Option<u64>,
    /// Stop asking after so many megabytes of log text
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_megabytes: Option<u64>,
    /// How the result is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Who reasons
    #[arg(long, value_enum, default_value = "builtin")]
    reasoner: ReasonerName,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PresetName {
    LatestAlarm,
    HighCpu,
    ErrorSpike,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReasonerName {
    /// Patterns and ranking: no network, no key
    Builtin,
}

/// Runs one investigation to its end.
pub async fn run(context: &Context, args: Args) -> Result<u8> {
    let mut progress = Progress::new();
    let format = args.format;
    let opening = wanted(context, args, Timestamp::now()).await?;
    let journal = context.journal().await?;
    let telemetry = context.telemetry(&journal);
    let hint = opening.created.hint.clone();
    let (engine, task) = Local::start(
        journal.clone(),
        context.reasoner()?,
        Arc::clone(&telemetry) as Arc<dyn crate::engine::scheduler::Sources>,
        context.settings(Duration::ZERO),
    );
    let from_alarm = matches!(opening.created.start, Start::Alarm { .. } | Start::Preset { .. });
    if from_alarm && matches!(opening.source, SourceSpec::Aws { .. }) {
        progress.line("looking at the alarm ...");
        let preview = engine
            .preview(&opening.created.start, &opening.source, Timestamp::now())
            .await;
        if preview.doubtful {
            for line in &preview.lines {
                progress.say(&format!("note: {line}"));
            }
        }
    }
    let stream = open(context, &journal, opening, &hint).await?;
    let view = tokio::select! {
        view = watch(&journal, &stream, &mut progress, context.config.budget) => view?,
        stopped = task => match stopped {
            Ok(Ok(())) => bail!("the engine stopped before {stream} was finished"),
            Ok(Err(error)) => return Err(error.into()),
            Err(error) => bail!("the engine failed: {error}"),
        },
    };
    finish_others(&journal, &mut progress).await?;
    engine.rest().await;
    progress.clear();
    print(&journal, &view, format, context.config.ascii).await
}

/// What the options ask for.
async fn wanted(context: &Context, args: Args, now: Timestamp) -> Result<Opening> {
    let hint: Text = args
        .hint
        .as_deref()
        .map(|hint| Text::new().ext(hint))
        .unwrap_or_default();
    let at = args
        .at
        .as_deref()
        .map(|at| when::parse(at, now))
        .transpose()
        .map_err(|error| eyre!(error))?;
    let window = args
        .window
        .as_deref()
        .map(|window| when::parse_window(window, now))
        .transpose();
    let window = window.map_err(|error| eyre!(error))?;
    let usual = context.config.budget;
    let given = args.max_calls.or(args.max_seconds).or(args.max_megabytes);
    let budget = given.map(|_| Budget {
        calls: args.max_calls.unwrap_or(usual.calls),
        seconds: args.max_seconds.unwrap_or(usual.seconds),
        bytes: args
            .max_megabytes
            .map_or(usual.bytes, |megabytes| megabytes.saturating_mul(1024 * 1024)),
    });
    let mut opening = match (&args.again, &args.bundle, &args.scenario) {
        (Some(parent), _, _) => again(context, parent).await?,
        (_, Some(path), _) => Opening::of(
            Bundle::open(path)?.incident(),
            SourceSpec::Bundle {
                path: absolute(path).display().to_string(),
            },
        ),
        (_, _, Some(name)) => Opening::of(
            Bundle::scenario(name)?.incident(),
            SourceSpec::Scenario { name: name.clone() },
        ),
        _ => live(context, &args),
    };
    let created = &mut opening.created;
    created.at = at.or(created.at);
    created.window = window.or(created.window);
    created.account = args.account.or_else(|| created.account.take());
    created.region = context.config.region.clone().or_else(|| created.region.take());
    created.priority = args.priority.unwrap_or(created.priority);
    created.hint = hint;
    created.budget = budget;
    if let Some(name) = args.name {
        created.title = Text::new().ext(name);
    }
    Ok(opening)
}

fn live(context: &Context, args: &Args) -> Opening {
    let start = match (&args.alarm, args.preset, &args.text) {
        (Some(alarm), _, _) => Start::Alarm { alarm: alarm.clone() },
        (_, Some(preset), _) => Start::Preset {
            preset: match preset {
                PresetName::LatestAlarm => Preset::LatestAlarm,
                PresetName::HighCpu => Preset::HighCpu,
                PresetName::ErrorSpike => Preset::ErrorSpike,
            },
        },
        (_, _, text) => Start::Text {
            text: text.clone().unwrap_or_default(),
        },
    };
    Opening {
        created: Created {
            title: start.text(),
            start,
            at: None,
            window: None,
            baseline: None,
            priority: Priority::default(),
            account: args.account.clone(),
            region: context.config.region.clone(),
            details: Text::new(),
            hint: Text::new(),
            reasoner: "builtin".to_owned(),
            budget: None,
        },
        source: SourceSpec::Aws {
            account: args.account.clone(),
            region: context.config.region.clone(),
        },
        parent: None,
    }
}

async fn again(context: &Context, parent: &StreamId) -> Result<Opening> {
    let journal = context.journal().await?;
    let space = Space::fold(&journal.read_all(&StreamId::space()).await?);
    let view = Investigation::fold(&journal.read_all(parent).await?);
    let (Some(listed), Some(created)) = (space.investigations.get(parent), view.created) else {
        bail!("there is no investigation {parent}\nhint: midwatch journal list shows all of them");
    };
    Ok(Opening {
        created,
        source: listed.opened.source.clone(),
        parent: Some(parent.clone()),
    })
}

/// Opens the investigation; a hint follows as the first message.
async fn open(context: &Context, journal: &Journal, opening: Opening, hint: &Text) -> Result<StreamId> {
    let (stream, mut batch) = opening::appends(&context.operator(), opening, None);
    if !hint.is_empty() {
        let message = Body::Message(Message {
            text: hint.clone(),
            cites: Vec::new(),
            answers: None,
            stream: None,
        });
        let drafts = batch
            .iter_mut()
            .find(|append| append.stream == stream)
            .map(|append| &mut append.drafts);
        if let Some(drafts) = drafts {
            drafts.push(Draft::new(Actor::Operator("hint".to_owned()), &message));
        }
    }
    journal.append_all(batch).await?;
    Ok(stream)
}

async fn watch(
    journal: &Journal,
    stream: &StreamId,
    progress: &mut Progress,
    budget: Budget,
) -> Result<Investigation> {
    let mut view = Investigation::default();
    let mut follower = journal.follow_only(BTreeMap::from([(stream.clone(), 0)]));
    while view.end.is_none() {
        follower
            .next()
            .await?
            .iter()
            .for_each(|record| view.apply(record));
        progress.show(&view, budget);
    }
    // `closed` with the final head and the recommendations follow at once; without it the next start makes it good.
    let mut space = journal.follow_only(BTreeMap::from([(StreamId::space(), 0)]));
    let closed = async {
        let mut closed = false;
        while !closed {
            closed = space.next().await?.iter().any(|record| {
                record.kind == Kind::Closed
                    && record.body.get("stream").and_then(|name| name.as_str()) == Some(stream.as_str())
            });
        }
        Ok::<(), crate::journal::StoreError>(())
    };
    if let Ok(result) = tokio::time::timeout(Duration::from_secs(10), closed).await {
        result?;
    }
    Ok(view)
}

/// Investigations that an earlier run left unfinished are finished too, as far as half a minute goes.
async fn finish_others(journal: &Journal, progress: &mut Progress) -> Result<()> {
    let unfinished = |space: &Space| {
        space
            .investigations
            .values()
            .filter(|listed| listed.closed.is_none())
            .count()
    };
    let mut view = Space::fold(&journal.read_all(&StreamId::space()).await?);
    if unfinished(&view) == 0 {
        return Ok(());
    }
    let mut follower = journal.follow_only(BTreeMap::from([(StreamId::space(), view.seq)]));
    let rest = async {
        while unfinished(&view) > 0 {
            progress.line(&format!(
                "resuming {} left unfinished by an earlier run ...",
                unfinished(&view)
            ));
            follower
                .next()
                .await?
                .iter()
                .for_each(|record| view.apply(record));
        }
        Ok::<(), crate::journal::StoreError>(())
    };
    if let Ok(result) = tokio::time::timeout(Duration::from_secs(30), rest).await {
        result?;
    }
    Ok(())
}

async fn print(journal: &Journal, view: &Investigation, format: Format, ascii: bool) -> Result<u8> {
    let result = report::written(journal, view, format, report::layout(ascii)).await?;
    stdout().lock().write_all(result.as_bytes())?;
    let end = view.end.as_ref();
    match end.and_then(|end| end.verdict) {
        Some(Verdict::Cause | Verdict::NoFault) => Ok(0),
        Some(Verdict::Inconclusive) => Ok(3),
        None => {
            let why = end.map(|end| end.text.plain()).unwrap_or_default();
            let state = end.map_or("not finished", |end| RunState::as_str(end.state));
            let stream = view.stream.as_ref().map(ToString::to_string).unwrap_or_default();
            bail!("the investigation {stream} {state}: {why}")
        }
    }
}
