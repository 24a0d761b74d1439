//! One case a rule: things with live properties, and the relations that a person would draw.

use serde_json::{Value, json};

use super::*;
use crate::sources::aws::naming;

fn thing(kind: &str, physical: &str, properties: &Value) -> Thing {
    let mut resource = naming::resource(kind, physical);
    resource.account = Some("123456789012".to_owned());
    resource.region = Some("eu-west-1".to_owned());
    let mut thing = Thing::new(resource);
    thing.physical = physical.to_owned();
    read_into(&mut thing, properties);
    thing
}

/// Resources of which no more than the name matters.
fn plain(kinds: &[(&str, &str)]) -> Vec<Thing> {
    kinds
        .iter()
        .map(|(kind, physical)| thing(kind, physical, &json!({})))
        .collect()
}

fn told(things: &[Thing]) -> Vec<String> {
    relations(things)
        .iter()
        .map(|one| format!("{} {} {}", one.from, one.kind.as_str(), one.to))
        .collect()
}

fn arn(service: &str, last: &str) -> String {
    format!("arn:aws:{service}:eu-west-1:123456789012:{last}")
}

const JOBS: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs";

#[test]
fn a_function_uses_what_its_environment_and_network_name() {
    let mut things = plain(&[
        ("AWS::DynamoDB::Table", "orders"),
        ("AWS::SQS::Queue", JOBS),
        ("AWS::EC2::Subnet", "subnet-0a1b2c3d"),
        ("AWS::EC2::SecurityGroup", "sg-0a1b2c3d"),
        ("AWS::RDS::DBInstance", "shop"),
        ("AWS::S3::Bucket", "code-of-it"),
        ("AWS::IAM::Role", "worker"),
    ]);
    things.push(thing(
        "AWS::Lambda::Function",
        "worker",
        &json!({
            "FunctionName": "worker",
            "Code": {"S3Bucket": "code-of-it"},
            "Environment": {"Variables": {
                "TABLE": "orders", "QUEUE": JOBS, "LEVEL": "info",
                "DATABASE": "postgresql://app@shop.c9x.eu-west-1.rds.amazonaws.com:5432/shop",
                "OTHER": "arn:aws:sqs:us-east-1:111122223333:elsewhere",
            }},
            "VpcConfig": {"SubnetIds": ["subnet-0a1b2c3d"], "SecurityGroupIds": ["sg-0a1b2c3d"]},
            "Role": "arn:aws:iam::123456789012:role/worker",
        }),
    ));
    assert_eq!(
        told(&things),
        [
            "worker calls db:shop",
            "worker writes queue:elsewhere@111122223333/us-east-1",
            "worker writes queue:jobs",
            "worker uses role:worker",
            "worker uses sg-0a1b2c3d",
            "worker uses subnet-0a1b2c3d",
            "worker uses table:orders",
        ]
    );
}

#[test]
fn mappings_subscriptions_rules_and_pipes_connect_what_they_name() {
    let mut things = plain(&[
        ("AWS::Lambda::Function", "worker"),
        ("AWS::Lambda::Function", "relay"),
        ("AWS::SQS::Queue", JOBS),
        ("AWS::DynamoDB::Table", "orders"),
        ("AWS::SNS::Topic", &arn("sns", "mail")),
        ("AWS::Events::EventBus", "shop"),
        (
            "AWS::StepFunctions::StateMachine",
            &arn("states", "stateMachine:checkout"),
        ),
    ]);
    things.extend([
        thing(
            "AWS::Lambda::EventSourceMapping",
            "11111111-2222-3333-4444-555555555555",
            &json!({"EventSourceArn": arn("sqs", "jobs"), "FunctionName": "worker"}),
        ),
        thing(
            "AWS::Lambda::EventSourceMapping",
            "11111111-2222-3333-4444-666666666666",
            &json!({"EventSourceArn": arn("dynamodb", "table/orders/stream/2026-01-01T00:00:00.000"),
                "FunctionName": arn("lambda", "function:relay")}),
        ),
        thing(
            "AWS::SNS::Subscription",
            &arn("sns", "mail:1111"),
            &json!({"TopicArn": arn("sns", "mail"), "Endpoint": arn("sqs", "jobs"), "Protocol": "sqs"}),
        ),
        thing(
            "AWS::Events::Rule",
            &arn("events", "rule/shop/placed"),
            &json!({"EventBusName": "shop", "Targets": [
                {"Arn": arn("states", "stateMachine:checkout"), "Id": "a",
                    "DeadLetterConfig": {"Arn": arn("sqs", "jobs")}}]}),
        ),
        thing(
            "AWS::Pipes::Pipe",
            "feed",
            &json!({"Source": arn("dynamodb", "table/orders/stream/2026-01-01T00:00:00.000"),
                "Enrichment": arn("lambda", "function:relay"), "Target": arn("events", "event-bus/shop")}),
        ),
        thing(
            "AWS::Lambda::Permission",
            "permission-of-rule",
            &json!({"FunctionName": "worker", "SourceArn": arn("sns", "mail"), "Principal": "sns.amazonaws.com"}),
        ),
    ]);
    assert_eq!(
        told(&things),
        [
            "eventbus:shop triggers rule:shop/placed",
            "pipe:feed triggers eventbus:shop",
            "pipe:feed calls relay",
            "queue:jobs triggers worker",
            "rule:shop/placed triggers states:checkout",
            "table:orders triggers pipe:feed",
            "table:orders triggers relay",
            "topic:mail routes queue:jobs",
            "topic:mail triggers worker",
        ]
    );
}

#[test]
fn what_stands_behind_a_balancer_an_api_or_a_distribution_is_found_by_address() {
    let lb = arn("elasticloadbalancing", "loadbalancer/app/web/50dc6c495c0c9188");
    let group = arn("elasticloadbalancing", "targetgroup/web/73e2d6bc24d8a067");
    let listener = arn(
        "elasticloadbalancing",
        "listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2",
    );
    let service = arn("ecs", "service/shop/web");
    let mut things = plain(&[
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", &lb),
        ("AWS::ElasticLoadBalancingV2::TargetGroup", &group),
        ("AWS::ECS::Cluster", "shop"),
        ("AWS::S3::Bucket", "assets"),
        ("AWS::ApiGatewayV2::Api", "abc123"),
        ("AWS::Lambda::Function", "intake"),
    ]);
    things.extend([
        thing(
            "AWS::ElasticLoadBalancingV2::Listener",
            &listener,
            &json!({"LoadBalancerArn": lb, "DefaultActions": [{"Type": "forward", "TargetGroupArn": group}]}),
        ),
        thing(
            "AWS::ECS::Service",
            &service,
            &json!({"Cluster": arn("ecs", "cluster/shop"), "LoadBalancers": [{"TargetGroupArn": group}],
                "TaskDefinition": arn("ecs", "task-definition/web:7")}),
        ),
        thing(
            "AWS::CloudFront::Distribution",
            "E2EXAMPLE",
            &json!({"DistributionConfig": {"Origins": [
                {"DomainName": "assets.s3.eu-west-1.amazonaws.com", "Id": "a"},
                {"DomainName": "web-1234567.eu-west-1.elb.amazonaws.com", "Id": "b"}]}}),
        ),
        thing(
            "AWS::ApiGatewayV2::Integration",
            "1a2b3c",
            &json!({"ApiId": "abc123", "IntegrationUri": format!(
                "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{}/invocations",
                arn("lambda", "function:intake"))}),
        ),
    ]);
    assert_eq!(
        told(&things),
        [
            "distribution:E2EXAMPLE calls bucket:assets",
            "distribution:E2EXAMPLE calls lb:app/web/50dc6c495c0c9188",
            "ecs:shop contains service:shop/web",
            "httpapi:abc123 routes intake",
            "lb:app/web/50dc6c495c0c9188 routes targetgroup/web/73e2d6bc24d8a067",
            "targetgroup/web/73e2d6bc24d8a067 routes service:shop/web",
        ]
    );
}

#[test]
fn a_state_machine_calls_what_its_definition_names() {
    let mut things = plain(&[
        ("AWS::Lambda::Function", "charge"),
        ("AWS::SQS::Queue", JOBS),
        ("AWS::DynamoDB::Table", "orders"),
    ]);
    let definition = json!({"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": arn("lambda", "function:charge:live")}, "Next": "B"},
        "B": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": JOBS}, "Next": "C"},
        "C": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem",
            "Parameters": {"TableName": "orders"}, "End": true}}});
    things.push(thing(
        "AWS::StepFunctions::StateMachine",
        &arn("states", "stateMachine:checkout"),
        &json!({"DefinitionString": definition.to_string()}),
    ));
    assert_eq!(
        told(&things),
        [
            "states:checkout calls charge",
            "states:checkout writes queue:jobs",
            "states:checkout uses table:orders",
        ]
    );
}

#[test]
fn policies_tell_reading_from_writing_and_who_works_a_queue() {
    let mut things = plain(&[
        ("AWS::DynamoDB::Table", "orders"),
        ("AWS::DynamoDB::Table", "prices"),
        ("AWS::S3::Bucket", "assets"),
        ("AWS::SQS::Queue", JOBS),
    ]);
    things.push(thing(
        "AWS::IAM::Role",
        "worker",
        &json!({"Policies": [{"PolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:Query"], "Resource": arn("dynamodb", "table/orders")},
            {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": arn("dynamodb", "table/pri*")},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::assets/*"},
            {"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": arn("sqs", "jobs")},
            {"Effect": "Deny", "Action": "dynamodb:*", "Resource": arn("dynamodb", "table/prices")},
            {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": arn("dynamodb", "table/gone")}]}}]}),
    ));
    things.push(thing(
        "AWS::Lambda::Function",
        "worker",
        &json!({"Role": "arn:aws:iam::123456789012:role/worker",
            "Environment": {"Variables": {"QUEUE_URL": JOBS, "TABLE": "orders"}}}),
    ));
    assert_eq!(
        told(&things),
        [
            "queue:jobs triggers worker",
            "worker reads bucket:assets",
            "worker uses role:worker",
            "worker reads table:orders",
            "worker writes table:orders",
        ]
    );
}

#[test]
fn words_that_name_two_things_or_only_look_like_names_draw_nothing() {
    let mut things = plain(&[
        ("AWS::DynamoDB::Table", "twice"),
        ("AWS::Lambda::Function", "twice"),
        ("AWS::S3::Bucket", "production"),
        ("AWS::Logs::LogGroup", "/aws/lambda/worker"),
        ("AWS::ECR::Repository", "shop/web"),
    ]);
    things.extend([
        thing(
            "AWS::Lambda::Function",
            "worker",
            &json!({"Description": "production", "Environment": {"Variables": {"TWICE": "twice"}},
                "LoggingConfig": {"LogGroup": "/aws/lambda/worker"}}),
        ),
        thing(
            "AWS::ECS::TaskDefinition",
            &arn("ecs", "task-definition/web:7"),
            &json!({"Family": "production", "ContainerDefinitions": [{"Name": "production",
                "Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:v3"}]}),
        ),
    ]);
    assert_eq!(
        told(&things),
        [format!(
            "{} uses repository:shop/web",
            arn("ecs", "task-definition/web:7")
        )]
    );
}

#[test]
fn networks_and_groups_contain_and_are_used() {
    let mut things = plain(&[("AWS::EC2::VPC", "vpc-0a1b2c3d"), ("AWS::ECS::Cluster", "shop")]);
    things.extend([
        thing("AWS::EC2::Subnet", "subnet-0a1b2c3d", &json!({"VpcId": "vpc-0a1b2c3d"})),
        thing(
            "AWS::EC2::SecurityGroup",
            "sg-0a1b2c3d",
            &json!({"VpcId": "vpc-0a1b2c3d", "SecurityGroupIngress": [{"SourceSecurityGroupId": "sg-0b1b2c3d"}]}),
        ),
        thing("AWS::EC2::SecurityGroup", "sg-0b1b2c3d", &json!({})),
        thing(
            "AWS::RDS::DBInstance",
            "shop-1",
            &json!({"DBClusterIdentifier": "shop-cluster", "VPCSecurityGroups": ["sg-0a1b2c3d"]}),
        ),
        thing("AWS::RDS::DBCluster", "shop-cluster", &json!({})),
    ]);
    assert_eq!(
        told(&things),
        [
            "db:shop-1 uses sg-0a1b2c3d",
            "dbcluster:shop-cluster contains db:shop-1",
            "vpc-0a1b2c3d contains sg-0a1b2c3d",
            "vpc-0a1b2c3d contains subnet-0a1b2c3d",
        ]
    );
}
