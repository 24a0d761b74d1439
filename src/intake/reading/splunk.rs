//! Splunk: the webhook action of a saved search (`search_name`, `sid`, `result`, `results_link`), whose body is fixed, and
//! the default body of a detector in Splunk Observability Cloud (`detector`, `incidentId`, `status`, ...). Shapes: "Use a
//! webhook alert action" in Splunk's alerting manual, "Observability Cloud webhook request parameters" at docs.splunk.com.

use serde_json::Value;

use super::{
    place,
    words::{
        DESCRIPTION, clipped, first, first_moment, id, is_link, made_id, need, priority, quoted, text, title,
        word,
    },
};
use crate::model::{Alert, AlertAction};

/// Fields of a result that are told.
const FIELDS: usize = 40;

/// True for a saved search.
pub(super) fn is_search(body: &Value) -> bool {
    body.get("sid").is_some() && (body.get("result").is_some() || body.get("search_name").is_some())
}

/// True for a detector.
pub(super) fn is_detector(body: &Value) -> bool {
    body.get("detectorId").is_some() || body.get("detector").is_some() && body.get("incidentId").is_some()
}

pub(super) fn read_search(body: &Value) -> Result<Alert, String> {
    let sid = need(body, "/sid")?;
    let name = word(body, "/search_name");
    let part = |at: &str| word(body, at).unwrap_or_default();
    // Each run has its own `sid`; what comes again is the search.
    let incident = match &name {
        Some(name) => made_id("splunk", &[&part("/app"), &part("/owner"), name]),
        None => id(sid.clone()),
    };
    let mut alert = Alert {
        incident,
        title: title(&name.unwrap_or_else(|| format!("Splunk search {sid}"))),
        link: word(body, "/results_link").filter(|link| is_link(link)),
        ..Alert::default()
    };
    if let Some(result) = body.get("result") {
        alert.priority =
            first(result, &["/severity", "/urgency", "/priority"]).and_then(|word| priority(&word));
        alert.at = first_moment(result, &["/_time", "/timestamp"]);
        alert.service = first(result, &["/service", "/service_name"]).map(|word| title(&word));
        let fields = result.as_object().into_iter().flatten().take(FIELDS);
        let lines: Vec<String> = fields
            .filter_map(|(name, value)| Some(format!("{name}: {}", text(value)?)))
            .collect();
        alert.description = clipped(&lines.join("\n"), DESCRIPTION);
        place::from_fields(&mut alert, Some(result));
    }
    let said = alert.description.clone();
    place::from_text(&mut alert, &said);
    place::settle(&mut alert);
    Ok(alert)
}

pub(super) fn read_detector(body: &Value) -> Result<Alert, String> {
    let status = match first(body, &["/statusExtended", "/status"]) {
        Some(status) => status,
        None => need(body, "/status")?,
    };
    let action = match status.to_lowercase().as_str() {
        "anomalous" | "too high" | "too low" | "triggered" => AlertAction::Created,
        "ok" | "cleared" => AlertAction::Resolved,
        "manually resolved" | "auto resolved" | "stopped" => AlertAction::Closed,
        _ => {
            return Err(format!(
                "the field status is {}, neither anomalous nor ok",
                quoted(&status)
            ));
        }
    };
    let mut alert = Alert {
        incident: id(need(body, "/incidentId")?),
        action,
        title: title(
            &first(body, &["/messageTitle", "/rule", "/detector"])
                .unwrap_or_else(|| "Splunk detector".to_owned()),
        ),
        priority: word(body, "/severity").and_then(|word| priority(&word)),
        description: clipped(
            &first(body, &["/messageBody", "/description", "/tip"]).unwrap_or_default(),
            DESCRIPTION,
        ),
        at: first_moment(body, &["/timestampISO8601", "/timestamp"]),
        link: word(body, "/detectorUrl").filter(|link| is_link(link)),
        ..Alert::default()
    };
    for at in ["/dimensions", "/inputs/A/key", "/customProperties"] {
        let fields = body.pointer(at);
        place::from_fields(&mut alert, fields);
        if alert.service.is_none() {
            alert.service =
                fields.and_then(|fields| first(fields, &["/sf_service", "/service.name", "/service"]));
        }
        let names = [
            "/FunctionName",
            "/InstanceId",
            "/DBInstanceIdentifier",
            "/TableName",
            "/QueueName",
        ];
        for name in names
            .iter()
            .filter_map(|name| word(fields?, name))
            .collect::<Vec<_>>()
        {
            place::add(&mut alert, name);
        }
    }
    let said = format!("{} {}", alert.title, alert.description);
    place::from_text(&mut alert, &said);
    place::settle(&mut alert);
    Ok(alert)
}
