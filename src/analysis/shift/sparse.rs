//! Counts that are mostly zero: errors, throttles, failed deliveries.
//!
//! Method: a scan over all stretches that begin and end with an event. The one with the largest likelihood ratio against
//! the usual rate (Poisson) is the candidate (Kulldorff, "A spatial scan statistic", Communications in Statistics 26,
//! 1997): unlike the tail's probability it does not run out of digits, and so does not prefer a long stretch that merely
//! holds a burst. The candidate must stay unlikely after the number of places it could have begun at is allowed for,
//! and hold more events than any stretch as long held in the baseline, since events come in clusters that no Poisson
//! process knows.

use super::Shift;
use crate::{
    analysis::score::{SCORE_CAP, poisson_tail},
    model::{Direction, Point},
};

/// Probability that a stretch may keep by chance, all starting places together.
const CHANCE: f64 = 1e-4;
/// Fewest events that make a burst: one or two happen anywhere.
const FEWEST: f64 = 3.0;
/// Most events that are scanned pair by pair; a busier series is not sparse.
const MOST_EVENTS: usize = 200;

/// True when the usual (or without one, the window) is zero for at least three fifths of its points.
pub(super) fn applies(usual: &[Point], now: &[Point]) -> bool {
    let reference = if usual.len() >= super::MIN_BASELINE {
        usual
    } else {
        now
    };
    let zeros = reference.iter().filter(|(_, v)| *v == 0.0).count();
    let busy = now.iter().filter(|(_, v)| *v > 0.0).count();
    reference.len() >= super::MIN_BASELINE
        && zeros * 5 >= reference.len() * 3
        && (busy <= MOST_EVENTS || usual.len() >= super::MIN_BASELINE)
}

/// Finds a burst of events.
pub(super) fn scan(usual: &[Point], now: &[Point], period: i64) -> Option<Shift> {
    let compared = usual.len() >= super::MIN_BASELINE;
    let past: f64 = usual.iter().map(|(_, v)| *v).sum();
    let all: f64 = now.iter().map(|(_, v)| *v).sum();
    let busy: Vec<usize> = now
        .iter()
        .enumerate()
        .filter(|(_, p)| p.1 > 0.0)
        .map(|(i, _)| i)
        .collect();
    // In very busy windows only every n-th event is tried as a beginning and as an end.
    let stride = busy.len().div_ceil(MOST_EVENTS).max(1);
    let mut best: Option<(f64, usize, usize, f64, f64)> = None;
    for (nth, first) in busy.iter().enumerate().step_by(stride) {
        let mut events = 0.0;
        for (more, last) in busy.get(nth..)?.iter().enumerate() {
            events += now.get(*last)?.1;
            if more % stride != 0 {
                continue;
            }
            let length = (last - first + 1) as f64;
            // Without a baseline the rest of the window is the usual.
            let rate = if compared {
                (past + 0.5) / (usual.len() as f64 + 1.0)
            } else {
                (all - events + 0.5) / (now.len() as f64 - length + 1.0)
            };
            let expected = rate * length;
            let excess = likelihood_ratio(events, expected);
            let is_burst = || poisson_tail(expected, events) * now.len() as f64 <= CHANCE;
            if events >= FEWEST && best.is_none_or(|b| excess > b.0) && is_burst() {
                best = Some((excess, *first, *last, events, rate));
            }
        }
    }
    let (_, first, last, events, rate) = best?;
    let length = last - first + 1;
    let chance = poisson_tail(rate * length as f64, events) * now.len() as f64;
    // Longer stretches of a sparse series are compared over a stretch at least five points long, so that one more
    // event within the very same minute is not news.
    let width = length.max(5);
    if compared && events <= 1.25 * busiest(usual, width) {
        return None;
    }
    if !compared && now.len() < 2 * length {
        return None;
    }
    let inside = now.get(first..=last)?;
    let onset = inside.first()?.0;
    let gap = first
        .checked_sub(1)
        .and_then(|i| now.get(i))
        .map_or(period, |p| onset - p.0);
    let calm_after = now.len() - 1 - last;
    let after = events / length as f64;
    // Spreads of a Poisson count: its expectation's root, at least one.
    let expected = rate * length as f64;
    Some(Shift {
        direction: Direction::Up,
        onset,
        error_s: u32::try_from(gap.max(period)).unwrap_or(u32::MAX),
        until: (calm_after >= 2).then_some(inside.last()?.0 + period),
        before: if compared {
            past / usual.len() as f64
        } else {
            (all - events) / (now.len() - length).max(1) as f64
        },
        after,
        peak: inside.iter().fold(0.0, |most: f64, (_, v)| most.max(*v)),
        score: ((events - expected) / expected.max(1.0).sqrt()).clamp(0.0, SCORE_CAP),
        strength: super::segment::strength(-chance.max(1e-30).log10() * 2.0, events / FEWEST),
    })
}

/// Logarithm of how much more likely so many events are under their own rate than under the expected one; 0 when there are
/// no more than expected.
fn likelihood_ratio(events: f64, expected: f64) -> f64 {
    if events <= expected || expected <= 0.0 {
        0.0
    } else {
        events * (events / expected).ln() - (events - expected)
    }
}

/// Most events in any stretch of so many points.
fn busiest(usual: &[Point], length: usize) -> f64 {
    let mut sum = 0.0;
    let mut most: f64 = 0.0;
    for (index, (_, value)) in usual.iter().enumerate() {
        sum += value;
        if let Some((_, gone)) = index.checked_sub(length).and_then(|i| usual.get(i)) {
            sum -= gone;
        }
        most = most.max(sum);
    }
    most
}
