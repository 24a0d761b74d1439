//! A log of any size, read once, line by line, in bounded memory: its templates, and what is worth reading.

use std::borrow::Cow;

use serde::Serialize;

use super::{
    axis::{Axis, Histogram},
    findings::{self, Finding},
    header::header,
    headline::timed,
    mask::cut,
    severity::{self, Severity},
    shapes::Miner,
    stamp::{Stamp, Zone},
};

/// Bytes of a line that are looked at; the rest is payload.
pub const LONGEST_LINE: usize = 16 * 1024;
/// Longest sample of a template, in bytes, its trace included.
const SAMPLE: usize = 800;
/// Line numbers kept of a template.
const PLACES: usize = 5;
/// Lines without a time before their place in the file stands for it.
const TIMELESS: u64 = 1000;
/// A trace's lines are at most so many.
const TRACE: u32 = 2000;

/// What is kept of each provisional template: a few hundred bytes, however many lines it has.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub count: u64,
    pub first_line: u64,
    pub last_line: u64,
    pub first: Option<i64>,
    pub last: Option<i64>,
    pub severity: Severity,
    /// The worst level that a header states.
    pub level: Option<Severity>,
    /// True when it was joined from several provisional templates.
    pub joined: bool,
    pub routine: bool,
    pub lines: Vec<u64>,
    pub sample: String,
    pub histogram: Histogram,
}

/// The pass over a log.
#[derive(Debug)]
pub struct Survey {
    miner: Miner,
    tallies: Vec<Tally>,
    /// Provisional template of every line, where every line is to be told: four bytes a line.
    assigned: Option<Vec<u32>>,
    lines: u64,
    bytes: u64,
    /// The line that a trace belongs to, and how many lines of it there were.
    head: Option<(u32, bool, u32)>,
    in_trace: bool,
    /// True while the head's sample is the line itself.
    sampled: bool,
    timed: u64,
    zone: Option<Zone>,
    now: Option<i64>,
    year: i64,
    span: Option<(i64, i64)>,
    times: Axis,
    total: Histogram,
}

/// One template of a log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Template {
    /// Its number: order of first appearance, from 0.
    pub id: u32,
    /// The shape, with `<*>` for what varies. External text.
    pub template: String,
    /// Lines (of a stack trace only the first counts).
    pub count: u64,
    /// Time of the first, as exactly as the log writes it.
    pub first: Option<String>,
    /// Time of the last.
    pub last: Option<String>,
    /// Number of the first line, from 1.
    pub first_line: u64,
    /// Number of the last line.
    pub last_line: u64,
    /// How bad it is.
    pub severity: Severity,
    /// True when a small part of the time holds most of them.
    pub burst: bool,
    /// True when there are hardly any.
    pub rare: bool,
    /// The first line, with its trace, shortened. External text.
    pub sample: String,
    #[serde(skip)]
    pub(super) lines: Vec<u64>,
    #[serde(skip)]
    pub(super) routine: bool,
    #[serde(skip)]
    pub(super) lift: f64,
    /// Bytes of the template that are the name of the logger.
    #[serde(skip)]
    pub(super) lead: usize,
}

/// What a log amounts to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Surveyed {
    /// Lines.
    pub lines: u64,
    /// Bytes, unpacked.
    pub bytes: u64,
    /// Time between the first and the last line, in seconds; none when lines carry no time.
    pub seconds: Option<f64>,
    /// Time of the earliest line.
    pub first: Option<String>,
    /// Time of the latest line.
    pub last: Option<String>,
    /// What is worth reading, first things first.
    pub findings: Vec<Finding>,
    /// The templates, the most frequent first.
    pub templates: Vec<Template>,
    /// Template of every line, in order, when that was asked for.
    #[serde(skip)]
    pub assigned: Option<Vec<u32>>,
}

impl Survey {
    /// A pass that has seen nothing. `assign`: keep the template of every line (four bytes a line).
    pub fn new(assign: bool) -> Self {
        Self {
            miner: Miner::new(),
            tallies: Vec::new(),
            assigned: assign.then(Vec::new),
            lines: 0,
            bytes: 0,
            head: None,
            in_trace: false,
            sampled: false,
            timed: 0,
            zone: None,
            now: None,
            year: 0,
            span: None,
            times: Axis::new(1000),
            total: Histogram::default(),
        }
    }

    /// Lines so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Provisional templates so far.
    pub fn shapes(&self) -> usize {
        self.miner.len()
    }

    /// Another input begins: its first line continues no line of the one before.
    pub fn next_input(&mut self) {
        self.head = None;
        self.in_trace = false;
        self.year = 0;
    }

    /// Takes the next line, without its line feed. `bytes`: how many bytes of the input it stands for.
    pub fn line(&mut self, line: &[u8], bytes: u64) {
        self.lines += 1;
        self.bytes += bytes;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.get(..line.len().min(LONGEST_LINE)).unwrap_or(line);
        // A byte order mark, and colours for a terminal, are no part of what is said.
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let text = match std::str::from_utf8(line) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(line),
        };
        let text = if memchr::memchr(0x1b, line).is_some() {
            Cow::Owned(without_escapes(&text))
        } else {
            text
        };
        let number = self.read(&text);
        if let Some(assigned) = &mut self.assigned {
            assigned.push(number);
        }
    }

    fn read(&mut self, text: &str) -> u32 {
        let (said, at) = timed(text);
        let head = header(&said);
        let at = at.or(head.at);
        if at.is_none()
            && let Some((number, timed, traced)) = self.head
            && traced < TRACE
            && self.attached(text, timed)
        {
            self.head = Some((number, timed, traced + 1));
            self.extend_sample(number, text);
            return number;
        }
        self.in_trace = false;
        let time = at.map(|stamp| self.time(stamp));
        let number = self.miner.add_said(0, &said, head.end, head.name);
        self.head = Some((number, at.is_some(), 0));
        let slice = self.slice(time);
        self.total.count(slice, &self.times);
        self.tally(number, text, &said, head.level, head.end, slice);
        number
    }

    /// True for a line without a time that belongs to the one before: empty, part of a trace, or indented below a line
    /// that had a time.
    fn attached(&mut self, text: &str, head_timed: bool) -> bool {
        let trimmed = text.trim_start();
        if trimmed.is_empty() {
            return true;
        }
        let indented = trimmed.len() < text.len();
        let frame = frame(trimmed, indented);
        // Below a line with a time, what has none and is indented is more of it.
        if frame || indented && (head_timed || self.in_trace) {
            self.in_trace = true;
            return true;
        }
        // The exception itself: behind Python's frames, before Java's. Below a line that tells of nothing bad it is news.
        let bad = self
            .head
            .and_then(|(number, ..)| self.tallies.get(number as usize))
            .is_some_and(|tally| tally.severity >= Severity::Warn);
        if raised(trimmed) && (self.in_trace || head_timed && bad) {
            self.in_trace = true;
            return true;
        }
        false
    }

    /// Milliseconds on the one axis of this log; sets the clock.
    fn time(&mut self, stamp: Stamp) -> i64 {
        self.timed += 1;
        let zone = *self.zone.get_or_insert(stamp.zone);
        let mut ms = stamp.ms;
        // Without a year, going back by months means that a new one began.
        if stamp.zone == Zone::NoYear {
            const YEAR: i64 = 366 * 86_400_000;
            ms += self.year * YEAR;
            if self.now.is_some_and(|now| now - ms > YEAR / 2) && zone == Zone::NoYear {
                self.year += 1;
                ms += YEAR;
            }
        }
        // Times of another kind (no date, no year) cannot be compared with those of the first.
        if matches!(stamp.zone, Zone::NoYear | Zone::NoDate) != matches!(zone, Zone::NoYear | Zone::NoDate) {
            return self.now.unwrap_or(ms);
        }
        self.now = Some(ms);
        let (first, last) = self.span.get_or_insert((ms, ms));
        *first = (*first).min(ms);
        *last = (*last).max(ms);
        ms
    }

    /// Where the line lies on the axis: by time, or in a log without times by its place.
    fn slice(&mut self, time: Option<i64>) -> usize {
        if self.timed == 0 && self.lines < TIMELESS {
            return 0;
        }
        let value = time.or(self.now).unwrap_or(self.lines as i64 * 1000);
        self.times.slice(value)
    }

    fn tally(
        &mut self,
        number: u32,
        text: &str,
        said: &str,
        level: Option<Severity>,
        end: usize,
        slice: usize,
    ) {
        let time = self.now;
        if number as usize == self.tallies.len() {
            let message = said.get(end..).unwrap_or(said);
            let severity = severity::said(level, message);
            self.tallies.push(Tally {
                count: 0,
                first_line: self.lines,
                last_line: self.lines,
                first: time,
                last: time,
                severity,
                level: None,
                joined: false,
                routine: severity <= Severity::Info && severity::routine(message),
                lines: Vec::new(),
                sample: cut(text, SAMPLE).to_owned(),
                histogram: Histogram::default(),
            });
            self.sampled = true;
        } else {
            self.sampled = false;
        }
        let Some(tally) = self.tallies.get_mut(number as usize) else {
            return;
        };
        tally.count += 1;
        tally.last_line = self.lines;
        if let Some(time) = time {
            tally.first = Some(tally.first.map_or(time, |first| first.min(time)));
            tally.last = Some(tally.last.map_or(time, |last| last.max(time)));
        }
        if let Some(level) = level {
            tally.severity = tally.severity.max(level);
            tally.level = tally.level.max(Some(level));
        }
        if tally.lines.len() < PLACES {
            tally.lines.push(self.lines);
        }
        tally.histogram.count(slice, &self.times);
    }

    fn extend_sample(&mut self, number: u32, text: &str) {
        if !self.sampled || text.trim().is_empty() {
            return;
        }
        if let Some(tally) = self.tallies.get_mut(number as usize)
            && tally.sample.len() + text.len() < SAMPLE
        {
            tally.sample.push('\n');
            tally.sample.push_str(text);
        }
    }

    /// The templates and what is worth reading.
    pub fn finish(self) -> Surveyed {
        let settled = self.miner.settle();
        let mut joined: Vec<Option<Tally>> = vec![None; settled.templates.len()];
        for (number, tally) in self.tallies.into_iter().enumerate() {
            let Some(slot) = settled.of.get(number).and_then(|id| joined.get_mut(*id as usize)) else {
                continue;
            };
            match slot {
                None => *slot = Some(tally),
                Some(all) => all.add(tally, &self.times),
            }
        }
        let total = self.total.slices(&self.times);
        let zone = self.zone.unwrap_or(Zone::Known);
        let told = |ms: Option<i64>| ms.map(|ms| written(ms, zone));
        let mut templates: Vec<Template> = joined
            .into_iter()
            .zip(settled.templates)
            .enumerate()
            .filter_map(|(id, (tally, template))| {
                let mut tally = tally?;
                let lead = settled.leads.get(id).copied().unwrap_or(0);
                if tally.joined {
                    // A word of failure in a value (a package called liberror) says nothing of the statement.
                    let message = template.get(lead..).unwrap_or("").trim_start_matches(':');
                    tally.severity = severity::said(tally.level, message);
                }
                let lift = findings::lift(&tally.histogram.slices(&self.times), &total);
                Some(Template {
                    id: id as u32,
                    template,
                    count: tally.count,
                    first: told(tally.first),
                    last: told(tally.last),
                    first_line: tally.first_line,
                    last_line: tally.last_line,
                    severity: tally.severity,
                    burst: lift > 0.0,
                    rare: findings::rare(tally.count, self.lines),
                    sample: tally.sample,
                    lines: tally.lines,
                    routine: tally.routine,
                    lift,
                    lead,
                })
            })
            .collect();
        let findings = findings::of(&templates, self.lines);
        templates.sort_by(|a, b| b.count.cmp(&a.count).then(a.id.cmp(&b.id)));
        let assigned = self.assigned.map(|mut numbers| {
            for number in &mut numbers {
                *number = settled.of.get(*number as usize).copied().unwrap_or(0);
            }
            numbers
        });
        Surveyed {
            lines: self.lines,
            bytes: self.bytes,
            seconds: self.span.map(|(first, last)| (last - first) as f64 / 1000.0),
            first: told(self.span.map(|(first, _)| first)),
            last: told(self.span.map(|(_, last)| last)),
            findings,
            templates,
            assigned,
        }
    }
}

impl Tally {
    fn add(&mut self, other: Self, axis: &Axis) {
        self.count += other.count;
        self.first_line = self.first_line.min(other.first_line);
        self.last_line = self.last_line.max(other.last_line);
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = [self.last, other.last].into_iter().flatten().max();
        self.severity = self.severity.max(other.severity);
        self.level = self.level.max(other.level);
        self.joined = true;
        self.routine &= other.routine;
        self.lines.extend(other.lines);
        self.lines.sort_unstable();
        self.lines.truncate(PLACES);
        self.histogram.add(&other.histogram, axis);
    }
}

/// A frame of a trace, or what stands between its parts.
fn frame(trimmed: &str, indented: bool) -> bool {
    let java = trimmed
        .strip_prefix("at ")
        .is_some_and(|rest| rest.contains('(') || rest.contains(':') && indented);
    let omitted = trimmed.starts_with("... ") && (trimmed.ends_with("more") || trimmed.ends_with("omitted"));
    java || omitted
        || [
            "Caused by: ",
            "Suppressed: ",
            "Traceback (most recent call last)",
            "During handling of the above exception",
            "The above exception was the direct cause",
        ]
        .iter()
        .any(|start| trimmed.starts_with(start))
        || indented && (trimmed.starts_with("File \"") || trimmed.starts_with("from /"))
}

/// True for a line that begins with the name of an exception: `java.io.IOException: x`, `ValueError: x`.
fn raised(text: &str) -> bool {
    let name = text.split([':', ' ']).next().unwrap_or("");
    let rest = text.get(name.len()..).unwrap_or("");
    name.len() > 5
        && (name.ends_with("Exception") || name.ends_with("Error") && name.len() > "Error".len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$'))
        && (rest.is_empty() || rest.starts_with(':'))
}

/// A line without its terminal sequences.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            plain.push(c);
            continue;
        }
        if chars.clone().next() == Some('[') {
            chars.next();
            for c in chars.by_ref() {
                if ('@'..='~').contains(&c) {
                    break;
                }
            }
        }
    }
    plain
}

/// A time as text, with as much as the log tells of it.
fn written(ms: i64, zone: Zone) -> String {
    let Ok(at) = jiff::Timestamp::from_millisecond(ms) else {
        return String::new();
    };
    let at = at.to_zoned(jiff::tz::TimeZone::UTC);
    let fraction = if ms % 1000 == 0 { "" } else { "%.3f" };
    let format = match zone {
        Zone::Known => format!("%Y-%m-%dT%H:%M:%S{fraction}Z"),
        Zone::Local => format!("%Y-%m-%dT%H:%M:%S{fraction}"),
        Zone::NoYear => format!("%m-%dT%H:%M:%S{fraction}"),
        Zone::NoDate => format!("%H:%M:%S{fraction}"),
    };
    at.strftime(&format).to_string()
}
