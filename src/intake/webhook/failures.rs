//! What a failed pipeline or deployment does that a webhook is told of.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a failed pipeline or deployment does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Failures {
    /// It is looked into, like any incident; its success ends it.
    Investigate,
    /// It is noted, and known to investigations of anything else.
    Note,
}

impl Failures {
    /// The word in commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Investigate => "investigate",
            Self::Note => "note",
        }
    }
}

impl FromStr for Failures {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Investigate, Self::Note]
            .into_iter()
            .find(|wish| wish.as_str() == word)
            .ok_or_else(|| {
                format!(
                    "failures cannot be told to '{}'\nhint: investigate or note",
                    crate::model::inert(word)
                )
            })
    }
}
