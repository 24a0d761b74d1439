//! What went wrong with a connection: the sort of reason, why, and what mends it. Never with a secret in it.

use std::fmt;

use crate::model::{Gap, GapKind, Text};

/// A question that a connection could not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct McpError {
    /// The sort of reason.
    pub kind: GapKind,
    /// Why, in a sentence; words of the server are external.
    pub why: Text,
    /// What would mend it.
    pub hint: Text,
}

impl McpError {
    /// An error with its remedy.
    pub fn new(kind: GapKind, why: impl Into<Text>, hint: impl Into<Text>) -> Self {
        Self {
            kind,
            why: why.into(),
            hint: hint.into(),
        }
    }

    /// What it leaves out of an investigation.
    pub fn gap(self, what: Text) -> Gap {
        Gap {
            kind: self.kind,
            what,
            resource: None,
            why: self.why,
            hint: Some(self.hint),
        }
    }
}

impl fmt::Display for McpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhint: {}", self.why, self.hint)
    }
}

impl std::error::Error for McpError {}

/// Words of a server, short enough for one line.
pub(super) fn short(words: &str) -> String {
    const MOST: usize = 200;
    let words = words.trim();
    match words.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}...", words.get(..at).unwrap_or_default()),
        None => words.to_owned(),
    }
}
