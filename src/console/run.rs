//! The loop: what happened is taken in whole, then the screen is drawn once, on request only.
//!
//! ```text
//! keys, signals ─┐                          ┌─► effects (tasks; their outcomes come back as events)
//! journal ───────┼─► update(event) ─► state ┤
//! engine ────────┘                          └─► one frame, one write
//! ```
//!
//! There is no timer: an idle console writes nothing and wakes for nothing. What streams in from the journal is drawn
//! ten times a second at most; a key is drawn at once.

use std::{io::Write, path::PathBuf, sync::Arc, time::Duration};

use color_eyre::eyre::WrapErr as _;
use crossterm::event::{Event as Input, EventStream, KeyEventKind};
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use jiff::{Timestamp, tz::TimeZone};
use ratatui::layout::Size;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::Instant,
};

use super::{
    draw::draw,
    effects::{self, Effect, Hands},
    glyph, keymap,
    layout::Pane,
    screen::Screen,
    state::{Integrity, Place, State},
    terminal::{self, Terminal},
    theme::{Depth, Theme},
    update::{self, Event, update},
};
use crate::{
    engine::handle::Engine,
    journal::{Actor, Follower, Journal, StreamId},
    model::SourceSpec,
};

/// Shortest time between two frames that only show what streamed in.
const STREAM_FRAME: Duration = Duration::from_millis(100);

/// Reads from the terminal that may fail one after the other.
const FAILURES: u32 = 16;

/// What a console needs.
#[derive(Clone)]
pub struct Options {
    /// The journal of the space.
    pub journal: Journal,
    /// The engine of this process; one without slots where it runs none.
    pub engine: Arc<dyn Engine>,
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
    /// Name of a theme; none: dark, or mono where the terminal has no colours.
    pub theme: Option<String>,
    /// ASCII signs only, whatever the locale says.
    pub ascii: bool,
    /// The investigation to begin with; none: the newest.
    pub select: Option<StreamId>,
    /// A word before the space (`demo`); empty: none.
    pub title: String,
}

/// What surrounds a console: a terminal, or a test.
pub struct Surroundings<W: Write> {
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
}

/// The console on this terminal, until the operator quits or the terminal goes away.
pub async fn run(options: Options) -> color_eyre::Result<()> {
    let get = |name: &str| std::env::var(name).ok();
    let (width, height) = crossterm::terminal::size()
        .wrap_err("there is no terminal to draw on\nhint: midwatch investigate works without one")?;
    let mut signals = signals().wrap_err("signals cannot be caught")?;
    let mut terminal = Terminal::enter().wrap_err("the terminal cannot be taken")?;
    let surroundings = Surroundings {
        out: std::io::stdout(),
        size: Size::new(width, height),
        depth: Depth::from_env(get),
        ascii: options.ascii || glyph::wants_ascii(get),
        clock: Arc::new(Timestamp::now),
        zone: TimeZone::system(),
        folder: std::env::current_dir().unwrap_or_default(),
    };
    let result = drive(options, surroundings, typed(), &mut signals, Some(&mut terminal)).await;
    drop(terminal);
    for fault in terminal::panics_elsewhere() {
        tracing::error!("{fault}");
    }
    result
}

/// What is typed, through a channel of its own: a crossterm stream that was asked "is there more?" without being waited for
/// keeps that question's waker, and sleeps through the next key.
fn typed() -> impl Stream<Item = Input> {
    let (send, mut receive) = unbounded_channel();
    tokio::spawn(async move {
        let mut events = EventStream::new();
        let mut failures = 0;
        while let Some(event) = events.next().await {
            failures = if event.is_ok() { 0 } else { failures + 1 };
            // A terminal that only fails is gone: dropping the channel ends the console.
            if failures > FAILURES || event.is_ok_and(|event| send.send(event).is_err()) {
                return;
            }
        }
    });
    futures_util::stream::poll_fn(move |context| receive.poll_recv(context))
}

/// The console in any surroundings. Ends when `input` does.
pub async fn drive<W: Write>(
    options: Options,
    surroundings: Surroundings<W>,
    input: impl Stream<Item = Input>,
    signals: &mut UnboundedReceiver<Signal>,
    mut terminal: Option<&mut Terminal>,
) -> color_eyre::Result<()> {
    let Surroundings {
        out,
        size,
        depth,
        ascii,
        clock,
        zone,
        folder,
    } = surroundings;
    let mut state = begin(&options, size, depth, ascii, zone, clock())?;
    let hands = Hands {
        journal: options.journal.clone(),
        engine: Arc::clone(&options.engine),
        actor: options.actor.clone(),
        folder,
    };
    let (outcomes, mut outcome) = unbounded_channel();
    let mut desk = Desk {
        screen: Screen::new(out, size),
        hands,
        outcomes,
        clock,
        ended: false,
        suspend: false,
    };
    // The frame before anything was read: the first thing that an operator sees must not wait for a disk.
    desk.draw(&state);
    let mut follower = follow(&options, &mut state).await;
    desk.tell(&mut state, Event::Engine(options.engine.status()));
    desk.perform(&mut state, vec![Effect::Verify]);
    let mut input = std::pin::pin!(input.fuse());
    // When a frame that shows what streamed in is due; none: nothing waits to be drawn.
    let mut due: Option<Instant> = Some(Instant::now());
    let mut last = Instant::now();
    while !desk.ended {
        let mut at_once = false;
        tokio::select! {
            biased;
            event = input.next() => match event {
                Some(event) => {
                    at_once |= desk.input(&mut state, event);
                    while let Some(Some(event)) = input.next().now_or_never() {
                        at_once |= desk.input(&mut state, event);
                    }
                }
                None => desk.ended = true,
            },
            signal = signals.recv() => match signal {
                Some(Signal::Suspend) => desk.suspend = true,
                Some(Signal::Quit) | None => desk.ended = true,
            },
            Some(result) = outcome.recv() => {
                desk.tell(&mut state, Event::Outcome(result));
                while let Ok(result) = outcome.try_recv() {
                    desk.tell(&mut state, Event::Outcome(result));
                }
                at_once = true;
            }
            () = options.engine.changed() => {
                desk.tell(&mut state, Event::Engine(options.engine.status()));
                due = due.or(Some(last + STREAM_FRAME));
            }
            records = next(&mut follower) => {
                match records {
                    Ok(records) => desk.tell(&mut state, Event::Records(records)),
                    Err(error) => {
                        // The console stays up with what it has; the operator may read on and export.
                        let text = format!("the journal cannot be followed: {error}\nhint: what is shown is no longer live");
                        desk.tell(&mut state, Event::Trouble(text));
                        follower = None;
                    }
                }
                due = due.or(Some(last + STREAM_FRAME));
            }
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => at_once = true,
        }
        for fault in terminal::panics_elsewhere() {
            desk.tell(&mut state, Event::Trouble(fault));
            at_once = true;
        }
        if desk.suspend {
            desk.suspend = false;
            if let Some(terminal) = terminal.as_deref_mut() {
                options.engine.rest().await;
                terminal
                    .suspend()
                    .wrap_err("the terminal cannot be taken again")?;
                options.engine.wake().await;
                if let Ok((width, height)) = crossterm::terminal::size() {
                    desk.tell(&mut state, Event::Resize(Size::new(width, height)));
                }
                desk.screen.forget(state.size);
                at_once = true;
            }
        }
        if at_once && !desk.ended {
            desk.draw(&state);
            last = Instant::now();
            due = None;
        }
    }
    Ok(())
}

fn begin(
    options: &Options,
    size: Size,
    depth: Depth,
    ascii: bool,
    zone: TimeZone,
    now: Timestamp,
) -> color_eyre::Result<State> {
    let theme = match (&options.theme, depth) {
        (Some(name), _) => Theme::named(name, depth)?,
        (None, Depth::Mono) => Theme::named("mono", depth)?,
        (None, _) => Theme::named("dark", depth)?,
    };
    Ok(State {
        size,
        now,
        zone,
        theme,
        depth,
        glyphs: if ascii { glyph::ASCII } else { glyph::UNICODE },
        keymap: keymap::Keymap::shipped(),
        place: Place {
            title: options.title.clone(),
            space: options.space.clone(),
            account: options.account.clone(),
            region: options.region.clone(),
            source: options.source.clone(),
            actor: options.actor.clone(),
        },
        engine: options.engine.status(),
        integrity: Integrity::Checking,
        space: crate::journal::views::Space::default(),
        investigations: std::collections::BTreeMap::new(),
        selected: None,
        focus: Pane::Journal,
        before_chat: Pane::Journal,
        zoom: false,
        list: super::pane::investigations::InvestigationsPane::default(),
        journal: super::pane::journal::JournalPane::default(),
        chat: super::pane::chat::ChatPane::default(),
        topology: super::pane::topology::TopologyPane::default(),
        prevention: super::pane::prevention::PreventionPane::default(),
        overlays: Vec::new(),
        toast: None,
        messages: Vec::new(),
        names: super::names::Names::default(),
        evidence: std::collections::BTreeMap::new(),
    })
}

/// Reads the space, and follows it and every investigation that is open. A closed one is read when it is selected.
async fn follow(options: &Options, state: &mut State) -> Option<Follower> {
    let journal = &options.journal;
    let space = StreamId::space();
    let read = async {
        let records = journal.read_all(&space).await?;
        let heads = journal.heads().await?;
        Ok::<_, crate::journal::StoreError>((records, heads))
    };
    let (records, heads) = match read.await {
        Ok(read) => read,
        Err(error) => {
            state.complain(format!("the journal cannot be read: {error}"));
            return None;
        }
    };
    for record in &records {
        state.space.apply(record);
    }
    let newest = state
        .space
        .investigations
        .values()
        .max_by_key(|listed| listed.opened_at);
    let begin_with = options
        .select
        .clone()
        .or_else(|| newest.map(|listed| listed.opened.stream.clone()));
    let mut from = std::collections::BTreeMap::new();
    from.insert(space, state.space.seq);
    for (stream, head) in heads {
        let closed = state
            .space
            .investigations
            .get(&stream)
            .is_some_and(|listed| listed.closed.is_some());
        if closed && begin_with.as_ref() != Some(&stream) {
            from.insert(stream, head.seq);
        }
    }
    if let Some(stream) = begin_with {
        update::select(state, stream);
    }
    Some(journal.follow(from))
}

async fn next(
    follower: &mut Option<Follower>,
) -> Result<Vec<crate::journal::Record>, crate::journal::StoreError> {
    match follower {
        Some(follower) => follower.next().await,
        None => std::future::pending().await,
    }
}

/// What the loop works with.
struct Desk<W: Write> {
    screen: Screen<W>,
    hands: Hands,
    outcomes: UnboundedSender<effects::Outcome>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ended: bool,
    suspend: bool,
}

impl<W: Write> Desk<W> {
    /// Takes input; true when it is to be seen.
    fn input(&mut self, state: &mut State, input: Input) -> bool {
        let event = match input {
            Input::Key(key) if key.kind == KeyEventKind::Release => return false,
            Input::Key(key) => Event::Key(key),
            Input::Paste(words) => Event::Paste(words),
            Input::Resize(width, height) => {
                self.screen.forget(Size::new(width, height));
                Event::Resize(Size::new(width, height))
            }
            Input::FocusGained => Event::Focus(true),
            Input::FocusLost => Event::Focus(false),
            Input::Mouse(_) => return false,
        };
        self.tell(state, event);
        true
    }

    fn tell(&mut self, state: &mut State, event: Event) {
        terminal::here();
        let now = (self.clock)();
        let effects = update(state, event, now);
        self.perform(state, effects);
    }

    fn perform(&mut self, state: &mut State, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Quit => self.ended = true,
                Effect::Suspend => self.suspend = true,
                Effect::Redraw => self.screen.forget(state.size),
                Effect::Copy(words) => {
                    let sent = effects::clipboard(&words).and_then(|bytes| self.screen.write(&bytes));
                    match sent {
                        Ok(()) => state.say(format!("copied {} characters", words.chars().count())),
                        Err(error) => state.complain(format!("copying failed: {error}")),
                    }
                }
                effect => {
                    let hands = self.hands.clone();
                    let outcomes = self.outcomes.clone();
                    let now = (self.clock)();
                    tokio::spawn(async move {
                        if let Some(outcome) = hands.perform(effect, now).await {
                            let _the_console_has_ended = outcomes.send(outcome);
                        }
                    });
                }
            }
        }
    }

    fn draw(&mut self, state: &State) {
        terminal::here();
        let (buffer, cursor) = draw(state);
        // When the terminal went away there is nobody left to tell.
        self.ended |= self.screen.show(buffer, cursor).is_err();
    }
}

/// SIGTERM, SIGHUP and SIGINT end the console; SIGTSTP suspends it as Ctrl-Z does.
fn signals() -> std::io::Result<UnboundedReceiver<Signal>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (send, receive) = unbounded_channel();
    let kinds = [
        (SignalKind::terminate(), Signal::Quit),
        (SignalKind::hangup(), Signal::Quit),
        (SignalKind::interrupt(), Signal::Quit),
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
