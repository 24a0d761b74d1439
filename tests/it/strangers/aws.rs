//! What discovery reads of AWS: service graphs, traces, watched services, searches, and templates.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use midwatch::{
    journal::{Actor, Journal},
    model::{Answer, Evidence, GapKind, Query},
    sources::{
        aws::template::{self, Deployed},
        discovery::{Outcome, Run, discover},
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{
    aws::hasty,
    double_aws::{DoubleAws, Reply},
    mangle::{HOSTILE, bends, cases, judge, mangled},
};

/// What the services say, by operation.
fn said() -> Value {
    let segment = json!({"id": "a1", "name": "checkout", "origin": "AWS::ECS::Container", "subsegments": [
        {"id": "b1", "name": "DynamoDB", "namespace": "aws", "aws": {"table_name": "orders"}},
        {"id": "c1", "name": "pay.example.org", "namespace": "remote", "subsegments": [{"id": "d1"}]}]});
    let inner = json!({"id": "e1", "parent_id": "b1", "name": "orders", "origin": "AWS::DynamoDB::Table"});
    json!({
        "ServiceGraph": {"NextToken": null, "Services": []},
        "TraceSummaries": {"TraceSummaries": [{"Id": "1-1"}, {"Id": "1-2"}]},
        "Traces": {"Traces": [{"Segments": [{"Document": segment.to_string()}, {"Document": inner.to_string()}]}]},
        "services": {"NextToken": null, "ServiceSummaries": [{"KeyAttributes": {
            "Type": "Service", "Name": "checkout", "Environment": "eks:shop/web"}}]},
        "dependencies": {"NextToken": null, "ServiceDependencies": [
            {"DependencyKeyAttributes": {"Type": "AWS::Resource", "ResourceType": "AWS::SQS::Queue", "Identifier": "jobs"}},
            {"DependencyKeyAttributes": {"Type": "RemoteService", "Name": "pay.example.org"}}]},
        "Search": {"NextToken": null, "Count": {"TotalResources": 2, "Complete": true}, "Resources": [
            {"Arn": "arn:aws:s3:::assets", "OwningAccountId": "123456789012", "Region": "us-east-1",
                "Properties": [{"Name": "tags", "Data": [{"Key": "team", "Value": "web"}]}]},
            {"Arn": "arn:aws:events:us-east-1:123456789012:event-bus/shop", "Region": "us-east-1",
                "OwningAccountId": "123456789012", "CfnResourceType": "AWS::Events::EventBus"}]},
        "GetResources": {"PaginationToken": "", "ResourceTagMappingList": [{
            "ResourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/orders",
            "Tags": [{"Key": "team", "Value": "shop"}]}]},
        "ListResources": {"ResourceDescriptions": [{"Identifier": "worker", "Properties": "{}"}]},
        "GetResource": {"TypeName": "AWS::Lambda::Function", "ResourceDescription": {"Identifier": "worker",
            "Properties": json!({"FunctionName": "worker", "Environment": {"Variables": {"TABLE": "orders"}}}).to_string()}},
    })
}

/// The service graph of a shop.
fn graph() -> Value {
    json!({"NextToken": null, "Services": [
        {"ReferenceId": 0, "Name": "worker", "Type": "AWS::Lambda::Function", "Edges": [{"ReferenceId": 1}, {"ReferenceId": 2}]},
        {"ReferenceId": 1, "Name": "orders", "Type": "AWS::DynamoDB::Table", "Edges": []},
        {"ReferenceId": 2, "Name": "billing.internal", "Type": "remote", "Edges": []},
        {"ReferenceId": 3, "Name": "worker", "Type": "client", "Edges": [{"ReferenceId": 0}]}]})
}

fn account(said: Value) -> DoubleAws {
    DoubleAws::start_reading(move |operation, _, body| {
        let word = |key: &str| Reply::json(200, said[key].to_string());
        match operation {
            "DescribeStacks" => Reply::xml(
                200,
                "<DescribeStacksResponse><DescribeStacksResult><Stacks/></DescribeStacksResult></DescribeStacksResponse>",
            ),
            "DescribeInstances" => Reply::xml(
                200,
                "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>",
            ),
            "ListResources" if !body.contains("AWS::Lambda::Function") => {
                Reply::json(200, r#"{"ResourceDescriptions": []}"#)
            }
            "GetResources" | "ListResources" | "GetResource" => word(operation),
            "POST /Search HTTP/1.1" => word("Search"),
            "POST /ServiceGraph HTTP/1.1" => word("ServiceGraph"),
            "POST /TraceSummaries HTTP/1.1" => word("TraceSummaries"),
            "POST /Traces HTTP/1.1" => word("Traces"),
            other if other.starts_with("GET /services?") => word("services"),
            other if other.starts_with("POST /service-dependencies?") => word("dependencies"),
            _ => Reply::error(400, "UnknownOperationException", "no"),
        }
    })
}

async fn discovered(double: &DoubleAws) -> Outcome {
    let source: Arc<dyn midwatch::model::Source> = Arc::new(hasty(double.url()));
    let journal = Journal::in_memory().await.unwrap();
    let run = Run {
        actor: Actor::Operator("tester".to_owned()),
        now: Timestamp::now(),
    };
    discover(&source, &journal, &run, &mut |_| {}).await.unwrap()
}

fn judged(outcome: &Outcome) -> Result<(), String> {
    let of = |evidence: Evidence| Answer {
        evidence: Some(evidence),
        gaps: outcome.found.gaps.clone(),
        ..Answer::default()
    };
    let mut resources = outcome.graph.resources.clone();
    resources.sort_by(|a, b| a.id.cmp(&b.id));
    judge(&Query::Inventory, &of(Evidence::Inventory(resources)), 2_000_000)?;
    let mut relations = outcome.graph.relations.clone();
    relations.sort();
    judge(&Query::Relations, &of(Evidence::Relations(relations)), 2_000_000)
}

#[tokio::test]
async fn whatever_the_services_answer() {
    for (n, bends) in cases(16).iter().enumerate() {
        let mut usual = said();
        // Single traces are read where there is no graph.
        if n % 2 == 0 {
            usual["ServiceGraph"] = graph();
        }
        let double = account(mangled(&usual, bends));
        let outcome = discovered(&double).await;
        if let Err(why) = judged(&outcome) {
            panic!("{why}\n{bends:#?}");
        }
        let calls = double.operations().len();
        assert!(calls < 3_000, "{calls} calls\n{bends:#?}");
    }
}

#[tokio::test]
async fn what_is_no_list_is_a_gap() {
    for (key, list) in [
        ("ServiceGraph", "Services"),
        ("services", "ServiceSummaries"),
        ("dependencies", "ServiceDependencies"),
        ("Search", "Resources"),
        ("TraceSummaries", "TraceSummaries"),
    ] {
        for other in [json!(7), json!({}), json!("no")] {
            let mut usual = said();
            usual[key][list] = other.clone();
            let outcome = discovered(&account(usual)).await;
            let words = format!("{list} is no list");
            assert!(
                outcome
                    .found
                    .gaps
                    .iter()
                    .any(|gap| gap.why.plain().contains(&words)),
                "{key} {other}: {:?}",
                outcome.found.gaps
            );
        }
    }
}

#[tokio::test]
async fn a_service_that_always_has_one_more_page_is_left_in_the_end() {
    for (key, token) in [
        ("Search", "NextToken"),
        ("GetResources", "PaginationToken"),
        ("ServiceGraph", "NextToken"),
        ("services", "NextToken"),
    ] {
        let mut usual = said();
        usual[key][token] = json!("again");
        if key == "Search" {
            usual[key]["Resources"] = json!([]);
        }
        let double = account(usual);
        let outcome = discovered(&double).await;
        let calls = double.operations().len();
        assert!(calls < 500, "{key}: {calls}");
        if matches!(key, "Search" | "GetResources") {
            assert!(
                outcome
                    .found
                    .gaps
                    .iter()
                    .any(|gap| gap.kind == GapKind::Truncated),
                "{key}: {:?}",
                outcome.found.gaps
            );
        }
    }
}

#[tokio::test]
async fn names_that_programs_give_themselves_are_inert_or_nobody() {
    for words in [HOSTILE.concat(), "x".repeat(50_000)] {
        let mut usual = said();
        usual["ServiceGraph"] = graph();
        usual["ServiceGraph"]["Services"][2]["Name"] = json!(format!("billing{words}"));
        usual["ServiceGraph"]["Services"][3]["Name"] = json!(words);
        usual["services"]["ServiceSummaries"][0]["KeyAttributes"]["Name"] = json!(words);
        usual["Search"]["Resources"][0]["Arn"] = json!(format!("arn:aws:s3:::assets{words}"));
        let outcome = discovered(&account(usual)).await;
        judged(&outcome).unwrap();
        assert!(
            outcome
                .graph
                .resources
                .iter()
                .any(|resource| resource.id.as_str() == "worker")
        );
    }
}

/// A template with one of everything that is resolved.
fn template() -> Value {
    json!({
        "Parameters": {"Stage": {"Type": "String", "Default": "beta"}, "Count": {"Default": 3}},
        "Mappings": {"Sizes": {"beta": {"memory": 128}}},
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "jobs-${Stage}"}}},
            "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Fn::Join": ["-", ["orders", {"Ref": "Stage"}]]}}},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [
                {"Effect": "Allow", "Action": ["dynamodb:PutItem", "sqs:SendMessage"], "Resource": {"Fn::GetAtt": ["Table", "Arn"]}},
                {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}},
            "Worker": {"Type": "AWS::Lambda::Function", "Properties": {
                "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "MemorySize": {"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "memory"]},
                "Code": {"ZipFile": {"Fn::Base64": {"Fn::Sub": ["${Q} ${!HOME} ${Count}", {"Q": {"Ref": "Queue"}}]}}},
                "Layers": [{"Fn::Select": ["0", ["a", "b"]]}],
                "Environment": {"Variables": {"TABLE": {"Ref": "Table"}, "QUEUE": {"Ref": "Queue"},
                    "NET": {"Fn::ImportValue": "net-vpc"}}}}},
            "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}, "FunctionName": {"Ref": "Worker"}}},
            "Rule": {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Arn": {"Fn::GetAtt": ["Worker", "Arn"]}, "Id": "t"}]}},
        },
    })
}

fn deployed() -> Deployed {
    let physical = ["Queue", "Table", "Role", "Worker", "Mapping", "Rule"];
    Deployed {
        stack: "shop".to_owned(),
        region: "us-east-1".to_owned(),
        account: "123456789012".to_owned(),
        physical: physical.map(|name| (name.to_owned(), name.to_lowercase())).into(),
        parameters: BTreeMap::from([("Stage".to_owned(), "prod".to_owned())]),
        exports: BTreeMap::from([("net-vpc".to_owned(), "vpc-1".to_owned())]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn whatever_a_template_holds(bends in bends()) {
        let body = mangled(&template(), &bends).to_string();
        if let Ok(template) = template::parse(&body) {
            let deployed = deployed();
            let things = template::things(&template, &deployed);
            let relations = template::relations(&template, &deployed);
            prop_assert!(relations.is_sorted());
            prop_assert_eq!(&relations, &template::relations(&template, &deployed));
            for relation in &relations {
                prop_assert!(relation.from != relation.to);
            }
            let known = things.len();
            prop_assert!(known <= 6, "{}", known);
            let text = serde_json::to_string(&template.properties("Worker", &deployed)).unwrap();
            prop_assert!(text.len() < 1_000_000, "{}", text.len());
        }
    }

    #[test]
    fn whatever_text_is_given_for_a_template(
        text in "(Resources|Type|Properties|Ref|Fn::Sub|!Sub|!Ref|!GetAtt|AWS::SQS::Queue|[:\\-&*<{}\\[\\]'\"|>#?, \n]{1,3}|[a-z$]{1,4}){0,40}",
    ) {
        if let Ok(template) = template::parse(&text) {
            let _ = template::relations(&template, &deployed());
        }
    }
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut body = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let before = format!("*a{}", level - 1);
        body.push_str(&format!("a{level}: &a{level} [{}]\n", vec![before; 9].join(", ")));
    }
    body.push_str("Resources: {Q: {Type: 'AWS::SQS::Queue', Properties: *a8}}\n");
    assert!(template::parse(&body).is_err());
    let deep = format!("Resources: {}1{}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(template::parse(&deep).is_err());
}
