//! The program as its users start it, with a home of its own and nothing else from the outside.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The program's home, and what is in its environment beside it.
pub struct Program {
    home: TempDir,
    environment: Vec<(String, String)>,
}

/// What one run came to.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    /// Its code, and all that it printed.
    pub fn told(self) -> (i32, String) {
        (self.code, self.out + &self.err)
    }
}

impl Program {
    /// With this configuration.
    pub fn new(config: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config.toml"), config).unwrap();
        Self {
            home,
            environment: Vec::new(),
        }
    }

    /// Credentials at hand that an emulator takes, and the emulator.
    pub fn of_aws(self, url: &str) -> Self {
        self.with("AWS_ACCESS_KEY_ID", "testing")
            .with("AWS_SECRET_ACCESS_KEY", "testing")
            .with("AWS_REGION", super::aws::REGION)
            .with("AWS_ENDPOINT_URL", url)
    }

    /// Every way out leads to a port at which nobody listens.
    pub fn cut_off(self) -> Self {
        ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
            .into_iter()
            .fold(self, |program, name| program.with(name, "http://127.0.0.1:9"))
            .with("AWS_EC2_METADATA_DISABLED", "true")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A path in its home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The program, not started yet.
    pub fn command(&self, args: &[&str]) -> Command {
        let home: &Path = self.home.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_midwatch"));
        command
            .args(args)
            .env_clear()
            .env("HOME", home)
            .env("MIDWATCH_DATA", home.join("data"))
            .env("MIDWATCH_CONFIG", home.join("config.toml"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        let output = self.command(args).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Run {
            code: output.status.code().unwrap(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// What it prints as JSON, whatever its code.
    pub fn json(&self, args: &[&str]) -> Value {
        let Run { out, err, .. } = self.run(args);
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{args:?}: {error}: {out}{err}"))
    }

    /// What it prints where all is well.
    pub fn fine(&self, args: &[&str]) -> String {
        let Run { code, out, err } = self.run(args);
        assert_eq!(code, 0, "{args:?}: {out}{err}");
        out
    }
}
