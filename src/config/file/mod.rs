//! What stands in the configuration file, before it is checked.

mod connections;
mod intake;
mod spaces;
mod store;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use toml::Spanned;

use super::{
    Config, Network, is_space_name,
    keys::{KeyEntry, KeyTable, Keys},
};
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
            hint: match error.kind() {
                std::io::ErrorKind::NotFound => {
                    "check MIDWATCH_CONFIG; midwatch account add and midwatch connection add make the file"
                }
                _ => "check the path and its permissions",
            }
            .to_owned(),
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
    keys: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Written>>,
    network: WrittenNetwork,
    intake: intake::Written,
    store: store::Written,
    connections: BTreeMap<Spanned<String>, connections::Written>,
    spaces: BTreeMap<Spanned<String>, spaces::Written>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenNetwork {
    ca_bundle: Option<PathBuf>,
}

/// One key or several, as they are written.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a key as in \"Ctrl-N\", or a list of keys, is expected"
)]
enum Written {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Console {
    theme: Option<String>,
    ascii: Option<bool>,
    mouse: Option<bool>,
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

/// The text of a file, to say where in it something is wrong.
pub(super) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    /// What is wrong, at an offset into the text.
    fn wrong(&self, at: Option<usize>, what: String, hint: &str) -> ConfigError {
        ConfigError {
            file: self.file.to_owned(),
            line: at.map(|at| line_at(self.text, at)),
            what,
            hint: hint.to_owned(),
        }
    }

    /// The names of tables, checked.
    fn named(&self, name: &Spanned<String>, what: &str) -> Result<String, ConfigError> {
        if is_space_name(name.get_ref()) {
            return Ok(name.get_ref().clone());
        }
        Err(self.wrong(
            Some(name.span().start),
            format!(
                "'{}' cannot be the name of a {what}",
                crate::model::inert(name.get_ref())
            ),
            "letters, digits, - and _, at most 64",
        ))
    }
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
        let reader = Reader { file, text };
        let wrong = |option: &str, what: String, hint: &str| reader.wrong(text.find(option), what, hint);
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
        let mut connections = BTreeMap::new();
        for (name, written) in self.connections {
            let connection = written.validated(&reader, &name)?;
            connections.insert(reader.named(&name, "connection")?, connection);
        }
        let mut spaces = BTreeMap::new();
        for (name, written) in self.spaces {
            spaces.insert(
                reader.named(&name, "space")?,
                written.validated(&reader, &connections)?,
            );
        }
        Ok(Config {
            store: self.store.validated(&reader)?,
            network: Network {
                ca_bundle: self.network.ca_bundle,
            },
            intake: self.intake.validated(&reader)?,
            connections,
            spaces,
            space,
            theme: self.console.theme,
            ascii: self.console.ascii.unwrap_or(default.ascii),
            mouse: self.console.mouse.unwrap_or(default.mouse),
            keys: keys(file, text, self.keys),
            region: self.aws.region.clone(),
            secrets_region: self.aws.region,
            at_once,
            patterns: self.engine.patterns,
            budget,
        })
    }
}

/// The keys in the order of the file.
fn keys(
    file: &str,
    text: &str,
    tables: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Written>>,
) -> Keys {
    let line = |word: &Spanned<String>| line_at(text, word.span().start);
    let mut tables: Vec<KeyTable> = tables
        .into_iter()
        .map(|(context, entries)| {
            let entries = entries.into_iter().map(|(action, written)| KeyEntry {
                line: line(&action),
                action: action.into_inner(),
                chords: match written {
                    Written::One(chord) => vec![chord],
                    Written::Several(chords) => chords,
                },
            });
            let mut entries: Vec<_> = entries.collect();
            entries.sort_by_key(|entry| entry.line);
            KeyTable {
                line: line(&context),
                context: context.into_inner(),
                entries,
            }
        })
        .collect();
    tables.sort_by_key(|table| table.line);
    Keys {
        file: if tables.is_empty() {
            String::new()
        } else {
            file.to_owned()
        },
        tables,
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
