//! All patterns at hand: those that ship with the program, and the user's own.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use include_dir::{Dir, include_dir};

use super::{Expression, Pattern, PatternError, read, read::trusted};

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/patterns");

/// All patterns at hand, in order of id.
#[derive(Debug, Clone, Default)]
pub struct Library {
    patterns: Vec<Pattern>,
    /// Expressions by how they are written: many patterns ask for the same words, and compile them once.
    expressions: BTreeMap<String, Expression>,
}

/// What a check of patterns found.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Patterns that are sound.
    pub sound: usize,
    /// Mistakes, in the order of files and lines.
    pub mistakes: Vec<PatternError>,
}

impl Library {
    /// The patterns that ship with the program.
    pub fn shipped() -> Result<Self, PatternError> {
        let mut library = Self::default();
        for (name, text) in shipped_texts() {
            library.add(trusted(&name, text)?);
        }
        Ok(library)
    }

    /// Adds the patterns in a folder; one with the id of a pattern at hand takes its place. The first mistake ends it.
    pub fn with_folder(mut self, folder: &Path) -> Result<Self, PatternError> {
        for path in files(folder)? {
            let name = path.display().to_string();
            let text = text_of(&path)?;
            match read(&name, &text) {
                Ok(pattern) => self.add(pattern),
                Err(mistakes) => {
                    if let Some(first) = mistakes.into_iter().next() {
                        return Err(first);
                    }
                }
            }
        }
        Ok(self)
    }

    fn add(&mut self, mut pattern: Pattern) {
        for condition in pattern.conditions_mut() {
            for phrase in condition.matches.iter_mut().chain(&mut condition.path) {
                let known = self
                    .expressions
                    .entry(phrase.0.as_str().to_owned())
                    .or_insert_with(|| phrase.0.clone());
                phrase.0 = known.clone();
            }
        }
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

/// Checks the patterns that ship with the program.
pub fn check_shipped() -> Checked {
    let mut checked = Checked::default();
    for (name, text) in shipped_texts() {
        checked.add(read(&name, text));
    }
    checked
}

/// Checks every pattern in a folder, to its last mistake.
pub fn check_folder(folder: &Path) -> Result<Checked, PatternError> {
    let mut checked = Checked::default();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for path in files(folder)? {
        let name = path.display().to_string();
        let text = match text_of(&path) {
            Ok(text) => text,
            Err(error) => {
                checked.mistakes.push(error);
                continue;
            }
        };
        let mut outcome = read(&name, &text);
        if let Some((id, line)) = written_id(&text) {
            if let Some(first) = ids.get(&id) {
                let twice = PatternError {
                    file: name.clone(),
                    line: Some(line),
                    what: format!("the id '{}' is taken by {first}", crate::model::inert(&id)),
                    hint: "expected an id of its own for each pattern in a folder".to_owned(),
                };
                outcome = Err(outcome.err().into_iter().flatten().chain([twice]).collect());
            } else {
                ids.insert(id, name);
            }
        }
        checked.add(outcome);
    }
    Ok(checked)
}

impl Checked {
    fn add(&mut self, outcome: Result<Pattern, Vec<PatternError>>) {
        match outcome {
            Ok(_) => self.sound += 1,
            Err(mistakes) => self.mistakes.extend(mistakes),
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.sound += other.sound;
        self.mistakes.extend(other.mistakes);
        self
    }
}

/// The id as it is written, with its line, whatever else is wrong.
fn written_id(text: &str) -> Option<(String, usize)> {
    let table = toml::de::DeTable::parse(text).ok()?;
    let id = table.get_ref().get("id")?;
    let line = text
        .bytes()
        .take(id.span().start)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1;
    Some((id.get_ref().as_str()?.to_owned(), line))
}

fn shipped_texts() -> impl Iterator<Item = (String, &'static str)> {
    let files = SHIPPED.files();
    files.map(|file| {
        let name = file.path().to_string_lossy().into_owned();
        (name, file.contents_utf8().unwrap_or_default())
    })
}

/// The pattern files of a folder, in order of name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, PatternError> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(&error, folder))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    Ok(paths)
}

fn text_of(path: &Path) -> Result<String, PatternError> {
    fs::read_to_string(path).map_err(|error| unreadable(&error, path))
}

fn unreadable(error: &std::io::Error, path: &Path) -> PatternError {
    PatternError {
        file: path.display().to_string(),
        line: None,
        what: format!("cannot be read: {error}"),
        hint: "check the path and its permissions".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_pattern_is_sound() {
        let checked = check_shipped();
        let told: Vec<String> = checked.mistakes.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
        assert_eq!(checked.sound, Library::shipped().unwrap().all().len());
    }

    #[test]
    fn equal_words_are_compiled_once() {
        let library = Library::shipped().unwrap();
        let written: usize = library
            .all()
            .iter()
            .flat_map(Pattern::conditions)
            .map(|condition| usize::from(condition.matches.is_some()) + usize::from(condition.path.is_some()))
            .sum();
        assert!(library.expressions.len() < written);
    }
}
