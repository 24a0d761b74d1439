//! The two bodies that midwatch documents for every sender: an incident with an id and an action, and a short one with a
//! title, a severity and affected resources. Other tools' own webhooks are usually set up to send the first.

use serde_json::Value;

use super::{
    place,
    words::{
        DESCRIPTION, NAME, clipped, first, id, is_link, list, made_id, moment, need, priority, quoted, title,
        word,
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
    let said = need(body, "/action")?;
    let mut alert = Alert {
        incident: id(need(body, "/incidentId")?),
        action: action(&said).unwrap_or_default(),
        title: title(&need(body, "/title")?),
        // A priority that is not understood costs the incident its place in the queue, not its investigation.
        priority: word(body, "/priority").and_then(|word| priority(&word)),
        description: description(body, "action", Some(&said)),
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
    let (field, said) = match word(body, "/action") {
        Some(said) => ("action", Some(said)),
        None => ("status", word(body, "/status")),
    };
    let mut alert = Alert {
        action: said.as_deref().and_then(action).unwrap_or_default(),
        priority: first(body, &["/severity", "/priority"]).and_then(|word| priority(&word)),
        description: description(body, field, said.as_deref()),
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

/// What the sender says at length; with the word for what happened, where that is not understood.
fn description(body: &Value, field: &str, said: Option<&str>) -> String {
    let own = word(body, "/description").unwrap_or_default();
    let unknown = said.filter(|said| action(said).is_none());
    let whole = match unknown {
        Some(said) if own.is_empty() => format!("{field}: {}", clipped(said, NAME)),
        Some(said) => format!("{field}: {}\n{own}", clipped(said, NAME)),
        None => own,
    };
    clipped(&whole, DESCRIPTION)
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

/// The action of that word. None, where it is not understood: that costs the incident nothing, it counts as one that begins.
fn action(word: &str) -> Option<AlertAction> {
    Some(match word.to_lowercase().as_str() {
        "created" | "create" | "open" | "opened" | "reopened" | "triggered" | "firing" | "new" => {
            AlertAction::Created
        }
        "updated" | "update" | "acknowledged" | "acknowledge" | "assigned" | "reassigned" | "escalated"
        | "commented" => AlertAction::Updated,
        "resolved" | "resolve" | "ok" | "recovered" | "cleared" => AlertAction::Resolved,
        "closed" | "close" => AlertAction::Closed,
        _ => return None,
    })
}
