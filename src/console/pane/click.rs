//! What a click selects in a pane, from where the panes draw things.

use ratatui::layout::Position;

use super::{investigations, journal, prevention, topology};
use crate::console::{effects::Effect, layout::Pane, state::State, update};

/// Selects what lies at a cell of a pane.
pub fn click(state: &mut State, pane: Pane, at: Position) -> Vec<Effect> {
    let inside = state.layout().inside(pane);
    if !inside.contains(at) {
        return Vec::new();
    }
    let (x, y) = (usize::from(at.x - inside.x), usize::from(at.y - inside.y));
    match pane {
        Pane::Investigations => {
            if let Some(stream) = investigations::update::at(state, y) {
                return update::select(state, stream);
            }
        }
        Pane::Journal => {
            let head = journal::update::head_height(&state.journal, usize::from(inside.height));
            let pane = &mut state.journal;
            let row = y.checked_sub(head).and_then(|y| pane.rows.get(y));
            if let Some(item) = row.and_then(|row| pane.list.get(row.at)) {
                pane.selected = *item;
                pane.follow = false;
            }
        }
        Pane::Topology => {
            if let Some(id) = topology::draw::at(&state.topology, x, y, usize::from(inside.width)) {
                state.topology.cursor = Some(id);
            }
        }
        Pane::Prevention => {
            let down = usize::from(state.prevention.head.height());
            let pane = &mut state.prevention;
            let item = y.checked_sub(down).map(|y| pane.top + y / prevention::draw::ROWS);
            if let Some(id) = item.and_then(|item| pane.items.get(item)) {
                pane.selected.clone_from(id);
            }
        }
        Pane::Chat => {}
    }
    Vec::new()
}
