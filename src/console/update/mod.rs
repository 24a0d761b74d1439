//! What happens: an event comes in, the state changes, effects go out. Synchronous, and the only place that changes
//! the state.
//!
//! - [`perform`]: what an action does. [`records`]: what streams in. [`outcome`]: what came of an effect.

pub mod outcome;
pub mod perform;
pub mod records;

use std::sync::Arc;

use crossterm::event::{KeyEvent, KeyEventKind, MouseEvent};
use jiff::Timestamp;
use ratatui::layout::Size;

pub use self::perform::{perform, steer};
use super::{
    action::Action,
    effects::{Effect, Outcome},
    keymap::{Chord, Context},
    layout::Pane,
    overlay::{self, Overlay},
    pane, reading,
    state::{Loaded, State},
};
use crate::{
    engine::handle::EngineStatus,
    journal::{Record, StreamId},
};

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// A key.
    Key(KeyEvent),
    /// A click, or the wheel.
    Mouse(MouseEvent),
    /// Pasted words.
    Paste(String),
    /// The terminal has another size.
    Resize(Size),
    /// New records.
    Records(Vec<Record>),
    /// The engine stands otherwise.
    Engine(EngineStatus),
    /// An effect has ended.
    Outcome(Outcome),
    /// A long piece of work may go on.
    GoOn,
    /// The link to the terminal holds writes up, or no longer does.
    Link(bool),
    /// Trouble that is nobody's answer: the journal cannot be followed, a task panicked.
    Trouble(String),
}

/// Milliseconds that a message stands at least.
const TOAST: i64 = 4_000;

/// Takes an event.
pub fn update(state: &mut State, event: Event, now: Timestamp) -> Vec<Effect> {
    state.now = now;
    let mut effects = match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
        Event::Key(key) => {
            fade(state);
            on_key(state, key)
        }
        Event::Mouse(mouse) => {
            fade(state);
            super::mouse::on(state, mouse)
        }
        Event::Paste(words) => {
            on_paste(state, &words);
            Vec::new()
        }
        Event::Resize(size) => {
            state.size = size;
            Vec::new()
        }
        Event::GoOn => Vec::new(),
        Event::Link(slow) => {
            state.slow = slow;
            Vec::new()
        }
        Event::Records(records) => records::take(state, &records),
        Event::Engine(status) => {
            on_engine(state, status);
            Vec::new()
        }
        Event::Outcome(outcome) => outcome::take(state, outcome),
        Event::Trouble(text) => {
            state.complain(text);
            Vec::new()
        }
    };
    pane::settle(state);
    effects.extend(pane::journal::update::wanted(state));
    effects.extend(wanted(state));
    effects.extend(super::support::watch(state));
    overlay::settle(state);
    effects
}

/// A message that was read goes with the next key.
fn fade(state: &mut State) {
    let old = state.toast.as_ref().is_some_and(|toast| {
        let shown = state.now.duration_since(toast.at).as_millis();
        shown >= i128::from(TOAST) || !toast.trouble
    });
    if old {
        state.toast = None;
    }
}

fn on_paste(state: &mut State, words: &str) {
    if !state.overlays.is_empty() {
        overlay::paste(state, words);
    } else if let Some(filter) = filter(state).filter(|filter| filter.editing) {
        filter.field.paste(words);
    } else if state.focus == Pane::Chat {
        pane::chat::update::paste(state, words);
    }
}

/// The filter of the focused pane.
pub(super) fn filter(state: &mut State) -> Option<&mut super::filter::Filter> {
    match state.focus {
        Pane::Investigations => Some(&mut state.list.filter),
        Pane::Journal => Some(&mut state.journal.filter),
        Pane::Topology => Some(&mut state.topology.filter),
        Pane::Prevention => Some(&mut state.prevention.filter),
        Pane::Chat => None,
    }
}

/// The contexts in which a key is looked up, nearest first.
pub fn contexts(state: &State) -> Vec<Context> {
    match state.focus {
        Pane::Investigations => vec![Context::Investigations, Context::Global, Context::List],
        Pane::Journal => vec![Context::Journal, Context::Global, Context::List],
        Pane::Topology => vec![Context::Topology, Context::Global, Context::List],
        Pane::Prevention => vec![Context::Prevention, Context::Global, Context::List],
        Pane::Chat => vec![Context::Chat],
    }
}

fn on_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    // Suspending and quitting by Ctrl work everywhere, as in any program.
    let global = state.keymap.action(&[Context::Global], &key);
    let ctrl = key.modifiers.contains(crossterm::event::KeyModifiers::CONTROL);
    if let (true, Some(action @ (Action::Suspend | Action::Quit | Action::Redraw))) = (ctrl, global) {
        return perform(state, action);
    }
    if !state.overlays.is_empty() {
        return overlay::key(state, key);
    }
    if let Some(filter) = filter(state).filter(|filter| filter.editing) {
        filter.key(key);
        return Vec::new();
    }
    // Before anything is typed, the keys that lead elsewhere do so from the chat too.
    // A letter never does: it may be the first of a word.
    let elsewhere = global.filter(|action| {
        let leads = Pane::ALL.iter().any(|pane| pane.action() == *action)
            || matches!(action, Action::Help | Action::Palette);
        let chord = Chord::of(&key);
        leads && chord.types() && !chord.is_letter()
    });
    let nothing = pane::chat::update::typed(state).text().is_empty();
    if let (Pane::Chat, Some(action), true) = (state.focus, elsewhere, nothing) {
        return perform(state, action);
    }
    match state.keymap.action(&contexts(state), &key) {
        Some(action) => perform(state, action),
        None if state.focus == Pane::Chat => {
            pane::chat::update::type_key(state, key);
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Makes all panes be about this investigation; reads it where it was not read yet.
pub fn select(state: &mut State, stream: StreamId) -> Vec<Effect> {
    if state.selected.as_ref() == Some(&stream) {
        return Vec::new();
    }
    let known = state.investigations.contains_key(&stream);
    state.selected = Some(stream.clone());
    // A plan belongs to the investigation that was selected, and so do its resources.
    state
        .overlays
        .retain(|overlay| !matches!(overlay, Overlay::Mitigation(_) | Overlay::Resource(_)));
    state.journal.reset();
    state.chat.up = 0;
    state.chat.away = false;
    state.chat.recalled = None;
    state.topology.leave();
    if known {
        Vec::new()
    } else {
        reading::load(state, stream)
    }
}

fn on_engine(state: &mut State, status: EngineStatus) {
    if status.trouble != state.engine.trouble
        && let Some(trouble) = &status.trouble
    {
        state.complain(
            trouble
                .0
                .iter()
                .map(crate::model::Span::as_str)
                .collect::<String>(),
        );
    }
    state.engine = status;
}

/// Evidence that what is shown needs and nobody has fetched yet.
fn wanted(state: &mut State) -> Vec<Effect> {
    let mut effects: Vec<Effect> = stored(state).into_iter().collect();
    effects.extend(evidence(state));
    effects
}

/// The graph of the space, when it is shown and was not fetched yet.
fn stored(state: &mut State) -> Option<Effect> {
    let blob = state
        .space
        .discovered
        .as_ref()
        .map(|(_, found)| found.graph.clone())?;
    let known = state.stored.as_ref().is_some_and(|(known, _)| *known == blob);
    if known || !state.shows_space() {
        return None;
    }
    // The one from before stays in sight until the new one is here.
    let before = state.stored.take().and_then(|(_, graph)| graph);
    state.stored = Some((blob.clone(), before));
    Some(Effect::FetchGraph(blob))
}

fn evidence(state: &mut State) -> Vec<Effect> {
    let Some(inv) = state.investigation() else {
        return Vec::new();
    };
    let Some(stream) = inv.stream.clone() else {
        return Vec::new();
    };
    let mut seqs: Vec<u64> = state.topology.listings.answers(inv).collect();
    let mut shown = Vec::new();
    if let Some(Overlay::Evidence(view)) = state.overlays.last() {
        let behind = view.answers(inv);
        shown.push(view.item());
        shown.extend(&behind);
        seqs.extend(behind);
    }
    let mut effects = reading::look_up(state, shown);
    let Some(inv) = state.investigation() else {
        return effects;
    };
    seqs.retain(|seq| state.evidence(*seq).is_none());
    for seq in seqs {
        let answered = inv.answers.values().find(|(known, _)| *known == seq);
        if let Some((_, answered)) = answered {
            effects.push(Effect::Fetch {
                stream: stream.clone(),
                seq,
                answered: Arc::clone(answered),
            });
        }
    }
    for effect in &effects {
        if let Effect::Fetch { stream, seq, .. } = effect {
            state.keep(stream.clone(), *seq, Loaded::Loading);
        }
    }
    effects
}
