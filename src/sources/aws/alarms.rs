//! Alarms and their transitions: CloudWatch DescribeAlarms and DescribeAlarmHistory.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    ask::{Ask, epoch},
    cloudwatch::{AlarmHistory, AlarmPage, MetricAlarm, pairs},
    gaps, naming,
};
use crate::{
    aws::{
        json::cloudwatch,
        operations::{DESCRIBE_ALARM_HISTORY, DESCRIBE_ALARMS},
    },
    model::{Alarm, AlarmState, Comparison, Evidence, Gap, GapKind, MissingData, Text, Transition, Window},
};

/// Names that one DescribeAlarms call takes.
const NAMES_A_CALL: usize = 100;
/// Pages of alarms (100 each) that are read at most.
const ALARM_PAGES: usize = 20;
/// Pages of history (100 each) that are read at most.
const HISTORY_PAGES: usize = 10;
/// Alarms up to which each one's history is asked for by name.
const BY_NAME: usize = 5;

pub(super) async fn answer(
    ask: &mut Ask<'_>,
    names: &[String],
    state: Option<AlarmState>,
    window: &Window,
) -> Option<Evidence> {
    let mut found = Found::default();
    let names: Vec<String> = names.iter().map(|name| plain_name(name).to_owned()).collect();
    if names.is_empty() {
        describe(ask, &[], state, &mut found).await?;
    }
    for chunk in names.chunks(NAMES_A_CALL) {
        describe(ask, chunk, state, &mut found).await?;
    }
    let children: Vec<String> = found.children.difference(&found.seen).cloned().collect();
    if !names.is_empty() {
        for chunk in children.chunks(NAMES_A_CALL) {
            describe(ask, chunk, None, &mut found).await?;
        }
    }
    let histories = histories(ask, &found.alarms, window).await;
    let mut alarms: Vec<Alarm> = found
        .alarms
        .iter()
        .filter_map(|alarm| match read(alarm, histories.get(&alarm.alarm_name)) {
            Ok(alarm) => Some(alarm),
            Err(gap) => {
                ask.gaps.push(*gap);
                None
            }
        })
        .collect();
    alarms.sort_by(|a, b| a.name.cmp(&b.name));
    Some(Evidence::Alarms(alarms))
}

#[derive(Default)]
struct Found {
    alarms: Vec<MetricAlarm>,
    /// Names of the metric alarms that were found.
    seen: BTreeSet<String>,
    /// Names in the rules of composite alarms.
    children: BTreeSet<String>,
}

async fn describe(
    ask: &mut Ask<'_>,
    names: &[String],
    state: Option<AlarmState>,
    found: &mut Found,
) -> Option<()> {
    let what = || match names {
        [name] => Text::from("alarm ").ext(name.clone()),
        _ => "alarms".into(),
    };
    let mut token: Option<String> = None;
    for _ in 0..ALARM_PAGES {
        let mut input = json!({"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100});
        if !names.is_empty() {
            input["AlarmNames"] = json!(names);
        }
        if let Some(state) = state {
            input["StateValue"] = json!(state.as_str());
        }
        if let Some(token) = token.take() {
            input["NextToken"] = json!(token);
        }
        let outcome = cloudwatch::<AlarmPage>(&ask.aws, DESCRIBE_ALARMS, &input).await;
        let page = ask.keep(outcome, what, None)?;
        for alarm in page.metric_alarms {
            if found.seen.insert(alarm.alarm_name.clone()) {
                found.alarms.push(alarm);
            }
        }
        for alarm in page.composite_alarms {
            let children = alarms_in_rule(&alarm.alarm_rule);
            if !names.is_empty() {
                ask.gaps.push(Gap {
                    kind: GapKind::Unsupported,
                    what: Text::from("composite alarm ").ext(alarm.alarm_name),
                    resource: None,
                    why: Text::from(format!(
                        "it has no metric of its own; the {} alarms in its rule are looked at",
                        children.len()
                    )),
                    hint: None,
                });
            }
            found.children.extend(children);
        }
        token = page.next_token;
        if token.is_none() {
            return Some(());
        }
    }
    ask.gaps.push(gaps::cut(
        what(),
        None,
        format!("there are more than {} alarms", ALARM_PAGES * NAMES_A_CALL),
        "name the alarm",
    ));
    Some(())
}

/// An alarm may be named by its ARN.
fn plain_name(name: &str) -> &str {
    name.rsplit_once(":alarm:").map_or(name, |(_, name)| name)
}

/// Names of the alarms in a composite alarm's rule: `ALARM("a") AND NOT OK(b)`.
pub(super) fn alarms_in_rule(rule: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for state in ["ALARM(", "OK(", "INSUFFICIENT_DATA("] {
        for piece in rule.split(state).skip(1) {
            let name = match piece.trim_start().strip_prefix('"') {
                Some(quoted) => quoted.split('"').next(),
                None => piece.split(')').next(),
            };
            let name = name.unwrap_or_default().trim();
            let name = plain_name(name);
            if !name.is_empty() {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

/// State changes in the window, by alarm.
async fn histories(
    ask: &mut Ask<'_>,
    alarms: &[MetricAlarm],
    window: &Window,
) -> BTreeMap<String, Vec<Transition>> {
    let names: Vec<Option<&str>> = if alarms.len() <= BY_NAME {
        alarms
            .iter()
            .map(|alarm| Some(alarm.alarm_name.as_str()))
            .collect()
    } else {
        vec![None]
    };
    let mut found: BTreeMap<String, Vec<Transition>> = BTreeMap::new();
    for name in names {
        if history(ask, name, window, &mut found).await.is_none() {
            break;
        }
    }
    for transitions in found.values_mut() {
        transitions.sort_by_key(|transition| transition.at);
        transitions.dedup();
    }
    found
}

async fn history(
    ask: &mut Ask<'_>,
    name: Option<&str>,
    window: &Window,
    found: &mut BTreeMap<String, Vec<Transition>>,
) -> Option<()> {
    let what = || match name {
        Some(name) => Text::from("history of alarm ").ext(name),
        None => "history of alarms".into(),
    };
    let mut token: Option<String> = None;
    for _ in 0..HISTORY_PAGES {
        let mut input = json!({
            "HistoryItemType": "StateUpdate",
            "StartDate": window.from.as_second(),
            "EndDate": window.to.as_second(),
            "MaxRecords": 100,
        });
        if let Some(name) = name {
            input["AlarmName"] = json!(name);
        }
        if let Some(token) = token.take() {
            input["NextToken"] = json!(token);
        }
        let outcome = cloudwatch::<AlarmHistory>(&ask.aws, DESCRIBE_ALARM_HISTORY, &input).await;
        let page = ask.keep(outcome, what, None)?;
        for item in page.alarm_history_items {
            let at = item.timestamp.and_then(epoch);
            if let Some(read) = at.and_then(|at| transition(at, &item.history_data)) {
                found.entry(item.alarm_name).or_default().push(read);
            }
        }
        token = page.next_token;
        if token.is_none() {
            return Some(());
        }
    }
    ask.gaps.push(gaps::cut(
        what(),
        None,
        format!(
            "there are more than {} state changes in the window",
            HISTORY_PAGES * 100
        ),
        "look at a narrower window",
    ));
    Some(())
}

/// A state change from a history item's data, as CloudWatch writes it.
pub(super) fn transition(at: Timestamp, data: &str) -> Option<Transition> {
    let data: Value = serde_json::from_str(data).ok()?;
    let state = |key: &str| AlarmState::from_word(data.get(key)?.get("stateValue")?.as_str()?);
    let (from, to) = (state("oldState")?, state("newState")?);
    let reason = data.pointer("/newState/stateReason").and_then(Value::as_str);
    (from != to).then(|| Transition {
        at,
        from,
        to,
        reason: reason.unwrap_or_default().to_owned(),
    })
}

/// A metric alarm as ours, or the gap that it leaves.
fn read(alarm: &MetricAlarm, history: Option<&Vec<Transition>>) -> Result<Alarm, Box<Gap>> {
    let name = alarm.alarm_name.clone();
    let unreadable = |why: &str| {
        Box::new(Gap {
            kind: GapKind::Unsupported,
            what: Text::from("alarm ").ext(name.clone()),
            resource: None,
            why: why.into(),
            hint: Some("investigate the metric itself".into()),
        })
    };
    let watched = Watched::of(alarm)
        .ok_or_else(|| unreadable("it watches an expression without a metric of its own account"))?;
    let (comparison, banded) = match alarm.comparison_operator.as_str() {
        "GreaterThanThreshold" => (Comparison::GreaterThanThreshold, false),
        "GreaterThanOrEqualToThreshold" => (Comparison::GreaterThanOrEqualToThreshold, false),
        "LessThanThreshold" => (Comparison::LessThanThreshold, false),
        "LessThanOrEqualToThreshold" => (Comparison::LessThanOrEqualToThreshold, false),
        "LessThanLowerThreshold" => (Comparison::LessThanThreshold, true),
        _ => (Comparison::GreaterThanThreshold, true),
    };
    let threshold = if banded {
        band_edge(alarm, comparison)
    } else {
        alarm.threshold
    };
    let threshold =
        threshold.ok_or_else(|| unreadable("it watches an anomaly band whose edge is not known"))?;
    Ok(Alarm {
        arn: alarm.alarm_arn.clone(),
        description: alarm.alarm_description.clone().filter(|words| !words.is_empty()),
        resource: naming::measured(&watched.namespace, &watched.dimensions).map(|resource| resource.id),
        namespace: watched.namespace,
        metric: watched.metric,
        dimensions: watched.dimensions,
        stat: watched.stat,
        period: watched.period,
        threshold,
        comparison,
        evaluation_periods: alarm.evaluation_periods.filter(|count| *count > 0).unwrap_or(1),
        treat_missing: match alarm.treat_missing_data.as_deref() {
            Some("ignore") => MissingData::Ignore,
            Some("breaching") => MissingData::Breaching,
            Some("notBreaching") => MissingData::NotBreaching,
            _ => MissingData::Missing,
        },
        transitions: transitions(alarm, history),
        name,
    })
}

/// The metric behind an alarm: its own, or the first one in its expression.
struct Watched {
    namespace: String,
    metric: String,
    dimensions: BTreeMap<String, String>,
    stat: String,
    period: u32,
}

impl Watched {
    fn of(alarm: &MetricAlarm) -> Option<Self> {
        let period = |period: Option<u32>| period.filter(|seconds| *seconds > 0).unwrap_or(60);
        if let Some(metric) = &alarm.metric_name {
            let stat = alarm.extended_statistic.as_ref().or(alarm.statistic.as_ref());
            return Some(Self {
                namespace: alarm.namespace.clone().unwrap_or_default(),
                metric: metric.clone(),
                dimensions: pairs(alarm.dimensions.as_ref()),
                stat: stat.cloned().unwrap_or_else(|| "Average".to_owned()),
                period: period(alarm.period),
            });
        }
        let stat = alarm
            .metrics
            .iter()
            .flatten()
            .find_map(|query| query.metric_stat.as_ref())?;
        Some(Self {
            namespace: stat.metric.namespace.clone(),
            metric: stat.metric.name.clone(),
            dimensions: pairs(stat.metric.dimensions.as_ref()),
            stat: stat.stat.clone(),
            period: period(Some(stat.period)),
        })
    }
}

/// The edge of an anomaly band that the alarm last compared with, from its state's data.
fn band_edge(alarm: &MetricAlarm, comparison: Comparison) -> Option<f64> {
    let data: Value = serde_json::from_str(alarm.state_reason_data.as_ref()?).ok()?;
    let edges = match comparison {
        Comparison::LessThanThreshold | Comparison::LessThanOrEqualToThreshold => "recentLowerThresholds",
        _ => "recentUpperThresholds",
    };
    data.get(edges)?.as_array()?.iter().rev().find_map(Value::as_f64)
}

/// State changes, ending in the alarm's present state even where its history does not say so.
fn transitions(alarm: &MetricAlarm, history: Option<&Vec<Transition>>) -> Vec<Transition> {
    let mut transitions = history.cloned().unwrap_or_default();
    let since = alarm
        .state_transitioned_timestamp
        .or(alarm.state_updated_timestamp)
        .and_then(epoch);
    if let (Some(present), Some(since)) = (AlarmState::from_word(&alarm.state_value), since) {
        let before = transitions
            .last()
            .map_or(AlarmState::InsufficientData, |last| last.to);
        // Whole seconds: the two sources of the time differ in their fractions.
        let newer = transitions
            .last()
            .is_none_or(|last| last.at.as_second() <= since.as_second());
        if before != present && newer {
            transitions.push(Transition {
                at: since,
                from: before,
                to: present,
                reason: alarm.state_reason.clone().unwrap_or_default(),
            });
        }
    }
    transitions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_of_a_composite_alarm_names_its_children() {
        let rule = r#"(ALARM("a b") OR ALARM(arn:aws:cloudwatch:eu-west-1:1:alarm:c)) AND NOT OK(d)"#;
        let names: Vec<_> = alarms_in_rule(rule).into_iter().collect();
        assert_eq!(names, ["a b", "c", "d"]);
    }

    fn alarm(fields: &Value) -> MetricAlarm {
        let mut all = json!({"AlarmName": "a", "MetricName": "Duration", "Namespace": "AWS/Lambda",
            "ComparisonOperator": "GreaterThanUpperThreshold", "StateValue": "OK"});
        for (key, value) in fields.as_object().unwrap() {
            all[key] = value.clone();
        }
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn the_present_state_ends_the_transitions() {
        let since = Timestamp::from_second(1_700_000_000).unwrap();
        let alarm = alarm(&json!({"StateValue": "ALARM", "StateUpdatedTimestamp": 1_700_000_000.0}));
        let read = transitions(&alarm, None);
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].to, read[0].at), (AlarmState::Alarm, since));
        let known = vec![Transition {
            at: since,
            from: AlarmState::Ok,
            to: AlarmState::Alarm,
            reason: String::new(),
        }];
        assert_eq!(transitions(&alarm, Some(&known)), known);
    }

    #[test]
    fn an_anomaly_alarm_compares_with_the_edge_of_its_band() {
        let known = alarm(&json!({"StateReasonData": "{\"recentUpperThresholds\":[1.5,2.5]}"}));
        assert_eq!(read(&known, None).unwrap().threshold, 2.5);
        let unknown = alarm(&json!({}));
        assert_eq!(read(&unknown, None).unwrap_err().kind, GapKind::Unsupported);
    }

    #[test]
    fn an_alarm_on_an_expression_watches_its_first_metric() {
        let alarm = alarm(&json!({
            "MetricName": null, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 5,
            "Metrics": [
                {"Id": "rate", "Expression": "errors / calls"},
                {"Id": "errors", "MetricStat": {"Metric": {"Namespace": "AWS/Lambda", "MetricName": "Errors",
                    "Dimensions": [{"Name": "FunctionName", "Value": "orders"}]}, "Period": 300, "Stat": "Sum"}},
            ],
        }));
        let read = read(&alarm, None).unwrap();
        assert_eq!(
            (read.metric.as_str(), read.stat.as_str(), read.period),
            ("Errors", "Sum", 300)
        );
        assert_eq!(read.resource.unwrap().as_str(), "orders");
    }
}
