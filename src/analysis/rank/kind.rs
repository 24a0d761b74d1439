//! What kind of trouble a metric tells of, and which way is worse.

use crate::model::{Direction, SeriesKey};

/// Kind of a metric, by the words that CloudWatch and others use in metric names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Failures, rejections, throttles.
    Failing,
    /// Durations, ages, lags, queues.
    Slow,
    /// How full something is.
    Full,
    /// How much comes in.
    Traffic,
    /// Anything else.
    Other,
}

impl Kind {
    /// How much a departure of this kind counts. Traffic varies by itself; failures and limits do not.
    pub const fn weight(self) -> f64 {
        match self {
            Self::Failing | Self::Full => 1.0,
            Self::Slow => 0.9,
            Self::Other => 0.7,
            Self::Traffic => 0.5,
        }
    }
}

/// Kind of a series and the direction that means trouble; none where both do.
pub(super) fn of(key: &SeriesKey) -> (Kind, Option<Direction>) {
    const TABLE: [(Kind, Direction, &[&str]); 8] = [
        (
            Kind::Failing,
            Direction::Down,
            &["availability", "successrate", "healthyhost", "success"],
        ),
        (
            Kind::Failing,
            Direction::Up,
            &[
                "error",
                "fault",
                "fail",
                "5xx",
                "4xx",
                "throttl",
                "reject",
                "timeout",
                "timedout",
                "deadletter",
                "unhealthy",
                "statuscheck",
                "exceeded",
                "denied",
                "dropped",
                "restart",
                "oom",
                "evict",
                "deadlock",
                // SNS messages that a filter policy keeps, DynamoDB transactions that meet, Lambda calls beyond what is
                // kept warm, executions that were given up, search indexes that take no writes.
                "filteredout",
                "conflict",
                "spillover",
                "aborted",
                "writesblocked",
            ],
        ),
        (
            Kind::Full,
            Direction::Down,
            &[
                "creditbalance",
                "burstbalance",
                "iobalance",
                "bytebalance",
                "free",
                "available",
                "remaining",
                "daystoexpiry",
            ],
        ),
        (
            Kind::Slow,
            Direction::Up,
            &[
                "latency",
                "duration",
                "responsetime",
                "age",
                // The unit stands behind it (`GetRecords.IteratorAgeMilliseconds`).
                "iteratorage",
                "millisbehind",
                "lag",
                "delay",
                "waittime",
                "queuelength",
                "queuedepth",
                "visible",
                "backlog",
                "pending",
                "dbload",
            ],
        ),
        (
            Kind::Full,
            Direction::Up,
            &[
                "utilization",
                "cpu",
                "memory",
                "disk",
                "connections",
                "concurrentexecutions",
                "consumed",
                "usage",
                "swap",
                "load",
                "pressure",
                "iolimit",
            ],
        ),
        (
            Kind::Traffic,
            Direction::Up,
            &[
                "request",
                "invocation",
                "count",
                "calls",
                "network",
                "bytes",
                "sent",
                "received",
                "published",
                "incoming",
            ],
        ),
        (Kind::Failing, Direction::Down, &["heartbeat"]),
        (Kind::Other, Direction::Up, &[]),
    ];
    let metric: String = key
        .metric
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase();
    let found = TABLE.iter().find(|(_, _, words)| {
        // `age` hides in `average` and `storage`: short words must stand at an end of the name.
        words.iter().any(|word| {
            if word.len() <= 3 && word.bytes().all(|b| b.is_ascii_lowercase()) {
                metric.ends_with(word) || metric.starts_with(word)
            } else {
                metric.contains(word)
            }
        })
    });
    match found {
        Some((Kind::Traffic, _, _)) => (Kind::Traffic, None),
        // "FreeStorageSpace" and "UnHealthyHostCount" are told before their parts.
        Some((Kind::Failing, Direction::Down, _)) if metric.contains("unhealthy") => {
            (Kind::Failing, Some(Direction::Up))
        }
        Some((kind, direction, _)) => (*kind, Some(*direction)),
        None => (Kind::Other, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_of_aws_are_told_apart() {
        let kind = |metric: &str| {
            of(&SeriesKey {
                resource: None,
                namespace: "AWS".to_owned(),
                metric: metric.to_owned(),
                dimensions: std::collections::BTreeMap::new(),
                stat: "Average".to_owned(),
                unit: None,
                period: 60,
            })
        };
        let (up, down) = (Some(Direction::Up), Some(Direction::Down));
        let cases = [
            ("CPUUtilization", Kind::Full, up),
            ("CPUCreditBalance", Kind::Full, down),
            ("FreeStorageSpace", Kind::Full, down),
            ("UnHealthyHostCount", Kind::Failing, up),
            ("HealthyHostCount", Kind::Failing, down),
            ("ApproximateAgeOfOldestMessage", Kind::Slow, up),
            ("WriteThrottleEvents", Kind::Failing, up),
            ("TargetResponseTime", Kind::Slow, up),
            ("Invocations", Kind::Traffic, None),
            ("HTTPCode_Target_5XX_Count", Kind::Failing, up),
            ("IteratorAge", Kind::Slow, up),
            ("DatabaseConnections", Kind::Full, up),
            ("WriteProvisionedThroughputExceeded", Kind::Failing, up),
            ("ErrorPortAllocation", Kind::Failing, up),
            ("GetRecords.IteratorAgeMilliseconds", Kind::Slow, up),
            ("NumberOfNotificationsFilteredOut", Kind::Failing, up),
            ("EBSIOBalance%", Kind::Full, down),
        ];
        for (metric, expected, direction) in cases {
            assert_eq!(kind(metric), (expected, direction), "{metric}");
        }
    }
}
