//! The usual level of a series and how far it strays from it.

use super::Scale;
use crate::{
    analysis::score::{MAD_SCALE, decile_spread, mad, median},
    model::Point,
};

/// A level, a spread that is never zero unless everything is, and the scale that says what matters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Baseline {
    /// Median, in the series' unit.
    pub centre: f64,
    /// Robust standard deviation with its floor, in the series' unit.
    pub spread: f64,
    /// What the numbers are.
    pub scale: Scale,
}

fn reach(points: &[Point]) -> f64 {
    points.iter().fold(0.0, |most: f64, (_, v)| most.max(v.abs()))
}

/// From a stretch of another time.
pub(super) fn of_usual(usual: &[Point], now: &[Point], scale: Scale) -> Baseline {
    let values: Vec<f64> = usual.iter().map(|(_, v)| *v).collect();
    let centre = median(&values).unwrap_or(0.0);
    // The deciles see what the median absolute deviation misses when more than half of the values are equal.
    let seen = mad(&values)
        .unwrap_or(0.0)
        .max(decile_spread(&values).unwrap_or(0.0));
    Baseline {
        centre,
        spread: seen.max(scale.least_spread(centre, reach(usual).max(reach(now)))),
        scale,
    }
}

/// From the window's own beginning: its first quarter gives the level, and the differences between neighbours the
/// spread, since a step in the middle touches only one of them.
pub(super) fn of_window(now: &[Point], scale: Scale) -> Option<Baseline> {
    let values: Vec<f64> = now.iter().map(|(_, v)| *v).collect();
    let head = values.get(..(values.len() / 4).max(4))?;
    let centre = median(head)?;
    let steps: Vec<f64> = values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    // Differences of independent values spread by the square root of two more than the values.
    let seen = MAD_SCALE * median(&steps)? / std::f64::consts::SQRT_2;
    Some(Baseline {
        centre,
        spread: seen.max(mad(head)?).max(scale.least_spread(centre, reach(now))),
        scale,
    })
}
