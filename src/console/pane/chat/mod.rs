//! The chat pane: plain sentences that steer an investigation, and answers that cite records.
//!
//! - [`history`]: what was said, as rows, pure. [`offers`]: what can be completed, pure.
//! - [`support`]: the conversation with AWS Support, in the same place.
//! - [`update`]: keys, and the rows made again when something changed; [`draw`]: cells.

pub mod draw;
pub mod history;
pub mod offers;
pub mod support;
pub mod update;

pub use self::{history::uncited, update::focus};

use crate::{
    console::{field::Field, rich::Rich},
    journal::StreamId,
};

/// What the pane remembers.
#[derive(Debug, Clone)]
pub struct ChatPane {
    /// What is being typed.
    pub field: Field,
    /// The list above the input, while it is open.
    pub menu: Option<Menu>,
    /// Rows above the last ones that are shown.
    pub up: usize,
    /// What was sent in this sitting, oldest first.
    pub sent: Vec<String>,
    /// What was sent before, while somebody goes through it.
    pub recalled: Option<Recalled>,
    /// Rows at the pane's width, as of the last update.
    pub rows: Vec<Rich>,
    /// Records that the newest answer cites.
    pub cited: Vec<u64>,
    /// A citation was followed from here: Esc comes back.
    pub away: bool,
    /// The conversation with AWS Support.
    pub support: support::SupportTab,
    made_from: Option<Basis>,
}

/// What the rows were made from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Basis {
    stream: StreamId,
    /// Last record of the stream and of `space`.
    seqs: (u64, u64),
    width: u16,
    ascii: bool,
}

/// What was sent before.
#[derive(Debug, Clone)]
pub struct Recalled {
    words: Vec<String>,
    at: usize,
    /// What was being typed before.
    draft: String,
}

/// A small list above the input.
#[derive(Debug, Clone)]
pub struct Menu {
    /// What stands in it.
    pub items: Vec<Item>,
    /// Place of the selected one.
    pub selected: usize,
    /// Somebody has moved in it: typing takes the selected one. Before that, typing narrows the list.
    pub moved: bool,
}

/// One line of the list.
#[derive(Debug, Clone)]
pub struct Item {
    /// The words.
    pub line: Rich,
    /// What comes of it, on the right.
    pub about: &'static str,
    /// What taking it does.
    pub target: Target,
}

/// What taking a line of the list does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// This is what was typed.
    Say(String),
    /// The journal shows this record.
    Record(u64),
}

impl Default for ChatPane {
    fn default() -> Self {
        Self {
            field: Field::lines("ask why, or say: focus on X, ignore X, show logs of X (Tab completes)"),
            menu: None,
            up: 0,
            sent: Vec::new(),
            recalled: None,
            rows: Vec::new(),
            cited: Vec::new(),
            away: false,
            support: support::SupportTab::default(),
            made_from: None,
        }
    }
}
