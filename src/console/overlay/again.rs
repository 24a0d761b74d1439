//! Looking at a finished investigation again, with a hint: a new stream that names its parent.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::{Next, Overlay, centred, rows, sheet};
use crate::{
    console::{canvas::Canvas, effects::Effect, field::Field, rich::Rich, state::State, theme::Role},
    engine::opening::Opening,
    journal::views::Listed,
    model::Text,
};

/// Looking at a finished investigation again.
#[derive(Debug, Clone)]
pub struct Again {
    listed: Listed,
    /// The hint.
    pub field: Field,
}

impl Again {
    /// Asks for the hint.
    pub fn of(listed: &Listed) -> Self {
        Self {
            listed: listed.clone(),
            field: Field::line("what you know or suspect, e.g. look at the deployment of 14:02"),
        }
    }

    /// Takes a key.
    pub fn key(mut self: Box<Self>, state: &mut State, key: KeyEvent) -> Next {
        match key.code {
            KeyCode::Esc => Next::close(),
            KeyCode::Enter => {
                let parent = self.listed.opened.stream.clone();
                let created = state
                    .investigations
                    .get(&parent)
                    .and_then(|inv| inv.created.clone());
                let Some(mut created) = created else {
                    state.complain("the earlier investigation cannot be read");
                    return Next::close();
                };
                let hint = self.field.text();
                created.hint = match hint.trim() {
                    "" => Text::new(),
                    hint => Text::new().ext(hint),
                };
                let opening = Opening {
                    created,
                    source: self.listed.opened.source.clone(),
                    parent: Some(parent),
                };
                Next::done(vec![Effect::Open(Box::new(opening))])
            }
            _ => {
                self.field.key(key);
                Next::stay(Overlay::Again(self))
            }
        }
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let area = centred(state.size, 84, 7);
        let title = Rich::of(Role::Focus, "Look again");
        let inner = sheet(canvas, area, &title, &Rich::new());
        let [what, _, hint, _, keys] = rows(inner);
        let width = usize::from(inner.width);
        let line = Rich::of(Role::Dim, "a new investigation of ").flat(Role::Text, &self.listed.opened.title);
        canvas.line(what, &line.fit(width, canvas.glyphs.more));
        canvas.line(hint, &Rich::of(Role::Dim, "hint "));
        let typed = Rect {
            x: hint.x + 5,
            width: hint.width.saturating_sub(5),
            ..hint
        };
        self.field.draw(canvas, typed, true);
        let line = Rich::of(Role::Key, "Enter")
            .add(Role::Dim, " starts it   ")
            .add(Role::Key, "Esc")
            .add(Role::Dim, " back");
        canvas.line(keys, &line);
    }
}
