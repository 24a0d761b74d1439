//! How all alarms of an account and region stand now, and how they got there: what a watch over them needs. Alarms that
//! belong to an investigation are read in `alarms`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    alarms::{alarms_in_rule, transition},
    ask::epoch,
    cloudwatch::{AlarmHistory, AlarmPage, CompositeAlarm, Dimension, MetricAlarm, pairs},
    naming,
};
use crate::{
    aws::{
        AwsError, Factory,
        json::cloudwatch,
        operations::{DESCRIBE_ALARM_HISTORY, DESCRIBE_ALARMS},
    },
    model::{AlarmState, ResourceId, Transition},
};

/// Pages of alarms (100 each) that are read at most: ten thousand are more than an account may have in most regions.
const ALARM_PAGES: usize = 100;
/// Pages of history (100 each) that are read at most.
const HISTORY_PAGES: usize = 20;

/// An alarm as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingAlarm {
    /// Name, unique in its account and region.
    pub name: String,
    /// Amazon resource name.
    pub arn: String,
    /// What its owner wrote about it.
    pub description: Option<String>,
    /// State.
    pub state: AlarmState,
    /// Since when, as far as that is known.
    pub since: Option<Timestamp>,
    /// CloudWatch's own words.
    pub reason: String,
    /// What its metrics measure.
    pub resources: Vec<ResourceId>,
    /// Alarms in the rule of a composite one, by name; none for a metric alarm.
    pub children: BTreeSet<String>,
    /// Another alarm keeps its actions quiet.
    pub suppressed: bool,
    /// Metrics as the event of EventBridge has them.
    pub metrics: Vec<Value>,
    /// Rule of a composite alarm.
    pub rule: Option<String>,
}

/// Every alarm of the account and region, by ARN.
///
/// # Errors
/// When CloudWatch cannot be asked.
pub async fn standing(aws: &Factory) -> Result<BTreeMap<String, StandingAlarm>, AwsError> {
    let mut alarms = BTreeMap::new();
    let mut token: Option<String> = None;
    for _ in 0..ALARM_PAGES {
        let mut input = json!({"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100});
        if let Some(token) = token.take() {
            input["NextToken"] = json!(token);
        }
        let page = cloudwatch::<AlarmPage>(aws, DESCRIBE_ALARMS, &input).await?;
        let metric = page.metric_alarms.into_iter().filter_map(of_metrics);
        let composite = page.composite_alarms.into_iter().filter_map(of_rule);
        alarms.extend(metric.chain(composite).map(|alarm| (alarm.arn.clone(), alarm)));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    Ok(alarms)
}

/// Changes of state in a stretch of time, by the alarm's name, each alarm's in order. The second value is false when there
/// were more than are read.
///
/// # Errors
/// When CloudWatch cannot be asked.
pub async fn history(
    aws: &Factory,
    from: Timestamp,
    to: Timestamp,
) -> Result<(BTreeMap<String, Vec<Transition>>, bool), AwsError> {
    let mut found: BTreeMap<String, Vec<Transition>> = BTreeMap::new();
    let mut token: Option<String> = None;
    let mut whole = false;
    for _ in 0..HISTORY_PAGES {
        let mut input = json!({
            "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
            "HistoryItemType": "StateUpdate",
            "StartDate": from.as_second(),
            "EndDate": to.as_second().saturating_add(1),
            "MaxRecords": 100,
            "ScanBy": "TimestampDescending",
        });
        if let Some(token) = token.take() {
            input["NextToken"] = json!(token);
        }
        let page = cloudwatch::<AlarmHistory>(aws, DESCRIBE_ALARM_HISTORY, &input).await?;
        for item in page.alarm_history_items {
            let at = item.timestamp.and_then(epoch);
            if let Some(change) = at.and_then(|at| transition(at, &item.history_data)) {
                found.entry(item.alarm_name).or_default().push(change);
            }
        }
        token = page.next_token;
        if token.is_none() {
            whole = true;
            break;
        }
    }
    for changes in found.values_mut() {
        // The newest came first, also among those of one second.
        changes.reverse();
        changes.sort_by_key(|change| change.at);
        changes.dedup();
    }
    Ok((found, whole))
}

fn of_metrics(alarm: MetricAlarm) -> Option<StandingAlarm> {
    let mut resources = Vec::new();
    let mut metrics = Vec::new();
    let mut add = |namespace: Option<&String>, name: Option<&String>, dimensions: Option<&Vec<Dimension>>| {
        let Some(namespace) = namespace else { return };
        let dimensions = pairs(dimensions);
        if let Some(resource) = naming::measured(namespace, &dimensions).map(|resource| resource.id)
            && !resources.contains(&resource)
        {
            resources.push(resource);
        }
        metrics.push(json!({"metricStat": {"metric": {
            "namespace": namespace, "name": name, "dimensions": dimensions,
        }}}));
    };
    add(
        alarm.namespace.as_ref(),
        alarm.metric_name.as_ref(),
        alarm.dimensions.as_ref(),
    );
    for query in alarm.metrics.iter().flatten() {
        if let Some(stat) = &query.metric_stat {
            let metric = &stat.metric;
            add(
                Some(&metric.namespace),
                Some(&metric.name),
                metric.dimensions.as_ref(),
            );
        }
    }
    Some(StandingAlarm {
        name: alarm.alarm_name,
        arn: alarm.alarm_arn?,
        description: alarm.alarm_description.filter(|words| !words.is_empty()),
        state: AlarmState::from_word(&alarm.state_value)?,
        since: alarm
            .state_transitioned_timestamp
            .or(alarm.state_updated_timestamp)
            .and_then(epoch),
        reason: alarm.state_reason.unwrap_or_default(),
        resources,
        children: BTreeSet::new(),
        suppressed: false,
        metrics,
        rule: None,
    })
}

fn of_rule(alarm: CompositeAlarm) -> Option<StandingAlarm> {
    Some(StandingAlarm {
        name: alarm.alarm_name,
        arn: alarm.alarm_arn?,
        description: alarm.alarm_description.filter(|words| !words.is_empty()),
        state: AlarmState::from_word(&alarm.state_value)?,
        since: alarm
            .state_transitioned_timestamp
            .or(alarm.state_updated_timestamp)
            .and_then(epoch),
        reason: alarm.state_reason.unwrap_or_default(),
        resources: Vec::new(),
        children: alarms_in_rule(&alarm.alarm_rule),
        suppressed: alarm.actions_suppressed_by.is_some_and(|by| by == "Alarm"),
        metrics: Vec::new(),
        rule: Some(alarm.alarm_rule),
    })
}
