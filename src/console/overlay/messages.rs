//! All messages so far: what a toast said, with its hint.

use crossterm::event::KeyEvent;

use super::{Next, Overlay, centred, scrolled, sheet};
use crate::console::{
    action::Action, canvas::Canvas, keymap::Context, rich::Rich, state::State, theme::Role,
};

/// All messages so far, newest first.
#[derive(Debug, Clone, Default)]
pub struct Messages {
    top: usize,
}

impl Messages {
    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let by = match state.keymap.action(&[Context::List, Context::Global], &key) {
            Some(Action::Up) => -1,
            Some(Action::Down) => 1,
            Some(Action::PageUp) => -10,
            Some(Action::PageDown) => 10,
            Some(Action::Back | Action::Quit) => return Next::close(),
            _ => 0,
        };
        let width = usize::from(WIDTH.min(state.size.width)).saturating_sub(4);
        let height = usize::from(state.size.height).saturating_sub(4);
        self.top = scrolled(self.top, by, lines(state, width).len(), height);
        Next::stay(Overlay::Messages(self))
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let width = usize::from(WIDTH.min(state.size.width)).saturating_sub(4);
        let rows = lines(state, width);
        let area = centred(state.size, WIDTH, (rows.len() as u16 + 2).max(5));
        let title = Rich::of(Role::Focus, "Messages");
        let inner = sheet(canvas, area, &title, &Rich::of(Role::Dim, "Esc closes"));
        canvas.lines(inner, rows.iter().skip(self.top));
    }
}

const WIDTH: u16 = 100;

fn lines(state: &State, width: usize) -> Vec<Rich> {
    if state.messages.is_empty() {
        return vec![Rich::of(Role::Dim, "Nothing was said so far.")];
    }
    let mut rows = Vec::new();
    for message in state.messages.iter().rev() {
        let role = if message.trouble { Role::Warn } else { Role::Text };
        let line = Rich::of(Role::Faint, state.clock().second(message.at))
            .add(Role::Text, "  ")
            .add(role, message.text.clone());
        rows.extend(line.wrap(width, 10));
        if let Some(hint) = &message.hint {
            let line = Rich::of(Role::Text, " ".repeat(10)).add(Role::Dim, format!("hint: {hint}"));
            rows.extend(line.wrap(width, 10));
        }
    }
    rows
}
