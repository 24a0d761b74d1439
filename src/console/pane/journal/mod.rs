//! The journal pane: an investigation as a colleague's notes, with what is known by now standing above them.
//!
//! - [`notes`]: records to notes, pure.
//! - [`head`]: the outcome in two seconds: what is broken, how sure, why, what now.
//! - [`update`]: keys; [`draw`]: cells.

pub mod draw;
pub mod head;
pub mod notes;
pub mod update;

use self::notes::Note;
use crate::console::{filter::Filter, rich::Rich};
use crate::journal::StreamId;

/// What the pane remembers.
#[derive(Debug, Clone)]
pub struct JournalPane {
    /// Every record, not only what matters.
    pub all: bool,
    /// The newest note stays in view.
    pub follow: bool,
    /// Record of the selected note.
    pub selected: u64,
    /// First row that is shown.
    pub top: usize,
    /// What is looked for.
    pub filter: Filter,
    /// The notes, as of the last update.
    pub notes: Vec<Note>,
    /// Their rows at the pane's width.
    pub rows: Vec<Row>,
    /// The rows above the notes.
    pub head: Vec<Rich>,
    /// Notes without the filter.
    pub total: usize,
    /// What `notes` and `rows` were made from; made again when it changes.
    pub made_from: Option<Basis>,
}

/// What the rows were made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// Which investigation.
    pub stream: StreamId,
    /// Its last record.
    pub seq: u64,
    /// Width inside the frame.
    pub width: u16,
    /// Every record.
    pub all: bool,
    /// What is looked for.
    pub needle: String,
    /// Whether signs are ASCII.
    pub ascii: bool,
    /// What resources are called.
    pub names: u64,
}

/// One row of the pane.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The note that it belongs to.
    pub note: usize,
    /// True for the first row of a note.
    pub first: bool,
    /// The words.
    pub line: Rich,
}

impl Default for JournalPane {
    fn default() -> Self {
        Self {
            all: false,
            follow: true,
            selected: 0,
            top: 0,
            filter: Filter::default(),
            notes: Vec::new(),
            rows: Vec::new(),
            head: Vec::new(),
            total: 0,
            made_from: None,
        }
    }
}

impl JournalPane {
    /// Forgets what belongs to one investigation.
    pub fn reset(&mut self) {
        self.follow = true;
        self.selected = 0;
        self.top = 0;
        self.filter.clear();
        self.made_from = None;
    }

    /// Place of the selected note.
    pub fn index(&self) -> Option<usize> {
        let exact = self.notes.iter().position(|note| note.seq == self.selected);
        exact.or_else(|| self.notes.iter().position(|note| note.tells(self.selected)))
    }

    /// The selected note.
    pub fn note(&self) -> Option<&Note> {
        self.notes.get(self.index()?)
    }
}
