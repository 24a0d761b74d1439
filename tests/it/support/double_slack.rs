//! A double of Slack: keeps messages with their threads and metadata, and tells them again; a script says how it fails.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::double_web::{DoubleWeb, Reply, Request};

pub const TOKEN: &str = "hush-hush";
pub const CHANNEL: &str = "C0123456789";

/// What the double has, in the order of arrival.
pub type Messages = Arc<Mutex<Vec<Value>>>;

/// What it does with the `n`th attempt to post (from 0).
#[derive(Debug, Clone)]
pub enum Post {
    /// It takes the message.
    Take,
    /// It answers so, and takes nothing.
    Answer(Reply),
    /// It takes the message, and the answer is lost.
    TakeAndBreak,
    /// It takes the message, and never answers.
    TakeAndHang,
}

pub fn start(script: impl Fn(usize) -> Post + Send + Sync + 'static) -> (DoubleWeb, Messages) {
    let kept = Messages::default();
    let messages = Arc::clone(&kept);
    let double = DoubleWeb::start(move |request, earlier| answer(&messages, &script, request, earlier));
    (double, kept)
}

fn answer(
    messages: &Mutex<Vec<Value>>,
    script: &dyn Fn(usize) -> Post,
    request: &Request,
    earlier: usize,
) -> Reply {
    let ok = |body: Value| Reply::json(&body);
    if request.headers.get("authorization").map(String::as_str) != Some(&format!("Bearer {TOKEN}")) {
        return ok(json!({"ok": false, "error": "invalid_auth"}));
    }
    let mut messages = messages.lock().unwrap();
    let told = |message: &Value, metadata: bool| {
        let mut message = message.clone();
        if !metadata {
            message.as_object_mut().unwrap().remove("metadata");
        }
        message
    };
    let metadata = request
        .query
        .get("include_all_metadata")
        .is_some_and(|yes| yes == "true");
    let limit: usize = request
        .query
        .get("limit")
        .map_or(100, |limit| limit.parse().unwrap());
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/auth.test") => ok(json!({"ok": true, "user": "midwatch"})),
        ("POST", "/chat.postMessage") => {
            let done = script(earlier);
            if let Post::Answer(reply) = done {
                return reply;
            }
            let mut message: Value = serde_json::from_str(&request.body).unwrap();
            if message["channel"] != CHANNEL {
                return ok(json!({"ok": false, "error": "channel_not_found"}));
            }
            let ts = stamp(jiff::Timestamp::now(), messages.len() + 1);
            message["ts"] = ts.as_str().into();
            messages.push(message);
            let reply = ok(json!({"ok": true, "ts": ts, "channel": CHANNEL}));
            match done {
                Post::TakeAndBreak => Reply { cut: true, ..reply },
                Post::TakeAndHang => Reply { hang: true, ..reply },
                _ => reply,
            }
        }
        ("GET", "/conversations.history") => {
            // The newest first.
            let found = page(&messages, request, |message| message.get("thread_ts").is_none());
            let newest = found.iter().rev().take(limit);
            let found: Vec<Value> = newest.map(|message| told(message, metadata)).collect();
            ok(json!({"ok": true, "messages": found}))
        }
        ("GET", "/conversations.replies") => {
            let thread = request.query.get("ts").unwrap();
            // What it began with, and the oldest replies first.
            let begun = messages.iter().filter(|message| message["ts"] == **thread);
            let replies = page(&messages, request, |message| message["thread_ts"] == **thread);
            let found: Vec<Value> = begun
                .chain(replies)
                .take(limit)
                .map(|message| told(message, metadata))
                .collect();
            ok(json!({"ok": true, "messages": found}))
        }
        _ => Reply::error(404, "unknown_method"),
    }
}

/// The name of a message of this time.
pub fn stamp(at: jiff::Timestamp, number: usize) -> String {
    format!("{}.{number:06}", at.as_second())
}

/// Messages that are no older than is asked, in the order of their time.
fn page<'a>(messages: &'a [Value], request: &Request, fits: impl Fn(&Value) -> bool) -> Vec<&'a Value> {
    let time = |message: &Value| -> f64 { message["ts"].as_str().unwrap().parse().unwrap() };
    let oldest = request
        .query
        .get("oldest")
        .map_or(0.0, |oldest| oldest.parse().unwrap());
    let mut found: Vec<&Value> = messages
        .iter()
        .filter(|message| fits(message) && time(message) > oldest)
        .collect();
    found.sort_by(|a, b| time(a).total_cmp(&time(b)));
    found
}

/// What a message says, block by block, as a reader sees it.
pub fn shown(message: &Value) -> String {
    fn texts(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| texts(item, out)),
            Value::Object(members) if members.get("type") == Some(&json!("text")) => {
                out.push(members["text"].as_str().unwrap().to_owned());
            }
            Value::Object(members) => members.values().for_each(|member| texts(member, out)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    texts(&message["blocks"], &mut out);
    out.join(" | ")
}

/// Every type of element that a message's blocks are made of.
pub fn types(value: &Value, out: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| types(item, out)),
        Value::Object(members) => {
            if let Some(kind) = members.get("type").and_then(Value::as_str) {
                out.insert(kind.to_owned());
            }
            members.values().for_each(|member| types(member, out));
        }
        _ => {}
    }
}
