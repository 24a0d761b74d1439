//! Answers to many questions, put together as the files of a bundle.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    model::{
        Alarm, Change, Evidence, Gap, GapKind, LogLine, Query, Relation, Resource, ResourceId, Series,
        SeriesKey, ServiceEvent, Window,
    },
    redact::Redactor,
    sources::bundle::{Contents, Incident, ToolLine, wrote},
};

/// Everything that was seen of an incident. Pure: it neither asks nor writes.
///
/// An answer that was cut or given twice is kept once; what a question could not be told becomes a gap of the bundle, so
/// that a replay says the same.
#[derive(Debug, Default)]
pub struct Recording {
    resources: BTreeMap<ResourceId, Resource>,
    relations: BTreeSet<Relation>,
    alarms: BTreeMap<String, Alarm>,
    /// Unit and points by the key without its unit.
    series: BTreeMap<SeriesKey, (Option<String>, BTreeMap<i64, f64>)>,
    logs: BTreeMap<LogKey, Lines>,
    changes: BTreeMap<String, Change>,
    events: BTreeMap<String, ServiceEvent>,
    /// What tools said, by connection, tool and arguments.
    tools: BTreeMap<(String, String, String), ToolLine>,
    gaps: BTreeMap<String, Value>,
    /// Kinds of questions that were answered, with whatever little.
    answered: BTreeSet<&'static str>,
}

type LogKey = (Timestamp, String, Option<String>, String);

/// Lines that are alike: how many there are, and who wrote them, where their group does not say.
#[derive(Debug, Default, Clone)]
struct Lines {
    count: usize,
    resource: Option<ResourceId>,
}

impl Recording {
    /// Adds what a question was answered.
    pub fn add(&mut self, query: &Query, evidence: &Evidence) {
        self.answered.insert(query.kind());
        match evidence {
            Evidence::Identity(_) => {}
            Evidence::Alarms(alarms) => alarms.iter().for_each(|alarm| self.alarm(alarm)),
            Evidence::Catalogue(keys) => {
                for key in keys {
                    self.points(key);
                }
            }
            Evidence::Series(series) => series.iter().for_each(|series| self.series(series)),
            Evidence::Logs(page) => self.lines(query, &page.lines),
            Evidence::Changes(changes) => {
                for change in changes {
                    let mut change = change.clone();
                    if let Query::Changes {
                        resource: Some(of), ..
                    } = query
                    {
                        change.resource.get_or_insert_with(|| of.id.clone());
                    }
                    self.changes.insert(json!(change).to_string(), change);
                }
            }
            Evidence::Events(events) => {
                for event in events {
                    let mut event = event.clone();
                    if let Query::Events {
                        resource: Some(of), ..
                    } = query
                    {
                        event.resource.get_or_insert_with(|| of.id.clone());
                    }
                    self.events.insert(json!(event).to_string(), event);
                }
            }
            Evidence::Configuration(configuration) => {
                if let Query::Configuration { resource } = query {
                    let known = self
                        .resources
                        .entry(resource.id.clone())
                        .or_insert_with(|| resource.clone());
                    known.config = configuration.properties.clone();
                }
            }
            Evidence::Inventory(resources) => resources.iter().for_each(|resource| self.resource(resource)),
            Evidence::Relations(relations) => self.relations.extend(relations.iter().cloned()),
            Evidence::Text(said) => {
                if let Query::Tool { arguments, .. } = query {
                    self.said(ToolLine::new(arguments, said));
                }
            }
        }
    }

    /// Adds what a question was not answered. What the budget left out is no gap of the telemetry.
    pub fn miss(&mut self, query: Option<&Query>, gap: &Gap) {
        if gap.kind == GapKind::Budget {
            return;
        }
        let window = query.and_then(Query::window);
        let mut line = json!({"what": gap.what.plain(), "why": gap.why.plain(), "kind": gap.kind});
        let resource = gap
            .resource
            .as_ref()
            .or_else(|| query?.resource().map(|resource| &resource.id));
        if let Some(resource) = resource {
            line["resource"] = json!(resource);
        }
        if let Some(window) = window {
            line["from"] = json!(window.from);
            line["to"] = json!(window.to);
        }
        if let Some(hint) = &gap.hint {
            line["hint"] = json!(hint.plain());
        }
        self.gaps.insert(line.to_string(), line);
    }

    /// True when nothing was seen at all.
    pub fn is_empty(&self) -> bool {
        self.counts().iter().all(|(_, count)| *count == 0)
    }

    /// How much there is of each sort, for a person.
    pub fn counts(&self) -> [(&'static str, usize); 9] {
        [
            ("resources", self.resources.len()),
            ("relations", self.relations.len()),
            ("alarms", self.alarms.len()),
            ("series", self.series.len()),
            ("log lines", self.logs.values().map(|lines| lines.count).sum()),
            ("changes", self.changes.len()),
            ("events", self.events.len()),
            ("answers of tools", self.tools.len()),
            ("gaps", self.gaps.len()),
        ]
    }

    /// The files of the bundle, redacted.
    pub fn contents(&self, incident: &Incident, redactor: &mut Redactor) -> Contents {
        let mut contents = Contents::new(incident, redactor);
        let mut put = |name: &str, written: bool, items: &mut dyn Iterator<Item = Value>| {
            let mut items = items.peekable();
            if written || items.peek().is_some() {
                contents.put(name, items, redactor);
            }
        };
        let answered = |kinds: &[&str]| kinds.iter().any(|kind| self.answered.contains(kind));
        put(
            "resources.jsonl",
            answered(&["inventory"]),
            &mut self.resources.values().map(|resource| json!(resource)),
        );
        put(
            "relations.jsonl",
            answered(&["relations"]),
            &mut self.relations.iter().map(|relation| json!(relation)),
        );
        put(
            "alarms.jsonl",
            answered(&["alarms"]),
            &mut self.alarms.values().map(|alarm| json!(alarm)),
        );
        put(
            "metrics.jsonl",
            answered(&["metrics", "catalogue"]),
            &mut self
                .series
                .iter()
                .map(|(key, (unit, points))| series_line(key, unit.as_deref(), points)),
        );
        put(
            "logs.jsonl.zst",
            answered(&["logs"]),
            &mut self.logs.iter().flat_map(|(key, lines)| log_lines(key, lines)),
        );
        put(
            "changes.jsonl",
            answered(&["changes"]),
            &mut self.changes.values().map(|change| json!(change)),
        );
        put(
            "events.jsonl",
            answered(&["events"]),
            &mut self.events.values().map(|event| json!(event)),
        );
        put(
            "tools/answers.jsonl.zst",
            answered(&["tool"]),
            &mut self.tools.values().map(|line| json!(line)),
        );
        put("gaps.jsonl", false, &mut self.gaps.values().cloned());
        contents
    }

    fn alarm(&mut self, alarm: &Alarm) {
        let known = self
            .alarms
            .entry(alarm.name.clone())
            .or_insert_with(|| alarm.clone());
        for transition in &alarm.transitions {
            if !known.transitions.contains(transition) {
                known.transitions.push(transition.clone());
            }
        }
        known.transitions.sort_by_key(|transition| transition.at);
    }

    /// The points of a series, whatever unit this answer gives it.
    fn points(&mut self, key: &SeriesKey) -> &mut BTreeMap<i64, f64> {
        let bare = SeriesKey {
            unit: None,
            ..key.clone()
        };
        let (unit, points) = self.series.entry(bare).or_default();
        *unit = unit.take().or_else(|| key.unit.clone());
        points
    }

    fn series(&mut self, series: &Series) {
        let points = self.points(&series.key);
        points.extend(
            series
                .points
                .iter()
                .copied()
                .filter(|(_, value)| value.is_finite()),
        );
    }

    /// A line that stands twice in one answer was written twice; one that stands in two answers may be the same.
    fn lines(&mut self, query: &Query, lines: &[LogLine]) {
        let mut here: BTreeMap<LogKey, Lines> = BTreeMap::new();
        for line in lines {
            let key = (
                line.at,
                line.group.clone(),
                line.stream.clone(),
                line.message.clone(),
            );
            let counted = here.entry(key).or_default();
            counted.count += 1;
            counted.resource = line.resource.clone().or_else(|| match query {
                Query::Logs {
                    resource: Some(of), ..
                } if !wrote(of, line) => Some(of.id.clone()),
                _ => None,
            });
        }
        for (key, counted) in here {
            let known = self.logs.entry(key).or_default();
            known.count = known.count.max(counted.count);
            known.resource = known.resource.take().or(counted.resource);
        }
    }

    /// Of two answers to one question the later one stands, unless the tool failed to give it.
    fn said(&mut self, line: ToolLine) {
        let key = (
            line.connection.clone(),
            line.tool.clone(),
            line.arguments.to_string(),
        );
        let stands = |known: &ToolLine| line.failed && !known.failed;
        if !self.tools.get(&key).is_some_and(stands) {
            self.tools.insert(key, line);
        }
    }

    fn resource(&mut self, resource: &Resource) {
        match self.resources.get_mut(&resource.id) {
            None => drop(self.resources.insert(resource.id.clone(), resource.clone())),
            Some(known) => {
                let config = std::mem::take(&mut known.config);
                *known = resource.clone();
                if !config.is_null() {
                    known.config = config;
                }
            }
        }
    }
}

fn series_line(key: &SeriesKey, unit: Option<&str>, points: &BTreeMap<i64, f64>) -> Value {
    let mut line = json!(key);
    if let Some(unit) = unit {
        line["unit"] = json!(unit);
    }
    line["points"] = points.iter().map(|(at, value)| json!([at, value])).collect();
    line
}

fn log_lines(key: &LogKey, lines: &Lines) -> impl Iterator<Item = Value> {
    let (at, group, stream, message) = key;
    let line = json!(LogLine {
        at: *at,
        group: group.clone(),
        stream: stream.clone(),
        resource: lines.resource.clone(),
        message: message.clone(),
    });
    std::iter::repeat_n(line, lines.count)
}

/// The stretch from the earlier beginning to the later end.
pub(super) fn spanning(one: Window, other: Window) -> Window {
    Window::new(one.from.min(other.from), one.to.max(other.to))
}
