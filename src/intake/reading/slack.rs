//! Slack: the Events API (`url_verification`, `event_callback`) and a plain `{"text": ...}` that a workflow sends. Shapes:
//! "Events API" at docs.slack.dev.
//!
//! People talk in channels: only what mentions midwatch begins an incident, and what is said in that thread adds to it. What
//! bots say is news, midwatch's own words among them.

use serde_json::Value;

use super::{
    place,
    words::{DESCRIPTION, clipped, first, first_moment, made_id, need, quoted, title, word},
};
use crate::model::{Alert, AlertAction};

/// True for Slack's own bodies.
pub(super) fn is(body: &Value) -> bool {
    word(body, "/type").is_some_and(|kind| kind == "url_verification" || kind == "event_callback")
}

/// The words that Slack wants to have back before it sends anything.
pub(super) fn challenge(body: &Value) -> Option<&str> {
    let asks = body.get("type")?.as_str()? == "url_verification";
    body.get("challenge")?.as_str().filter(|_| asks)
}

/// The name of an event; that of one which is sent once more is the same.
pub(super) fn event_id(body: &Value) -> Option<String> {
    let event = word(body, "/event_id")?;
    let team = first(body, &["/team_id"]).unwrap_or_default();
    Some(made_id("slack event", &[&team, &event]))
}

pub(super) fn read(body: &Value) -> Result<Alert, String> {
    if challenge(body).is_some() {
        return Ok(Alert {
            incident: "slack-url-verification".to_owned(),
            title: "Slack verifies the address of the webhook".to_owned(),
            news: true,
            ..Alert::default()
        });
    }
    let kind = need(body, "/event/type")?;
    let team = first(body, &["/team_id"]).unwrap_or_default();
    let said = first(body, &["/event/text"]).unwrap_or_default();
    let thread = first(body, &["/event/thread_ts"]);
    let began = thread
        .clone()
        .or_else(|| first(body, &["/event/ts", "/event/event_ts"]));
    let channel = first(body, &["/event/channel", "/event/channel/id"]).unwrap_or_default();
    let bot = word(body, "/event/bot_id").is_some() || word(body, "/event/subtype").is_some();
    let (action, news) = match kind.as_str() {
        "app_mention" if bot => (AlertAction::Created, true),
        "app_mention" if thread.is_none() => (AlertAction::Created, false),
        "app_mention" => (AlertAction::Updated, false),
        _ => (AlertAction::Updated, true),
    };
    if kind == "app_mention" && said.is_empty() {
        return Err("the field event.text is missing".to_owned());
    }
    let plain = without_mentions(&said);
    let mut alert = message(&plain, &kind);
    alert.incident = made_id("slack", &[&team, &channel, began.as_deref().unwrap_or_default()]);
    alert.action = action;
    alert.news = news;
    alert.at = first_moment(body, &["/event/ts", "/event_time"]);
    alert.ticket = began
        .filter(|_| !channel.is_empty())
        .map(|began| format!("{channel}/{began}"));
    Ok(alert)
}

/// A message that a workflow sends: `{"text": ...}`.
pub(super) fn read_text(body: &Value) -> Result<Alert, String> {
    let said = need(body, "/text")?;
    let mut alert = message(&said, "message");
    alert.incident = made_id("slack", &[&said]);
    Ok(alert)
}

fn message(said: &str, kind: &str) -> Alert {
    let line = said.lines().map(str::trim).find(|line| !line.is_empty());
    let mut alert = Alert {
        title: line.map_or_else(|| format!("Slack {}", quoted(kind)), title),
        description: clipped(said.trim(), DESCRIPTION),
        ..Alert::default()
    };
    place::from_text(&mut alert, said);
    place::settle(&mut alert);
    alert
}

/// `<@U0123> look at orders` without whom it calls.
fn without_mentions(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<@") {
        out.push_str(before);
        if let Some((_, after)) = after.split_once('>') {
            rest = after;
        } else {
            out.push_str("<@");
            rest = after;
        }
    }
    out.push_str(rest);
    out.trim().to_owned()
}
