//! Keys of the investigations pane, and its list made again when something changed.

use super::{
    InvestigationsPane,
    list::{self, Basis, Row},
    wanted::Wanted,
};
use crate::{
    console::{
        action::Action,
        effects::Effect,
        layout::Pane,
        overlay::{Overlay, again::Again},
        state::State,
        update,
    },
    model::{Intent, Priority},
};

/// Rows of the screen that an item takes, the last one empty.
pub const ITEM: usize = 3;

/// Does what a key asks; `None` when the pane does not know it.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let height = usize::from(state.layout().inside(Pane::Investigations).height);
    let page = (height / ITEM).saturating_sub(1).max(1);
    let last = state.list.items.len().saturating_sub(1);
    let selected = index(state);
    // What is selected may have been filtered away: then the first step leads to the first item.
    let at = selected.unwrap_or(0);
    let to = match action {
        Action::Up => at.saturating_sub(1),
        Action::Down if selected.is_none() => 0,
        Action::Down => (at + 1).min(last),
        Action::PageUp => at.saturating_sub(page),
        Action::PageDown => (at + page).min(last),
        Action::Top => 0,
        Action::Bottom => last,
        Action::Open => {
            state.selected.as_ref()?;
            state.focus = Pane::Journal;
            return Some(Vec::new());
        }
        Action::Filter => {
            state.list.filter.editing = true;
            return Some(Vec::new());
        }
        Action::Sort => {
            state.list.sort = state.list.sort.next();
            return Some(Vec::new());
        }
        Action::Group => {
            state.list.grouped = !state.list.grouped;
            return Some(Vec::new());
        }
        Action::Again => {
            let listed = state.listed()?;
            if state.investigation().is_none_or(|inv| inv.end.is_none()) {
                let chat = state.keymap.key_of(Action::FocusChat);
                state.complain(format!(
                    "it is still running\nhint: say what you know in the chat ({chat}), it steers the investigation"
                ));
                return Some(Vec::new());
            }
            let again = Again::of(listed);
            state.overlays.push(Overlay::Again(Box::new(again)));
            return Some(Vec::new());
        }
        Action::RaisePriority | Action::LowerPriority => return Some(reprioritise(state, action)),
        Action::Copy => return Some(vec![Effect::Copy(state.selected.as_ref()?.to_string())]),
        Action::Back if state.list.filter.is_on() => {
            state.list.filter.clear();
            return Some(Vec::new());
        }
        _ => return None,
    };
    let target = state.list.items.get(to).cloned()?;
    Some(update::select(state, target))
}

fn reprioritise(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(inv) = state.investigation().filter(|inv| inv.end.is_none()) else {
        return Vec::new();
    };
    // `ALL` goes from the most urgent to the least.
    let at = Priority::ALL
        .iter()
        .position(|known| *known == inv.priority)
        .unwrap_or(0);
    let to = if action == Action::RaisePriority {
        at.checked_sub(1)
    } else {
        Some(at + 1)
    };
    match to.and_then(|to| Priority::ALL.get(to)) {
        Some(priority) => update::steer(state, Intent::Priority { priority: *priority }),
        None => Vec::new(),
    }
}

/// Place of the selected investigation in the list.
pub fn index(state: &State) -> Option<usize> {
    let selected = state.selected.as_ref()?;
    state.list.items.iter().position(|item| item == selected)
}

/// Lists again where something changed, and keeps the selection in view.
pub fn settle(state: &mut State) {
    let pane = &state.list;
    let needle = pane.filter.needle();
    let basis = Basis::of(
        &state.space,
        &state.investigations,
        needle.clone(),
        pane.sort,
        pane.grouped,
    );
    if pane.made_from.as_ref() != Some(&basis) {
        let wanted = Wanted::parse(&needle);
        let listing = list::arrange(
            &state.space,
            &state.investigations,
            &wanted,
            pane.sort,
            pane.grouped,
        );
        state.list.items = listing.items;
        state.list.rows = listing.rows;
        state.list.looks = listing.looks;
        state.list.made_from = Some(basis);
    }
    let height = usize::from(state.layout().inside(Pane::Investigations).height);
    let selected = index(state);
    scroll(&mut state.list, selected, height);
}

/// What stands so many rows below the pane's upper edge.
pub fn at(state: &State, down: usize) -> Option<crate::journal::StreamId> {
    let mut rest = down;
    for row in state.list.rows.iter().skip(state.list.top) {
        let rows = tall(*row);
        if rest < rows {
            return match *row {
                Row::Item(place) => state.list.items.get(place).cloned(),
                Row::Heading(..) => None,
            };
        }
        rest -= rows;
    }
    None
}

/// Rows of the screen that a row of the list takes.
pub const fn tall(row: Row) -> usize {
    match row {
        Row::Heading(..) => 1,
        Row::Item(_) => ITEM,
    }
}

/// Keeps the selected item in view, its group's heading with it where it is the first, and no room empty below the last.
fn scroll(pane: &mut InvestigationsPane, selected: Option<usize>, height: usize) {
    if height == 0 {
        return;
    }
    let rows = &pane.rows;
    // The highest row from which everything down to this one can be seen; the empty row below the last may be cut off.
    let top_for = |last: usize| {
        let mut used = rows.get(last).map_or(0, |row| tall(*row) - 1);
        let mut top = last;
        while let Some(above) = top.checked_sub(1).and_then(|above| rows.get(above)) {
            used += tall(*above);
            if used > height {
                break;
            }
            top -= 1;
        }
        top
    };
    pane.top = pane.top.min(top_for(rows.len().saturating_sub(1)));
    let wanted = |row: &Row| matches!(row, Row::Item(item) if Some(*item) == selected);
    let Some(at) = selected.and_then(|_| rows.iter().position(wanted)) else {
        return;
    };
    let headed = at
        .checked_sub(1)
        .filter(|above| matches!(rows.get(*above), Some(Row::Heading(..))));
    pane.top = pane.top.max(top_for(at)).min(headed.unwrap_or(at));
}
