//! Cells of the journal pane.

use ratatui::layout::Rect;

use super::{JournalPane, update::head_height};
use crate::{
    console::{canvas::Canvas, layout::Pane, pane, rich::Rich, state::State, theme::Role, words},
    model::RunState,
};

/// Draws the pane.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let pane = &state.journal;
    let mut title = pane::title(state, Pane::Journal);
    let inv = state.investigation();
    if let Some(inv) = inv {
        title = title
            .add(Role::Faint, format!(" {} ", canvas.glyphs.dot))
            .flat(Role::Text, &inv.title());
    }
    let inner = pane::frame(state, canvas, area, Pane::Journal, title, status(state));
    if inv.is_none() {
        return empty(state, canvas, inner);
    }
    let head = head_height(pane, usize::from(inner.height)) as u16;
    if head > 0 {
        let rows = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            height: head - 1,
            ..inner
        };
        canvas.lines(rows, &pane.head);
        canvas.rule(inner, inner.y + head - 1, state.focus == Pane::Journal);
    }
    let body = Rect {
        y: inner.y + head,
        height: inner.height - head,
        ..inner
    };
    if pane.notes.is_empty() {
        let words = if pane.filter.is_on() {
            "nothing here says that; Esc shows everything again"
        } else {
            "reading the journal"
        };
        return pane::teach(canvas, body, &[Rich::of(Role::Dim, words)]);
    }
    let selected = pane.index();
    let needle = pane.filter.needle();
    for (row, at) in body.rows().zip(pane.rows.iter().skip(pane.top)) {
        let text = Rect {
            x: row.x + 1,
            width: row.width.saturating_sub(2),
            ..row
        };
        canvas.line(text, &at.line);
        if !needle.is_empty() {
            pane::mark_matches(canvas, text, &needle);
        }
        if selected == Some(at.note) {
            pane::select(state, canvas, row, Pane::Journal);
        }
    }
    canvas.scrollbar(body, pane.top, pane.rows.len());
}

/// The filter; while it runs, what it has spent of its budget.
fn status(state: &State) -> Rich {
    let pane: &JournalPane = &state.journal;
    let mut line = Rich::new();
    let running = state
        .investigation()
        .filter(|inv| inv.state == Some(RunState::Running));
    if let Some(inv) = running {
        let given = inv.created.as_ref().and_then(|created| created.budget);
        line = line.add(
            Role::Dim,
            words::spent(&inv.spent(), &given.unwrap_or(state.engine.budget)),
        );
    }
    if pane.filter.is_on() {
        if !line.is_empty() {
            line = line.add(Role::Dim, "  ");
        }
        line = line
            .add(Role::Accent, format!("/{}", pane.filter.field.text()))
            .add(Role::Dim, format!(" {} of {}", pane.notes.len(), pane.total));
    }
    if pane.all {
        let words = if line.is_empty() {
            "every record"
        } else {
            "  every record"
        };
        line = line.add(Role::Dim, words);
    }
    line
}

fn empty(state: &State, canvas: &mut Canvas<'_>, inner: Rect) {
    let key =
        |key: &str, words: &str| Rich::of(Role::Key, format!("{key:>5}  ")).add(Role::Dim, words.to_owned());
    let source = Rich::of(Role::Dim, "New ones look at ").flat(Role::Text, &state.place.source.text());
    let lines = [
        Rich::of(Role::Strong, "Nothing is being investigated."),
        Rich::new(),
        Rich::of(
            Role::Dim,
            "An investigation writes every step it takes here: what it looked at,",
        ),
        Rich::of(
            Role::Dim,
            "what it found, what it suspects and why, and what to do now.",
        ),
        Rich::new(),
        key("n", "start one: an alarm, a preset, or your own words"),
        key("?", "every key"),
        key("q", "quit"),
        Rich::new(),
        source.add(Role::Dim, "."),
    ];
    pane::teach(canvas, inner, &lines);
}
