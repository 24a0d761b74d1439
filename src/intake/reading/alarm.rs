//! A CloudWatch alarm, in the two ways in which CloudWatch tells of it: the message of an SNS action (`AlarmName`,
//! `NewStateValue`, `Trigger`; composite alarms with `AlarmRule` and `TriggeringChildren`) and the event "CloudWatch Alarm
//! State Change" of EventBridge (`detail.alarmName`, `state`, `configuration`). Shapes: "Alarm events and EventBridge" and
//! "Using Amazon CloudWatch alarms" in CloudWatch's user guide.
//!
//! Either way the incident is the alarm's ARN: who hears of it twice hears of one incident.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    place,
    words::{DESCRIPTION, clipped, id, moment, need, quoted, sort, text, title, word},
};
use crate::{
    model::{AlarmState, Alert, AlertAction, Place},
    sources::aws::naming,
};

/// Metrics and children of an alarm that are looked at.
const PARTS: usize = 50;

/// True for the message of an SNS action.
pub(super) fn is_message(body: &Value) -> bool {
    body.get("AlarmName").is_some() && body.get("NewStateValue").is_some()
}

/// An alarm's change of state, whoever tells of it.
struct Told {
    name: String,
    arn: Option<String>,
    account: Option<String>,
    region: Option<String>,
    from: Option<AlarmState>,
    to: AlarmState,
    at: Option<Timestamp>,
    description: Option<String>,
    reason: Option<String>,
    /// Resources that its metrics measure, and alarms that set it off.
    resources: Vec<String>,
    /// A suppressor alarm keeps it quiet: maintenance, as CloudWatch means it.
    suppressed: bool,
}

/// The message of an SNS action.
pub(super) fn read_message(body: &Value) -> Result<Alert, String> {
    let trigger = body.get("Trigger");
    let mut resources = Vec::new();
    if let Some(trigger) = trigger {
        let stat = |metric: &Value| {
            measured(
                word(metric, "/Namespace").as_deref(),
                metric.get("Dimensions").unwrap_or(&Value::Null),
            )
        };
        resources.extend(stat(trigger));
        for metric in items(trigger.get("Metrics")) {
            resources.extend(metric.pointer("/MetricStat/Metric").and_then(stat));
        }
    }
    for child in items(body.get("TriggeringChildren")) {
        resources.extend(word(child, "/Arn"));
    }
    Ok(alert(Told {
        name: need(body, "/AlarmName")?,
        arn: word(body, "/AlarmArn").filter(|arn| arn.starts_with("arn:")),
        account: word(body, "/AWSAccountId").filter(|account| place::is_account(account)),
        // `Region` is a name for people ("EU (Ireland)"): the ARN says which it is.
        region: word(body, "/Region").filter(|region| Place::is_region(region)),
        from: word(body, "/OldStateValue").and_then(|word| AlarmState::from_word(&word)),
        to: state(&need(body, "/NewStateValue")?, "NewStateValue")?,
        at: moment(body, "/StateChangeTime"),
        description: word(body, "/AlarmDescription"),
        reason: word(body, "/NewStateReason"),
        resources,
        suppressed: word(body, "/ActionsSuppressedBy").is_some_and(|by| by == "Alarm"),
    }))
}

/// The event "CloudWatch Alarm State Change".
pub(super) fn read_event(body: &Value) -> Result<Alert, String> {
    let detail = body.get("detail").unwrap_or(&Value::Null);
    if !detail.is_object() {
        return Err(format!("the field detail is {}, not an object", sort(detail)));
    }
    let mut resources = Vec::new();
    for metric in items(detail.pointer("/configuration/metrics")) {
        let Some(metric) = metric.pointer("/metricStat/metric") else {
            continue;
        };
        let dimensions = metric.get("dimensions").unwrap_or(&Value::Null);
        resources.extend(measured(word(metric, "/namespace").as_deref(), dimensions));
    }
    // The children that set a composite alarm off stand in JSON within the JSON.
    if let Some(data) = word(detail, "/state/reasonData") {
        let data: Value = serde_json::from_str(&data).unwrap_or_default();
        for child in items(data.get("triggeringAlarms")) {
            resources.extend(word(child, "/arn"));
        }
    }
    for named in items(detail.pointer("/configuration/children")) {
        resources.extend(text(named));
    }
    let named = items(body.get("resources")).find_map(text);
    Ok(alert(Told {
        name: need(detail, "/alarmName").map_err(|error| error.replace("alarmName", "detail.alarmName"))?,
        arn: named.filter(|arn| arn.starts_with("arn:")),
        account: word(body, "/account").filter(|account| place::is_account(account)),
        region: word(body, "/region").filter(|region| Place::is_region(region)),
        from: word(detail, "/previousState/value").and_then(|word| AlarmState::from_word(&word)),
        to: state(
            &need(detail, "/state/value")
                .map_err(|error| error.replace("state.value", "detail.state.value"))?,
            "detail.state.value",
        )?,
        at: moment(detail, "/state/timestamp").or_else(|| moment(body, "/time")),
        description: word(detail, "/configuration/description"),
        reason: word(detail, "/state/reason"),
        resources,
        suppressed: word(detail, "/state/actionsSuppressedBy").is_some_and(|by| by == "Alarm"),
    }))
}

fn state(said: &str, field: &str) -> Result<AlarmState, String> {
    AlarmState::from_word(said).ok_or_else(|| {
        format!(
            "the field {field} is {}, not one of ALARM, OK, INSUFFICIENT_DATA",
            quoted(said)
        )
    })
}

fn alert(told: Told) -> Alert {
    let account = told.account.as_deref().unwrap_or_default();
    let region = told.region.as_deref().unwrap_or_default();
    let incident = told
        .arn
        .clone()
        .unwrap_or_else(|| format!("alarm {} {account}/{region}", told.name));
    let lines: Vec<&str> = [told.description.as_deref(), told.reason.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    let mut alert = Alert {
        incident: id(incident),
        action: match told.to {
            AlarmState::Alarm => AlertAction::Created,
            AlarmState::Ok => AlertAction::Resolved,
            AlarmState::InsufficientData => AlertAction::Updated,
        },
        title: title(&match told.to {
            AlarmState::Alarm => format!("{} is in ALARM", told.name),
            AlarmState::Ok => format!("{} is OK again", told.name),
            AlarmState::InsufficientData => format!("{} has no data", told.name),
        }),
        description: clipped(&lines.join("\n"), DESCRIPTION),
        at: told.at,
        alarm: Some(clipped(&told.name, 256)),
        account: told.account,
        region: told.region,
        maintenance: told.suppressed && told.to == AlarmState::Alarm,
        // Of an alarm that was well, missing data are no incident. That it is OK may end one, whatever was in between.
        news: told.to == AlarmState::InsufficientData && told.from != Some(AlarmState::Alarm),
        ..Alert::default()
    };
    for resource in told.resources {
        place::add(&mut alert, resource);
    }
    if let Some(arn) = &told.arn {
        place::of_arn(&mut alert, arn);
    }
    let said = told.description.unwrap_or_default();
    place::from_text(&mut alert, &said);
    alert
}

/// The resource behind a metric, by the name that midwatch has for it; the names in its dimensions where it knows none.
fn measured(namespace: Option<&str>, dimensions: &Value) -> Option<String> {
    let named: BTreeMap<String, String> = match dimensions {
        // SNS: a list of names and values; EventBridge: an object.
        Value::Array(pairs) => pairs
            .iter()
            .take(PARTS)
            .filter_map(|pair| {
                let name = word(pair, "/name").or_else(|| word(pair, "/Name"))?;
                let value = word(pair, "/value").or_else(|| word(pair, "/Value"))?;
                Some((name, value))
            })
            .collect(),
        Value::Object(pairs) => pairs
            .iter()
            .take(PARTS)
            .filter_map(|(name, value)| Some((name.clone(), text(value)?)))
            .collect(),
        _ => return None,
    };
    naming::measured(namespace?, &named).map(|resource| resource.id.to_string())
}

fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten().take(PARTS)
}
