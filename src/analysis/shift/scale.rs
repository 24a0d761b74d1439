//! What the numbers of a series are, and so how large a difference matters.

use crate::{
    analysis::names,
    model::{Point, SeriesKey},
};

/// What the numbers are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// Events in a period (Sum, SampleCount).
    Count,
    /// Per cent, 0 to 100.
    Percent,
    /// A duration; the field is one second in the series' unit (1,000 for milliseconds).
    Time(f64),
    /// An amount of data in bytes.
    Bytes,
    /// Anything else.
    Gauge,
}

impl Scale {
    /// Reads the scale from the unit, and where there is none from the statistic and the metric's name.
    pub fn of(key: &SeriesKey) -> Self {
        let summed = matches!(key.stat.as_str(), "Sum" | "SampleCount");
        match key.unit.as_deref() {
            Some("Percent") => Self::Percent,
            Some("Seconds") => Self::Time(1.0),
            Some("Milliseconds") => Self::Time(1e3),
            Some("Microseconds") => Self::Time(1e6),
            Some("Bytes") => Self::Bytes,
            Some("Count" | "None") | None if summed => Self::Count,
            Some(_) => Self::Gauge,
            None => {
                let metric = key.metric.to_ascii_lowercase();
                if ["utilization", "percent", "availability"]
                    .iter()
                    .any(|word| metric.contains(word))
                {
                    Self::Percent
                } else {
                    Self::Gauge
                }
            }
        }
    }

    /// Whole numbers from zero up are counts; everything else is a gauge.
    pub(super) fn guess(usual: &[Point], now: &[Point]) -> Self {
        let whole = usual
            .iter()
            .chain(now)
            .all(|(_, v)| *v >= 0.0 && v.fract() == 0.0);
        if whole { Self::Count } else { Self::Gauge }
    }

    /// The smallest distance from `before` that matters to a person, in the series' unit.
    ///
    /// - Count: one event a period, and a quarter; traffic varies by less all the time.
    /// - Percent: five points, as utilisation below that changes nothing; but half a point when something that is
    ///   nearly always at a hundred falls, which is how availability is told.
    /// - Time: a millisecond, and a fifth; people notice differences of that order (Weber's law; Seow, "Designing and
    ///   Engineering Time", 2008).
    /// - Bytes and others: a fifth.
    pub(super) fn matters(self, before: f64, after: f64) -> f64 {
        match self {
            Self::Count => (0.25 * before.abs()).max(1.0),
            Self::Percent if before >= 95.0 && after < before => 0.5,
            Self::Percent => 5.0,
            Self::Time(second) => (0.2 * before.abs()).max(1e-3 * second),
            Self::Bytes => (0.2 * before.abs()).max(1024.0),
            Self::Gauge => (0.2 * before.abs()).max(f64::MIN_POSITIVE),
        }
    }

    /// The smallest spread to believe around `centre`, in the series' unit.
    ///
    /// Counts vary by their square root at least (Poisson). A twentieth of the level is less than any real load varies
    /// over weeks. `reach` is the largest absolute value seen, the only yardstick where the level is zero.
    pub(super) fn least_spread(self, centre: f64, reach: f64) -> f64 {
        let twentieth = 0.05 * centre.abs();
        match self {
            Self::Count => twentieth.max(centre.abs().max(1.0).sqrt()),
            Self::Percent if centre >= 95.0 => 0.1,
            Self::Percent => 1.0,
            Self::Time(second) => twentieth.max(2e-4 * second),
            Self::Bytes => twentieth.max(256.0),
            Self::Gauge if centre == 0.0 => 0.1 * reach,
            Self::Gauge => twentieth,
        }
    }
}

/// True for metrics that AWS publishes only when something happens, so that a missing period means none.
///
/// Source: the metric tables of the services' user guides (DynamoDB: "only generated when"; load balancers: "reporting
/// criteria: there is a nonzero value"; Lambda and S3 publish zeros, which this leaves as they are).
pub fn event_metric(metric: &str) -> bool {
    const EVENTS: [&str; 34] = [
        "ThrottledRequests",
        "ReadThrottleEvents",
        "WriteThrottleEvents",
        "SystemErrors",
        "UserErrors",
        "ConditionalCheckFailedRequests",
        "TransactionConflict",
        "Errors",
        "Throttles",
        "DeadLetterErrors",
        "FailedInvocations",
        "ThrottledRules",
        "DeadLetterInvocations",
        "NumberOfNotificationsFailed",
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionsAborted",
        "ExecutionThrottled",
        "TargetConnectionErrorCount",
        "RejectedConnectionCount",
        "4xxErrors",
        "5xxErrors",
        "WriteKeyRangeThroughputThrottleEvents",
        "ReadKeyRangeThroughputThrottleEvents",
        "WriteProvisionedThroughputExceeded",
        "ReadProvisionedThroughputExceeded",
        "ClientTLSNegotiationErrorCount",
        "TargetTLSNegotiationErrorCount",
        "ProvisionedConcurrencySpilloverInvocations",
        "TargetErrorCount",
        "InvocationDroppedCount",
        "InvocationsSentToDlq",
        "InvocationsFailedToBeSentToDlq",
        "NumberOfNotificationsRedrivenToDlq",
    ];
    EVENTS.contains(&metric)
        // Other systems' counts of errors have no point where there was none.
        || matches!(names::plain(metric), Some("errors" | "Throttles"))
        || metric.starts_with("HTTPCode_") && (metric.contains("4XX") || metric.contains("5XX"))
        || metric.starts_with("HTTPCode_ELB_50")
        || metric.starts_with("NumberOfNotificationsFilteredOut")
        || metric.starts_with("NumberOfNotificationsFailed")
}
