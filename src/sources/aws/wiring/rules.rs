//! How properties tell of relations, as data. The same rules serve templates and what Cloud Control reads.
//!
//! Types and properties: "AWS resource and property types reference" in the CloudFormation user guide.

use crate::model::RelationKind::{self, Calls, Contains, Reads, Routes, Triggers, Uses, Writes};

/// Which end the resource with the property is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It acts on what the property names.
    Forward,
    /// What the property names acts on it.
    Backward,
    /// The property tells of no relation.
    Silent,
}

/// A property that tells of a relation.
pub(super) struct Rule {
    /// Type with the property; empty: any.
    pub kind: &'static str,
    /// The property, without list positions; what stands below it counts too.
    pub path: &'static str,
    /// Which end is which.
    pub way: Way,
    /// How the one acts on the other.
    pub how: RelationKind,
}

const fn forward(kind: &'static str, path: &'static str, how: RelationKind) -> Rule {
    Rule {
        kind,
        path,
        way: Way::Forward,
        how,
    }
}

const fn backward(kind: &'static str, path: &'static str, how: RelationKind) -> Rule {
    Rule {
        kind,
        path,
        way: Way::Backward,
        how,
    }
}

const fn silent(kind: &'static str, path: &'static str) -> Rule {
    Rule {
        kind,
        path,
        way: Way::Silent,
        how: Uses,
    }
}

/// The first that fits counts. What none fits acts as [`super::mentioned`] says.
#[rustfmt::skip]
const RULES: &[Rule] = &[
    // What failed is parked there; nobody works on it in passing.
    silent("", "DeadLetterConfig"),
    silent("", "RedrivePolicy"),
    silent("", "RedriveAllowPolicy"),
    silent("", "DependsOn"),
    silent("", "Tags"),
    silent("AWS::Events::Rule", "Targets.DeadLetterConfig"),
    silent("AWS::Events::Rule", "Targets.EcsParameters"),
    forward("AWS::Events::Rule", "Targets.Arn", Triggers),
    silent("AWS::Events::Rule", "Targets"),
    backward("AWS::Events::Rule", "EventBusName", Triggers),
    forward("AWS::Scheduler::Schedule", "Target.Arn", Triggers),
    silent("AWS::Scheduler::Schedule", "Target"),
    backward("AWS::Pipes::Pipe", "Source", Triggers),
    silent("AWS::Pipes::Pipe", "SourceParameters"),
    forward("AWS::Pipes::Pipe", "Enrichment", Calls),
    silent("AWS::Pipes::Pipe", "EnrichmentParameters"),
    forward("AWS::Pipes::Pipe", "Target", Triggers),
    silent("AWS::Pipes::Pipe", "TargetParameters"),
    silent("AWS::Pipes::Pipe", "LogConfiguration"),
    forward("AWS::S3::Bucket", "NotificationConfiguration", Triggers),
    forward("AWS::S3::Bucket", "ReplicationConfiguration.Rules.Destination.Bucket", Writes),
    silent("AWS::S3::Bucket", "LoggingConfiguration"),
    silent("AWS::S3::Bucket", "InventoryConfigurations"),
    forward("AWS::SNS::Topic", "Subscription.Endpoint", Routes),
    silent("AWS::SNS::Topic", "DeliveryStatusLogging"),
    forward("AWS::ElasticLoadBalancingV2::TargetGroup", "Targets", Routes),
    silent("AWS::ElasticLoadBalancingV2::TargetGroup", ""),
    silent("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerAttributes"),
    silent("AWS::Route53::RecordSet", "HostedZoneId"),
    silent("AWS::Route53::RecordSet", "HostedZoneName"),
    forward("AWS::Route53::RecordSet", "", Routes),
    backward("AWS::ECS::Service", "LoadBalancers", Routes),
    backward("AWS::ECS::Service", "Cluster", Contains),
    silent("AWS::ECS::TaskDefinition", "ContainerDefinitions.LogConfiguration"),
    silent("AWS::ECS::TaskDefinition", "ContainerDefinitions.Name"),
    backward("AWS::AutoScaling::AutoScalingGroup", "TargetGroupARNs", Routes),
    backward("AWS::RDS::DBInstance", "DBClusterIdentifier", Contains),
    forward("AWS::RDS::DBInstance", "SourceDBInstanceIdentifier", Reads),
    backward("AWS::EKS::Nodegroup", "ClusterName", Contains),
    silent("AWS::EC2::SecurityGroup", "SecurityGroupIngress"),
    silent("AWS::EC2::SecurityGroup", "SecurityGroupEgress"),
    backward("", "VpcId", Contains),
    forward("AWS::CloudFront::Distribution", "DistributionConfig.Origins", Calls),
    silent("AWS::CloudFront::Distribution", "DistributionConfig.Logging"),
    silent("AWS::StepFunctions::StateMachine", "LoggingConfiguration"),
    silent("AWS::Lambda::Function", "Code"),
    silent("AWS::Lambda::Function", "LoggingConfig"),
    backward("AWS::KinesisFirehose::DeliveryStream", "KinesisStreamSourceConfiguration.KinesisStreamARN", Triggers),
    forward("AWS::KinesisFirehose::DeliveryStream", "S3DestinationConfiguration.BucketARN", Writes),
    forward("AWS::KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration.BucketARN", Writes),
    forward("AWS::ApiGateway::RestApi", "Body", Routes),
    forward("AWS::ApiGatewayV2::Api", "Body", Routes),
    forward("AWS::ApiGatewayV2::Api", "Target", Routes),
    silent("AWS::CloudFormation::Stack", ""),
    silent("AWS::Logs::LogGroup", ""),
    silent("AWS::CodeBuild::Project", "Artifacts"),
    silent("AWS::CodeBuild::Project", "LogsConfig"),
];

/// The rule for a property.
pub(super) fn rule(kind: &str, path: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .find(|rule| (rule.kind.is_empty() || rule.kind == kind) && below(path, rule.path))
}

/// True when `path` is `property` or stands below it; everything stands below nothing.
pub(super) fn below(path: &str, property: &str) -> bool {
    property.is_empty()
        || path
            .strip_prefix(property)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A relation that exists through a resource of its own.
pub(super) struct Joint {
    /// The type of that resource.
    pub kind: &'static str,
    /// The property that names who acts.
    pub from: &'static str,
    /// The property that names who is acted upon.
    pub to: &'static str,
    /// Only things of this type are acted upon; empty: of any.
    pub only: &'static str,
    /// How.
    pub how: RelationKind,
    /// A permission alone: it counts when nothing else tells how the two act on each other.
    pub weak: bool,
}

const fn joint(kind: &'static str, from: &'static str, to: &'static str, how: RelationKind) -> Joint {
    Joint {
        kind,
        from,
        to,
        only: "",
        how,
        weak: false,
    }
}

const TARGET_GROUP: &str = "AWS::ElasticLoadBalancingV2::TargetGroup";

#[rustfmt::skip]
const JOINTS: &[Joint] = &[
    joint("AWS::Lambda::EventSourceMapping", "EventSourceArn", "FunctionName", Triggers),
    Joint { weak: true, ..joint("AWS::Lambda::Permission", "SourceArn", "FunctionName", Triggers) },
    joint("AWS::Lambda::EventInvokeConfig", "FunctionName", "DestinationConfig.OnSuccess", Writes),
    joint("AWS::SNS::Subscription", "TopicArn", "Endpoint", Routes),
    joint("AWS::ApiGateway::Method", "RestApiId", "Integration.Uri", Routes),
    joint("AWS::ApiGateway::Authorizer", "RestApiId", "AuthorizerUri", Calls),
    joint("AWS::ApiGateway::Authorizer", "RestApiId", "ProviderARNs", Uses),
    joint("AWS::ApiGatewayV2::Integration", "ApiId", "IntegrationUri", Routes),
    joint("AWS::ApiGatewayV2::Integration", "ApiId", "RequestParameters", Routes),
    joint("AWS::ApiGatewayV2::Authorizer", "ApiId", "AuthorizerUri", Calls),
    Joint { only: TARGET_GROUP, ..joint("AWS::ElasticLoadBalancingV2::Listener", "LoadBalancerArn", "DefaultActions", Routes) },
    Joint { only: TARGET_GROUP, ..joint("AWS::ElasticLoadBalancingV2::ListenerRule", "ListenerArn", "Actions", Routes) },
    joint("AWS::Logs::SubscriptionFilter", "LogGroupName", "DestinationArn", Triggers),
    joint("AWS::AppSync::DataSource", "ApiId", "LambdaConfig", Calls),
    joint("AWS::AppSync::DataSource", "ApiId", "DynamoDBConfig.TableName", Reads),
    joint("AWS::EC2::VPCGatewayAttachment", "VpcId", "InternetGatewayId", Uses),
];

/// The joints of a type.
pub(super) fn joints(kind: &str) -> impl Iterator<Item = &'static Joint> {
    JOINTS.iter().filter(move |joint| joint.kind == kind)
}

/// The property by which a piece of glue belongs to a resource, which it then stands for.
pub(super) fn belongs_by(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AWS::Lambda::Alias" | "AWS::Lambda::Version" => "FunctionName",
        "AWS::Lambda::Url" => "TargetFunctionArn",
        "AWS::ElasticLoadBalancingV2::Listener" => "LoadBalancerArn",
        "AWS::ElasticLoadBalancingV2::ListenerRule" => "ListenerArn",
        kind if kind.starts_with("AWS::ApiGateway::") && is_glue(kind) => "RestApiId",
        kind if kind.starts_with("AWS::ApiGatewayV2::") && is_glue(kind) => "ApiId",
        _ => return None,
    })
}

/// The running thing behind a definition: the type that runs it, and by which property.
pub(super) fn run_by(kind: &str) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        "AWS::ECS::TaskDefinition" => ("AWS::ECS::Service", "TaskDefinition"),
        "AWS::EC2::LaunchTemplate" => ("AWS::AutoScaling::AutoScalingGroup", "LaunchTemplate"),
        _ => return None,
    })
}

/// True for the property by which a running thing names its definition.
pub(super) fn run_by_property(kind: &str, path: &str) -> bool {
    matches!(
        (kind, path),
        ("AWS::ECS::Service", "TaskDefinition")
            | (
                "AWS::AutoScaling::AutoScalingGroup",
                "LaunchTemplate.LaunchTemplateId" | "LaunchTemplate.LaunchTemplateName"
            )
    )
}

/// Properties that name the role in which a resource acts. Rules, schedules and pipes act in roles too, but what these
/// allow is told by their targets already.
pub(super) fn acts_as(kind: &str, path: &str) -> bool {
    matches!(
        path,
        "Role" | "RoleArn" | "TaskRoleArn" | "RoleARN" | "ServiceRole"
    ) && !is_glue(kind)
        && !matches!(
            kind,
            "AWS::Pipes::Pipe" | "AWS::Events::Rule" | "AWS::Scheduler::Schedule"
        )
}

/// Types that only connect or describe others; a reference from or to one is followed or left.
const GLUE: &[&str] = &[
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::AppSync::DataSource",
    "AWS::AppSync::Resolver",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CDK::Metadata",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::Events::EventBusPolicy",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Lambda::Version",
    "AWS::Logs::SubscriptionFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
];

/// True for types that only connect or describe others and cannot fail by themselves.
pub fn is_glue(kind: &str) -> bool {
    GLUE.contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_joint_is_glue_and_the_first_rule_counts() {
        for joint in JOINTS {
            assert!(is_glue(joint.kind), "{}", joint.kind);
        }
        let told = rule("AWS::Events::Rule", "Targets.DeadLetterConfig.Arn").unwrap();
        assert_eq!(told.way, Way::Silent);
        let told = rule("AWS::Pipes::Pipe", "Source").unwrap();
        assert_eq!((told.way, told.how), (Way::Backward, Triggers));
        assert!(
            rule("AWS::Pipes::Pipe", "Sources").is_none(),
            "a path is no prefix"
        );
        assert!(rule("AWS::Lambda::Function", "VpcConfig.SubnetIds").is_none());
    }

    #[test]
    fn no_rule_stands_behind_one_that_takes_all_it_could() {
        for (at, later) in RULES.iter().enumerate() {
            let shadow = RULES[..at].iter().find(|first| {
                (first.kind.is_empty() || first.kind == later.kind) && below(later.path, first.path)
            });
            assert!(shadow.is_none(), "{} {}", later.kind, later.path);
        }
    }
}
