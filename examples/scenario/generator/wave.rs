//! The time grid of a scenario, and quantities over it.

use jiff::Timestamp;

use super::rng::Rng;

/// One minute, in seconds.
pub const MINUTE: i64 = 60;

/// A stretch of whole minutes: first second in, first second out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First second in.
    pub from: i64,
    /// First second out.
    pub to: i64,
}

impl Span {
    /// `minutes` from `from` on.
    pub const fn of(from: i64, minutes: i64) -> Self {
        Self {
            from,
            to: from + minutes * MINUTE,
        }
    }

    /// True when `at` lies inside.
    pub const fn contains(self, at: i64) -> bool {
        self.from <= at && at < self.to
    }
}

/// The minutes that a scenario covers: a normal period, then the incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// The normal period.
    pub baseline: Span,
    /// The incident.
    pub window: Span,
}

impl Grid {
    /// All minutes, ascending.
    pub fn minutes(self) -> impl Iterator<Item = i64> {
        let minutes = |span: Span| (span.from..span.to).step_by(MINUTE as usize);
        minutes(self.baseline).chain(minutes(self.window))
    }

    /// The stretches without a hole.
    pub fn stretches(self) -> Vec<Span> {
        if self.baseline.to == self.window.from {
            vec![Span {
                from: self.baseline.from,
                to: self.window.to,
            }]
        } else {
            vec![self.baseline, self.window]
        }
    }
}

/// One value a minute.
#[derive(Debug, Clone)]
pub struct Wave {
    /// The minutes.
    pub grid: Grid,
    values: Vec<f64>,
}

impl Wave {
    /// The same value all the time.
    pub fn flat(grid: Grid, value: f64) -> Self {
        Self {
            grid,
            values: grid.minutes().map(|_| value).collect(),
        }
    }

    /// A load that follows the day (highest at 15:00 UTC, `swing` its share of the level) and wanders a little.
    pub fn load(grid: Grid, rng: &mut Rng, level: f64, swing: f64) -> Self {
        let mut drift = 0.0;
        let values = grid
            .minutes()
            .map(|at| {
                drift = 0.9 * drift + 0.02 * rng.normal();
                let day = arc((at - 9 * 3600).rem_euclid(86_400) as f64 / 86_400.0);
                (level * (1.0 + swing * day + drift) + 0.02 * level * rng.normal()).max(0.0)
            })
            .collect();
        Self { grid, values }
    }

    /// The minutes with their values.
    pub fn iter(&self) -> impl Iterator<Item = (i64, f64)> {
        self.grid.minutes().zip(self.values.iter().copied())
    }

    /// Another wave, value by value.
    pub fn map(&self, mut change: impl FnMut(i64, f64) -> f64) -> Self {
        Self {
            grid: self.grid,
            values: self.iter().map(|(at, value)| change(at, value)).collect(),
        }
    }

    /// Another wave out of two.
    pub fn with(&self, other: &Self, mut join: impl FnMut(f64, f64) -> f64) -> Self {
        let values = self
            .values
            .iter()
            .zip(&other.values)
            .map(|(a, b)| join(*a, *b))
            .collect();
        Self {
            grid: self.grid,
            values,
        }
    }

    /// Whole counts around it.
    pub fn counts(&self, rng: &mut Rng) -> Self {
        self.map(|_, mean| rng.count(mean))
    }

    /// Measured values around it: `share` is the deviation relative to the value.
    pub fn noisy(&self, rng: &mut Rng, share: f64) -> Self {
        self.map(|_, value| (value * (1.0 + share * rng.normal())).max(0.0))
    }
}

/// A wave of period 1 between -1 and 1 (two parabolas, close to a sine and the same on every machine).
fn arc(x: f64) -> f64 {
    let half = |x: f64| 16.0 * x * (0.5 - x);
    if x < 0.5 { half(x) } else { -half(x - 0.5) }
}

/// How far a change that starts at `from` and takes `seconds` has come at `at`: 0 to 1.
pub fn ramp(at: i64, from: i64, seconds: i64) -> f64 {
    ((at - from) as f64 / seconds.max(1) as f64).clamp(0.0, 1.0)
}

/// Epoch seconds of an RFC 3339 time.
pub fn epoch(words: &str) -> i64 {
    words.parse::<Timestamp>().map_or(0, Timestamp::as_second)
}

/// A time out of seconds.
pub fn time(at: i64) -> Timestamp {
    Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A time out of milliseconds.
pub fn time_ms(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `2025-10-27T02:57:11.123Z`.
pub fn iso_ms(at: i64) -> String {
    time_ms(at).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
