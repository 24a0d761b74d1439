//! `midwatch outlet`, and connections that are sent messages, on the command line.

use std::os::unix::fs::PermissionsExt as _;

use midwatch::journal::{
    Actor, Body, Draft, Journal, StreamId,
    body::{Delivered, Delivery},
};
use serde_json::json;

use crate::support::{
    double_slack::{self, CHANNEL, Post, TOKEN, shown},
    double_web::{DoubleWeb, Reply},
    program::{Program, Run},
};

/// A program whose space sends to a Slack.
fn program(url: &str) -> Program {
    let program = Program::new("space = \"shop\"\n")
        .with("SLACK", TOKEN)
        .with("USER", "dana");
    let add = [
        "connection",
        "add",
        "slack",
        "chat",
        "--url",
        url,
        "--bearer",
        "env:SLACK",
    ];
    let out = program.fine(&add);
    assert!(out.contains("added: chat (slack)"), "{out}");
    program
}

#[test]
fn a_channel_is_added_tried_and_shown_before_it_is_sent_anything() {
    let (double, messages) = double_slack::start(|_| Post::Take);
    let program = program(double.url());
    let Run { code, err, .. } = program.run(&["connection", "associate", "chat"]);
    assert_eq!(code, 1);
    assert!(
        err.contains("by its id") && err.contains("channel = \"C0123456789\""),
        "{err}"
    );
    let out = program.fine(&["connection", "associate", "chat", "--channel", CHANNEL]);
    assert!(out.contains("midwatch outlet test chat"), "{out}");
    let out = program.fine(&["connection", "test", "chat"]);
    assert!(out.starts_with("chat: ok; space shop sends to it"), "{out}");
    let out = program.fine(&["outlet", "list"]);
    assert!(
        out.contains("chat") && out.contains("channel C0123456789") && out.contains(" ok"),
        "{out}"
    );
    // Shown, with nothing sent and no secret.
    let out = program.fine(&["outlet", "test", "chat"]);
    assert!(out.starts_with("chat: cause, a sample"), "{out}");
    assert!(
        out.contains("/chat.postMessage") && out.contains("\"channel\": \"C0123456789\""),
        "{out}"
    );
    assert!(out.contains("nothing was sent") && !out.contains(TOKEN), "{out}");
    assert!(messages.lock().unwrap().is_empty());
    let out = program.fine(&["outlet", "test", "chat", "--kind", "recommendation", "--send"]);
    let sent = messages.lock().unwrap()[0].clone();
    let named = format!("\nsent: {}", sent["ts"].as_str().unwrap());
    assert!(out.contains(&named), "{out}");
    assert!(
        shown(&sent).starts_with("Test of midwatch: Recommendation accepted"),
        "{sent}"
    );
    let told = program.run(&["outlet", "test", "nobody"]).told();
    assert!(told.0 == 1 && told.1.contains("hint: there are chat"), "{told:?}");
    // Nothing that answers questions is made of it.
    let Run { err, .. } = program.run(&["connection", "allow", "chat", "x"]);
    assert!(err.contains("is sent messages and asked nothing"), "{err}");
    let checks = program.run(&["doctor"]);
    assert!(checks.out.contains("slack, bearer token"), "{}", checks.out);
    let out = program.fine(&["doctor", "--egress"]);
    assert!(out.contains("connection chat"), "{out}");
}

#[test]
fn a_refusal_is_told_with_the_receivers_words() {
    let double = DoubleWeb::start(|_, _| Reply::error(410, "gone for good"));
    let config = format!(
        "space = \"shop\"\n[connections.hook]\nkind = \"webhook\"\nurl = \"{}\"\n[spaces.shop.connections.hook]\n",
        double.url()
    );
    let program = Program::new(&config);
    let (code, told) = program.run(&["outlet", "test", "hook", "--send"]).told();
    assert_eq!(code, 1, "{told}");
    assert!(
        told.contains("hook answers 410: gone for good") && told.contains("hint:"),
        "{told}"
    );
    let out = program.fine(&["connection", "test", "hook"]);
    assert!(out.contains("it can only be sent to"), "{out}");
}

#[test]
fn a_ticket_has_to_be_known_or_named() {
    let config = "space = \"shop\"\n[connections.pager]\nkind = \"pagerduty\"\nurl = \"http://127.0.0.1:9\"\n\
                  from = \"a@example.org\"\nauth = { api_key = { key = { env = \"KEY\" } } }\n[spaces.shop.connections.pager]\n";
    let program = Program::new(config);
    let out = program.fine(&["outlet", "test", "pager"]);
    assert!(
        out.contains("/incidents/TICKET/notes") && out.contains("from: a@example.org"),
        "{out}"
    );
    let (code, told) = program.run(&["outlet", "test", "pager", "--send"]).told();
    assert!(code == 1 && told.contains("hint: --to ID sends to one"), "{told}");
    let out = program.fine(&["outlet", "test", "pager", "--to", "P1"]);
    assert!(out.contains("/incidents/P1/notes"), "{out}");
    let (code, told) = program.run(&["outlet", "test", "pager", "--to", ".."]).told();
    assert!(code == 1 && told.contains("nothing is sent to '..'"), "{told}");
}

#[tokio::test]
async fn dead_letters_are_listed_retried_and_dropped() {
    let program = Program::new("space = \"shop\"\n").with("USER", "dana");
    let folder = program.path("data/spaces/shop");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    let path = folder.join("journal.sqlite");
    let journal = Journal::open(&path).await.unwrap();
    let dead = |key: &str| {
        Body::Delivery(Delivery {
            channel: "chat".to_owned(),
            stream: StreamId::space(),
            seq: 1,
            key: key.to_owned(),
            outcome: Delivered::Dead {
                why: midwatch::model::Text::from("chat answers 422: ").ext("no \u{1b}[2J"),
            },
        })
    };
    let drafts = ["a", "b", "c"]
        .map(|key| Draft::new(Actor::System, &dead(key)))
        .to_vec();
    journal
        .append(&StreamId::space(), None, None, drafts)
        .await
        .unwrap();
    let out = program.fine(&["outlet", "dead"]);
    assert!(out.contains("chat answers 422: no \u{fffd}[2J"), "{out}");
    let (code, told) = program.run(&["outlet", "retry", "9"]).told();
    assert!(
        code == 1 && told.contains("no message was given up in record 9"),
        "{told}"
    );
    assert!(
        program
            .fine(&["outlet", "retry", "2"])
            .starts_with("1 to be sent once more")
    );
    assert!(program.fine(&["outlet", "drop", "--all"]).starts_with("2 let be"));
    assert_eq!(program.fine(&["outlet", "dead"]), "no message was given up\n");
    let records = journal.read_all(&StreamId::space()).await.unwrap();
    let said: Vec<_> = records[3..]
        .iter()
        .map(|record| {
            (
                record.actor.to_string(),
                record.body["key"].clone(),
                record.body["outcome"]["state"].clone(),
            )
        })
        .collect();
    let by = |key: &str, state: &str| ("operator:dana".to_owned(), json!(key), json!(state));
    assert_eq!(said, [by("b", "again"), by("a", "dropped"), by("c", "dropped")]);
}
