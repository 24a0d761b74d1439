//! The timeline under every investigation: cause first, then what it broke, then the alarm, then us.

use ratatui::layout::Rect;

use super::{canvas::Canvas, rich::Rich, state::State, theme::Role, words};

/// Draws the timeline of the selected investigation.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(inv) = state.investigation() else { return };
    let mut line = Rich::of(Role::Dim, " ");
    if let Some(summary) = &inv.summary {
        for entry in &summary.timeline {
            line = line
                .add(Role::Faint, format!("{} ", words::time(entry.at)))
                .flat(Role::Text, &entry.what)
                .add(Role::Text, "  ");
        }
    }
    canvas.line(area, &line.fit(usize::from(area.width), canvas.glyphs.more));
}
