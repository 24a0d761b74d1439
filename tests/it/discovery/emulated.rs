//! Discovery of what emulators deploy.

use jiff::Timestamp;
use midwatch::{
    journal::Journal,
    model::{Evidence, Query, Source},
};
use serde_json::json;

use super::{discovered_in_the_end, told};
use crate::support::{
    aws::{found, source},
    peers,
};

/// What a person would draw of `mixed.yaml`; names that the emulator made up are left out by their type.
const DRAWN: &[&str] = &[
    "ecs:mixed contains service:mixed/mixed-mailer",
    "httpapi:API routes mixed-intake",
    "mixed-intake writes table:mixed-orders",
    "mixed-intake writes topic:mixed-placed",
    "mixed-intake uses role:mixed-intake",
    "mixed-relay writes queue:mixed-mail",
    "mixed-relay uses role:mixed-relay",
    "mixed-report reads table:mixed-orders",
    "mixed-report writes bucket:mixed-assets",
    "mixed-report uses role:mixed-report",
    "queue:mixed-mail triggers service:mixed/mixed-mailer",
    "rule:mixed-nightly triggers mixed-report",
    "service:mixed/mixed-mailer reads bucket:mixed-assets",
    "service:mixed/mixed-mailer uses TASK",
    "service:mixed/mixed-mailer uses role:mixed-mailer",
    "table:mixed-orders triggers mixed-relay",
    "topic:mixed-placed routes queue:mixed-audit",
];

#[tokio::test]
async fn ministack_a_mixed_stack_has_the_relations_that_a_person_would_draw() {
    let Some(peer) = peers::ministack() else { return };
    peer.create_stack("mixed", "mixed.yaml").await;
    let journal = Journal::in_memory().await.unwrap();
    let outcome = discovered_in_the_end(peer.url(), &journal).await;
    let mut drawn: Vec<String> = told(&outcome.graph)
        .into_iter()
        .map(|line| {
            let words = line.split(' ').map(|word| match word {
                word if word.starts_with("httpapi:") => "httpapi:API",
                word if word.contains("task-definition") || word.starts_with("taskdefinition:") => "TASK",
                word => word,
            });
            words.collect::<Vec<_>>().join(" ")
        })
        .collect();
    drawn.sort();
    let mut expected: Vec<&str> = DRAWN.to_vec();
    expected.sort_unstable();
    assert_eq!(drawn, expected, "{:?}", outcome.found.gaps);
    let stacked = outcome
        .graph
        .resources
        .iter()
        .filter(|resource| resource.stack.as_deref() == Some("mixed"))
        .count();
    assert_eq!(stacked, 18, "{:?}", outcome.graph.resources);

    // The investigation's own question has the same answer.
    let Evidence::Relations(relations) = found(source(peer.url()).answer(&Query::Relations).await) else {
        panic!()
    };
    assert_eq!(relations, outcome.graph.relations);
}

#[tokio::test]
async fn moto_traces_and_tags_bring_what_configuration_lacks() {
    let Some(peer) = peers::moto() else { return };
    let now = Timestamp::now().as_second();
    let trace = format!("1-{:08x}-0123456789abcdef01234567", now - 60);
    let segment = |id: &str, name: &str, origin: &str, parent: Option<&str>, inner: serde_json::Value| {
        let mut segment = json!({"id": id, "name": name, "trace_id": trace, "origin": origin,
            "start_time": now - 60, "end_time": now - 59, "subsegments": inner});
        if let Some(parent) = parent {
            segment["parent_id"] = json!(parent);
        }
        segment.to_string()
    };
    let web = segment(
        "70de5b6f19ff9a0a",
        "web",
        "AWS::EC2::Instance",
        None,
        json!([
            {"id": "53995c3f42cd8ad8", "name": "billing.internal", "namespace": "remote", "start_time": now - 60, "end_time": now - 59},
            {"id": "53995c3f42cd8ad9", "name": "SQS", "namespace": "aws", "start_time": now - 60, "end_time": now - 59,
                "aws": {"operation": "SendMessage", "queue_url": "https://sqs.us-east-1.amazonaws.com/123456789012/mail"}}
        ]),
    );
    let pricing = segment(
        "70de5b6f19ff9a0b",
        "pricing",
        "AWS::ECS::Container",
        Some("53995c3f42cd8ad8"),
        json!([]),
    );
    let body = json!({"TraceSegmentDocuments": [web, pricing]}).to_string();
    peer.post("xray", "TraceSegments", &body).await;
    let queue = [
        ("QueueName", "mail"),
        ("Tag.1.Key", "team"),
        ("Tag.1.Value", "shop"),
    ];
    peer.query("sqs", "CreateQueue", &queue).await;

    let journal = Journal::in_memory().await.unwrap();
    let outcome = discovered_in_the_end(peer.url(), &journal).await;
    let lines = told(&outcome.graph);
    for line in [
        "service:web calls remote:billing.internal",
        "service:web calls service:pricing",
        "service:web writes queue:mail",
    ] {
        assert!(
            lines.iter().any(|one| one == line),
            "{line} in {lines:?}: {:?}",
            outcome.found.gaps
        );
    }
    let queue = outcome
        .graph
        .resources
        .iter()
        .find(|one| one.id.as_str() == "queue:mail");
    assert_eq!(queue.map(|queue| queue.tags["team"].as_str()), Some("shop"));
}
