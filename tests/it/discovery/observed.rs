//! What stands outside stacks, what may not be read, and who was seen to call whom.

use midwatch::{journal::Journal, model::GapKind};
use serde_json::json;

use super::{discovered, told};
use crate::support::{
    aws::hasty,
    desk::{Setting, after, settled},
    double_aws::{DoubleAws, Reply},
    night,
};

fn described(kind: &str) -> &'static [&'static str] {
    match kind {
        "AWS::SQS::Queue" => &["https://sqs.us-east-1.amazonaws.com/123456789012/loose-jobs"],
        "AWS::Lambda::Function" => &["loose-worker", "secret-worker"],
        "AWS::Lambda::EventSourceMapping" => &["11111111-2222-3333-4444-555555555555"],
        _ => &[],
    }
}

fn account() -> DoubleAws {
    DoubleAws::start_reading(|operation, earlier, body| {
        let asked: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let word = |key: &str| asked[key].as_str().unwrap_or_default().to_owned();
        match operation {
            "DescribeStacks" => Reply::xml(
                200,
                "<DescribeStacksResponse><DescribeStacksResult><Stacks/></DescribeStacksResult></DescribeStacksResponse>",
            ),
            "DescribeInstances" => {
                Reply::xml(200, "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>")
            }
            // Two pages of tags.
            "GetResources" if earlier == 0 => Reply::json(
                200,
                json!({"PaginationToken": "more", "ResourceTagMappingList": [{
                    "ResourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/orders",
                    "Tags": [{"Key": "team", "Value": "shop"}]}]})
                .to_string(),
            ),
            "GetResources" => Reply::json(
                200,
                json!({"PaginationToken": "", "ResourceTagMappingList": [{
                    "ResourceARN": "arn:aws:sns:us-east-1:123456789012:placed",
                    "Tags": [{"Key": "team", "Value": "shop"}]}]})
                .to_string(),
            ),
            "ListResources" => {
                let found: Vec<_> = described(&word("TypeName"))
                    .iter()
                    .map(|id| json!({"Identifier": id, "Properties": "{}"}))
                    .collect();
                Reply::json(200, json!({"ResourceDescriptions": found}).to_string())
            }
            "GetResource" => {
                let properties = match word("Identifier").as_str() {
                    "secret-worker" => {
                        return Reply::error(400, "AccessDeniedException", "not authorized to perform: lambda:GetFunction");
                    }
                    "loose-worker" => json!({"FunctionName": "loose-worker", "Environment": {"Variables": {
                        "TABLE": "orders", "DB_PASSWORD": "correct-horse-battery"}}}),
                    "11111111-2222-3333-4444-555555555555" => json!({"FunctionName": "loose-worker",
                        "EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:loose-jobs"}),
                    _ => json!({}),
                };
                Reply::json(
                    200,
                    json!({"TypeName": word("TypeName"), "ResourceDescription": {
                        "Identifier": word("Identifier"), "Properties": properties.to_string()}})
                    .to_string(),
                )
            }
            "POST /Search HTTP/1.1" if word("NextToken").is_empty() => {
                assert_eq!(word("QueryString"), "region:us-east-1");
                Reply::json(
                    200,
                    json!({"NextToken": "more", "Count": {"TotalResources": 2, "Complete": true}, "Resources": [
                        {"Arn": "arn:aws:s3:::assets", "OwningAccountId": "123456789012", "Region": "us-east-1",
                            "Properties": [{"Name": "tags", "Data": [{"Key": "team", "Value": "web"}]}]}]})
                    .to_string(),
                )
            }
            "POST /Search HTTP/1.1" => Reply::json(
                200,
                json!({"Count": {"TotalResources": 2, "Complete": true}, "Resources": [
                    {"Arn": "arn:aws:events:us-east-1:123456789012:event-bus/shop", "Region": "us-east-1",
                        "OwningAccountId": "123456789012", "CfnResourceType": "AWS::Events::EventBus"}]})
                .to_string(),
            ),
            "POST /ServiceGraph HTTP/1.1" => Reply::json(
                200,
                json!({"Services": [
                    {"ReferenceId": 0, "Name": "loose-worker", "Type": "AWS::Lambda::Function",
                        "Edges": [{"ReferenceId": 1}, {"ReferenceId": 2}, {"ReferenceId": 4}]},
                    {"ReferenceId": 1, "Name": "orders", "Type": "AWS::DynamoDB::Table", "Edges": []},
                    {"ReferenceId": 2, "Name": "billing.internal", "Type": "remote", "Edges": []},
                    {"ReferenceId": 3, "Name": "loose-worker", "Type": "client", "Edges": [{"ReferenceId": 0}]},
                    {"ReferenceId": 4, "Name": "SNS", "Type": "AWS::SNS", "Edges": []}]})
                .to_string(),
            ),
            other if other.starts_with("GET /services?StartTime=") => Reply::json(
                200,
                json!({"ServiceSummaries": [{"KeyAttributes": {
                    "Type": "Service", "Name": "checkout", "Environment": "eks:shop/web"}}]})
                .to_string(),
            ),
            other if other.starts_with("POST /service-dependencies?StartTime=") => Reply::json(
                200,
                json!({"ServiceDependencies": [
                    {"DependencyKeyAttributes": {"Type": "AWS::Resource", "ResourceType": "AWS::SQS::Queue",
                        "Identifier": "loose-jobs"}},
                    {"DependencyKeyAttributes": {"Type": "RemoteService", "Name": "pay.example.org"}}]})
                .to_string(),
            ),
            other => panic!("unexpected {other}: {body}"),
        }
    })
}

#[tokio::test]
async fn double_what_stands_outside_stacks_is_found_read_and_seen_at_work() {
    let double = account();
    let journal = Journal::in_memory().await.unwrap();
    let outcome = discovered(hasty(double.url()), &journal).await;
    assert_eq!(
        told(&outcome.graph),
        [
            "client:loose-worker calls loose-worker",
            "loose-worker calls remote:billing.internal",
            "loose-worker uses table:orders",
            "loose-worker uses table:orders",
            "queue:loose-jobs triggers loose-worker",
            "service:checkout writes queue:loose-jobs",
            "service:checkout calls remote:pay.example.org",
        ],
        "configuration and traces both know the table"
    );
    let ids: Vec<&str> = outcome
        .graph
        .resources
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    for id in [
        "bucket:assets",
        "topic:placed",
        "secret-worker",
        "remote:billing.internal",
    ] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
    let table = outcome
        .graph
        .resources
        .iter()
        .find(|one| one.id.as_str() == "table:orders");
    assert_eq!(table.unwrap().tags["team"], "shop");

    // Seen, not readable: marked, and a gap that names what would mend it.
    let unreadable: Vec<&str> = outcome
        .graph
        .unreadable
        .keys()
        .map(midwatch::model::ResourceId::as_str)
        .collect();
    assert_eq!(unreadable, ["secret-worker"]);
    assert_eq!(outcome.found.unreadable, 1);
    let gap = &outcome.found.gaps[0];
    assert_eq!(outcome.found.gaps.len(), 1, "{:?}", outcome.found.gaps);
    assert_eq!(gap.kind, GapKind::Denied);
    assert_eq!(gap.resource.as_ref().unwrap().as_str(), "secret-worker");

    // Secrets in variables are in no blob.
    let records = journal
        .read_all(&midwatch::journal::StreamId::space())
        .await
        .unwrap();
    for record in &records {
        let parts = record.body["parts"].as_array().cloned().unwrap_or_default();
        for part in parts {
            let name = midwatch::journal::Hash(part["data"].as_str().unwrap().to_owned());
            let blob: serde_json::Value = journal.value(&name).await.unwrap();
            assert!(!blob.to_string().contains("correct-horse"));
        }
    }
}

#[tokio::test]
async fn double_what_may_not_be_read_carries_its_mark_and_the_reason() {
    let double = account();
    let journal = night::empty().await;
    discovered(hasty(double.url()), &journal).await;
    let console = settled(Setting::large(), &journal).await;
    let pane = after(&console, &["4", "+", "/", "secret-worker", "Enter"]).await;
    assert!(pane.contains("? secret-worker"), "{pane}");
    let sheet = after(&console, &["Enter"]).await;
    assert!(
        sheet.contains("unreadable · CloudControl GetResource was denied"),
        "{sheet}"
    );
}
