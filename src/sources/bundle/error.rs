//! What is wrong with a bundle.

use std::fmt;

use crate::model::inert;

/// One mistake in a bundle: where it is, what it is, and what to do about it.
///
/// Words quoted from the bundle are made inert, since the message goes to a terminal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct BundleError {
    /// The file or folder, as the caller named it.
    pub path: String,
    /// Line within the file, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl BundleError {
    /// A mistake of a whole file or folder.
    pub fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            line: None,
            what: what.into(),
            hint: None,
        }
    }

    /// The same mistake, on a line.
    pub fn on_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// The same mistake, with advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&inert(&self.path))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", inert(&self.what))?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {}", inert(hint))?;
        }
        Ok(())
    }
}
