//! From a file to a validated configuration: [`file`] is what stands in it, [`Config`] what the program goes by, [`keys`]
//! the console's keys as they are written, [`paths`] where things are, [`example`] what explains every option, [`edit`]
//! how commands change the file.

mod connection;
pub mod edit;
pub mod example;
mod file;
mod intake;
pub mod keys;
mod outlet;
pub mod paths;
mod secret;
mod space;
mod store;
mod vendor;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

pub use connection::{Auth, Connection, ConnectionKind};
pub use file::ConfigError;
use file::File;
pub use intake::{Intake, Tls};
pub use keys::Keys;
pub use outlet::{Notice, Sending};
pub use secret::SecretRef;
pub use space::{Account, Association, Mapping, Queue, Space, Watch};
pub use store::Store;

use crate::{model::Budget, net::Net};

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
    /// Region of secrets in AWS that are named without one: the file's, wherever an option sends an investigation.
    pub secrets_region: Option<String>,
    /// Investigations at once.
    pub at_once: usize,
    /// The user's own patterns.
    pub patterns: Option<PathBuf>,
    /// What one investigation may spend.
    pub budget: Budget,
    /// How the network is reached.
    pub network: Network,
    /// How events come in.
    pub intake: Intake,
    /// Where journals are kept.
    pub store: Store,
    /// Third parties, registered once for every space.
    pub connections: BTreeMap<String, Connection>,
    /// What each space may see; one that is not named here sees what the credentials at hand see.
    pub spaces: BTreeMap<String, Space>,
}

/// How the network is reached, AWS too. Proxies come from HTTPS_PROXY and NO_PROXY.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// Certificates, in PEM, that are trusted beside the system's. For AWS, those of AWS_CA_BUNDLE take the place of both.
    pub ca_bundle: Option<PathBuf>,
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
            secrets_region: None,
            at_once: 3,
            patterns: None,
            budget: Budget::default(),
            network: Network::default(),
            intake: Intake::default(),
            store: Store::default(),
            connections: BTreeMap::new(),
            spaces: BTreeMap::new(),
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

    /// What the chosen space may see.
    pub fn open_space(&self) -> Space {
        self.spaces.get(&self.space).cloned().unwrap_or_default()
    }

    /// Every secret that is named: those of connections, and the store's.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretRef> {
        let of_connections = self.connections.values();
        of_connections
            .flat_map(|connection| connection.auth.secrets())
            .chain(&self.store.postgres)
    }

    /// The way out.
    pub fn net(&self) -> Net {
        Net {
            ca_bundle: self.network.ca_bundle.clone(),
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
        assert!(matches!(config.store.postgres, Some(SecretRef::Env(_))));
        let space = &config.spaces["shop-prod"];
        assert_eq!(space.accounts[1].name.as_deref(), Some("payments"));
        assert_eq!(space.connections["hub"].deploys[0].project, "acme/orders");
        assert_eq!(config.connections["hub"].auth.words(), "bearer token");
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
            (
                "[connections.hub]\nkind = \"github\"\nauth = { bearer = \"ghp_hush\" }",
                "config.toml:3: a secret is never written here",
            ),
            (
                "[connections.hub]\nkind = \"github\"\nauth = { bearer = { aws_secret = \"shop/hush#\" } }",
                "config.toml:3: a secret in AWS is { aws_secret",
            ),
            (
                "[connections.a]\nkind = \"mcp\"",
                "config.toml:1: connection 'a' needs either a url or a command",
            ),
            (
                "[connections.a]\nkind = \"mcp\"\nurl = \"http://example.org\"",
                "config.toml:3: the url of connection 'a' is not one that is trusted",
            ),
            (
                "[intake]\nlisten = \"here\"",
                "config.toml:2: 'here' is no address to listen on",
            ),
            (
                "[intake]\npublic_url = \"hooks.example.org\"",
                "config.toml:2: the public_url of the intake is none",
            ),
            (
                "[intake]\nkey = \"hush\"",
                "config.toml:2: a secret is never written here",
            ),
            (
                "[spaces.a.connections.b]\ntools = []",
                "config.toml:1: there is no connection 'b'",
            ),
            (
                "[store]\npostgres = \"postgres://app:hush@db/midwatch\"",
                "config.toml:2: a secret is never written here",
            ),
            ("[store]\nconnections = 0", "config.toml:2: connections is 0"),
            ("[store]\npatience = 0", "config.toml:2: patience is 0"),
            (
                "[[spaces.a.accounts]]\nid = \"123\"",
                "config.toml:1: '123' is no AWS account",
            ),
            (
                "[[spaces.a.accounts]]\nid = \"111122223333\"\nrole = \"arn:aws:iam::444455556666:role/x\"",
                "config.toml:1: the role of account 111122223333 is one of account 444455556666",
            ),
        ] {
            let error = Config::parse("config.toml", text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
            assert!(error.contains("hint:") && !error.contains("hush"), "{error}");
        }
    }
}
