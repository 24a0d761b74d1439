//! Queues whose consumer stopped, or cannot read what comes.

use serde_json::json;

use super::{
    super::{
        draft::ACCOUNT,
        world::{Lambda, World, flow::Flow, kind, truth::OVER},
    },
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("sqs-consumer-disabled", consumer_disabled),
    ("sqs-poison-message", poison_message),
];

/// Somebody turns off what polls a queue for its consumer.
fn consumer_disabled(w: &mut World) {
    let (name, queue, table) = (w.n("fulfiller"), w.n("fulfil-jobs"), w.n("deliveries"));
    let at = w.act();
    let calm = w.calm("fulfiller", 17.0, 300.0);
    let left = calm
        .count
        .with(&w.rise(1.0, 0.0), |count, share| (count * share).round());
    let flow = Flow {
        bad: w.none(),
        count: left.clone(),
        ..calm.clone()
    };
    Lambda::new(&name, "python3.12", &flow, &["delivery planned", "job read"]).lay(w);
    let waiting = w.growing("waiting", 0.7, 17.0 * w.shape.size);
    let age = w.growing("age", 1.0, 58.0);
    w.add(
        &kind::QUEUE,
        &queue,
        json!({}),
        &[
            ("NumberOfMessagesSent", &calm.count),
            ("NumberOfMessagesReceived", &left),
            ("NumberOfMessagesDeleted", &left),
            ("ApproximateNumberOfMessagesVisible", &waiting),
            ("ApproximateAgeOfOldestMessage", &age),
        ],
    );
    let mapping = w.place(&kind::MAPPING, &w.n("fulfil-poller"), json!({"Enabled": false, "BatchSize": 10, "EventSourceArn": format!("arn:aws:sqs:{}:{ACCOUNT}:{queue}", w.draft.region), "FunctionName": name}));
    w.add(&kind::TABLE, &table, json!({}), &[]);
    let producer = w.n("order-intake");
    let sent = w.around("producer", calm.count.clone(), 60.0);
    Lambda::new(&producer, "python3.12", &sent, &["job queued"]).lay(w);
    w.writes(&producer, &queue);
    w.triggers(&queue, &mapping);
    w.triggers(&mapping, &name);
    w.triggers(&queue, &name);
    w.writes(&name, &table);
    w.call(
        at,
        ("lambda", "UpdateEventSourceMapping20150331"),
        &mapping,
        &format!("UpdateEventSourceMapping of {name} (disabled)"),
        json!({"uUID": mapping, "enabled": false, "functionName": name}),
    );
    w.starts_over(
        &format!("{queue}-age"),
        (&queue, "ApproximateAgeOfOldestMessage", "Maximum"),
        240.0,
    );
    w.title(format!("Messages in {queue} wait"), &queue);
    w.cause(&[&mapping, &name], "system_change", &[]);
    w.forbid(&[&producer, &table]);
    w.innocent(&[&producer, &table]);
    w.telling(&name, "Invocations");
}

/// A partner sends messages that the consumer cannot read; they come back until they are set aside.
fn poison_message(w: &mut World) {
    let (name, queue, dead) = (w.n("reader"), w.n("feed"), w.n("feed-dlq"));
    let flow = w.failing("reader", &w.calm("reader", 14.0, 150.0), 0.34);
    Lambda::new(
        &name,
        "python3.13",
        &flow,
        &["feed entry stored", "feed entry read"],
    )
    .fault(&|run| {
        let mut ended = run.raise(
            "json.decoder.JSONDecodeError",
            "Expecting value: line 1 column 1 (char 0)",
            "feed.py:22",
        );
        ended.lines.insert(
            0,
            format!(
                "[INFO]\t{}\t{}\tfeed entry read, schema=3 receive_count={}",
                super::super::wave::iso_ms(run.at),
                run.id,
                run.rng.whole(1, 6)
            ),
        );
        ended
    })
    .lay(w);
    w.backed_up(&queue, 1.6, 0.45);
    let set_aside = w.growing("dead", 0.0, 1.9);
    w.add(
        &kind::QUEUE,
        &dead,
        json!({"RedrivePolicy": null}),
        &[
            ("ApproximateNumberOfMessagesVisible", &set_aside),
            ("ApproximateAgeOfOldestMessage", &w.growing("dead age", 0.0, 60.0)),
        ],
    );
    w.add(&kind::TABLE, &w.n("entries"), json!({}), &[]);
    let partner = w.place(&kind::CLIENT, &w.n("feed-partner"), json!({}));
    w.writes(&partner, &queue);
    w.triggers(&queue, &name);
    w.routes(&queue, &dead);
    w.writes(&name, &w.n("entries"));
    w.calm_function(&w.n("publisher"), "python3.13", 3.0, 210.0, &["page published"]);
    w.reads(&w.n("publisher"), &w.n("entries"));
    w.starts_over(
        &format!("{dead}-not-empty"),
        (&dead, "ApproximateNumberOfMessagesVisible", "Maximum"),
        2.0,
    );
    w.alarm(&format!("{name}-errors"), (&name, "Errors", "Sum"), OVER, 2.0, 3);
    w.title(format!("{dead} is not empty"), &queue);
    w.cause(&[&partner, &queue, &name], "input_anomaly", &[]);
    w.forbid(&[&w.n("entries"), &w.n("publisher")]);
    w.innocent(&[&w.n("publisher"), &w.n("entries")]);
    w.telling(&name, "Errors");
}
