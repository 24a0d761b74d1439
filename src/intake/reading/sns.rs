//! Amazon SNS: the envelope of a notification (`Type`, `TopicArn`, `Message`), whose message is anything: an alarm, an event,
//! a body of another tool, or text. Shapes: "Parsing Amazon SNS message formats" in SNS' developer guide.

use serde_json::Value;

use super::{
    place,
    words::{DESCRIPTION, clipped, id, is_link, made_id, moment, need, quoted, title, word},
};
use crate::model::Alert;

/// Envelopes within envelopes that are opened.
const DEEP: u8 = 3;

/// True for an envelope.
pub(super) fn is(body: &Value) -> bool {
    body.get("TopicArn").is_some() && body.get("Message").is_some() && body.get("Type").is_some()
}

/// What a notification holds: the reading is that of the message itself.
pub(super) fn read(body: &Value, depth: u8) -> Result<Alert, String> {
    let kind = need(body, "/Type")?;
    let topic = need(body, "/TopicArn")?;
    let message = body.get("Message").and_then(Value::as_str).unwrap_or_default();
    match kind.as_str() {
        "Notification" => {}
        "SubscriptionConfirmation" | "UnsubscribeConfirmation" => {
            let mut alert = Alert {
                incident: id(format!("{topic} {kind}")),
                title: title(&format!("Amazon SNS asks to confirm: {kind} of {topic}")),
                description: clipped(message, DESCRIPTION),
                at: moment(body, "/Timestamp"),
                news: true,
                ..Alert::default()
            };
            place::of_arn(&mut alert, &topic);
            return Ok(alert);
        }
        _ => {
            return Err(format!(
                "the field Type is {}, which SNS does not send",
                quoted(&kind)
            ));
        }
    }
    if message.trim().is_empty() {
        return Err("the field Message is empty".to_owned());
    }
    let inner = serde_json::from_str::<Value>(message)
        .ok()
        .filter(Value::is_object);
    if let Some(inner) = inner {
        if depth >= DEEP {
            return Err("the field Message holds notifications within notifications".to_owned());
        }
        let read = super::known(&inner, depth + 1).unwrap_or_else(|| Err(super::unknown(&inner)));
        return read.map_err(|error| format!("in the field Message, {error}"));
    }
    // Words for people: whoever subscribed the webhook to the topic wants them looked at.
    let line = message
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let subject = word(body, "/Subject").unwrap_or_else(|| line.to_owned());
    let mut alert = Alert {
        incident: made_id("sns", &[&topic, &subject]),
        title: title(&subject),
        description: clipped(message.trim(), DESCRIPTION),
        at: moment(body, "/Timestamp"),
        ..Alert::default()
    };
    place::from_text(&mut alert, message);
    place::of_arn(&mut alert, &topic);
    if let Some(link) = message.split_whitespace().find(|word| is_link(word)) {
        alert.link = Some(link.to_owned());
    }
    Ok(alert)
}
