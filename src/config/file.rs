//! What stands in the configuration file, before it is checked.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Config, is_space_name};
use crate::model::Budget;

/// Bytes of a megabyte, as a budget counts them.
const MEGABYTE: u64 = 1024 * 1024;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}{}: {what}\nhint: {hint}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct ConfigError {
    file: String,
    line: Option<usize>,
    what: String,
    hint: String,
}

impl ConfigError {
    pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self {
            file: path.display().to_string(),
            line: None,
            what: format!("cannot be read: {error}"),
            hint: "check the path and its permissions".to_owned(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    space: Option<String>,
    console: Console,
    aws: Aws,
    engine: Engine,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Console {
    theme: Option<String>,
    ascii: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Aws {
    region: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Engine {
    at_once: Option<usize>,
    patterns: Option<PathBuf>,
    budget: Spending,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Spending {
    calls: Option<u64>,
    seconds: Option<u64>,
    megabytes: Option<u64>,
}

impl File {
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError {
            file: file.to_owned(),
            line: error.span().map(|span| line_at(text, span.start)),
            what: error.message().to_owned(),
            hint: "config.example.toml lists every option".to_owned(),
        })
    }

    pub(super) fn validated(self, file: &str, text: &str) -> Result<Config, ConfigError> {
        let wrong = |option: &str, what: String, hint: &str| ConfigError {
            file: file.to_owned(),
            line: text.find(option).map(|at| line_at(text, at)),
            what,
            hint: hint.to_owned(),
        };
        let default = Config::default();
        let at_once = self.engine.at_once.unwrap_or(default.at_once);
        if !(1..=16).contains(&at_once) {
            return Err(wrong(
                "at_once",
                format!("at_once is {at_once}"),
                "1 to 16 investigations may run at once",
            ));
        }
        let spending = self.engine.budget;
        let budget = Budget {
            calls: spending.calls.unwrap_or(default.budget.calls),
            seconds: spending.seconds.unwrap_or(default.budget.seconds),
            bytes: spending.megabytes.map_or(default.budget.bytes, |megabytes| {
                megabytes.saturating_mul(MEGABYTE)
            }),
        };
        if budget.calls == 0 || budget.seconds == 0 || budget.bytes == 0 {
            return Err(wrong(
                "budget",
                "a budget of nought allows no investigation".to_owned(),
                "calls, seconds and megabytes are at least 1",
            ));
        }
        let space = self.space.unwrap_or(default.space);
        if !is_space_name(&space) {
            let what = format!("'{}' cannot be the name of a space", crate::model::inert(&space));
            return Err(wrong("space", what, "letters, digits, - and _, at most 64"));
        }
        Ok(Config {
            space,
            theme: self.console.theme,
            ascii: self.console.ascii.unwrap_or(default.ascii),
            region: self.aws.region,
            at_once,
            patterns: self.engine.patterns,
            budget,
        })
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
