//! Checking the text of one pattern: every mistake, with the line that it stands on and what was expected there.
//!
//! The text is read a second time with the place of every key and value, and held against [`schema`]: what keys there
//! are and what they take. What a value must be beyond its sort stands in a file each: [`command`] for what may be run,
//! [`fit`] for conditions whose keys must suit their fact.

mod command;
mod fit;
mod schema;
mod value;

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::sources::bundle::suggest;
use schema::{Key, Sort};

/// A pattern that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {what}\nhint: {hint}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct PatternError {
    /// The file.
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What was expected instead.
    pub hint: String,
}

/// Every mistake in the text of `file`, in the order of the lines.
pub fn mistakes(file: &str, text: &str) -> Vec<PatternError> {
    let mut found = Mistakes {
        file,
        text,
        all: Vec::new(),
    };
    match DeTable::parse(text) {
        Ok(table) => {
            found.table(table.get_ref(), schema::PATTERN, 0..0, "a pattern");
            found.id(table.get_ref());
        }
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            found.say(
                at,
                error
                    .message()
                    .lines()
                    .next()
                    .unwrap_or("it is not TOML")
                    .to_owned(),
                "expected TOML: key = value, [[table]] (https://toml.io)",
            );
        }
    }
    found.all.sort_by_key(|mistake| mistake.line);
    found.all
}

/// Mistakes found so far in one text.
struct Mistakes<'a> {
    file: &'a str,
    text: &'a str,
    all: Vec<PatternError>,
}

impl Mistakes<'_> {
    fn say(&mut self, at: usize, what: impl Into<String>, expected: impl Into<String>) {
        let line = self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        self.all.push(PatternError {
            file: self.file.to_owned(),
            line: Some(line),
            what: what.into(),
            hint: expected.into(),
        });
    }

    /// Holds a table against the keys that it may have. `place` is where the table begins, `name` what it is called.
    fn table(&mut self, table: &DeTable<'_>, keys: &[Key], place: Range<usize>, name: &str) {
        for key in table.keys() {
            let word = key.get_ref().as_ref();
            if !keys.iter().any(|known| known.name == word) {
                let known: Vec<&str> = keys.iter().map(|known| known.name).collect();
                self.say(
                    key.span().start,
                    format!("{name} has no key '{}'", crate::model::inert(word)),
                    near(word, &known),
                );
            }
        }
        for key in keys {
            match table.get(key.name) {
                Some(value) => self.value(value, key),
                None if key.needed => self.say(
                    place.start,
                    format!("{name} lacks '{}'", key.name),
                    format!("expected {} = {}", key.name, key.sort.example()),
                ),
                None => {}
            }
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, key: &Key) {
        match (&key.sort, value.get_ref()) {
            (Sort::Table(keys), DeValue::Table(table)) => {
                self.table(table, keys, value.span(), key.name);
            }
            (Sort::Tables(keys), DeValue::Array(items)) => {
                if key.needed && items.is_empty() {
                    self.say(
                        value.span().start,
                        format!("'{}' is empty", key.name),
                        format!("expected at least one [[{}]]", key.name),
                    );
                }
                for item in items {
                    match item.get_ref() {
                        DeValue::Table(table) => {
                            let name = format!("[[{}]]", key.name);
                            self.table(table, keys, item.span(), &name);
                            match key.name {
                                "when" | "requires" | "supports" | "refutes" => {
                                    self.condition(table, item.span(), &name);
                                }
                                "limit" => self.limit(table, item.span()),
                                _ => {}
                            }
                        }
                        other => self.wrong_sort(item.span(), key, other),
                    }
                }
            }
            (Sort::Table(_) | Sort::Tables(_), other) => self.wrong_sort(value.span(), key, other),
            _ => self.plain(value, key),
        }
    }

    fn wrong_sort(&mut self, at: Range<usize>, key: &Key, found: &DeValue<'_>) {
        self.say(
            at.start,
            format!("'{}' is {}", key.name, value::sort_of(found)),
            format!("expected {} = {}", key.name, key.sort.example()),
        );
    }

    /// The id must be spelt as ids are, and be the name of the file, by which people look for it.
    fn id(&mut self, table: &DeTable<'_>) {
        let Some(value) = table.get("id") else { return };
        let Some(id) = value.get_ref().as_str() else {
            return;
        };
        let at = value.span().start;
        let words_well = id.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        if !words_well {
            self.say(
                at,
                format!("the id '{}' is not kebab-case", crate::model::inert(id)),
                "expected small letters and digits with single hyphens between: my-pattern",
            );
            return;
        }
        let stem = std::path::Path::new(self.file)
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        if stem != id {
            self.say(
                at,
                format!("the id '{id}' is not the name of its file"),
                format!("expected id = \"{stem}\", or the file to be called {id}.toml"),
            );
        }
    }
}

/// What was expected of a word: the nearest right one, and all of them.
fn near(word: &str, known: &[&str]) -> String {
    let all = format!("expected one of: {}", known.join(", "));
    match suggest::nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean '{near}'? {all}"),
        None => all,
    }
}
