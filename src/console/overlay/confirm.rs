//! A question before something that cannot be taken back.

use crossterm::event::{KeyCode, KeyEvent};

use super::{Next, Overlay, centred, last_row, sheet};
use crate::console::{canvas::Canvas, effects::Effect, rich::Rich, state::State, theme::Role};

/// A question before something that cannot be taken back.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// The question.
    pub question: Rich,
    /// What `y` says.
    pub yes: &'static str,
    /// What is done then.
    pub effects: Vec<Effect>,
}

impl Confirm {
    /// Takes a key: `y` does it, anything that means no does not.
    pub fn key(self, _state: &mut State, key: KeyEvent) -> Next {
        match key.code {
            KeyCode::Char('y' | 'Y') => Next::done(self.effects),
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => Next::close(),
            _ => Next::stay(Overlay::Confirm(self)),
        }
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let width = 64.min(state.size.width);
        let rows = self.question.wrap(usize::from(width).saturating_sub(4), 0);
        let area = centred(state.size, width, rows.len() as u16 + 4);
        let inner = sheet(canvas, area, &Rich::of(Role::Warn, "Are you sure?"), &Rich::new());
        canvas.lines(inner, &rows);
        let keys = Rich::of(Role::Key, "y")
            .add(Role::Text, format!(" {}   ", self.yes))
            .add(Role::Key, "n")
            .add(Role::Text, " leave it");
        let last = last_row(inner);
        canvas.line(last, &keys);
    }
}
