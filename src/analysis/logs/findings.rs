//! What in a log is worth reading first.
//!
//! A needle is rare, says something bad, and says it in words that the rest of the log does not use. Each counts in powers
//! of ten, so that they can be added: how many lines there are to one of it, how many to one of its severity, how many to
//! one that has its words. What speaks against: companions (a start-up writes a hundred lines that never come again), and
//! recurrence (an error that was there all along is no news). Templates that share most of their words are one family and
//! fill one place, however many they are.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    axis::SLICES,
    hash::{self, ByHash},
    mask::WILD,
    severity::Severity,
    survey::Template,
};
use crate::analysis::score::poisson_tail;

/// Findings of a log.
const MOST: usize = 10;
/// Templates that are weighed in full.
const WEIGHED: usize = 400;
/// Findings of many lines among the first five: they are loud anyway, and must not drown what was said once.
const LOUD: usize = 2;
/// Lines around a rare one in which other rare ones are its companions.
const NEAR: u64 = 40;
/// Share of common words that makes a family.
const KIN: f64 = 0.5;
/// Lines that a burst has at least.
const LUMP: u32 = 8;
/// Chance below which many lines in one slice are no accident.
const CHANCE: f64 = 1e-6;

/// Why something is worth reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// An error of which there are hardly any.
    RareError,
    /// A line of which there are hardly any.
    Rare,
    /// A part of the time holds most of them.
    Burst,
    /// An error that recurs.
    Error,
    /// A warning that recurs.
    Warning,
}

impl Why {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::RareError => "rare error",
            Self::Rare => "rare",
            Self::Burst => "burst",
            Self::Error => "recurring error",
            Self::Warning => "recurring warning",
        }
    }
}

/// Something worth reading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Id of the template.
    pub template: u32,
    /// Why.
    pub why: Why,
    /// How bad.
    pub severity: Severity,
    /// Lines of this template.
    pub count: u64,
    /// Other templates that say nearly the same.
    pub like_it: u32,
    /// Numbers of the first lines, from 1.
    pub lines: Vec<u64>,
    /// Time of the first.
    pub first: Option<String>,
    /// The first line, with its trace. External text.
    pub sample: String,
    /// How much it matters, for the order only.
    #[serde(skip)]
    pub weight: f64,
}

/// True when `count` of `lines` is hardly any.
pub(super) fn rare(count: u64, lines: u64) -> bool {
    count <= 3 || count * 10_000 <= lines
}

/// How many times its share the fullest part of the time holds; zero when the lines come as the others do.
pub(super) fn lift(own: &[u32; SLICES], all: &[u32; SLICES]) -> f64 {
    let count: u32 = own.iter().sum();
    let total: u64 = all.iter().map(|n| u64::from(*n)).sum();
    let used = all.iter().filter(|n| **n > 0).count();
    if count < LUMP || used < 8 {
        return 0.0;
    }
    let Some((slice, most)) = own
        .iter()
        .copied()
        .enumerate()
        .max_by_key(|(slice, n)| (*n, SLICES - slice))
    else {
        return 0.0;
    };
    // Expected by the share of the time, and by the share of all lines: a busy minute is no burst of each of its lines.
    let by_time = f64::from(count) / used as f64;
    let by_lines = f64::from(count) * f64::from(all[slice]) / total.max(1) as f64;
    let expected = by_time.max(by_lines).max(0.5);
    let lift = f64::from(most) / expected;
    let sure = lift >= 4.0 && poisson_tail(expected, f64::from(most)) * SLICES as f64 <= CHANCE;
    if sure && most >= LUMP { lift } else { 0.0 }
}

/// What is worth reading of these templates of a log of so many lines.
pub(super) fn of(templates: &[Template], lines: u64) -> Vec<Finding> {
    let corpus = Corpus::of(templates, lines);
    let mut rough: Vec<(f64, usize)> = templates
        .iter()
        .enumerate()
        .map(|(index, template)| (corpus.weight(index, template, template.count, 1), index))
        .collect();
    rough.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    rough.truncate(WEIGHED);
    let mut weighed: Vec<(f64, usize, Vec<usize>)> = rough
        .into_iter()
        .map(|(_, index)| {
            let family = corpus.family(index);
            let count = family
                .iter()
                .filter_map(|kin| templates.get(*kin))
                .map(|kin| kin.count)
                .sum();
            let weight = corpus.weight(index, &templates[index], count, family.len());
            (weight, index, family)
        })
        .collect();
    weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    let mut later = Vec::new();
    for (weight, index, family) in weighed {
        if told.contains(&index) {
            continue;
        }
        told.extend(family.iter().copied());
        let template = &templates[index];
        let Some(why) = why(template, lines) else {
            continue;
        };
        let ordinary =
            why == Why::Rare && weight < 4.0 || why == Why::Burst && template.severity < Severity::Info;
        if template.routine || ordinary || findings.len() + later.len() >= 3 * MOST {
            continue;
        }
        let finding = Finding {
            template: template.id,
            why,
            severity: template.severity,
            count: template.count,
            like_it: family.len() as u32 - 1,
            lines: template.lines.clone(),
            first: template.first.clone(),
            sample: template.sample.clone(),
            weight,
        };
        let few = |why: Why| matches!(why, Why::Rare | Why::RareError);
        let loud = findings.iter().filter(|f: &&Finding| !few(f.why)).count();
        if !few(why) && loud >= LOUD && findings.len() < 5 {
            later.push(finding);
        } else {
            findings.push(finding);
        }
    }
    let at = findings.len().min(5);
    findings.splice(at..at, later);
    findings.truncate(MOST);
    findings
}

/// Why a template is worth reading; none for ordinary lines.
fn why(template: &Template, lines: u64) -> Option<Why> {
    let bad = template.severity >= Severity::Error;
    Some(match rare(template.count, lines) {
        true if bad => Why::RareError,
        true => Why::Rare,
        false if template.burst => Why::Burst,
        false if bad => Why::Error,
        false if template.severity == Severity::Warn => Why::Warning,
        false => return None,
    })
}

/// The words of all templates, and how many lines have them.
struct Corpus {
    lines: u64,
    words: Vec<Vec<u64>>,
    frequency: ByHash<u64>,
    /// Lines that are as bad or worse, by severity.
    worse: [u64; 5],
    /// Numbers of the first lines of rare templates, in order.
    rare_at: Vec<u64>,
    /// Hashes of words that tell of something bad.
    alarm: Vec<u64>,
}

impl Corpus {
    fn of(templates: &[Template], lines: u64) -> Self {
        let mut frequency: ByHash<u64> = ByHash::default();
        let mut worse = [0; 5];
        let words: Vec<Vec<u64>> = templates
            .iter()
            .map(|template| words(template.template.get(template.lead..).unwrap_or("")))
            .collect();
        for (template, words) in templates.iter().zip(&words) {
            for word in words {
                *frequency.entry(*word).or_default() += template.count;
            }
            for level in worse.iter_mut().take(template.severity as usize + 1) {
                *level += template.count;
            }
        }
        let mut rare_at: Vec<u64> = templates
            .iter()
            .filter(|template| template.count <= 2)
            .map(|template| template.first_line)
            .collect();
        rare_at.sort_unstable();
        Self {
            lines: lines.max(1),
            words,
            frequency,
            worse,
            rare_at,
            alarm: ALARM.iter().map(|word| hash::bytes(word.as_bytes())).collect(),
        }
    }

    /// Powers of ten from `part` to all lines.
    fn tens(&self, part: u64) -> f64 {
        ((self.lines as f64 + 1.0) / (part as f64 + 0.5)).log10().max(0.0)
    }

    /// How much a template matters, whose family has `count` lines in `kinds` templates.
    fn weight(&self, index: usize, template: &Template, count: u64, kinds: usize) -> f64 {
        if template.routine {
            return -10.0;
        }
        let words = self.words.get(index).map_or(&[][..], Vec::as_slice);
        // Lines of its words beside its own.
        let others = |word: &u64| {
            self.frequency
                .get(word)
                .copied()
                .unwrap_or(0)
                .saturating_sub(template.count)
        };
        let strange = if words.is_empty() {
            0.0
        } else {
            words.iter().map(|word| self.tens(others(word))).sum::<f64>() / words.len() as f64
        };
        let alarm = words
            .iter()
            .filter(|word| self.alarm.contains(word))
            .map(|word| self.tens(others(word)))
            .fold(0.0, f64::max);
        let level = self.worse.get(template.severity as usize).copied().unwrap_or(0);
        let unusual = (self.tens(level) / 4.0).clamp(0.25, 1.0);
        let bad = match template.severity {
            Severity::Fatal => 6.0,
            Severity::Error => 5.0,
            Severity::Warn => 3.0,
            Severity::Info => 0.0,
            Severity::Debug => -0.5,
        } * unusual;
        let few = self.tens(count);
        // A family of many singletons is a statement whose parameters were not understood.
        let many = (kinds as f64).log2().min(4.0);
        let span = template.last_line - template.first_line;
        let recurs = if template.count >= 3 && span * 3 > self.lines {
            1.5
        } else {
            0.0
        };
        let burst = if template.burst {
            1.0 + template.lift.log10().min(1.5) + (template.count as f64).log10().min(4.0) / 2.0
        } else {
            0.0
        };
        // What little is said in few words is less of a surprise.
        let strange = strange * (words.len() as f64 / 3.0).min(1.0);
        let quiet = if template.severity <= Severity::Info && alarm == 0.0 {
            0.75
        } else {
            1.0
        };
        (few + 0.9 * strange) * quiet + bad + 0.5 * alarm + burst
            - recurs
            - 0.7 * many
            - self.companions(template)
    }

    /// Other rare lines right beside a rare one.
    fn companions(&self, template: &Template) -> f64 {
        if template.count > 2 {
            return 0.0;
        }
        let from = self
            .rare_at
            .partition_point(|line| *line + NEAR < template.first_line);
        let to = self
            .rare_at
            .partition_point(|line| *line <= template.first_line + NEAR);
        // A failure has a few companions; a start-up has many.
        let near = (to - from).saturating_sub(3) as f64;
        (near / 4.0).min(3.0)
    }

    /// The templates that share most of their words with this one, itself included.
    fn family(&self, index: usize) -> Vec<usize> {
        let own = self.words.get(index).map_or(&[][..], Vec::as_slice);
        if own.is_empty() {
            return vec![index];
        }
        (0..self.words.len())
            .filter(|other| *other == index || kin(own, &self.words[*other]))
            .collect()
    }
}

/// True when two sorted lists of words share most of them.
fn kin(one: &[u64], other: &[u64]) -> bool {
    let (mut a, mut b, mut both) = (0, 0, 0);
    while a < one.len() && b < other.len() {
        match one[a].cmp(&other[b]) {
            std::cmp::Ordering::Less => a += 1,
            std::cmp::Ordering::Greater => b += 1,
            std::cmp::Ordering::Equal => {
                both += 1;
                a += 1;
                b += 1;
            }
        }
    }
    both >= 2 && f64::from(both) >= KIN * (one.len() + other.len() - both as usize) as f64
}

/// Hashes of the words of a template, sorted.
fn words(template: &str) -> Vec<u64> {
    let mut words: Vec<u64> = template
        .replace(WILD, " ")
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() >= 2 && !word.bytes().all(|b| b.is_ascii_digit()))
        .map(|word| hash::bytes(word.to_lowercase().as_bytes()))
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Words of failure, as prose has them.
const ALARM: [&str; 96] = [
    "abandoned",
    "abnormally",
    "abort",
    "aborted",
    "aborting",
    "assertion",
    "bad",
    "blocked",
    "breach",
    "broken",
    "cannot",
    "collision",
    "conflict",
    "corrupt",
    "corrupted",
    "corruption",
    "crash",
    "crashed",
    "critical",
    "damaged",
    "dead",
    "deadlock",
    "deadlocked",
    "degraded",
    "denied",
    "detached",
    "diverged",
    "down",
    "dropped",
    "duplicate",
    "error",
    "evicted",
    "exceeded",
    "exception",
    "exhausted",
    "expired",
    "fail",
    "failed",
    "failing",
    "failover",
    "failure",
    "fatal",
    "fault",
    "forbidden",
    "full",
    "giving",
    "hang",
    "hung",
    "illegal",
    "inconsistent",
    "insufficient",
    "interrupted",
    "invalid",
    "killed",
    "kill",
    "lag",
    "leak",
    "leaked",
    "lost",
    "malformed",
    "mismatch",
    "missing",
    "oom",
    "orphaned",
    "overflow",
    "overrun",
    "panic",
    "poisoned",
    "quarantined",
    "quota",
    "refused",
    "rejected",
    "reset",
    "revoked",
    "rollback",
    "segfault",
    "skew",
    "split",
    "stale",
    "stalled",
    "starvation",
    "stuck",
    "suspicious",
    "tampered",
    "throttled",
    "timeout",
    "timed",
    "truncated",
    "unable",
    "unauthorized",
    "unavailable",
    "unexpected",
    "unreachable",
    "unreadable",
    "violation",
    "wrong",
];
