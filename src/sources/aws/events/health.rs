//! AWS Health: trouble and announcements of AWS itself. Answers accounts with a Business or Enterprise support plan only.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Asked, Told, event, items, time, words};
use crate::{
    aws::{
        operations::{DESCRIBE_AFFECTED_ENTITIES, DESCRIBE_HEALTH_EVENT_DETAILS, DESCRIBE_HEALTH_EVENTS},
        services::json as call,
    },
    model::{Gap, GapKind, ResourceId, ServiceEvent},
    sources::aws::naming,
};

/// Events that are looked into: what one call for details takes.
const EVENTS: usize = 10;
/// Resources told of one event.
const ENTITIES: usize = 20;

pub(super) async fn ask(asked: &Asked<'_>) -> Told {
    let mut told = Told::default();
    let input = json!({
        "filter": {
            "regions": [asked.aws.region(), "global"],
            "lastUpdatedTimes": [{"from": asked.window.from.as_second()}],
            "eventTypeCategories": ["issue", "scheduledChange"],
        },
        "maxResults": 100,
    });
    let answer = match call(asked.aws, DESCRIBE_HEALTH_EVENTS, &input).await {
        Err(error) if error.detail.starts_with("SubscriptionRequired") => {
            told.gaps.push(Gap {
                kind: GapKind::Unsupported,
                what: "AWS Health".into(),
                resource: None,
                why: "AWS answers this question only with a Business or Enterprise support plan".into(),
                hint: Some("look at the public page: https://health.aws.amazon.com/health/status".into()),
            });
            return told;
        }
        outcome => told.keep(asked, "AWS Health", outcome),
    };
    let Some(answer) = answer else {
        return told;
    };
    let relevant: Vec<&Value> = items(&answer, "events")
        .iter()
        .filter(|item| overlaps(asked, item))
        .take(EVENTS)
        .collect();
    if relevant.is_empty() {
        return told;
    }
    let arns: Vec<&str> = relevant.iter().map(|item| words(item, "arn")).collect();
    let outcome = call(
        asked.aws,
        DESCRIBE_HEALTH_EVENT_DETAILS,
        &json!({"eventArns": arns}),
    )
    .await;
    let details = told
        .keep(asked, "what AWS Health says in full", outcome)
        .unwrap_or_default();
    let described: BTreeMap<&str, &str> = items(&details, "successfulSet")
        .iter()
        .map(|item| {
            let words_of = |outer: &str, inner: &str| item.get(outer).map_or("", |value| words(value, inner));
            (
                words_of("event", "arn"),
                words_of("eventDescription", "latestDescription"),
            )
        })
        .collect();
    let input = json!({"filter": {"eventArns": arns}, "maxResults": 100});
    let outcome = call(asked.aws, DESCRIBE_AFFECTED_ENTITIES, &input).await;
    let affected = told
        .keep(asked, "what AWS Health says is concerned", outcome)
        .unwrap_or_default();
    for item in relevant {
        let arn = words(item, "arn");
        let said = described.get(arn).copied().unwrap_or_default();
        let concerned: Vec<ResourceId> = items(&affected, "entities")
            .iter()
            .filter(|entity| words(entity, "eventArn") == arn)
            .filter_map(|entity| concerned(words(entity, "entityValue")))
            .take(ENTITIES)
            .collect();
        told.events.extend(read(asked, item, said, &concerned));
    }
    told
}

/// True for an event that was going on in the window.
fn overlaps(asked: &Asked<'_>, item: &Value) -> bool {
    let moment = |name: &str| item.get(name).and_then(time);
    let began = moment("startTime").is_none_or(|start| start < asked.window.to);
    began && moment("endTime").is_none_or(|end| end >= asked.window.from)
}

/// One event for each resource that it concerns; one without a resource where it names none.
fn read(asked: &Asked<'_>, item: &Value, said: &str, concerned: &[ResourceId]) -> Vec<ServiceEvent> {
    let moment = |name: &str| item.get(name).and_then(time);
    let Some(start) = moment("startTime").or_else(|| moment("lastUpdatedTime")) else {
        return Vec::new();
    };
    // What began before the window and goes on in it is told at its beginning.
    let at: Timestamp = start.max(asked.window.from);
    let mut message = words(item, "eventTypeCode").to_owned();
    let zone = words(item, "availabilityZone");
    if !zone.is_empty() {
        message.push_str(&format!(" in {zone}"));
    }
    if !said.is_empty() {
        message.push_str(": ");
        message.push_str(&said.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let category = Some(words(item, "eventTypeCategory"));
    if concerned.is_empty() {
        return vec![event(at, "health", None, category, message)];
    }
    concerned
        .iter()
        .map(|id| event(at, "health", Some(id.clone()), category, message.clone()))
        .collect()
}

/// The resource that an entity is; none for a whole account.
fn concerned(entity: &str) -> Option<ResourceId> {
    let account = entity.len() == 12 && entity.bytes().all(|byte| byte.is_ascii_digit());
    if entity.is_empty() || account || entity == "UNKNOWN" || entity == "AWS_ACCOUNT" {
        return None;
    }
    Some(naming::from_arn(entity).map_or_else(|| ResourceId::from(entity), |resource| resource.id))
}
