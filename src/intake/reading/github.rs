//! GitHub: webhooks of repositories, organisations and apps. The event's name stands in the header `X-GitHub-Event`; shapes:
//! "Webhook events and payloads" at docs.github.com.
//!
//! All of it is news: that something was deployed or merged is worth knowing, and no incident by itself. What can fail keeps
//! one id for its failures and its recovery.

use serde_json::Value;

use super::{
    place,
    words::{DESCRIPTION, clipped, first, first_moment, is_link, made_id, quoted, title, word},
};
use crate::model::{Alert, AlertAction};

/// What is told of one event.
struct Told {
    /// In a line, without the repository.
    title: String,
    /// What its later events are about too.
    subject: String,
    action: AlertAction,
    description: String,
}

impl Told {
    fn new(title: String, subject: String) -> Self {
        Self {
            title,
            subject,
            action: AlertAction::Created,
            description: String::new(),
        }
    }
}

pub(super) fn read(event: Option<&str>, body: &Value) -> Result<Alert, String> {
    if !body.is_object() {
        return Err(format!("the body is {}, not an object", super::words::sort(body)));
    }
    let event = match event.map(str::trim).filter(|event| !event.is_empty()) {
        Some(event) => event.to_owned(),
        None => guessed(body)
            .ok_or("the header X-GitHub-Event is missing")?
            .to_owned(),
    };
    let place = first(
        body,
        &[
            "/repository/full_name",
            "/organization/login",
            "/enterprise/slug",
            "/installation/account/login",
            "/sender/login",
        ],
    )
    .unwrap_or_else(|| "GitHub".to_owned());
    let told = told(&event, body);
    let mut alert = Alert {
        incident: made_id("github", &[&place, &event, &told.subject]),
        action: told.action,
        title: title(&format!("{place}: {}", told.title)),
        description: clipped(&told.description, DESCRIPTION),
        at: first_moment(
            body,
            &[
                "/deployment_status/updated_at",
                "/deployment/updated_at",
                "/workflow_run/updated_at",
                "/workflow_job/completed_at",
                "/check_run/completed_at",
                "/check_suite/updated_at",
                "/pull_request/merged_at",
                "/pull_request/updated_at",
                "/release/published_at",
                "/head_commit/timestamp",
                "/issue/updated_at",
            ],
        ),
        service: word(body, "/repository/full_name").map(|name| title(&name)),
        news: true,
        link: first(
            body,
            &[
                "/deployment_status/target_url",
                "/deployment_status/log_url",
                "/workflow_run/html_url",
                "/workflow_job/html_url",
                "/check_run/html_url",
                "/pull_request/html_url",
                "/release/html_url",
                "/compare",
                "/issue/html_url",
                "/alert/html_url",
                "/repository/html_url",
            ],
        )
        .filter(|link| is_link(link)),
        ..Alert::default()
    };
    let said = alert.description.clone();
    place::from_text(&mut alert, &said);
    place::settle(&mut alert);
    Ok(alert)
}

/// The event of a body that came without the header, where the body leaves no doubt.
pub(super) fn guessed(body: &Value) -> Option<&'static str> {
    let has = |field: &str| body.get(field).is_some();
    Some(match () {
        () if has("deployment_status") => "deployment_status",
        () if has("deployment") => "deployment",
        () if has("workflow_run") => "workflow_run",
        () if has("workflow_job") => "workflow_job",
        () if has("release") => "release",
        () if has("commits") && has("ref") => "push",
        () if has("zen") => "ping",
        () if has("pull_request") => "pull_request",
        () => return None,
    })
}

fn told(event: &str, body: &Value) -> Told {
    let part = |at: &str| word(body, at).unwrap_or_default();
    let short = |sha: String| sha.get(..7).map(ToOwned::to_owned).unwrap_or(sha);
    let action = part("/action");
    match event {
        "deployment_status" => {
            let (state, place) = (part("/deployment_status/state"), part("/deployment/environment"));
            Told {
                action: outcome(&state),
                description: part("/deployment_status/description"),
                ..Told::new(
                    format!(
                        "deployment of {} to {place}: {state}",
                        short(part("/deployment/sha"))
                    ),
                    place,
                )
            }
        }
        "deployment" => {
            let place = part("/deployment/environment");
            Told {
                action: AlertAction::Updated,
                description: part("/deployment/description"),
                ..Told::new(
                    format!(
                        "deployment of {} to {place} begins",
                        short(part("/deployment/sha"))
                    ),
                    place,
                )
            }
        }
        "workflow_run" | "workflow_job" | "check_run" | "check_suite" => {
            let at = |field: &str| part(&format!("/{event}/{field}"));
            let state = first(
                body,
                &[&format!("/{event}/conclusion"), &format!("/{event}/status")],
            );
            let state = state.unwrap_or_else(|| action.clone());
            let branch = first(
                body,
                &[
                    &format!("/{event}/head_branch"),
                    "/check_run/check_suite/head_branch",
                ],
            )
            .unwrap_or_default();
            let name =
                first(body, &[&format!("/{event}/name"), &format!("/{event}/app/name")]).unwrap_or_default();
            let what = event.replace('_', " ");
            Told {
                action: outcome(&state),
                description: at("display_title"),
                ..Told::new(
                    format!("{what} {name} on {branch}: {state}"),
                    format!("{name} {branch}"),
                )
            }
        }
        "status" => {
            let (state, context) = (part("/state"), part("/context"));
            Told {
                action: outcome(&state),
                description: part("/description"),
                ..Told::new(
                    format!("status {context} of {}: {state}", short(part("/sha"))),
                    context,
                )
            }
        }
        "push" => {
            let branch = part("/ref");
            let commits = body.get("commits").and_then(Value::as_array).map_or(0, Vec::len);
            let branch = branch.strip_prefix("refs/heads/").unwrap_or(&branch).to_owned();
            Told {
                description: part("/head_commit/message"),
                ..Told::new(
                    format!("{commits} commits pushed to {branch}"),
                    format!("{branch} {}", part("/after")),
                )
            }
        }
        "pull_request" => {
            let merged = word(body, "/pull_request/merged").is_some_and(|merged| merged == "true");
            let what = if merged && action == "closed" {
                "merged"
            } else {
                &action
            };
            let number = part("/pull_request/number");
            Told {
                action: match what {
                    "merged" | "closed" => AlertAction::Closed,
                    "opened" | "reopened" => AlertAction::Created,
                    _ => AlertAction::Updated,
                },
                description: part("/pull_request/body"),
                ..Told::new(
                    format!("change #{number} {what}: {}", part("/pull_request/title")),
                    number,
                )
            }
        }
        "release" => {
            let tag = part("/release/tag_name");
            Told {
                description: part("/release/body"),
                ..Told::new(format!("release {tag} {action}"), tag)
            }
        }
        "ping" => Told::new(
            format!("the webhook is set up: {}", part("/zen")),
            part("/hook_id"),
        ),
        _ => {
            let of = first(
                body,
                &[
                    "/issue/number",
                    "/alert/number",
                    "/discussion/number",
                    "/pull_request/number",
                    "/comment/id",
                    "/ref",
                    "/label/name",
                    "/package/name",
                    "/id",
                ],
            )
            .unwrap_or_default();
            let about = first(
                body,
                &[
                    "/issue/title",
                    "/discussion/title",
                    "/alert/rule/description",
                    "/security_advisory/summary",
                    "/package/name",
                    "/ref",
                ],
            )
            .unwrap_or_default();
            let what = crate::model::inert(&clipped(&event.replace('_', " "), 60));
            let line = [what.as_str(), &action, &about].map(str::trim).join(" ");
            Told {
                action: if action.is_empty() || matches!(action.as_str(), "created" | "opened") {
                    AlertAction::Created
                } else {
                    AlertAction::Updated
                },
                ..Told::new(line.trim().to_owned(), of)
            }
        }
    }
}

/// How a run or a deployment stands: one that fails is an incident's beginning, should anybody want to see it so.
fn outcome(state: &str) -> AlertAction {
    match state {
        "failure" | "error" | "timed_out" | "startup_failure" | "action_required" => AlertAction::Created,
        "success" => AlertAction::Resolved,
        _ => AlertAction::Updated,
    }
}

/// What the header says, for a sentence about it.
pub(super) fn said(event: Option<&str>) -> String {
    event.map_or_else(|| "no event".to_owned(), quoted)
}
