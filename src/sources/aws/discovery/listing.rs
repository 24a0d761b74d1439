//! What stands outside stacks and carries no tag: listed type by type through Cloud Control, and instances by EC2.

use aws_sdk_cloudcontrol::types::ResourceDescription;
use serde_json::{Value, json};

use super::super::{ask::Ask, naming, wiring};
use crate::{
    aws::{AwsError, ErrorKind, all_instances, operations::LIST_RESOURCES},
    model::{
        Text,
        discovery::{Finding, Thing},
    },
};

/// Types that are listed: those that act, hold data or connect others, as far as Cloud Control lists them without being
/// told whose they are.
pub(super) const TYPES: &[&str] = &[
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::AppSync::GraphQLApi",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::CloudFront::Distribution",
    "AWS::DynamoDB::Table",
    "AWS::ECS::Cluster",
    "AWS::EFS::FileSystem",
    "AWS::EKS::Cluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::Kinesis::Stream",
    "AWS::KinesisFirehose::DeliveryStream",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::OpenSearchService::Domain",
    "AWS::Pipes::Pipe",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::Scheduler::Schedule",
    "AWS::StepFunctions::StateMachine",
];

/// Types that are listed for each resource of another: what names that one.
const INSIDE: &[(&str, &str, &str)] = &[
    ("AWS::ECS::Cluster", "AWS::ECS::Service", "Cluster"),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::ElasticLoadBalancingV2::Listener",
        "LoadBalancerArn",
    ),
    (
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Integration",
        "ApiId",
    ),
    ("AWS::EKS::Cluster", "AWS::EKS::Nodegroup", "ClusterName"),
];

/// Pages that are read of a type: a hundred resources each.
const PAGES: usize = 100;
/// A description with more properties than this is the configuration; with fewer it is what identifies the resource.
const WHOLE: usize = 4;

/// Everything of one type, and what stands inside each.
pub(super) async fn of_type(ask: &mut Ask<'_>, kind: &str) -> Finding {
    let mut finding = Finding::default();
    if ask.source.stacks.lock().await.no_cloud_control {
        return finding;
    }
    let listed = match list(ask, kind, None).await {
        Ok(listed) => listed,
        Err(error) => {
            missed(ask, &error, kind).await;
            return finding;
        }
    };
    for (parent, inside, property) in INSIDE.iter().filter(|(parent, ..)| *parent == kind) {
        for one in &listed {
            let identifier = one.identifier().unwrap_or_default();
            let model = json!({ *property: identifier }).to_string();
            match list(ask, inside, Some(model)).await {
                Ok(listed) => finding
                    .things
                    .extend(listed.iter().filter_map(|one| thing(inside, one))),
                Err(error) => {
                    let what = Text::from(format!("{inside} of each {parent}"));
                    ask.missed(&error, what, None);
                    break;
                }
            }
        }
    }
    finding
        .things
        .extend(listed.iter().filter_map(|one| thing(kind, one)));
    finding
}

async fn missed(ask: &mut Ask<'_>, error: &AwsError, kind: &str) {
    // The endpoint as a whole lacks it when not even the error is Cloud Control's own.
    let whole = error.kind == ErrorKind::Unsupported && error.detail.starts_with("HTTP status");
    if whole {
        ask.source.stacks.lock().await.no_cloud_control = true;
        ask.missed(error, "resources outside stacks and without tags".into(), None);
    } else {
        ask.missed(error, Text::from(format!("{kind} outside stacks")), None);
    }
}

async fn list(
    ask: &Ask<'_>,
    kind: &str,
    model: Option<String>,
) -> Result<Vec<ResourceDescription>, AwsError> {
    let client = ask.aws.cloudcontrol();
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let request = client
            .list_resources()
            .type_name(kind)
            .set_resource_model(model.clone())
            .max_results(100)
            .set_next_token(token.take());
        let page = ask.aws.call(LIST_RESOURCES, || request.clone().send()).await?;
        found.extend_from_slice(page.resource_descriptions());
        token = page.next_token().map(ToOwned::to_owned);
        if token.is_none() {
            break;
        }
    }
    Ok(found)
}

fn thing(kind: &str, described: &ResourceDescription) -> Option<Thing> {
    let identifier = described.identifier().filter(|id| naming::is_name(id))?;
    // Some identifiers have two parts; the first is the one that CloudFormation uses.
    let physical = match kind {
        "AWS::ECS::Service" => identifier.split('|').next().unwrap_or(identifier),
        _ => identifier,
    };
    let mut thing = Thing::new(naming::resource(kind, physical));
    identifier.clone_into(&mut thing.physical);
    if let Some(properties) = described
        .properties()
        .and_then(|text| serde_json::from_str::<Value>(text).ok())
    {
        wiring::read_into(&mut thing, &properties);
        if properties
            .as_object()
            .is_none_or(|properties| properties.len() <= WHOLE)
        {
            thing.print.clear();
        }
    }
    Some(thing)
}

/// The instances of the region, with their networks.
pub(super) async fn instances(ask: &mut Ask<'_>) -> Finding {
    let outcome = all_instances(&ask.aws).await;
    let found = ask
        .keep(outcome, || "EC2 instances".into(), None)
        .unwrap_or_default();
    let running = found
        .into_iter()
        .filter(|instance| instance.state != "terminated");
    let things = running.map(|instance| {
        let mut thing = Thing::new(naming::resource("AWS::EC2::Instance", &instance.instance_id));
        let properties = json!({
            "IamInstanceProfile": instance.iam_instance_profile,
            "SecurityGroupIds": instance.security_group_ids,
            "SubnetId": instance.subnet_id,
        });
        wiring::read_into(&mut thing, &properties);
        let resource = &mut thing.resource;
        resource.stack = instance.tags.get("aws:cloudformation:stack-name").cloned();
        if let Some(name) = instance.tags.get("Name").filter(|name| !name.is_empty()) {
            resource.name.clone_from(name);
        }
        resource.tags = instance.tags;
        thing
    });
    Finding {
        things: things.collect(),
        ..Finding::default()
    }
}
