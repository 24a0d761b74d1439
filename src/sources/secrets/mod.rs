//! Fetches secrets from where the configuration says that they stand, when they are needed, and keeps none.

mod cloud;

use std::{borrow::Cow, io::Read as _, path::Path, sync::Arc, time::Duration};

use tokio::process::Command;

use self::cloud::Cloud;
use crate::{
    aws::{Factory, kept::Kept},
    config::{Config, SecretRef},
    model::{hinted, inert},
    redact::Secret,
};

/// How long a program may take that prints a secret, or AWS that keeps it.
const PATIENCE: Duration = Duration::from_secs(20);
/// Largest secret, in bytes: as much as Secrets Manager keeps in one.
const LARGEST: u64 = 64 * 1024;

/// A secret that is not to be had. Says where it was looked for, never what was found.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the secret in {place} is not to be had: {}\nhint: {}", fault.why, fault.hint)]
pub struct SecretError {
    place: String,
    fault: Fault,
}

/// Why, and what would mend it.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    why: String,
    hint: Cow<'static, str>,
}

impl Fault {
    fn new(why: impl Into<String>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self {
            why: why.into(),
            hint: hint.into(),
        }
    }

    /// An error that brings its hint along.
    fn told(error: &str) -> Self {
        let (why, hint) = hinted(error, "");
        Self::new(why, hint.to_owned())
    }
}

/// Fetches secrets.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    cloud: Arc<Cloud>,
}

impl Secrets {
    /// Those that AWS keeps are read with the credentials that `config` has midwatch run as: those at hand, or those of the
    /// primary account's profile; without an ARN, in the region that the file names, or that of the AWS environment.
    pub fn of(config: &Config) -> Self {
        Self {
            cloud: Arc::new(Cloud::of(config)),
        }
    }

    /// Those that AWS keeps are read by `factory`.
    pub fn by(factory: Factory) -> Self {
        Self {
            cloud: Arc::new(Cloud::by(factory)),
        }
    }

    /// The secret that stands in `place`.
    ///
    /// # Errors
    /// When it is not there, is empty, or anybody but its owner could read it.
    pub async fn get(&self, place: &SecretRef) -> Result<Secret, SecretError> {
        self.found(place, |text| text.lines().next().unwrap_or_default().trim())
            .await
    }

    /// As [`Self::get`], with all lines: a private key has many.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn whole(&self, place: &SecretRef) -> Result<Secret, SecretError> {
        self.found(place, str::trim).await
    }

    async fn found(&self, place: &SecretRef, part: impl Fn(&str) -> &str) -> Result<Secret, SecretError> {
        let found = match place {
            SecretRef::Env(name) => variable(name),
            SecretRef::File(path) => file(path),
            SecretRef::Command(words) => program(words).await,
            // Boxed: what reads an AWS environment is large, and most secrets stand elsewhere.
            SecretRef::AwsSecret(said) => {
                let (kept, key) = cloud::secret(said);
                Box::pin(self.cloud.fetch(&kept, key)).await
            }
            SecretRef::Ssm(name) => Box::pin(self.cloud.fetch(&cloud::parameter(name), None)).await,
        };
        let found = found.and_then(|text| {
            if text.len() as u64 > LARGEST {
                let why = format!("it is larger than {} KiB", LARGEST / 1024);
                return Err(Fault::new(why, "a token or a key is meant, not a file of them"));
            }
            match part(&text) {
                "" => Err(Fault::new("it is empty", "its first line is the secret")),
                text => Ok(Secret::new(text.to_owned())),
            }
        });
        found.map_err(|fault| SecretError {
            place: inert(&place.to_string()),
            fault,
        })
    }
}

type Found = Result<String, Fault>;

/// Where AWS keeps the secret of `place`; none for what stands elsewhere.
pub fn kept(place: &SecretRef) -> Option<Kept> {
    match place {
        SecretRef::AwsSecret(said) => Some(cloud::secret(said).0),
        SecretRef::Ssm(name) => Some(cloud::parameter(name)),
        SecretRef::Env(_) | SecretRef::File(_) | SecretRef::Command(_) => None,
    }
}

fn variable(name: &str) -> Found {
    std::env::var(name)
        .map_err(|_| Fault::new("it is not set", "set it in the environment that midwatch runs in"))
}

/// True for a file of this mode that others than its owner can read. What systemd hands to a service (`LoadCredential`) is the
/// service's alone: the group's bits there are those of an access list that names nobody else.
pub fn open_to_others(path: &Path, mode: u32) -> bool {
    let handed = std::env::var_os("CREDENTIALS_DIRECTORY").is_some_and(|folder| path.starts_with(folder));
    let others = if handed { 0o007 } else { 0o077 };
    mode & others != 0
}

fn file(path: &Path) -> Found {
    use std::os::unix::fs::PermissionsExt as _;
    let fault = |error: std::io::Error| Fault::new(error.to_string(), "check the path and its owner");
    let opened = std::fs::File::open(path).map_err(fault)?;
    let mode = opened.metadata().map_err(fault)?.permissions().mode();
    if open_to_others(path, mode) {
        let why = format!("others may read it (mode {:o})", mode & 0o777);
        return Err(Fault::new(why, "chmod 600 that file"));
    }
    let mut text = String::new();
    opened
        .take(LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(fault)?;
    Ok(text)
}

async fn program(words: &[String]) -> Found {
    let hint = "run the program by hand: it prints the secret in its first line and ends with 0";
    let Some((program, arguments)) = words.split_first() else {
        return Err(Fault::new("no program is named", hint));
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true);
    match tokio::time::timeout(PATIENCE, command.output()).await {
        Err(_) => Err(Fault::new(
            format!("the program takes longer than {} s", PATIENCE.as_secs()),
            hint,
        )),
        Ok(Err(error)) => Err(Fault::new(error.to_string(), hint)),
        Ok(Ok(output)) if !output.status.success() => {
            let why = format!("the program ended with {}", output.status);
            Err(Fault::new(why, hint))
        }
        // What it says on its standard error is not shown: it could hold the secret.
        Ok(Ok(output)) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[tokio::test]
    async fn a_secret_comes_from_a_file_that_its_owner_alone_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "hush\nsecond line\n").unwrap();
        let place = SecretRef::File(path.clone());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = Secrets::default().get(&place).await.unwrap_err().to_string();
        assert!(
            error.contains("others may read it (mode 640)") && error.contains("hint: chmod 600"),
            "{error}"
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let secret = Secrets::default().get(&place).await.unwrap();
        assert_eq!(secret.expose(), "hush");
        assert_eq!(format!("{secret:?}"), "<secret>");
        fs::write(&path, "hush".repeat(20_000)).unwrap();
        let error = Secrets::default().get(&place).await.unwrap_err().to_string();
        assert!(error.contains("it is larger than 64 KiB"), "{error}");
    }

    #[tokio::test]
    async fn a_program_prints_it_and_what_fails_is_told_without_it() {
        let words =
            |words: &[&str]| SecretRef::Command(words.iter().map(|word| (*word).to_owned()).collect());
        let secret = Secrets::default()
            .get(&words(&["printf", "hush\\nmore"]))
            .await
            .unwrap();
        assert_eq!(secret.expose(), "hush");
        for (place, why) in [
            (words(&["false"]), "ended with exit status: 1"),
            (words(&["true"]), "it is empty"),
            (words(&[]), "no program is named"),
            (words(&["/nonexistent/program"]), "No such file"),
            (
                SecretRef::Env("MIDWATCH_NO_SUCH_SECRET".to_owned()),
                "it is not set",
            ),
        ] {
            let error = Secrets::default().get(&place).await.unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("hint:"), "{error}");
        }
    }
}
