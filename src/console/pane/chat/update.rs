//! Keys of the chat pane, and its rows made again when something changed.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{Basis, ChatPane, Item, Menu, Recalled, Target, history, offers, support};
use crate::{
    console::{
        action::Action,
        effects::Effect,
        field::Field,
        keymap::Context,
        layout::Pane,
        pane,
        rich::{Rich, shown},
        state::State,
        theme::Role,
    },
    journal::{Body, StreamId, body::Message},
    model::Text,
};

/// Does what a key asks; `None` when the pane does not know it.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    if support::is_shown(state) {
        return support::act(state, action);
    }
    if state.chat.menu.is_some() {
        return Some(in_menu(state, action));
    }
    match action {
        Action::Send => return Some(send(state)),
        Action::NewLine => state.chat.field.new_line(),
        Action::Up if state.chat.field.is_on_first_row() => recall(state, true),
        Action::Down if state.chat.field.is_on_last_row(typed_width(state)) => recall(state, false),
        Action::Up => state.chat.field.step(KeyCode::Up),
        Action::Down => state.chat.field.step(KeyCode::Down),
        Action::PageUp => {
            let page = history_height(state).max(1);
            let most = state.chat.rows.len().saturating_sub(page);
            state.chat.up = (state.chat.up + page).min(most);
        }
        Action::PageDown => state.chat.up = state.chat.up.saturating_sub(history_height(state).max(1)),
        Action::Back => state.focus = state.before_chat,
        // Tab completes what was begun; with nothing to complete it leads on, as everywhere.
        Action::NextPane => return complete(state).then(Vec::new),
        _ => return None,
    }
    Some(Vec::new())
}

/// Cells for what is typed.
pub fn typed_width(state: &State) -> u16 {
    state.layout().inside(Pane::Chat).width.saturating_sub(4)
}

/// Rows that the input takes: as many as it needs, at most half of the pane.
pub fn input_height(state: &State) -> u16 {
    let inside = state.layout().inside(Pane::Chat);
    let rows = typed(state).rows_at(typed_width(state)) as u16;
    rows.min(inside.height / 2).max(1)
}

/// What is being typed, to whomever.
pub fn typed(state: &State) -> &Field {
    if support::is_shown(state) {
        &state.chat.support.field
    } else {
        &state.chat.field
    }
}

pub(super) fn history_height(state: &State) -> usize {
    let inside = state.layout().inside(Pane::Chat);
    usize::from(inside.height.saturating_sub(input_height(state)))
}

fn in_menu(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(menu) = &mut state.chat.menu else {
        return Vec::new();
    };
    let count = menu.items.len().max(1);
    let by = match action {
        Action::NextPane | Action::Down => 1,
        Action::PreviousPane | Action::Up => count - 1,
        Action::Send => return take(state),
        _ => {
            state.chat.menu = None;
            return Vec::new();
        }
    };
    menu.selected = (menu.selected + by) % count;
    menu.moved = true;
    Vec::new()
}

/// Takes the selected line of the list.
fn take(state: &mut State) -> Vec<Effect> {
    let Some(menu) = state.chat.menu.take() else {
        return Vec::new();
    };
    let Some(item) = menu.items.into_iter().nth(menu.selected) else {
        return Vec::new();
    };
    match item.target {
        Target::Say(words) => state.chat.field.set(&words),
        Target::Record(seq) => follow(state, seq),
    }
    Vec::new()
}

/// Shows a cited record in the journal; Esc comes back.
fn follow(state: &mut State, seq: u64) {
    pane::journal::update::jump(state, seq);
    // From there the way back is to the chat, not to what was selected in the journal before.
    state.journal.back.clear();
    state.chat.away = true;
    let key = state.keymap.key_of(Action::Back);
    state.say(format!("{key} goes back to the chat"));
}

/// Completes what was begun: at once where there is one way, else in a list. False when there is none.
fn complete(state: &mut State) -> bool {
    let items = offered(state);
    match items.as_slice() {
        [] => return false,
        [
            Item {
                target: Target::Say(words),
                ..
            },
        ] => state.chat.field.set(words),
        _ => {
            state.chat.menu = Some(Menu {
                items,
                selected: 0,
                moved: false,
            });
        }
    }
    true
}

fn offered(state: &State) -> Vec<Item> {
    if !state.chat.field.is_at_end() {
        return Vec::new();
    }
    let window = state.investigation().and_then(|inv| inv.plan.as_ref());
    let window = window.map(|plan| plan.window);
    let offers = offers::offers(&state.chat.field.text(), &names(state), window);
    let item = |offered: offers::Offered| Item {
        line: Rich::of(Role::Text, shown(&offered.text)),
        about: offered.about,
        target: Target::Say(offered.text),
    };
    offers.into_iter().map(item).collect()
}

/// Names that may be said: of what the plan looks at, then of everything in the topology.
fn names(state: &State) -> Vec<String> {
    let plan = state.investigation().and_then(|inv| inv.plan.as_ref());
    let planned = plan.map(|plan| plan.resources.clone()).unwrap_or_default();
    let mut seen = BTreeSet::new();
    planned
        .into_iter()
        .chain(pane::topology::resources(state))
        .map(|id| state.names.of(&id))
        .filter(|name| seen.insert(name.clone()))
        .collect()
}

/// The records that the newest answer cites: one is shown at once, of several one is chosen.
fn cited(state: &mut State) {
    let cited = state.chat.cited.clone();
    if let [only] = cited.as_slice() {
        return follow(state, *only);
    }
    if cited.is_empty() {
        return;
    }
    let item = |seq: &u64| {
        let words = told(state, *seq).unwrap_or_default();
        Item {
            line: Rich::of(Role::Number, format!("#{seq} ")).join(words),
            about: "",
            target: Target::Record(*seq),
        }
    };
    state.chat.menu = Some(Menu {
        items: cited.iter().map(item).collect(),
        selected: 0,
        moved: false,
    });
}

/// The first line of what the journal says of a record.
fn told(state: &State, seq: u64) -> Option<Rich> {
    let writer = pane::journal::update::writer(state)?;
    let item = writer.ledger.items.get(writer.ledger.place(seq))?;
    let note = (item.seq == seq).then(|| writer.note(item, false))?;
    note.lines.into_iter().next()
}

fn recall(state: &mut State, earlier: bool) {
    let mut recalled = match (state.chat.recalled.take(), earlier) {
        (Some(recalled), _) => recalled,
        (None, false) => return,
        (None, true) => {
            let words = sent(state);
            Recalled {
                at: words.len(),
                words,
                draft: state.chat.field.text(),
            }
        }
    };
    let to = match earlier {
        true => recalled.at.saturating_sub(1),
        false => recalled.at + 1,
    };
    if let Some(words) = recalled.words.get(to) {
        state.chat.field.set(words);
        recalled.at = to;
        state.chat.recalled = Some(recalled);
    } else {
        state.chat.field.set(&recalled.draft);
    }
}

/// What this operator has said about the investigation, then what was sent in this sitting; the same words once.
fn sent(state: &State) -> Vec<String> {
    let mut said = Vec::new();
    let own = history::words_of;
    if let Some(inv) = state.investigation() {
        let mine = inv
            .entries
            .values()
            .filter(|entry| entry.actor == state.place.actor);
        said.extend(mine.filter_map(|entry| match &entry.body {
            Some(Body::Message(message)) => Some(own(message)),
            _ => None,
        }));
        let later = state.space.messages.values();
        let later = later
            .filter(|(_, actor, message)| *actor == state.place.actor && message.stream == state.selected);
        said.extend(later.map(|(_, _, message)| own(message)));
    }
    said.extend(state.chat.sent.iter().cloned());
    let mut seen = BTreeSet::new();
    let mut newest: Vec<String> = said
        .into_iter()
        .rev()
        .filter(|words| seen.insert(words.clone()))
        .collect();
    newest.reverse();
    newest
}

fn send(state: &mut State) -> Vec<Effect> {
    let words = state.chat.field.text().trim().to_owned();
    if words.is_empty() {
        cited(state);
        return Vec::new();
    }
    let Some(stream) = state.selected.clone() else {
        let (back, new) = (
            state.keymap.key_in(Context::Chat, Action::Back),
            state.keymap.key_of(Action::New),
        );
        state.complain(format!(
            "there is no investigation to talk about\nhint: {back}, then {new} starts one"
        ));
        return Vec::new();
    };
    let chat: &mut ChatPane = &mut state.chat;
    chat.field.set("");
    chat.up = 0;
    chat.recalled = None;
    if chat.sent.last() != Some(&words) {
        chat.sent.push(words.clone());
    }
    let message = |about: Option<StreamId>| {
        Box::new(Body::Message(Message {
            text: Text::new().ext(words.clone()),
            cites: Vec::new(),
            answers: None,
            stream: about,
        }))
    };
    let in_space = message(Some(stream.clone()));
    let effect = if state.is_open() {
        Effect::Append {
            stream,
            body: message(None),
            or_else: Some(in_space),
        }
    } else {
        Effect::Append {
            stream: StreamId::space(),
            body: in_space,
            or_else: None,
        }
    };
    vec![effect]
}

/// Makes the rows again where something changed.
pub fn settle(state: &mut State) {
    support::settle(state);
    if state.focus != Pane::Journal {
        state.chat.away = false;
    }
    if state.focus != Pane::Chat {
        state.chat.menu = None;
    }
    let width = state.layout().inside(Pane::Chat).width;
    let Some(stream) = state.selected.clone() else {
        state.chat.rows.clear();
        state.chat.cited.clear();
        return;
    };
    let Some(inv) = state.investigations.get(&stream) else {
        return;
    };
    let basis = Basis {
        stream: stream.clone(),
        seqs: (inv.seq, state.space.seq),
        width,
        ascii: state.glyphs.ascii,
    };
    if width == 0 || state.chat.made_from.as_ref() == Some(&basis) {
        return;
    }
    let said = history::said(&stream, inv, &state.space, &state.glyphs);
    let room = usize::from(width).saturating_sub(2);
    let rows = said.lines.iter().flat_map(|line| line.wrap(room, history::LEAD));
    state.chat.rows = rows.collect();
    state.chat.cited = said.cited;
    state.chat.made_from = Some(basis);
}

/// Gives a pane the keys; the chat remembers who had them before.
pub fn focus(state: &mut State, pane: Pane) {
    if pane == Pane::Chat && state.focus != Pane::Chat {
        state.before_chat = state.focus;
    }
    state.focus = pane;
}

/// Takes a key that means nothing but text. What is typed is seen at once, wherever the history stands.
pub fn type_key(state: &mut State, key: KeyEvent) {
    if support::is_shown(state) {
        state.chat.support.field.key(key);
        state.chat.support.up = 0;
        return;
    }
    let letter = matches!(key.code, KeyCode::Char(_))
        && !key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    let menu = state.chat.menu.take();
    let completing = menu.filter(|menu| {
        let first = menu.items.first();
        first.is_some_and(|item| matches!(item.target, Target::Say(_)))
    });
    let narrows = completing.as_ref().is_some_and(|menu| !menu.moved);
    if letter && !narrows && completing.is_some() {
        state.chat.menu = completing;
        take(state);
    }
    state.chat.field.key(key);
    if narrows {
        let items = offered(state);
        state.chat.menu = (!items.is_empty()).then_some(Menu {
            items,
            selected: 0,
            moved: false,
        });
    }
    state.chat.recalled = None;
    state.chat.up = 0;
}

/// Takes pasted words.
pub fn paste(state: &mut State, words: &str) {
    if support::is_shown(state) {
        state.chat.support.field.paste(words);
        return;
    }
    state.chat.menu = None;
    state.chat.recalled = None;
    state.chat.up = 0;
    state.chat.field.paste(words);
}
