//! The stretch of a window that departs most from the usual level (a cumulative sum test with a memory).

use super::{Scale, Shift, baseline::Baseline};
use crate::{
    analysis::score::{mean, median, poisson_tail, quantile, score},
    model::{Direction, Point},
};

/// Spreads that every point must exceed to add to the sum: half of the smallest shift looked for (three spreads).
const SLACK: f64 = 1.5;
/// No point counts for more spreads than this, so that one point cannot be a shift (6 - 1.5 < 8).
const CLIP: f64 = 6.0;
/// Sum that makes a shift: two points beyond the clip, three at four and a half spreads, sixteen at two.
const ENOUGH: f64 = 8.0;
/// A departure must exceed what the same test finds in the baseline by this factor.
const BEYOND_HISTORY: f64 = 1.25;
/// A point beyond so many spreads counts as a spike in the test for recurring ones.
const SPIKE: f64 = 4.0;

/// A stretch of indices, both ends inside, and its sum.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    first: usize,
    last: usize,
    sum: f64,
}

/// The stretch with the largest sum (Kadane's algorithm); the earliest of equals.
fn best(distances: impl Iterator<Item = f64>) -> Option<Stretch> {
    let mut best: Option<Stretch> = None;
    let mut open: Option<(usize, f64)> = None;
    for (index, distance) in distances.enumerate() {
        let gain = distance.min(CLIP) - SLACK;
        let (first, sum) = match open {
            Some((first, sum)) if sum > 0.0 => (first, sum + gain),
            _ => (index, gain),
        };
        open = Some((first, sum));
        if sum > 0.0 && best.is_none_or(|b| sum > b.sum) {
            best = Some(Stretch {
                first,
                last: index,
                sum,
            });
        }
    }
    best
}

/// Finds the departure of `level` (the window, with the time of day taken out) from the baseline; values are reported
/// from `raw`, the window as it was read.
pub(super) fn find(
    base: &Baseline,
    usual: &[Point],
    level: &[Point],
    raw: &[Point],
    period: i64,
) -> Option<Shift> {
    let up = directed(base, usual, level, raw, period, Direction::Up);
    let down = directed(base, usual, level, raw, period, Direction::Down);
    match (up, down) {
        (Some(up), Some(down)) => Some(if down.0 > up.0 { down.1 } else { up.1 }),
        (up, down) => up.or(down).map(|(_, shift)| shift),
    }
}

fn directed(
    base: &Baseline,
    usual: &[Point],
    level: &[Point],
    raw: &[Point],
    period: i64,
    direction: Direction,
) -> Option<(f64, Shift)> {
    let sign = match direction {
        Direction::Up => 1.0,
        Direction::Down => -1.0,
    };
    let distance = |(_, v): &Point| score(sign * (v - base.centre), base.spread);
    let found = best(level.iter().map(distance)).filter(|stretch| {
        // What the baseline does by itself, window by window, is not a departure. One block in fifty may be worse:
        // a long baseline may hold an old incident.
        let blocks: Vec<f64> = usual
            .chunks(level.len().max(1))
            .map(|block| best(block.iter().map(distance)).map_or(0.0, |b| b.sum))
            .collect();
        let history = quantile(&blocks, 0.98).unwrap_or(0.0);
        stretch.sum >= ENOUGH && stretch.sum > BEYOND_HISTORY * history
    });
    let sustained = found.and_then(|stretch| {
        let inside: Vec<f64> = level
            .get(stretch.first..=stretch.last)?
            .iter()
            .map(|(_, v)| *v)
            .collect();
        let typical = match base.scale {
            Scale::Count => mean(&inside)?,
            _ => median(&inside)?,
        };
        let shift = told(base, stretch, typical, level, raw, period, direction)?;
        Some((stretch.sum, shift))
    });
    sustained.or_else(|| {
        let spikes: Vec<usize> = level
            .iter()
            .enumerate()
            .filter(|(_, p)| distance(p) >= SPIKE)
            .map(|(i, _)| i)
            .collect();
        let (first, last) = (*spikes.first()?, *spikes.last()?);
        let past = usual.iter().filter(|p| distance(p) >= SPIKE).count();
        // How often the baseline spikes, with half a spike for luck; thirty points are needed to know a rate.
        let rate = (past as f64 + 0.5) / (usual.len() as f64 + 1.0);
        let recurring = usual.len() >= 30
            && spikes.len() >= 3
            && poisson_tail(rate * level.len() as f64, spikes.len() as f64) <= 1e-4;
        if !recurring {
            return None;
        }
        let high: Vec<f64> = spikes
            .iter()
            .filter_map(|i| level.get(*i))
            .map(|(_, v)| *v)
            .collect();
        let stretch = Stretch {
            first,
            last,
            sum: ENOUGH,
        };
        Some((
            ENOUGH,
            told(base, stretch, median(&high)?, level, raw, period, direction)?,
        ))
    })
}

/// The departure in the series' own numbers, if it is large enough to matter.
fn told(
    base: &Baseline,
    stretch: Stretch,
    typical: f64,
    level: &[Point],
    raw: &[Point],
    period: i64,
    direction: Direction,
) -> Option<Shift> {
    let effect = (typical - base.centre).abs();
    let least = base.scale.matters(base.centre, typical);
    if effect < least {
        return None;
    }
    let values = |points: &[Point]| -> Vec<f64> { points.iter().map(|(_, v)| *v).collect() };
    let head = values(level.get(..stretch.first)?);
    let local = if head.len() >= 4 {
        median(&head)?
    } else {
        base.centre
    };
    // A step that only a drifted baseline makes large is none.
    if (typical - local).abs() < 0.5 * base.scale.matters(local, typical) {
        return None;
    }
    // The course of the day was taken out of `level`: tell what was read.
    let inside = values(raw.get(stretch.first..=stretch.last)?);
    let course = raw.get(stretch.first)?.1 - level.get(stretch.first)?.1;
    let peak = inside.iter().copied().reduce(|a, b| match direction {
        Direction::Up => a.max(b),
        Direction::Down => a.min(b),
    })?;
    let (onset, _) = *raw.get(stretch.first)?;
    let gap = match stretch.first.checked_sub(1).and_then(|i| raw.get(i)) {
        Some((previous, _)) => onset - previous,
        None => period,
    };
    // On a slope the onset is as vague as the climb to half height is long.
    let halfway = base.centre + 0.5 * (typical - base.centre);
    let climb = level
        .get(stretch.first..=stretch.last)?
        .iter()
        .find(|(_, v)| match direction {
            Direction::Up => *v >= halfway,
            Direction::Down => *v <= halfway,
        });
    let error = climb.map_or(0, |(at, _)| at - onset).max(gap).max(period);
    let (ends, _) = *raw.get(stretch.last)?;
    let calm_after = raw.len() - 1 - stretch.last;
    let score = score(effect, base.spread);
    Some(Shift {
        direction,
        onset,
        error_s: u32::try_from(error).unwrap_or(u32::MAX),
        until: (calm_after >= 2).then_some(ends + period),
        before: local + course,
        after: typical + course,
        peak,
        score,
        strength: strength(stretch.sum, effect / least),
    })
}

/// How plain a departure is: the more evidence beyond what is needed, and the more effect beyond what matters, the
/// nearer to 1. At both thresholds a third.
pub(super) fn strength(sum: f64, effect: f64) -> f64 {
    let evidence = sum / (sum + ENOUGH);
    let effect = if effect.is_finite() {
        effect / (effect + 0.5)
    } else {
        1.0
    };
    (evidence * effect).clamp(0.0, 1.0)
}
