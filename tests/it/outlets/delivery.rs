//! Messages on their way: order, repeats, receivers that fail, and processes that come and go.

use std::collections::BTreeSet;

use midwatch::{
    journal::{
        Body, StreamId, VerifyOptions,
        body::{Delivered, Delivery},
    },
    model::{RunState, SourceSpec},
};
use serde_json::{Value, json};

use super::{WHOLE, heads, servicenow, slack};
use crate::support::{
    double_slack::{self, Post, shown},
    double_tickets,
    double_web::{DoubleWeb, Reply},
    outlets::{Sender, night, until},
};

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
    }
    // Each carries the hash of the record that it tells of, by which the journal can be held against it: what stands in Slack
    // is another place.
    let mut anchors = Vec::new();
    for message in &messages {
        let text = shown(message);
        let source = text.rsplit(" | ").next().unwrap();
        let words: Vec<&str> = source.split(' ').collect();
        let ["midwatch", stream, seq, "journal", hash] = words[..] else {
            panic!("{source}")
        };
        let seq: u64 = seq.trim_matches(['#', ',']).parse().unwrap();
        let record = &sender
            .journal
            .read(&stream.parse().unwrap(), seq - 1, 1)
            .await
            .unwrap()[0];
        assert_eq!((record.seq, record.hash.short()), (seq, hash));
        anchors.push(hash.to_owned());
    }
    let verify = async |anchors| {
        let options = VerifyOptions {
            anchors,
            ..VerifyOptions::default()
        };
        sender.journal.verify(&options).await.unwrap()
    };
    let report = verify(anchors).await;
    assert!(report.is_ok(), "{report:?}");
    assert_eq!(report.anchors, messages.len() as u64);
    assert!(!verify(vec!["0123456789ab".to_owned()]).await.is_ok());
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
async fn a_receiver_that_asks_for_no_wait_is_not_asked_without_end() {
    let waits = ["0", "Mon, 27 Oct 2025 02:01:00 GMT"];
    let hook = DoubleWeb::start(move |_, earlier| {
        Reply::error(503, "come back at once").with("retry-after", waits[earlier % 2])
    });
    let config = format!(
        "space = \"shop\"\n[connections.hook]\nkind = \"webhook\"\nurl = \"{}\"\n[spaces.shop.connections.hook]\n\
         send = [\"cause\"]\n",
        hook.url()
    );
    let mut sender = Sender::new(&config).await;
    sender.start().await;
    let stream = sender.open("Errors of orders", None).await;
    sender.write(&stream, night::whole("it fails".into())).await;
    // A day of waits of our own, which grow.
    until(async || sender.space().await.letters.dead.len() == 1).await;
    let tries = hook.seen().len();
    assert!((200..600).contains(&tries), "{tries}");
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
async fn a_message_is_found_at_the_end_of_a_long_thread() {
    let (double, messages) = double_slack::start(|n| match n {
        // It has the message, and the answer is lost.
        1 => Post::TakeAndBreak,
        _ => Post::Take,
    });
    let mut sender = Sender::new(&slack(double.url())).await;
    sender.start().await;
    let stream = sender.open("Errors of orders", None).await;
    let mut whole = night::whole("it fails".into());
    let rest = whole.split_off(1);
    sender.write(&stream, whole).await;
    sender.sent(1).await;
    // People have talked below it for a day: more than a page.
    {
        let mut messages = messages.lock().unwrap();
        let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(20);
        let thread = messages[0]["ts"].clone();
        for n in 0..250 {
            let ts = double_slack::stamp(yesterday, n);
            messages.push(json!({"ts": ts, "thread_ts": thread, "text": "what is it?"}));
        }
    }
    sender.write(&stream, rest).await;
    sender.sent(6).await;
    sender.stop().await;
    let ours = |message: &&Value| message.get("metadata").is_some();
    let ours: Vec<Value> = messages.lock().unwrap().iter().filter(ours).cloned().collect();
    assert_eq!(heads(&ours), WHOLE);
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
async fn what_is_sent_again_goes_to_where_the_channel_sends_by_now() {
    let refused = json!({"ok": false, "error": "too_many_attachments"});
    let (double, messages) = double_slack::start(move |n| match n {
        0..6 => Post::Answer(Reply::json(&refused)),
        _ => Post::Take,
    });
    let elsewhere = slack(double.url()).replace(double_slack::CHANNEL, "C0000000001");
    let mut sender = Sender::new(&elsewhere).await;
    sender.start().await;
    let stream = sender.open("Errors of orders", None).await;
    sender.write(&stream, night::whole("it fails".into())).await;
    until(async || sender.space().await.letters.dead.len() == 6).await;
    sender.stop().await;
    // The channel is mended, and a person wants them sent.
    let mut mended = Sender::new(&slack(double.url())).await;
    mended.journal = sender.journal.clone();
    mended.start().await;
    for dead in sender.space().await.letters.dead.values() {
        mended
            .write(&StreamId::space(), vec![dead.wanted(Delivered::Again)])
            .await;
    }
    mended.sent(6).await;
    assert!(mended.space().await.letters.is_empty());
    mended.stop().await;
    // And that is the end of it, for whoever comes next too.
    mended.start().await;
    mended.stop().await;
    let messages = messages.lock().unwrap();
    assert_eq!(heads(&messages), WHOLE);
    assert!(
        messages[1..]
            .iter()
            .all(|message| message["thread_ts"] == messages[0]["ts"])
    );
}

#[tokio::test]
async fn what_cannot_be_sent_again_stays_on_the_list_and_says_why() {
    let (double, _) = double_slack::start(|_| Post::Take);
    let mut sender = Sender::new(&(slack(double.url()) + "send = [\"cause\"]\n")).await;
    sender.start().await;
    let stream = sender.open("Errors of orders", None).await;
    sender.write(&stream, night::whole("it fails".into())).await;
    sender.sent(1).await;
    let dead = |channel: &str, seq, outcome| {
        Body::Delivery(Delivery {
            channel: channel.to_owned(),
            stream: stream.clone(),
            seq,
            key: format!("{channel} {seq}"),
            outcome,
        })
    };
    let cases = [
        ("gone", 5, "nothing is sent by a channel of this name now"),
        // A finding, which it is not sent any more, and a record that was never news.
        ("chat", 4, "it is no message of this channel any more"),
        ("chat", 1, "it is no message of this channel any more"),
    ];
    for (channel, seq, why) in cases {
        let given_up = Delivered::Dead { why: "no".into() };
        let space = StreamId::space();
        sender.write(&space, vec![dead(channel, seq, given_up)]).await;
        let asked = sender
            .write(&space, vec![dead(channel, seq, Delivered::Again)])
            .await;
        until(async || sender.space().await.letters.dead.keys().any(|seq| *seq > asked)).await;
        let letters = sender.space().await.letters;
        let (_, last) = letters.dead.last_key_value().unwrap();
        assert_eq!(last.delivery.key, format!("{channel} {seq}"));
        assert!(last.why.plain().starts_with(why), "{}", last.why.plain());
    }
    assert_eq!(sender.space().await.letters.dead.len(), 3);
    sender.stop().await;
}

#[tokio::test]
async fn a_space_that_sends_nothing_says_so_too() {
    let mut sender = Sender::new("space = \"shop\"\n").await;
    let letter = |key: &str, outcome| {
        Body::Delivery(Delivery {
            channel: "gone".to_owned(),
            stream: StreamId::space(),
            seq: 1,
            key: key.to_owned(),
            outcome,
        })
    };
    let dead = || Delivered::Dead { why: "no".into() };
    let space = StreamId::space();
    let given_up = vec![
        letter("a", dead()),
        letter("b", dead()),
        letter("a", Delivered::Again),
    ];
    sender.write(&space, given_up).await;
    sender.start().await;
    // What was wanted before it began, and what is wanted since.
    until(async || sender.space().await.letters.dead.len() == 2).await;
    sender.write(&space, vec![letter("b", Delivered::Again)]).await;
    until(async || sender.space().await.letters.dead.len() == 2).await;
    let letters = sender.space().await.letters;
    for dead in letters.dead.values() {
        let why = dead.why.plain();
        assert!(
            why.starts_with("nothing is sent by a channel of this name"),
            "{why}"
        );
    }
    sender.stop().await;
    assert_eq!(sender.deliveries().await.len(), 6);
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
    // After a day the others are given up, in order.
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
