//! What stands behind a sentence: the whole incident at a glance, a metric as a chart, log lines around a burst, a change
//! as a diff, configuration as a tree, raw records.
//!
//! - [`page`] - what is to be seen, as data. [`record`], [`head`] - from a record to its page.
//! - [`metrics`], [`together`], [`logs`], [`changes`], [`tree`], [`lists`] - one kind of evidence each. [`diff`] - what was and
//!   what is. [`raw`] - records as they are.
//! - [`sheet`] - a page laid out in rows: made when something changed, then only read.
//! - [`draw`] - cells. [`plain`] - text, for the clipboard and other programs.

pub mod changes;
pub mod diff;
pub mod draw;
pub mod head;
pub mod lists;
pub mod logs;
pub mod metrics;
pub mod page;
pub mod plain;
pub mod raw;
pub mod record;
pub mod sheet;
pub mod together;
pub mod tree;

use std::{collections::BTreeSet, sync::Arc};

use crossterm::event::{KeyCode, KeyEvent};

use super::{Next, Overlay, scrolled, timeline::Timeline};
use crate::{
    console::{
        action::Action,
        effects::{Effect, Tool},
        keymap::Context,
        state::State,
        update,
    },
    journal::{Body, views::Investigation},
};

/// Stands for no record: everything that was found so far, in one picture.
pub const TOGETHER: u64 = 0;

/// What stands behind a sentence, one record after the other.
#[derive(Debug, Clone, Default)]
pub struct EvidenceView {
    /// Records to look at, in order.
    pub items: Vec<u64>,
    /// Place of the one that is shown.
    pub at: usize,
    /// As JSON.
    pub raw: bool,
    /// Nothing is folded or cut.
    pub all: bool,
    /// Rows scrolled.
    pub top: usize,
    /// What the next Enter is about.
    pub focus: Option<Focus>,
    /// Branches that were folded or unfolded, and how often anything was.
    folds: BTreeSet<String>,
    turns: usize,
    /// Where one came from, by numbers that were followed.
    trail: Vec<Spot>,
    /// The page in rows.
    sheet: Arc<sheet::Sheet>,
}

/// What the next Enter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// A number, by its place among the numbers of the page.
    Link(usize),
    /// A row of a tree.
    Row(usize),
}

/// A place that one may come back to.
#[derive(Debug, Clone)]
struct Spot {
    items: Vec<u64>,
    at: usize,
    top: usize,
}

impl EvidenceView {
    /// Lays it over the panes.
    pub fn open(state: &mut State, items: Vec<u64>) {
        Self::open_at(state, items, None);
    }

    /// Lays it over the panes, at one of the records.
    pub fn open_at(state: &mut State, items: Vec<u64>, chosen: Option<u64>) {
        let mut unique: Vec<u64> = Vec::new();
        for item in items {
            if !unique.contains(&item) {
                unique.push(item);
            }
        }
        if unique.is_empty() {
            return;
        }
        let at = unique.iter().position(|item| Some(*item) == chosen);
        state.overlays.push(Overlay::Evidence(Self {
            items: unique,
            at: at.unwrap_or(0),
            ..Self::default()
        }));
    }

    /// The cause and what it stands on; without a cause everything that was found so far. False when that is nothing.
    pub fn everything(state: &mut State) -> bool {
        let Some(inv) = state.investigation() else {
            return false;
        };
        let items: Vec<u64> = match inv.causes.iter().next() {
            Some((seq, cause)) => std::iter::once(*seq)
                .chain(cause.evidence.iter().copied())
                .collect(),
            None if !inv.findings.is_empty() => {
                let found = inv.findings.values().map(|finding| finding.observation);
                std::iter::once(TOGETHER).chain(found).collect()
            }
            None => return false,
        };
        Self::open(state, items);
        true
    }

    /// The record that is shown.
    pub fn item(&self) -> u64 {
        self.items.get(self.at).copied().unwrap_or(TOGETHER)
    }

    /// Answers whose data the shown record needs.
    pub fn answers(&self, inv: &Investigation) -> Vec<u64> {
        sheet::needed(inv, self.item())
    }

    /// The page in rows, as it was last made.
    pub fn sheet(&self) -> &sheet::Sheet {
        &self.sheet
    }

    /// True when there is a way back.
    pub const fn came_from(&self) -> bool {
        !self.trail.is_empty()
    }

    /// Makes the page again when something has changed that it shows.
    pub fn settle(&mut self, state: &State) {
        let Some(inv) = state.investigation() else { return };
        let key = sheet::Sheet::key(self, state, inv);
        if !self.sheet.is(&key) {
            self.sheet = Arc::new(sheet::Sheet::of(self, state, inv, key));
            let height = draw::height(state);
            self.top = self.top.min(self.sheet.rows.len().saturating_sub(height));
            let kept = match self.focus {
                Some(Focus::Link(at)) => at < self.sheet.links.len(),
                Some(Focus::Row(at)) => self.node(at).is_some(),
                None => true,
            };
            if !kept {
                self.focus = None;
            }
        }
    }

    /// What a page is made for.
    pub const fn ask<'a>(&'a self, state: &'a State, inv: &'a Investigation) -> page::Ask<'a> {
        page::Ask {
            inv,
            state,
            raw: self.raw,
            all: self.all,
            whole: false,
            folds: &self.folds,
        }
    }

    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let contexts = [Context::Evidence, Context::Global, Context::List];
        let Some(action) = state.keymap.action(&contexts, &key) else {
            return Next::stay(Overlay::Evidence(self));
        };
        let height = draw::height(state);
        let page = height.max(2) as isize - 1;
        match action {
            Action::Back => return self.back(),
            Action::Quit => return Next::close(),
            Action::Left => self.turn(self.at.saturating_sub(1)),
            Action::Right => self.turn((self.at + 1).min(self.items.len().saturating_sub(1))),
            Action::Raw => {
                self.raw = !self.raw;
                self.fresh();
            }
            Action::Unfold => {
                self.all = !self.all;
                self.fresh();
            }
            Action::Up => self.walk(-1, height),
            Action::Down => self.walk(1, height),
            Action::PageDown if key.code == KeyCode::Char(' ') && self.branch().is_some() => self.fold(),
            Action::PageUp => self.scroll(-page, height),
            Action::PageDown => self.scroll(page, height),
            Action::Top => self.scroll(isize::MIN, height),
            Action::Bottom => self.scroll(isize::MAX, height),
            Action::NextPane => self.next_link(1, height),
            Action::PreviousPane => self.next_link(-1, height),
            Action::Open => match self.focus {
                Some(Focus::Link(at)) => {
                    if let Some(link) = self.sheet.links.get(at) {
                        self.follow(link.seq);
                    }
                }
                Some(Focus::Row(_)) => self.fold(),
                None => {}
            },
            Action::Together => self.together(state),
            Action::Timeline => Timeline::open(state),
            Action::Help => state.overlays.push(Overlay::Help(super::help::Help::default())),
            Action::Theme => {
                let effects = update::perform(state, action);
                return Next::stay_and(Overlay::Evidence(self), effects);
            }
            Action::Copy => {
                let words = plain::page(&self, state, false);
                return Next::stay_and(Overlay::Evidence(self), vec![Effect::Copy(words)]);
            }
            Action::Pager | Action::Editor => {
                let tool = if action == Action::Editor {
                    Tool::Editor
                } else {
                    Tool::Pager
                };
                let effect = Effect::HandOver {
                    tool,
                    name: format!(
                        "evidence-{}.{}",
                        self.item(),
                        if self.raw { "json" } else { "txt" }
                    ),
                    text: plain::page(&self, state, true),
                };
                return Next::stay_and(Overlay::Evidence(self), vec![effect]);
            }
            _ => {}
        }
        Next::stay(Overlay::Evidence(self))
    }

    fn fresh(&mut self) {
        self.top = 0;
        self.focus = None;
    }

    fn turn(&mut self, at: usize) {
        if at != self.at {
            self.at = at;
            self.folds.clear();
            self.fresh();
        }
    }

    /// Back the way one came; closed at its beginning.
    fn back(mut self) -> Next {
        let Some(spot) = self.trail.pop() else {
            return Next::close();
        };
        self.items = spot.items;
        self.at = spot.at;
        self.folds.clear();
        self.fresh();
        self.top = spot.top;
        Next::stay(Overlay::Evidence(self))
    }

    fn follow(&mut self, seq: u64) {
        if seq == self.item() {
            return;
        }
        self.trail.push(Spot {
            items: self.items.clone(),
            at: self.at,
            top: self.top,
        });
        if let Some(at) = self.items.iter().position(|item| *item == seq) {
            self.at = at;
        } else {
            self.items = vec![seq];
            self.at = 0;
        }
        self.folds.clear();
        self.fresh();
    }

    /// Goes to the picture of everything: the cause's own page, where there is one.
    fn together(&mut self, state: &State) {
        let Some(inv) = state.investigation() else { return };
        let cause = inv.causes.keys().next().copied();
        self.follow(cause.unwrap_or(TOGETHER));
    }

    fn node(&self, row: usize) -> Option<&page::Node> {
        match self.sheet.rows.get(row) {
            Some(sheet::Row::Words(_, node)) => node.as_ref(),
            _ => None,
        }
    }

    /// The branch that has the focus.
    fn branch(&self) -> Option<&page::Node> {
        match self.focus {
            Some(Focus::Row(row)) => self.node(row).filter(|node| node.branch),
            _ => None,
        }
    }

    fn fold(&mut self) {
        let Some(path) = self.branch().map(|node| node.path.clone()) else {
            return;
        };
        if !self.folds.remove(&path) {
            self.folds.insert(path);
        }
        self.turns += 1;
    }

    fn scroll(&mut self, by: isize, height: usize) {
        self.top = scrolled(self.top, by, self.sheet.rows.len(), height);
        self.focus = None;
    }

    /// One row up or down: from property to property in a tree that is in view, otherwise the page moves.
    fn walk(&mut self, by: isize, height: usize) {
        let view = self.top..self.top + height;
        let is_node = |row: &usize| self.node(*row).is_some();
        let next = match (self.focus, by > 0) {
            (Some(Focus::Row(at)), true) => (at + 1..self.sheet.rows.len()).find(is_node),
            (Some(Focus::Row(at)), false) => (0..at).rev().find(is_node),
            (_, true) => view.clone().find(is_node),
            (_, false) => view.clone().rev().find(is_node),
        };
        // A step leads no further than one can see.
        let near = view.start.saturating_sub(2)..view.end + 2;
        if let Some(row) = next.filter(|row| near.contains(row)) {
            self.focus = Some(Focus::Row(row));
            self.show(row, height);
            return;
        }
        self.top = scrolled(self.top, by, self.sheet.rows.len(), height);
        let seen = self.top..self.top + height;
        self.focus = self
            .focus
            .filter(|focus| matches!(focus, Focus::Row(row) if seen.contains(row)));
    }

    fn next_link(&mut self, by: isize, height: usize) {
        let count = self.sheet.links.len();
        if count == 0 {
            return;
        }
        let at = match self.focus {
            Some(Focus::Link(at)) => (at + count).saturating_add_signed(by) % count,
            // The first one in view.
            _ => self
                .sheet
                .links
                .iter()
                .position(|link| link.row >= self.top)
                .unwrap_or(0),
        };
        self.focus = Some(Focus::Link(at));
        if let Some(link) = self.sheet.links.get(at) {
            self.show(link.row, height);
        }
    }

    /// Scrolls so far that a row is in view.
    const fn show(&mut self, row: usize, height: usize) {
        if row < self.top {
            self.top = row;
        } else if row >= self.top + height {
            self.top = row + 1 - height;
        }
    }
}

/// The record that is meant by another: a finding means its observation.
pub fn meant(inv: &Investigation, seq: u64) -> u64 {
    match inv.entry(seq).and_then(|entry| entry.body.as_ref()) {
        Some(Body::Finding(finding)) => finding.observation,
        _ => seq,
    }
}

/// Answers behind a record.
pub fn behind(inv: &Investigation, seq: u64) -> Vec<u64> {
    let body = inv.entry(seq).and_then(|entry| entry.body.as_ref());
    match body {
        Some(Body::Observation(observed)) => observed.evidence.clone(),
        Some(Body::Finding(finding)) if finding.observation != seq => behind(inv, finding.observation),
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
