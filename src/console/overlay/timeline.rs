//! The timeline as a list: when, what, where, and the evidence behind it.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{Next, Overlay, centred, evidence::EvidenceView, last_row, scrolled, sheet};
use crate::console::{
    action::Action,
    canvas::{Canvas, with_air},
    keymap::Context,
    rich::{Rich, shown},
    state::State,
    strip::{self, Happening},
    theme::Role,
};

/// Columns at most.
const WIDTH: u16 = 120;

/// The timeline as a list.
#[derive(Debug, Clone)]
pub struct Timeline {
    rows: Vec<Happening>,
    selected: usize,
    top: usize,
}

impl Timeline {
    /// Lays it over the panes; says so where nothing is known yet.
    pub fn open(state: &mut State) {
        let rows = state.investigation().map(strip::happenings).unwrap_or_default();
        if rows.is_empty() {
            state.say("nothing is known yet that has a time");
            return;
        }
        // The cause is what one looks for.
        let cause = rows
            .iter()
            .position(|row| row.kind == crate::console::widget::EventKind::Cause);
        let mut timeline = Self {
            selected: cause.unwrap_or(0),
            top: 0,
            rows,
        };
        timeline.settle(state);
        state.overlays.push(Overlay::Timeline(timeline));
    }

    fn height(state: &State) -> usize {
        usize::from(state.size.height).saturating_sub(5)
    }

    fn settle(&mut self, state: &State) {
        let height = Self::height(state);
        if self.selected < self.top {
            self.top = self.selected;
        }
        if self.selected >= self.top + height {
            self.top = (self.selected + 1).saturating_sub(height);
        }
        self.top = scrolled(self.top, 0, self.rows.len(), height);
    }

    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let contexts = [Context::Evidence, Context::List, Context::Global];
        let page = Self::height(state).max(2) - 1;
        let last = self.rows.len().saturating_sub(1);
        self.selected = match state.keymap.action(&contexts, &key) {
            Some(Action::Up) => self.selected.saturating_sub(1),
            Some(Action::Down) => (self.selected + 1).min(last),
            Some(Action::PageUp) => self.selected.saturating_sub(page),
            Some(Action::PageDown) => (self.selected + page).min(last),
            Some(Action::Top) => 0,
            Some(Action::Bottom) => last,
            Some(Action::Back | Action::Quit | Action::Timeline) => return Next::close(),
            Some(Action::Open) => {
                // All of them, so that one may go on from the chosen one.
                let items: Vec<u64> = self.rows.iter().map(|row| row.seq).collect();
                let chosen = items.get(self.selected).copied();
                EvidenceView::open_at(state, items, chosen);
                self.selected
            }
            _ => self.selected,
        };
        self.settle(state);
        Next::stay(Overlay::Timeline(self))
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let area = centred(state.size, WIDTH, (self.rows.len() as u16).saturating_add(3));
        let title = Rich::of(Role::Focus, "Timeline");
        let place = Rich::of(Role::Dim, format!("{} of {}", self.selected + 1, self.rows.len()));
        let inner = sheet(canvas, area, &title, &place);
        let body = Rect {
            height: inner.height.saturating_sub(1),
            ..inner
        };
        let several_days = self
            .rows
            .first()
            .zip(self.rows.last())
            .is_some_and(|(first, last)| last.at - first.at >= 86_400);
        for (row, (at, happening)) in body.rows().zip(self.rows.iter().enumerate().skip(self.top)) {
            let number = Rich::of(Role::Number, format!("#{}", happening.seq));
            let room = usize::from(row.width).saturating_sub(number.width() + 1);
            let line = line(state, happening, several_days).fit(room, canvas.glyphs.more);
            canvas.line(row, &line);
            canvas.line_right(row, &number);
            if at == self.selected {
                let wide = with_air(row);
                canvas.tint(wide, Role::Selected);
            }
        }
        let frame = with_air(body);
        canvas.scrollbar(frame, self.top, self.rows.len());
        let last = last_row(inner);
        let key = |action| state.keymap.key_in(Context::Evidence, action);
        let keys = Rich::of(Role::Key, key(Action::Open))
            .add(Role::Dim, " evidence   ")
            .add(Role::Key, key(Action::Back))
            .add(Role::Dim, " close");
        canvas.line(last, &keys);
    }
}

fn line(state: &State, happening: &Happening, several_days: bool) -> Rich {
    let (sign, role) = strip::sign(happening.kind, &state.glyphs);
    let at = jiff::Timestamp::from_second(happening.at).unwrap_or_default();
    let time = if several_days {
        format!("{} {}", at.strftime("%m-%d"), happening.time())
    } else {
        happening.time()
    };
    let observed = state
        .investigation()
        .and_then(|inv| inv.observations.get(&happening.seq));
    let mut line = Rich::of(Role::Faint, time)
        .add(Role::Text, "  ")
        .add(role, sign)
        .add(Role::Text, " ");
    line = match observed {
        Some(observed) => line.flat(Role::Text, &observed.observation.text),
        None => line.add(Role::Text, shown(&happening.label)),
    };
    if let Some(id) = observed.and_then(|observed| observed.observation.resource.as_ref()) {
        line = line.add(Role::Dim, "  ").ext(&state.names.of(id));
    }
    line
}
