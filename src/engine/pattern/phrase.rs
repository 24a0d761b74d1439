//! Words that conditions look for.

use std::sync::{Arc, OnceLock};

use regex::{Match, Regex};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Largest compiled expression, in bytes: what a person writes needs a tenth of it.
const LARGEST: usize = 1 << 20;

/// A regular expression, case-insensitive.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phrase(pub Expression);

impl Phrase {
    /// True when `words` hold the phrase.
    pub fn is_in(&self, words: &str) -> bool {
        self.0.is_match(words)
    }
}

/// A regular expression that is compiled when it is first asked.
///
/// A library holds hundreds, an investigation asks a few dozen, and compiling all of them takes longer than a whole
/// replay. [`compile`] says beforehand whether one is sound; one that is not never matches.
#[derive(Debug, Clone)]
pub struct Expression(Arc<Lazy>);

#[derive(Debug)]
struct Lazy {
    source: String,
    regex: OnceLock<Option<Regex>>,
}

impl Expression {
    /// The expression of these words.
    pub fn new(source: impl Into<String>) -> Self {
        Self(Arc::new(Lazy {
            source: source.into(),
            regex: OnceLock::new(),
        }))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0.source
    }

    /// True when it is somewhere in `words`.
    pub fn is_match(&self, words: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(words))
    }

    /// Where it first is in `words`.
    pub fn find<'w>(&self, words: &'w str) -> Option<Match<'w>> {
        self.regex()?.find(words)
    }

    fn regex(&self) -> Option<&Regex> {
        let regex = self.0.regex.get_or_init(|| compile(&self.0.source).ok());
        regex.as_ref()
    }
}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// Compiles an expression as phrases are compiled.
pub fn compile(source: &str) -> Result<Regex, regex::Error> {
    regex::RegexBuilder::new(source)
        .case_insensitive(true)
        .size_limit(LARGEST)
        .build()
}
