//! From a file to a validated configuration: [`file`] is what stands in it, [`Config`] what the program goes by, [`keys`]
//! the console's keys as they are written, [`paths`] where things are, [`example`] what explains every option.

pub mod example;
mod file;
pub mod keys;
pub mod paths;

use std::path::{Path, PathBuf};

pub use file::ConfigError;
use file::File;
pub use keys::Keys;

use crate::model::Budget;

/// What the program goes by. Every field has a default; no file is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The Agent Space to open.
    pub space: String,
    /// Name of the console's theme; none: by the terminal.
    pub theme: Option<String>,
    /// ASCII glyphs alone.
    pub ascii: bool,
    /// The console listens to the mouse.
    pub mouse: bool,
    /// The console's keys, as they are written.
    pub keys: Keys,
    /// AWS region; none: from the usual AWS environment.
    pub region: Option<String>,
    /// Investigations at once.
    pub at_once: usize,
    /// The user's own patterns.
    pub patterns: Option<PathBuf>,
    /// What one investigation may spend.
    pub budget: Budget,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            space: "default".to_owned(),
            theme: None,
            ascii: false,
            mouse: false,
            keys: Keys::default(),
            region: None,
            at_once: 3,
            patterns: None,
            budget: Budget::default(),
        }
    }
}

impl Config {
    /// Reads the file; a missing file at its usual place means the defaults.
    pub fn read(path: &Path, must_exist: bool) -> Result<Self, ConfigError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&path.display().to_string(), &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => Ok(Self::default()),
            Err(error) => Err(ConfigError::unreadable(path, &error)),
        }
    }

    /// Reads the text of `file`.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        File::parse(file, text)?.validated(file, text)
    }
}

/// True for a name that a space may have: it becomes the name of a folder.
pub fn is_space_name(name: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.len() <= 64 && name.chars().all(fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_says_the_defaults() {
        let example = example::EXAMPLE;
        assert_eq!(
            Config::parse("config.example.toml", example).unwrap(),
            Config::default()
        );
    }

    #[test]
    fn every_option_of_the_example_is_one() {
        let example = example::EXAMPLE;
        let all: String = example
            .lines()
            .map(|line| match line.strip_prefix("#: ") {
                Some(option) => format!("{option}\n"),
                None => format!("{line}\n"),
            })
            .collect();
        let config = Config::parse("config.example.toml", &all).unwrap();
        assert_eq!(config.theme.as_deref(), Some("dark"));
        assert!(config.region.is_some() && config.patterns.is_some());
        assert!(!config.keys.tables.is_empty());
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, expected) in [
            ("thme = \"dark\"", "config.toml:1: unknown field `thme`"),
            ("\n[engine]\nat_once = 0", "config.toml:3: at_once is 0"),
            (
                "[engine.budget]\ncalls = 0",
                "config.toml:1: a budget of nought allows no investigation",
            ),
            ("[keys.global]\nquit = 1", "config.toml:2: a key as in \"Ctrl-N\""),
            (
                "space = \"a b\"",
                "config.toml:1: 'a b' cannot be the name of a space",
            ),
        ] {
            let error = Config::parse("config.toml", text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
            assert!(error.contains("hint:"), "{error}");
        }
    }
}
