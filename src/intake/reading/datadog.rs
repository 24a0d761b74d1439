//! Datadog: the body that a webhook sends when it is left as it is (`body`, `title`, `event_type`, `org`, `id`), and what
//! people add to it, under the names of the variables in lower case. Variables: docs.datadoghq.com/integrations/webhooks.

use serde_json::Value;

use super::{
    place,
    words::{DESCRIPTION, clipped, first, first_moment, id, is_link, list, made_id, need, priority, title},
};
use crate::model::{Alert, AlertAction, Place};

/// True for Datadog's own body, or one with its variables by name.
pub(super) fn is(body: &Value) -> bool {
    let own = body.get("title").is_some() && body.get("event_type").is_some() && body.get("org").is_some();
    own || body.get("alert_transition").is_some() || body.get("alert_title").is_some()
}

pub(super) fn read(body: &Value) -> Result<Alert, String> {
    let whole = match first(body, &["/event_title", "/alert_title"]) {
        Some(title) => title,
        None => need(body, "/title")?,
    };
    let (said, rest) = transition(&whole);
    let told = first(body, &["/alert_transition"]);
    let action = match told.as_deref().or(said) {
        Some(word) => action(word),
        None => AlertAction::Created,
    };
    // Datadog's own `id` is that of one event. What links a trigger with its recovery is the cycle's key, else the title
    // without its first word.
    let org = first(body, &["/org/id", "/org_id"]).unwrap_or_default();
    let incident = first(body, &["/alert_cycle_key", "/aggreg_key"]).map_or_else(
        || {
            let monitor = first(body, &["/alert_id"]).unwrap_or_default();
            let scope = first(body, &["/alert_scope"]).unwrap_or_default();
            made_id("datadog", &[&org, &monitor, &scope, rest])
        },
        id,
    );
    let mut alert = Alert {
        incident,
        action,
        title: title(&whole),
        priority: first(body, &["/alert_priority", "/priority"]).and_then(|word| priority(&word)),
        description: clipped(
            &first(body, &["/body", "/event_msg", "/text_only_msg", "/alert_status"]).unwrap_or_default(),
            DESCRIPTION,
        ),
        at: first_moment(body, &["/date", "/last_updated"]),
        link: first(body, &["/link", "/url"]).filter(|link| is_link(link)),
        ..Alert::default()
    };
    for at in ["/tags", "/alert_scope"] {
        for tag in list(body, at) {
            tagged(&mut alert, &tag);
        }
    }
    let text = format!("{} {}", alert.title, alert.description);
    place::from_text(&mut alert, &text);
    place::settle(&mut alert);
    Ok(alert)
}

/// The word of a title's first bracket, `[Triggered on {host:a}] CPU is high`, and what is left without it.
fn transition(whole: &str) -> (Option<&str>, &str) {
    const WORDS: [&str; 9] = [
        "Re-Triggered",
        "Triggered",
        "Recovered",
        "Re-No Data",
        "No Data",
        "Re-Warn",
        "Warn",
        "Renotify",
        "Resolved",
    ];
    let inside = whole.trim_start().strip_prefix('[');
    let found =
        inside.and_then(|inside| Some((*WORDS.iter().find(|word| inside.starts_with(**word))?, inside)));
    match found {
        Some((word, inside)) => (Some(word), inside.get(word.len()..).unwrap_or(inside)),
        None => (None, whole),
    }
}

fn action(transition: &str) -> AlertAction {
    match transition.to_lowercase().as_str() {
        "recovered" | "resolved" | "success" => AlertAction::Resolved,
        "re-triggered" | "re-no data" | "re-warn" | "renotify" => AlertAction::Updated,
        _ => AlertAction::Created,
    }
}

/// Tags that Datadog's integration with AWS gives to everything it reads.
fn tagged(alert: &mut Alert, tag: &str) {
    let Some((name, value)) = tag.split_once(':') else {
        return;
    };
    let value = value.trim();
    match name.trim() {
        "region" if Place::is_region(value) => {
            alert.region.get_or_insert_with(|| value.to_owned());
        }
        "aws_account" | "account_id" if place::is_account(value) => {
            alert.account.get_or_insert_with(|| value.to_owned());
        }
        "service" if !value.is_empty() => {
            alert.service.get_or_insert_with(|| title(value));
        }
        "functionname"
        | "instance_id"
        | "instance-id"
        | "dbinstanceidentifier"
        | "dbclusteridentifier"
        | "tablename"
        | "queuename"
        | "topicname"
        | "bucketname"
        | "loadbalancer"
        | "targetgroup"
        | "streamname"
        | "cacheclusterid"
        | "function_arn" => place::add(alert, value.to_owned()),
        "host" if value.starts_with("i-") => place::add(alert, value.to_owned()),
        _ => {}
    }
}
