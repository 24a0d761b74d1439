//! Two accounts and two regions on moto: the fault is in one account, the symptom in the other.

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
};

use jiff::{SignedDuration, Timestamp};
use midwatch::{
    config::Account,
    model::{Evidence, Query, Source},
    sources::aws::{AwsSource, Standing},
};
use serde_json::{Value, json};

use crate::support::{
    aws::{REGION, factory, found},
    peers::{self, Caller, Peer},
};

/// The account of the credentials at hand, as moto has it.
pub const HOME: &str = "123456789012";
const OTHER: &str = "444455556666";

/// Minutes of data: the window of an hour, and the three hours before it.
const MINUTES: i64 = 260;
/// The fault set in so many minutes ago.
const FAULT: i64 = 12;

/// What the function's environment holds and nobody may see.
pub const PASSWORD: &str = "tr0ub4dor-and-three";

/// A queue, of one name in every place.
const QUEUE: &str = "
  Work:
    Type: AWS::SQS::Queue
    Properties: {QueueName: work}
";

const ORDERS: &str = "
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: orders
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
  Orders:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: orders
      Runtime: python3.12
      Handler: index.handle
      Role: !GetAtt Role.Arn
      Environment:
        Variables:
          LEDGER: 'arn:aws:dynamodb:eu-west-1:444455556666:table/ledger'
          LEVEL: info
          DB_PASSWORD: 'tr0ub4dor-and-three'
      Code: {ZipFile: 'def handle(event, context): pass'}
";

const LEDGER: &str = "
  Ledger:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: ledger
      ProvisionedThroughput: {ReadCapacityUnits: 5, WriteCapacityUnits: 5}
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
";

fn template(parts: &[&str]) -> String {
    format!(
        "AWSTemplateFormatVersion: '2010-09-09'\nResources:{}",
        parts.concat()
    )
}

/// A metric, a minute a datum: `usual` until the fault, `since` from then on.
async fn put_metric(
    peer: &Peer,
    caller: &Caller,
    metric: (&str, &str, &str, &str),
    usual: u32,
    since: u32,
    now: Timestamp,
) {
    let (namespace, name, dimension, of) = metric;
    let mut form = vec![("Namespace".to_owned(), namespace.to_owned())];
    for ago in 0..MINUTES {
        let at = now - SignedDuration::from_mins(ago);
        let value = if ago <= FAULT { since } else { usual };
        let member = format!("MetricData.member.{}", ago + 1);
        for (field, value) in [
            ("MetricName", name.to_owned()),
            ("Dimensions.member.1.Name", dimension.to_owned()),
            ("Dimensions.member.1.Value", of.to_owned()),
            ("Timestamp", at.to_string()),
            ("Value", value.to_string()),
            ("Unit", "Count".to_owned()),
        ] {
            form.push((format!("{member}.{field}"), value));
        }
    }
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    peer.query_as(caller, "monitoring", "PutMetricData", &form).await;
}

/// What the function says since the fault.
async fn put_logs(peer: &Peer, caller: &Caller, now: Timestamp) {
    let group = json!("/aws/lambda/orders");
    let call = |operation: &str| format!("Logs_20140328.{operation}");
    let body = json!({"logGroupName": group});
    peer.json_as(caller, "logs", &call("CreateLogGroup"), &body).await;
    let body = json!({"logGroupName": group, "logStreamName": "one"});
    peer.json_as(caller, "logs", &call("CreateLogStream"), &body)
        .await;
    let events: Vec<Value> = (0..FAULT * 4)
        .rev()
        .map(|quarter| {
            let at = now - SignedDuration::from_secs(quarter * 15);
            json!({
                "timestamp": at.as_millisecond(),
                "message": "[ERROR] ProvisionedThroughputExceededException: the level of configured provisioned \
                            throughput for the table was exceeded",
            })
        })
        .collect();
    let body = json!({"logGroupName": group, "logStreamName": "one", "logEvents": events});
    peer.json_as(caller, "logs", &call("PutLogEvents"), &body).await;
}

/// Four stacks in four places; the table of the other account throttles the function at home.
pub async fn scene() -> Option<Peer> {
    let peer = peers::moto()?;
    let now = Timestamp::now();
    let home = Caller::default();
    let there = peer.enter(OTHER, "eu-west-1").await;
    peer.create_stack_as(&home, "shop", &template(&[ORDERS, QUEUE]))
        .await;
    peer.create_stack_as(&there, "books", &template(&[LEDGER, QUEUE]))
        .await;
    let home_eu = home.in_region("eu-west-1");
    peer.create_stack_as(&home_eu, "shop-eu", &template(&[QUEUE]))
        .await;
    let there_us = there.in_region("us-east-1");
    peer.create_stack_as(&there_us, "books-us", &template(&[QUEUE]))
        .await;
    let lambda = |metric| ("AWS/Lambda", metric, "FunctionName", "orders");
    let table = |metric| ("AWS/DynamoDB", metric, "TableName", "ledger");
    put_metric(&peer, &home, lambda("Errors"), 0, 40, now).await;
    put_metric(&peer, &home, lambda("Invocations"), 60, 61, now).await;
    put_metric(&peer, &there, table("WriteThrottleEvents"), 0, 200, now).await;
    put_metric(&peer, &there, table("ConsumedWriteCapacityUnits"), 120, 300, now).await;
    put_logs(&peer, &home, now).await;
    let alarm = [
        ("AlarmName", "orders-errors"),
        ("Namespace", "AWS/Lambda"),
        ("MetricName", "Errors"),
        ("Statistic", "Sum"),
        ("Period", "60"),
        ("EvaluationPeriods", "1"),
        ("Threshold", "5"),
        ("ComparisonOperator", "GreaterThanThreshold"),
        ("Dimensions.member.1.Name", "FunctionName"),
        ("Dimensions.member.1.Value", "orders"),
    ];
    peer.query_as(&home, "monitoring", "PutMetricAlarm", &alarm).await;
    let fired = [
        ("AlarmName", "orders-errors"),
        ("StateValue", "ALARM"),
        ("StateReason", "Threshold Crossed"),
    ];
    peer.query_as(&home, "monitoring", "SetAlarmState", &fired).await;
    Some(peer)
}

/// Runs the program with credentials of [`HOME`] and a space of its own.
fn run(url: &str, space: &str, args: &[&str]) -> (i32, String, String) {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    std::fs::write(&config, space).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("MIDWATCH_DATA", home.path().join("data"))
        .env("MIDWATCH_CONFIG", config)
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL", url)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

pub fn two_accounts() -> String {
    format!(
        "[spaces.default]\nregions = [\"us-east-1\", \"eu-west-1\"]\n\
         [[spaces.default.accounts]]\nid = \"{HOME}\"\n\
         [[spaces.default.accounts]]\nid = \"{OTHER}\"\nname = \"payments\"\n\
         role = \"arn:aws:iam::{OTHER}:role/midwatch\"\nexternal_id = \"shop\"\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_a_table_in_another_account_explains_a_function_at_home() {
    let Some(peer) = scene().await else { return };
    let args = ["investigate", "--alarm", "orders-errors", "--format", "json"];
    let (code, out, err) = run(peer.url(), &two_accounts(), &args);
    assert_eq!(code, 0, "{out}{err}");
    let result: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        result["cause"]["resource"], "table:ledger@444455556666/eu-west-1",
        "{out}"
    );
    // Commands call it by its plain name and say the region; whose credentials they need stands first.
    let plan = &result["mitigation"];
    let command = plan["apply"][0]["command"].as_str().unwrap();
    assert!(
        command.contains("--table-name ledger ") && command.ends_with("--region eu-west-1"),
        "{plan}"
    );
    let first = plan["prepare"][0]["text"].as_str().unwrap();
    assert!(first.contains("credentials of account 444455556666"), "{plan}");
    let told = plan["instructions"].as_str().unwrap();
    assert!(
        told.contains("account: 444455556666\nregion: eu-west-1\n"),
        "{told}"
    );

    // The same without the other account: the investigation ends, and says what is missing.
    let alone = format!("[[spaces.default.accounts]]\nid = \"{HOME}\"\n");
    let (code, out, err) = run(peer.url(), &alone, &args);
    assert!(matches!(code, 0 | 3), "{out}{err}");
    let result: Value = serde_json::from_str(&out).unwrap();
    assert!(
        result["gaps"].to_string().contains("account 444455556666"),
        "{}",
        result["gaps"]
    );
    let (_, text, _) = run(peer.url(), &alone, &args[..3]);
    assert!(
        text.contains("midwatch account add 444455556666 --role ARN"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_a_second_account_becomes_active() {
    let Some(peer) = peers::moto() else { return };
    let (code, out, err) = run(peer.url(), &two_accounts(), &["account", "test"]);
    assert_eq!(code, 0, "{out}{err}");
    let caller = format!("active as arn:aws:sts::{OTHER}:assumed-role/midwatch/midwatch-default");
    assert_eq!(out.matches(&caller).count(), 2, "{out}");
    assert_eq!(out.matches("  active  ").count(), 2, "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_a_list_of_one_stack_is_all_that_is_discovered() {
    let Some(peer) = peers::moto() else { return };
    let home = Caller::default();
    peer.create_stack_as(&home, "shop", &template(&[ORDERS])).await;
    peer.create_stack_as(&home, "rest", &template(&[LEDGER, QUEUE]))
        .await;
    let discovered = |stacks: &[&str]| {
        let account = Account {
            id: HOME.to_owned(),
            stacks: stacks.iter().map(|stack| (*stack).to_owned()).collect(),
            ..Account::default()
        };
        let source =
            AwsSource::new(factory(peer.url()), Timestamp::now).standing(Standing::new(&account, REGION));
        async move {
            // Relations are asked for first: what is discovered is settled for them too.
            let Evidence::Relations(relations) = found(source.answer(&Query::Relations).await) else {
                panic!()
            };
            let Evidence::Inventory(resources) = found(source.answer(&Query::Inventory).await) else {
                panic!()
            };
            let ids: BTreeSet<String> = resources.into_iter().map(|resource| resource.id.0).collect();
            (ids, relations)
        }
    };
    let (ids, relations) = discovered(&["shop"]).await;
    assert!(ids.contains("orders") && !ids.contains("table:ledger"), "{ids:?}");
    let far = "table:ledger@444455556666/eu-west-1";
    assert!(
        relations.iter().any(|relation| relation.to.as_str() == far),
        "{relations:?}"
    );
    assert!(
        relations
            .iter()
            .all(|relation| ids.contains(relation.from.as_str()) && relation.to.as_str() != "queue:work"),
        "{relations:?}"
    );
    let (ids, _) = discovered(&[]).await;
    assert!(ids.contains("orders") && ids.contains("table:ledger"), "{ids:?}");
}
