//! `incident.toml`: how the investigation starts, what the bundle covers, what is normal.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::{
    error::BundleError,
    lines::{line_of, parse_toml},
    suggest,
};
use crate::model::{Preset, Priority, Start, Window};

/// The one version of the format that this program reads.
pub(super) const FORMAT: i64 = 1;

/// What `incident.toml` says.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// Title for a person. External text.
    pub title: String,
    /// The starting point.
    pub start: Start,
    /// The moment at which the investigation starts.
    pub at: Timestamp,
    /// Twelve-digit AWS account.
    pub account: Option<String>,
    /// AWS region.
    pub region: Option<String>,
    /// Place in the queue.
    pub priority: Priority,
    /// What the bundle covers of the incident.
    pub window: Window,
    /// A normal period, anywhere in time.
    pub baseline: Option<Window>,
}

/// An incident, and where its file says things that are checked against other files.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) incident: Incident,
    /// Path of the extended bundle, and its line.
    pub(super) extends: Option<(String, usize)>,
    /// Line of the alarm or the resource that starts it.
    pub(super) start_line: usize,
}

#[derive(Deserialize)]
struct Version {
    format: Option<Spanned<toml::Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "format")]
    _format: i64,
    title: String,
    extends: Option<Spanned<String>>,
    start: Spanned<RawStart>,
    window: Spanned<RawWindow>,
    baseline: Option<Spanned<RawWindow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStart {
    kind: Spanned<String>,
    alarm: Option<Spanned<String>>,
    resource: Option<Spanned<String>>,
    metric: Option<String>,
    stat: Option<String>,
    text: Option<String>,
    event: Option<toml::Value>,
    preset: Option<Spanned<String>>,
    at: Spanned<toml::Value>,
    account: Option<String>,
    region: Option<String>,
    priority: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWindow {
    from: Spanned<toml::Value>,
    to: Spanned<toml::Value>,
}

/// Parses `incident.toml`; `path` is for messages.
pub(super) fn parse(words: &str, path: &str) -> Result<Parsed, BundleError> {
    let file = File { words, path };
    file.check_format()?;
    let raw: Raw = parse_toml(words, path)?;
    let start_at = raw.start.span().start;
    let start = raw.start.into_inner();
    let at = file.time(&start.at)?;
    let priority = match &start.priority {
        None => Priority::default(),
        Some(word) => word.get_ref().parse().map_err(|_| {
            file.error(
                word.span().start,
                format!("no priority is called '{}'", word.get_ref()),
            )
            .hint("one of CRITICAL, HIGH, MEDIUM, LOW, MINIMAL")
        })?,
    };
    let account = start.account.clone();
    let region = start.region.clone();
    let (start, start_offset) = file.start(start, start_at)?;
    let extends = raw.extends.map(|extends| {
        let line = line_of(words, extends.span().start);
        (extends.into_inner(), line)
    });
    Ok(Parsed {
        incident: Incident {
            title: raw.title,
            start,
            at,
            account,
            region,
            priority,
            window: file.window(&raw.window)?,
            baseline: raw
                .baseline
                .as_ref()
                .map(|window| file.window(window))
                .transpose()?,
        },
        extends,
        start_line: line_of(words, start_offset),
    })
}

/// The file, for messages.
struct File<'a> {
    words: &'a str,
    path: &'a str,
}

impl File<'_> {
    fn error(&self, offset: usize, what: impl Into<String>) -> BundleError {
        BundleError::new(self.path, what).on_line(line_of(self.words, offset))
    }

    /// Looks at the version before anything else, since another version may have other keys.
    fn check_format(&self) -> Result<(), BundleError> {
        let version: Version = parse_toml(self.words, self.path)?;
        let Some(format) = version.format else {
            return Err(self
                .error(0, "the key 'format' is missing")
                .hint(format!("write 'format = {FORMAT}' at the top")));
        };
        if format.get_ref().as_integer() == Some(FORMAT) {
            return Ok(());
        }
        Err(self
            .error(
                format.span().start,
                format!("format {} is not known", format.get_ref()),
            )
            .hint(format!(
                "this program reads format {FORMAT}; a newer one may read it"
            )))
    }

    fn time(&self, value: &Spanned<toml::Value>) -> Result<Timestamp, BundleError> {
        let words = match value.get_ref() {
            toml::Value::Datetime(time) => time.to_string(),
            toml::Value::String(words) => words.clone(),
            other => other.to_string(),
        };
        words.parse().map_err(|_| {
            self.error(value.span().start, format!("not a time: {words}"))
                .hint("times are RFC 3339 UTC, as 2025-10-27T14:05:00Z")
        })
    }

    fn window(&self, window: &Spanned<RawWindow>) -> Result<Window, BundleError> {
        let (from, to) = (
            self.time(&window.get_ref().from)?,
            self.time(&window.get_ref().to)?,
        );
        if from >= to {
            return Err(self
                .error(
                    window.get_ref().to.span().start,
                    format!("the window ends at {to}, before it begins"),
                )
                .hint("'from' is the earlier moment, 'to' the later"));
        }
        Ok(Window { from, to })
    }

    /// The starting point, and the offset of the word that names its subject.
    fn start(&self, raw: RawStart, table: usize) -> Result<(Start, usize), BundleError> {
        let kind_at = raw.kind.span().start;
        let kind = raw.kind.into_inner();
        let missing = |key: &str| {
            self.error(table, format!("[start] of kind '{kind}' has no '{key}'"))
                .hint(format!("add '{key}'"))
        };
        Ok(match kind.as_str() {
            "alarm" => {
                let alarm = raw.alarm.ok_or_else(|| missing("alarm"))?;
                let offset = alarm.span().start;
                let alarm = alarm.into_inner();
                (Start::Alarm { alarm }, offset)
            }
            "symptom" => {
                let resource = raw.resource.ok_or_else(|| missing("resource"))?;
                let offset = resource.span().start;
                let start = Start::Symptom {
                    resource: resource.into_inner().into(),
                    metric: raw.metric.ok_or_else(|| missing("metric"))?,
                    stat: raw.stat.ok_or_else(|| missing("stat"))?,
                };
                (start, offset)
            }
            "text" => {
                let text = raw.text.ok_or_else(|| missing("text"))?;
                (Start::Text { text }, table)
            }
            "event" => {
                let event = raw.event.ok_or_else(|| missing("event"))?;
                (Start::Event { event: json(event) }, table)
            }
            "preset" => {
                let preset = raw.preset.ok_or_else(|| missing("preset"))?;
                let known = Preset::ALL
                    .into_iter()
                    .find(|known| known.as_str() == preset.get_ref());
                let preset = known.ok_or_else(|| {
                    let names = Preset::ALL.map(Preset::as_str);
                    self.error(
                        preset.span().start,
                        format!("no preset is called '{}'", preset.get_ref()),
                    )
                    .hint(suggest::advice(preset.get_ref(), &names))
                })?;
                (Start::Preset { preset }, table)
            }
            _ => {
                return Err(self.error(kind_at, format!("no start is of kind '{kind}'")).hint(
                    suggest::advice(&kind, &["alarm", "symptom", "text", "event", "preset"]),
                ));
            }
        })
    }
}

/// A TOML value as JSON; times become strings, numbers that JSON lacks become null.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(words) => Value::String(words),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(truth) => truth.into(),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, json(value))).collect(),
    }
}
