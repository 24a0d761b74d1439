//! Why a recommendation is rejected. A reason is needed: it is what later evaluations learn from.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::{Next, Overlay, centred, rows, sheet};
use crate::{
    console::{canvas::Canvas, field::Field, pane::prevention, rich::Rich, state::State, theme::Role},
    journal::{body::Choice, views::Recommended},
    model::Text,
};

/// Why a recommendation is rejected.
#[derive(Debug, Clone)]
pub struct Reject {
    title: Rich,
    /// The reason.
    pub field: Field,
    complaint: bool,
}

impl Reject {
    /// Asks why this one is rejected.
    pub fn of(recommended: &Recommended) -> Self {
        Self {
            title: Rich::new().flat(Role::Text, &recommended.proposed.recommendation.title),
            field: Field::line("why not? (it is written down, and alike ones are held back)"),
            complaint: false,
        }
    }

    /// Takes a key.
    pub fn key(mut self: Box<Self>, state: &mut State, key: KeyEvent) -> Next {
        match key.code {
            KeyCode::Esc => Next::close(),
            KeyCode::Enter if self.field.is_blank() => {
                self.complaint = true;
                Next::stay(Overlay::Reject(self))
            }
            KeyCode::Enter => {
                let reason = Text::new().ext(self.field.text().trim());
                Next::done(prevention::decide(state, Choice::Rejected, reason))
            }
            _ => {
                self.field.key(key);
                self.complaint = false;
                Next::stay(Overlay::Reject(self))
            }
        }
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let area = centred(state.size, 76, 7);
        let title = Rich::of(Role::Focus, "Reject the recommendation");
        let inner = sheet(canvas, area, &title, &Rich::new());
        let [what, _, reason, _, keys] = rows(inner);
        canvas.line(
            what,
            &self
                .title
                .clone()
                .fit(usize::from(inner.width), canvas.glyphs.more),
        );
        canvas.line(reason, &Rich::of(Role::Dim, "because "));
        let typed = Rect {
            x: reason.x + 8,
            width: reason.width.saturating_sub(8),
            ..reason
        };
        self.field.draw(canvas, typed, true);
        let line = if self.complaint {
            Rich::of(Role::Warn, "say why in a few words first")
        } else {
            Rich::of(Role::Key, "Enter")
                .add(Role::Dim, " rejects   ")
                .add(Role::Key, "Esc")
                .add(Role::Dim, " back")
        };
        canvas.line(keys, &line);
    }
}
