//! The console on a terminal: what it needs, and what is asked of the system for it. The loop is in [`super::desk`].

use std::{io::Write, path::PathBuf, sync::Arc};

use color_eyre::eyre::WrapErr as _;
use crossterm::event::{Event as Input, EventStream};
use futures_util::{Stream, StreamExt as _};
use jiff::{Timestamp, tz::TimeZone};
use ratatui::layout::Size;
use tokio::sync::{
    mpsc::{UnboundedReceiver, unbounded_channel},
    watch,
};

pub use super::desk::drive;
use super::{
    glyph,
    layout::Pane,
    overlay::Overlay,
    setup::Setup,
    state::{Integrity, Place, State},
    terminal::{self, Reading, Terminal},
    theme::{Depth, Ground, Themes},
};
use crate::{
    engine::{
        handle::{Engine, support::Support},
        opening::Home,
    },
    journal::{Actor, Journal, StreamId},
    model::SourceSpec,
};

/// Reads from the terminal that may fail one after the other.
const FAILURES: u32 = 16;

/// What a console needs.
#[derive(Clone)]
pub struct Options {
    /// The journal of the space.
    pub journal: Journal,
    /// The engine of this process; one without slots where it runs none.
    pub engine: Arc<dyn Engine>,
    /// AWS Support; none where it cannot be asked.
    pub support: Option<Arc<dyn Support>>,
    /// Name of the space.
    pub space: String,
    /// What new investigations look at.
    pub source: SourceSpec,
    /// AWS account, where it is known.
    pub account: Option<String>,
    /// AWS region, where it is known.
    pub region: Option<String>,
    /// Who sits here.
    pub actor: Actor,
    /// Name of a theme; none: by the terminal.
    pub theme: Option<String>,
    /// ASCII signs only, whatever the locale says.
    pub ascii: bool,
    /// What was configured.
    pub setup: Setup,
    /// The investigation to begin with; none: the newest.
    pub select: Option<StreamId>,
    /// A word before the space (`demo`); empty: none.
    pub title: String,
}

/// What surrounds a console: a terminal, or a test.
pub struct Surroundings<W: Write + Send + 'static> {
    /// Where frames go.
    pub out: W,
    /// The size in cells.
    pub size: Size,
    /// Colours.
    pub depth: Depth,
    /// ASCII signs only.
    pub ascii: bool,
    /// The time.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// The operator's time zone.
    pub zone: TimeZone,
    /// Where exports are written.
    pub folder: PathBuf,
}

/// A wish from outside the terminal's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// End.
    Quit,
    /// Stop until continued.
    Suspend,
    /// End, unless another program has the terminal: then it is meant.
    Interrupt,
}

/// The console on this terminal, until the operator quits or the terminal goes away.
pub async fn run(mut options: Options) -> color_eyre::Result<()> {
    let get = |name: &str| std::env::var(name).ok();
    let depth = Depth::from_env(get);
    let usual = || Themes::usual(depth, Ground::from_env(get)).to_owned();
    let theme = options.theme.take().unwrap_or_else(usual);
    // Checked before the screen is taken, so that a misspelt name is told where the command was typed.
    options.setup.themes.named(&theme, depth)?;
    options.theme = Some(theme);
    let (width, height) = crossterm::terminal::size()
        .wrap_err("there is no terminal to draw on\nhint: midwatch investigate works without one")?;
    let mut signals = signals().wrap_err("signals cannot be caught")?;
    let mut terminal = Terminal::enter(options.setup.mouse).wrap_err("the terminal cannot be taken")?;
    let surroundings = Surroundings {
        out: screen().wrap_err("the terminal cannot be written to")?,
        size: Size::new(width, height),
        depth,
        ascii: options.ascii || glyph::wants_ascii(get),
        clock: Arc::new(Timestamp::now),
        zone: TimeZone::system(),
        folder: std::env::current_dir().unwrap_or_default(),
    };
    let result = drive(
        options,
        surroundings,
        typed(terminal.reading()),
        &mut signals,
        Some(&mut terminal),
    )
    .await;
    drop(terminal);
    for fault in terminal::panics_elsewhere() {
        tracing::error!("{fault}");
    }
    result
}

/// The terminal to write frames to: its own handle, so that a write that is held up holds no lock which giving the terminal
/// back would need.
fn screen() -> std::io::Result<std::fs::File> {
    use std::os::fd::AsFd as _;
    Ok(std::io::stdout().as_fd().try_clone_to_owned()?.into())
}

/// What is typed, through a channel of its own: a crossterm stream that was asked "is there more?" without being waited for
/// keeps that question's waker, and sleeps through the next key.
///
/// While the terminal is lent nothing is read: the stream is dropped and with it the thread that would take the keys away.
fn typed(reading: watch::Sender<Reading>) -> impl Stream<Item = Input> {
    let (send, mut receive) = unbounded_channel();
    tokio::spawn(async move {
        let mut events = EventStream::new();
        let mut failures = 0;
        let mut told = reading.subscribe();
        loop {
            let event = tokio::select! {
                Ok(_) = told.wait_for(|reading| *reading == Reading::Stop) => None,
                event = events.next() => match event {
                    Some(event) => Some(event),
                    None => return,
                },
                // The console has ended; the next key is somebody else's.
                () = send.closed() => return,
            };
            let Some(event) = event else {
                drop(events);
                reading.send_replace(Reading::Stopped);
                drop(told.wait_for(|reading| *reading == Reading::Here).await);
                events = EventStream::new();
                continue;
            };
            failures = if event.is_ok() { 0 } else { failures + 1 };
            // A terminal that only fails is gone: dropping the channel ends the console.
            if failures > FAILURES || event.is_ok_and(|event| send.send(event).is_err()) {
                return;
            }
        }
    });
    futures_util::stream::poll_fn(move |context| receive.poll_recv(context))
}

/// The state before anything was read.
pub fn begin<W: Write + Send + 'static>(
    options: &Options,
    surroundings: &Surroundings<W>,
) -> color_eyre::Result<State> {
    let depth = surroundings.depth;
    let themes = options.setup.themes.clone();
    let usual = Themes::usual(depth, Ground::default());
    let theme = themes.named(options.theme.as_deref().unwrap_or(usual), depth)?;
    let mut state = State {
        size: surroundings.size,
        now: (surroundings.clock)(),
        zone: surroundings.zone.clone(),
        local: false,
        mouse: options.setup.mouse,
        theme,
        themes,
        depth,
        slow: false,
        glyphs: if surroundings.ascii {
            glyph::ASCII
        } else {
            glyph::UNICODE
        },
        keymap: options.setup.keymap.clone(),
        place: Place {
            title: options.title.clone(),
            space: options.space.clone(),
            account: options.account.clone(),
            region: options.region.clone(),
            source: options.source.clone(),
            home: Home {
                source: options.source.clone(),
                ..options.setup.home.clone()
            },
            actor: options.actor.clone(),
        },
        engine: options.engine.status(),
        integrity: Integrity::Checking,
        space: crate::journal::views::Space::default(),
        investigations: std::collections::BTreeMap::new(),
        reading: std::collections::BTreeMap::new(),
        sheets: super::reading::Sheets::default(),
        selected: None,
        focus: Pane::Journal,
        before_chat: Pane::Journal,
        zoom: false,
        list: super::pane::investigations::InvestigationsPane::default(),
        journal: super::pane::journal::JournalPane::default(),
        chat: super::pane::chat::ChatPane::default(),
        topology: super::pane::topology::TopologyPane::default(),
        prevention: super::pane::prevention::PreventionPane::default(),
        timeline: super::strip::Timeline::default(),
        ticks: std::collections::BTreeMap::new(),
        overlays: options
            .setup
            .welcome
            .clone()
            .map(Overlay::Welcome)
            .into_iter()
            .collect(),
        toast: None,
        messages: Vec::new(),
        names: super::names::Names::default(),
        stored: None,
        evidence: std::collections::BTreeMap::new(),
    };
    for trouble in &options.setup.troubles {
        state.complain(trouble);
    }
    Ok(state)
}

/// SIGTERM, SIGHUP, SIGINT and SIGQUIT end the console; SIGTSTP suspends it as Ctrl-Z does.
fn signals() -> std::io::Result<UnboundedReceiver<Signal>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (send, receive) = unbounded_channel();
    let kinds = [
        (SignalKind::terminate(), Signal::Quit),
        (SignalKind::hangup(), Signal::Quit),
        (SignalKind::interrupt(), Signal::Interrupt),
        (SignalKind::quit(), Signal::Interrupt),
        (
            SignalKind::from_raw(signal_hook::consts::SIGTSTP),
            Signal::Suspend,
        ),
    ];
    for (kind, meant) in kinds {
        let mut caught = signal(kind)?;
        let send = send.clone();
        tokio::spawn(async move {
            while caught.recv().await.is_some() {
                if send.send(meant).is_err() {
                    return;
                }
            }
        });
    }
    Ok(receive)
}
