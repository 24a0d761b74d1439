//! Values that stand at a limit, and series that are flat at their maximum.

use crate::{analysis::score::quantile, model::Point};

/// Closeness to a limit, as a share of it, that counts as reaching it: averages over a period rarely touch it exactly.
const NEAR: f64 = 0.02;

/// A series stands at a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtLimit {
    /// Largest value, in the series' unit.
    pub value: f64,
    /// First point at the limit, epoch seconds.
    pub since: i64,
    /// Share of the points that stand there: 0 to 1.
    pub share: f64,
}

/// Points within 2 % of `limit` or above it: none unless two in a row, or a fifth of all, stand there.
pub fn at_limit(points: &[Point], limit: f64) -> Option<AtLimit> {
    if limit <= 0.0 || !limit.is_finite() {
        return None;
    }
    let there = |p: &&Point| p.1.is_finite() && p.1 >= (1.0 - NEAR) * limit;
    let reached: Vec<&Point> = points.iter().filter(there).collect();
    let since = reached.first()?.0;
    let in_a_row = points.windows(2).any(|pair| pair.iter().all(|p| there(&p)));
    let share = reached.len() as f64 / points.len() as f64;
    let value = reached.iter().fold(f64::NEG_INFINITY, |most, p| most.max(p.1));
    (in_a_row || share >= 0.2).then_some(AtLimit { value, since, share })
}

/// A series is flat at its maximum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plateau {
    /// Height, in the series' unit.
    pub level: f64,
    /// First point of it, epoch seconds.
    pub since: i64,
    /// Points in it.
    pub points: usize,
}

/// The longest run of at least five points within 2 % under the maximum, in a series that elsewhere lies a tenth
/// lower: the shape of an unknown limit. A series that is always flat has no plateau.
pub fn plateau(points: &[Point]) -> Option<Plateau> {
    let values: Vec<f64> = points.iter().map(|(_, v)| *v).collect();
    let level = values
        .iter()
        .copied()
        .filter(|v| v.is_finite())
        .reduce(f64::max)?;
    let low = quantile(&values, 0.1)?;
    if level <= 0.0 || low > 0.9 * level {
        return None;
    }
    let mut best: Option<(usize, usize)> = None;
    let mut start = None;
    for (index, value) in values.iter().chain([&f64::NEG_INFINITY]).enumerate() {
        if *value >= (1.0 - NEAR) * level {
            start.get_or_insert(index);
        } else if let Some(first) = start.take()
            && best.is_none_or(|(_, length)| index - first > length)
        {
            best = Some((first, index - first));
        }
    }
    let (first, length) = best?;
    (length >= 5).then_some(Plateau {
        level,
        since: points.get(first)?.0,
        points: length,
    })
}
