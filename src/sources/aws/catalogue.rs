//! Which series exist: CloudWatch ListMetrics.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    ask::Ask,
    cloudwatch::{Metric, MetricList, pairs},
    gaps, naming, performance,
};
use crate::{
    aws::{json::cloudwatch, operations::LIST_METRICS},
    model::{Evidence, Resource, SeriesKey, Text},
};

/// Pages (500 metrics each) that are read at most.
const PAGES: usize = 10;
/// Metrics that storage services report once a day.
const DAILY: &[&str] = &["BucketSizeBytes", "NumberOfObjects"];

pub(super) async fn answer(
    ask: &mut Ask<'_>,
    resource: Option<&Resource>,
    namespace: Option<&str>,
    metric: Option<&str>,
) -> Option<Evidence> {
    let mut found: BTreeSet<SeriesKey> = BTreeSet::new();
    match resource {
        None => list(ask, namespace, metric, &[], None, &mut found).await?,
        Some(resource) => {
            for (_, dimensions) in naming::dimensions(resource) {
                // No namespace unless one is asked for: custom metrics name a resource by the same dimensions.
                list(ask, namespace, metric, &dimensions, Some(resource), &mut found).await?;
            }
            let insights = namespace.is_none_or(|wanted| wanted == performance::NAMESPACE);
            if insights && metric.is_none() && resource.kind == "AWS::RDS::DBInstance" {
                found.extend(performance::catalogue(ask, resource).await.unwrap_or_default());
            }
        }
    }
    Some(Evidence::Catalogue(found.into_iter().collect()))
}

async fn list(
    ask: &mut Ask<'_>,
    namespace: Option<&str>,
    metric: Option<&str>,
    dimensions: &[(&'static str, String)],
    resource: Option<&Resource>,
    found: &mut BTreeSet<SeriesKey>,
) -> Option<()> {
    let what = || match resource {
        Some(resource) => Text::from("metrics of ").ext(resource.name.clone()),
        None => "metrics".into(),
    };
    let mut input = json!({});
    if let Some(namespace) = namespace {
        input["Namespace"] = json!(namespace);
    }
    if let Some(metric) = metric {
        input["MetricName"] = json!(metric);
    }
    if !dimensions.is_empty() {
        input["Dimensions"] = dimensions
            .iter()
            .map(|(name, value)| json!({"Name": name, "Value": value}))
            .collect::<Value>();
    }
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        if let Some(token) = token.take() {
            input["NextToken"] = json!(token);
        }
        let outcome = cloudwatch::<MetricList>(&ask.aws, LIST_METRICS, &input).await;
        let page = ask.keep(outcome, what, resource.map(|resource| &resource.id))?;
        found.extend(page.metrics.iter().filter_map(|metric| key(metric, resource)));
        token = page.next_token;
        if token.is_none() {
            return Some(());
        }
    }
    ask.gaps.push(gaps::cut(
        what(),
        resource.map(|resource| resource.id.clone()),
        format!("there are more than {} metrics", PAGES * 500),
        "ask for one namespace or one metric",
    ));
    Some(())
}

/// The series of a listed metric, with the statistic that suits it.
fn key(metric: &Metric, asked: Option<&Resource>) -> Option<SeriesKey> {
    let (namespace, name) = (metric.namespace.clone(), metric.name.clone());
    let dimensions = pairs(metric.dimensions.as_ref());
    if is_repetition(&namespace, &dimensions) {
        return None;
    }
    let resource = naming::measured(&namespace, &dimensions).map(|resource| resource.id);
    if let Some(asked) = asked
        && resource.as_ref().is_some_and(|id| *id != asked.id)
    {
        return None;
    }
    let daily = DAILY.contains(&name.as_str());
    Some(SeriesKey {
        resource: resource.or_else(|| asked.map(|resource| resource.id.clone())),
        stat: statistic(&name).to_owned(),
        namespace,
        metric: name,
        dimensions,
        unit: None,
        period: if daily { 86_400 } else { 60 },
    })
}

/// True for series that repeat another one in parts: a function by version and alias, a balancer by zone.
fn is_repetition(namespace: &str, dimensions: &BTreeMap<String, String>) -> bool {
    match namespace {
        "AWS/Lambda" => dimensions.contains_key("Resource") || dimensions.contains_key("ExecutedVersion"),
        "AWS/ApplicationELB" | "AWS/NetworkELB" => dimensions.contains_key("AvailabilityZone"),
        naming::INSIGHTS => ["FullPodName", "ContainerName", "NodeName", "InstanceId"]
            .iter()
            .any(|finer| dimensions.contains_key(*finer)),
        _ => false,
    }
}

/// The statistic that shows trouble in a metric of that name best.
///
/// Counts are summed; ages, lags and the fullness of a limit are taken at their highest; the rest is averaged. Namesakes in
/// custom namespaces follow the same rule, since names are all that CloudWatch lists.
fn statistic(metric: &str) -> &'static str {
    let ends = |ends: &[&str]| ends.iter().any(|end| metric.ends_with(end));
    let holds = |words: &[&str]| words.iter().any(|word| metric.contains(word));
    if holds(&[
        "Age",
        "Lag",
        "ConcurrentExecutions",
        "StatusCheckFailed",
        "ReplicaLag",
    ]) || (holds(&["Connections"]) && !holds(&["NewConnection", "Rejected", "Error"]))
    {
        "Maximum"
    } else if ends(&[
        "Utilization",
        "Latency",
        "Duration",
        "Time",
        "Percent",
        "Average",
        "Load",
        "Balance",
        "Depth",
    ]) || holds(&[
        "HostCount",
        "QueueLength",
        "FreeStorage",
        "FreeableMemory",
        "ApproximateNumberOfMessages",
        "mem_",
        "disk_",
        "cpu_",
    ]) || DAILY.contains(&metric)
    {
        "Average"
    } else if ends(&[
        "Count",
        "Errors",
        "Error",
        "Requests",
        "Invocations",
        "Throttles",
        "Events",
        "Exceptions",
        "4xx",
        "5xx",
        "XX",
        "Units",
        "Failures",
        "Failed",
        "Succeeded",
        "Started",
        "Aborted",
        "TimedOut",
        "Rejected",
        "Bytes",
        "Packets",
        "Ops",
    ]) || holds(&[
        "NumberOf",
        "HTTPCode_",
        "Throttl",
        "Conflict",
        "FailedRequests",
        "4XX",
        "5XX",
    ]) {
        "Sum"
    } else {
        "Average"
    }
}

#[cfg(test)]
mod tests {
    use super::statistic;

    #[test]
    fn the_statistic_suits_the_metric() {
        for (metric, expected) in [
            ("Errors", "Sum"),
            ("Invocations", "Sum"),
            ("Throttles", "Sum"),
            ("Duration", "Average"),
            ("ConcurrentExecutions", "Maximum"),
            ("CPUUtilization", "Average"),
            ("StatusCheckFailed_System", "Maximum"),
            ("WriteThrottleEvents", "Sum"),
            ("ConsumedWriteCapacityUnits", "Sum"),
            ("SuccessfulRequestLatency", "Average"),
            ("ApproximateAgeOfOldestMessage", "Maximum"),
            ("ApproximateNumberOfMessagesVisible", "Average"),
            ("NumberOfMessagesSent", "Sum"),
            ("4xxErrors", "Sum"),
            ("HTTPCode_Target_5XX_Count", "Sum"),
            ("TargetResponseTime", "Average"),
            ("DatabaseConnections", "Maximum"),
            ("FreeStorageSpace", "Average"),
            ("CPUCreditBalance", "Average"),
        ] {
            assert_eq!(statistic(metric), expected, "{metric}");
        }
    }
}
