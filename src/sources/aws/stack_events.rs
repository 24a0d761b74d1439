//! What deployments changed: CloudFormation DescribeStackEvents.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{StackEvent, StackStatus};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    ask::{Ask, moment},
    gaps, naming, stacks,
};
use crate::{
    aws::operations::{DESCRIBE_STACK_EVENTS, LIST_STACKS},
    model::{Change, Resource, Text, Window},
};

/// Pages of one stack's events that are read at most.
const PAGES: usize = 10;
/// Pages of the list of stacks that are read at most.
const STACK_PAGES: usize = 20;
/// Stacks whose events are read at most for one question.
const STACKS: usize = 20;
/// A deployment that ended in the window may have begun so long before it.
const LONGEST_DEPLOYMENT: SignedDuration = SignedDuration::from_hours(6);

/// What deployments changed in the window, on one resource or on anything, in no particular order.
pub(super) async fn changes(
    ask: &mut Ask<'_>,
    resource: Option<&Resource>,
    window: &Window,
) -> Option<Vec<Change>> {
    let Some(resource) = resource else {
        let mut found = Vec::new();
        for name in changed_stacks(ask, window).await? {
            if let Some(events) = events(ask, &name, window).await {
                found.extend(read(&events, window));
            }
        }
        return Some(found);
    };
    let Some(stack) = stacks::of(ask, resource).await else {
        return Some(Vec::new());
    };
    let events = events(ask, &stack.name, window).await?;
    Some(of_resource(&read(&events, window), resource))
}

/// Changes to the resource itself; where the stack only tells of itself, its making is the resource's.
fn of_resource(changes: &[Change], resource: &Resource) -> Vec<Change> {
    let own: Vec<Change> = changes
        .iter()
        .filter(|change| change.resource.as_ref() == Some(&resource.id))
        .cloned()
        .collect();
    if !own.is_empty() {
        return own;
    }
    changes
        .iter()
        .filter(|change| {
            change.resource.is_none() && change.detail.get("operation") == Some(&json!("CREATE"))
        })
        .map(|change| Change {
            resource: Some(resource.id.clone()),
            summary: format!("{}, and {} with it", change.summary, resource.name),
            ..change.clone()
        })
        .collect()
}

/// Stacks that were made, updated or deleted in the window; their names, or ids where they are gone.
async fn changed_stacks(ask: &mut Ask<'_>, window: &Window) -> Option<Vec<String>> {
    let client = ask.aws.cloudformation();
    let what = || Text::from("stacks that changed");
    let wide = window.widened(LONGEST_DEPLOYMENT, SignedDuration::ZERO);
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..STACK_PAGES {
        let request = client.list_stacks().set_next_token(token.take());
        let outcome = ask.aws.call(LIST_STACKS, || request.clone().send()).await;
        let page = ask.keep(outcome, what, None)?;
        for stack in page.stack_summaries() {
            let times = [
                stack.creation_time(),
                stack.last_updated_time(),
                stack.deletion_time(),
            ];
            let Some(newest) = times.into_iter().flatten().filter_map(moment).max() else {
                continue;
            };
            let gone = stack.stack_status() == Some(&StackStatus::DeleteComplete);
            let name = if gone {
                stack.stack_id()
            } else {
                stack.stack_name()
            };
            // A stack that changed after the window may have changed within it too.
            if let Some(name) = name.filter(|_| newest >= wide.from) {
                found.push((newest, name.to_owned()));
            }
        }
        token = page.next_token().map(ToOwned::to_owned);
        if token.is_none() {
            break;
        }
    }
    found.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
    if found.len() > STACKS {
        let why = format!(
            "the {STACKS} most recently changed of {} stacks are read",
            found.len()
        );
        ask.gaps
            .push(gaps::cut(what(), None, why, "look at a narrower window"));
        found.truncate(STACKS);
    }
    Some(found.into_iter().map(|(_, name)| name).collect())
}

/// A stack's events back to the longest deployment before the window, newest first.
async fn events(ask: &mut Ask<'_>, stack: &str, window: &Window) -> Option<Vec<StackEvent>> {
    let client = ask.aws.cloudformation();
    let oldest = window.widened(LONGEST_DEPLOYMENT, SignedDuration::ZERO).from;
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let request = client
            .describe_stack_events()
            .stack_name(stack)
            .set_next_token(token.take());
        let outcome = ask
            .aws
            .call(DESCRIBE_STACK_EVENTS, || request.clone().send())
            .await;
        let page = ask.keep(outcome, || Text::from("events of stack ").ext(stack), None)?;
        found.extend(page.stack_events().iter().cloned());
        let passed = found
            .last()
            .and_then(|event| event.timestamp())
            .and_then(moment)
            .is_some_and(|at| at < oldest);
        token = page.next_token().map(ToOwned::to_owned);
        if token.is_none() || passed {
            break;
        }
    }
    Some(found)
}

/// One change for each thing that came to an end in the window, at the moment when it began: no effect is older.
fn read(events: &[StackEvent], window: &Window) -> Vec<Change> {
    let mut ordered: Vec<(Timestamp, usize, &StackEvent)> = events
        .iter()
        .rev()
        .enumerate()
        .filter_map(|(index, event)| Some((event.timestamp().and_then(moment)?, index, event)))
        .collect();
    ordered.sort_by_key(|(at, index, _)| (*at, *index));
    let mut begun: BTreeMap<(&str, &str), Timestamp> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, _, event) in ordered {
        let logical = event.logical_resource_id().unwrap_or_default();
        let status = event.resource_status().map_or("", |status| status.as_str());
        let (operation, stage) = phase(status);
        if stage == Stage::Begun {
            begun.entry((logical, operation)).or_insert(at);
            continue;
        }
        let start = begun.remove(&(logical, operation)).unwrap_or(at);
        if stage == Stage::Other || !(window.contains(start) || window.contains(at)) {
            continue;
        }
        found.push(change(event, operation, stage == Stage::Failed, start, at));
    }
    found
}

fn change(event: &StackEvent, operation: &str, failed: bool, start: Timestamp, end: Timestamp) -> Change {
    let stack = event.stack_name().unwrap_or_default();
    let physical = event.physical_resource_id().unwrap_or_default();
    let kind = event.resource_type().unwrap_or_default();
    let whole = kind == "AWS::CloudFormation::Stack" && event.stack_id() == Some(physical);
    let resource = (!whole && !physical.is_empty()).then(|| naming::resource_id(kind, physical));
    let done = match (operation, failed) {
        (_, true) => "failed to change",
        ("CREATE", _) => "created",
        ("DELETE", _) => "deleted",
        ("ROLLBACK" | "UPDATE_ROLLBACK", _) => "rolled back",
        ("IMPORT", _) => "imported",
        _ => "updated",
    };
    let summary = match &resource {
        None => format!("stack {stack} was {done}").replace("was failed", "failed"),
        Some(id) => format!("stack {stack} {done} {id}"),
    };
    Change {
        at: start,
        source: "cloudformation".to_owned(),
        kind: if whole {
            "deployment".to_owned()
        } else {
            operation.to_owned()
        },
        resource,
        actor: None,
        summary,
        detail: json!({
            "stack": stack,
            "operation": operation,
            "logical": event.logical_resource_id(),
            "type": kind,
            "failed": failed,
            "finished": end.to_string(),
            "reason": event.resource_status_reason().filter(|words| !words.is_empty()),
        }),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begun,
    Done,
    Failed,
    Other,
}

/// Operation and stage of a status (`UPDATE_IN_PROGRESS`). Cleaning up is neither.
fn phase(status: &str) -> (&str, Stage) {
    if status.contains("CLEANUP") {
        return (status, Stage::Other);
    }
    for (end, stage) in [
        ("_IN_PROGRESS", Stage::Begun),
        ("_COMPLETE", Stage::Done),
        ("_FAILED", Stage::Failed),
    ] {
        if let Some(operation) = status.strip_suffix(end) {
            return (operation, stage);
        }
    }
    (status, Stage::Other)
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::{primitives::DateTime, types::ResourceStatus};

    use super::*;

    fn event(second: i64, logical: &str, physical: &str, status: &str) -> StackEvent {
        let kind = if logical == "shop" {
            "AWS::CloudFormation::Stack"
        } else {
            "AWS::Lambda::Function"
        };
        StackEvent::builder()
            .stack_id("arn:stack")
            .stack_name("shop")
            .event_id(format!("{second}-{logical}"))
            .logical_resource_id(logical)
            .physical_resource_id(physical)
            .resource_type(kind)
            .timestamp(DateTime::from_secs(second))
            .resource_status(ResourceStatus::from(status))
            .build()
    }

    fn window(from: i64, to: i64) -> Window {
        Window::new(
            Timestamp::from_second(from).unwrap(),
            Timestamp::from_second(to).unwrap(),
        )
    }

    #[test]
    fn a_deployment_is_told_once_for_each_thing_from_its_beginning() {
        let events = [
            event(130, "shop", "arn:stack", "UPDATE_COMPLETE"),
            event(125, "shop", "arn:stack", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
            event(120, "Fn", "orders", "UPDATE_COMPLETE"),
            event(110, "Fn", "orders", "UPDATE_IN_PROGRESS"),
            event(100, "shop", "arn:stack", "UPDATE_IN_PROGRESS"),
            event(10, "shop", "arn:stack", "CREATE_COMPLETE"),
        ];
        let changes = read(&events, &window(50, 200));
        let told: Vec<_> = changes
            .iter()
            .map(|change| {
                (
                    change.at.as_second(),
                    change.kind.as_str(),
                    change.summary.as_str(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (110, "UPDATE", "stack shop updated orders"),
                (100, "deployment", "stack shop was updated"),
            ]
        );
    }

    #[test]
    fn a_stack_that_tells_only_of_itself_still_says_when_its_parts_were_made() {
        let events = [
            event(20, "shop", "arn:stack", "CREATE_COMPLETE"),
            event(10, "shop", "arn:stack", "CREATE_IN_PROGRESS"),
        ];
        let orders = naming::resource("AWS::Lambda::Function", "orders");
        let changes = of_resource(&read(&events, &window(0, 100)), &orders);
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].resource, Some(orders.id));
        assert_eq!(changes[0].at.as_second(), 10);
    }
}
