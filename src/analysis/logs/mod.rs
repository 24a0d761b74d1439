//! The shapes of log lines: what is new or bursting among them, in order of how much it matters.
//!
//! [`mine`] is the whole of it for lines in memory, with an onset to compare with; [`Survey`] reads a log of any size once
//! and says what in it is worth reading; [`Miner`] is the one-pass core of both.
//! A line is reduced to what it says (`headline`: JSON fields, the exception of a trace), its parameters are masked
//! (`mask`), what is left is its shape (`shapes`), shapes that differ in a parameter only are joined (`settle`), and what
//! came of each before and since the onset says how much it matters (`weigh`).

mod axis;
mod cue;
mod findings;
mod hash;
mod header;
mod headline;
mod json;
mod mask;
mod piece;
mod settle;
mod severity;
mod shapes;
mod stamp;
mod survey;
mod weigh;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use findings::{Finding, Why};
pub use header::{Header, header};
pub use headline::{continues, headline};
pub use mask::WILD;
pub use settle::Settled;
pub use severity::Severity;
pub use shapes::Miner;
pub use stamp::{Stamp, Zone};
pub use survey::{LONGEST_LINE, Survey, Surveyed, Template};

use crate::model::{LogLine, ResourceId, Window};

/// Lines of one shape in one group.
#[derive(Debug, Clone, PartialEq)]
pub struct LogTemplate {
    /// Number of the template: order of first appearance, from 0.
    pub id: u32,
    /// The shape, with [`WILD`] for what varies. External text.
    pub template: String,
    /// Log group.
    pub group: String,
    /// The resource that wrote the first of them, where that is known.
    pub resource: Option<ResourceId>,
    /// Lines (of a stack trace only the first counts).
    pub count: u32,
    /// Lines before the onset.
    pub before: u32,
    /// Lines since the onset.
    pub after: u32,
    /// Time of the first.
    pub first: Timestamp,
    /// Time of the last.
    pub last: Timestamp,
    /// Lines a minute before the onset.
    pub before_rate: f64,
    /// Lines a minute since the onset.
    pub after_rate: f64,
    /// True when the group spoke before the onset, but not so.
    pub new: bool,
    /// True when there are far more since the onset than before it could have meant; without an onset, when a
    /// sixtieth of the time holds most of them.
    pub bursting: bool,
    /// How bad it is.
    pub severity: Severity,
    /// True when the lines speak of an error.
    pub error: bool,
    /// True for what a platform writes around every request, and health checks.
    pub routine: bool,
    /// How much it matters, for the order only.
    pub weight: f64,
    /// The first line since the onset (or else the first of all) with its trace, shortened. External text.
    pub sample: String,
}

/// Templates and which lines are theirs.
#[derive(Debug, Clone, Default)]
pub struct Mined {
    /// What matters most first.
    pub templates: Vec<LogTemplate>,
    /// Template id of every line, in the order in which the lines were given; a continuation has that of its head.
    pub assigned: Vec<u32>,
}

/// Longest sample, in bytes.
const SAMPLE: usize = 600;
/// A continuation belongs to a line of its stream that is at most so many milliseconds older.
const TOGETHER_MS: i64 = 2_000;

/// The templates of `lines`, what matters most first. Neither the order of the lines nor that of anything else but
/// their time moves the answer.
///
/// `onset` splits the lines into before and since; `window` is the time that was searched for lines (the span of the
/// lines when it is none), without which rates cannot be told from silence.
pub fn mine(lines: &[LogLine], onset: Option<Timestamp>, window: Option<Window>) -> Vec<LogTemplate> {
    assign(lines, onset, window).templates
}

/// As [`mine`], with the template of every line.
pub fn assign(lines: &[LogLine], onset: Option<Timestamp>, window: Option<Window>) -> Mined {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by(|a, b| key(&lines[*a]).cmp(&key(&lines[*b])));

    let mut miner = Miner::new();
    let mut places: BTreeMap<&str, u32> = BTreeMap::new();
    for line in lines {
        places.entry(&line.group).or_insert(0);
    }
    for (number, place) in places.values_mut().enumerate() {
        *place = number as u32;
    }
    // The latest line of every stream that a continuation can join, with its provisional number.
    let mut open: BTreeMap<(&str, Option<&str>), (Timestamp, usize)> = BTreeMap::new();
    let mut provisional = vec![0_u32; lines.len()];
    let mut head = vec![true; lines.len()];
    let mut traces: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in order.iter().copied() {
        let line = &lines[index];
        let stream = (line.group.as_str(), line.stream.as_deref());
        if continues(&line.message)
            && let Some((at, to)) = open.get(&stream).copied()
            && line.at.duration_since(at).as_millis() <= i128::from(TOGETHER_MS)
        {
            provisional[index] = provisional[to];
            head[index] = false;
            traces.entry(to).or_default().push(index);
            open.insert(stream, (line.at, to));
            continue;
        }
        let place = places.get(line.group.as_str()).copied().unwrap_or(0);
        provisional[index] = miner.add(place, &line.message);
        open.insert(stream, (line.at, index));
    }
    let settled = miner.settle();
    let assigned: Vec<u32> = provisional
        .iter()
        .map(|number| settled.of.get(*number as usize).copied().unwrap_or(0))
        .collect();

    let mut members: Vec<Vec<usize>> = vec![Vec::new(); settled.templates.len()];
    for index in order.iter().copied().filter(|index| head[*index]) {
        if let Some(lines) = members.get_mut(assigned[index] as usize) {
            lines.push(index);
        }
    }
    let frame = weigh::Frame::of(lines, &order, onset, window);
    let mut templates: Vec<LogTemplate> = members
        .iter()
        .zip(&settled.templates)
        .enumerate()
        .filter_map(|(id, (members, text))| weigh::template(id as u32, text, lines, members, &traces, &frame))
        .collect();
    templates.sort_by(|a, b| {
        b.weight
            .total_cmp(&a.weight)
            .then(b.count.cmp(&a.count))
            .then_with(|| a.template.cmp(&b.template))
            .then_with(|| a.group.cmp(&b.group))
    });
    Mined { templates, assigned }
}

/// Order of lines: by time; within a moment a continuation follows what it can continue, the rest by text.
fn key(line: &LogLine) -> (Timestamp, &str, Option<&str>, bool, &str) {
    (
        line.at,
        &line.group,
        line.stream.as_deref(),
        continues(&line.message),
        &line.message,
    )
}

/// The head of a sample and, where lines continue it, what follows, shortened.
fn sample(lines: &[LogLine], head: usize, rest: Option<&Vec<usize>>) -> String {
    let mut text = lines[head].message.trim_end().to_owned();
    for index in rest.into_iter().flatten() {
        if text.len() > SAMPLE {
            break;
        }
        text.push('\n');
        text.push_str(lines[*index].message.trim_end());
    }
    if text.len() > SAMPLE {
        let kept = mask::cut(&text, SAMPLE).len();
        text.truncate(kept);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests;
