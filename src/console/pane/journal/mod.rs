//! The journal pane: an investigation as a colleague's notes, with what is known by now standing above them.
//!
//! ```text
//! Investigation -> Ledger (items by stage) -> list (what is unfolded, what is looked for) -> View (rows in view)
//! ```
//!
//! - [`ledger`]: records to items. [`note`]: an item as a note. Both pure.
//! - [`search`]: looking for words. [`view`]: what is in view.
//! - [`head`]: the outcome in two seconds: what is broken, how sure, why, what now.
//! - [`update`]: keys; [`draw`]: cells.

pub mod draw;
pub mod head;
pub mod ledger;
pub mod note;
pub mod search;
pub mod update;
pub mod view;

use std::collections::BTreeSet;

use self::{ledger::Ledger, search::Search, view::Top};
use crate::console::{filter::Filter, rich::Rich};
use crate::journal::StreamId;

/// What the pane remembers.
#[derive(Debug, Clone)]
pub struct JournalPane {
    /// Every record, not only what matters.
    pub all: bool,
    /// Stages that are folded otherwise than `all` says.
    pub otherwise: BTreeSet<usize>,
    /// The newest note stays in view.
    pub follow: bool,
    /// Ages instead of times.
    pub ages: bool,
    /// Place of the selected item.
    pub selected: usize,
    /// A record to be selected with the next update.
    pub wanted: Option<u64>,
    /// Where somebody jumped from, to go back to.
    pub back: Vec<usize>,
    /// What is scrolled to.
    pub top: Top,
    /// What is looked for.
    pub filter: Filter,
    /// Looking for it.
    pub search: Search,
    /// The records as items.
    pub ledger: Ledger,
    /// Places of the items that are unfolded.
    pub unfolded: Vec<usize>,
    /// Places of the items that are listed: those, or those of them that are looked for.
    pub list: Vec<usize>,
    /// The rows in view.
    pub rows: Vec<Row>,
    /// The rows above the notes.
    pub head: Vec<Rich>,
    /// What `unfolded` and `head` were made from; made again when it changes.
    pub made_from: Option<Basis>,
}

/// What the list and the head were made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    stream: StreamId,
    seq: u64,
    width: u16,
    all: bool,
    otherwise: BTreeSet<usize>,
    names: usize,
    ascii: bool,
}

/// One row in view.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Place in the list of the item that it belongs to.
    pub at: usize,
    /// True for the first row of an item.
    pub first: bool,
    /// The words.
    pub line: Rich,
}

impl Default for JournalPane {
    fn default() -> Self {
        Self {
            all: false,
            otherwise: BTreeSet::new(),
            follow: true,
            ages: false,
            selected: 0,
            wanted: None,
            back: Vec::new(),
            top: Top::default(),
            filter: Filter::default(),
            search: Search::default(),
            ledger: Ledger::default(),
            unfolded: Vec::new(),
            list: Vec::new(),
            rows: Vec::new(),
            head: Vec::new(),
            made_from: None,
        }
    }
}

impl JournalPane {
    /// Forgets what belongs to one investigation.
    pub fn reset(&mut self) {
        *self = Self {
            all: self.all,
            ages: self.ages,
            ..Self::default()
        };
    }

    /// Begins anew: the records are others than they were.
    pub fn refresh(&mut self) {
        self.ledger = Ledger::default();
        self.search.restart();
        self.made_from = None;
    }

    /// True where a stage shows every record.
    pub fn is_open(&self, stage: usize) -> bool {
        self.all != self.otherwise.contains(&stage)
    }

    /// Place of the selected item in the list.
    pub fn index(&self) -> Option<usize> {
        self.list.binary_search(&self.selected).ok()
    }
}
