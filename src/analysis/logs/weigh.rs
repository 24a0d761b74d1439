//! How much a shape of lines matters.
//!
//! Severity first, then news: what was not there before the onset, or came in numbers since, outweighs what is always
//! there. Rates are compared as Poisson counts, with half a line for luck.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    LogTemplate, Severity,
    severity::{self, of as severity_of},
};
use crate::{
    analysis::score::poisson_tail,
    model::{LogLine, Window},
};

/// Slices of the time that is looked at, for bursts without an onset.
const SLICES: usize = 60;
/// Lines that must precede the first of its kind for it to be news when no onset is known.
const SETTLED_IN: usize = 200;
/// Chance below which more lines are no accident.
const CHANCE: f64 = 1e-4;

/// What the lines of one shape are compared with.
pub(super) struct Frame<'a> {
    onset: Option<Timestamp>,
    from: i64,
    to: i64,
    /// Place of every line in the order of time.
    place: Vec<usize>,
    /// Lines before the onset, by group.
    before: BTreeMap<&'a str, u32>,
}

impl<'a> Frame<'a> {
    pub fn of(
        lines: &'a [LogLine],
        order: &[usize],
        onset: Option<Timestamp>,
        window: Option<Window>,
    ) -> Self {
        let first = order.first().map_or(0, |i| lines[*i].at.as_millisecond());
        let last = order.last().map_or(0, |i| lines[*i].at.as_millisecond());
        let mut place = vec![0; lines.len()];
        let mut before = BTreeMap::new();
        for (number, index) in order.iter().enumerate() {
            place[*index] = number;
            if onset.is_some_and(|onset| lines[*index].at < onset) {
                *before.entry(lines[*index].group.as_str()).or_insert(0) += 1;
            }
        }
        Self {
            onset,
            from: window.map_or(first, |w| w.from.as_millisecond().min(first)),
            to: window.map_or(last, |w| w.to.as_millisecond().max(last)),
            place,
            before,
        }
    }

    /// Minutes before and since the onset, each at least one.
    fn minutes(&self) -> (f64, f64) {
        let onset = self
            .onset
            .map_or(self.from, Timestamp::as_millisecond)
            .clamp(self.from, self.to);
        let minutes = |ms: i64| (ms as f64 / 60_000.0).max(1.0);
        (minutes(onset - self.from), minutes(self.to - onset))
    }

    /// True when a slice of the time holds far more of these lines than its share.
    fn lumps(&self, lines: &[LogLine], members: &[usize]) -> bool {
        let span = (self.to - self.from).max(1);
        let mut slices = [0_u32; SLICES];
        for index in members {
            let at = lines[*index].at.as_millisecond() - self.from;
            let slice = (at.max(0) as f64 / span as f64 * SLICES as f64) as usize;
            slices[slice.min(SLICES - 1)] += 1;
        }
        let most = slices.iter().copied().max().unwrap_or(0);
        let rest = (members.len() as f64 - f64::from(most) + 0.5) / (SLICES - 1) as f64;
        most >= 5
            && f64::from(most) >= 8.0 * rest
            && poisson_tail(rest, f64::from(most)) * SLICES as f64 <= CHANCE
    }
}

/// The template of `members` (indices of its lines in order of time); none without lines.
pub(super) fn template(
    id: u32,
    text: &str,
    lines: &[LogLine],
    members: &[usize],
    traces: &BTreeMap<usize, Vec<usize>>,
    frame: &Frame<'_>,
) -> Option<LogTemplate> {
    let (first, last) = (*members.first()?, *members.last()?);
    let count = members.len() as u32;
    let before = frame.onset.map_or(0, |onset| {
        members.iter().filter(|i| lines[**i].at < onset).count() as u32
    });
    let after = count - before;
    let (minutes_before, minutes_after) = frame.minutes();
    let group = &lines[first].group;
    let (new, bursting) = if frame.onset.is_some() {
        let spoke = frame.before.get(group.as_str()).copied().unwrap_or(0) > 0;
        let expected = (f64::from(before) + 0.5) / minutes_before * minutes_after;
        let burst = after >= 5
            && f64::from(after) / minutes_after >= 3.0 * f64::from(before) / minutes_before
            && poisson_tail(expected, f64::from(after)) <= CHANCE;
        (spoke && before == 0, burst)
    } else {
        let place = frame.place.get(first).copied().unwrap_or(0);
        (
            place >= SETTLED_IN && place * 2 >= frame.place.len(),
            frame.lumps(lines, members),
        )
    };
    let shown = frame
        .onset
        .and_then(|onset| members.iter().copied().find(|i| lines[*i].at >= onset))
        .unwrap_or(first);
    let message = &lines[shown].message;
    let said = super::headline::headline(message);
    let severity = severity_of(&said);
    let routine = severity::routine(message) || severity::routine(&said);
    let error = severity >= Severity::Error && !routine;
    let share = f64::from(count) / lines.len().max(1) as f64;
    Some(LogTemplate {
        id,
        template: text.to_owned(),
        group: group.clone(),
        resource: lines[first].resource.clone(),
        count,
        before,
        after,
        first: lines[first].at,
        last: lines[last].at,
        before_rate: if frame.onset.is_some() {
            f64::from(before) / minutes_before
        } else {
            0.0
        },
        after_rate: f64::from(after) / minutes_after,
        new,
        bursting,
        severity,
        error,
        routine,
        weight: weight(severity, routine, (new, bursting), after, share),
        sample: super::sample(lines, shown, traces.get(&shown)),
    })
}

/// Bands of severity that news moves lines within and across, but routine never out of the lowest.
///
/// An error (10, 14 when fatal) that was always there (halved) still outweighs ordinary news (1 x 4); among equals the
/// rarer shape tells more than the common one, up to two steps, and numbers count as their logarithm.
fn weight(severity: Severity, routine: bool, (new, bursting): (bool, bool), after: u32, share: f64) -> f64 {
    if routine {
        return 0.01 * share;
    }
    let base = match severity {
        Severity::Fatal => 14.0,
        Severity::Error => 10.0,
        Severity::Warn => 3.0,
        Severity::Debug => 0.3,
        Severity::Info => 1.0,
    };
    let news = match (new, bursting) {
        (true, true) => 4.0,
        (true, false) => 3.0,
        (false, true) => 2.5,
        (false, false) => 0.5,
    };
    // Lines that stopped at the onset say little about what is wrong since.
    let alive = if after == 0 { 0.2 } else { 1.0 };
    let rarity = (-share.max(1e-9).log10()).clamp(0.0, 5.0) / 5.0;
    let numbers = (1.0 + f64::from(after)).log10().min(4.0) / 4.0;
    base * news * alive * (1.0 + 0.4 * rarity + 0.5 * numbers)
}
