//! What is remembered of a connection between runs, in `<data>/connections/NAME.json`: logins, what its tools looked like
//! when they were approved, when it was last used. For its owner alone: 0600 in a folder of 0700.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::redact::Secret;

/// Everything that is remembered of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    /// How midwatch is registered with the connection's authorization server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Client>,
    /// What the last login gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// Fingerprint of each tool as it was approved.
    pub tools: BTreeMap<String, String>,
    /// Tools that were last seen to look otherwise than when they were approved.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub changed: BTreeSet<String>,
    /// When a tool was last called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_use: Option<Timestamp>,
}

/// A registered OAuth client. It belongs to one authorization server and is shown to no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The authorization server.
    pub issuer: String,
    /// Client id.
    pub id: String,
    /// Client secret, where the server gave one.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hidden")]
    pub secret: Option<Secret>,
    /// How the client proves itself at the token endpoint, where the server said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Where the browser is sent back to.
    #[serde(default)]
    pub redirect: String,
}

/// Tokens of a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// The authorization server that gave them.
    pub issuer: String,
    /// The access token.
    #[serde(with = "secret")]
    pub access: Secret,
    /// What renews it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hidden")]
    pub refresh: Option<Secret>,
    /// When it expires, in epoch seconds; none: the server does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
    /// What it allows.
    #[serde(default)]
    pub scopes: Vec<String>,
}

mod secret {
    use super::{Deserialize, Deserializer, Secret, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

#[expect(clippy::ref_option, reason = "serde gives a field as it is")]
mod hidden {
    use super::{Deserialize, Deserializer, Secret, Serializer};

    pub(super) fn serialize<S: Serializer>(
        secret: &Option<Secret>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match secret {
            Some(secret) => serializer.serialize_some(secret.expose()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Secret>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
    }
}

/// The file of one connection; without a path everything is forgotten at the end of the process.
#[derive(Debug, Default)]
pub struct Memory {
    path: Option<PathBuf>,
    held: Mutex<Remembered>,
}

impl Memory {
    /// The memory of the connection `name` under the data folder.
    pub fn of(data: &Path, name: &str) -> Self {
        Self {
            path: Some(path(data, name)),
            held: Mutex::default(),
        }
    }

    /// What is remembered now; of a file that cannot be read, nothing.
    pub fn read(&self) -> Remembered {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        self.refresh(&mut held);
        held.clone()
    }

    /// Changes what is remembered. What another process wrote meanwhile is kept where `change` does not touch it.
    ///
    /// # Errors
    /// When the file cannot be written; the change holds for this process all the same.
    pub fn change(&self, change: impl FnOnce(&mut Remembered)) -> io::Result<()> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        self.refresh(&mut held);
        let before = held.clone();
        change(&mut held);
        if *held == before {
            return Ok(());
        }
        self.path.as_deref().map_or(Ok(()), |path| write(path, &held))
    }

    fn refresh(&self, held: &mut Remembered) {
        let read = self.path.as_deref().map(fs::read);
        if let Some(Ok(bytes)) = read {
            if let Ok(found) = serde_json::from_slice(&bytes) {
                *held = found;
            } else {
                // The words of the error could quote what stands in the file.
                tracing::warn!("what is remembered of a connection cannot be read and is left");
            }
        }
    }
}

/// The file of the connection `name` under the data folder.
pub fn path(data: &Path, name: &str) -> PathBuf {
    data.join("connections").join(format!("{name}.json"))
}

fn write(path: &Path, remembered: &Remembered) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let beside = path.with_extension(format!("json.{}", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(&serde_json::to_vec_pretty(remembered)?)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn it_is_for_its_owner_alone_and_prints_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::of(folder.path(), "hub");
        let tokens = Tokens {
            issuer: "https://login.example.org".to_owned(),
            access: Secret::new("hush-access".to_owned()),
            refresh: Some(Secret::new("hush-refresh".to_owned())),
            expires: Some(1),
            scopes: vec!["read".to_owned()],
        };
        memory.change(|held| held.tokens = Some(tokens.clone())).unwrap();
        let file = path(folder.path(), "hub");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        let again = Memory::of(folder.path(), "hub").read();
        assert_eq!(again.tokens, Some(tokens));
        assert!(!format!("{again:?} {memory:?}").contains("hush"));
    }

    #[test]
    fn what_another_process_wrote_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (Memory::of(folder.path(), "hub"), Memory::of(folder.path(), "hub"));
        one.change(|held| drop(held.tools.insert("a".to_owned(), "1".to_owned())))
            .unwrap();
        other
            .change(|held| drop(held.tools.insert("b".to_owned(), "2".to_owned())))
            .unwrap();
        assert_eq!(one.read().tools.len(), 2);
    }
}
