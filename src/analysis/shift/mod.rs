//! Did a series leave its usual level: when, which way, how far?
//!
//! Method. Every point becomes a distance from the usual level in robust spreads (median, and a spread with floors so
//! that a flat baseline does not make everything infinite). The stretch with the largest sum of clipped distances less
//! a slack is the candidate: a cumulative sum test that finds weak but long shifts and strong but short ones with one
//! threshold, while a single point, however high, cannot pass it. The candidate must also beat what the same test finds
//! in the baseline's own history, and be large enough to matter to somebody. Counts that are mostly zero have no spread;
//! they are scanned for stretches with more events than their rate allows.
//!
//! Sources: Page, "Continuous Inspection Schemes", Biometrika 41 (1954), for the cumulative sum; Naus, "The Distribution
//! of the Size of the Maximum Cluster of Points on a Line", JASA 60 (1965), for the scan; Leys et al., "Detecting
//! outliers", J. Exp. Soc. Psychology 49 (2013), for distances in median absolute deviations.

mod baseline;
mod coverage;
mod limit;
mod scale;
mod season;
mod segment;
mod sparse;

pub use coverage::coverage;
pub use limit::{AtLimit, Plateau, at_limit, plateau};
pub use scale::{Scale, event_metric};

use crate::model::{Direction, Point};

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Level {
    /// The series left its usual level.
    Shifted(Shift),
    /// The series is as usual.
    Normal {
        /// Median in the window, in the series' unit.
        typical: f64,
        /// Share of the window's periods that have a datum: 0 to 1.
        coverage: f64,
        /// True when there was a baseline to compare with, not only the window itself.
        compared: bool,
    },
    /// The window has no data, or they stop in it.
    Missing {
        /// True when the series had data before.
        stopped: bool,
        /// End of the last datum's period, epoch seconds; none when there was none in the window.
        since: Option<i64>,
    },
    /// There is too little to tell.
    Unknown {
        /// Why, for a person.
        why: &'static str,
    },
}

/// One departure from the usual level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Which way.
    pub direction: Direction,
    /// First period that departs, epoch seconds.
    pub onset: i64,
    /// How far the true onset may lie from `onset`, in seconds.
    pub error_s: u32,
    /// End of the last period that departs, epoch seconds; none when it lasts to the newest datum.
    pub until: Option<i64>,
    /// Typical value before, in the series' unit.
    pub before: f64,
    /// Typical value while it lasts, in the series' unit.
    pub after: f64,
    /// Most extreme value while it lasts, in the series' unit.
    pub peak: f64,
    /// Distance of `after` from the usual level in robust spreads: 0 to [`super::score::SCORE_CAP`].
    pub score: f64,
    /// How plain it is: 0 (barely) to 1 (beyond doubt).
    pub strength: f64,
}

/// What is compared. Points ascend in time.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The usual: a baseline from any other time; may be empty.
    pub usual: &'a [Point],
    /// The window in question.
    pub now: &'a [Point],
    /// Seconds between two points.
    pub period_s: u32,
    /// The window's ends in epoch seconds, where they are known: a silent end can only be seen with them.
    pub window: Option<(i64, i64)>,
    /// True for metrics that are published only when something happens: a missing period then means none.
    pub absent_is_zero: bool,
    /// What the numbers are, which decides how large a difference matters; none: guessed from the values.
    pub scale: Option<Scale>,
}

/// Compares `now` with `usual`; where `usual` is too short, with the beginning of `now` itself.
pub fn compare(usual: &[Point], now: &[Point], period_s: u32) -> Level {
    read(&Reading {
        usual,
        now,
        period_s,
        window: None,
        absent_is_zero: false,
        scale: None,
    })
}

/// Fewest points that make a baseline.
pub const MIN_BASELINE: usize = 8;

/// Compares as the reading says.
pub fn read(reading: &Reading<'_>) -> Level {
    let period = i64::from(reading.period_s.max(1));
    let usual = coverage::finite(reading.usual);
    let now = coverage::finite(reading.now);
    if now.is_empty() && (usual.is_empty() || !reading.absent_is_zero) {
        return Level::Missing {
            stopped: !usual.is_empty(),
            since: None,
        };
    }
    let window = reading.window.or_else(|| {
        let (first, last) = (now.first()?, now.last()?);
        Some((first.0, last.0 + period))
    });
    let Some(window) = window else {
        return Level::Unknown {
            why: "the window has no data and no ends",
        };
    };
    let covered = coverage(&now, window, reading.period_s);
    let scale = reading.scale.unwrap_or_else(|| Scale::guess(&usual, &now));
    let (usual, now) = if reading.absent_is_zero {
        let span = usual.first().zip(usual.last()).map(|(a, b)| (a.0, b.0 + period));
        (
            span.map(|span| coverage::zero_filled(&usual, span, period))
                .unwrap_or_default(),
            coverage::zero_filled(&now, window, period),
        )
    } else {
        (usual, now)
    };

    let compared = usual.len() >= MIN_BASELINE;
    let found = if scale == Scale::Count && sparse::applies(&usual, &now) {
        sparse::scan(&usual, &now, period)
    } else if compared {
        against_usual(&usual, &now, period, scale)
    } else if now.len() >= MIN_BASELINE {
        against_itself(&now, period, scale)
    } else if usual.is_empty() {
        return Level::Unknown {
            why: "too few points, and no baseline",
        };
    } else {
        return Level::Unknown {
            why: "too few points in the baseline",
        };
    };
    if let Some(shift) = found {
        return Level::Shifted(shift);
    }
    if !reading.absent_is_zero
        && let Some(since) = coverage::silent_since(&usual, &now, window, period)
    {
        return Level::Missing {
            stopped: true,
            since: Some(since),
        };
    }
    let values: Vec<f64> = now.iter().map(|(_, v)| *v).collect();
    Level::Normal {
        typical: super::score::median(&values).unwrap_or(0.0),
        coverage: if reading.absent_is_zero { 1.0 } else { covered },
        compared,
    }
}

/// The window against a baseline from another time.
fn against_usual(usual: &[Point], now: &[Point], period: i64, scale: Scale) -> Option<Shift> {
    let (usual, now_level) = season::removed(usual, now);
    let base = baseline::of_usual(&usual, &now_level, scale);
    let shift = segment::find(&base, &usual, &now_level, now, period)?;
    let first = now.first()?.0;
    if shift.onset > first {
        return Some(shift);
    }
    // The whole window lies elsewhere: the series moved before the window began, or the baseline has drifted. If the
    // window itself holds a step at least as large, that step is what happened here.
    let drift = (shift.after - base.centre).abs();
    if let Some(inner) = against_itself(now, period, scale)
        && (inner.after - inner.before).abs() >= 0.5 * drift
        && inner.direction == shift.direction
    {
        return Some(inner);
    }
    let last_usual = usual.last().map_or(first, |(at, _)| at + period);
    let length = now.last().map_or(0, |(at, _)| at + period - first);
    let adjacent = last_usual <= first && first - last_usual <= length;
    let error = if adjacent {
        (first - last_usual).max(period)
    } else {
        length
    };
    Some(Shift {
        error_s: u32::try_from(error).unwrap_or(u32::MAX),
        // A baseline from another day or month may simply have drifted.
        strength: if adjacent {
            shift.strength
        } else {
            0.5 * shift.strength
        },
        ..shift
    })
}

/// The window against its own beginning.
fn against_itself(now: &[Point], period: i64, scale: Scale) -> Option<Shift> {
    if now.len() < MIN_BASELINE {
        return None;
    }
    let base = baseline::of_window(now, scale)?;
    segment::find(&base, &[], now, now, period)
}

#[cfg(test)]
mod tests;
