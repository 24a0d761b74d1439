//! PagerDuty: webhooks of version 3. Shapes and event types: "Webhooks Overview" at developer.pagerduty.com/docs/webhooks-overview.
//!
//! The incident's id, not its key, is what events of one incident share: a key comes back with the next incident.

use serde_json::Value;

use super::{
    place,
    words::{DESCRIPTION, clipped, first, first_moment, id, is_link, need, priority, quoted, title, word},
};
use crate::model::{Alert, AlertAction, Priority};

/// True for a body of version 3.
pub(super) fn is(body: &Value) -> bool {
    body.pointer("/event/event_type").is_some()
}

pub(super) fn read(body: &Value) -> Result<Alert, String> {
    let kind = need(body, "/event/event_type")?;
    let data = body.pointer("/event/data").unwrap_or(&Value::Null);
    let at = first_moment(body, &["/event/occurred_at"]);
    let action = match kind.as_str() {
        "incident.triggered" | "incident.reopened" => AlertAction::Created,
        "incident.resolved" => AlertAction::Resolved,
        _ if kind.starts_with("incident.") => AlertAction::Updated,
        // A try from its settings, changes of services: nothing happened.
        _ if kind.starts_with("pagey.") || kind.starts_with("service.") => {
            let what = first(data, &["/message", "/summary", "/name"]).unwrap_or_default();
            return Ok(Alert {
                incident: id(first(body, &["/event/id"]).unwrap_or_else(|| kind.clone())),
                title: title(&format!("PagerDuty {kind} {what}")),
                at,
                news: true,
                ..Alert::default()
            });
        }
        _ => {
            return Err(format!(
                "the field event.event_type is {}, which is not known",
                quoted(&kind)
            ));
        }
    };
    // Notes, responders and updates name the incident that they belong to.
    let (of, own) = match data.get("incident").filter(|incident| incident.is_object()) {
        Some(incident) => (incident, false),
        None => (data, true),
    };
    let ticket = need(of, "/id").map_err(|_| "the field event.data.id is missing".to_owned())?;
    let priority = word(data, "/priority/summary")
        .and_then(|word| priority(&word))
        .or_else(|| match word(data, "/urgency")?.as_str() {
            "high" => Some(Priority::High),
            "low" => Some(Priority::Low),
            _ => None,
        });
    let mut alert = Alert {
        incident: id(ticket.clone()),
        action,
        title: title(
            &first(of, &["/title", "/summary"]).unwrap_or_else(|| format!("PagerDuty incident {ticket}")),
        ),
        priority,
        // What was noted or announced; a new incident has nothing but its title.
        description: clipped(
            &first(data, &["/content", "/message", "/body/details", "/description"]).unwrap_or_default(),
            DESCRIPTION,
        ),
        // What is opened again was created long ago.
        at: if own && kind == "incident.triggered" {
            first_moment(data, &["/created_at"]).or(at)
        } else {
            at
        },
        service: first(data, &["/service/summary", "/incident/service/summary"]).map(|word| title(&word)),
        ticket: Some(ticket),
        link: word(of, "/html_url").filter(|link| is_link(link)),
        ..Alert::default()
    };
    let text = format!("{} {}", alert.title, alert.description);
    place::from_text(&mut alert, &text);
    place::settle(&mut alert);
    Ok(alert)
}
