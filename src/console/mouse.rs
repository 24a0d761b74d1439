//! The mouse, where it is listened to: a click focuses and selects, the wheel scrolls. What lies where is read off the
//! layout, so that it needs no memory of what was drawn.

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{
    action::Action,
    draw::{footer_keys, tab_words},
    effects::Effect,
    layout::Pane,
    overlay::{self, Overlay},
    pane,
    state::State,
    update,
};

/// What lies under the pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// A tab.
    Tab(Pane),
    /// A key in the footer.
    Key(Action),
    /// A pane.
    Pane(Pane),
    /// Nothing that can be clicked.
    Nothing,
}

/// What lies at a cell; overlays aside.
pub fn hit(state: &State, at: Position) -> Hit {
    let layout = state.layout();
    if layout.tabs.is_some_and(|tabs| tabs.contains(at)) {
        // One cell of air before the first tab, and one behind each.
        let mut x = 1;
        for (pane, words) in tab_words(state, layout.title.width) {
            let end = x + words.len() as u16;
            if (x..end).contains(&at.x) {
                return Hit::Tab(pane);
            }
            x = end + 1;
        }
        return Hit::Nothing;
    }
    if layout.footer.contains(at) {
        let mut x = 1;
        for shown in footer_keys(state, usize::from(layout.footer.width)) {
            let end = x + shown.cells() as u16;
            // The air behind the word belongs to nobody.
            if (x..end.saturating_sub(2)).contains(&at.x) {
                return shown.action.map_or(Hit::Nothing, Hit::Key);
            }
            x = end;
        }
        return Hit::Nothing;
    }
    let under = layout.panes.iter().find(|(_, area)| area.contains(at));
    under.map_or(Hit::Nothing, |(pane, _)| Hit::Pane(*pane))
}

/// Does what a click or the wheel asks.
pub fn on(state: &mut State, mouse: MouseEvent) -> Vec<Effect> {
    let at = Position::new(mouse.column, mouse.row);
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => click(state, at),
        MouseEventKind::ScrollUp => wheel(state, at, Action::Up),
        MouseEventKind::ScrollDown => wheel(state, at, Action::Down),
        _ => Vec::new(),
    }
}

fn click(state: &mut State, at: Position) -> Vec<Effect> {
    if !state.overlays.is_empty() {
        // The footer then says how to go back, and nothing else.
        if state.layout().footer.contains(at) {
            return overlay::key(state, KeyEvent::from(KeyCode::Esc));
        }
        return Vec::new();
    }
    if let Some(filter) = update::filter(state).filter(|filter| filter.editing) {
        // As Enter: what was typed is kept.
        filter.key(KeyEvent::from(KeyCode::Enter));
        return Vec::new();
    }
    match hit(state, at) {
        Hit::Tab(pane) => update::perform(state, pane.action()),
        Hit::Key(action) => update::perform(state, action),
        Hit::Pane(pane) => {
            let mut effects = Vec::new();
            if state.focus != pane {
                effects = update::perform(state, pane.action());
            }
            effects.extend(pane::click::click(state, pane, at));
            effects
        }
        Hit::Nothing => Vec::new(),
    }
}

fn wheel(state: &mut State, at: Position, to: Action) -> Vec<Effect> {
    let key = if to == Action::Up {
        KeyCode::Up
    } else {
        KeyCode::Down
    };
    match state.overlays.last() {
        // Up and Down would leave the line in which somebody types.
        Some(Overlay::StartForm(_) | Overlay::Again(_) | Overlay::Reject(_) | Overlay::Confirm(_)) => {
            Vec::new()
        }
        Some(_) => overlay::key(state, KeyEvent::from(key)),
        None => {
            let Hit::Pane(pane) = hit(state, at) else {
                return Vec::new();
            };
            let action = match (pane, to) {
                // Up and Down go through what was sent there.
                (Pane::Chat, Action::Up) => Action::PageUp,
                (Pane::Chat, _) => Action::PageDown,
                _ => to,
            };
            pane::act(state, pane, action).unwrap_or_default()
        }
    }
}
