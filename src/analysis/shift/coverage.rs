//! How complete a series is, and since when it is silent.

use crate::model::Point;

/// Share of the periods of `window` (epoch seconds, from inclusive, to exclusive) that have a datum: 0 to 1.
pub fn coverage(points: &[Point], window: (i64, i64), period_s: u32) -> f64 {
    let period = i64::from(period_s.max(1));
    let expected = ((window.1 - window.0).max(0) + period - 1) / period;
    if expected == 0 {
        return 0.0;
    }
    let mut filled = 0_i64;
    let mut newest = None;
    for (at, value) in points {
        let slot = (at - window.0).div_euclid(period);
        if *at >= window.0 && *at < window.1 && value.is_finite() && newest.is_none_or(|n| slot > n) {
            filled += 1;
            newest = Some(slot);
        }
    }
    (filled as f64 / expected as f64).min(1.0)
}

/// The points whose value is a number, in order of time, one a moment.
pub(super) fn finite(points: &[Point]) -> Vec<Point> {
    let mut kept: Vec<Point> = points.iter().copied().filter(|(_, v)| v.is_finite()).collect();
    kept.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    kept.dedup_by_key(|(at, _)| *at);
    kept
}

/// The points with a zero for every period of `window` that has none. A window of more than 100,000 periods is left.
pub(super) fn zero_filled(points: &[Point], window: (i64, i64), period: i64) -> Vec<Point> {
    let periods = (window.1 - window.0).max(0) / period;
    if periods > 100_000 {
        return points.to_vec();
    }
    // The grid follows the data where there are any, so that a datum never gets a zero beside it.
    let phase = points.first().map_or(window.0, |(at, _)| *at).rem_euclid(period);
    let mut at = window.0 + (phase - window.0).rem_euclid(period);
    let mut filled = Vec::with_capacity(periods as usize + points.len());
    let mut rest = points.iter().copied().peekable();
    while at < window.1 {
        let mut value = 0.0;
        while let Some((t, datum)) = rest.next_if(|(t, _)| *t < at + period) {
            if t >= at {
                value += datum;
            }
        }
        filled.push((at, value));
        at += period;
    }
    filled
}

/// End of the last datum, when the series used to be dense and the window's end has none.
///
/// Metrics arrive late by minutes, so silence counts from three periods and ten minutes on.
pub(super) fn silent_since(usual: &[Point], now: &[Point], window: (i64, i64), period: i64) -> Option<i64> {
    let since = now.last()?.0 + period;
    let silence = window.1 - since;
    if silence < (3 * period).max(600) {
        return None;
    }
    let reference = if usual.len() >= super::MIN_BASELINE {
        usual
    } else {
        now
    };
    let (first, last) = (reference.first()?.0, reference.last()?.0);
    let dense = reference.len() as f64 >= 0.8 * ((last - first) / period + 1) as f64;
    (dense && reference.len() >= 3).then_some(since)
}
