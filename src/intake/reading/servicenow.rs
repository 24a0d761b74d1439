//! ServiceNow: what the documented business rule sends after an incident is inserted, updated or deleted. Its script leaves
//! out what is null in `additionalContext`, and nowhere else. States: "Incident states" in ServiceNow's documentation of
//! incident management (6 resolved, 7 closed, 8 cancelled).

use serde_json::Value;

use super::{
    place,
    words::{DESCRIPTION, clipped, id, moment, need, priority, quoted, title, word},
};
use crate::model::{Alert, AlertAction};

/// True for the rule's body.
pub(super) fn is(body: &Value) -> bool {
    body.get("sysId").is_some() || body.get("shortDescription").is_some()
}

pub(super) fn read(body: &Value) -> Result<Alert, String> {
    let ticket = id(need(body, "/sysId")?);
    let number = word(body, "/additionalContext/number");
    let shown = number.clone().unwrap_or_else(|| ticket.clone());
    let over = word(body, "/incidentState").and_then(|state| over(&state));
    let inactive = word(body, "/active").is_some_and(|active| matches!(active.as_str(), "false" | "0"));
    let kind = need(body, "/eventType")?;
    let action = match kind.to_lowercase().as_str() {
        "create" | "insert" | "update" if over.is_some() => over.unwrap_or_default(),
        "create" | "insert" | "update" if inactive => AlertAction::Closed,
        "create" | "insert" => AlertAction::Created,
        "update" => AlertAction::Updated,
        "delete" => AlertAction::Closed,
        _ => {
            return Err(format!(
                "the field eventType is {}, not one of create, update, delete",
                quoted(&kind)
            ));
        }
    };
    let mut alert = Alert {
        incident: id(shown.clone()),
        action,
        title: word(body, "/shortDescription").map_or_else(
            || format!("ServiceNow incident {}", title(&shown)),
            |text| title(&text),
        ),
        priority: word(body, "/priority").and_then(|word| priority(&word)),
        description: clipped(&word(body, "/description").unwrap_or_default(), DESCRIPTION),
        at: moment(body, "/additionalContext/opened_at"),
        service: word(body, "/additionalContext/business_service")
            .or_else(|| word(body, "/additionalContext/cmdb_ci"))
            .map(|word| title(&word)),
        ticket: Some(ticket),
        ..Alert::default()
    };
    let text = format!("{} {}", alert.title, alert.description);
    place::from_text(&mut alert, &text);
    place::settle(&mut alert);
    Ok(alert)
}

fn over(state: &str) -> Option<AlertAction> {
    Some(match state.to_lowercase().as_str() {
        "6" | "resolved" => AlertAction::Resolved,
        "7" | "8" | "closed" | "canceled" | "cancelled" => AlertAction::Closed,
        _ => return None,
    })
}
