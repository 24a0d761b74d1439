//! What happens: an event comes in, the state changes, effects go out. Synchronous, and the only place that changes
//! the state.

use std::sync::Arc;

use crossterm::event::{KeyEvent, KeyEventKind, MouseEvent};
use jiff::Timestamp;
use ratatui::layout::Size;

use super::{
    action::Action,
    effects::{Effect, Outcome, Tool},
    keymap::{Chord, Context},
    layout::Pane,
    overlay::{
        self, Overlay, confirm::Confirm, evidence::EvidenceView, help::Help, messages::Messages,
        mitigation::MitigationView, palette::Palette, start_form::StartForm, timeline::Timeline,
    },
    pane, reading,
    rich::Rich,
    state::{Integrity, Loaded, State},
    theme::{Depth, Role},
};
use crate::{
    engine::handle::EngineStatus,
    journal::{Body, Record, StreamId, body::Steering},
    model::{Evidence, Intent, RunState, Text},
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
        Event::Records(records) => on_records(state, &records),
        Event::Engine(status) => {
            on_engine(state, status);
            Vec::new()
        }
        Event::Outcome(outcome) => on_outcome(state, outcome),
        Event::Trouble(text) => {
            state.complain(text);
            Vec::new()
        }
    };
    pane::settle(state);
    effects.extend(pane::journal::update::wanted(state));
    effects.extend(wanted(state));
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
    if let (Pane::Chat, Some(action), true) = (state.focus, elsewhere, state.chat.field.text().is_empty()) {
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

/// Does what an action says, in the focused pane or everywhere.
pub fn perform(state: &mut State, action: Action) -> Vec<Effect> {
    if let Some(effects) = pane::act(state, state.focus, action) {
        return effects;
    }
    match action {
        Action::Quit => vec![Effect::Quit],
        Action::Suspend => vec![Effect::Suspend],
        Action::Redraw => vec![Effect::Redraw],
        Action::Verify => {
            state.integrity = Integrity::Checking;
            vec![Effect::Verify]
        }
        Action::Help => open(state, Overlay::Help(Help::default())),
        Action::Palette => {
            let palette = Palette::everything(state);
            open(state, Overlay::Palette(palette))
        }
        Action::Messages => open(state, Overlay::Messages(Messages::default())),
        Action::Theme => {
            state.theme = state.themes.after(&state.theme, state.depth);
            let name = &state.theme.name;
            let words = match state.depth {
                Depth::Mono => format!("theme {name}: NO_COLOR or TERM says that there are no colours"),
                _ => format!("theme {name}"),
            };
            state.say(words);
            Vec::new()
        }
        Action::Clock => {
            state.local = !state.local;
            let clock = state.clock();
            let words = match (state.local, clock.mark(state.now).as_str()) {
                (true, "UTC") => "clock: the local zone is UTC as well".to_owned(),
                (_, mark) => format!("clock: {mark}"),
            };
            state.say(words);
            Vec::new()
        }
        Action::FocusInvestigations => focus(state, Pane::Investigations),
        Action::FocusJournal => focus(state, Pane::Journal),
        Action::FocusChat => focus(state, Pane::Chat),
        Action::FocusTopology => focus(state, Pane::Topology),
        Action::FocusPrevention => focus(state, Pane::Prevention),
        Action::NextPane => {
            let next = state.focus.step(1);
            focus(state, next)
        }
        Action::PreviousPane => {
            let previous = state.focus.step(Pane::ALL.len() - 1);
            focus(state, previous)
        }
        Action::Zoom => {
            state.zoom = !state.zoom;
            Vec::new()
        }
        Action::Back => back(state),
        Action::New => {
            let form = StartForm::new(&state.place);
            open(state, Overlay::StartForm(Box::new(form)))
        }
        Action::Again | Action::RaisePriority | Action::LowerPriority => {
            pane::investigations::update::act(state, action).unwrap_or_default()
        }
        Action::Sort | Action::Group => {
            state.focus = Pane::Investigations;
            pane::investigations::update::act(state, action).unwrap_or_default()
        }
        Action::Pause => pause(state),
        Action::Cancel => cancel(state),
        Action::Mitigation => {
            if state.investigation().is_some_and(|inv| inv.mitigation.is_some()) {
                return open(state, Overlay::Mitigation(MitigationView::default()));
            }
            state.say("there is no plan yet: it comes with a root cause");
            Vec::new()
        }
        Action::Evidence => EvidenceView::everything(state).unwrap_or_else(|| {
            state.say("nothing was found yet; Enter on a note opens what is behind it");
            Vec::new()
        }),
        Action::Timeline => {
            Timeline::open(state);
            Vec::new()
        }
        Action::ReadReport => match state.investigation() {
            Some(inv) => vec![Effect::Report(Box::new(inv.clone()))],
            None => Vec::new(),
        },
        Action::Export => match state.investigation() {
            Some(inv) => vec![Effect::Export(Box::new(inv.clone()))],
            None => Vec::new(),
        },
        Action::Unfold
        | Action::GoTo
        | Action::Follow
        | Action::Ages
        | Action::NextMatch
        | Action::PreviousMatch => {
            state.focus = Pane::Journal;
            pane::journal::update::act(state, action).unwrap_or_default()
        }
        Action::Accept | Action::Reject | Action::Category => {
            state.focus = Pane::Prevention;
            pane::prevention::act(state, action).unwrap_or_default()
        }
        Action::View
        | Action::Shape
        | Action::Closer
        | Action::Farther
        | Action::Centre
        | Action::Blast
        | Action::Fold
        | Action::FoldAll => {
            state.focus = Pane::Topology;
            pane::topology::act(state, action).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn open(state: &mut State, overlay: Overlay) -> Vec<Effect> {
    state.overlays.push(overlay);
    Vec::new()
}

fn focus(state: &mut State, pane: Pane) -> Vec<Effect> {
    pane::chat::focus(state, pane);
    Vec::new()
}

fn back(state: &mut State) -> Vec<Effect> {
    if state.toast.take().is_some() {
        return Vec::new();
    }
    if state.chat.away {
        state.focus = Pane::Chat;
    } else if state.zoom {
        state.zoom = false;
    } else if state.focus != Pane::Investigations {
        state.focus = Pane::Investigations;
    }
    Vec::new()
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

/// Says to the engine what is wanted of the selected investigation.
pub fn steer(state: &State, intent: Intent) -> Vec<Effect> {
    let Some(stream) = state.selected.clone().filter(|_| state.is_open()) else {
        return Vec::new();
    };
    vec![Effect::Append {
        stream,
        body: Box::new(Body::Steering(Steering {
            message: None,
            intent,
            effect: Text::new(),
        })),
        or_else: None,
    }]
}

fn pause(state: &mut State) -> Vec<Effect> {
    match state.investigation().and_then(|inv| inv.state) {
        Some(RunState::Paused) => steer(state, Intent::Resume),
        Some(RunState::Running | RunState::Queued) => steer(state, Intent::Pause),
        Some(_) => {
            let key = state.keymap.key_of(Action::Again);
            state.say(format!("it has ended; {key} looks again"));
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn cancel(state: &mut State) -> Vec<Effect> {
    if !state.is_open() {
        state.say("it has ended already");
        return Vec::new();
    }
    let title = state
        .investigation()
        .map(crate::journal::views::Investigation::title)
        .unwrap_or_default();
    let confirm = Confirm {
        question: Rich::of(Role::Text, "Cancel ").flat(Role::Strong, &title).add(
            Role::Text,
            "? What was found stays in the journal; the investigation cannot be taken up again.",
        ),
        yes: "cancel it",
        effects: steer(state, Intent::Cancel),
    };
    open(state, Overlay::Confirm(confirm))
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

fn on_records(state: &mut State, records: &[Record]) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut ended = false;
    for record in records {
        if record.stream.is_investigation() {
            // A closed investigation that nobody has looked at yet is read whole when somebody does.
            let reading = state.reading.get_mut(&record.stream);
            let being_read = reading.is_some();
            if let Some(reading) = reading {
                reading.wait(record);
            }
            let known = state.investigations.contains_key(&record.stream);
            if known || (record.seq == 1 && !being_read) {
                let inv = state.investigations.entry(record.stream.clone()).or_default();
                inv.apply(record);
            }
        } else {
            state.space.apply(record);
            ended |= record.kind == crate::journal::Kind::Closed;
        }
    }
    if ended {
        effects.push(Effect::Verify);
    }
    if state.selected.is_none() {
        let newest = state
            .space
            .investigations
            .values()
            .max_by_key(|listed| listed.opened_at);
        if let Some(stream) = newest.map(|listed| listed.opened.stream.clone()) {
            effects.extend(select(state, stream));
        }
    }
    effects
}

fn on_outcome(state: &mut State, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Appended => Vec::new(),
        Outcome::Opened(stream) => {
            state.focus = Pane::Journal;
            select(state, stream)
        }
        Outcome::Read(stream, read) => {
            if state.selected.as_ref() == Some(&stream) {
                state.journal.refresh();
            }
            reading::take(state, stream, read)
        }
        Outcome::LookedUp(stream, sheet, records) => {
            reading::found(state, &stream, sheet, &records);
            Vec::new()
        }
        Outcome::Found { stream, seqs } => {
            if state.selected.as_ref() == Some(&stream) {
                pane::journal::update::found(state, &seqs);
            }
            Vec::new()
        }
        Outcome::Fetched {
            stream,
            seq,
            evidence,
        } => {
            let loaded = match evidence {
                Ok(Some(evidence)) => {
                    if let Evidence::Inventory(resources) = &evidence {
                        state.names.learn(resources);
                    }
                    Loaded::Ready(Box::new(evidence))
                }
                Ok(None) => Loaded::Failed("nothing was found".to_owned()),
                Err(why) => Loaded::Failed(why),
            };
            state.keep(stream, seq, loaded);
            Vec::new()
        }
        Outcome::ConfigWritten(path) => {
            for overlay in &mut state.overlays {
                if let Overlay::Welcome(welcome) = overlay {
                    welcome.written = true;
                }
            }
            state.say(format!("wrote {}", path.display()));
            Vec::new()
        }
        Outcome::Previewed(preview) => {
            let Some(Overlay::StartForm(form)) =
                state.overlays.pop_if(|top| matches!(top, Overlay::StartForm(_)))
            else {
                return Vec::new();
            };
            let next = form.previewed(preview);
            state.overlays.extend(next.stays);
            next.effects
        }
        Outcome::Verified(result) => {
            match result {
                Ok(None) => state.integrity = Integrity::Sound,
                Ok(Some(fault)) => {
                    state.complain(format!(
                        "the journal does not verify: {fault}\nhint: midwatch journal verify tells all"
                    ));
                    state.integrity = Integrity::Fault(fault);
                }
                Err(why) => {
                    state.complain(format!("the journal could not be verified: {why}"));
                    state.integrity = Integrity::Unknown(why);
                }
            }
            Vec::new()
        }
        Outcome::Exported(paths) => {
            let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            state.say(format!("written: {}", names.join(" and ")));
            Vec::new()
        }
        Outcome::Reported { name, text } => vec![Effect::HandOver {
            tool: Tool::Pager,
            name,
            text,
        }],
        Outcome::HandedOver(result) => {
            if let Err(why) = result {
                state.complain(why);
            }
            Vec::new()
        }
        Outcome::Failed { what, why } => {
            state.complain(format!("{what} failed: {why}"));
            Vec::new()
        }
    }
}

/// Evidence that what is shown needs and nobody has fetched yet.
fn wanted(state: &mut State) -> Vec<Effect> {
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
