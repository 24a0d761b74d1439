//! `expected.toml`: the truth about an incident.
//!
//! Only scoring opens it. [`super::Bundle`] never asks [`Files`] for it, so nothing that an investigation is given can
//! hold a word of it; a test opens a bundle whose `expected.toml` cannot even be parsed.

use std::path::Path;

use serde::Deserialize;

use super::{Files, error::BundleError, layout, lines};
use crate::model::{Category, ResourceId, Verdict};

/// What a right answer says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The right verdict.
    pub verdict: Verdict,
    /// True: every cause must be found (independent faults). False: any one of them is right.
    #[serde(default)]
    pub all: bool,
    /// The right causes.
    #[serde(default, rename = "cause")]
    pub causes: Vec<ExpectedCause>,
    /// Wrong answers that are worse than none.
    #[serde(default)]
    pub forbid: Forbidden,
}

/// One right cause.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedCause {
    /// Any one of these is the right resource.
    pub resources: Vec<ResourceId>,
    /// The right category, where it matters.
    #[serde(default)]
    pub category: Option<Category>,
    /// Words that the statement must hold, in any letter case.
    #[serde(default)]
    pub says: Vec<String>,
    /// Words that must appear in the timeline in this order.
    #[serde(default)]
    pub timeline: Vec<String>,
}

/// Wrong answers that are worse than none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forbidden {
    /// Innocent resources.
    #[serde(default)]
    pub resources: Vec<ResourceId>,
    /// Wrong categories.
    #[serde(default)]
    pub categories: Vec<Category>,
}

impl Expected {
    /// Reads the truth of the bundle at `path`; none when it does not say.
    pub fn open(path: &Path) -> Result<Option<Self>, BundleError> {
        Self::read(&mut Files::open(path)?)
    }

    /// Reads the truth of an embedded scenario; none when it does not say.
    pub fn scenario(name: &str) -> Result<Option<Self>, BundleError> {
        Self::read(&mut Files::scenario(name)?)
    }

    fn read(files: &mut Files) -> Result<Option<Self>, BundleError> {
        let path = files.path_of(layout::EXPECTED);
        let Some(words) = files.read_text(layout::EXPECTED)? else {
            return Ok(None);
        };
        let expected: Self = lines::parse_toml(&words, &path)?;
        let names_causes = !expected.causes.is_empty();
        if names_causes != (expected.verdict == Verdict::Cause) {
            return Err(
                BundleError::new(path, "the verdict and the causes contradict each other")
                    .on_line(1)
                    .hint("verdict \"cause\" needs at least one [[cause]]; the others have none"),
            );
        }
        Ok(Some(expected))
    }
}
