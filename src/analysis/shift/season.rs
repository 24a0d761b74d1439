//! The time of day taken out of a series.
//!
//! Method: the median of every hour of the day, interpolated between the middles of the hours, is subtracted where it
//! explains a good part of the spread (a robust form of the seasonal means of Cleveland et al., "STL", Journal of
//! Official Statistics 6, 1990).

use std::collections::BTreeSet;

use crate::{
    analysis::score::{decile_spread, mad, median},
    model::Point,
};

const DAY: i64 = 86_400;
const HOURS: usize = 24;
/// An hour's median needs this many different days, or it is one day's accident.
const DAYS: usize = 3;

/// Both stretches without the daily course of the first, its overall level kept; as they are, where three days of it
/// do not show a course.
pub(super) fn removed(usual: &[Point], now: &[Point]) -> (Vec<Point>, Vec<Point>) {
    let same = || (usual.to_vec(), now.to_vec());
    let Some(profile) = profile(usual) else {
        return same();
    };
    let values: Vec<f64> = usual.iter().map(|(_, v)| *v).collect();
    let Some(level) = median(&values) else {
        return same();
    };
    let flatten = |points: &[Point]| -> Vec<Point> {
        points
            .iter()
            .map(|(at, v)| (*at, v - expected(&profile, *at) + level))
            .collect()
    };
    let flat = flatten(usual);
    let residual: Vec<f64> = flat.iter().map(|(_, v)| *v).collect();
    // The course must explain a quarter of the spread; otherwise the hourly medians are mostly noise.
    if spread(&residual) < 0.75 * spread(&values) {
        (flat, flatten(now))
    } else {
        same()
    }
}

fn spread(values: &[f64]) -> f64 {
    mad(values)
        .unwrap_or(0.0)
        .max(decile_spread(values).unwrap_or(0.0))
}

/// Median of every hour of the day.
fn profile(usual: &[Point]) -> Option<[f64; HOURS]> {
    let mut hours: [Vec<f64>; HOURS] = std::array::from_fn(|_| Vec::new());
    let mut days: [BTreeSet<i64>; HOURS] = std::array::from_fn(|_| BTreeSet::new());
    for (at, value) in usual {
        let hour = (at.rem_euclid(DAY) / 3600) as usize;
        hours[hour].push(*value);
        days[hour].insert(at.div_euclid(DAY));
    }
    if days.iter().any(|seen| seen.len() < DAYS) {
        return None;
    }
    let mut profile = [0.0; HOURS];
    for (slot, values) in profile.iter_mut().zip(&hours) {
        *slot = median(values)?;
    }
    Some(profile)
}

/// What the course expects at a moment, interpolated between the middles of the hours.
fn expected(profile: &[f64; HOURS], at: i64) -> f64 {
    let place = (at.rem_euclid(DAY) - 1800).rem_euclid(DAY) as f64 / 3600.0;
    let hour = (place as usize).min(HOURS - 1);
    let share = place - hour as f64;
    let (low, high) = (profile[hour], profile[(hour + 1) % HOURS]);
    low + (high - low) * share
}
