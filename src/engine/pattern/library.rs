//! All patterns at hand: those that ship with the program, and the user's own.

use std::{fs, path::Path};

use include_dir::{Dir, include_dir};

use super::{Pattern, PatternError, read};

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/patterns");

/// All patterns at hand, in order of id.
#[derive(Debug, Clone, Default)]
pub struct Library {
    patterns: Vec<Pattern>,
}

impl Library {
    /// The patterns that ship with the program.
    pub fn shipped() -> Result<Self, PatternError> {
        let mut library = Self::default();
        for file in SHIPPED.files() {
            let name = file.path().to_string_lossy();
            let text = file.contents_utf8().unwrap_or_default();
            library.add(read(&name, text)?);
        }
        Ok(library)
    }

    /// Adds the patterns in a folder; one with the id of a pattern at hand takes its place.
    pub fn with_folder(mut self, folder: &Path) -> Result<Self, PatternError> {
        let unreadable = |error: std::io::Error, path: &Path| PatternError {
            file: path.display().to_string(),
            line: None,
            what: format!("cannot be read: {error}"),
            hint: "check the path and its permissions".to_owned(),
        };
        let entries = fs::read_dir(folder).map_err(|error| unreadable(error, folder))?;
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.extension().is_some_and(|extension| extension == "toml") {
                let text = fs::read_to_string(&path).map_err(|error| unreadable(error, &path))?;
                self.add(read(&path.display().to_string(), &text)?);
            }
        }
        Ok(self)
    }

    fn add(&mut self, pattern: Pattern) {
        match self.patterns.binary_search_by(|known| known.id.cmp(&pattern.id)) {
            Ok(index) => {
                if let Some(known) = self.patterns.get_mut(index) {
                    *known = pattern;
                }
            }
            Err(index) => self.patterns.insert(index, pattern),
        }
    }

    /// All of them, in order of id.
    pub fn all(&self) -> &[Pattern] {
        &self.patterns
    }

    /// One by id.
    pub fn get(&self, id: &str) -> Option<&Pattern> {
        let index = self
            .patterns
            .binary_search_by(|known| known.id.as_str().cmp(id))
            .ok()?;
        self.patterns.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_pattern_is_sound() {
        let library = Library::shipped().unwrap();
        assert!(library.all().len() >= 10);
    }
}
