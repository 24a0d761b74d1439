//! Fetches secrets from where the configuration says that they stand, when they are needed, and keeps none.

use std::{io::Read as _, path::Path, time::Duration};

use tokio::process::Command;

use crate::{config::SecretRef, model::inert, redact::Secret};

/// How long a program may take that prints a secret.
const PATIENCE: Duration = Duration::from_secs(20);
/// Largest secret, in bytes.
const LARGEST: u64 = 64 * 1024;

/// A secret that is not to be had. Says where it was looked for, never what was found.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the secret in {place} is not to be had: {why}\nhint: {hint}")]
pub struct SecretError {
    place: String,
    why: String,
    hint: &'static str,
}

/// Fetches secrets.
#[derive(Debug, Clone, Default)]
pub struct Secrets;

impl Secrets {
    /// The secret that stands in `place`.
    ///
    /// # Errors
    /// When it is not there, is empty, or anybody but its owner could read it.
    pub async fn get(&self, place: &SecretRef) -> Result<Secret, SecretError> {
        self.found(place, |text| {
            text.lines().next().unwrap_or_default().trim().to_owned()
        })
        .await
    }

    /// As [`Self::get`], with all lines: a private key has many.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn whole(&self, place: &SecretRef) -> Result<Secret, SecretError> {
        self.found(place, |text| text.trim().to_owned()).await
    }

    async fn found(&self, place: &SecretRef, part: impl Fn(String) -> String) -> Result<Secret, SecretError> {
        let found = match place {
            SecretRef::Env(name) => variable(name),
            SecretRef::File(path) => file(path),
            SecretRef::Command(words) => program(words).await,
            SecretRef::AwsSecret(_) | SecretRef::Ssm(_) => {
                Err(("it is not looked for yet".to_owned(), "use env, file or command"))
            }
        };
        let found = found.map(part).and_then(|text| match text.is_empty() {
            true => Err(("it is empty".to_owned(), "its first line is the secret")),
            false => Ok(Secret::new(text)),
        });
        found.map_err(|(why, hint)| SecretError {
            place: inert(&place.to_string()),
            why,
            hint,
        })
    }
}

type Found = Result<String, (String, &'static str)>;

fn variable(name: &str) -> Found {
    std::env::var(name).map_err(|_| {
        (
            "it is not set".to_owned(),
            "set it in the environment that midwatch runs in",
        )
    })
}

fn file(path: &Path) -> Found {
    use std::os::unix::fs::PermissionsExt as _;
    let fault = |error: std::io::Error| (error.to_string(), "check the path and its owner");
    let opened = std::fs::File::open(path).map_err(fault)?;
    let mode = opened.metadata().map_err(fault)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err((
            format!("others may read it (mode {:o})", mode & 0o777),
            "chmod 600 that file",
        ));
    }
    let mut text = String::new();
    opened.take(LARGEST).read_to_string(&mut text).map_err(fault)?;
    Ok(text)
}

async fn program(words: &[String]) -> Found {
    let hint = "run the program by hand: it prints the secret in its first line and ends with 0";
    let Some((program, arguments)) = words.split_first() else {
        return Err(("no program is named".to_owned(), hint));
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true);
    match tokio::time::timeout(PATIENCE, command.output()).await {
        Err(_) => Err((
            format!("the program takes longer than {} s", PATIENCE.as_secs()),
            hint,
        )),
        Ok(Err(error)) => Err((error.to_string(), hint)),
        Ok(Ok(output)) if !output.status.success() => {
            Err((format!("the program ended with {}", output.status), hint))
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
        let error = Secrets.get(&place).await.unwrap_err().to_string();
        assert!(
            error.contains("others may read it (mode 640)") && error.contains("hint: chmod 600"),
            "{error}"
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let secret = Secrets.get(&place).await.unwrap();
        assert_eq!(secret.expose(), "hush");
        assert_eq!(format!("{secret:?}"), "<secret>");
    }

    #[tokio::test]
    async fn a_program_prints_it_and_what_fails_is_told_without_it() {
        let words =
            |words: &[&str]| SecretRef::Command(words.iter().map(|word| (*word).to_owned()).collect());
        let secret = Secrets.get(&words(&["printf", "hush\\nmore"])).await.unwrap();
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
            let error = Secrets.get(&place).await.unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("hint:"), "{error}");
        }
    }
}
