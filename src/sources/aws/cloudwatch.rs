//! CloudWatch's answers as it spells them. What midwatch does not read is left out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Answer of DescribeAlarms.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AlarmPage {
    #[serde(default)]
    pub metric_alarms: Vec<MetricAlarm>,
    #[serde(default)]
    pub composite_alarms: Vec<CompositeAlarm>,
    pub next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MetricAlarm {
    pub alarm_name: String,
    pub alarm_arn: Option<String>,
    pub alarm_description: Option<String>,
    pub metric_name: Option<String>,
    pub namespace: Option<String>,
    pub statistic: Option<String>,
    pub extended_statistic: Option<String>,
    pub dimensions: Option<Vec<Dimension>>,
    pub period: Option<u32>,
    pub evaluation_periods: Option<u32>,
    pub threshold: Option<f64>,
    #[serde(default)]
    pub comparison_operator: String,
    pub treat_missing_data: Option<String>,
    #[serde(default)]
    pub state_value: String,
    pub state_reason: Option<String>,
    pub state_reason_data: Option<String>,
    pub state_updated_timestamp: Option<f64>,
    pub state_transitioned_timestamp: Option<f64>,
    pub metrics: Option<Vec<MetricQuery>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CompositeAlarm {
    pub alarm_name: String,
    pub alarm_arn: Option<String>,
    pub alarm_description: Option<String>,
    #[serde(default)]
    pub alarm_rule: String,
    #[serde(default)]
    pub state_value: String,
    pub state_reason: Option<String>,
    pub state_updated_timestamp: Option<f64>,
    pub state_transitioned_timestamp: Option<f64>,
    pub actions_suppressed_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AlarmHistory {
    #[serde(default)]
    pub alarm_history_items: Vec<HistoryItem>,
    pub next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HistoryItem {
    #[serde(default)]
    pub alarm_name: String,
    pub timestamp: Option<f64>,
    #[serde(default)]
    pub history_data: String,
}

/// Answer of ListMetrics.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MetricList {
    #[serde(default)]
    pub metrics: Vec<Metric>,
    pub next_token: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metric {
    pub namespace: String,
    #[serde(rename = "MetricName")]
    pub name: String,
    pub dimensions: Option<Vec<Dimension>>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Dimension {
    pub name: String,
    pub value: String,
}

/// A query of GetMetricData, and a metric in an alarm's expression.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MetricQuery {
    pub id: String,
    pub metric_stat: Option<MetricStat>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MetricStat {
    pub metric: Metric,
    pub period: u32,
    pub stat: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// Answer of GetMetricData.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MetricData {
    #[serde(default)]
    pub metric_data_results: Vec<MetricResult>,
    pub next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MetricResult {
    pub id: String,
    #[serde(default)]
    pub timestamps: Vec<f64>,
    #[serde(default)]
    pub values: Vec<f64>,
    #[serde(default)]
    pub status_code: String,
}

/// Dimensions as pairs.
pub(super) fn pairs(dimensions: Option<&Vec<Dimension>>) -> BTreeMap<String, String> {
    dimensions
        .into_iter()
        .flatten()
        .map(|dimension| (dimension.name.clone(), dimension.value.clone()))
        .collect()
}
