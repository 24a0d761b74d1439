//! The two bodies that midwatch documents for every sender: an incident with an id and an action, and a short one with a
//! title, a severity and affected resources. Other tools' own webhooks are usually set up to send the first.

use serde_json::Value;

use super::{
    place,
    words::{
        DESCRIPTION, clipped, first, id, is_link, list, made_id, moment, need, priority, quoted, title, word,
    },
};
use crate::model::{Alert, AlertAction};

/// The body with `incidentId`; none when it is another one.
pub(super) fn incident(body: &Value) -> Option<Result<Alert, String>> {
    // A detector of Splunk has an `incidentId` too.
    let own = body.get("incidentId").is_some() && body.get("detectorId").is_none()
        || word(body, "/eventType").is_some_and(|kind| kind.eq_ignore_ascii_case("incident"));
    own.then(|| read_incident(body))
}

fn read_incident(body: &Value) -> Result<Alert, String> {
    if let Some(kind) = word(body, "/eventType").filter(|kind| !kind.eq_ignore_ascii_case("incident")) {
        return Err(format!(
            "the field eventType is {}, where only 'incident' is known",
            quoted(&kind)
        ));
    }
    let mut alert = Alert {
        incident: id(need(body, "/incidentId")?),
        action: action(&need(body, "/action")?)?,
        title: title(&need(body, "/title")?),
        // A priority that is not understood costs the incident its place in the queue, not its investigation.
        priority: word(body, "/priority").and_then(|word| priority(&word)),
        description: description(body),
        at: moment(body, "/timestamp"),
        service: word(body, "/service").map(|word| title(&word)),
        ..Alert::default()
    };
    let data = body.get("data");
    for fields in [
        data.and_then(|data| data.get("metadata")),
        data,
        body.get("metadata"),
        Some(body),
    ] {
        place::from_fields(&mut alert, fields);
    }
    for at in [
        "/affectedResources",
        "/data/affectedResources",
        "/data/resources",
        "/data/metadata/resources",
    ] {
        for resource in list(body, at) {
            place::add(&mut alert, resource);
        }
    }
    alert.link = first(body, &["/link", "/url", "/data/link", "/data/url"]).filter(|link| is_link(link));
    finish(&mut alert, data);
    Ok(alert)
}

/// The short body: `title`, and a severity, resources, a description or metadata beside it; none when it is another one.
pub(super) fn short(body: &Value) -> Option<Result<Alert, String>> {
    let beside = [
        "severity",
        "affectedResources",
        "metadata",
        "description",
        "priority",
    ];
    let own = body.get("title").is_some() && beside.iter().any(|field| body.get(field).is_some());
    own.then(|| read_short(body))
}

fn read_short(body: &Value) -> Result<Alert, String> {
    let named = title(&need(body, "/title")?);
    let mut alert = Alert {
        action: match first(body, &["/action", "/status"]) {
            Some(word) => action(&word)?,
            None => AlertAction::Created,
        },
        priority: first(body, &["/severity", "/priority"]).and_then(|word| priority(&word)),
        description: description(body),
        at: moment(body, "/timestamp"),
        service: word(body, "/service").map(|word| title(&word)),
        ..Alert::default()
    };
    for fields in [body.get("metadata"), Some(body)] {
        place::from_fields(&mut alert, fields);
    }
    for resource in list(body, "/affectedResources") {
        place::add(&mut alert, resource);
    }
    // Without an id of the sender's, the same words about the same things are the same incident.
    alert.incident = first(body, &["/id", "/metadata/incidentId", "/metadata/id"]).map_or_else(
        || {
            let mut parts = vec![named.as_str()];
            parts.extend(alert.resources.iter().map(String::as_str));
            parts.extend(alert.account.as_deref());
            parts.extend(alert.region.as_deref());
            made_id("event", &parts)
        },
        id,
    );
    alert.title = named;
    alert.link =
        first(body, &["/link", "/url", "/metadata/link", "/metadata/url"]).filter(|link| is_link(link));
    finish(&mut alert, body.get("metadata"));
    Ok(alert)
}

fn description(body: &Value) -> String {
    clipped(&word(body, "/description").unwrap_or_default(), DESCRIPTION)
}

/// What title, description and data say of the place.
fn finish(alert: &mut Alert, data: Option<&Value>) {
    let text = format!("{} {}", alert.title, alert.description);
    place::from_text(alert, &text);
    if let Some(data) = data.filter(|data| !data.is_null()) {
        for arn in place::arns(&data.to_string()) {
            place::add(alert, arn);
        }
    }
    place::settle(alert);
}

/// The action of that word.
fn action(word: &str) -> Result<AlertAction, String> {
    Ok(match word.to_lowercase().as_str() {
        "created" | "create" | "open" | "opened" | "triggered" | "firing" | "new" => AlertAction::Created,
        "updated" | "update" | "acknowledged" => AlertAction::Updated,
        "resolved" | "resolve" | "ok" | "recovered" => AlertAction::Resolved,
        "closed" | "close" => AlertAction::Closed,
        _ => {
            return Err(format!(
                "the field action is {}, not one of created, updated, closed, resolved",
                quoted(word)
            ));
        }
    })
}
