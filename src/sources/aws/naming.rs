//! How one resource is called in each place: stack, alarm dimensions, ARN, log group, Cloud Control.
//!
//! A resource's id is the same wherever it is met. Ids of functions and instances are the plain names that everybody
//! uses; other named things carry a word in front, since a table, a queue and a function often share one name.

use std::collections::BTreeMap;

use crate::model::{Place, Resource, ResourceId};

/// One row of the table of names.
struct Row {
    /// Type as CloudFormation spells it.
    kind: &'static str,
    /// Put before the name to make the id.
    prefix: &'static str,
    /// Metric namespace.
    namespace: &'static str,
    /// The dimension that names the resource.
    dimension: &'static str,
    /// Service in the ARN.
    arn_service: &'static str,
    /// What precedes the name in the ARN's last part.
    arn_head: &'static str,
    /// Log groups by convention; `{}` stands for the name. A trailing `*` marks the beginning of several groups.
    log_group: &'static str,
}

const fn row(
    kind: &'static str,
    prefix: &'static str,
    metrics: (&'static str, &'static str),
    arn: (&'static str, &'static str),
    log_group: &'static str,
) -> Row {
    Row {
        kind,
        prefix,
        namespace: metrics.0,
        dimension: metrics.1,
        arn_service: arn.0,
        arn_head: arn.1,
        log_group,
    }
}

// Namespaces and dimensions: "AWS services that publish CloudWatch metrics" in the CloudWatch user guide. ARNs: "Service
// authorization reference". Log groups: the services' own pages on logging. The first row of a namespace and dimension wins.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    row("AWS::Lambda::Function", "", ("AWS/Lambda", "FunctionName"), ("lambda", "function:"), "/aws/lambda/{}"),
    row("AWS::EC2::Instance", "", ("AWS/EC2", "InstanceId"), ("ec2", "instance/"), ""),
    row("AWS::AutoScaling::AutoScalingGroup", "asg:", ("AWS/EC2", "AutoScalingGroupName"), ("autoscaling", ""), ""),
    row("AWS::DynamoDB::Table", "table:", ("AWS/DynamoDB", "TableName"), ("dynamodb", "table/"), ""),
    row("AWS::SQS::Queue", "queue:", ("AWS/SQS", "QueueName"), ("sqs", ""), ""),
    row("AWS::SNS::Topic", "topic:", ("AWS/SNS", "TopicName"), ("sns", ""), ""),
    row("AWS::S3::Bucket", "bucket:", ("AWS/S3", "BucketName"), ("s3", ""), ""),
    row("AWS::RDS::DBInstance", "db:", ("AWS/RDS", "DBInstanceIdentifier"), ("rds", "db:"), "/aws/rds/instance/{}/*"),
    row("AWS::RDS::DBCluster", "dbcluster:", ("AWS/RDS", "DBClusterIdentifier"), ("rds", "cluster:"), "/aws/rds/cluster/{}/*"),
    row("AWS::ECS::Service", "service:", ("AWS/ECS", "ServiceName"), ("ecs", "service/"), ""),
    row("AWS::ECS::Cluster", "ecs:", ("AWS/ECS", "ClusterName"), ("ecs", "cluster/"), ""),
    row("AWS::ElasticLoadBalancingV2::TargetGroup", "", ("AWS/ApplicationELB", "TargetGroup"), ("elasticloadbalancing", ""), ""),
    row("AWS::ElasticLoadBalancingV2::LoadBalancer", "lb:", ("AWS/ApplicationELB", "LoadBalancer"), ("elasticloadbalancing", "loadbalancer/"), ""),
    row("AWS::ElasticLoadBalancingV2::LoadBalancer", "lb:", ("AWS/NetworkELB", "LoadBalancer"), ("elasticloadbalancing", "loadbalancer/"), ""),
    row("AWS::ApiGateway::RestApi", "api:", ("AWS/ApiGateway", "ApiName"), ("apigateway", "/restapis/"), "API-Gateway-Execution-Logs_{}/*"),
    row("AWS::ApiGatewayV2::Api", "httpapi:", ("AWS/ApiGateway", "ApiId"), ("apigateway", "/apis/"), "/aws/apigateway/{}*"),
    row("AWS::StepFunctions::StateMachine", "states:", ("AWS/States", "StateMachineArn"), ("states", "stateMachine:"), "/aws/vendedlogs/states/{}*"),
    row("AWS::Kinesis::Stream", "stream:", ("AWS/Kinesis", "StreamName"), ("kinesis", "stream/"), ""),
    row("AWS::KinesisFirehose::DeliveryStream", "firehose:", ("AWS/Firehose", "DeliveryStreamName"), ("firehose", "deliverystream/"), "/aws/kinesisfirehose/{}"),
    row("AWS::ElastiCache::CacheCluster", "cache:", ("AWS/ElastiCache", "CacheClusterId"), ("elasticache", "cluster:"), ""),
    row("AWS::EFS::FileSystem", "", ("AWS/EFS", "FileSystemId"), ("elasticfilesystem", "file-system/"), ""),
    row("AWS::Events::Rule", "rule:", ("AWS/Events", "RuleName"), ("events", "rule/"), ""),
    row("AWS::CodeBuild::Project", "build:", ("AWS/CodeBuild", "ProjectName"), ("codebuild", "project/"), "/aws/codebuild/{}"),
    row("AWS::Logs::LogGroup", "logs:", ("AWS/Logs", "LogGroupName"), ("logs", "log-group:"), "{}"),
    row("AWS::IAM::Role", "role:", ("", ""), ("iam", "role/"), ""),
    row("AWS::EC2::SecurityGroup", "", ("", ""), ("ec2", "security-group/"), ""),
    row("AWS::EC2::Volume", "", ("AWS/EBS", "VolumeId"), ("ec2", "volume/"), ""),
    row("AWS::SecretsManager::Secret", "secret:", ("", ""), ("secretsmanager", "secret:"), ""),
    row("AWS::CloudWatch::Alarm", "alarm:", ("", ""), ("cloudwatch", "alarm:"), ""),
];

const TARGET_GROUP: &str = "AWS::ElasticLoadBalancingV2::TargetGroup";
const LOAD_BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";

fn rows(kind: &str) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(move |row| row.kind == kind)
}

/// True for types of which the table says how their resources are called.
pub(super) fn is_listed(kind: &str) -> bool {
    rows(kind).next().is_some()
}

/// Name within its type, from a physical id as CloudFormation or CloudTrail gives it (a name, an ARN, a queue's URL).
pub fn short_name(kind: &str, physical: &str) -> String {
    if let Some((_, name)) = parts_of_arn(kind, physical) {
        return name;
    }
    // A queue's physical id is its URL, `https://sqs.eu-west-1.amazonaws.com/123456789012/orders`.
    if kind == "AWS::SQS::Queue" && physical.contains("://") {
        return physical.rsplit('/').next().unwrap_or(physical).to_owned();
    }
    physical.to_owned()
}

/// Last part of an ARN without its head, when `physical` is an ARN.
fn parts_of_arn<'a>(kind: &str, physical: &'a str) -> Option<(&'a str, String)> {
    let mut parts = physical.splitn(6, ':');
    if parts.next() != Some("arn") {
        return None;
    }
    let service = parts.nth(1)?;
    let last = parts.nth(2)?;
    let head = rows(kind)
        .map(|row| row.arn_head)
        .find(|head| last.starts_with(head));
    let mut name = last.strip_prefix(head.unwrap_or("")).unwrap_or(last);
    if kind == "AWS::Lambda::Function" {
        // A qualifier (version or alias) may follow the name.
        name = name.split(':').next().unwrap_or(name);
    }
    if kind == "AWS::IAM::Role" {
        // A path may precede the name.
        name = name.rsplit('/').next().unwrap_or(name);
    }
    Some((service, name.to_owned()))
}

/// The id of the resource of that type with that physical id.
pub fn resource_id(kind: &str, physical: &str) -> ResourceId {
    let name = short_name(kind, physical);
    if let Some(row) = rows(kind).next() {
        return ResourceId(format!("{}{name}", row.prefix));
    }
    if physical.starts_with("arn:") || is_generated(physical) {
        return ResourceId(physical.to_owned());
    }
    let word = kind.rsplit("::").next().unwrap_or(kind).to_lowercase();
    ResourceId(format!("{word}:{name}"))
}

/// True for ids that AWS made up and that name one thing in the world (`sg-0a1b2c3d4e5f60718`).
pub(super) fn is_generated(physical: &str) -> bool {
    physical.rsplit_once('-').is_some_and(|(head, tail)| {
        !head.is_empty() && tail.len() >= 8 && tail.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// A resource of which type and physical id are known.
pub fn resource(kind: &str, physical: &str) -> Resource {
    let mut resource = Resource::new(resource_id(kind, physical), kind, short_name(kind, physical));
    if physical.starts_with("arn:") {
        resource.arn = Some(physical.to_owned());
    }
    resource
}

/// The resource that a series measures, by its namespace and dimensions.
pub fn measured(namespace: &str, dimensions: &BTreeMap<String, String>) -> Option<Resource> {
    if let ("AWS/ECS", Some(cluster), Some(service)) = (
        namespace,
        dimensions.get("ClusterName"),
        dimensions.get("ServiceName"),
    ) {
        return Some(resource("AWS::ECS::Service", &format!("{cluster}/{service}")));
    }
    // Which sort of workload a name in Container Insights means, only the cluster knows.
    if namespace == INSIGHTS && dimensions.contains_key("Namespace") {
        return None;
    }
    let own = TABLE
        .iter()
        .filter(|row| row.namespace == namespace && !row.dimension.is_empty())
        .find_map(|row| Some((row, dimensions.get(row.dimension)?)));
    // Custom namespaces (the CloudWatch agent's among them) use the dimensions of the service itself.
    let foreign = || {
        TABLE
            .iter()
            .filter(|row| {
                matches!(
                    row.dimension,
                    "FunctionName" | "InstanceId" | "DBInstanceIdentifier" | "TableName"
                )
            })
            .find_map(|row| Some((row, dimensions.get(row.dimension)?)))
    };
    let (row, value) = own.or_else(foreign)?;
    Some(resource(row.kind, value))
}

/// Namespace of what is measured inside Kubernetes clusters.
pub const INSIGHTS: &str = "ContainerInsights";

/// Cluster, namespace and name of an object of a Kubernetes cluster: `k8s:cluster/namespace/deployment/name`.
fn in_cluster(resource: &Resource) -> Option<(&str, &str, &str)> {
    let mut steps = resource.id.as_str().strip_prefix("k8s:")?.split('/');
    let (cluster, namespace, _, name) = (steps.next()?, steps.next()?, steps.next()?, steps.next()?);
    Some((cluster, namespace, name))
}

/// True when the dimensions are those that Container Insights gives to this object of a cluster.
pub fn is_measured_inside(resource: &Resource, dimensions: &BTreeMap<String, String>) -> bool {
    let own = if resource.kind == "k8s/service" {
        "Service"
    } else {
        "PodName"
    };
    let is = |name: &str, value: &str| dimensions.get(name).is_some_and(|said| said == value);
    in_cluster(resource).is_some_and(|(cluster, namespace, name)| {
        is("ClusterName", cluster) && is("Namespace", namespace) && is(own, name)
    })
}

/// Dimensions that name a resource in its metrics, with their namespace. Several where the type has several.
pub fn dimensions(resource: &Resource) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    if let Some((cluster, namespace, name)) = in_cluster(resource) {
        let own = if resource.kind == "k8s/service" {
            "Service"
        } else {
            "PodName"
        };
        let named = [("ClusterName", cluster), ("Namespace", namespace), (own, name)];
        let named = named.map(|(dimension, value)| (dimension, value.to_owned()));
        return vec![(INSIGHTS, named.into())];
    }
    let name = name_of(resource);
    rows(&resource.kind)
        .filter(|row| !row.dimension.is_empty())
        .map(|row| {
            let named = match (row.kind, name.split_once('/')) {
                ("AWS::ECS::Service", Some((cluster, service))) => {
                    vec![
                        ("ClusterName", cluster.to_owned()),
                        ("ServiceName", service.to_owned()),
                    ]
                }
                ("AWS::StepFunctions::StateMachine", _) => {
                    vec![(
                        row.dimension,
                        resource.arn.clone().unwrap_or_else(|| name.clone()),
                    )]
                }
                ("AWS::ApiGateway::RestApi", _) => vec![(row.dimension, resource.name.clone())],
                _ => vec![(row.dimension, name.clone())],
            };
            (row.namespace, named)
        })
        .collect()
}

/// Log groups of a resource by convention; `true` marks the beginning of several groups' names.
pub fn log_groups(resource: &Resource) -> Vec<(String, bool)> {
    let name = name_of(resource);
    rows(&resource.kind)
        .filter(|row| !row.log_group.is_empty())
        .map(|row| match row.log_group.strip_suffix('*') {
            Some(start) => (start.replace("{}", &name), true),
            None => (row.log_group.replace("{}", &name), false),
        })
        .collect()
}

/// The resource that writes to a log group, by convention.
pub fn writer(group: &str) -> Option<ResourceId> {
    let (kind, name) = if let Some(name) = group.strip_prefix("/aws/lambda/") {
        ("AWS::Lambda::Function", name)
    } else if let Some(rest) = group.strip_prefix("/aws/rds/instance/") {
        ("AWS::RDS::DBInstance", rest.split('/').next()?)
    } else if let Some(rest) = group.strip_prefix("/aws/rds/cluster/") {
        ("AWS::RDS::DBCluster", rest.split('/').next()?)
    } else if let Some(rest) = group.strip_prefix("API-Gateway-Execution-Logs_") {
        ("AWS::ApiGateway::RestApi", rest.split('/').next()?)
    } else {
        return None;
    };
    Some(resource_id(kind, name))
}

/// True for what can be the name of something: an ARN has 2,048 characters at most, and nothing is called by control
/// characters.
pub fn is_name(word: &str) -> bool {
    !word.is_empty() && word.len() <= 2_048 && crate::model::inert(word) == word
}

/// Type and resource of an ARN, where the type is in the table.
pub fn from_arn(arn: &str) -> Option<Resource> {
    let mut parts = arn.splitn(6, ':');
    if parts.next() != Some("arn") || !is_name(arn) {
        return None;
    }
    let service = parts.nth(1)?;
    let region = parts.next()?;
    let account = parts.next()?;
    let last = parts.next()?;
    let row = TABLE
        .iter()
        .filter(|row| row.arn_service == service && last.starts_with(row.arn_head))
        // S3 objects, SNS subscriptions and DynamoDB indexes are parts of a resource, not resources.
        .find(|row| match row.kind {
            // The head is part of the name, as in the dimension of its metrics.
            TARGET_GROUP => last.starts_with("targetgroup/"),
            // One of the former generation has a name alone.
            LOAD_BALANCER => last.matches('/').count() == 3,
            _ => !row.arn_head.is_empty() || !last.contains([':', '/']),
        })?;
    let mut found = resource(row.kind, arn);
    if row.arn_service == "dynamodb" && found.name.contains('/') {
        return None;
    }
    found.region = Some(region.to_owned()).filter(|region| !region.is_empty());
    found.account = Some(account.to_owned()).filter(|account| !account.is_empty());
    Some(found)
}

/// The resource of an ARN or of a queue's URL, where the type is in the table. Its account and region are known then.
pub fn from_word(word: &str) -> Option<Resource> {
    if !word.starts_with("https://sqs.") {
        return from_arn(word);
    }
    let place = Place::of(word)?;
    let mut found = resource("AWS::SQS::Queue", word);
    found.account = Some(place.account);
    found.region = Some(place.region);
    Some(found)
}

/// The id of a resource as a place knows it: with its own place where that is another one. Without a place of its own
/// (`from` is none, or the ARN names no account or no region) it is taken to be here.
pub fn seen_from(from: Option<&Place>, resource: &Resource) -> ResourceId {
    let (Some(from), Some(account), Some(region)) = (from, &resource.account, &resource.region) else {
        return resource.id.clone();
    };
    let place = Place::new(account, region);
    if place == *from {
        resource.id.clone()
    } else {
        resource.id.at(&place)
    }
}

/// Name within the type: the id without its prefix, which survives where `name` holds a nicer word.
pub fn name_of(resource: &Resource) -> String {
    let id = resource.id.as_str();
    rows(&resource.kind)
        .next()
        .and_then(|row| id.strip_prefix(row.prefix))
        .map_or_else(
            || short_name(&resource.kind, id),
            |name| short_name(&resource.kind, name),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dims(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn stack_alarm_and_arn_come_to_one_id() {
        for (kind, physical, namespace, dimension, value, arn) in [
            (
                "AWS::Lambda::Function",
                "orders",
                "AWS/Lambda",
                "FunctionName",
                "orders",
                "arn:aws:lambda:eu-west-1:123456789012:function:orders:live",
            ),
            (
                "AWS::SQS::Queue",
                "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
                "AWS/SQS",
                "QueueName",
                "orders",
                "arn:aws:sqs:eu-west-1:123456789012:orders",
            ),
            (
                "AWS::SNS::Topic",
                "arn:aws:sns:eu-west-1:123456789012:orders",
                "AWS/SNS",
                "TopicName",
                "orders",
                "arn:aws:sns:eu-west-1:123456789012:orders",
            ),
            (
                "AWS::DynamoDB::Table",
                "orders",
                "AWS/DynamoDB",
                "TableName",
                "orders",
                "arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
            ),
            (
                "AWS::EC2::Instance",
                "i-0a1b2c3d4e5f60718",
                "AWS/EC2",
                "InstanceId",
                "i-0a1b2c3d4e5f60718",
                "arn:aws:ec2:eu-west-1:123456789012:instance/i-0a1b2c3d4e5f60718",
            ),
        ] {
            let id = resource_id(kind, physical);
            assert_eq!(
                measured(namespace, &dims(&[(dimension, value)])).unwrap().id,
                id,
                "{kind}"
            );
            let by_arn = from_arn(arn).unwrap();
            assert_eq!((by_arn.kind.as_str(), by_arn.id), (kind, id.clone()), "{kind}");
            let named = dimensions(&resource(kind, physical));
            assert_eq!(
                named,
                [(namespace, vec![(dimension, value.to_owned())])],
                "{kind}"
            );
        }
    }

    #[test]
    fn things_of_one_name_have_different_ids() {
        let ids: std::collections::BTreeSet<_> = [
            "AWS::Lambda::Function",
            "AWS::DynamoDB::Table",
            "AWS::SQS::Queue",
            "AWS::IAM::Role",
            "AWS::Glue::Job",
        ]
        .map(|kind| resource_id(kind, "orders"))
        .into_iter()
        .collect();
        assert_eq!(ids.len(), 5);
    }

    #[test]
    fn a_service_in_a_cluster_has_two_dimensions() {
        let service = resource(
            "AWS::ECS::Service",
            "arn:aws:ecs:eu-west-1:123456789012:service/shop/web",
        );
        assert_eq!(
            measured(
                "AWS/ECS",
                &dims(&[("ClusterName", "shop"), ("ServiceName", "web")])
            )
            .unwrap()
            .id,
            service.id
        );
        assert_eq!(
            dimensions(&service),
            [(
                "AWS/ECS",
                vec![
                    ("ClusterName", "shop".to_owned()),
                    ("ServiceName", "web".to_owned())
                ]
            )]
        );
    }

    #[test]
    fn log_groups_lead_to_their_writer_and_back() {
        let function = resource("AWS::Lambda::Function", "orders");
        assert_eq!(log_groups(&function), [("/aws/lambda/orders".to_owned(), false)]);
        assert_eq!(writer("/aws/lambda/orders"), Some(function.id));
        assert_eq!(writer("/var/log/messages"), None);
    }

    #[test]
    fn load_balancers_and_target_groups_are_told_apart() {
        let of = |rest: &str| {
            let arn = format!("arn:aws:elasticloadbalancing:eu-west-1:123456789012:{rest}");
            from_arn(&arn).map(|found| (found.kind, found.id.as_str().to_owned()))
        };
        let named = |kind: &str, id: &str| Some((kind.to_owned(), id.to_owned()));
        assert_eq!(
            of("loadbalancer/app/web/50dc6c495c0c9188"),
            named(LOAD_BALANCER, "lb:app/web/50dc6c495c0c9188")
        );
        assert_eq!(
            of("loadbalancer/net/web/50dc6c495c0c9188"),
            named(LOAD_BALANCER, "lb:net/web/50dc6c495c0c9188")
        );
        let group = named(TARGET_GROUP, "targetgroup/web/73e2d6bc24d8a067");
        assert_eq!(of("targetgroup/web/73e2d6bc24d8a067"), group);
        let measured = measured(
            "AWS/ApplicationELB",
            &dims(&[("TargetGroup", "targetgroup/web/73e2d6bc24d8a067")]),
        );
        assert_eq!(
            measured.map(|found| (found.kind, found.id.as_str().to_owned())),
            group
        );
        for other in [
            "loadbalancer/classic",
            "listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2",
            "listener-rule/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn parts_of_resources_are_not_resources() {
        assert_eq!(from_arn("arn:aws:s3:::bucket/key"), None);
        assert_eq!(
            from_arn("arn:aws:dynamodb:eu-west-1:1:table/orders/index/by-date"),
            None
        );
        assert_eq!(from_arn("not an arn"), None);
        assert_eq!(
            from_arn("arn:aws:s3:::bucket").unwrap().id.as_str(),
            "bucket:bucket"
        );
    }
}
