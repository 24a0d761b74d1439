//! What stands behind a sentence: a metric as a chart, log lines around a burst, a change, configuration, raw records.
//!
//! - [`page`] - from a record to what is shown of it; pure.
//! - [`pieces`] - one kind of evidence each.
//! - [`draw`] - cells.

pub mod draw;
pub mod page;
pub mod pieces;

use crossterm::event::KeyEvent;

use super::{Next, Overlay, scrolled};
use crate::{
    console::{action::Action, effects::Effect, keymap::Context, state::State},
    journal::{Body, views::Investigation},
};

/// What stands behind a sentence, one record after the other.
#[derive(Debug, Clone)]
pub struct EvidenceView {
    /// Records to look at, in order.
    pub items: Vec<u64>,
    /// Place of the one that is shown.
    pub at: usize,
    /// As JSON.
    pub raw: bool,
    /// Rows scrolled.
    pub top: usize,
}

impl EvidenceView {
    /// Lays it over the panes.
    pub fn open(state: &mut State, items: Vec<u64>) -> Vec<Effect> {
        let mut unique: Vec<u64> = Vec::new();
        for item in items {
            if !unique.contains(&item) {
                unique.push(item);
            }
        }
        if unique.is_empty() {
            return Vec::new();
        }
        state.overlays.push(Overlay::Evidence(Self {
            items: unique,
            at: 0,
            raw: false,
            top: 0,
        }));
        Vec::new()
    }

    /// The record that is shown.
    pub fn item(&self) -> u64 {
        self.items.get(self.at).copied().unwrap_or(0)
    }

    /// Answers whose data the shown record needs.
    pub fn answers(&self, inv: &Investigation) -> Vec<u64> {
        behind(inv, self.item())
    }

    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let contexts = [Context::Evidence, Context::Global, Context::List];
        let action = state.keymap.action(&contexts, &key);
        let rows = draw::rows(&self, state);
        let height = draw::height(state);
        let page = height.max(2) as isize - 1;
        let last = self.items.len().saturating_sub(1);
        match action {
            Some(Action::Back) => return Next::close(),
            Some(Action::Left) => {
                self.at = self.at.saturating_sub(1);
                self.top = 0;
            }
            Some(Action::Right) => {
                self.at = (self.at + 1).min(last);
                self.top = 0;
            }
            Some(Action::Raw) => {
                self.raw = !self.raw;
                self.top = 0;
            }
            Some(Action::Up) => self.top = scrolled(self.top, -1, rows, height),
            Some(Action::Down) => self.top = scrolled(self.top, 1, rows, height),
            Some(Action::PageUp) => self.top = scrolled(self.top, -page, rows, height),
            Some(Action::PageDown) => self.top = scrolled(self.top, page, rows, height),
            Some(Action::Top) => self.top = 0,
            Some(Action::Bottom) => self.top = rows.saturating_sub(height),
            Some(Action::Copy) => {
                let words = draw::plain(&self, state);
                return Next::stay_and(Overlay::Evidence(self), vec![Effect::Copy(words)]);
            }
            _ => {}
        }
        Next::stay(Overlay::Evidence(self))
    }
}

/// Answers behind a record.
pub fn behind(inv: &Investigation, seq: u64) -> Vec<u64> {
    let body = inv.entry(seq).and_then(|entry| entry.body.as_ref());
    match body {
        Some(Body::Observation(observed)) => observed.evidence.clone(),
        Some(Body::Finding(finding)) => behind(inv, finding.observation),
        Some(Body::Evidence(_)) => vec![seq],
        Some(Body::Query(_)) => inv
            .answers
            .get(&seq)
            .map(|(answer, _)| *answer)
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}
