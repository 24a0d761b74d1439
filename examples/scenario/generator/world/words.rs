//! What programs say when they fail, in the form of their runtimes.

use serde_json::{Value, json};

use super::super::{logs, rng::Rng, wave::iso_ms};

/// How a run of a function ends.
#[derive(Debug, Clone, Default)]
pub struct Ended {
    /// Its lines.
    pub lines: Vec<String>,
    /// How long it took, where that differs.
    pub millis: Option<f64>,
    /// What the report says behind its usual words.
    pub report: String,
    /// Memory used, MB, where that differs.
    pub used: Option<u32>,
}

/// A run that fails: when (epoch milliseconds), its id, numbers.
pub struct Failing<'a> {
    /// When it begins, epoch milliseconds.
    pub at: i64,
    /// Request id.
    pub id: &'a str,
    /// Runtime of the function.
    pub runtime: &'a str,
    /// Numbers.
    pub rng: &'a mut Rng,
}

impl Failing<'_> {
    /// An exception that nobody catches, as the runtime writes it: type, message, place.
    pub fn raise(&self, kind: &str, message: &str, place: &str) -> Ended {
        Ended {
            lines: vec![raised(self.runtime, self.at, self.id, kind, message, place)],
            ..Ended::default()
        }
    }

    /// The platform ends it after so many seconds.
    pub fn timeout(&self, seconds: f64) -> Ended {
        Ended {
            lines: vec![format!(
                "{} {} Task timed out after {seconds:.2} seconds",
                iso_ms(self.at + (seconds * 1000.0) as i64),
                self.id
            )],
            millis: Some(seconds * 1000.0),
            report: "\tStatus: timeout".to_owned(),
            used: None,
        }
    }
}

/// An exception as a runtime writes it.
pub fn raised(runtime: &str, at: i64, id: &str, kind: &str, message: &str, place: &str) -> String {
    let (file, line) = place.split_once(':').unwrap_or((place, "1"));
    if runtime.starts_with("python") {
        return format!(
            "[ERROR] {kind}: {message}\nTraceback (most recent call last):\n  File \"/var/task/{file}\", line {line}, in lambda_handler\n    return handle(event)"
        );
    }
    if runtime.starts_with("java") {
        let class = file.trim_end_matches(".java");
        return format!(
            "{message}: {kind}\n{kind}: {message}\n\tat com.example.{class}.handle({file}:{line})\n"
        );
    }
    let error = json!({
        "errorType": kind, "errorMessage": message,
        "stack": [format!("{kind}: {message}"), format!("    at handler (/var/task/{file}:{line}:17)"), "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"],
    });
    logs::node(at, id, "ERROR", &format!("Invoke Error \t{error}"))
}

/// A service's JSON line about an error.
pub fn error(service: &str, message: &str, more: &Value) -> String {
    logs::app("ERROR", service, message, more)
}

/// Warnings and errors that are always there and mean nothing.
pub fn chatter(rng: &mut Rng) -> (&'static str, &'static str) {
    match rng.whole(0, 7) {
        0 => ("WARN", "deprecated header X-Client-Version, ignored"),
        1 => ("ERROR", "could not parse optional field 'referrer'"),
        2 => ("WARN", "slow response, trying again"),
        3 => ("ERROR", "client closed the connection before the response"),
        4 => ("WARN", "clock of the client is off by 3 s"),
        5 => ("ERROR", "metrics flush failed, kept for the next one"),
        _ => ("WARN", "feature list is older than an hour"),
    }
}
