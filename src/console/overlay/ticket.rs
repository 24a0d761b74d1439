//! A recommendation as a ticket: shown before it is copied, so that what is pasted is what was seen.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::{Next, Overlay, centred, last_row, scrolled, sheet};
use crate::{
    console::{
        action::Action,
        canvas::{Canvas, with_air},
        effects::Effect,
        keymap::Context,
        rich::{Rich, shown},
        state::State,
        theme::Role,
    },
    journal::views::{Recommended, Space, report},
};

/// A ticket, before it is copied.
#[derive(Debug, Clone)]
pub struct Preview {
    words: String,
    top: usize,
}

const WIDTH: u16 = 96;

impl Preview {
    /// The ticket of a recommendation as it stands now.
    pub fn of(recommended: &Recommended, space: &Space) -> Self {
        Self {
            words: report::ticket(recommended, space).markdown(),
            top: 0,
        }
    }

    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let contexts = [Context::Prevention, Context::List, Context::Global];
        let height = usize::from(body(state).height);
        let page = height.max(2) as isize - 1;
        let by = match state.keymap.action(&contexts, &key) {
            _ if key.code == KeyCode::Enter => return Next::done(vec![Effect::Copy(self.words)]),
            Some(Action::Copy) => return Next::done(vec![Effect::Copy(self.words)]),
            Some(Action::Back | Action::Quit) => return Next::close(),
            Some(Action::Up) => -1,
            Some(Action::Down) => 1,
            Some(Action::PageUp) => -page,
            Some(Action::PageDown) => page,
            Some(Action::Top) => isize::MIN,
            Some(Action::Bottom) => isize::MAX,
            _ => 0,
        };
        let rows = self.rows(usize::from(body(state).width)).len();
        self.top = scrolled(self.top, by, rows, height);
        Next::stay(Overlay::Ticket(self))
    }

    fn rows(&self, width: usize) -> Vec<Rich> {
        let lines = self.words.lines().map(|line| {
            let role = if line.starts_with('#') {
                Role::Strong
            } else {
                Role::Text
            };
            Rich::of(role, shown(line))
        });
        lines.flat_map(|line| line.wrap(width, 0)).collect()
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let area = centred(state.size, WIDTH, state.size.height);
        let title = Rich::of(Role::Focus, "Ticket");
        let right = Rich::of(Role::Dim, "Markdown, copied as it stands here");
        let inner = sheet(canvas, area, &title, &right);
        let body = body(state);
        let rows = self.rows(usize::from(body.width));
        canvas.lines(body, rows.iter().skip(self.top));
        let frame = with_air(body);
        canvas.scrollbar(frame, self.top, rows.len());
        let copy = state.keymap.key_of(Action::Copy);
        let line = Rich::of(Role::Key, copy)
            .add(Role::Dim, " or ")
            .add(Role::Key, "Enter")
            .add(Role::Dim, " copies it   ")
            .add(Role::Key, "Esc")
            .add(Role::Dim, " back");
        let last = last_row(inner);
        canvas.line(last, &line);
    }
}

/// Where the words stand.
fn body(state: &State) -> Rect {
    let area = centred(state.size, WIDTH, state.size.height);
    Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(3),
    }
}
