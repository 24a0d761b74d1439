//! CloudWatch Synthetics: runs of a canary that failed, and when it passed again.

use serde_json::{Value, json};

use super::{Asked, Told, event, items, time, words};
use crate::{
    aws::{operations::GET_CANARY_RUNS, services::rest_json},
    model::{Resource, ServiceEvent},
    sources::aws::naming,
};

/// Pages (100 runs each) that are read at most; the newest come first.
const PAGES: usize = 3;

pub(super) async fn ask(asked: &Asked<'_>, resource: &Resource) -> Told {
    let mut told = Told::default();
    let name = naming::name_of(resource);
    let name = name.strip_prefix("canary:").unwrap_or(&name);
    let mut runs: Vec<Value> = Vec::new();
    let mut input = json!({"MaxResults": 100});
    for _ in 0..PAGES {
        let outcome = rest_json(
            asked.aws,
            GET_CANARY_RUNS,
            &["canary", name, "runs"],
            Some(&input),
        )
        .await;
        let Some(answer) = told.keep(asked, "runs of the canary", outcome) else {
            break;
        };
        let page = items(&answer, "CanaryRuns");
        let older = page
            .last()
            .and_then(started)
            .is_some_and(|oldest| oldest < asked.window.from);
        runs.extend(page.iter().cloned());
        match answer
            .get("NextToken")
            .filter(|token| token.is_string() && !older)
        {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    runs.retain(|run| started(run).is_some_and(|at| asked.window.contains(at)));
    runs.sort_by_key(started);
    told.events = turns(resource, &runs);
    told
}

fn started(run: &Value) -> Option<jiff::Timestamp> {
    run.get("Timeline")
        .and_then(|timeline| timeline.get("Started"))
        .and_then(time)
}

/// The runs at which the outcome turned: the first failure, a failure for another reason, the first success after one.
fn turns(resource: &Resource, runs: &[Value]) -> Vec<ServiceEvent> {
    let mut last = String::new();
    let mut told = Vec::new();
    for run in runs {
        let status = run.get("Status").unwrap_or(&Value::Null);
        let message = match words(status, "State") {
            "FAILED" => {
                let (reason, code) = (words(status, "StateReason"), words(status, "StateReasonCode"));
                format!(
                    "canary run failed: {reason}{}",
                    if code.is_empty() {
                        String::new()
                    } else {
                        format!(" ({code})")
                    }
                )
            }
            "PASSED" if last.is_empty() => continue,
            "PASSED" => "canary run passed".to_owned(),
            _ => continue,
        };
        if message == last {
            continue;
        }
        if let Some(at) = started(run) {
            told.push(event(
                at,
                "synthetics",
                Some(resource.id.clone()),
                Some("canary run"),
                message.clone(),
            ));
        }
        last = if words(status, "State") == "PASSED" {
            String::new()
        } else {
            message
        };
    }
    told
}
