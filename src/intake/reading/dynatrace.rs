//! Dynatrace: a problem notification with the placeholders of a custom integration by their own names (`PID`, `ProblemID`,
//! `State`, `ProblemTitle`, `ImpactedEntities`, ...). Placeholders: "Webhook integration" at docs.dynatrace.com.

use serde_json::Value;

use super::{
    place,
    words::{DESCRIPTION, clipped, first, first_moment, id, is_link, need, quoted, text, title, word},
};
use crate::model::{Alert, AlertAction, Priority};

/// Entities that are told.
const ENTITIES: usize = 50;

/// True for a problem notification.
pub(super) fn is(body: &Value) -> bool {
    body.get("ProblemID").is_some() || body.get("PID").is_some()
}

pub(super) fn read(body: &Value) -> Result<Alert, String> {
    // The API knows a problem by its PID (`-123_V2`), people by its id (`P-2411`).
    let shown = first(body, &["/ProblemID"]);
    let ticket = match first(body, &["/PID"]).or_else(|| shown.clone()) {
        Some(ticket) => ticket,
        None => need(body, "/ProblemID")?,
    };
    let state = need(body, "/State")?;
    let action = match state.to_uppercase().as_str() {
        "OPEN" => AlertAction::Created,
        "RESOLVED" => AlertAction::Resolved,
        // It goes on as another problem.
        "MERGED" => AlertAction::Closed,
        _ => {
            return Err(format!(
                "the field State is {}, neither OPEN nor RESOLVED",
                quoted(&state)
            ));
        }
    };
    let mut alert = Alert {
        incident: id(ticket.clone()),
        action,
        title: title(&need(body, "/ProblemTitle")?),
        priority: word(body, "/ProblemSeverity").and_then(|severity| urgency(&severity)),
        description: clipped(
            &first(
                body,
                &[
                    "/ProblemDetailsText",
                    "/ProblemDetails",
                    "/ProblemDetailsMarkdown",
                ],
            )
            .unwrap_or_default(),
            DESCRIPTION,
        ),
        at: match action {
            AlertAction::Created => first_moment(body, &["/ProblemStartTime"]),
            _ => first_moment(body, &["/ProblemEndTime"]),
        },
        ticket: Some(ticket),
        link: word(body, "/ProblemURL").filter(|link| is_link(link)),
        ..Alert::default()
    };
    let mut names = Vec::new();
    if let Some(Value::Array(entities)) = body.get("ImpactedEntities") {
        for entity in entities.iter().take(ENTITIES) {
            names.extend(text(entity).or_else(|| first(entity, &["/name", "/Name", "/entity", "/Entity"])));
            if word(entity, "/type").is_some_and(|kind| kind == "SERVICE") && alert.service.is_none() {
                alert.service = word(entity, "/name").map(|name| title(&name));
            }
        }
    }
    if names.is_empty() {
        names.extend(first(body, &["/ImpactedEntityNames", "/ImpactedEntity"]));
    }
    for name in names {
        place::add(&mut alert, name);
    }
    let said = format!("{} {}", alert.title, alert.description);
    place::from_text(&mut alert, &said);
    place::settle(&mut alert);
    Ok(alert)
}

fn urgency(severity: &str) -> Option<Priority> {
    Some(match severity.to_uppercase().as_str() {
        "AVAILABILITY" => Priority::Critical,
        "ERROR" => Priority::High,
        "PERFORMANCE" | "RESOURCE_CONTENTION" => Priority::Medium,
        _ => return None,
    })
}
