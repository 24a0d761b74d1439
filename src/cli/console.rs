//! `midwatch`: the console on a space, with the engine inside.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use color_eyre::eyre::Result;
use tokio::task::JoinHandle;

use super::{Context, demo};
use crate::{
    aws::found,
    config::paths,
    console::{self, Options, Setup, keymap::configured, overlay::welcome::Welcome, theme::Themes},
    engine::{
        handle::{Engine, support::Support},
        local::Local,
        opening::Home,
        scheduler::Sources,
    },
    journal::{Journal, StoreError, StreamId},
    model::SourceSpec,
    outlets::support::Desk,
};

/// What the console is opened on.
pub struct Shown {
    /// The journal.
    pub journal: Journal,
    /// The engine in this process.
    pub engine: Arc<Local>,
    /// Its task.
    pub task: JoinHandle<Result<(), StoreError>>,
    /// Where new investigations get their telemetry from.
    pub source: SourceSpec,
    /// Account, for the title line.
    pub account: Option<String>,
    /// Region, for the title line.
    pub region: Option<String>,
    /// The investigation to show first.
    pub select: Option<StreamId>,
    /// A word for the title line.
    pub title: Option<String>,
    /// What was configured for the console.
    pub setup: Setup,
    /// AWS Support; none where it cannot be asked.
    pub support: Option<Arc<dyn Support>>,
}

/// How the console was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// For good.
    Quit,
    /// To see the demo.
    Demo,
}

/// Opens the console on the configured space.
pub async fn run(context: &Context) -> Result<u8> {
    let journal = context.journal().await?;
    let setup = setup(context, welcome(context, &journal).await)?;
    let telemetry = context.telemetry(&journal) as Arc<dyn Sources>;
    let (engine, task) = Local::start(
        journal.clone(),
        context.reasoner()?,
        telemetry,
        context.settings(Duration::ZERO),
    );
    let region = context.config.region.clone();
    let support = Desk::new(journal.clone(), &context.config);
    let shown = Shown {
        journal,
        engine,
        task,
        source: SourceSpec::Aws {
            account: None,
            region: region.clone(),
        },
        account: None,
        region,
        select: None,
        title: None,
        setup,
        support: Some(Arc::new(support)),
    };
    match show(context, shown).await? {
        Left::Quit => Ok(0),
        // A journal of its own, gone with the program: the operator's stays clean.
        Left::Demo => demo::run(context, demo::Args::default()).await,
    }
}

/// What the first run is told; none where a configuration or an investigation exists.
async fn welcome(context: &Context, journal: &Journal) -> Option<Welcome> {
    let config = paths::config_file();
    if config.as_ref().is_some_and(|path| path.exists()) {
        return None;
    }
    let heads = journal.heads().await.ok()?;
    if heads.keys().any(StreamId::is_investigation) {
        return None;
    }
    let found = found::here();
    let given = context.config.region.as_ref();
    Some(Welcome {
        credentials: found.credentials,
        advice: found.advice,
        region: given.map_or(found.region, |region| format!("{region} (--region)")),
        config,
        written: false,
    })
}

/// What was configured for the console. Keys that mean nothing are an error now, before the screen is taken and any work
/// begun; a theme that cannot be read is told, and keeps nobody from working.
pub fn setup(context: &Context, welcome: Option<Welcome>) -> Result<Setup> {
    let (themes, troubles) = match paths::themes() {
        Some(folder) => Themes::shipped().with_folder(&folder),
        None => (Themes::shipped(), Vec::new()),
    };
    Ok(Setup {
        themes,
        keymap: configured(&context.config.keys)?,
        mouse: context.config.mouse,
        troubles: troubles.iter().map(ToString::to_string).collect(),
        welcome,
        home: Home::of(&context.config),
        demo: Arc::default(),
    })
}

/// Shows the console until it is left; running investigations stay resumable.
pub async fn show(context: &Context, shown: Shown) -> Result<Left> {
    let engine = Arc::clone(&shown.engine);
    let demo = Arc::clone(&shown.setup.demo);
    let options = Options {
        journal: shown.journal,
        engine: shown.engine,
        support: shown.support,
        space: context.config.space.clone(),
        source: shown.source,
        account: shown.account,
        region: shown.region,
        actor: context.operator(),
        theme: context.config.theme.clone(),
        ascii: context.config.ascii,
        setup: shown.setup,
        select: shown.select,
        title: shown.title.unwrap_or_else(|| "midwatch".to_owned()),
    };
    let left = console::run(options).await;
    engine.rest().await;
    shown.task.abort();
    left?;
    Ok(if demo.load(Ordering::Relaxed) {
        Left::Demo
    } else {
        Left::Quit
    })
}
