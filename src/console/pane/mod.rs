//! The five panes. Each has what it remembers, what keys do to it, and how it is drawn.

pub mod chat;
pub mod click;
pub mod investigations;
pub mod journal;
pub mod prevention;
pub mod topology;

use ratatui::layout::Rect;

use super::{
    action::Action, canvas::Canvas, effects::Effect, layout::Pane, rich::Rich, state::State, theme::Role,
};

/// Does what a key asks of a pane; `None` when the pane does not know it.
pub fn act(state: &mut State, pane: Pane, action: Action) -> Option<Vec<Effect>> {
    match pane {
        Pane::Investigations => investigations::update::act(state, action),
        Pane::Journal => journal::update::act(state, action),
        Pane::Chat => chat::update::act(state, action),
        Pane::Topology => topology::act(state, action),
        Pane::Prevention => prevention::act(state, action),
    }
}

/// Brings what every pane has prepared up to date with the state.
pub fn settle(state: &mut State) {
    investigations::update::settle(state);
    journal::update::settle(state);
    chat::update::settle(state);
    topology::settle(state);
    prevention::update::settle(state);
    super::strip::settle(state);
}

/// Draws a pane.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, pane: Pane, area: Rect) {
    match pane {
        Pane::Investigations => investigations::draw::draw(state, canvas, area),
        Pane::Journal => journal::draw::draw(state, canvas, area),
        Pane::Chat => chat::draw::draw(state, canvas, area),
        Pane::Topology => topology::draw(state, canvas, area),
        Pane::Prevention => prevention::draw::draw(state, canvas, area),
    }
}

/// Number and name of a pane, as its title begins.
pub fn title(state: &State, pane: Pane) -> Rich {
    let focused = state.focus == pane;
    let role = if focused { Role::Focus } else { Role::Dim };
    Rich::of(role, format!("{} {}", pane.number(), pane.title()))
}

/// A pane's frame; returns what is inside.
pub fn frame(
    state: &State,
    canvas: &mut Canvas<'_>,
    area: Rect,
    pane: Pane,
    title: Rich,
    right: Rich,
) -> Rect {
    canvas.frame(
        area,
        &title,
        &right,
        state.focus == pane && state.overlays.is_empty(),
    )
}

/// Marks a row as selected: strongly in the focused pane, faintly elsewhere.
pub fn select(state: &State, canvas: &mut Canvas<'_>, row: Rect, pane: Pane) {
    let role = if state.focus == pane {
        Role::Selected
    } else {
        Role::SelectedUnfocused
    };
    canvas.select(row, role);
}

/// Words in the upper third of an empty pane: what will stand here, and the key that brings it.
pub fn teach(canvas: &mut Canvas<'_>, area: Rect, lines: &[Rich]) {
    let width = usize::from(area.width).saturating_sub(4);
    let mut rows = Vec::new();
    for line in lines {
        let indent = line.0.first().map_or(0, |(role, words)| {
            if *role == Role::Key {
                unicode_width::UnicodeWidthStr::width(words.as_str())
            } else {
                0
            }
        });
        rows.extend(line.wrap(width, indent));
    }
    let spare = usize::from(area.height).saturating_sub(rows.len());
    let down = (spare / 3).min(4) as u16;
    let inner = Rect {
        x: area.x + 2.min(area.width),
        y: area.y + down,
        width: area.width.saturating_sub(4),
        height: area.height - down.min(area.height),
    };
    canvas.lines(inner, &rows);
}

/// Marks where the words that are looked for stand in a row.
pub fn mark_matches(canvas: &mut Canvas<'_>, row: Rect, needle: &str) {
    let cells: Vec<String> = (row.x..row.right())
        .map(|x| {
            canvas
                .buf
                .cell((x, row.y))
                .map_or_else(String::new, |cell| cell.symbol().to_lowercase())
        })
        .collect();
    for part in needle.split_whitespace() {
        let wanted: Vec<String> = part.chars().map(String::from).collect();
        for start in 0..cells.len().saturating_sub(wanted.len() - 1) {
            if cells.get(start..start + wanted.len()) == Some(&wanted) {
                let area = Rect::new(row.x + start as u16, row.y, wanted.len() as u16, 1);
                canvas.tint(area, Role::Match);
            }
        }
    }
}
