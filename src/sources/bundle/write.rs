//! Writes a bundle: a folder, or the same as one `.mwb` file. Everything in it passes a redactor.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use serde_json::{Value, json};

use super::{BundleError, Incident, files::reason, incident::FORMAT, layout};
use crate::{model::Start, redact::Redactor};

/// How hard zstd tries: 9 makes logs about a tenth smaller than 3 and still takes some 50 MB a second.
const LEVEL: i32 = 9;

/// The files of a bundle that is about to be written. The same contents always make the same bytes.
#[derive(Debug)]
pub struct Contents {
    files: BTreeMap<String, Vec<u8>>,
}

impl Contents {
    /// A bundle of this incident, without telemetry so far.
    pub fn new(incident: &Incident, redactor: &mut Redactor) -> Self {
        let mut said = incident_value(incident);
        redactor.value(&mut said);
        let text = format!("format = {FORMAT}\n{}", toml_of(&said));
        Self {
            files: BTreeMap::from([(layout::INCIDENT.to_owned(), text.into_bytes())]),
        }
    }

    /// Adds a file of lines, compressed when its name ends in `.zst`.
    pub fn put(&mut self, name: &str, lines: impl Iterator<Item = Value>, redactor: &mut Redactor) {
        let mut bytes = Vec::new();
        for mut line in lines {
            redactor.value(&mut line);
            bytes.extend_from_slice(line.to_string().as_bytes());
            bytes.push(b'\n');
        }
        if layout::has_ending(name, "zst") {
            bytes = zstd::encode_all(bytes.as_slice(), LEVEL).unwrap_or(bytes);
        }
        self.files.insert(name.to_owned(), bytes);
    }

    /// Writes it to `path`: one file when that ends in `.mwb`, else a folder. What is there already stays, and is an error.
    ///
    /// # Errors
    /// When something is there, or cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), BundleError> {
        let shown = path.display().to_string();
        let failed = |error: &io::Error| {
            let hint = match error.kind() {
                io::ErrorKind::AlreadyExists => "give another name, or move it away",
                _ => "check the folder, its permissions and the space on the disk",
            };
            BundleError::new(&shown, reason("cannot be written", error)).hint(hint)
        };
        let name = path
            .file_name()
            .and_then(std::ffi::OsStr::to_str)
            .unwrap_or_default();
        if layout::has_ending(name, "mwb") {
            self.pack(path).map_err(|error| failed(&error))
        } else {
            self.unfold(path).map_err(|error| failed(&error))
        }
    }

    fn pack(&self, path: &Path) -> io::Result<()> {
        if path.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut tar = tar::Builder::new(Vec::new());
        for (name, bytes) in &self.files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o600);
            tar.append_data(&mut header, name, bytes.as_slice())?;
        }
        let packed = zstd::encode_all(tar.into_inner()?.as_slice(), LEVEL)?;
        // Whole or not at all: a half-written file would look like a damaged bundle.
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}", std::process::id()));
        let written = private(Path::new(&beside), &packed).and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            drop(fs::remove_file(&beside));
        }
        written
    }

    fn unfold(&self, path: &Path) -> io::Result<()> {
        fs::DirBuilder::new().mode(0o700).create(path)?;
        for (name, bytes) in &self.files {
            if let Some((folder, _)) = name.rsplit_once('/') {
                fs::DirBuilder::new()
                    .mode(0o700)
                    .recursive(true)
                    .create(path.join(folder))?;
            }
            private(&path.join(name), bytes)?;
        }
        Ok(())
    }
}

fn private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn incident_value(incident: &Incident) -> Value {
    let mut start = match &incident.start {
        Start::Alarm { alarm } => json!({"kind": "alarm", "alarm": alarm}),
        Start::Symptom {
            resource,
            metric,
            stat,
        } => {
            json!({"kind": "symptom", "resource": resource, "metric": metric, "stat": stat})
        }
        Start::Text { text } => json!({"kind": "text", "text": text}),
        Start::Event { event } => json!({"kind": "event", "event": event}),
        Start::Preset { preset } => json!({"kind": "preset", "preset": preset}),
    };
    start["at"] = json!(incident.at);
    start["priority"] = json!(incident.priority.as_str());
    for (key, value) in [("account", &incident.account), ("region", &incident.region)] {
        if let Some(value) = value {
            start[key] = json!(value);
        }
    }
    let mut said = json!({"title": incident.title, "start": start, "window": incident.window});
    if let Some(baseline) = incident.baseline {
        said["baseline"] = json!(baseline);
    }
    said
}

/// As TOML; what TOML lacks (null) is left out.
fn toml_of(value: &Value) -> String {
    fn without_null(value: &Value) -> Option<Value> {
        Some(match value {
            Value::Null => return None,
            Value::Array(items) => items.iter().filter_map(without_null).collect(),
            Value::Object(members) => members
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), without_null(value)?)))
                .collect(),
            other => other.clone(),
        })
    }
    toml::to_string(&without_null(value)).unwrap_or_default()
}
