//! The resources of a stack as things with references: what the wiring reads. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Deployed, Template,
    references::{Reference, collect},
    resolve::resolve,
};
use crate::{
    model::{
        Relation, ResourceId,
        discovery::{Refers, Thing},
    },
    sources::aws::{naming, wiring},
};

/// The deployed resources of a template, with what they refer to.
pub fn things(template: &Template, deployed: &Deployed) -> Vec<Thing> {
    let id = |logical: &str| -> Option<ResourceId> {
        let kind = &template.resources.get(logical)?.kind;
        Some(naming::resource_id(kind, deployed.physical.get(logical)?))
    };
    template
        .resources
        .iter()
        .filter_map(|(logical, declared)| {
            let physical = deployed.physical.get(logical)?;
            let mut thing = thing(&declared.kind, physical, deployed);
            let refer = |value: &Value| -> Vec<Reference> {
                let mut found = Vec::new();
                collect(value, "", template, &mut found);
                found
            };
            let refers: BTreeSet<Refers> = refer(&declared.properties)
                .into_iter()
                .filter_map(|reference| {
                    Some(Refers {
                        at: reference.path,
                        to: id(&reference.to)?,
                    })
                })
                .collect();
            let granted = |value: &Value| refer(value).iter().filter_map(|to| id(&to.to)).collect();
            let grants = wiring::grants(&declared.properties, &granted, &|value| {
                resolve(value, template, deployed)
            });
            let resolved = resolve(&declared.properties, template, deployed);
            wiring::declare_into(&mut thing, refers.into_iter().collect(), grants, &resolved);
            Some(thing)
        })
        .collect()
}

/// A resource of a stack of which no more is known than that it is there.
pub fn thing(kind: &str, physical: &str, deployed: &Deployed) -> Thing {
    let mut resource = naming::resource(kind, physical);
    let known = |word: &String| Some(word.clone()).filter(|word| !word.is_empty());
    resource.stack = known(&deployed.stack);
    resource.account = known(&deployed.account);
    resource.region = known(&deployed.region);
    let mut thing = Thing::new(resource);
    physical.clone_into(&mut thing.physical);
    thing
}

/// Relations between the deployed resources of a template, sorted.
pub fn relations(template: &Template, deployed: &Deployed) -> Vec<Relation> {
    wiring::relations(&things(template, deployed))
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
