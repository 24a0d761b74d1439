//! Secrets of webhooks that must be had again (keys of signatures) lie sealed in the journal's side table: ChaCha20-Poly1305
//! under a key that lies elsewhere, bound to their webhook.

use std::{
    fs, io,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::{config::SecretRef, redact::Secret, sources::secrets::Secrets};

/// Bytes of a key.
const KEY: usize = 32;

/// Why secrets cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The configured key is not to be had.
    #[error(transparent)]
    Configured(#[from] crate::sources::secrets::SecretError),
    /// What is there is no key.
    #[error(
        "the key of the webhooks' secrets in {place} is none: {why}\nhint: 32 bytes in base64 or hexadecimal digits, as openssl rand -base64 32 prints them"
    )]
    NoKey {
        /// Where it stands.
        place: String,
        /// Why.
        why: &'static str,
    },
    /// The key's file cannot be read or made.
    #[error(
        "the key of the webhooks' secrets in {} cannot be used: {source}\nhint: check the folder and its owner; a key that is lost makes every webhook's secret worthless (midwatch webhook rotate)", path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key's file is open to others.
    #[error(
        "the key of the webhooks' secrets in {} can be read by others\nhint: chmod 600 that file, then midwatch webhook rotate for each webhook", path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// The store is one that hosts share, and the key would be this host's alone.
    #[error(
        "the store is one that several hosts share, and no key is configured that all of them seal and open webhooks' secrets with\nhint: {}", shared_hint(.file.as_deref())
    )]
    Shared {
        /// The file of a key of this host's, where there is one.
        file: Option<PathBuf>,
    },
    /// There is no randomness to be had.
    #[error("the system gives no random numbers")]
    Random,
    /// A sealed secret does not open.
    #[error(
        "the secret of webhook {0} does not open with this key\nhint: set [intake] key to the one it was made with, or midwatch webhook rotate {0}"
    )]
    Shut(String),
}

/// Where the key stands.
#[derive(Debug, Clone)]
pub struct Keeper {
    place: Option<SecretRef>,
    file: PathBuf,
    secrets: Secrets,
    shared: bool,
}

/// How hosts come to one key.
fn shared_hint(file: Option<&Path>) -> String {
    let one = match file {
        Some(file) => format!("take the key that {} holds", file.display()),
        None => "make one with openssl rand -base64 32".to_owned(),
    };
    format!(
        "{one}, put it where every host can read it, and name that place in the configuration of all of them: [intake] key = {{ env = \"MIDWATCH_INTAKE_KEY\" }}"
    )
}

impl Keeper {
    /// The configured key, or that of a file of ours in the data folder.
    pub fn new(place: Option<SecretRef>, data: &Path, secrets: Secrets) -> Self {
        Self {
            place,
            file: data.join("intake.key"),
            secrets,
            shared: false,
        }
    }

    /// The same beside a store that several hosts share, or not: there no secret is sealed with a key of one host.
    pub fn beside_shared(self, shared: bool) -> Self {
        Self { shared, ..self }
    }

    /// What is to be said where the key is gone that secrets were sealed with.
    pub fn gone(&self) -> String {
        let hint = if self.shared {
            "[intake] key has to be the same in the configuration of all hosts: take it from the host where the webhook was made (intake.key in its data folder, where none is configured)".to_owned()
        } else {
            "put intake.key back into the data folder, or midwatch webhook rotate each webhook".to_owned()
        };
        let here = if self.shared { "not on this host" } else { "gone" };
        format!("the key that webhooks' secrets are sealed with is {here}\nhint: {hint}")
    }

    /// The file of the key, where none is configured.
    pub fn file(&self) -> Option<&Path> {
        self.place.is_none().then_some(self.file.as_path())
    }

    /// The key; none when it is ours to make and was not made yet.
    ///
    /// # Errors
    /// When it is not to be had, or is none.
    pub async fn key(&self) -> Result<Option<Key>, SealError> {
        if let Some(place) = &self.place {
            let said = self.secrets.get(place).await?;
            return Key::read(said.expose(), &place.to_string()).map(Some);
        }
        let fault = |source| SealError::File {
            path: self.file.clone(),
            source,
        };
        let mut file = match fs::File::open(&self.file) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fault(error)),
        };
        if is_open(&file.metadata().map_err(fault)?) {
            return Err(SealError::Open {
                path: self.file.clone(),
            });
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(fault)?;
        Key::read(&text, &self.file.display().to_string()).map(Some)
    }

    /// The key; made now, if it is ours to make and was not made yet.
    ///
    /// # Errors
    /// As [`Self::key`], or when it cannot be made, or would be this host's alone where several share a store.
    pub async fn key_or_new(&self) -> Result<Key, SealError> {
        if self.shared && self.place.is_none() {
            return Err(SealError::Shared {
                file: self.file.exists().then(|| self.file.clone()),
            });
        }
        if let Some(key) = self.key().await? {
            return Ok(key);
        }
        self.make().map_err(|source| SealError::File {
            path: self.file.clone(),
            source,
        })?;
        self.key().await?.ok_or_else(|| SealError::File {
            path: self.file.clone(),
            source: io::ErrorKind::NotFound.into(),
        })
    }

    /// Whole or not at all, and never over one that another process has made meanwhile.
    fn make(&self) -> io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let bytes: [u8; KEY] = random().map_err(|_| io::Error::other("no random numbers"))?;
        if let Some(folder) = self.file.parent() {
            crate::config::paths::private_folder(folder)?;
        }
        let mut beside = self.file.clone().into_os_string();
        beside.push(format!(".{}", std::process::id()));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        writeln!(file, "{}", STANDARD.encode(bytes))?;
        file.sync_all()?;
        let linked = fs::hard_link(&beside, &self.file);
        fs::remove_file(&beside)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }
}

/// True for a file that others can read.
fn is_open(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o077 != 0
}

/// A key in memory.
pub struct Key(LessSafeKey);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<key>")
    }
}

impl Key {
    fn read(text: &str, place: &str) -> Result<Self, SealError> {
        let no_key = |why| SealError::NoKey {
            place: crate::model::inert(place),
            why,
        };
        let text = text.trim();
        let bytes = match text.len() {
            64 => super::auth::hex(text).map(Vec::from),
            _ => STANDARD.decode(text).ok(),
        };
        let bytes = bytes.ok_or_else(|| no_key("it is neither base64 nor hexadecimal"))?;
        if bytes.len() != KEY {
            return Err(no_key("it is not 32 bytes long"));
        }
        UnboundKey::new(&CHACHA20_POLY1305, &bytes)
            .map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| no_key("it is not 32 bytes long"))
    }

    /// Seals a secret of this webhook.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn seal(&self, webhook: &str, secret: &Secret) -> Result<String, SealError> {
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut sealed = secret.expose().as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(webhook.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| SealError::Random)?;
        let mut whole = nonce.to_vec();
        whole.extend(sealed);
        Ok(STANDARD.encode(whole))
    }

    /// Opens what was sealed for this webhook.
    ///
    /// # Errors
    /// When it was sealed for another one, with another key, or is damaged.
    pub fn open(&self, webhook: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        let shut = || SealError::Shut(webhook.to_owned());
        let whole = STANDARD.decode(sealed).map_err(|_| shut())?;
        let (nonce, sealed) = whole.split_at_checked(NONCE_LEN).ok_or_else(shut)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| shut())?;
        let mut plain = sealed.to_vec();
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(webhook.as_bytes()), &mut plain)
            .map_err(|_| shut())?;
        Ok(opened.to_vec())
    }
}

/// Bytes that nobody can guess.
pub(super) fn random<const N: usize>() -> Result<[u8; N], SealError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| SealError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn a_secret_opens_for_its_webhook_and_under_its_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = Keeper::new(None, folder.path(), Secrets::default());
        assert!(keeper.key().await.unwrap().is_none(), "looking makes none");
        let key = keeper.key_or_new().await.unwrap();
        let path = folder.path().join("intake.key");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing is left over"
        );

        let sealed = key.seal("one", &Secret::new("hush".to_owned())).unwrap();
        assert!(!sealed.contains("hush"));
        assert_ne!(sealed, key.seal("one", &Secret::new("hush".to_owned())).unwrap());
        let again = keeper.key_or_new().await.unwrap();
        assert_eq!(again.open("one", &sealed).unwrap(), b"hush");
        assert!(again.open("two", &sealed).is_err());
        assert!(again.open("one", "AAAA").is_err());

        let elsewhere = tempfile::tempdir().unwrap();
        let other = Keeper::new(None, elsewhere.path(), Secrets::default());
        assert!(other.key_or_new().await.unwrap().open("one", &sealed).is_err());

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = keeper.key().await.unwrap_err().to_string();
        assert!(error.contains("hint: chmod 600"), "{error}");
    }

    #[test]
    fn a_key_is_32_bytes() {
        for fine in [STANDARD.encode([7; 32]), "ab".repeat(32)] {
            assert!(Key::read(&fine, "x").is_ok(), "{fine}");
        }
        for bad in ["", "short", &STANDARD.encode([7; 16]), &"zz".repeat(32)] {
            let error = Key::read(bad, "file x").unwrap_err().to_string();
            assert!(error.contains("hint: 32 bytes"), "{error}");
        }
    }
}
