//! A recommendation in full: what to do, and the incidents that informed it.

use crossterm::event::{KeyCode, KeyEvent};

use super::{Next, Overlay, centred, last_row, sheet};
use crate::{
    console::{
        action::Action,
        canvas::{Canvas, with_air},
        effects::Effect,
        keymap::Context,
        layout::Pane,
        pane::{self, investigations::wanted::closed_word},
        rich::Rich,
        state::State,
        theme::Role,
        update, words,
    },
    journal::views::{Listed, Recommended},
};

/// A recommendation in full.
#[derive(Debug, Clone)]
pub struct Detail {
    id: String,
    /// Which of the incidents that informed it is selected.
    selected: usize,
}

struct Row {
    incident: Option<usize>,
    line: Rich,
}

impl Detail {
    /// Shows this one.
    pub fn of(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            selected: 0,
        }
    }

    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let Some(known) = state.space.recommendations.get(&self.id) else {
            return Next::close();
        };
        let last = known.proposed.informed_by.len().saturating_sub(1);
        if let KeyCode::Char(c @ '1'..='9') = key.code {
            let nth = usize::from(c as u8 - b'1');
            if nth > last {
                return Next::stay(Overlay::Recommendation(self));
            }
            return Next::done(self.go(state, nth));
        }
        let contexts = [Context::Prevention, Context::List, Context::Global];
        match state.keymap.action(&contexts, &key) {
            Some(Action::Up) => self.selected = self.selected.saturating_sub(1),
            Some(Action::Down) => self.selected = (self.selected + 1).min(last),
            Some(Action::Top | Action::PageUp) => self.selected = 0,
            Some(Action::Bottom | Action::PageDown) => self.selected = last,
            Some(Action::Open) => {
                let selected = self.selected;
                return Next::done(self.go(state, selected));
            }
            Some(Action::Back | Action::Quit) => return Next::close(),
            Some(action @ (Action::Accept | Action::Reject | Action::Copy)) => {
                state.prevention.selected.clone_from(&self.id);
                return match pane::prevention::act(state, action) {
                    Some(effects) => Next::stay_and(Overlay::Recommendation(self), effects),
                    None => Next::close(),
                };
            }
            _ => {}
        }
        Next::stay(Overlay::Recommendation(self))
    }

    /// Shows an incident that informed it.
    fn go(&self, state: &mut State, nth: usize) -> Vec<Effect> {
        let known = state.space.recommendations.get(&self.id);
        let Some(stream) = known
            .and_then(|known| known.proposed.informed_by.get(nth))
            .cloned()
        else {
            return Vec::new();
        };
        if !state.space.investigations.contains_key(&stream) {
            state.complain("this journal does not hold that incident");
            return Vec::new();
        }
        state.focus = Pane::Journal;
        update::select(state, stream)
    }

    fn rows(known: &Recommended, state: &State, width: usize) -> Vec<Row> {
        let of = &known.proposed.recommendation;
        let mut lines = Rich::new().text(Role::Strong, &of.title).wrap(width, 0);
        let mut standing = Rich::of(Role::Dim, of.category.words())
            .add(Role::Dim, "  ")
            .add(Role::Accent, known.state.as_str());
        if let Some(by) = &known.decided_by {
            standing = standing
                .add(Role::Dim, " by ")
                .add(Role::You, pane::journal::note::author(by).0);
        }
        if !known.reason.is_empty() {
            standing = standing.add(Role::Dim, ": ").flat(Role::Text, &known.reason);
        }
        lines.extend(standing.wrap(width, 0));
        lines.push(Rich::new());
        lines.extend(Rich::new().text(Role::Text, &of.detail).wrap(width, 0));
        lines.push(Rich::new());
        let informed = words::count(known.proposed.informed_by.len() as u64, "incidents");
        lines.push(Rich::of(Role::Accent, format!("informed by {informed}")));
        let plain = |line| Row { incident: None, line };
        let mut rows: Vec<Row> = lines.into_iter().map(plain).collect();
        for (i, stream) in known.proposed.informed_by.iter().enumerate() {
            // Nine of them have a key of their own.
            let number = if i < 9 {
                format!("{:>2}  ", i + 1)
            } else {
                "    ".to_owned()
            };
            let line = Rich::of(Role::Key, number);
            let line = match state.space.investigations.get(stream) {
                Some(listed) => incident(line, listed, state, width),
                None => line.add(Role::Dim, format!("{stream}, which this journal does not hold")),
            };
            rows.push(Row {
                incident: Some(i),
                line: line.fit(width, state.glyphs.more),
            });
        }
        rows
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let Some(known) = state.space.recommendations.get(&self.id) else {
            return;
        };
        let width = usize::from(WIDTH.min(state.size.width)).saturating_sub(4);
        let rows = Self::rows(known, state, width);
        let area = centred(state.size, WIDTH, rows.len() as u16 + 4);
        let title = Rich::of(Role::Focus, "Recommendation");
        let inner = sheet(canvas, area, &title, &Rich::new());
        let body = ratatui::layout::Rect {
            height: inner.height.saturating_sub(1),
            ..inner
        };
        let selected = |row: &Row| row.incident == Some(self.selected);
        let at = rows.iter().position(selected).unwrap_or(0);
        let top = (at + 1).saturating_sub(usize::from(body.height));
        for (area, row) in body.rows().zip(rows.iter().skip(top)) {
            canvas.line(area, &row.line);
            if selected(row) {
                let wide = with_air(area);
                canvas.tint(wide, Role::Selected);
            }
        }
        let own = |action| state.keymap.key_from(Context::Prevention, action);
        let mut keys = Rich::new();
        for (key, words) in [
            (own(Action::Accept), "accept"),
            (own(Action::Reject), "reject"),
            (own(Action::Copy), "ticket"),
            (format!("{} 1-9", own(Action::Open)), "open the incident"),
            (own(Action::Back), "close"),
        ] {
            keys = keys.add(Role::Key, key).add(Role::Dim, format!(" {words}   "));
        }
        let last = last_row(inner);
        canvas.line(last, &keys);
    }
}

const WIDTH: u16 = 88;

/// An incident in one line: what it was, how it ended, how long ago.
fn incident(line: Rich, listed: &Listed, state: &State, width: usize) -> Rich {
    let mut tail = Rich::of(Role::Dim, closed_word(listed).unwrap_or("open"));
    if let Some(confidence) = listed.closed.as_ref().and_then(|closed| closed.confidence) {
        tail = tail.add(Role::Dim, format!(" {confidence:.2}"));
    }
    let age = words::age(listed.opened_at, state.now);
    let tail = tail.add(Role::Dim, format!("  {age:>4}"));
    let room = width.saturating_sub(tail.width() + 1);
    line.flat(Role::Text, &listed.opened.title)
        .fit(room, state.glyphs.more)
        .pad(width.saturating_sub(tail.width()))
        .join(tail)
}
