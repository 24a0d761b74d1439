//! A bundle from its files.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::de::DeserializeOwned;

use super::{
    Files,
    error::BundleError,
    gap::GapLine,
    incident::{self, Incident, Parsed},
    layout, lines,
    series::SeriesLine,
    suggest,
    telemetry::Telemetry,
    tools::ToolLine,
};
use crate::model::{Alarm, LogLine, Relation, Start};

/// Most bundles that may extend each other in a row.
const EXTENDS_LIMIT: usize = 8;

/// One incident's telemetry, read and checked. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bundle {
    data: Arc<Data>,
}

#[derive(Debug)]
struct Data {
    incident: Incident,
    telemetry: Telemetry,
    knowledge: Vec<Knowledge>,
    read_names: BTreeSet<String>,
}

/// A runbook that came with the bundle. External text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knowledge {
    /// Name of the file, without folder and ending.
    pub name: String,
    /// Its words.
    pub text: String,
}

impl Bundle {
    /// Opens the bundle in a folder or in a `.mwb` file.
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        Self::read(Files::open(path)?)
    }

    /// Opens a scenario that is embedded in the binary.
    pub fn scenario(name: &str) -> Result<Self, BundleError> {
        Self::read(Files::scenario(name)?)
    }

    /// How the investigation starts, what the bundle covers, what is normal.
    pub fn incident(&self) -> &Incident {
        &self.data.incident
    }

    /// Runbooks, in the order of their names.
    pub fn knowledge(&self) -> &[Knowledge] {
        &self.data.knowledge
    }

    /// Names of the files that were read, the extended bundles' among them.
    pub fn read_names(&self) -> &BTreeSet<String> {
        &self.data.read_names
    }

    pub(super) fn telemetry(&self) -> &Telemetry {
        &self.data.telemetry
    }

    fn read(mut files: Files) -> Result<Self, BundleError> {
        let Some(parsed) = read_incident(&mut files)? else {
            return Err(no_incident(&files));
        };
        let mut reader = Reader::default();
        reader.add(&mut files)?;
        reader.check_not_hollow(&files)?;
        reader.extend(&files, parsed.extends.clone())?;
        reader.telemetry.settle();
        check_start(&files, &parsed, &reader.telemetry)?;
        reader
            .knowledge
            .sort_by(|a, b| (&a.name, &a.text).cmp(&(&b.name, &b.text)));
        Ok(Self {
            data: Arc::new(Data {
                incident: parsed.incident,
                telemetry: reader.telemetry,
                knowledge: reader.knowledge,
                read_names: reader.read_names,
            }),
        })
    }
}

/// Gathers the files of a bundle and of those that it extends.
#[derive(Default)]
struct Reader {
    telemetry: Telemetry,
    knowledge: Vec<Knowledge>,
    read_names: BTreeSet<String>,
    /// Data files of the bundle itself, and how many lines they hold together.
    data_files: Vec<String>,
    data_lines: usize,
}

impl Reader {
    /// Reads all files of one bundle but `incident.toml`, which was read, and `expected.toml`, which never is.
    fn add(&mut self, files: &mut Files) -> Result<(), BundleError> {
        layout::check(files)?;
        let telemetry = &mut Telemetry::default();
        std::mem::swap(telemetry, &mut self.telemetry);
        if let Some(items) = self.lines(files, layout::RESOURCES)? {
            telemetry.captured.resources = true;
            telemetry.add_resources(items);
        }
        if let Some(items) = self.lines::<Relation>(files, layout::RELATIONS)? {
            telemetry.captured.relations = true;
            telemetry.relations.extend(items);
        }
        if let Some(items) = self.checked(files, layout::ALARMS, check_alarm)? {
            telemetry.captured.alarms = true;
            telemetry.add_alarms(items);
        }
        if let Some(items) = self.checked(files, layout::METRICS, SeriesLine::check)? {
            telemetry.captured.metrics = true;
            telemetry.series.merge(items);
        }
        for name in named(files, layout::is_tools) {
            if let Some(items) = self.lines::<ToolLine>(files, &name)? {
                telemetry.captured.tools = true;
                telemetry.tools.add(items);
            }
        }
        for name in named(files, layout::is_log) {
            if let Some(items) = self.lines::<LogLine>(files, &name)? {
                telemetry.captured.logs = true;
                telemetry.logs.extend(items);
            }
        }
        if let Some(items) = self.lines(files, layout::CHANGES)? {
            telemetry.captured.changes = true;
            telemetry.changes.extend::<Vec<_>>(items);
        }
        if let Some(items) = self.lines(files, layout::EVENTS)? {
            telemetry.captured.events = true;
            telemetry.events.extend::<Vec<_>>(items);
        }
        if let Some(items) = self.checked(files, layout::GAPS, check_gap)? {
            telemetry.gaps.extend(items);
        }
        std::mem::swap(telemetry, &mut self.telemetry);
        for name in named(files, layout::is_knowledge) {
            if let Some(text) = files.read_text(&name)? {
                let name = name.trim_start_matches("knowledge/");
                let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
                self.knowledge.push(Knowledge { name, text });
            }
        }
        self.read_names.extend(files.read_names().iter().cloned());
        Ok(())
    }

    fn lines<T: DeserializeOwned>(
        &mut self,
        files: &mut Files,
        name: &str,
    ) -> Result<Option<Vec<T>>, BundleError> {
        self.checked(files, name, |_| Ok(()))
    }

    fn checked<T: DeserializeOwned>(
        &mut self,
        files: &mut Files,
        name: &str,
        check: impl Fn(&T) -> Result<(), (String, String)>,
    ) -> Result<Option<Vec<T>>, BundleError> {
        let path = files.path_of(name);
        let Some(bytes) = files.read(name)? else {
            return Ok(None);
        };
        let items = lines::parse(&bytes, &path, check)?;
        self.data_files.push(path);
        self.data_lines += items.len();
        Ok(Some(items))
    }

    /// Files that are there and all empty are an accident, not a recording.
    fn check_not_hollow(&self, files: &Files) -> Result<(), BundleError> {
        match self.data_files.first() {
            Some(path) if self.data_lines == 0 => {
                Err(BundleError::new(path, "holds no line, nor does any other file")
                    .on_line(1)
                    .hint(format!(
                        "{} has no telemetry; capture or copy it again",
                        files.shown()
                    )))
            }
            _ => Ok(()),
        }
    }

    /// Follows `extends` from bundle to bundle.
    fn extend(&mut self, files: &Files, extends: Option<(String, usize)>) -> Result<(), BundleError> {
        let mut next = extends.map(|extends| {
            (
                files.folder().map(Path::to_owned),
                files.path_of(layout::INCIDENT),
                extends,
            )
        });
        let mut seen: Vec<PathBuf> = files
            .folder()
            .and_then(|path| path.canonicalize().ok())
            .into_iter()
            .collect();
        while let Some((folder, said_in, (target, line))) = next {
            let here = |what: String| BundleError::new(&said_in, what).on_line(line);
            let Some(folder) = folder else {
                return Err(here("a packed bundle cannot extend another".to_owned())
                    .hint("pack it with the files of the bundle that it extends"));
            };
            let path = folder.join(&target);
            let Ok(canonical) = path.canonicalize() else {
                return Err(here(format!("it extends '{target}', which is not there"))
                    .hint("'extends' is a path relative to the bundle's own folder"));
            };
            if seen.contains(&canonical) {
                return Err(here(format!("it extends '{target}', which extends it again"))
                    .hint("let one of them extend nothing"));
            }
            if seen.len() > EXTENDS_LIMIT {
                return Err(
                    here(format!("more than {EXTENDS_LIMIT} bundles extend each other"))
                        .hint("let it extend the last one directly"),
                );
            }
            seen.push(canonical);
            let mut base = Files::open(&path)?;
            let parsed = read_incident(&mut base)?;
            self.add(&mut base)?;
            next = parsed.and_then(|parsed| parsed.extends).map(|extends| {
                (
                    base.folder().map(Path::to_owned),
                    base.path_of(layout::INCIDENT),
                    extends,
                )
            });
        }
        Ok(())
    }
}

/// Names of the files of one sort, in order.
fn named(files: &Files, is: fn(&str) -> bool) -> Vec<String> {
    files.names().iter().filter(|name| is(name)).cloned().collect()
}

fn read_incident(files: &mut Files) -> Result<Option<Parsed>, BundleError> {
    let path = files.path_of(layout::INCIDENT);
    files
        .read_text(layout::INCIDENT)?
        .map(|words| incident::parse(&words, &path))
        .transpose()
}

/// A folder without `incident.toml`: misspelt, empty, or a folder of bundles.
fn no_incident(files: &Files) -> BundleError {
    if let Err(error) = layout::check(files) {
        return error;
    }
    let suffix = format!("/{}", layout::INCIDENT);
    let inner: Vec<&str> = files
        .names()
        .iter()
        .filter_map(|name| name.strip_suffix(&suffix))
        .take(3)
        .collect();
    let error = BundleError::new(files.shown(), format!("holds no {}", layout::INCIDENT));
    if !inner.is_empty() {
        return error.hint(format!(
            "it holds bundles; give one of them: {} ...",
            inner.join(", ")
        ));
    }
    if files.names().is_empty() {
        return BundleError::new(
            files.shown(),
            format!("is empty: it holds no {}", layout::INCIDENT),
        )
        .hint("give the folder that holds incident.toml, or a .mwb file");
    }
    error.hint("every bundle has one; give the folder that holds it")
}

/// The start must name something that the bundle knows.
fn check_start(files: &Files, parsed: &Parsed, telemetry: &Telemetry) -> Result<(), BundleError> {
    let (what, word, known): (_, _, Vec<&str>) = match &parsed.incident.start {
        Start::Alarm { alarm } if !telemetry.alarms.is_empty() && !telemetry.alarms.contains_key(alarm) => (
            "alarm",
            alarm.as_str(),
            telemetry.alarms.keys().map(String::as_str).collect(),
        ),
        Start::Symptom { resource, .. }
            if !telemetry.resources.is_empty() && !telemetry.resources.contains_key(resource) =>
        {
            let known = telemetry
                .resources
                .keys()
                .map(crate::model::ResourceId::as_str)
                .collect();
            ("resource", resource.as_str(), known)
        }
        _ => return Ok(()),
    };
    let hint = match suggest::nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!(
            "it knows {} of that sort; the first is '{}'",
            known.len(),
            known.first().unwrap_or(&"")
        ),
    };
    Err(BundleError::new(
        files.path_of(layout::INCIDENT),
        format!("the bundle knows no {what} '{word}'"),
    )
    .on_line(parsed.start_line)
    .hint(hint))
}

fn check_alarm(alarm: &Alarm) -> Result<(), (String, String)> {
    if alarm.period == 0 {
        return Err((
            "the period is 0".to_owned(),
            "the period is the seconds of one evaluation".to_owned(),
        ));
    }
    Ok(())
}

fn check_gap(gap: &GapLine) -> Result<(), (String, String)> {
    match (gap.from, gap.to) {
        (Some(from), Some(to)) if from >= to => Err((
            format!("the gap ends at {to}, before it begins"),
            "'from' is the earlier moment, 'to' the later".to_owned(),
        )),
        _ => Ok(()),
    }
}
