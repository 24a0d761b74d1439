//! `midwatch`: the console on a space, with the engine inside.

use std::{sync::Arc, time::Duration};

use color_eyre::eyre::Result;
use tokio::task::JoinHandle;

use super::Context;
use crate::{
    config::paths,
    console::{self, Options, Setup, theme::Themes},
    engine::{handle::Engine, local::Local, scheduler::Sources},
    journal::{Journal, StoreError, StreamId},
    model::SourceSpec,
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
}

/// Opens the console on the configured space.
pub async fn run(context: &Context) -> Result<u8> {
    let journal = context.journal().await?;
    let telemetry = context.telemetry() as Arc<dyn Sources>;
    let (engine, task) = Local::start(
        journal.clone(),
        context.reasoner()?,
        telemetry,
        context.settings(Duration::ZERO),
    );
    let region = context.config.region.clone();
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
    };
    show(context, shown).await
}

/// What was configured for the console. A theme that cannot be read is told, and keeps nobody from working.
fn setup() -> Setup {
    let (themes, troubles) = match paths::themes() {
        Some(folder) => Themes::shipped().with_folder(&folder),
        None => (Themes::shipped(), Vec::new()),
    };
    Setup {
        themes,
        troubles: troubles.iter().map(ToString::to_string).collect(),
    }
}

/// Shows the console until it is left; running investigations stay resumable.
pub async fn show(context: &Context, shown: Shown) -> Result<u8> {
    let engine = Arc::clone(&shown.engine);
    let options = Options {
        journal: shown.journal,
        engine: shown.engine,
        space: context.config.space.clone(),
        source: shown.source,
        account: shown.account,
        region: shown.region,
        actor: context.operator(),
        theme: context.config.theme.clone(),
        ascii: context.config.ascii,
        setup: setup(),
        select: shown.select,
        title: shown.title.unwrap_or_else(|| "midwatch".to_owned()),
    };
    let left = console::run(options).await;
    engine.rest().await;
    shown.task.abort();
    left.map(|()| 0)
}
