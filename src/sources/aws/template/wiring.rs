//! How the resources of a stack act on each other, read from the references between them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Deployed, Template,
    permissions::{actions, find_statements, permitted},
    references::{Reference, collect},
};
use crate::{
    model::{Relation, RelationKind, RelationOrigin, ResourceId},
    sources::aws::naming,
};

/// A relation between two logical ids.
type Wire = (String, String, RelationKind);

/// Relations between the deployed resources of a template, sorted.
pub fn relations(template: &Template, deployed: &Deployed) -> Vec<Relation> {
    let wiring = Wiring::new(template);
    let id = |logical: &str| -> Option<ResourceId> {
        let kind = &template.resources.get(logical)?.kind;
        Some(naming::resource_id(kind, deployed.physical.get(logical)?))
    };
    let found: BTreeSet<Relation> = wiring
        .wires()
        .into_iter()
        .filter_map(|(from, to, kind)| {
            Some(Relation {
                from: id(&from)?,
                to: id(&to)?,
                kind,
                origin: RelationOrigin::Stack,
            })
        })
        .filter(|relation| relation.from != relation.to)
        .collect();
    found.into_iter().collect()
}

/// Types that only connect or describe others; a reference from or to one is followed or left.
const GLUE: &[&str] = &[
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CDK::Metadata",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Lambda::Version",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
];

/// True for types that only connect or describe others and cannot fail by themselves.
pub fn is_glue(kind: &str) -> bool {
    GLUE.contains(&kind)
}

struct Wiring<'a> {
    template: &'a Template,
    references: BTreeMap<&'a str, Vec<Reference>>,
}

impl<'a> Wiring<'a> {
    fn new(template: &'a Template) -> Self {
        let references = template
            .resources
            .iter()
            .map(|(logical, declared)| {
                let mut found = Vec::new();
                collect(&declared.properties, "", template, &mut found);
                (logical.as_str(), found)
            })
            .collect();
        Self { template, references }
    }

    fn kind(&self, logical: &str) -> &str {
        self.template
            .resources
            .get(logical)
            .map_or("", |declared| declared.kind.as_str())
    }

    /// Logical ids referred to below a property of a resource.
    fn at(&self, logical: &str, property: &str) -> Vec<String> {
        self.references
            .get(logical)
            .into_iter()
            .flatten()
            .filter(|reference| {
                reference
                    .path
                    .strip_prefix(property)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
            .map(|reference| self.stands_for(&reference.to))
            .collect()
    }

    /// The resource that a piece of glue belongs to: an alias to its function, a method to its API.
    fn stands_for(&self, logical: &str) -> String {
        let property = match self.kind(logical) {
            "AWS::Lambda::Alias" | "AWS::Lambda::Version" => "FunctionName",
            kind if kind.starts_with("AWS::ApiGateway::") && is_glue(kind) => "RestApiId",
            kind if kind.starts_with("AWS::ApiGatewayV2::") && is_glue(kind) => "ApiId",
            _ => return logical.to_owned(),
        };
        self.references
            .get(logical)
            .into_iter()
            .flatten()
            .find(|reference| reference.path == property)
            .map_or_else(|| logical.to_owned(), |reference| reference.to.clone())
    }

    /// Whoever acts with a role: functions, tasks, instances (through their profile).
    fn holders(&self, role: &str) -> BTreeSet<String> {
        let mut holders = BTreeSet::new();
        for (logical, references) in &self.references {
            for reference in references.iter().filter(|reference| reference.to == role) {
                match (self.kind(logical), reference.path.as_str()) {
                    ("AWS::IAM::InstanceProfile", _) => holders.extend(self.users_of(logical)),
                    (kind, "Role" | "RoleArn" | "TaskRoleArn" | "RoleARN" | "ServiceRole")
                        if !is_glue(kind) =>
                    {
                        holders.insert(self.actor(logical));
                    }
                    _ => {}
                }
            }
        }
        holders
    }

    /// Non-glue resources that refer to `logical`.
    fn users_of(&self, logical: &str) -> BTreeSet<String> {
        self.references
            .iter()
            .filter(|(user, references)| {
                !is_glue(self.kind(user)) && references.iter().any(|reference| reference.to == logical)
            })
            .map(|(user, _)| self.actor(user))
            .collect()
    }

    /// The running thing behind a definition: the service of a task definition, the group of a launch template.
    fn actor(&self, logical: &str) -> String {
        let (property, of) = match self.kind(logical) {
            "AWS::ECS::TaskDefinition" => ("TaskDefinition", "AWS::ECS::Service"),
            "AWS::EC2::LaunchTemplate" => ("LaunchTemplate", "AWS::AutoScaling::AutoScalingGroup"),
            _ => return logical.to_owned(),
        };
        self.references
            .iter()
            .find(|(user, _)| self.kind(user) == of && self.at(user, property).iter().any(|to| to == logical))
            .map_or_else(|| logical.to_owned(), |(user, _)| (*user).to_owned())
    }

    fn wires(&self) -> Vec<Wire> {
        let mut wires = Vec::new();
        for logical in self.template.resources.keys() {
            match self.kind(logical) {
                "AWS::IAM::Role" => self.policy_wires(logical, &[logical.clone()].into(), &mut wires),
                "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => {
                    let roles: BTreeSet<_> = self.at(logical, "Roles").into_iter().collect();
                    self.policy_wires(logical, &roles, &mut wires);
                }
                kind if is_glue(kind) => self.glue_wires(logical, kind, &mut wires),
                kind => self.own_wires(logical, kind, &mut wires),
            }
        }
        // What a policy says about reading and writing is more exact than a mention in the environment.
        let exact: BTreeSet<(String, String)> = wires
            .iter()
            .filter(|(_, _, kind)| !matches!(kind, RelationKind::Uses))
            .map(|(from, to, _)| (from.clone(), to.clone()))
            .collect();
        wires.retain(|(from, to, kind)| {
            !matches!(kind, RelationKind::Uses) || !exact.contains(&(from.clone(), to.clone()))
        });
        wires
    }

    /// Relations that exist only through a resource of their own.
    fn glue_wires(&self, logical: &str, kind: &str, wires: &mut Vec<Wire>) {
        let (from, to, how) = match kind {
            "AWS::Lambda::EventSourceMapping" => ("EventSourceArn", "FunctionName", RelationKind::Triggers),
            "AWS::Lambda::Permission" => ("SourceArn", "FunctionName", RelationKind::Triggers),
            "AWS::SNS::Subscription" => ("TopicArn", "Endpoint", RelationKind::Routes),
            "AWS::ApiGateway::Method" => ("RestApiId", "Integration", RelationKind::Routes),
            "AWS::ApiGatewayV2::Integration" => ("ApiId", "IntegrationUri", RelationKind::Routes),
            "AWS::ElasticLoadBalancingV2::Listener" => {
                ("LoadBalancerArn", "DefaultActions", RelationKind::Routes)
            }
            "AWS::ElasticLoadBalancingV2::ListenerRule" => {
                let balancers = self
                    .at(logical, "ListenerArn")
                    .iter()
                    .flat_map(|listener| self.at(listener, "LoadBalancerArn"))
                    .collect();
                cross(
                    wires,
                    balancers,
                    &self.at(logical, "Actions"),
                    RelationKind::Routes,
                );
                return;
            }
            _ => return,
        };
        let (from, mut to) = (self.at(logical, from), self.at(logical, to));
        to.retain(|to| !from.contains(to));
        cross(wires, from, &to, how);
    }

    /// Relations that stand in a resource's own properties.
    fn own_wires(&self, logical: &str, kind: &str, wires: &mut Vec<Wire>) {
        let actor = self.actor(logical);
        for reference in self.references.get(logical).into_iter().flatten() {
            let to = self.stands_for(&reference.to);
            let target = self.kind(&to);
            if is_glue(target) || to == actor || to == logical {
                if target == "AWS::IAM::InstanceProfile" {
                    for role in self.at(&to, "Roles") {
                        wires.push((actor.clone(), role, RelationKind::Uses));
                    }
                }
                continue;
            }
            let forward = |how| (actor.clone(), to.clone(), how);
            let backward = |how| (to.clone(), actor.clone(), how);
            wires.push(match (kind, top(&reference.path)) {
                ("AWS::Events::Rule" | "AWS::Scheduler::Schedule", "Targets" | "Target") => match target {
                    "AWS::IAM::Role" => forward(RelationKind::Uses),
                    _ => forward(RelationKind::Triggers),
                },
                ("AWS::S3::Bucket", "NotificationConfiguration") => forward(RelationKind::Triggers),
                ("AWS::SNS::Topic", "Subscription")
                | ("AWS::ElasticLoadBalancingV2::TargetGroup", "Targets")
                | ("AWS::Route53::RecordSet", _) => forward(RelationKind::Routes),
                ("AWS::ECS::Service", "LoadBalancers")
                | ("AWS::AutoScaling::AutoScalingGroup", "TargetGroupARNs") => backward(RelationKind::Routes),
                ("AWS::ECS::Service", "Cluster")
                | ("AWS::RDS::DBInstance", "DBClusterIdentifier")
                | ("AWS::EC2::Subnet", "VpcId") => backward(RelationKind::Contains),
                ("AWS::CloudFront::Distribution", "DistributionConfig") => forward(RelationKind::Calls),
                ("AWS::StepFunctions::StateMachine", path) if path.starts_with("Definition") => {
                    forward(RelationKind::Calls)
                }
                (_, "DeadLetterConfig" | "RedrivePolicy" | "DependsOn") => continue,
                _ => forward(mentioned(target)),
            });
        }
    }

    /// What the holders of a role may do to which resources, from the statements of its policies.
    fn policy_wires(&self, logical: &str, roles: &BTreeSet<String>, wires: &mut Vec<Wire>) {
        let holders: BTreeSet<String> = roles.iter().flat_map(|role| self.holders(role)).collect();
        if holders.is_empty() {
            return;
        }
        let Some(declared) = self.template.resources.get(logical) else {
            return;
        };
        let mut statements = Vec::new();
        find_statements(&declared.properties, &mut statements);
        for statement in statements {
            if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
                continue;
            }
            let mut found = Vec::new();
            collect(
                statement.get("Resource").unwrap_or(&Value::Null),
                "",
                self.template,
                &mut found,
            );
            for how in actions(statement).filter_map(permitted).collect::<BTreeSet<_>>() {
                for reference in &found {
                    let to = self.stands_for(&reference.to);
                    for holder in holders.iter().filter(|holder| **holder != to) {
                        wires.push((holder.clone(), to.clone(), how));
                    }
                }
            }
        }
    }
}

fn cross(wires: &mut Vec<Wire>, from: Vec<String>, to: &[String], how: RelationKind) {
    for source in from {
        for target in to {
            wires.push((source.clone(), target.clone(), how));
        }
    }
}

fn top(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// How a resource acts on one that it merely mentions, by the type of the mentioned one.
fn mentioned(target: &str) -> RelationKind {
    match target {
        "AWS::Lambda::Function"
        | "AWS::ApiGateway::RestApi"
        | "AWS::ApiGatewayV2::Api"
        | "AWS::ElasticLoadBalancingV2::LoadBalancer"
        | "AWS::StepFunctions::StateMachine"
        | "AWS::RDS::DBInstance"
        | "AWS::RDS::DBCluster"
        | "AWS::ElastiCache::CacheCluster"
        | "AWS::ElastiCache::ReplicationGroup" => RelationKind::Calls,
        "AWS::SQS::Queue"
        | "AWS::SNS::Topic"
        | "AWS::Kinesis::Stream"
        | "AWS::Events::EventBus"
        | "AWS::KinesisFirehose::DeliveryStream" => RelationKind::Writes,
        _ => RelationKind::Uses,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::aws::template::parse;

    /// Deploys a template under physical ids that are the logical ones in lower case.
    fn wired(body: &str) -> Vec<String> {
        let template = parse(body).unwrap();
        let deployed = Deployed {
            physical: template
                .resources
                .keys()
                .map(|logical| (logical.clone(), logical.to_lowercase()))
                .collect(),
            ..Deployed::default()
        };
        relations(&template, &deployed)
            .iter()
            .map(|relation| format!("{} {} {}", relation.from, relation.kind.as_str(), relation.to))
            .collect()
    }

    #[test]
    fn a_queue_worker_is_triggered_and_writes_what_its_policy_allows() {
        let wires = wired(
            "Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Dead: {Type: AWS::SQS::Queue}
  Orders: {Type: AWS::DynamoDB::Table}
  Prices: {Type: AWS::DynamoDB::Table}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyDocument:
            Statement:
              - {Effect: Allow, Action: ['dynamodb:PutItem', 'dynamodb:DescribeTable'], Resource: !GetAtt Orders.Arn}
              - {Effect: Allow, Action: 'sqs:ReceiveMessage', Resource: !GetAtt Jobs.Arn}
              - {Effect: Deny, Action: 'dynamodb:*', Resource: !GetAtt Prices.Arn}
  More:
    Type: AWS::IAM::Policy
    Properties:
      Roles: [!Ref Role]
      PolicyDocument:
        Statement: {Effect: Allow, Action: 'dynamodb:Query', Resource: !Sub '${Prices.Arn}/index/*'}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Environment: {Variables: {TABLE: !Ref Orders}}
      DeadLetterConfig: {TargetArn: !GetAtt Dead.Arn}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Jobs.Arn, FunctionName: !Ref Worker}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: {Dimensions: [{Name: FunctionName, Value: !Ref Worker}]}
",
        );
        assert_eq!(
            wires,
            [
                "queue:jobs triggers worker",
                "worker uses role:role",
                "worker writes table:orders",
                "worker reads table:prices",
            ]
        );
    }

    #[test]
    fn an_api_routes_through_its_integration_to_the_function_behind_the_alias() {
        let wires = wired(
            "Resources:
  Api: {Type: AWS::ApiGatewayV2::Api}
  Fn: {Type: AWS::Lambda::Function}
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Fn}}
  Int:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationUri: !Sub 'arn:aws:apigateway:${AWS::Region}:lambda:path/functions/${Live}/invocations'
  Topic: {Type: AWS::SNS::Topic}
  Sub: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Endpoint: !GetAtt Fn.Arn}}
  Rule:
    Type: AWS::Events::Rule
    Properties: {Targets: [{Arn: !GetAtt Fn.Arn, Id: a}]}
",
        );
        assert_eq!(
            wires,
            [
                "httpapi:api routes fn",
                "rule:rule triggers fn",
                "topic:topic routes fn"
            ]
        );
    }

    #[test]
    fn a_balanced_service_is_reached_through_its_target_group() {
        let wires = wired(
            "Resources:
  Lb: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}
  Tg: {Type: AWS::ElasticLoadBalancingV2::TargetGroup}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties: {LoadBalancerArn: !Ref Lb, DefaultActions: [{Type: forward, TargetGroupArn: !Ref Tg}]}
  Cluster: {Type: AWS::ECS::Cluster}
  Db: {Type: AWS::RDS::DBInstance}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      ContainerDefinitions: [{Environment: [{Name: DB, Value: !GetAtt Db.Endpoint.Address}]}]
  Service:
    Type: AWS::ECS::Service
    Properties:
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Task
      LoadBalancers: [{TargetGroupArn: !Ref Tg}]
",
        );
        assert_eq!(
            wires,
            [
                "ecs:cluster contains service:service",
                "lb:lb routes tg",
                "service:service calls db:db",
                "service:service uses taskdefinition:task",
                "tg routes service:service",
            ]
        );
    }

    #[test]
    fn an_instance_uses_its_group_and_the_role_of_its_profile() {
        let wires = wired(
            "Resources:
  Group: {Type: AWS::EC2::SecurityGroup}
  Role: {Type: AWS::IAM::Role}
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Role]}}
  Host:
    Type: AWS::EC2::Instance
    Properties: {SecurityGroupIds: [!Ref Group], IamInstanceProfile: !Ref Profile}
",
        );
        assert_eq!(wires, ["host uses group", "host uses role:role"]);
    }
}
