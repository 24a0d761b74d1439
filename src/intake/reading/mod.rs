//! What senders say, as one kind of alert: pure, one file a sender. Every field is the sender's own word.
//!
//! ```text
//! body ─► an incident as midwatch documents it? ─► the sender's own shape? ─► the short documented body? ─► Alert
//!                                                                                          └─ no ─► why not
//! ```
//!
//! What cannot be read is no error of the program: the sentence is kept beside the body, for a person to see.

mod alarm;
mod alertmanager;
mod datadog;
mod dynatrace;
mod eventbridge;
mod generic;
mod github;
mod gitlab;
mod health;
mod newrelic;
mod outcome;
mod pagerduty;
mod place;
mod servicenow;
mod slack;
mod sns;
mod splunk;
mod words;

use serde_json::Value;

pub use self::outcome::wish;
use super::webhook::WebhookKind;
use crate::model::Alert;

/// The sender's word for CloudWatch's alarms.
pub const CLOUDWATCH: &str = "cloudwatch";

/// What a webhook's body says. `event` is the name that some senders put into a header (`X-GitHub-Event`,
/// `X-Gitlab-Event`).
///
/// # Errors
/// One sentence that names the field which is missing or odd.
pub fn read(kind: WebhookKind, event: Option<&str>, body: &Value) -> Result<Alert, String> {
    if !body.is_object() {
        return Err(format!(
            "the body is {}, not an object of JSON",
            words::sort(body)
        ));
    }
    if let Some(read) = generic::incident(body) {
        return read;
    }
    // Whose shape a body has says more than whose webhook it came to; a repository's events show it by their header alone.
    if let Some(read) = own(kind, event, body) {
        return read;
    }
    known(body, 0).unwrap_or_else(|| Err(missing(kind, event, body)))
}

/// What a body says that comes without a word about its sender, as from a queue: the sender's word, and the reading.
pub fn read_any(body: &Value) -> (&'static str, Result<Alert, String>) {
    if !body.is_object() {
        return (
            WebhookKind::Generic.as_str(),
            Err(format!(
                "the message is {}, not an object of JSON",
                words::sort(body)
            )),
        );
    }
    let sender = match () {
        () if sns::is(body) => WebhookKind::Sns,
        () if alarm::is_message(body) => WebhookKind::Sns,
        () if eventbridge::is(body) => WebhookKind::EventBridge,
        () => WebhookKind::Generic,
    };
    let read = known(body, 0).unwrap_or_else(|| Err(unknown(body)));
    (self::sender(sender, read.as_ref().ok()), read)
}

/// The sender's word for what came to a webhook of that kind. An alarm of CloudWatch comes from CloudWatch, whichever way it
/// takes: incidents are told apart by sender and id, and two ways of one alarm tell of one incident.
pub fn sender(kind: WebhookKind, alert: Option<&Alert>) -> &'static str {
    if alert.is_some_and(|alert| alert.alarm.is_some()) {
        return CLOUDWATCH;
    }
    kind.as_str()
}

/// The words that the sender wants to have back, when it only asks whether somebody is there (Slack's `url_verification`). The
/// answer is 200 with exactly these as plain text, once the request has proved who sends it.
pub fn challenge(kind: WebhookKind, body: &Value) -> Option<&str> {
    (kind == WebhookKind::Slack).then(|| slack::challenge(body))?
}

/// The name that a sender gives the event itself, where it sends one until it is answered (Slack's `event_callback`).
pub fn event_id(kind: WebhookKind, body: &Value) -> Option<String> {
    (kind == WebhookKind::Slack).then(|| slack::event_id(body))?
}

/// The sender's own shape; none when the body is not of it.
fn own(kind: WebhookKind, event: Option<&str>, body: &Value) -> Option<Result<Alert, String>> {
    match kind {
        WebhookKind::GitHub => {
            let other = event.is_none() && known(body, 0).is_some();
            (!other).then(|| github::read(event, body))
        }
        WebhookKind::GitLab => {
            let named =
                event.is_some() || body.get("object_kind").is_some() || body.get("event_name").is_some();
            named.then(|| gitlab::read(event, body))
        }
        WebhookKind::Slack if body.get("text").is_some() && body.get("title").is_none() => {
            Some(slack::read_text(body))
        }
        _ => None,
    }
}

/// The reading of a body whose shape shows whose it is; none for any other.
fn known(body: &Value, depth: u8) -> Option<Result<Alert, String>> {
    if let Some(read) = generic::incident(body) {
        return Some(read);
    }
    let read = match () {
        () if sns::is(body) => sns::read(body, depth),
        () if alarm::is_message(body) => alarm::read_message(body),
        () if eventbridge::is(body) => eventbridge::read(body),
        () if servicenow::is(body) => servicenow::read(body),
        () if pagerduty::is(body) => pagerduty::read(body),
        () if alertmanager::is(body) => alertmanager::read(body),
        () if alertmanager::is_single(body) => alertmanager::read_single(body),
        () if dynatrace::is(body) => dynatrace::read(body),
        () if splunk::is_detector(body) => splunk::read_detector(body),
        () if splunk::is_search(body) => splunk::read_search(body),
        () if newrelic::is_workflow(body) => newrelic::read_workflow(body),
        () if newrelic::is_channel(body) => newrelic::read_channel(body),
        () if datadog::is(body) => datadog::read(body),
        () if slack::is(body) => slack::read(body),
        () => return generic::short(body),
    };
    Some(read)
}

/// Why a body of no known shape cannot be read.
fn unknown(body: &Value) -> String {
    if body.get("title").is_some() {
        return "beside title there is no severity, description or affectedResources".to_owned();
    }
    "it has no incidentId and no title, and is of no other known shape".to_owned()
}

/// The same, for a webhook: what the sender's own shape would have had.
fn missing(kind: WebhookKind, event: Option<&str>, body: &Value) -> String {
    let wanted = match kind {
        WebhookKind::Dynatrace => "ProblemID",
        WebhookKind::Splunk => "sid",
        WebhookKind::Datadog => "event_type",
        WebhookKind::NewRelic => "issueUrl",
        WebhookKind::ServiceNow => "sysId",
        WebhookKind::Slack => "text",
        WebhookKind::PagerDuty => "event.event_type",
        WebhookKind::Grafana | WebhookKind::Alertmanager => "alerts",
        WebhookKind::Sns => "TopicArn",
        WebhookKind::EventBridge => "detail-type",
        WebhookKind::GitLab => "object_kind",
        WebhookKind::GitHub => return format!("GitHub sent {}", github::said(event)),
        WebhookKind::Generic => return unknown(body),
    };
    format!("the field {wanted} is missing, and the body is of no other known shape")
}
