//! The filter of a pane: typed after `/`, kept until Esc.

use crossterm::event::{KeyCode, KeyEvent};

use super::field::Field;

/// The filter of a pane.
#[derive(Debug, Clone)]
pub struct Filter {
    /// What is looked for.
    pub field: Field,
    /// True while it is being typed.
    pub editing: bool,
}

impl Default for Filter {
    fn default() -> Self {
        Self::of("words to look for")
    }
}

impl Filter {
    /// A filter that shows these words while it is empty.
    pub fn of(placeholder: &str) -> Self {
        Self {
            field: Field::line(placeholder),
            editing: false,
        }
    }

    /// What is looked for, in lower case; empty: everything.
    pub fn needle(&self) -> String {
        self.field.text().trim().to_lowercase()
    }

    /// True when there is something to look for, or somebody is typing it.
    pub fn is_on(&self) -> bool {
        self.editing || !self.field.is_blank()
    }

    /// True when these words are looked for. Every blank-separated part must occur.
    pub fn keeps(&self, words: &str) -> bool {
        let needle = self.needle();
        if needle.is_empty() {
            return true;
        }
        let words = words.to_lowercase();
        needle.split_whitespace().all(|part| words.contains(part))
    }

    /// Takes a key while it is being typed. Enter keeps the filter, Esc drops it.
    pub fn key(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Enter => self.editing = false,
            KeyCode::Esc => self.clear(),
            _ => {
                self.field.key(key);
            }
        }
    }

    /// Shows everything again.
    pub fn clear(&mut self) {
        self.editing = false;
        self.field.set("");
    }
}
