//! What other systems' metrics are in plain words.
//!
//! CloudWatch names a metric in one word (`TargetResponseTime`); Datadog, Dynatrace, New Relic and Prometheus in several, with
//! dots, colons or underscores between them (`dt.service.request.response_time`, `http_requests_total:5xx`). Patterns and
//! rankings know the plain words; this table leads to them. It is silent on names in CloudWatch's manner.

/// A name that holds one of the words and none of the others is one for this plain word. The first row that fits holds.
struct Row {
    plain: &'static str,
    any: &'static [&'static str],
    all: &'static str,
    none: &'static [&'static str],
}

const ROWS: [Row; 8] = [
    row("Throttles", &["throttl", "ratelimited", "rejected"], "", &[]),
    row(
        "errors",
        &[
            "error",
            "5xx",
            "exception",
            "failurecount",
            "failures",
            "failedrequests",
        ],
        "",
        // The network's and the disk's errors are not those of requests; a budget or a limit is no error.
        &["packet", "netin", "netout", "disk", "budget", "limit", "4xx"],
    ),
    row(
        "latency",
        &[
            "duration",
            "latency",
            "responsetime",
            "requestsecondsmean",
            "requesttime",
        ],
        "",
        &["gc", "count", "bucket", "uptime"],
    ),
    row(
        "CPUUtilization",
        &["usage", "utilization", "percent", "user", "util"],
        "cpu",
        &["idle", "limit"],
    ),
    row(
        "MemoryUtilization",
        &["usage", "utilization", "percent"],
        "mem",
        &["free", "available", "limit"],
    ),
    row("availability", &["successrate", "availability", "apdex"], "", &[]),
    row(
        "requests",
        &[
            "requests",
            "requestcount",
            "hits",
            "throughput",
            "transactioncount",
        ],
        "",
        &[],
    ),
    row(
        "DatabaseConnections",
        &["connections"],
        "",
        &["max", "limit", "closed"],
    ),
];

const fn row(
    plain: &'static str,
    any: &'static [&'static str],
    all: &'static str,
    none: &'static [&'static str],
) -> Row {
    Row {
        plain,
        any,
        all,
        none,
    }
}

/// The plain word for a metric that is named in several words; none for CloudWatch's names and for what fits no row.
pub fn plain(metric: &str) -> Option<&'static str> {
    let several = metric.contains(['.', '_', ':']) && !metric.contains(char::is_uppercase);
    if !several {
        return None;
    }
    let squeezed: String = metric.chars().filter(char::is_ascii_alphanumeric).collect();
    ROWS.iter()
        .find(|row| {
            row.any.iter().any(|word| squeezed.contains(word))
                && squeezed.contains(row.all)
                && !row.none.iter().any(|word| squeezed.contains(word))
        })
        .map(|row| row.plain)
}

/// True when one of the wanted names means this metric, as it is or in plain words.
pub fn means(wanted: &[String], metric: &str) -> bool {
    wanted.iter().any(|wanted| wanted == metric)
        || plain(metric).is_some_and(|plain| wanted.iter().any(|wanted| wanted == plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_systems_metrics_have_plain_words() {
        for (metric, word) in [
            ("trace.http.request.errors", Some("errors")),
            ("http_requests_total:5xx", Some("errors")),
            ("dt.service.request.failure_count", Some("errors")),
            ("transaction.errors", Some("errors")),
            ("trace.http.request.duration", Some("latency")),
            ("dt.service.request.response_time", Some("latency")),
            ("http_request_duration_seconds:mean", Some("latency")),
            ("system.cpu.user", Some("CPUUtilization")),
            ("dt.host.cpu.usage", Some("CPUUtilization")),
            ("host.memory.percent", Some("MemoryUtilization")),
            ("http_requests_total", Some("requests")),
            ("trace.http.request.hits", Some("requests")),
            ("transaction.count", Some("requests")),
            ("system.net.packets_in.error", None),
            ("queue.depth", None),
            // CloudWatch's own names are left alone.
            ("HTTPCode_ELB_5XX_Count", None),
            ("GetRecords.IteratorAgeMilliseconds", None),
            ("CPUUtilization", None),
            ("latency", None),
            ("db.load.avg", None),
        ] {
            assert_eq!(plain(metric), word, "{metric}");
        }
    }
}
