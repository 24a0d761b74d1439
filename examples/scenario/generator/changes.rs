//! Acts on configuration or code, as CloudTrail, CloudFormation and GitHub record them.

use midwatch::model::Change;
use serde_json::{Value, json};

use super::{
    draft::{ACCOUNT, Draft},
    wave::{iso_ms, time},
};

/// An API call that CloudTrail recorded.
#[derive(Debug)]
pub struct Call<'a> {
    /// When, epoch seconds.
    pub at: i64,
    /// `lambda.amazonaws.com`.
    pub service: &'a str,
    /// CloudTrail's name of the event.
    pub name: &'a str,
    /// What it was done to.
    pub resource: Option<&'a str>,
    /// An IAM user's name, or `role/session`.
    pub actor: &'a str,
    /// One line for a person.
    pub summary: &'a str,
    /// The request's parameters, spelt as CloudTrail spells them.
    pub request: Value,
}

impl Call<'_> {
    /// Adds the change.
    pub fn add(self, draft: &mut Draft) {
        let mut rng = draft.rng(&format!("call {} {}", self.at, self.name));
        let identity = match self.actor.split_once('/') {
            Some((role, session)) => json!({
                "type": "AssumedRole",
                "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"),
                "accountId": ACCOUNT,
            }),
            None => json!({
                "type": "IAMUser",
                "arn": format!("arn:aws:iam::{ACCOUNT}:user/{}", self.actor),
                "accountId": ACCOUNT,
                "userName": self.actor,
            }),
        };
        let detail = json!({
            "eventID": rng.uuid(),
            "eventTime": iso_ms(self.at * 1000).replace(".000", ""),
            "eventSource": self.service,
            "eventName": self.name,
            "awsRegion": draft.region,
            "sourceIPAddress": rng.address(),
            "userAgent": if self.actor.contains('/') { "aws-sdk-go-v2/1.30.3" } else { "AWS Internal" },
            "userIdentity": identity,
            "requestParameters": self.request,
            "readOnly": false,
        });
        draft.changes.push(Change {
            at: time(self.at),
            source: "cloudtrail".to_owned(),
            kind: self.name.to_owned(),
            resource: self.resource.map(Into::into),
            actor: Some(self.actor.to_owned()),
            summary: self.summary.to_owned(),
            detail,
        });
    }
}

/// A line of a stack's history.
pub fn stack_event(
    draft: &mut Draft,
    at: i64,
    stack: &str,
    resource: Option<&str>,
    kind: &str,
    status: &str,
    why: &str,
) {
    let subject = resource.unwrap_or(stack).to_owned();
    let mut detail = json!({"StackName": stack, "ResourceType": kind, "ResourceStatus": status, "PhysicalResourceId": subject});
    if let (Some(detail), false) = (detail.as_object_mut(), why.is_empty()) {
        detail.insert("ResourceStatusReason".to_owned(), json!(why));
    }
    draft.changes.push(Change {
        at: time(at),
        source: "cloudformation".to_owned(),
        kind: status.to_owned(),
        resource: Some(subject.as_str().into()),
        actor: None,
        summary: format!("{status} {kind} {subject} in stack {stack}"),
        detail,
    });
}

/// A merged pull request.
pub fn merge(
    draft: &mut Draft,
    at: i64,
    resource: Option<&str>,
    (repository, number): (&str, u32),
    actor: &str,
    title: &str,
    detail: Value,
) {
    let mut all = json!({"repository": repository, "pull_request": number, "sha": draft.rng(&format!("merge {number}")).hex(40)});
    if let (Some(all), Value::Object(detail)) = (all.as_object_mut(), detail) {
        all.extend(detail);
    }
    draft.changes.push(Change {
        at: time(at),
        source: "github".to_owned(),
        kind: "merge".to_owned(),
        resource: resource.map(Into::into),
        actor: Some(actor.to_owned()),
        summary: format!("{repository}#{number}: {title}"),
        detail: all,
    });
}

/// A new version of a function's code, as a pipeline makes it: code, version, alias.
pub fn deploy(draft: &mut Draft, at: i64, function: &str, version: u32, actor: &str, key: &str) {
    Call {
        at,
        service: "lambda.amazonaws.com",
        name: "UpdateFunctionCode20150331v2",
        resource: Some(function),
        actor,
        summary: &format!("UpdateFunctionCode of {function} from {key}"),
        request: json!({"functionName": function, "s3Bucket": format!("artifacts-{ACCOUNT}"), "s3Key": key, "publish": false, "dryRun": false}),
    }
    .add(draft);
    Call {
        at: at + 9,
        service: "lambda.amazonaws.com",
        name: "PublishVersion20150331",
        resource: Some(function),
        actor,
        summary: &format!("PublishVersion {version} of {function}"),
        request: json!({"functionName": function, "description": format!("build {version}")}),
    }
    .add(draft);
    Call {
        at: at + 14,
        service: "lambda.amazonaws.com",
        name: "UpdateAlias20150331",
        resource: Some(function),
        actor,
        summary: &format!("UpdateAlias live of {function} to version {version}"),
        request: json!({"functionName": function, "name": "live", "functionVersion": version.to_string()}),
    }
    .add(draft);
}

/// Other people's harmless work on `resources` around `at`: dashboards, tags, retention, an alarm, a subscription.
pub fn harmless(draft: &mut Draft, at: i64, resources: &[&str]) {
    let mut rng = draft.rng("harmless");
    let people = [
        "mary.major",
        "john.stiles",
        "nikki.wolf",
        "arnav.desai",
        "terraform/run-5f2c",
    ];
    for (index, resource) in resources.iter().enumerate() {
        let when = at + rng.whole(-80, 8) * 60 + rng.whole(0, 60);
        let actor = people[(index + rng.whole(0, 5) as usize) % people.len()];
        let is_function = draft
            .resources
            .iter()
            .any(|known| known.id.as_str() == *resource && known.service() == "lambda");
        let (service, name, request) = match rng.whole(0, if is_function { 5 } else { 3 }) {
            0 => (
                "monitoring.amazonaws.com",
                "PutDashboard",
                json!({"dashboardName": format!("{resource}-overview")}),
            ),
            1 => (
                "tagging.amazonaws.com",
                "TagResources",
                json!({"tags": {"cost-center": "4711"}}),
            ),
            2 => (
                "monitoring.amazonaws.com",
                "PutMetricAlarm",
                json!({"alarmName": format!("{resource}-saturation"), "threshold": 90.0}),
            ),
            3 => (
                "logs.amazonaws.com",
                "PutRetentionPolicy",
                json!({"logGroupName": format!("/aws/lambda/{resource}"), "retentionInDays": 30}),
            ),
            _ => (
                "logs.amazonaws.com",
                "PutSubscriptionFilter",
                json!({"logGroupName": format!("/aws/lambda/{resource}"), "filterName": "to-archive"}),
            ),
        };
        Call {
            at: when,
            service,
            name,
            resource: Some(resource),
            actor,
            summary: &format!("{name} for {resource}"),
            request,
        }
        .add(draft);
    }
}
