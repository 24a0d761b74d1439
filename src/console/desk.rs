//! The loop: what happened is taken in whole, then the screen is drawn once, on request only.
//!
//! ```text
//! keys, signals ────────────┐                          ┌─► effects (tasks; their outcomes come back as events)
//! journal ─► incoming ──────┼─► update(event) ─► state ┤
//! engine ───────────────────┘                          └─► one frame ─► wire: one write
//! ```
//!
//! There is no timer: an idle console writes nothing and wakes for nothing. What streams in from the journal waits until a
//! frame for it is due, ten times a second at most and more rarely on a slow link; a key is drawn at once, and nothing but
//! what the key did.

use std::{
    io::Write,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use color_eyre::eyre::WrapErr as _;
use crossterm::event::{Event as Input, KeyEventKind};
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use jiff::Timestamp;
use ratatui::layout::Size;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::Instant,
};

use super::{
    draw::draw,
    effects::{self, Effect, Hands},
    handover::{self, Errand},
    incoming,
    run::{Options, Signal, Surroundings, begin},
    screen::Screen,
    state::State,
    terminal::{self, Terminal},
    update::{Event, update},
    wire::Wire,
};

/// Time between two frames of a stream while somebody looks at another window.
const UNWATCHED: Duration = Duration::from_millis(500);
/// Longest wait for the last frames when the terminal is given back.
const PATIENCE: Duration = Duration::from_secs(1);

/// The console in any surroundings. Ends when `input` does.
pub async fn drive<W: Write + Send + 'static>(
    options: Options,
    surroundings: Surroundings<W>,
    input: impl Stream<Item = Input>,
    signals: &mut UnboundedReceiver<Signal>,
    mut terminal: Option<&mut Terminal>,
) -> color_eyre::Result<()> {
    let mut state = begin(&options, &surroundings)?;
    let (outcomes, mut outcome) = unbounded_channel();
    let mut desk = Desk {
        screen: Screen::new(surroundings.size),
        wire: Wire::to(surroundings.out),
        hands: Hands {
            journal: options.journal.clone(),
            engine: Arc::clone(&options.engine),
            support: options.support.clone(),
            actor: options.actor.clone(),
            folder: surroundings.folder,
            demo: Arc::clone(&options.setup.demo),
        },
        outcomes,
        clock: surroundings.clock,
        ended: false,
        suspend: false,
        errand: None,
        go_on: false,
        due: Due::default(),
        watched: true,
    };
    // The frame before anything was read: the first thing that an operator sees must not wait for a disk.
    desk.draw(&state);
    let (mut incoming, effects) = incoming::open(&options, &mut state).await;
    desk.tell(&mut state, Event::Engine(options.engine.status()));
    desk.perform(&mut state, effects);
    desk.due.now = true;
    let mut input = std::pin::pin!(input.fuse());
    while !desk.ended {
        let stream = desk.due.stream;
        let free = !desk.wire.is_busy();
        tokio::select! {
            biased;
            event = input.next() => match event {
                Some(event) => {
                    desk.input(&mut state, event);
                    while let Some(Some(event)) = input.next().now_or_never() {
                        desk.input(&mut state, event);
                    }
                }
                None => desk.ended = true,
            },
            signal = signals.recv() => match signal {
                Some(Signal::Suspend) => desk.suspend = true,
                Some(Signal::Quit | Signal::Interrupt) | None => desk.ended = true,
            },
            Some(result) = outcome.recv() => {
                desk.tell(&mut state, Event::Outcome(result));
                while let Ok(result) = outcome.try_recv() {
                    desk.tell(&mut state, Event::Outcome(result));
                }
                desk.due.now = true;
            }
            () = desk.wire.free(), if !free => {}
            () = options.engine.changed() => {
                desk.tell(&mut state, Event::Engine(options.engine.status()));
                desk.streamed();
            }
            trouble = incoming.more() => {
                if let Err(error) = trouble {
                    // The console stays up with what it has; the operator may read on and export.
                    let text = format!("the journal cannot be followed: {error}\nhint: what is shown is no longer live");
                    desk.tell(&mut state, Event::Trouble(text));
                    desk.due.now = true;
                }
                desk.streamed();
            }
            () = tokio::time::sleep_until(stream.unwrap_or_else(Instant::now)), if stream.is_some() && free => {
                desk.due.stream = None;
                if desk.wire.is_slow() != state.slow {
                    desk.tell(&mut state, Event::Link(desk.wire.is_slow()));
                }
                let records = incoming.take();
                if !records.is_empty() {
                    desk.tell(&mut state, Event::Records(records));
                }
                if incoming.is_waiting() {
                    desk.streamed();
                }
                desk.due.now = true;
            }
            () = std::future::ready(()), if desk.go_on => {
                desk.go_on = false;
                desk.tell(&mut state, Event::GoOn);
                desk.streamed();
            }
        }
        for fault in terminal::panics_elsewhere() {
            desk.tell(&mut state, Event::Trouble(fault));
            desk.due.now = true;
        }
        if std::mem::take(&mut desk.suspend)
            && let Some(terminal) = terminal.as_deref_mut()
        {
            desk.wire.drain(PATIENCE);
            options.engine.rest().await;
            terminal
                .suspend()
                .wrap_err("the terminal cannot be taken again")?;
            options.engine.wake().await;
            desk.taken_again(&mut state);
        }
        if let Some(errand) = desk.errand.take() {
            let result = match terminal.as_deref_mut() {
                Some(terminal) => {
                    desk.wire.drain(PATIENCE);
                    let engine = options.engine.as_ref();
                    let done = handover::perform(terminal, &errand, signals, engine).await?;
                    desk.ended |= done.quit;
                    desk.taken_again(&mut state);
                    done.result
                }
                None => Err("there is no terminal to give to another program".to_owned()),
            };
            desk.tell(&mut state, Event::Outcome(effects::Outcome::HandedOver(result)));
            desk.due.now = true;
        }
        if desk.due.now && !desk.ended && !desk.wire.is_busy() {
            desk.draw(&state);
        }
    }
    desk.wire.drain(PATIENCE);
    Ok(())
}

/// When the next frame is due.
#[derive(Default)]
struct Due {
    /// As soon as the one before has left.
    now: bool,
    /// When what streamed in is to be shown; none: nothing waits.
    stream: Option<Instant>,
    /// When the last frame was drawn.
    last: Option<Instant>,
}

/// What the loop works with.
struct Desk {
    screen: Screen,
    wire: Wire,
    hands: Hands,
    outcomes: UnboundedSender<effects::Outcome>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ended: bool,
    suspend: bool,
    /// What another program is to get.
    errand: Option<Errand>,
    /// A long piece of work was cut into parts, and the next part is due.
    go_on: bool,
    due: Due,
    /// The terminal is in front, as far as it tells.
    watched: bool,
}

impl Desk {
    /// Takes input, and asks for a frame when it is to be seen.
    fn input(&mut self, state: &mut State, input: Input) {
        let event = match input {
            Input::Key(key) if key.kind == KeyEventKind::Release => return,
            Input::Key(key) => Event::Key(key),
            Input::Paste(words) => Event::Paste(words),
            Input::Resize(width, height) => {
                self.screen.forget(Size::new(width, height));
                Event::Resize(Size::new(width, height))
            }
            Input::FocusGained => return self.watched = true,
            Input::FocusLost => return self.watched = false,
            Input::Mouse(mouse) if state.mouse => Event::Mouse(mouse),
            Input::Mouse(_) => return,
        };
        self.tell(state, event);
        self.due.now = true;
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
                Effect::Demo => {
                    self.hands.demo.store(true, Ordering::Relaxed);
                    self.ended = true;
                }
                Effect::Suspend => self.suspend = true,
                Effect::HandOver { tool, name, text } => self.errand = Some(Errand { tool, name, text }),
                Effect::Redraw => self.screen.forget(state.size),
                Effect::GoOn => self.go_on = true,
                Effect::Copy(words) => {
                    let sent = effects::clipboard(&words).and_then(|bytes| self.wire.send(bytes));
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

    /// Something streamed in: a frame is due, in its time.
    fn streamed(&mut self) {
        let pace = self.wire.pace();
        let pace = if self.watched { pace } else { pace.max(UNWATCHED) };
        let due = self.due.last.map_or_else(Instant::now, |last| last + pace);
        self.due.stream.get_or_insert(due);
    }

    /// The terminal was used by somebody else, and may have another size.
    fn taken_again(&mut self, state: &mut State) {
        if let Ok((width, height)) = crossterm::terminal::size() {
            self.tell(state, Event::Resize(Size::new(width, height)));
        }
        self.screen.forget(state.size);
        self.due.now = true;
    }

    fn draw(&mut self, state: &State) {
        terminal::here();
        self.due.now = false;
        self.due.last = Some(Instant::now());
        let (buffer, cursor) = draw(state);
        let frame = self.screen.frame(buffer, cursor);
        let sent = frame.and_then(|frame| frame.map_or(Ok(()), |bytes| self.wire.send(bytes)));
        // When the terminal went away there is nobody left to tell.
        self.ended |= sent.is_err();
    }
}
