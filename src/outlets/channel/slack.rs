//! Slack: a thread an investigation. What a message says stands in blocks of rich text, whose elements are never read for
//! markup, mentions or addresses; the plain text beside it is for notifications alone.

use serde_json::{Value, json};

use super::{Addressed, Answer, Call, Channel, Failure, Found, escaped, found_in, judged, reference};
use crate::{
    model::{Text, inert},
    outlets::{
        post::{Part, Post},
        words::calm,
    },
};

/// Characters of one message: Slack takes some thousands in blocks.
const MOST: usize = 3_000;
/// Messages of a page.
const PAGE: &str = "200";
/// Seconds by which the clocks here and there may differ.
const SKEW: i64 = 300;

/// Errors that every message would meet until somebody mends something, and what.
const HELD: [(&str, &str); 14] = [
    (
        "invalid_auth",
        "put the token of the bot where the connection looks for it",
    ),
    (
        "not_authed",
        "put the token of the bot where the connection looks for it",
    ),
    (
        "account_inactive",
        "put the token of the bot where the connection looks for it",
    ),
    (
        "token_revoked",
        "put the token of the bot where the connection looks for it",
    ),
    (
        "token_expired",
        "put the token of the bot where the connection looks for it",
    ),
    (
        "not_allowed_token_type",
        "it has to be the token of a bot (xoxb-)",
    ),
    ("missing_scope", "give the bot the scope chat:write"),
    ("no_permission", "give the bot the scope chat:write"),
    (
        "access_denied",
        "an administrator of the workspace has to let the bot in",
    ),
    (
        "org_login_required",
        "an administrator of the workspace has to let the bot in",
    ),
    ("channel_not_found", "check the channel's id, and invite the bot"),
    ("not_in_channel", "invite the bot to the channel"),
    ("is_archived", "name another channel"),
    ("restricted_action", "let the bot write in the channel"),
];

/// A workspace of Slack.
pub struct Slack {
    pub name: String,
    pub base: String,
}

impl Channel for Slack {
    fn call(&self, to: Addressed<'_>) -> Call {
        let Addressed {
            post,
            target,
            key,
            thread,
            ..
        } = to;
        let mut body = json!({
            "channel": target,
            "text": notification(post, thread.is_none()),
            "blocks": blocks(post, thread.is_none()),
            "mrkdwn": false,
            "parse": "none",
            "link_names": false,
            "unfurl_links": false,
            "unfurl_media": false,
            "metadata": {
                "event_type": "midwatch_message",
                "event_payload": {"key": key, "kind": post.notice.as_str(), "investigation": post.about.as_str()},
            },
        });
        if let Some(thread) = thread {
            body["thread_ts"] = thread.into();
        }
        Call::post(format!("{}/chat.postMessage", self.base), body)
    }

    fn read(&self, answer: &Answer) -> Result<String, Failure> {
        self.judge(answer)?;
        Ok(reference(&answer.body, "/ts"))
    }

    fn look(&self, to: Addressed<'_>, page: u32) -> Option<Call> {
        // The pages go on from a cursor; what is looked for is the newest, or in a thread of our own.
        let page = (page == 1).then_some(PAGE)?;
        let channel = escaped(to.target);
        // Nothing is older than what it tells of: a page of a long thread would else be its beginning.
        let oldest = to.post.since.as_second() - SKEW;
        let of = format!("channel={channel}&oldest={oldest}&limit={page}&include_all_metadata=true");
        Some(Call::get(match to.thread {
            Some(thread) => format!("{}/conversations.replies?{of}&ts={}", self.base, escaped(thread)),
            None => format!("{}/conversations.history?{of}", self.base),
        }))
    }

    fn found(&self, to: Addressed<'_>, answer: &Value) -> Found {
        found_in(answer, ("/messages", "/ts"), |message| {
            message["metadata"]["event_payload"]["key"] == to.key
        })
    }

    /// Slack answers 200 and says in the body what is wrong.
    fn judge(&self, answer: &Answer) -> Result<(), Failure> {
        judged(&self.name, answer)?;
        if answer.body["ok"] == true {
            return Ok(());
        }
        let error = inert(answer.body["error"].as_str().unwrap_or("no answer of Slack's"));
        let error: String = error.chars().take(100).collect();
        let why = Text::from(format!("{} says ", self.name)).ext(error.clone());
        if let Some((_, mend)) = HELD.iter().find(|(held, _)| *held == error) {
            return Err(Failure::Held {
                why: why.own(format!(": {mend}")),
            });
        }
        let passes = [
            "ratelimited",
            "rate_limited",
            "internal_error",
            "fatal_error",
            "service_unavailable",
            "request_timeout",
            "team_added_to_org",
        ];
        if passes.contains(&error.as_str()) || answer.body.is_null() {
            return Err(Failure::Later {
                why,
                after: answer.after,
                doubtful: error != "ratelimited" && error != "rate_limited",
            });
        }
        Err(Failure::Never { why })
    }

    fn check(&self) -> Option<Call> {
        Some(Call::post(format!("{}/auth.test", self.base), json!({})))
    }
}

/// What a telephone shows: a line, in which nothing is left that Slack reads as markup.
fn notification(post: &Post, first: bool) -> String {
    let mut line = calm(&post.head);
    if first && !post.title.is_empty() {
        line.push_str(&format!(": {}", calm(&post.title)));
    } else if let Some(Part::Sentence(text)) = post.parts.first() {
        line.push_str(&format!(": {}", calm(text)));
    }
    let short: String = line.chars().take(300).collect();
    short
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn blocks(post: &Post, first: bool) -> Value {
    let mut elements = Vec::new();
    let mut head = vec![styled(&post.head.plain(), "bold")];
    // The first message of a thread is read where other threads begin too.
    let repeats = matches!(post.parts.first(), Some(Part::Sentence(text)) if *text == post.title);
    if first && !post.title.is_empty() && !repeats {
        head.push(text(&format!("\n{}", post.title.plain())));
    }
    elements.push(section(head));
    let mut bullets: Vec<Value> = Vec::new();
    for part in post.parts_within(MOST) {
        if !matches!(part, Part::Item(_)) && !bullets.is_empty() {
            elements.push(bulleted(std::mem::take(&mut bullets)));
        }
        match part {
            Part::Sentence(words) if words.is_empty() => {}
            Part::Sentence(words) => elements.push(section(vec![text(&words.plain())])),
            Part::Item(words) => bullets.push(section(vec![text(&words.plain())])),
            Part::Command(line) => elements.push(json!({
                "type": "rich_text_preformatted",
                "elements": [text(&inert(&line))],
            })),
        }
    }
    if !bullets.is_empty() {
        elements.push(bulleted(bullets));
    }
    elements.push(section(vec![styled(&post.source(), "italic")]));
    json!([{"type": "rich_text", "elements": elements}])
}

fn section(elements: Vec<Value>) -> Value {
    json!({"type": "rich_text_section", "elements": elements})
}

fn bulleted(items: Vec<Value>) -> Value {
    json!({"type": "rich_text_list", "style": "bullet", "elements": items})
}

/// Words as they stand. Slack takes no empty ones.
fn text(words: &str) -> Value {
    json!({"type": "text", "text": if words.is_empty() { " " } else { words }})
}

fn styled(words: &str, style: &str) -> Value {
    json!({"type": "text", "text": words, "style": {style: true}})
}
