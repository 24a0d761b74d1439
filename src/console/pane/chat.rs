//! The chat pane: plain sentences that steer an investigation, and answers that cite records.

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::{
    console::{
        action::Action,
        canvas::Canvas,
        effects::Effect,
        field::Field,
        layout::Pane,
        pane::{self, journal::note::author},
        rich::Rich,
        state::State,
        theme::Role,
        update, words,
    },
    journal::{Actor, Body, StreamId, body::Message, body::Steering},
    model::{Intent, Text},
};

/// What the pane remembers.
#[derive(Debug, Clone)]
pub struct ChatPane {
    /// What is being typed.
    pub field: Field,
    /// Rows above the last ones that are shown.
    pub up: usize,
    /// What was sent from here, oldest first.
    pub sent: Vec<String>,
    /// Place in `sent` while going through it.
    pub recalled: Option<usize>,
    /// Rows at the pane's width, as of the last update.
    pub rows: Vec<Rich>,
    /// Records that the newest answer cites.
    pub cited: Vec<u64>,
    made_from: Option<(StreamId, u64, u64, u16)>,
}

impl Default for ChatPane {
    fn default() -> Self {
        Self {
            field: Field::line("ask why, or say: focus on X, ignore X, show logs of X"),
            up: 0,
            sent: Vec::new(),
            recalled: None,
            rows: Vec::new(),
            cited: Vec::new(),
            made_from: None,
        }
    }
}

/// Does what a key asks; `None` when the pane does not know it.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let page = usize::from(state.layout().inside(Pane::Chat).height.saturating_sub(3)).max(1);
    let most = state.chat.rows.len().saturating_sub(page);
    match action {
        Action::Send => return Some(send(state)),
        Action::Up => recall(&mut state.chat, true),
        Action::Down => recall(&mut state.chat, false),
        Action::PageUp => state.chat.up = (state.chat.up + page).min(most),
        Action::PageDown => state.chat.up = state.chat.up.saturating_sub(page),
        Action::Back => state.focus = state.before_chat,
        _ => return None,
    }
    Some(Vec::new())
}

fn recall(chat: &mut ChatPane, earlier: bool) {
    let at = match (chat.recalled, earlier) {
        (None, true) => chat.sent.len().checked_sub(1),
        (Some(at), true) => Some(at.saturating_sub(1)),
        (Some(at), false) => Some(at + 1),
        (None, false) => return,
    };
    let words = at.and_then(|at| chat.sent.get(at)).cloned().unwrap_or_default();
    chat.recalled = at.filter(|at| *at < chat.sent.len());
    chat.field.set(&words);
}

fn send(state: &mut State) -> Vec<Effect> {
    let words = state.chat.field.text().trim().to_owned();
    if words.is_empty() {
        if let Some(first) = state.chat.cited.first().copied() {
            pane::journal::update::jump(state, first);
        }
        return Vec::new();
    }
    let Some(stream) = state.selected.clone() else {
        state.complain("there is no investigation to talk about\nhint: Esc, then n starts one");
        return Vec::new();
    };
    state.chat.field.set("");
    state.chat.up = 0;
    state.chat.recalled = None;
    if state.chat.sent.last() != Some(&words) {
        state.chat.sent.push(words.clone());
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
    let width = state.layout().inside(Pane::Chat).width;
    let Some(stream) = state.selected.clone() else {
        state.chat.rows.clear();
        state.chat.cited.clear();
        return;
    };
    let Some(inv) = state.investigations.get(&stream) else {
        return;
    };
    let basis = (stream.clone(), inv.seq, state.space.seq, width);
    if width == 0 || state.chat.made_from.as_ref() == Some(&basis) {
        return;
    }
    let mut said: Vec<(Timestamp, u64, Rich)> = Vec::new();
    let mut cited = Vec::new();
    for entry in inv.entries.values() {
        match &entry.body {
            Some(Body::Message(message)) => {
                said.push((entry.at, entry.seq, sentence(&entry.actor, message)));
                if entry.actor == Actor::Agent && !message.cites.is_empty() {
                    cited.clone_from(&message.cites);
                }
            }
            Some(Body::Steering(steering)) => {
                if let Some(line) = steered(&entry.actor, steering, state.glyphs.arrow) {
                    said.push((entry.at, entry.seq, line));
                }
            }
            _ => {}
        }
    }
    for (seq, (at, actor, message)) in &state.space.messages {
        if message.stream.as_ref() == Some(&stream) {
            said.push((*at, *seq, sentence(actor, message)));
            if *actor == Actor::Agent && !message.cites.is_empty() {
                cited.clone_from(&message.cites);
            }
        }
    }
    said.sort_by_key(|(at, seq, _)| (*at, *seq));
    let room = usize::from(width).saturating_sub(2);
    let rows = said.iter().flat_map(|(_, _, line)| line.wrap(room, LEAD));
    state.chat.rows = rows.collect();
    state.chat.cited = cited;
    state.chat.made_from = Some(basis);
}

/// Cells before the words of a message.
const LEAD: usize = 10;

fn sentence(actor: &Actor, message: &Message) -> Rich {
    let (who, role) = author(actor);
    // What an operator typed is theirs; it is inert, but nothing to be wary of.
    let line = Rich::of(role, who).pad(LEAD).flat(Role::Text, &message.text);
    match uncited(message) {
        cites if cites.is_empty() => line,
        cites => line.add(Role::Text, " ").join(words::numbers(&cites)),
    }
}

/// Records that a message cites without naming them in its words.
pub fn uncited(message: &Message) -> Vec<u64> {
    let words = message.text.plain();
    let named: Vec<&str> = words.split(|c: char| c != '#' && !c.is_ascii_digit()).collect();
    let cites = message.cites.iter().copied();
    cites
        .filter(|seq| !named.contains(&format!("#{seq}").as_str()))
        .collect()
}

fn steered(actor: &Actor, steering: &Steering, arrow: &str) -> Option<Rich> {
    if matches!(steering.intent, Intent::Ask | Intent::Unknown) {
        return None;
    }
    let (who, role) = author(actor);
    let intent = words::intent(&steering.intent);
    let line = Rich::of(role, who).pad(LEAD).add(Role::Text, intent);
    Some(match steering.effect.is_empty() {
        true => line,
        false => line
            .add(Role::Dim, format!(" {arrow} "))
            .text(Role::Text, &steering.effect),
    })
}

/// Draws the pane.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let focused = state.focus == Pane::Chat && state.overlays.is_empty();
    let title = pane::title(state, Pane::Chat);
    // Before its records were read nobody knows.
    let hint = if state.investigation().is_none_or(|inv| inv.end.is_none()) {
        Rich::new()
    } else {
        Rich::of(Role::Dim, "it has ended: ask, or look again with A")
    };
    let inner = pane::frame(state, canvas, area, Pane::Chat, title, hint);
    if inner.height < 2 {
        return;
    }
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let input = Rect {
        y: inner.bottom() - 1,
        height: 1,
        ..inner
    };
    let prompt = Rich::of(
        if focused { Role::Focus } else { Role::Dim },
        format!("{} ", canvas.glyphs.prompt),
    );
    canvas.line(input, &prompt);
    let typed = Rect {
        x: input.x + 2,
        width: input.width.saturating_sub(2),
        ..input
    };
    state.chat.field.draw(canvas, typed, focused);
    let history = Rect {
        height: inner.height - 1,
        ..inner
    };
    let rows = &state.chat.rows;
    if rows.is_empty() {
        let lines = [
            Rich::of(
                Role::Dim,
                "Say what you know, or ask: what is happening? why? what changed?",
            ),
            Rich::of(
                Role::Dim,
                "A sentence here steers the investigation; answers cite records.",
            ),
        ];
        return canvas.lines(
            history,
            &lines.map(|line| line.fit(usize::from(history.width), canvas.glyphs.more)),
        );
    }
    let height = usize::from(history.height);
    let end = rows.len().saturating_sub(state.chat.up);
    let start = end.saturating_sub(height);
    let shown = rows.get(start..end).unwrap_or_default();
    let down = height - shown.len();
    let history = Rect {
        y: history.y + down as u16,
        height: history.height - down as u16,
        ..history
    };
    canvas.lines(history, shown);
}

/// Gives a pane the keys; the chat remembers who had them before.
pub fn focus(state: &mut State, pane: Pane) {
    if pane == Pane::Chat && state.focus != Pane::Chat {
        state.before_chat = state.focus;
    }
    state.focus = pane;
}

/// Takes a key that means nothing but text.
pub fn type_key(state: &mut State, key: crossterm::event::KeyEvent) {
    state.chat.field.key(key);
    state.chat.recalled = None;
    update::typed(state);
}
