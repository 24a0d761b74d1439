//! Requests and what was bad about them, on one grid of time.

use super::NodeData;
use crate::model::{Point, Series, SeriesKey};

/// The unit in which excess adds up along calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Seconds that requests take.
    Seconds,
    /// Requests that fail.
    Failures,
}

/// How a series tells what is bad about a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Telling {
    /// A mean duration; the field makes it seconds.
    Duration(f64),
    /// The share that succeeded, in per cent.
    Availability,
    /// The share that failed; the field makes it 0 to 1.
    Share(f64),
    /// How many failed.
    Count,
}

impl Telling {
    fn of(key: &SeriesKey) -> Option<Self> {
        let metric: String = key
            .metric
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase();
        let counted = matches!(key.stat.as_str(), "Sum" | "SampleCount");
        let any = |words: &[&str]| words.iter().any(|word| metric.contains(word));
        match key.unit.as_deref() {
            Some("Seconds") if !counted => return Some(Self::Duration(1.0)),
            Some("Milliseconds") if !counted => return Some(Self::Duration(1e-3)),
            Some("Microseconds") if !counted => return Some(Self::Duration(1e-6)),
            _ => {}
        }
        if any(&["availability", "successrate"]) && !counted {
            return Some(Self::Availability);
        }
        let failing = any(&["error", "fault", "fail", "5xx", "4xx", "throttle"]);
        if failing && counted {
            return Some(Self::Count);
        }
        if failing && matches!(key.stat.as_str(), "Average") {
            return Some(Self::Share(if key.unit.as_deref() == Some("Percent") {
                0.01
            } else {
                1.0
            }));
        }
        None
    }

    const fn flow(self) -> Flow {
        match self {
            Self::Duration(_) => Flow::Seconds,
            _ => Flow::Failures,
        }
    }
}

/// The flow of a symptom; none where its unit does not add up along calls (CPU, queue age, throttles).
pub fn flow_of(key: &SeriesKey) -> Option<Flow> {
    Telling::of(key).map(Telling::flow)
}

/// True for a series that counts all requests.
fn counts_requests(key: &SeriesKey) -> bool {
    const NAMES: [&str; 6] = [
        "requests",
        "invocations",
        "requestcount",
        "count",
        "calls",
        "allrequests",
    ];
    let metric: String = key
        .metric
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase();
    // The number of samples of a duration is the number of requests.
    (key.stat == "Sum" && NAMES.contains(&metric.as_str()))
        || (key.stat == "SampleCount" && matches!(metric.as_str(), "latency" | "duration" | "responsetime"))
}

/// One period of one node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    /// What was bad: mean seconds of a request, or the share of requests that failed.
    pub bad: f64,
    /// Requests.
    pub requests: f64,
}

/// Periods of one stretch of time, by number from its beginning.
pub(super) type Lane = Vec<Option<Cell>>;

/// The grid of one stretch of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Beginning, epoch seconds.
    pub from: i64,
    /// End, epoch seconds.
    pub to: i64,
    /// Seconds of a period.
    pub period: i64,
}

impl Grid {
    /// Most periods that are laid out: two weeks of minutes, and some.
    const MOST: i64 = 50_000;

    pub fn len(self) -> usize {
        (((self.to - self.from).max(0) + self.period - 1) / self.period).min(Self::MOST) as usize
    }

    fn slot(self, at: i64) -> Option<usize> {
        let slot = usize::try_from((at - self.from).div_euclid(self.period)).ok()?;
        (at >= self.from && at < self.to && slot < self.len()).then_some(slot)
    }

    /// The points laid on the grid; several in a period are averaged, or added up.
    fn lay(self, points: &[Point], add: bool) -> Vec<Option<f64>> {
        let mut cells: Vec<Option<(f64, u32)>> = vec![None; self.len()];
        for (at, value) in points.iter().filter(|(_, v)| v.is_finite()) {
            if let Some(cell) = self.slot(*at).and_then(|slot| cells.get_mut(slot)) {
                let (sum, count) = cell.unwrap_or((0.0, 0));
                *cell = Some((sum + value, count + 1));
            }
        }
        let value = |(sum, count): (f64, u32)| if add { sum } else { sum / f64::from(count.max(1)) };
        cells.into_iter().map(|cell| cell.map(value)).collect()
    }
}

/// What a node's flow is read from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    bad: &'a Series,
    telling: Telling,
    requests: &'a Series,
}

impl<'a> Reader<'a> {
    /// The series of `node` that tell `flow`, with this statistic where several do; none without a count of requests.
    pub fn of(node: &'a NodeData, flow: Flow, stat: &str) -> Option<Self> {
        let requests = first(node.series.iter().filter(|s| counts_requests(&s.key)), |_| 0)?;
        let telling = |s: &&Series| Telling::of(&s.key).is_some_and(|t| t.flow() == flow);
        let bad = first(node.series.iter().filter(telling), |series| {
            let kind = match Telling::of(&series.key) {
                Some(Telling::Duration(_) | Telling::Availability) => 0,
                Some(Telling::Share(_)) => 1,
                _ => 2,
            };
            // A percentile of a duration does not add up along calls; it is taken for want of a mean only.
            kind + if series.key.stat == stat || kind > 0 {
                0
            } else {
                10
            }
        })?;
        Some(Self {
            bad,
            telling: Telling::of(&bad.key)?,
            requests,
        })
    }

    /// The node's periods on the grid. A period without requests has nothing to be bad about.
    pub fn lane(&self, grid: Grid) -> Lane {
        let requests = grid.lay(&self.requests.points, true);
        let bad = grid.lay(&self.bad.points, self.telling == Telling::Count);
        let cell = |(bad, requests): (Option<f64>, Option<f64>)| {
            let requests = requests.filter(|n| *n > 0.0)?;
            let bad = match self.telling {
                Telling::Duration(second) => bad? * second,
                Telling::Availability => (1.0 - bad? / 100.0).clamp(0.0, 1.0),
                Telling::Share(one) => (bad? * one).clamp(0.0, 1.0),
                // A count of failures that is absent is zero.
                Telling::Count => (bad.unwrap_or(0.0) / requests).clamp(0.0, 1.0),
            };
            Some(Cell { bad, requests })
        };
        bad.into_iter().zip(requests).map(cell).collect()
    }
}

/// The series with the least order; of equals the one whose key comes first.
fn first<'a>(series: impl Iterator<Item = &'a Series>, order: impl Fn(&Series) -> u32) -> Option<&'a Series> {
    series.min_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.key.cmp(&b.key)))
}
