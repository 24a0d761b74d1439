//! What people, pipelines and services do and say.

use serde_json::{Value, json};

use super::{
    super::{
        changes::{self, Call},
        draft::ACCOUNT,
    },
    World,
};

const PEOPLE: [&str; 5] = [
    "mary.major",
    "john.stiles",
    "nikki.wolf",
    "arnav.desai",
    "terraform/run-5f2c",
];

impl World {
    /// An API call of a person: service and event as CloudTrail names them.
    pub fn call(
        &mut self,
        at: i64,
        (service, name): (&str, &str),
        resource: &str,
        summary: &str,
        request: Value,
    ) {
        let actor = *self
            .rng(&format!("actor {name} {at}"))
            .pick(&PEOPLE.iter().collect::<Vec<_>>());
        Call {
            at,
            service: &format!("{service}.amazonaws.com"),
            name,
            resource: Some(resource),
            actor,
            summary,
            request,
        }
        .add(&mut self.draft);
    }

    /// What a service says of a resource.
    pub fn event(
        &mut self,
        at: i64,
        source: &str,
        resource: &str,
        category: &str,
        message: impl Into<String>,
    ) {
        self.draft
            .event(at, source, Some(resource), Some(category), message);
    }

    /// A merged pull request on a resource's code.
    pub fn merge(&mut self, at: i64, resource: &str, title: &str, (file, patch): (&str, &str)) {
        let number = self.rng(&format!("merge {resource} {at}")).whole(90, 2_900) as u32;
        let repository = format!("shop/{}", self.word);
        let detail = json!({"files": [file], "patch": patch});
        changes::merge(
            &mut self.draft,
            at,
            Some(resource),
            (&repository, number),
            "nikki.wolf",
            title,
            detail,
        );
    }

    /// A new task definition of an ECS service, as a pipeline rolls it out; gives back the new image.
    pub fn rollout(&mut self, service: &str, at: i64) -> String {
        let name = self.name_of(service);
        let stack = self.stack.clone();
        let definition = self
            .config(service)
            .and_then(|config| config["TaskDefinition"].as_str().map(str::to_owned))
            .unwrap_or_default();
        let revision = definition
            .rsplit_once(':')
            .and_then(|(_, revision)| revision.parse::<u32>().ok())
            .unwrap_or(7)
            + 1;
        let next = format!("{name}:{revision}");
        if let Some(config) = self.config(service) {
            config["TaskDefinition"] = json!(next);
        }
        let build = self.rng(&format!("rollout {name}")).whole(300, 4_900);
        let image = format!(
            "{ACCOUNT}.dkr.ecr.{}.amazonaws.com/{name}:{build}",
            self.draft.region
        );
        let actor = format!("deploy/ci-{build}");
        for (offset, event, request) in [
            (
                -6,
                "RegisterTaskDefinition",
                json!({"family": name, "containerDefinitions": [{"name": name, "image": image}]}),
            ),
            (
                0,
                "UpdateService",
                json!({"cluster": stack, "service": name, "taskDefinition": next}),
            ),
        ] {
            Call {
                at: at + offset,
                service: "ecs.amazonaws.com",
                name: event,
                resource: Some(service),
                actor: &actor,
                summary: &format!("{event} of {name} ({next})"),
                request,
            }
            .add(&mut self.draft);
        }
        let tasks = self.tasks(service, 3);
        self.event(
            at + 11,
            "ecs",
            service,
            "service",
            format!("(service {name}) has started 3 tasks: {tasks}."),
        );
        image
    }

    /// `(task 0123...) (task 4567...)`, as ECS lists tasks.
    pub fn tasks(&self, service: &str, count: usize) -> String {
        let mut rng = self.rng(&format!("tasks {service} {count}"));
        let tasks: Vec<String> = (0..count).map(|_| format!("(task {})", rng.hex(32))).collect();
        tasks.join(" ")
    }

    /// Someone changes something about a resource at `at`, and nothing comes of it.
    pub fn innocent_act(&mut self, id: &str, at: i64) {
        let name = self.name_of(id);
        match self.type_of(id).as_str() {
            "AWS::Lambda::Function" => {
                let version = self.rng(&format!("innocent {id}")).whole(170, 240) as u32;
                self.ship(id, at, version);
            }
            "AWS::ECS::Service" => {
                self.rollout(id, at);
                self.event(at + 190, "ecs", id, "service", format!("(service {name}) has reached a steady state."));
            }
            "AWS::DynamoDB::Table" => self.call(
                at,
                ("dynamodb", "UpdateTable"),
                id,
                &format!("UpdateTable of {name} (deletion protection on)"),
                json!({"tableName": name, "deletionProtectionEnabled": true}),
            ),
            "AWS::RDS::DBInstance" => self.call(
                at,
                ("rds", "ModifyDBInstance"),
                id,
                &format!("ModifyDBInstance of {name} (backups kept 14 days)"),
                json!({"dBInstanceIdentifier": name, "backupRetentionPeriod": 14, "applyImmediately": true}),
            ),
            "AWS::SQS::Queue" => self.call(
                at,
                ("sqs", "SetQueueAttributes"),
                id,
                &format!("SetQueueAttributes of {name} (retention 7 days)"),
                json!({"queueUrl": name, "attributes": {"MessageRetentionPeriod": "604800"}}),
            ),
            "AWS::S3::Bucket" => self.call(
                at,
                ("s3", "PutBucketLifecycleConfiguration"),
                id,
                &format!("PutBucketLifecycleConfiguration of {name}"),
                json!({"bucketName": name, "LifecycleConfiguration": {"Rule": {"ID": "tidy", "Status": "Enabled", "Expiration": {"Days": 400}}}}),
            ),
            "AWS::ElastiCache::CacheCluster" => self.call(
                at,
                ("elasticache", "ModifyCacheCluster"),
                id,
                &format!("ModifyCacheCluster of {name} (snapshot window)"),
                json!({"cacheClusterId": name, "snapshotWindow": "03:00-04:00"}),
            ),
            "AWS::ApiGateway::RestApi" => self.call(
                at,
                ("apigateway", "UpdateStage"),
                id,
                &format!("UpdateStage prod of {name} (access log format)"),
                json!({"restApiId": id, "stageName": "prod", "patchOperations": [{"op": "replace", "path": "/accessLogSettings/format"}]}),
            ),
            _ => self.call(
                at,
                ("tagging", "TagResources"),
                id,
                &format!("TagResources for {name}"),
                json!({"tags": {"owner": "platform"}}),
            ),
        }
    }
}
