//! The outcome of one investigation, for people, programs and agents. Pure: what is not in the folded view is handed in as
//! [`Exhibits`].
//!
//! - [`text`] - the short answer for a terminal.
//! - [`markdown`] - a post-mortem's first draft, to be pasted into a wiki.
//! - [`json`] - the stable object of the command line.
//! - [`instructions`] - the mitigation plan for an agent.
//! - [`ticket`] - a recommendation for whoever is to carry it out.
//! - `told`, `doubt`, `story` - what they tell, derived from the view; `chart`, `wrap`, `escape` - how it is written.

mod brief;
mod chart;
mod doubt;
mod escape;
mod exhibits;
mod json;
mod markdown;
mod plan;
mod story;
mod text;
mod ticket;
mod told;
mod wrap;

pub use brief::{instructions, instructions_of};
pub use escape::fenced;
pub use exhibits::{Chart, Exhibits, Over};
pub use json::json;
pub use markdown::markdown;
pub use text::text;
pub use ticket::{Ticket, ticket};
pub use told::place;

use crate::journal::Hash;

/// What a report says of the journal behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Hash of the last record.
    pub head: Hash,
    /// Digest of the stream.
    pub digest: Hash,
}

/// How a report is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Columns of the terminal: no line of ours is longer, unless it is one word.
    pub columns: usize,
    /// ASCII signs alone.
    pub ascii: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            columns: 100,
            ascii: false,
        }
    }
}
