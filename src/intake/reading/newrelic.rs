//! New Relic: the default template of a workflow's webhook (`id`, `issueUrl`, `title`, `priority`, `impactedEntities`, `state`,
//! `trigger`, ...), and the older one of notification channels (`incident_id`, `condition_name`, `current_state`, `targets`).
//! Templates: "Webhook integration" and "Customize your webhook payload" at docs.newrelic.com.

use serde_json::Value;

use super::{
    place,
    words::{
        DESCRIPTION, clipped, first, first_moment, id, is_link, list, need, priority, quoted, title, word,
    },
};
use crate::model::{Alert, AlertAction};

/// True for a workflow's body.
pub(super) fn is_workflow(body: &Value) -> bool {
    body.get("issueUrl").is_some() || body.get("issueId").is_some()
}

/// True for a notification channel's.
pub(super) fn is_channel(body: &Value) -> bool {
    body.get("incident_id").is_some() && body.get("current_state").is_some()
}

pub(super) fn read_workflow(body: &Value) -> Result<Alert, String> {
    let incident = match first(body, &["/issueId"]) {
        Some(issue) => issue,
        None => need(body, "/id")?,
    };
    let state = need(body, "/state")?;
    let action = match state.to_uppercase().as_str() {
        "CREATED" | "ACTIVATED" => AlertAction::Created,
        "ACKNOWLEDGED" | "DEACTIVATED" | "UPDATED" => AlertAction::Updated,
        "CLOSED" => AlertAction::Resolved,
        _ => {
            return Err(format!(
                "the field state is {}, not one of CREATED, ACTIVATED, CLOSED",
                quoted(&state)
            ));
        }
    };
    // The trigger says what this message is about: an issue that stays active is told of again when it changes.
    let trigger = word(body, "/trigger").unwrap_or_default().to_uppercase();
    let changed = action == AlertAction::Created
        && [
            "ACKNOWLEDGE",
            "PRIORITY",
            "INCIDENT_ADDED",
            "INCIDENT_CLOSED",
            "MERGED",
        ]
        .iter()
        .any(|word| trigger.contains(word));
    let conditions = list(body, "/alertConditionNames");
    let policies = list(body, "/alertPolicyNames");
    let entities = list(body, "/impactedEntities");
    let told = [
        ("conditions", &conditions),
        ("policies", &policies),
        ("entities", &entities),
    ];
    let lines: Vec<String> = told
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what}: {}", names.join(", ")))
        .collect();
    let mut alert = Alert {
        incident: id(incident),
        action: if changed { AlertAction::Updated } else { action },
        title: title(&headline(body)?),
        priority: word(body, "/priority").and_then(|word| priority(&word)),
        description: clipped(&lines.join("\n"), DESCRIPTION),
        at: match action {
            AlertAction::Created if !changed => first_moment(body, &["/createdAt", "/activatedAt"]),
            _ => first_moment(body, &["/closedAt", "/updatedAt", "/createdAt"]),
        },
        service: entities
            .first()
            .filter(|_| entities.len() == 1)
            .map(|name| title(name)),
        link: first(body, &["/issueUrl", "/issuePageUrl"]).filter(|link| is_link(link)),
        ..Alert::default()
    };
    for entity in entities {
        place::add(&mut alert, entity);
    }
    let text = format!("{} {}", alert.title, alert.description);
    place::from_text(&mut alert, &text);
    place::settle(&mut alert);
    Ok(alert)
}

/// The title, which the template takes from a list.
fn headline(body: &Value) -> Result<String, String> {
    if let Some(first) = list(body, "/title").first().filter(|_| body["title"].is_array()) {
        return Ok(first.clone());
    }
    need(body, "/title")
}

pub(super) fn read_channel(body: &Value) -> Result<Alert, String> {
    let state = need(body, "/current_state")?;
    let action = match state.to_lowercase().as_str() {
        "open" => AlertAction::Created,
        "acknowledged" => AlertAction::Updated,
        "closed" => AlertAction::Resolved,
        "test" => AlertAction::Created,
        _ => {
            return Err(format!(
                "the field current_state is {}, not one of open, acknowledged, closed",
                quoted(&state)
            ));
        }
    };
    let condition = need(body, "/condition_name")?;
    let mut alert = Alert {
        incident: id(need(body, "/incident_id")?),
        action,
        title: title(&condition),
        priority: word(body, "/severity").and_then(|word| priority(&word)),
        description: clipped(&word(body, "/details").unwrap_or_default(), DESCRIPTION),
        at: first_moment(body, &["/timestamp"]),
        link: word(body, "/incident_url").filter(|link| is_link(link)),
        news: state == "test",
        ..Alert::default()
    };
    if let Some(Value::Array(targets)) = body.get("targets") {
        for target in targets.iter().take(20) {
            if let Some(name) = word(target, "/name") {
                place::add(&mut alert, name);
            }
            place::from_fields(&mut alert, target.get("labels"));
        }
    }
    let text = alert.description.clone();
    place::from_text(&mut alert, &text);
    place::settle(&mut alert);
    Ok(alert)
}
