//! What goes out: every message arrives, once a key, in the order of its investigation, whatever the receiver does.

mod delivery;
mod hostile;
mod issues;
mod tickets;
mod turns;

use serde_json::Value;

use crate::support::double_slack::{CHANNEL, shown};

pub fn slack(url: &str) -> String {
    format!(
        "space = \"shop\"\n[connections.chat]\nkind = \"slack\"\nurl = \"{url}\"\ntimeout = 1\n\
         auth = {{ bearer = $SECRET }}\n[spaces.shop.connections.chat]\nchannel = \"{CHANNEL}\"\n"
    )
}

pub fn servicenow(url: &str) -> String {
    format!(
        "space = \"shop\"\n[connections.tickets]\nkind = \"servicenow\"\nurl = \"{url}\"\n\
         auth = {{ client_credentials = {{ id = \"midwatch\", secret = $SECRET }} }}\n[spaces.shop.connections.tickets]\n"
    )
}

pub fn heads(messages: &[Value]) -> Vec<String> {
    messages
        .iter()
        .map(|message| shown(message).split(" | ").next().unwrap().to_owned())
        .collect()
}

pub const WHOLE: [&str; 6] = [
    "Investigation started",
    "Finding",
    "Root cause",
    "Summary: a root cause was found",
    "Mitigation plan",
    "Investigation finished: a root cause was found",
];
