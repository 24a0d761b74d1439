//! A recommendation in full: what to do, and the incidents that informed it.

use crossterm::event::{KeyCode, KeyEvent};

use super::{Next, Overlay, centred, scrolled, sheet};
use crate::console::{
    action::Action, canvas::Canvas, keymap::Context, layout::Pane, pane, rich::Rich, state::State,
    theme::Role, update,
};

/// A recommendation in full.
#[derive(Debug, Clone)]
pub struct Detail {
    id: String,
    top: usize,
}

impl Detail {
    /// Shows this one.
    pub fn of(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            top: 0,
        }
    }

    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        if let KeyCode::Char(c @ '1'..='9') = key.code {
            let nth = usize::from(c as u8 - b'1');
            let known = state.space.recommendations.get(&self.id);
            if let Some(stream) = known
                .and_then(|known| known.proposed.informed_by.get(nth))
                .cloned()
            {
                state.focus = Pane::Journal;
                return Next::done(update::select(state, stream));
            }
            return Next::stay(Overlay::Recommendation(self));
        }
        let contexts = [Context::Prevention, Context::List, Context::Global];
        let by = match state.keymap.action(&contexts, &key) {
            Some(Action::Up) => -1,
            Some(Action::Down) => 1,
            Some(Action::Back | Action::Quit) => return Next::close(),
            Some(action @ (Action::Accept | Action::Reject | Action::Copy)) => {
                state.prevention.selected.clone_from(&self.id);
                return match pane::prevention::act(state, action) {
                    Some(effects) => Next::stay_and(Overlay::Recommendation(self), effects),
                    None => Next::close(),
                };
            }
            _ => 0,
        };
        let width = usize::from(WIDTH.min(state.size.width)).saturating_sub(4);
        let height = usize::from(state.size.height).saturating_sub(4);
        self.top = scrolled(self.top, by, self.lines(state, width).len(), height);
        Next::stay(Overlay::Recommendation(self))
    }

    fn lines(&self, state: &State, width: usize) -> Vec<Rich> {
        let Some(known) = state.space.recommendations.get(&self.id) else {
            return vec![Rich::of(Role::Dim, "It is gone.")];
        };
        let of = &known.proposed.recommendation;
        let mut rows = Rich::new().text(Role::Strong, &of.title).wrap(width, 0);
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
        rows.extend(standing.wrap(width, 0));
        rows.push(Rich::new());
        rows.extend(Rich::new().text(Role::Text, &of.detail).wrap(width, 0));
        rows.push(Rich::new());
        rows.push(Rich::of(Role::Dim, "informed by"));
        for (i, stream) in known.proposed.informed_by.iter().enumerate() {
            let line = Rich::of(Role::Key, format!("{:>2}  ", i + 1));
            let line = match state.space.investigations.get(stream) {
                Some(listed) => line.flat(Role::Text, &listed.opened.title),
                None => line.add(Role::Dim, stream.to_string()),
            };
            rows.push(line.fit(width, state.glyphs.more));
        }
        rows
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let width = usize::from(WIDTH.min(state.size.width)).saturating_sub(4);
        let rows = self.lines(state, width);
        let area = centred(state.size, WIDTH, rows.len() as u16 + 4);
        let title = Rich::of(Role::Focus, "Recommendation");
        let inner = sheet(canvas, area, &title, &Rich::new());
        let body = ratatui::layout::Rect {
            height: inner.height.saturating_sub(1),
            ..inner
        };
        canvas.lines(body, rows.iter().skip(self.top));
        let mut keys = Rich::new();
        for (key, words) in [
            ("a", "accept"),
            ("r", "reject"),
            ("y", "copy"),
            ("1-9", "open the incident"),
            ("Esc", "close"),
        ] {
            keys = keys.add(Role::Key, key).add(Role::Dim, format!(" {words}   "));
        }
        let last = ratatui::layout::Rect {
            y: inner.bottom().saturating_sub(1),
            height: 1,
            ..inner
        };
        canvas.line(last, &keys);
    }
}

const WIDTH: u16 = 88;
