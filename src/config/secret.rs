//! Where a secret stands. The configuration never holds one in plain: it says where to look.

use std::{fmt, path::PathBuf};

use serde::Deserialize;

/// Where a secret stands: `{ env = "NAME" }`, `{ file = "path" }`, `{ command = ["program", "argument"] }`,
/// `{ aws_secret = "id" }` or `{ ssm = "name" }`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// The first line of a file that its owner alone can read (0600 or stricter).
    File(PathBuf),
    /// The first line that a program prints: the program and its arguments, run without a shell.
    Command(Vec<String>),
    /// AWS Secrets Manager, by name or ARN; `id#key` picks a key of a secret that is a JSON object. Read with the credentials
    /// that midwatch runs as; an ARN names its region, else the configuration's or the AWS environment's is meant.
    AwsSecret(String),
    /// A parameter of AWS Systems Manager by name or ARN, decrypted; credentials and region as for a secret.
    Ssm(String),
}

impl fmt::Display for SecretRef {
    /// Where it stands, for a person; never what it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Command(words) => write!(f, "program {}", words.first().map_or("", String::as_str)),
            Self::AwsSecret(id) => write!(f, "AWS secret {id}"),
            Self::Ssm(name) => write!(f, "SSM parameter {name}"),
        }
    }
}
