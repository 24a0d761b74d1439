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
    if pane.list.is_empty() {
        return pane::teach(canvas, body, &[Rich::of(Role::Dim, nothing(pane))]);
    }
    let selected = pane.index();
    let needle = pane.filter.needle();
    for (row, at) in body.rows().zip(&pane.rows) {
        let text = Rect {
            x: row.x + 1,
            width: row.width.saturating_sub(2),
            ..row
        };
        canvas.line(text, &at.line);
        if !needle.is_empty() {
            pane::mark_matches(canvas, text, &needle);
        }
        if selected == Some(at.at) {
            pane::select(state, canvas, row, Pane::Journal);
        }
    }
    // By items, since nobody has counted the rows of all.
    let more = pane.list.len().max(pane.top.at + pane.rows.len());
    if pane.top.at > 0 || pane.rows.last().is_some_and(|row| row.at + 1 < pane.list.len()) {
        canvas.scrollbar(body, pane.top.at, more.max(usize::from(body.height) + 1));
    }
}

/// What is looked for; otherwise how far the reading has come, what was spent of the budget, and how much is shown.
fn status(state: &State) -> Rich {
    let pane: &JournalPane = &state.journal;
    if pane.filter.is_on() {
        return Rich::of(Role::Accent, format!("/{}", pane.filter.field.text()))
            .add(Role::Dim, format!(" {}", matches(pane)));
    }
    let mut parts = Vec::new();
    let running = state
        .investigation()
        .filter(|inv| inv.state == Some(RunState::Running));
    if let Some(inv) = running {
        let given = inv.created.as_ref().and_then(|created| created.budget);
        let spent = words::spent(&inv.spent(), &given.unwrap_or(state.engine.budget));
        parts.push(Rich::of(Role::Dim, spent));
    }
    let reading = state
        .selected
        .as_ref()
        .and_then(|stream| state.reading.get(stream));
    if let Some(reading) = reading.filter(|reading| reading.of > 0) {
        let (done, of) = (words::grouped(reading.done), words::grouped(reading.of));
        parts.push(Rich::of(Role::Running, format!("reading {done} of {of}")));
    }
    if pane.all {
        parts.push(Rich::of(Role::Dim, "every record"));
    }
    let mut line = Rich::new();
    for part in parts {
        let gap = if line.is_empty() { "" } else { "  " };
        line = line.add(Role::Dim, gap).join(part);
    }
    line
}

/// How many say what is looked for.
fn matches(pane: &JournalPane) -> String {
    let (hits, all) = (
        words::grouped(pane.list.len() as u64),
        words::grouped(pane.unfolded.len() as u64),
    );
    if pane.filter.needle().is_empty() || pane.search.is_over(&pane.unfolded) {
        format!("{hits} of {all}")
    } else {
        let done = words::grouped(pane.search.done as u64);
        format!("{hits} in {done} of {all}")
    }
}

/// Why nothing is listed.
fn nothing(pane: &JournalPane) -> &'static str {
    match (pane.filter.is_on(), pane.all) {
        (true, false) => "nothing in view says that; f looks into every record, Esc shows everything again",
        (true, true) => "no record says that; Esc shows everything again",
        (false, _) => "reading the journal",
    }
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
