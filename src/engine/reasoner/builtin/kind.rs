//! What sort of thing a metric measures, by its name.
//!
//! Names are CloudWatch's (services' "metrics and dimensions" pages) and the common words of other systems. The first row whose
//! word is part of the name holds, so narrower words stand first.

use crate::{
    analysis::names,
    model::{Direction, Resource},
};

/// What sort of thing a metric measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricKind {
    /// Failed work.
    Errors,
    /// Refused work.
    Throttles,
    /// Time that work takes.
    Latency,
    /// Share of work that succeeds.
    Availability,
    /// Work that waits.
    Backlog,
    /// Share of a capacity in use.
    Saturation,
    /// What is left of a capacity: credits, storage, memory, days.
    Headroom,
    /// Work that comes in.
    Traffic,
    /// Anything else.
    Other,
}

// Beyond the plain words: Kinesis counts refusals as `...ThroughputExceeded`, Lambda what exceeds its warm environments as
// `...SpilloverInvocations`, a NAT gateway the ports that it cannot give as `ErrorPortAllocation`, SNS what a filter policy
// keeps as `...FilteredOut`, DynamoDB `TransactionConflict`, OpenSearch `ClusterStatus.red` and `ClusterIndexWritesBlocked`.
const WORDS: [(&str, MetricKind); 61] = [
    ("throttl", MetricKind::Throttles),
    ("rejected", MetricKind::Throttles),
    ("throughputexceeded", MetricKind::Throttles),
    ("spillover", MetricKind::Throttles),
    ("statuscheck", MetricKind::Errors),
    ("filteredout", MetricKind::Errors),
    ("conflict", MetricKind::Errors),
    ("deadlock", MetricKind::Errors),
    ("timedout", MetricKind::Errors),
    ("aborted", MetricKind::Errors),
    ("httpcode_elb_5", MetricKind::Errors),
    ("clusterstatus.red", MetricKind::Errors),
    ("writesblocked", MetricKind::Errors),
    ("dropcount", MetricKind::Errors),
    ("creditbalance", MetricKind::Headroom),
    ("burstbalance", MetricKind::Headroom),
    ("iobalance", MetricKind::Headroom),
    ("bytebalance", MetricKind::Headroom),
    ("freestorage", MetricKind::Headroom),
    ("freeable", MetricKind::Headroom),
    ("freelocal", MetricKind::Headroom),
    ("daystoexpiry", MetricKind::Headroom),
    ("error", MetricKind::Errors),
    ("5xx", MetricKind::Errors),
    ("4xx", MetricKind::Errors),
    ("fault", MetricKind::Errors),
    ("failed", MetricKind::Errors),
    ("failure", MetricKind::Errors),
    ("unhealthy", MetricKind::Errors),
    ("deadletter", MetricKind::Errors),
    ("dropped", MetricKind::Errors),
    ("iteratorage", MetricKind::Backlog),
    ("ageofoldest", MetricKind::Backlog),
    ("messagesvisible", MetricKind::Backlog),
    ("backlog", MetricKind::Backlog),
    ("queuelength", MetricKind::Backlog),
    ("queuedepth", MetricKind::Backlog),
    ("millisbehind", MetricKind::Backlog),
    ("lag", MetricKind::Backlog),
    ("latency", MetricKind::Latency),
    ("duration", MetricKind::Latency),
    ("responsetime", MetricKind::Latency),
    ("availability", MetricKind::Availability),
    ("healthyhost", MetricKind::Availability),
    ("utilization", MetricKind::Saturation),
    ("concurrentexecutions", MetricKind::Saturation),
    ("connections", MetricKind::Saturation),
    ("consumed", MetricKind::Saturation),
    ("dbload", MetricKind::Saturation),
    ("db.load", MetricKind::Saturation),
    ("used", MetricKind::Saturation),
    ("pressure", MetricKind::Saturation),
    ("iolimit", MetricKind::Saturation),
    ("memoryusage", MetricKind::Saturation),
    ("evictions", MetricKind::Saturation),
    ("requests", MetricKind::Traffic),
    ("requestcount", MetricKind::Traffic),
    ("invocations", MetricKind::Traffic),
    ("count", MetricKind::Traffic),
    ("messagessent", MetricKind::Traffic),
    ("incoming", MetricKind::Traffic),
];

/// What sort of thing a metric of this name measures.
pub fn of(metric: &str) -> MetricKind {
    let by_words = |metric: &str| {
        let name = metric.to_lowercase();
        let row = WORDS.iter().find(|(word, _)| name.contains(word));
        row.map(|(_, kind)| *kind)
    };
    by_words(metric)
        .or_else(|| names::plain(metric).and_then(by_words))
        .unwrap_or(MetricKind::Other)
}

/// True when going that way is bad by itself.
pub fn is_harm(metric: &str, direction: Direction) -> bool {
    match of(metric) {
        MetricKind::Errors
        | MetricKind::Throttles
        | MetricKind::Latency
        | MetricKind::Backlog
        | MetricKind::Saturation => direction == Direction::Up,
        MetricKind::Availability | MetricKind::Headroom => direction == Direction::Down,
        MetricKind::Traffic | MetricKind::Other => false,
    }
}

/// Services whose resources write no log lines of their own that CloudWatch Logs would hold.
const SILENT: [&str; 17] = [
    "iam",
    "dynamodb",
    "s3",
    "sqs",
    "sns",
    "kms",
    "secretsmanager",
    "cloudformation",
    "cloudwatch",
    "events",
    "kinesis",
    "elasticloadbalancing",
    "elasticloadbalancingv2",
    "autoscaling",
    "k8s/service",
    "k8s/ingress",
    "k8s/node",
];

/// True when a resource of this type may write log lines of its own.
pub fn writes_logs(resource: &Resource) -> bool {
    resource.kind != "AWS::EC2::SecurityGroup" && !SILENT.contains(&resource.service().as_str())
}

/// Types whose services say something of one resource only when they are asked about it; others are heard when all are asked.
const ASKED: [&str; 4] = [
    "AWS::ECS::Service",
    "AWS::DynamoDB::Table",
    "AWS::Synthetics::Canary",
    "AWS::Route53::HealthCheck",
];

/// True when what the service says of this resource has to be asked for by name.
pub fn speaks_when_asked(resource: &Resource) -> bool {
    ASKED.contains(&resource.kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrower_words_win() {
        assert_eq!(of("ThrottledRequests"), MetricKind::Throttles);
        assert_eq!(of("HTTPCode_Target_5XX_Count"), MetricKind::Errors);
        assert_eq!(of("UnHealthyHostCount"), MetricKind::Errors);
        assert_eq!(of("HealthyHostCount"), MetricKind::Availability);
        assert_eq!(of("ApproximateNumberOfMessagesVisible"), MetricKind::Backlog);
        assert_eq!(of("CPUUtilization"), MetricKind::Saturation);
        assert_eq!(of("requests"), MetricKind::Traffic);
        assert_eq!(of("CPUCreditBalance"), MetricKind::Headroom);
        assert_eq!(of("WriteProvisionedThroughputExceeded"), MetricKind::Throttles);
        assert_eq!(of("ErrorPortAllocation"), MetricKind::Errors);
        assert_eq!(of("GetRecords.IteratorAgeMilliseconds"), MetricKind::Backlog);
        assert_eq!(of("DatabaseMemoryUsagePercentage"), MetricKind::Saturation);
        assert_eq!(of("dt.service.request.response_time"), MetricKind::Latency);
        assert_eq!(of("http_requests_total:5xx"), MetricKind::Errors);
        assert_eq!(of("system.cpu.user"), MetricKind::Saturation);
        assert_eq!(
            of("NumberOfNotificationsFilteredOut-InvalidAttributes"),
            MetricKind::Errors
        );
    }
}
