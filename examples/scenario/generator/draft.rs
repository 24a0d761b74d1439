//! A scenario in the making, and how it becomes files.

use std::{fmt::Write as _, fs, io, path::Path};

use midwatch::model::{
    Alarm, Change, LogLine, Relation, RelationKind, RelationOrigin, Resource, ServiceEvent,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    rng::Rng,
    wave::{Grid, MINUTE, Wave, time, time_ms},
};

/// The fictional account of all scenarios.
pub const ACCOUNT: &str = "111122223333";

/// A scenario in the making.
#[derive(Debug)]
pub struct Draft {
    /// Name of its folder.
    pub name: String,
    /// Title for a person.
    pub title: String,
    /// AWS region.
    pub region: &'static str,
    /// Place in the queue.
    pub priority: &'static str,
    /// Lines of the `[start]` table that say what starts it.
    pub start: String,
    /// When the investigation starts, epoch seconds.
    pub at: i64,
    /// What it covers.
    pub grid: Grid,
    /// `expected.toml`.
    pub expected: String,
    /// Resources.
    pub resources: Vec<Resource>,
    /// Relations.
    pub relations: Vec<Relation>,
    /// Alarms.
    pub alarms: Vec<Alarm>,
    /// Log lines.
    pub logs: Vec<LogLine>,
    /// Changes.
    pub changes: Vec<Change>,
    /// Service events.
    pub events: Vec<ServiceEvent>,
    /// Lines of `gaps.jsonl`.
    pub gaps: Vec<Value>,
    /// Share of the data that never arrived.
    pub loss: f64,
    /// How hard the log lines are packed.
    pub packing: i32,
    series: Vec<Value>,
}

/// How a series is named, and how its values are written.
#[derive(Debug, Clone, Copy)]
pub struct Metric<'a> {
    /// Id of the resource.
    pub resource: &'a str,
    /// Namespace.
    pub namespace: &'a str,
    /// Dimensions.
    pub dimensions: &'a [(&'a str, &'a str)],
}

impl Draft {
    /// An empty scenario.
    pub fn new(name: impl Into<String>, title: impl Into<String>, region: &'static str, grid: Grid) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            region,
            priority: "MEDIUM",
            start: String::new(),
            at: grid.window.to,
            grid,
            expected: String::new(),
            resources: Vec::new(),
            relations: Vec::new(),
            alarms: Vec::new(),
            logs: Vec::new(),
            changes: Vec::new(),
            events: Vec::new(),
            gaps: Vec::new(),
            loss: 0.002,
            packing: 15,
            series: Vec::new(),
        }
    }

    /// A stream of numbers for one use within this scenario.
    pub fn rng(&self, word: &str) -> Rng {
        Rng::named(&[&self.name, word])
    }

    /// Adds a relation: `from` acts on `to`.
    pub fn relate(&mut self, from: &str, kind: RelationKind, to: &str, origin: RelationOrigin) {
        self.relations.push(Relation {
            from: from.into(),
            to: to.into(),
            kind,
            origin,
        });
    }

    /// Adds a series. About one datum in five hundred is lost, as happens; a value that is not a number is missing.
    pub fn series(&mut self, of: Metric<'_>, metric: &str, stat: &str, unit: &str, wave: &Wave) {
        let mut rng = self.rng(&format!("loss {} {metric} {stat}", of.resource));
        let loss = self.loss;
        let mut lost = || rng.chance(loss);
        for stretch in wave.grid.stretches() {
            let values: Vec<Value> = wave
                .iter()
                .filter(|(at, _)| stretch.contains(*at))
                .map(|(_, value)| {
                    if lost() || value.is_nan() {
                        Value::Null
                    } else {
                        number(value, unit, stat)
                    }
                })
                .collect();
            self.push(
                of,
                metric,
                stat,
                unit,
                MINUTE,
                json!({"start": time(stretch.from), "values": values}),
            );
        }
    }

    /// Adds a series that has data only where its value is not zero, as services write their throttles and faults.
    pub fn sparse(&mut self, of: Metric<'_>, metric: &str, stat: &str, unit: &str, wave: &Wave) {
        let mut rng = self.rng(&format!("loss {} {metric} {stat}", of.resource));
        // Only a bad line loses points here.
        let loss = if self.loss > 0.01 { self.loss } else { 0.0 };
        let points: Vec<Value> = wave
            .iter()
            .filter(|(_, value)| *value != 0.0 && !value.is_nan())
            .filter(|_| !rng.chance(loss))
            .map(|(at, value)| json!([at, number(value, unit, stat)]))
            .collect();
        if !points.is_empty() {
            self.push(of, metric, stat, unit, MINUTE, json!({"points": points}));
        }
    }

    /// Adds a series with a datum every five minutes.
    pub fn five_minutes(&mut self, of: Metric<'_>, metric: &str, stat: &str, unit: &str, wave: &Wave) {
        let points: Vec<Value> = wave
            .iter()
            .filter(|(at, _)| at % (5 * MINUTE) == 0)
            .map(|(at, value)| json!([at, number(value, unit, stat)]))
            .collect();
        self.push(of, metric, stat, unit, 5 * MINUTE, json!({"points": points}));
    }

    /// Takes a metric's series away again, as a capture that did not get them; says how many there were.
    pub fn withhold(&mut self, resource: &str, metric: &str) -> usize {
        let before = self.series.len();
        self.series
            .retain(|line| line["resource"] != resource || line["metric"] != metric);
        before - self.series.len()
    }

    /// Takes all series of a resource away.
    pub fn withhold_all(&mut self, resource: &str) {
        self.series.retain(|line| line["resource"] != resource);
    }

    /// Takes away what is later than `end`: values of series, log lines, changes, events.
    pub fn cut(&mut self, end: i64) {
        let end = time(end);
        self.logs.retain(|line| line.at < end);
        self.changes.retain(|change| change.at < end);
        self.events.retain(|event| event.at < end);
        for line in &mut self.series {
            let start = line["start"].as_str().map_or(0, super::wave::epoch);
            if let Some(values) = line["values"].as_array_mut() {
                let kept = (end.as_second() - start).max(0) / MINUTE;
                values.truncate(kept as usize);
            }
            if let Some(points) = line["points"].as_array_mut() {
                points.retain(|point| point[0].as_i64().is_some_and(|at| at < end.as_second()));
            }
        }
        self.series.retain(|line| {
            [&line["values"], &line["points"]]
                .iter()
                .any(|data| data.as_array().is_some_and(|data| !data.is_empty()))
        });
    }

    fn push(&mut self, of: Metric<'_>, metric: &str, stat: &str, unit: &str, period: i64, data: Value) {
        let dimensions: serde_json::Map<String, Value> = of
            .dimensions
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        let mut line = json!({
            "resource": of.resource, "namespace": of.namespace, "metric": metric, "dimensions": dimensions,
            "stat": stat, "unit": unit, "period": period,
        });
        if let (Some(line), Value::Object(data)) = (line.as_object_mut(), data) {
            line.extend(data);
        }
        self.series.push(line);
    }

    /// Adds a log line; `at` in milliseconds.
    pub fn log(
        &mut self,
        at: i64,
        group: &str,
        stream: &str,
        resource: Option<&str>,
        message: impl Into<String>,
    ) {
        self.logs.push(LogLine {
            at: time_ms(at),
            group: group.to_owned(),
            stream: Some(stream.to_owned()),
            resource: resource.map(Into::into),
            message: message.into(),
        });
    }

    /// Adds what a service says of itself.
    pub fn event(
        &mut self,
        at: i64,
        source: &str,
        resource: Option<&str>,
        category: Option<&str>,
        message: impl Into<String>,
    ) {
        self.events.push(ServiceEvent {
            at: time(at),
            source: source.to_owned(),
            resource: resource.map(Into::into),
            category: category.map(str::to_owned),
            message: message.into(),
        });
    }

    /// Starts the investigation with an alarm, so many seconds after it first fired in the window.
    pub fn start_with_alarm(&mut self, name: &str, seconds: i64) {
        let from = time(self.grid.window.from);
        let fired = self
            .alarms
            .iter()
            .filter(|alarm| alarm.name == name)
            .flat_map(|alarm| &alarm.transitions)
            .find(|transition| transition.at >= from && transition.to == midwatch::model::AlarmState::Alarm)
            .map_or(self.grid.window.to, |transition| transition.at.as_second());
        self.start = format!("kind = \"alarm\"\nalarm = \"{name}\"\n");
        self.at = fired + seconds;
    }

    /// Says what a right answer is (`expected.toml`).
    pub fn expect(&mut self, expected: impl Into<String>) {
        self.expected = expected.into();
    }

    /// Writes the files into a folder of its name below `out`.
    pub fn write(mut self, out: &Path) -> io::Result<()> {
        let folder = &out.join(&self.name);
        fs::create_dir_all(folder)?;
        fs::write(folder.join("incident.toml"), self.incident())?;
        fs::write(folder.join("expected.toml"), self.expected)?;
        self.resources.sort_by(|a, b| a.id.cmp(&b.id));
        self.relations.sort();
        self.logs
            .sort_by(|a, b| (a.at, &a.group, &a.message).cmp(&(b.at, &b.group, &b.message)));
        self.changes
            .sort_by(|a, b| (a.at, &a.summary).cmp(&(b.at, &b.summary)));
        self.events
            .sort_by(|a, b| (a.at, &a.message).cmp(&(b.at, &b.message)));
        write_lines(folder, "resources.jsonl", &self.resources)?;
        write_lines(folder, "relations.jsonl", &self.relations)?;
        write_lines(folder, "alarms.jsonl", &self.alarms)?;
        write_lines(folder, "metrics.jsonl", &self.series)?;
        write_lines(folder, "changes.jsonl", &self.changes)?;
        write_lines(folder, "events.jsonl", &self.events)?;
        write_lines(folder, "gaps.jsonl", &self.gaps)?;
        if self.logs.is_empty() {
            return Ok(());
        }
        let packed = zstd::encode_all(lines(&self.logs)?.as_slice(), self.packing)?;
        fs::write(folder.join("logs.jsonl.zst"), packed)
    }

    fn incident(&self) -> String {
        let mut out = String::new();
        let window =
            |span: super::wave::Span| format!("from = {}\nto = {}\n", time(span.from), time(span.to));
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "format = 1\ntitle = \"{}\"\n\n[start]\n{}at = {}\naccount = \"{ACCOUNT}\"\nregion = \"{}\"\npriority = \"{}\"\n\n[window]\n{}\n[baseline]\n{}",
            self.title,
            self.start,
            time(self.at),
            self.region,
            self.priority,
            window(self.grid.window),
            window(self.grid.baseline),
        );
        out
    }
}

/// Values as the services round them: whole counts and bytes, three decimals of the rest, microseconds of seconds.
fn number(value: f64, unit: &str, stat: &str) -> Value {
    let whole = unit == "Bytes" || (unit == "Count" && stat != "Average");
    let scale = if whole {
        1.0
    } else if unit == "Seconds" {
        1e6
    } else {
        1e3
    };
    let value = (value * scale).round() / scale;
    if value.fract() == 0.0 {
        json!(value as i64)
    } else {
        json!(value)
    }
}

/// A file that would hold nothing is left out: then it was not recorded.
fn write_lines<T: Serialize>(folder: &Path, name: &str, items: &[T]) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    fs::write(folder.join(name), lines(items)?)
}

fn lines<T: Serialize>(items: &[T]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    for item in items {
        serde_json::to_writer(&mut out, item)?;
        out.push(b'\n');
    }
    Ok(out)
}

/// A moment within a minute, in milliseconds.
pub fn within(rng: &mut Rng, minute: i64) -> i64 {
    minute * 1000 + rng.whole(0, 60_000)
}
