//! What lies over the panes. The last overlay gets the keys; Esc closes it.

pub mod again;
pub mod confirm;
pub mod events;
pub mod evidence;
pub mod help;
pub mod letters;
pub mod messages;
pub mod mitigation;
pub mod palette;
pub mod recommendation;
pub mod reject;
pub mod resource;
pub mod start_form;
pub mod support;
pub mod ticket;
pub mod timeline;
pub mod welcome;

use crossterm::event::KeyEvent;
use ratatui::layout::{Rect, Size};

use super::{canvas::Canvas, effects::Effect, rich::Rich, state::State};

/// What lies over the panes.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one or two exist at a time")]
#[expect(missing_docs, reason = "each is explained in its module")]
pub enum Overlay {
    Help(help::Help),
    Palette(palette::Palette),
    StartForm(Box<start_form::StartForm>),
    Again(Box<again::Again>),
    Evidence(evidence::EvidenceView),
    Mitigation(mitigation::MitigationView),
    Recommendation(recommendation::Detail),
    Reject(Box<reject::Reject>),
    Resource(resource::ResourceSheet),
    Confirm(confirm::Confirm),
    Messages(messages::Messages),
    Letters(letters::Letters),
    Ticket(ticket::Preview),
    Welcome(welcome::Welcome),
    Timeline(timeline::Timeline),
    Events(events::EventList),
    Support(Box<support::SupportView>),
}

/// What becomes of an overlay after a key.
#[derive(Debug, Default)]
pub struct Next {
    /// What to do in the world.
    pub effects: Vec<Effect>,
    /// The overlay, when it stays.
    pub stays: Option<Overlay>,
}

impl Next {
    /// It stays.
    pub fn stay(overlay: Overlay) -> Self {
        Self {
            effects: Vec::new(),
            stays: Some(overlay),
        }
    }

    /// It is closed.
    pub fn close() -> Self {
        Self::default()
    }

    /// It is closed, and something is done.
    pub fn done(effects: Vec<Effect>) -> Self {
        Self { effects, stays: None }
    }

    /// It stays, and something is done.
    pub fn stay_and(overlay: Overlay, effects: Vec<Effect>) -> Self {
        Self {
            effects,
            stays: Some(overlay),
        }
    }
}

/// Gives a key to the uppermost overlay.
pub fn key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let Some(top) = state.overlays.pop() else {
        return Vec::new();
    };
    let depth = state.overlays.len();
    let next = match top {
        Overlay::Help(overlay) => overlay.key(state, key),
        Overlay::Palette(overlay) => overlay.key(state, key),
        Overlay::StartForm(overlay) => overlay.key(state, key),
        Overlay::Again(overlay) => overlay.key(state, key),
        Overlay::Evidence(overlay) => overlay.key(state, key),
        Overlay::Mitigation(overlay) => overlay.key(state, key),
        Overlay::Recommendation(overlay) => overlay.key(state, key),
        Overlay::Reject(overlay) => overlay.key(state, key),
        Overlay::Resource(overlay) => overlay.key(state, key),
        Overlay::Confirm(overlay) => overlay.key(state, key),
        Overlay::Messages(overlay) => overlay.key(state, key),
        Overlay::Letters(overlay) => overlay.key(state, key),
        Overlay::Ticket(overlay) => overlay.key(state, key),
        Overlay::Welcome(overlay) => overlay.key(state, key),
        Overlay::Timeline(overlay) => overlay.key(state, key),
        Overlay::Events(overlay) => overlay.key(state, key),
        Overlay::Support(overlay) => overlay.key(state, key),
    };
    if let Some(overlay) = next.stays {
        // Below whatever it has put on top of itself.
        state.overlays.insert(depth.min(state.overlays.len()), overlay);
    }
    next.effects
}

/// Makes ready what the overlays show, so that drawing only reads.
pub fn settle(state: &mut State) {
    let mut overlays = std::mem::take(&mut state.overlays);
    for overlay in &mut overlays {
        if let Overlay::Evidence(view) = overlay {
            view.settle(state);
        }
    }
    state.overlays = overlays;
}

/// Gives pasted words to the uppermost overlay.
pub fn paste(state: &mut State, words: &str) {
    match state.overlays.last_mut() {
        Some(Overlay::Palette(overlay)) => overlay.paste(words),
        Some(Overlay::StartForm(overlay)) => overlay.paste(words),
        Some(Overlay::Again(overlay)) => overlay.field.paste(words),
        Some(Overlay::Reject(overlay)) => overlay.field.paste(words),
        _ => {}
    }
}

/// Draws all overlays, the uppermost last.
pub fn draw(state: &State, canvas: &mut Canvas<'_>) {
    for overlay in &state.overlays {
        // Only the uppermost may place the cursor.
        canvas.cursor = None;
        match overlay {
            Overlay::Help(overlay) => overlay.draw(state, canvas),
            Overlay::Palette(overlay) => overlay.draw(state, canvas),
            Overlay::StartForm(overlay) => overlay.draw(state, canvas),
            Overlay::Again(overlay) => overlay.draw(state, canvas),
            Overlay::Evidence(overlay) => overlay.draw(state, canvas),
            Overlay::Mitigation(overlay) => overlay.draw(state, canvas),
            Overlay::Recommendation(overlay) => overlay.draw(state, canvas),
            Overlay::Reject(overlay) => overlay.draw(state, canvas),
            Overlay::Resource(overlay) => overlay.draw(state, canvas),
            Overlay::Confirm(overlay) => overlay.draw(state, canvas),
            Overlay::Messages(overlay) => overlay.draw(state, canvas),
            Overlay::Letters(overlay) => overlay.draw(state, canvas),
            Overlay::Ticket(overlay) => overlay.draw(state, canvas),
            Overlay::Welcome(overlay) => overlay.draw(state, canvas),
            Overlay::Timeline(overlay) => overlay.draw(state, canvas),
            Overlay::Events(overlay) => overlay.draw(state, canvas),
            Overlay::Support(overlay) => overlay.draw(state, canvas),
        }
    }
}

/// A box in the middle of the screen, at most so large; leaves title and footer in view.
pub fn centred(size: Size, width: u16, height: u16) -> Rect {
    let width = width.min(size.width);
    let room = size.height.saturating_sub(2);
    let height = height.min(room);
    Rect {
        x: (size.width - width) / 2,
        y: 1 + (room - height) / 2,
        width,
        height,
    }
}

/// An overlay's empty box with its title; returns what is inside, a cell of air on both sides.
pub fn sheet(canvas: &mut Canvas<'_>, area: Rect, title: &Rich, right: &Rich) -> Rect {
    canvas.clear(area);
    let inner = canvas.frame(area, title, right, true);
    Rect {
        x: inner.x + 1.min(inner.width),
        width: inner.width.saturating_sub(2),
        ..inner
    }
}

/// The last row of a sheet: where its keys stand.
pub fn last_row(inner: Rect) -> Rect {
    Rect {
        y: inner.bottom().saturating_sub(1),
        height: 1.min(inner.height),
        ..inner
    }
}

/// Moves a scroll position by rows, within bounds.
pub fn scrolled(top: usize, by: isize, total: usize, height: usize) -> usize {
    top.saturating_add_signed(by).min(total.saturating_sub(height))
}

/// Rows of a small sheet.
pub fn rows<const N: usize>(inner: Rect) -> [Rect; N] {
    std::array::from_fn(|i| Rect {
        y: (inner.y + i as u16).min(inner.bottom().saturating_sub(1)),
        height: u16::from(inner.height > i as u16),
        ..inner
    })
}
