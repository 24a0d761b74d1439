//! Acts on configuration and code: CloudTrail LookupEvents.

use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use serde_json::{Value, json};

use super::{
    ask::{Ask, moment, sdk_time},
    gaps, naming,
};
use crate::{
    aws::operations::LOOKUP_EVENTS,
    model::{Change, Resource, ResourceId, Text, Window},
};

/// Pages (50 events each) that are read at most: LookupEvents allows two calls a second.
const PAGES: usize = 10;
/// Longest piece of text that is kept of a request's parameters, in characters.
const LONGEST: usize = 2_000;

/// Acts in the window, on one resource or on anything, in no particular order.
pub(super) async fn changes(
    ask: &mut Ask<'_>,
    resource: Option<&Resource>,
    window: &Window,
) -> Option<Vec<Change>> {
    let client = ask.aws.cloudtrail();
    let id = resource.map(|resource| &resource.id);
    let what = || match resource {
        Some(resource) => Text::from("who changed ").ext(resource.name.clone()),
        None => "who changed what".into(),
    };
    // One attribute is all that a lookup takes.
    let (key, value) = match resource {
        Some(resource) => (LookupAttributeKey::ResourceName, naming::name_of(resource)),
        None => (LookupAttributeKey::ReadOnly, "false".to_owned()),
    };
    let attribute = LookupAttribute::builder()
        .attribute_key(key)
        .attribute_value(value)
        .build()
        .ok();
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let request = client
            .lookup_events()
            .set_lookup_attributes(attribute.clone().map(|attribute| vec![attribute]))
            .start_time(sdk_time(window.from))
            .end_time(sdk_time(window.to))
            .set_next_token(token.take());
        let outcome = ask.aws.call(LOOKUP_EVENTS, || request.clone().send()).await;
        let page = ask.keep(outcome, what, id)?;
        found.extend(page.events().iter().filter_map(|event| read(event, id)));
        token = page.next_token().map(ToOwned::to_owned);
        if token.is_none() {
            return Some(in_window(found, window));
        }
    }
    ask.gaps.push(gaps::cut(
        what(),
        id.cloned(),
        format!("the newest {} events in the window were read", PAGES * 50),
        "look at a narrower window",
    ));
    Some(in_window(found, window))
}

fn in_window(mut changes: Vec<Change>, window: &Window) -> Vec<Change> {
    changes.retain(|change| window.contains(change.at));
    changes
}

fn read(event: &Event, asked: Option<&ResourceId>) -> Option<Change> {
    let body: Value = serde_json::from_str(event.cloud_trail_event().unwrap_or("{}")).unwrap_or_default();
    let named = event.event_name().unwrap_or_default();
    let parameters = body.get("requestParameters").cloned().unwrap_or_default();
    // Some recorders write `POST.ec2` where the action stands in the form.
    let kind = match named.split_once('.') {
        Some((_, _)) => parameters.get("Action").and_then(Value::as_str).unwrap_or(named),
        None => named,
    };
    let refused = body.get("errorCode").is_some_and(|code| !code.is_null());
    if refused || !is_act(kind) {
        return None;
    }
    let touched: Vec<ResourceId> = event
        .resources()
        .iter()
        .filter_map(|resource| {
            let kind = resource.resource_type()?;
            let name = resource.resource_name()?;
            kind.starts_with("AWS::").then(|| naming::resource_id(kind, name))
        })
        .collect();
    let resource = asked
        .filter(|asked| touched.contains(asked))
        .cloned()
        .or_else(|| named_in(&parameters))
        .or_else(|| touched.into_iter().next())
        .or_else(|| asked.cloned());
    let actor = actor(&body).or_else(|| event.username().map(ToOwned::to_owned));
    let mut summary = kind.to_owned();
    if let Some(resource) = &resource {
        summary.push_str(" on ");
        summary.push_str(resource.as_str());
    }
    if let Some(actor) = &actor {
        summary.push_str(" by ");
        summary.push_str(actor);
    }
    let mut detail = json!({
        "eventSource": event.event_source(),
        "eventID": event.event_id(),
        "requestParameters": shortened(parameters.clone()),
    });
    // The program that sent it: Terraform names itself there, and nowhere else.
    if let (Some(agent), Some(detail)) = (
        body.get("userAgent").and_then(Value::as_str),
        detail.as_object_mut(),
    ) {
        detail.insert(
            "userAgent".to_owned(),
            agent.chars().take(120).collect::<String>().into(),
        );
    }
    Some(Change {
        at: event.event_time().and_then(moment)?,
        source: "cloudtrail".to_owned(),
        kind: kind.to_owned(),
        resource,
        actor,
        summary,
        detail,
    })
}

/// Who did it: a user's name, or the role behind a session, or the service itself.
fn actor(body: &Value) -> Option<String> {
    let identity = body.get("userIdentity")?;
    let words = |path: &str| {
        identity
            .pointer(path)
            .and_then(Value::as_str)
            .map(ToOwned::to_owned)
    };
    words("/userName")
        .or_else(|| {
            // The session's name says who took the role.
            let arn = words("/arn")?;
            Some(
                arn.rsplit_once(':')
                    .map_or(arn.clone(), |(_, last)| last.to_owned()),
            )
        })
        .or_else(|| words("/invokedBy"))
}

/// The resource that a request's parameters name.
fn named_in(parameters: &Value) -> Option<ResourceId> {
    const KEYS: &[(&str, &str)] = &[
        ("functionName", "AWS::Lambda::Function"),
        ("tableName", "AWS::DynamoDB::Table"),
        ("bucketName", "AWS::S3::Bucket"),
        ("queueUrl", "AWS::SQS::Queue"),
        ("topicArn", "AWS::SNS::Topic"),
        ("dBInstanceIdentifier", "AWS::RDS::DBInstance"),
        ("dBClusterIdentifier", "AWS::RDS::DBCluster"),
        ("instanceId", "AWS::EC2::Instance"),
        ("autoScalingGroupName", "AWS::AutoScaling::AutoScalingGroup"),
        ("groupId", "AWS::EC2::SecurityGroup"),
        ("roleName", "AWS::IAM::Role"),
    ];
    KEYS.iter().find_map(|(key, kind)| {
        let value = parameters.get(key).or_else(|| parameters.get(capital(key)))?;
        Some(naming::resource_id(kind, value.as_str()?))
    })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// True for names of operations that change configuration or code, as against reading and everyday use.
fn is_act(name: &str) -> bool {
    // Reads, and what data-plane and session calls are called. Whatever is not known counts as an act.
    const NOT: &[&str] = &[
        "Get",
        "List",
        "Describe",
        "Lookup",
        "Head",
        "Filter",
        "Search",
        "Query",
        "Scan",
        "BatchGet",
        "Select",
        "Test",
        "Validate",
        "Simulate",
        "Assume",
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "Invoke",
        "Check",
        "Estimate",
        "ConsoleLogin",
        "PutMetricData",
        "PutLogEvents",
        "CreateLogStream",
        "StartQuery",
        "StopQuery",
        "SendMessage",
        "ReceiveMessage",
        "DeleteMessage",
        "ChangeMessageVisibility",
        "Publish",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "TransactWriteItems",
        "PutObject",
        "DeleteObject",
        "PutRecord",
        "PutEvents",
        "PutTraceSegments",
        "SetAlarmState",
        "StartExecution",
        "RenewRole",
        "Verify",
        "Sign",
        "ExecuteStatement",
    ];
    // These begin like one of the words above and yet change something.
    const YET: &[&str] = &[
        "PutObjectLockConfiguration",
        "PublishVersion",
        "PublishLayerVersion",
    ];
    YET.contains(&name) || !NOT.iter().any(|word| name.starts_with(word))
}

/// Parameters with long texts cut: a request may hold a whole template or a zip file.
fn shortened(value: Value) -> Value {
    match value {
        Value::String(words) if words.chars().count() > LONGEST => {
            let kept: String = words.chars().take(LONGEST).collect();
            Value::String(format!("{kept}... ({} characters)", words.chars().count()))
        }
        Value::Array(items) => items.into_iter().map(shortened).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, shortened(value)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudtrail::primitives::DateTime;

    use super::*;

    fn event(name: &str, body: &Value) -> Event {
        Event::builder()
            .event_name(name)
            .event_time(DateTime::from_secs(1_700_000_000))
            .cloud_trail_event(body.to_string())
            .build()
    }

    #[test]
    fn an_act_names_what_was_done_to_what_by_whom() {
        let body = json!({
            "userIdentity": {"arn": "arn:aws:sts::123456789012:assumed-role/deploy/alice"},
            "requestParameters": {"functionName": "arn:aws:lambda:eu-west-1:123456789012:function:orders"},
        });
        let change = read(&event("UpdateFunctionCode20150331v2", &body), None).unwrap();
        assert_eq!(change.resource, Some(ResourceId::from("orders")));
        assert_eq!(change.actor.as_deref(), Some("assumed-role/deploy/alice"));
        assert_eq!(
            change.summary,
            "UpdateFunctionCode20150331v2 on orders by assumed-role/deploy/alice"
        );
    }

    #[test]
    fn reads_everyday_use_and_refused_acts_are_no_changes() {
        for name in ["GetFunction", "Invoke", "PutItem", "AssumeRole", "DescribeStacks"] {
            assert!(read(&event(name, &json!({})), None).is_none(), "{name}");
        }
        let refused = json!({"errorCode": "AccessDenied"});
        assert!(read(&event("DeleteTable", &refused), None).is_none());
        assert!(is_act("PublishVersion"));
        assert!(is_act("PutBucketPolicy"));
        let form = json!({"requestParameters": {"Action": "DescribeStackEvents"}});
        assert!(read(&event("POST.cloudformation", &form), None).is_none());
        let form = json!({"requestParameters": {"Action": "CreateStack"}});
        assert_eq!(
            read(&event("POST.cloudformation", &form), None).unwrap().kind,
            "CreateStack"
        );
    }

    #[test]
    fn long_parameters_are_cut() {
        let long = shortened(json!({"TemplateBody": "x".repeat(LONGEST + 1), "n": [1]}));
        assert!(
            long["TemplateBody"]
                .as_str()
                .unwrap()
                .ends_with("(2001 characters)")
        );
        assert_eq!(long["n"], json!([1]));
    }
}
