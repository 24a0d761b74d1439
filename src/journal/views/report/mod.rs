//! The outcome of one investigation, for people and programs.

mod json;
mod markdown;
mod text;

pub use json::json;
pub use markdown::markdown;
pub use text::text;

use crate::journal::Hash;

/// What a report says of the journal behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Hash of the last record.
    pub head: Hash,
    /// Digest of the stream.
    pub digest: Hash,
}
