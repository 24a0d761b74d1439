//! What is looked at. Nothing here asks the network: `account test` and `connection test` do.

use std::{
    io::Write,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use serde::Serialize;

use super::{
    Context,
    spaces::{self, Space},
};
use crate::{
    aws::found::Found,
    config::{Auth, Connection, paths},
    model::{hinted, inert},
    sources::{
        mcp::memory::Memory,
        secrets::{Secrets, kept},
    },
};

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Fine,
    /// Worth knowing.
    Note,
    /// It will not work.
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub what: String,
    /// How it stands.
    pub state: State,
    /// In a sentence.
    pub says: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Check {
    /// A check without advice.
    pub fn new(what: impl Into<String>, state: State, says: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            state,
            says: says.into(),
            hint: None,
        }
    }

    /// With what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// One line, and a second one with what to do.
    pub fn print(&self, out: &mut impl Write) -> std::io::Result<()> {
        let mark = match self.state {
            State::Fine => "ok   ",
            State::Note => "note ",
            State::Wrong => "WRONG",
        };
        writeln!(out, "{mark}  {:<22}  {}", self.what, self.says)?;
        match &self.hint {
            Some(hint) => writeln!(out, "{:<31}hint: {hint}", ""),
            None => Ok(()),
        }
    }
}

/// Everything, in the order in which it would get in the way.
pub async fn all(context: &Context, found: &Found, spaces: &[Space]) -> Vec<Check> {
    let mut checks = vec![configuration(), data()];
    checks.extend(spaces::checks(spaces).await);
    checks.push(credentials(found));
    checks.push(accounts(context));
    checks.extend(certificates(context));
    checks.extend(patterns(context));
    checks.extend(connections(context, spaces).await);
    checks
}

fn configuration() -> Check {
    match paths::config_file() {
        Some(path) if path.exists() => {
            let says = paths::short(&path);
            if open_to_others(&path) && !is_administered(&path) {
                return Check::new(
                    "configuration",
                    State::Note,
                    format!("{says} can be read by others"),
                )
                .hint("it holds no secret, but names accounts and roles: chmod 600, or 640 with root as its owner");
            }
            Check::new("configuration", State::Fine, says)
        }
        Some(path) => Check::new(
            "configuration",
            State::Fine,
            format!("none at {}: the defaults hold", paths::short(&path)),
        ),
        None => Check::new("configuration", State::Wrong, "there is no home folder")
            .hint("set HOME, or MIDWATCH_CONFIG to a file"),
    }
}

fn data() -> Check {
    match paths::data() {
        Ok(path) if path.exists() && open_to_others(&path) => Check::new(
            "data",
            State::Wrong,
            format!("{} can be entered by others", paths::short(&path)),
        )
        .hint("chmod 700 it: whoever can read a journal knows the incident"),
        Ok(path) => Check::new("data", State::Fine, paths::short(&path)),
        Err(error) => {
            let error = error.to_string();
            Check::new("data", State::Wrong, error.lines().next().unwrap_or_default())
                .hint("set HOME, or MIDWATCH_DATA to a folder")
        }
    }
}

/// The user's own patterns: one that cannot be used stops every engine.
fn patterns(context: &Context) -> Option<Check> {
    let what = "patterns";
    let folder = context.config.patterns.as_ref()?;
    Some(match context.library() {
        Ok(library) => Check::new(
            what,
            State::Fine,
            format!("{} with those of {}", library.all().len(), paths::short(folder)),
        ),
        Err(error) => {
            let error = error.to_string();
            let (says, hint) = hinted(&error, "midwatch patterns check tells more");
            Check::new(
                what,
                State::Wrong,
                format!("nothing is investigated: {}", first_line(says)),
            )
            .hint(hint)
        }
    })
}

fn credentials(found: &Found) -> Check {
    let check = match &found.credentials {
        Some(credentials) => Check::new("AWS credentials", State::Fine, credentials.clone()),
        None => Check::new("AWS credentials", State::Note, "none were found"),
    };
    match &found.advice {
        Some(advice) => check.hint(advice.clone()),
        None => check,
    }
}

fn accounts(context: &Context) -> Check {
    let space = context.config.open_space();
    let what = "accounts";
    match space.accounts.len() {
        0 => Check::new(
            what,
            State::Fine,
            format!(
                "space {} sees what the credentials at hand see",
                context.config.space
            ),
        ),
        n => {
            let regions: usize = space
                .accounts
                .iter()
                .map(|account| account.regions.len().max(space.regions.len()).max(1))
                .sum();
            Check::new(
                what,
                State::Fine,
                match regions {
                    1 => format!("{n} in 1 place; midwatch account test asks it"),
                    _ => format!("{n} in {regions} places; midwatch account test asks each"),
                },
            )
        }
    }
}

fn certificates(context: &Context) -> Vec<Check> {
    let configured = context.config.network.ca_bundle.clone();
    let variable = |name: &str| {
        let path = std::env::var_os(name).filter(|path| !path.is_empty());
        path.map(|path| (name.to_owned(), std::path::PathBuf::from(path)))
    };
    configured
        .map(|path| ("ca_bundle".to_owned(), path))
        .into_iter()
        .chain(
            ["SSL_CERT_FILE", "AWS_CA_BUNDLE"]
                .into_iter()
                .filter_map(variable),
        )
        .map(|(what, path)| match std::fs::read_to_string(&path) {
            Ok(text) if text.contains("-----BEGIN CERTIFICATE-----") => {
                Check::new(what, State::Fine, path.display().to_string())
            }
            Ok(_) => Check::new(
                what,
                State::Wrong,
                format!("{} holds no certificate", path.display()),
            )
            .hint("give the path of a PEM file"),
            Err(error) => Check::new(what, State::Wrong, format!("{}: {error}", path.display()))
                .hint("give the path of a PEM file that can be read"),
        })
        .collect()
}

/// Every connection, with its secrets looked for and not shown.
async fn connections(context: &Context, spaces: &[Space]) -> Vec<Check> {
    let used = |name: &str| {
        spaces
            .iter()
            .any(|space| space.context.config.open_space().connections.contains_key(name))
    };
    let fetcher = Secrets::of(&context.config);
    let mut checks = Vec::new();
    for (name, connection) in &context.config.connections {
        let what = format!("connection {name}");
        if !used(name) {
            let says = match spaces {
                [one] => format!("space {} does not use it", one.context.config.space),
                _ => "no space uses it".to_owned(),
            };
            checks.push(
                Check::new(what, State::Note, says).hint(format!("midwatch connection allow {name} lets it")),
            );
            continue;
        }
        let (mut missing, mut unasked) = (None, None);
        for secret in connection.auth.secrets() {
            if kept(secret).is_some() {
                unasked.get_or_insert_with(|| inert(&secret.to_string()));
            } else if let Err(error) = fetcher.get(secret).await {
                missing.get_or_insert(error.to_string());
            }
        }
        checks.push(match missing {
            None => remembered(what, name, connection, unasked.as_deref()),
            Some(error) => told(&what, &error),
        });
    }
    checks
}

/// A connection whose secrets are there, with what is remembered of it. `unasked` is where AWS keeps one: nobody asks it here.
fn remembered(what: String, name: &str, connection: &Connection, unasked: Option<&str>) -> Check {
    let mut says = format!("{}, {}", connection.kind.as_str(), connection.auth.words());
    if let Some(place) = unasked {
        says.push_str(&format!(
            " from {place} (midwatch connection test {name} fetches it)"
        ));
    }
    if !connection.kind.is_mcp() {
        return Check::new(what, State::Fine, says);
    }
    let held = paths::data().map(|data| Memory::of(&data, name).read());
    let held = held.unwrap_or_default();
    if matches!(connection.auth, Auth::OAuth { .. }) && held.tokens.is_none() {
        return Check::new(what, State::Wrong, format!("{says}, not logged in"))
            .hint(format!("midwatch connection login {name}"));
    }
    let plural = if held.tools.len() == 1 { "" } else { "s" };
    says.push_str(&format!(", {} tool{plural} approved", held.tools.len()));
    if let Some(at) = held.last_use {
        says.push_str(&format!(", last used {}", at.strftime("%Y-%m-%d %H:%M")));
    }
    if held.changed.is_empty() {
        return Check::new(what, State::Fine, says);
    }
    let changed: Vec<&str> = held.changed.iter().map(String::as_str).collect();
    let changed = inert(&changed.join(", "));
    Check::new(what, State::Note, format!("{says}, changed since: {changed}")).hint(format!(
        "midwatch connection tools {name} shows them; midwatch connection allow {name} TOOL approves one again"
    ))
}

fn open_to_others(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

/// True for a file that root owns and one group may read besides: as a service's configuration is set up.
fn is_administered(path: &Path) -> bool {
    let fits = |mode: u32| [0o640, 0o440].contains(&(mode & 0o777));
    std::fs::metadata(path).is_ok_and(|meta| meta.uid() == 0 && fits(meta.permissions().mode()))
}

/// An error of ours, its hint apart.
pub(super) fn told(what: &str, error: &str) -> Check {
    match hinted(error, "") {
        (says, "") => Check::new(what, State::Wrong, says),
        (says, hint) => Check::new(what, State::Wrong, says).hint(hint),
    }
}

pub(super) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
