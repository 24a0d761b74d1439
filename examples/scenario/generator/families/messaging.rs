//! Topics and queues: who may send, what is let through, who listens.

use serde_json::{Value, json};

use super::{
    super::{
        draft::ACCOUNT,
        world::{Lambda, World, entry::BEHIND, kind},
    },
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("sns-filter-policy", filter_policy),
    ("sns-publisher-attributes", publisher_attributes),
    ("sns-message-size", message_size),
    ("sqs-policy-denied", queue_denied),
];

/// Publisher -> topic -> subscription -> queue -> consumer, of which this share stops arriving.
struct Chain {
    publisher: String,
    topic: String,
    subscription: String,
    queue: String,
    consumer: String,
}

fn filtered_chain(w: &mut World, policy: Value, metric: &'static str, deployed: Option<i64>) -> Chain {
    let names = (
        w.n("publisher"),
        w.n("events"),
        w.n("shipping-inbox"),
        w.n("shipper"),
    );
    let (publisher, topic, queue, consumer) = names;
    let sent = w.calm("publisher", 24.0, 70.0);
    let mut lambda = Lambda::new(
        &publisher,
        "nodejs22.x",
        &sent,
        &["event published", "event built"],
    );
    if let Some(at) = deployed {
        lambda = lambda.deployed(at);
    }
    lambda.lay(w);
    let out = sent
        .count
        .with(&w.rise(0.0, 1.0), |count, share| (count * share).round());
    let arriving = sent.count.with(&out, |count, out| count - out);
    let delivered = sent.count.with(&arriving, |a, b| a + b);
    w.add(
        &kind::TOPIC,
        &topic,
        json!({}),
        &[
            ("NumberOfMessagesPublished", &sent.count),
            ("NumberOfNotificationsDelivered", &delivered),
            ("NumberOfNotificationsFilteredOut", &out),
        ],
    );
    w.extra(
        &topic,
        ("AWS/SNS", metric, "Sum", "Count"),
        &[("TopicName", &topic)],
        &out,
    );
    let subscription = w.place(
        &kind::SUBSCRIPTION,
        &topic,
        json!({"Protocol": "sqs", "Endpoint": format!("arn:aws:sqs:{}:{ACCOUNT}:{queue}", w.draft.region), "FilterPolicy": policy, "FilterPolicyScope": "MessageAttributes"}),
    );
    w.add(
        &kind::QUEUE,
        &queue,
        json!({}),
        &[
            ("NumberOfMessagesSent", &arriving),
            ("NumberOfMessagesReceived", &arriving),
            ("NumberOfMessagesDeleted", &arriving),
        ],
    );
    let flow = w.around("consumer", arriving, 240.0);
    Lambda::new(
        &consumer,
        "nodejs22.x",
        &flow,
        &["shipment planned", "message read"],
    )
    .lay(w);
    w.add(&kind::TABLE, &w.n("shipments"), json!({}), &[]);
    // A second subscriber without a filter goes on as ever.
    let audit = w.n("audit");
    let all = w.around("audit", sent.count.clone(), 55.0);
    Lambda::new(&audit, "python3.13", &all, &["event archived"]).lay(w);
    w.writes(&publisher, &topic);
    w.triggers(&topic, &subscription);
    w.triggers(&subscription, &queue);
    w.triggers(&queue, &consumer);
    w.triggers(&topic, &audit);
    w.writes(&consumer, &w.n("shipments"));
    w.title(format!("{consumer} is not invoked any more"), &consumer);
    w.forbid(&[&consumer, &queue, &audit, &w.n("shipments")]);
    w.innocent(&[&audit, &consumer]);
    w.telling(&topic, metric);
    Chain {
        publisher,
        topic,
        subscription,
        queue,
        consumer,
    }
}

/// Somebody changes the filter of a subscription, and nothing matches it.
fn filter_policy(w: &mut World) {
    let at = w.act();
    let policy = json!({"eventType": ["order.placed.v2"]});
    let chain = filtered_chain(
        w,
        policy,
        "NumberOfNotificationsFilteredOut-InvalidAttributes",
        None,
    );
    w.call(
        at,
        ("sns", "SetSubscriptionAttributes"),
        &chain.subscription,
        &format!("SetSubscriptionAttributes FilterPolicy of {} for {}", chain.topic, chain.queue),
        json!({"subscriptionArn": chain.subscription, "attributeName": "FilterPolicy", "attributeValue": "{\"eventType\":[\"order.placed.v2\"]}"}),
    );
    w.starts_below(
        &format!("{}-idle", chain.consumer),
        (&chain.consumer, "Invocations", "Sum"),
        2.0,
    );
    w.cause(&[&chain.subscription, &chain.topic], "system_change", &["filter"]);
    w.forbid(&[&chain.publisher]);
}

/// New code of the publisher leaves the attributes away that the filter asks for.
fn publisher_attributes(w: &mut World) {
    let at = w.act();
    let policy = json!({"eventType": ["order.placed"]});
    let chain = filtered_chain(
        w,
        policy,
        "NumberOfNotificationsFilteredOut-NoMessageAttributes",
        Some(at),
    );
    w.merge(at - 900, &chain.publisher, "Publish with the new client", ("src/publish.ts", "@@ -12,9 +12,6 @@\n   await client.send(new PublishCommand({\n     TopicArn: TOPIC,\n     Message: JSON.stringify(event),\n-    MessageAttributes: {\n-      eventType: { DataType: 'String', StringValue: event.type },\n-    },\n   }));"));
    w.starts_below(
        &format!("{}-arrivals", chain.queue),
        (&chain.queue, "NumberOfMessagesSent", "Sum"),
        2.0,
    );
    w.cause(&[&chain.publisher], "system_change", &[]);
}

/// The documents that come in are larger than a message may be.
fn message_size(w: &mut World) {
    let (name, api, topic) = (w.n("importer"), w.n("import-api"), w.n("imported"));
    let flow = w.failing("importer", &w.calm("importer", 15.0, 190.0), 0.7);
    let size = w.measured("size", 21_000.0, 205_000.0, 0.05);
    Lambda::new(
        &name,
        "nodejs22.x",
        &flow,
        &["document published, 21 KB", "document read"],
    )
    .fault(&|run| {
        let mut ended = run.raise(
            "InvalidParameterException",
            "Invalid parameter: Message too long",
            "publish.js:31",
        );
        let kilobytes = run.rng.whole(262, 690);
        ended.lines.insert(
            0,
            super::super::logs::node(run.at, run.id, "INFO", &format!("document read, {kilobytes} KB")),
        );
        ended
    })
    .lay(w);
    let good = flow.count.with(&flow.bad, |all, bad| all - bad);
    w.add(
        &kind::TOPIC,
        &topic,
        json!({}),
        &[
            ("NumberOfMessagesPublished", &good),
            ("NumberOfNotificationsDelivered", &good),
            ("PublishSize", &size),
        ],
    );
    let bytes = w.measured("bytes", 21_500.0 * 15.0, 420_000.0 * 15.0, 0.06);
    let front = w.caller("api", &flow, 11.0);
    let id = w.api(&api, ("POST", "/documents"), &front, BEHIND, &[]);
    let partner = w.client(&w.n("partner"), &id);
    w.extra(
        &id,
        ("AWS/ApiGateway", "RequestBytes", "Sum", "Bytes"),
        &[("ApiName", &api), ("Stage", "prod")],
        &bytes,
    );
    let done = w.around("indexer", good, 220.0);
    Lambda::new(&w.n("indexer"), "nodejs22.x", &done, &["document indexed"]).lay(w);
    w.calls(&id, &name);
    w.writes(&name, &topic);
    w.triggers(&topic, &w.n("indexer"));
    w.starts_over(&format!("{name}-errors"), (&name, "Errors", "Sum"), 2.0);
    w.title(format!("{name} fails"), &name);
    w.entry(&id, &front);
    w.cause(&[&name, &partner], "input_anomaly", &[]);
    w.forbid(&[&w.n("indexer")]);
    w.innocent(&[&w.n("indexer")]);
    w.telling(&topic, "PublishSize");
}

/// A new policy of a queue no longer lets its sender send.
fn queue_denied(w: &mut World) {
    let (name, api, queue) = (w.n("submitter"), w.n("submit-api"), w.n("submissions"));
    let at = w.act();
    let flow = w.failing("submitter", &w.calm("submitter", 21.0, 66.0), 1.0);
    let arn = format!("arn:aws:sqs:{}:{ACCOUNT}:{queue}", w.draft.region);
    let role = format!("{name}-role");
    let denied = format!(
        "User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name} is not authorized to perform: sqs:sendmessage on resource: {arn} with an explicit deny in a resource-based policy"
    );
    Lambda::new(
        &name,
        "python3.13",
        &flow,
        &["submission queued", "submission checked"],
    )
    .fault(&move |run| {
        run.raise(
            "botocore.exceptions.ClientError",
            &format!("An error occurred (AccessDenied) when calling the SendMessage operation: {denied}"),
            "app.py:38",
        )
    })
    .lay(w);
    let good = flow.count.with(&flow.bad, |all, bad| all - bad);
    let sent = [
        ("NumberOfMessagesSent", &good),
        ("NumberOfMessagesReceived", &good),
        ("NumberOfMessagesDeleted", &good),
    ];
    let statement = json!({"Sid": "OnlyFromVpc", "Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn, "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a4c1d9e7b2f36581"}}});
    w.add(
        &kind::QUEUE,
        &queue,
        json!({"Policy": {"Version": "2012-10-17", "Statement": [statement]}}),
        &sent,
    );
    let front = w.caller("api", &flow, 9.0);
    let id = w.api(&api, ("POST", "/submissions"), &front, BEHIND, &[]);
    w.place(&kind::ROLE, &role, json!({}));
    let done = w.around("grader", good, 480.0);
    Lambda::new(&w.n("grader"), "python3.13", &done, &["submission graded"]).lay(w);
    let clients = w.client(&w.n("students"), &id);
    w.calls(&id, &name);
    w.writes(&name, &queue);
    w.uses(&name, &role);
    w.triggers(&queue, &w.n("grader"));
    w.call(
        at,
        ("sqs", "SetQueueAttributes"),
        &queue,
        &format!("SetQueueAttributes of {queue} (Policy)"),
        json!({"queueUrl": format!("https://sqs.{}.amazonaws.com/{ACCOUNT}/{queue}", w.draft.region), "attributes": {"Policy": json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()}}),
    );
    w.starts_over(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), 5.0);
    w.title(format!("{api} answers with errors"), &api);
    w.entry(&id, &front);
    w.cause(&[&queue], "system_change", &["policy"]);
    w.timeline(&["SetQueueAttributes", "alarm"]);
    w.forbid(&[&id, &clients, &w.n("grader")]);
    w.innocent(&[&w.n("grader"), &id]);
    w.telling(&queue, "NumberOfMessagesSent");
}
