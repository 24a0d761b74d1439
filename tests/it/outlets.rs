//! What goes out: every message arrives, once a key, in the order of its investigation, whatever the receiver does.

use std::collections::BTreeSet;

use midwatch::{
    journal::{
        Body, StreamId,
        body::{Choice, Decision, Delivered, Proposed},
        views::report,
    },
    model::{Recommendation, RecommendationCategory, RunState, SourceSpec, Text},
};
use serde_json::{Value, json};

use crate::support::{
    double_slack::{self, CHANNEL, Post, shown},
    double_tickets::{self, nothing},
    double_web::{DoubleWeb, Reply},
    outlets::{Sender, night, until},
};

fn slack(url: &str) -> String {
    format!(
        "space = \"shop\"\n[connections.chat]\nkind = \"slack\"\nurl = \"{url}\"\ntimeout = 1\n\
         auth = {{ bearer = $SECRET }}\n[spaces.shop.connections.chat]\nchannel = \"{CHANNEL}\"\n"
    )
}

fn servicenow(url: &str) -> String {
    format!(
        "space = \"shop\"\n[connections.tickets]\nkind = \"servicenow\"\nurl = \"{url}\"\n\
         auth = {{ client_credentials = {{ id = \"midwatch\", secret = $SECRET }} }}\n[spaces.shop.connections.tickets]\n"
    )
}

fn heads(messages: &[Value]) -> Vec<String> {
    messages
        .iter()
        .map(|message| shown(message).split(" | ").next().unwrap().to_owned())
        .collect()
}

const WHOLE: [&str; 6] = [
    "Investigation started",
    "Finding",
    "Root cause",
    "Summary: a root cause was found",
    "Mitigation plan",
    "Investigation finished: a root cause was found",
];

#[tokio::test]
async fn slack_gets_one_thread_in_order_once() {
    let (double, messages) = double_slack::start(|_| Post::Take);
    let mut sender = Sender::new(&slack(double.url())).await;
    // What is older than the channel is not told.
    let old = sender.open("last week", None).await;
    sender.write(&old, night::whole("old".into())).await;
    sender.start().await;
    let first = sender.open("Errors of orders", None).await;
    let second = sender.open("Slow checkout", None).await;
    sender.write(&first, night::whole("it fails".into())).await;
    sender.write(&second, night::whole("it is slow".into())).await;
    let event = sender.event("generic", None, "Errors too", None).await;
    sender.link(event, &first).await;
    sender.resolve_one(event, &first, 1).await;
    sender.resolve(event, &first).await;
    let deliveries = sender.sent(15).await;
    let messages = messages.lock().unwrap().clone();
    assert_eq!(messages.len(), 15);
    for (stream, more) in [(&first, 3), (&second, 0)] {
        let about =
            |message: &&Value| message["metadata"]["event_payload"]["investigation"] == stream.as_str();
        let thread: Vec<Value> = messages.iter().filter(about).cloned().collect();
        let found = heads(&thread);
        assert_eq!(found[..6], WHOLE);
        assert_eq!(found.len(), 6 + more);
        let ts = &thread[0]["ts"];
        assert!(thread[0].get("thread_ts").is_none());
        assert!(thread[1..].iter().all(|message| message["thread_ts"] == *ts));
        // Each carries the hash of the record that it tells of.
        let records = sender.journal.read_all(stream).await.unwrap();
        let started = records.iter().find(|record| record.seq == 2).unwrap();
        assert!(
            shown(&thread[0]).ends_with(&format!("midwatch {stream} #2, journal {}", started.hash.short()))
        );
    }
    assert!(heads(&messages).contains(&"Another incident was tied to it".to_owned()));
    assert!(heads(&messages).contains(&"One of two incidents is over".to_owned()));
    assert!(heads(&messages).contains(&"The incident is over".to_owned()));
    assert!(deliveries.iter().all(|one| one.channel == "chat"));
    sender.stop().await;
    // Nothing is told twice by the next process.
    sender.start().await;
    sender
        .write(&sender.open("Third", None).await, night::whole("x".into()))
        .await;
    sender.sent(21).await;
    sender.stop().await;
}

#[tokio::test]
async fn a_receiver_that_fails_in_every_way_gets_everything_once_and_in_order() {
    // Too many calls, an error, a broken answer after which it has the message, silence, and an error again.
    let (double, messages) = double_slack::start(|n| match n {
        0 => Post::Answer(Reply::error(429, "slow down").with("retry-after", "30")),
        1 | 5 => Post::Answer(Reply::error(500, "oh no")),
        2 => Post::TakeAndBreak,
        4 => Post::Answer(Reply {
            hang: true,
            ..Reply::default()
        }),
        7 => {
            Post::Answer(Reply::json(&json!({"ok": false, "error": "ratelimited"})).with("retry-after", "3"))
        }
        _ => Post::Take,
    });
    let mut sender = Sender::new(&slack(double.url())).await;
    sender.start().await;
    let stream = sender.open("Errors of orders", None).await;
    sender.write(&stream, night::whole("it fails".into())).await;
    sender.sent(6).await;
    let messages = messages.lock().unwrap().clone();
    assert_eq!(heads(&messages), WHOLE);
    let keys: BTreeSet<String> = messages
        .iter()
        .map(|message| message["metadata"]["event_payload"]["key"].to_string())
        .collect();
    assert_eq!(keys.len(), 6);
    // What was asked for was waited for, and waits of our own grow.
    let waits: Vec<u64> = sender
        .tide
        .waits()
        .iter()
        .map(std::time::Duration::as_secs)
        .collect();
    assert!(waits.contains(&30) && waits.contains(&3), "{waits:?}");
    sender.stop().await;
}

#[tokio::test]
async fn a_crash_between_sending_and_writing_it_down_is_made_good() {
    // The first message arrives, and its answer never does: there the process ends.
    let (double, messages) = double_slack::start(|n| match n {
        0 => Post::TakeAndHang,
        1 => Post::Answer(Reply::error(500, "oh no")),
        _ => Post::Take,
    });
    // It waits for that answer longer than this test takes.
    let mut sender = Sender::new(&slack(double.url()).replace("timeout = 1\n", "")).await;
    let stream = sender.open("Errors of orders", None).await;
    sender.start().await;
    sender
        .write(&stream, vec![night::status(RunState::Running, "looking")])
        .await;
    let taken = messages.clone();
    until(async || !taken.lock().unwrap().is_empty()).await;
    sender.crash().await;
    assert_eq!(sender.deliveries().await, []);
    // The next process asks for the message before it sends it, and tells the rest.
    sender
        .write(&stream, night::whole("it fails".into())[1..].to_vec())
        .await;
    sender.start().await;
    until(async || taken.lock().unwrap().len() == 6).await;
    sender.sent(6).await;
    assert_eq!(heads(&messages.lock().unwrap()), WHOLE);
    sender.stop().await;
}

#[tokio::test]
async fn two_processes_do_not_send_at_once() {
    let (double, messages) = double_slack::start(|_| Post::Take);
    let mut one = Sender::new(&slack(double.url())).await;
    one.start().await;
    let mut two = Sender::new(&slack(double.url())).await;
    two.journal = one.journal.clone();
    two.start().await;
    let stream = one.open("Errors of orders", None).await;
    one.write(&stream, night::whole("it fails".into())).await;
    one.sent(6).await;
    one.crash().await;
    // The other takes over once the lease has not moved for a while.
    let stream = one.open("Slow checkout", None).await;
    one.write(&stream, night::whole("it is slow".into())).await;
    one.sent(12).await;
    assert_eq!(messages.lock().unwrap().len(), 12);
    two.stop().await;
}

#[tokio::test]
async fn servicenow_holds_the_five_kinds_of_its_own_tickets_and_no_other() {
    let (double, comments) = double_tickets::servicenow(nothing());
    let mut sender = Sender::new(&servicenow(double.url())).await;
    sender.start().await;
    let here = format!("{}/nav_to.do?uri=incident.do", double.url());
    let event = sender
        .event("servicenow", Some("sys1"), "Orders fail", Some(&here))
        .await;
    let stream = sender.open("Orders fail", Some(event)).await;
    // Nobody's ticket, another sender's, and one of another instance.
    let other = sender.open("Checkout is slow", None).await;
    let pager = sender.event("pagerduty", Some("P1"), "Pager", None).await;
    let paged = sender.open("Pager", Some(pager)).await;
    let elsewhere = sender
        .event(
            "servicenow",
            Some("sys9"),
            "x",
            Some("https://other.service-now.com/x"),
        )
        .await;
    sender.link(elsewhere, &stream).await;
    for stream in [&other, &paged] {
        sender
            .write(stream, night::whole("nothing to do with it".into()))
            .await;
    }
    let hostile = Text::new().ext("[code]<img src=x>[/code] https://evil.example @[Dana] mary@example.com");
    sender.write(&stream, night::whole(hostile)[..4].to_vec()).await;
    // A second ticket joins in the middle.
    sender.sent(3).await;
    let second = sender
        .event("servicenow", Some("sys2"), "Orders fail too", Some(&here))
        .await;
    sender.link(second, &stream).await;
    sender.resolve(event, &stream).await;
    sender.sent(4).await;
    sender.write(&stream, night::whole("".into())[4..].to_vec()).await;
    sender.sent(10).await;
    let comments = comments.lock().unwrap().clone();
    assert_eq!(comments.keys().collect::<Vec<_>>(), ["sys1", "sys2"]);
    let head = |said: &String| said.lines().next().unwrap().to_owned();
    assert_eq!(comments["sys1"].iter().map(head).collect::<Vec<_>>(), WHOLE);
    let joined: Vec<String> = comments["sys2"].iter().map(head).collect();
    assert_eq!(joined[0], "Another incident was tied to it");
    assert_eq!(joined[1..], WHOLE[3..]);
    let finding = &comments["sys1"][1];
    assert!(
        finding.contains("[ code]<img src=x>[ /code] https: //evil.example @ [Dana] <email-1>"),
        "{finding}"
    );
    assert!(comments["sys1"][4].contains("\n    aws lambda update-alias --name live\n"));
    // One login serves all.
    let logins = double
        .seen()
        .iter()
        .filter(|request| request.path == "/oauth_token.do")
        .count();
    assert!(logins <= 2, "{logins}");
    sender.stop().await;
}

#[tokio::test]
async fn pagerduty_and_dynatrace_are_told_in_their_own_words() {
    let (pager, notes) = double_tickets::pagerduty(nothing());
    let (problems, comments) = double_tickets::dynatrace(nothing());
    let config = format!(
        "space = \"shop\"\n[connections.pager]\nkind = \"pagerduty\"\nurl = \"{}\"\nfrom = \"oncall@example.org\"\n\
         auth = {{ api_key = {{ key = $SECRET }} }}\n[connections.watch]\nkind = \"dynatrace\"\napi = \"{}\"\n\
         auth = {{ api_key = {{ key = $SECRET }} }}\n[spaces.shop.connections.pager]\nsend = [\"cause\", \"status\"]\n\
         [spaces.shop.connections.watch]\nsend = [\"status\"]\n",
        pager.url(),
        problems.url()
    );
    let mut sender = Sender::new(&config).await;
    sender.start().await;
    let paged = sender.event("pagerduty", Some("P1"), "Orders fail", None).await;
    let stream = sender.open("Orders fail", Some(paged)).await;
    let problem = sender
        .event("dynatrace", Some("-42_1V2"), "Failure rate", None)
        .await;
    sender.link(problem, &stream).await;
    sender.write(&stream, night::whole("it fails".into())).await;
    sender.sent(6).await;
    let head = |said: &String| said.lines().next().unwrap().to_owned();
    let notes: Vec<String> = notes.lock().unwrap()["P1"].iter().map(head).collect();
    assert_eq!(notes, [WHOLE[0], WHOLE[2], WHOLE[5]]);
    let told: Vec<String> = comments.lock().unwrap()["-42_1V2"].iter().map(head).collect();
    assert_eq!(told, ["Another incident was tied to it", WHOLE[0], WHOLE[5]]);
    // As PagerDuty publishes it: POST /incidents/{id}/notes, {"note": {"content": ...}}, a user's address in From.
    let mut sent = pager.seen();
    assert!(sent.iter().all(|request| request.path == "/incidents/P1/notes"));
    sent.retain(|request| request.method == "POST");
    assert_eq!(sent.len(), 3);
    assert!(
        sent.iter()
            .all(|request| request.headers["from"] == "oncall@example.org")
    );
    sender.stop().await;
}

#[tokio::test]
async fn a_dead_channel_holds_up_no_other_and_its_letters_wait_for_a_person() {
    let (double, messages) = double_slack::start(|_| Post::Take);
    // One that refuses for good, until it is mended, and one at which nobody listens.
    let hook = DoubleWeb::start(|_, earlier| match earlier {
        0..6 => Reply::error(422, "no [31m such thing hush-hush"),
        _ => Reply::json(&json!({"id": "m1"})),
    });
    let config = format!(
        "{}[connections.hook]\nkind = \"webhook\"\nurl = \"{}/in\"\nauth = {{ bearer = $SECRET }}\n\
         [connections.gone]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:9/x\"\n[spaces.shop.connections.hook]\n\
         [spaces.shop.connections.gone]\nsend = [\"cause\"]\n",
        slack(double.url()),
        hook.url()
    );
    let mut sender = Sender::new(&config).await;
    sender.start().await;
    let stream = sender.open("Errors of orders", None).await;
    sender.write(&stream, night::whole("it fails".into())).await;
    until(async || sender.space().await.letters.dead.len() == 7).await;
    sender.sent(6).await;
    assert_eq!(heads(&messages.lock().unwrap()), WHOLE);
    let letters = sender.space().await.letters;
    let why = |channel: &str| {
        let mut dead = letters.dead.values();
        let found = dead.find(|dead| dead.delivery.channel == channel).unwrap();
        found.why.plain()
    };
    // The receiver's words, marked as such, and without what it should not have repeated.
    assert_eq!(why("hook"), "hook answers 422: no [31m such thing <secret>");
    assert!(
        why("gone").starts_with("given up after a day: gone cannot be reached"),
        "{}",
        why("gone")
    );
    assert!(sender.tide.waits().len() > 200, "it was tried all day");
    // A person has some sent again, and lets the rest be.
    let again = 4;
    let (hooked, others): (Vec<_>, Vec<_>) = letters
        .dead
        .values()
        .partition(|dead| dead.delivery.channel == "hook");
    for dead in &hooked[..again] {
        sender
            .write(&StreamId::space(), vec![dead.wanted(Delivered::Again)])
            .await;
    }
    for dead in hooked[again..].iter().chain(&others) {
        sender
            .write(&StreamId::space(), vec![dead.wanted(Delivered::Dropped)])
            .await;
    }
    sender.sent(6 + again).await;
    assert!(sender.space().await.letters.is_empty());
    // The same message has the same key, however often it is sent.
    let keys: Vec<String> = hook
        .seen()
        .iter()
        .map(|request| request.headers["idempotency-key"].clone())
        .collect();
    assert_eq!(keys.len(), 6 + again);
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 6);
    sender.stop().await;
}

#[tokio::test]
async fn a_channel_that_does_not_know_us_is_held_and_mended() {
    let (double, messages) = double_slack::start(|_| Post::Take);
    let mut sender = Sender::new(&slack(double.url())).await;
    sender.put_secret("old-and-gone");
    sender.start().await;
    let stream = sender.open("Errors of orders", None).await;
    sender.write(&stream, night::whole("it fails".into())).await;
    until(async || !sender.space().await.letters.held.is_empty()).await;
    let held = sender.space().await.letters.held;
    assert!(
        held["chat"].1.plain().starts_with("chat says invalid_auth: "),
        "{held:?}"
    );
    // Nothing is given up, however long it takes, and one record says it.
    until(async || sender.tide.waits().len() > 40).await;
    assert!(sender.space().await.letters.dead.is_empty());
    sender.put_secret(double_slack::TOKEN);
    sender.sent(6).await;
    assert_eq!(heads(&messages.lock().unwrap()), WHOLE);
    let said = sender.deliveries().await;
    let holds = said
        .iter()
        .filter(|one| matches!(one.outcome, Delivered::Held { .. }));
    assert_eq!(holds.count(), 1);
    assert!(sender.space().await.letters.is_empty());
    sender.stop().await;
}

#[tokio::test]
async fn one_investigation_holds_up_no_other() {
    let (double, comments) = double_tickets::servicenow(Box::new(|request, _| {
        let stuck = request.path == "/api/now/table/incident/stuck";
        stuck.then(|| Reply::error(503, "down for maintenance"))
    }));
    let mut sender = Sender::new(&servicenow(double.url())).await;
    sender.start().await;
    for ticket in ["stuck", "fine"] {
        let event = sender
            .event("servicenow", Some(ticket), "Orders fail", None)
            .await;
        let stream = sender.open("Orders fail", Some(event)).await;
        sender
            .write(&stream, night::whole("it fails".into())[..3].to_vec())
            .await;
    }
    sender.sent(2).await;
    assert_eq!(comments.lock().unwrap()["fine"].len(), 2);
    // After a day the first of the others is given up, and so on, in order.
    until(async || sender.space().await.letters.dead.len() == 2).await;
    let dead: Vec<u64> = sender
        .space()
        .await
        .letters
        .dead
        .values()
        .map(|dead| dead.delivery.seq)
        .collect();
    assert!(dead.is_sorted(), "{dead:?}");
    sender.stop().await;
}

#[tokio::test]
async fn hostile_words_are_data_everywhere() {
    let (double, messages) = double_slack::start(|_| Post::Take);
    let hook = DoubleWeb::start(|_, _| Reply::json(&json!({})));
    let config = format!(
        "{}[connections.bus]\nkind = \"eventbridge\"\nurl = \"{}/events\"\nauth = {{ api_key = {{ header = \"x-api-key\", key = \
         $SECRET }} }}\n[spaces.shop.connections.bus]\nsource = \"acme.oncall\"\nsend = [\"finding\"]\n",
        slack(double.url()),
        hook.url()
    );
    let mut sender = Sender::new(&config).await;
    sender.start().await;
    let words = "<!here> <@U1> @channel *b* `c` <https://evil.example|ours> https://evil.example mary.major@example.com \u{1b}[2J";
    let stream = sender.open(words, None).await;
    sender
        .write(&stream, night::whole(Text::new().ext(words))[..3].to_vec())
        .await;
    sender.sent(3).await;
    let messages = messages.lock().unwrap().clone();
    let mut types = BTreeSet::new();
    for message in &messages {
        double_slack::types(&message["blocks"], &mut types);
        let text = message["text"].as_str().unwrap();
        assert!(!text.contains(['<', '>']) && !text.contains("://"), "{text}");
        assert_eq!(
            (
                &message["mrkdwn"],
                &message["parse"],
                &message["link_names"],
                &message["unfurl_links"]
            ),
            (&json!(false), &json!("none"), &json!(false), &json!(false))
        );
        assert!(!message.to_string().contains("mary.major"), "{message}");
        assert!(!message.to_string().contains("\\u001b"), "{message}");
    }
    // Words, lists of words and blocks of words: no mention, no link, no markup.
    assert_eq!(
        types.iter().map(String::as_str).collect::<Vec<_>>(),
        ["rich_text", "rich_text_section", "text"]
    );
    let body: Value = serde_json::from_str(&hook.seen()[0].body).unwrap();
    let entry = &body["Entries"][0];
    assert_eq!(entry["Source"], "acme.oncall");
    assert_eq!(entry["DetailType"], "midwatch finding");
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["investigation"], stream.as_str());
    assert!(
        detail["text"][0]
            .as_str()
            .unwrap()
            .ends_with("<email-1> \u{fffd}[2J"),
        "{detail}"
    );
    assert_eq!(hook.seen()[0].headers["x-api-key"], "hush-hush");
    sender.stop().await;
}

#[tokio::test]
async fn a_webhook_is_signed_as_our_own_are() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use ring::hmac;
    let hook = DoubleWeb::start(|_, _| Reply::json(&json!({})));
    let config = format!(
        "space = \"shop\"\n[connections.hook]\nkind = \"webhook\"\nurl = \"{}/in\"\nauth = {{ hmac = $SECRET }}\n\
         [spaces.shop.connections.hook]\nsend = [\"cause\"]\n",
        hook.url()
    );
    let mut sender = Sender::new(&config).await;
    sender.start().await;
    let stream = sender.open("Errors of orders", None).await;
    sender.write(&stream, night::whole("it fails".into())).await;
    sender.sent(1).await;
    let request = &hook.seen()[0];
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"hush-hush");
    let signed = format!("{}:{}", request.headers["x-amzn-event-timestamp"], request.body);
    let signature = STANDARD
        .decode(&request.headers["x-amzn-event-signature"])
        .unwrap();
    hmac::verify(&key, signed.as_bytes(), &signature).unwrap();
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["detail"]["resource"], "order-intake");
    assert_eq!(body["key"], request.headers["idempotency-key"].as_str());
    assert_eq!(body["space"], "shop");
    sender.stop().await;
}

#[tokio::test]
async fn recorded_incidents_are_nobodys_business() {
    let (double, messages) = double_slack::start(|_| Post::Take);
    let mut sender = Sender::new(&slack(double.url())).await;
    sender.start().await;
    let spec = SourceSpec::Scenario { name: "x".into() };
    let demo = sender.open_from("A demo", None, spec.clone()).await;
    sender.write(&demo, night::whole("x".into())).await;
    let live = sender.open("Live", None).await;
    sender.write(&live, night::whole("y".into())).await;
    sender.sent(6).await;
    sender.stop().await;
    assert_eq!(messages.lock().unwrap().len(), 6);
    // Unless somebody asks for them.
    let config = slack(double.url()) + "demos = true\n";
    let mut asked = Sender::new(&config).await;
    asked.start().await;
    let demo = asked.open_from("A demo", None, spec).await;
    asked.write(&demo, night::whole("x".into())).await;
    asked.sent(6).await;
    asked.stop().await;
}

/// Issues of one tracker: what was sent, listed again as GitHub and GitLab do.
fn tracker() -> DoubleWeb {
    let kept = std::sync::Mutex::new(Vec::<Value>::new());
    DoubleWeb::start(move |request, _| {
        let mut kept = kept.lock().unwrap();
        if request.method == "GET" {
            let size: usize = request.query["per_page"].parse().unwrap();
            let page: usize = request.query["page"].parse().unwrap();
            let other = (0..150)
                .map(|n| json!({"number": n, "body": "another", "description": "another", "html_url": "x"}));
            let all: Vec<Value> = other.chain(kept.iter().cloned()).collect();
            let start = ((page - 1) * size).min(all.len());
            return Reply::json(&all[start..(start + size).min(all.len())].into());
        }
        let mut issue: Value = serde_json::from_str(&request.body).unwrap();
        let number = kept.len() + 1;
        issue["html_url"] = format!("https://github.example/acme/orders/issues/{number}").into();
        issue["web_url"] = format!("https://gitlab.example/acme/orders/-/issues/{number}").into();
        kept.push(issue.clone());
        Reply {
            status: 201,
            ..Reply::json(&issue)
        }
    })
}

#[tokio::test]
async fn an_accepted_recommendation_becomes_one_issue_that_reads_as_previewed() {
    let (github, gitlab) = (tracker(), tracker());
    let config = format!(
        "space = \"shop\"\n[connections.hub]\nkind = \"github\"\nurl = \"{}\"\nauth = {{ bearer = $SECRET }}\n\
         [connections.lab]\nkind = \"gitlab\"\nurl = \"{}\"\nauth = {{ api_key = {{ header = \"PRIVATE-TOKEN\", key = $SECRET }} }}\n\
         [spaces.shop.connections.hub]\nissues = \"acme/orders\"\n[spaces.shop.connections.lab]\nissues = \"acme/orders\"\n",
        github.url(),
        gitlab.url()
    );
    let mut sender = Sender::new(&config).await;
    sender.start().await;
    let live = sender
        .open("Errors of orders, says mary.major@example.com", None)
        .await;
    let propose = |id: &str| {
        Body::Recommendation(Proposed {
            id: id.to_owned(),
            recommendation: Recommendation {
                category: RecommendationCategory::Governance,
                title: Text::from("Deploy ").ext("@acme/orders").own(" in steps"),
                detail: Text::new()
                    .ext("/close #12")
                    .own(" A canary would have rolled it back."),
            },
            informed_by: vec![live.clone()],
        })
    };
    let decide = |id: &str, decision| {
        Body::Decision(Decision {
            recommendation: id.to_owned(),
            decision,
            reason: Text::new(),
        })
    };
    let space = StreamId::space();
    sender
        .write(&space, vec![propose("rec-1"), propose("rec-2"), propose("rec-3")])
        .await;
    sender
        .write(
            &space,
            vec![
                decide("rec-1", Choice::Accepted),
                decide("rec-2", Choice::Rejected),
            ],
        )
        .await;
    sender.sent(2).await;
    let folded = sender.space().await;
    let preview = report::ticket(&folded.recommendations["rec-1"], &folded);
    // Decided on once more: still one issue.
    sender
        .write(
            &space,
            vec![
                decide("rec-1", Choice::Rejected),
                decide("rec-1", Choice::Accepted),
            ],
        )
        .await;
    sender
        .write(&space, vec![decide("rec-3", Choice::Accepted)])
        .await;
    until(async || {
        let made = |double: &DoubleWeb| {
            double
                .seen()
                .iter()
                .filter(|request| request.method == "POST")
                .count()
        };
        made(&github) == 2 && made(&gitlab) == 2
    })
    .await;
    sender.stop().await;
    let posts = |double: &DoubleWeb| -> Vec<(String, Value)> {
        let seen = double
            .seen()
            .into_iter()
            .filter(|request| request.method == "POST");
        seen.map(|request| (request.path.clone(), serde_json::from_str(&request.body).unwrap()))
            .collect()
    };
    let (path, issue) = &posts(&github)[0];
    assert_eq!(path, "/api/v3/repos/acme/orders/issues");
    assert_eq!(issue["title"], preview.title);
    assert_eq!(issue["body"], preview.body);
    assert!(
        preview.body.contains("\n\\/close \\#&#8203;12 A canary"),
        "{}",
        preview.body
    );
    assert!(!preview.body.contains("mary.major"), "{}", preview.body);
    let (path, issue) = &posts(&gitlab)[0];
    assert_eq!(path, "/api/v4/projects/acme%2Forders/issues");
    assert_eq!(issue["description"], preview.body);
    assert_eq!(gitlab.seen()[0].headers["private-token"], "hush-hush");
    let references: BTreeSet<String> = sender
        .deliveries()
        .await
        .into_iter()
        .filter_map(|delivery| match delivery.outcome {
            Delivered::Sent { reference } => Some(reference),
            _ => None,
        })
        .collect();
    assert!(
        references.contains("https://github.example/acme/orders/issues/1"),
        "{references:?}"
    );
}

#[tokio::test]
async fn what_is_sent_to_github_is_what_it_publishes() {
    let peers = std::env::var_os("MIDWATCH_TEST_PEERS").map_or_else(
        || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".peers"),
        std::path::PathBuf::from,
    );
    let path = peers.join("github/node_modules/@octokit/openapi/generated/api.github.com.json");
    let Ok(text) = std::fs::read(&path) else {
        eprintln!(
            "SKIPPED: no description of GitHub's API at {}; scripts/test installs it",
            path.display()
        );
        return;
    };
    let description: Value = serde_json::from_slice(&text).unwrap();
    let item = &description["paths"]["/repos/{owner}/{repo}/issues"];
    let schema = &item["post"]["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(schema["required"], json!(["title"]));
    for property in ["title", "body"] {
        assert!(schema["properties"][property].is_object(), "{property}");
    }
    let known: Vec<String> = item["get"]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| match parameter["$ref"].as_str() {
            Some(to) => description.pointer(to.trim_start_matches('#')).unwrap(),
            None => parameter,
        })
        .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
        .collect();
    for name in ["state", "since", "per_page", "page"] {
        assert!(known.contains(&name.to_owned()), "{name}: {known:?}");
    }
    assert!(item["post"]["responses"]["201"].is_object());
}
