//! GitLab: webhooks of projects and groups. The kind stands in `object_kind` (`event_name` for members and projects) and in
//! the header `X-Gitlab-Event`; shapes: "Webhook events" at docs.gitlab.com/user/project/integrations/webhook_events.
//!
//! All of it is news, as with GitHub.

use serde_json::Value;

use super::{
    place,
    words::{DESCRIPTION, clipped, first, first_moment, is_link, made_id, title, word},
};
use crate::model::{Alert, AlertAction};

pub(super) fn read(event: Option<&str>, body: &Value) -> Result<Alert, String> {
    if !body.is_object() {
        return Err(format!("the body is {}, not an object", super::words::sort(body)));
    }
    let kind = first(body, &["/object_kind", "/event_name", "/event_type"])
        .or_else(|| {
            let event = event?.trim();
            (!event.is_empty()).then(|| event.trim_end_matches(" Hook").to_lowercase().replace(' ', "_"))
        })
        .ok_or("the field object_kind is missing")?;
    let part = |at: &str| word(body, at).unwrap_or_default();
    let place = first(
        body,
        &[
            "/project/path_with_namespace",
            "/project_name",
            "/group/full_path",
            "/group_path",
            "/group_name",
            "/project/name",
        ],
    )
    .unwrap_or_else(|| "GitLab".to_owned());
    let (line, subject, action, said) = match kind.as_str() {
        "pipeline" => {
            let (state, branch) = (part("/object_attributes/status"), part("/object_attributes/ref"));
            (
                format!("pipeline on {branch}: {state}"),
                branch,
                outcome(&state),
                part("/commit/message"),
            )
        }
        "deployment" => {
            let (state, place) = (part("/status"), part("/environment"));
            (
                format!("deployment of {} to {place}: {state}", part("/short_sha")),
                place,
                outcome(&state),
                part("/commit_title"),
            )
        }
        "build" => {
            let (state, name, branch) = (part("/build_status"), part("/build_name"), part("/ref"));
            (
                format!("job {name} on {branch}: {state}"),
                format!("{name} {branch}"),
                outcome(&state),
                part("/build_failure_reason"),
            )
        }
        "push" | "tag_push" => {
            let name = part("/ref");
            let name = name
                .strip_prefix("refs/heads/")
                .or_else(|| name.strip_prefix("refs/tags/"))
                .unwrap_or(&name)
                .to_owned();
            let commits = first(body, &["/total_commits_count"]).unwrap_or_else(|| "0".to_owned());
            (
                format!("{commits} commits pushed to {name}"),
                format!("{name} {}", part("/after")),
                AlertAction::Created,
                part("/commits/0/message"),
            )
        }
        "merge_request" => {
            let number = part("/object_attributes/iid");
            let what =
                first(body, &["/object_attributes/action", "/object_attributes/state"]).unwrap_or_default();
            let action = match what.as_str() {
                "open" | "opened" | "reopen" => AlertAction::Created,
                "merge" | "merged" | "close" | "closed" => AlertAction::Closed,
                _ => AlertAction::Updated,
            };
            let what = if what == "merge" {
                "merged".to_owned()
            } else {
                what
            };
            (
                format!("change !{number} {what}: {}", part("/object_attributes/title")),
                number,
                action,
                part("/object_attributes/description"),
            )
        }
        "release" => {
            let tag = part("/tag");
            (
                format!("release {tag} {}", part("/action")),
                tag,
                AlertAction::Created,
                part("/description"),
            )
        }
        _ => {
            let about = first(
                body,
                &[
                    "/object_attributes/title",
                    "/object_attributes/name",
                    "/name",
                    "/title",
                ],
            );
            let of = first(body, &["/object_attributes/iid", "/object_attributes/id", "/id"]);
            let what = crate::model::inert(&clipped(&kind.replace('_', " "), 60));
            (
                format!(
                    "{what} {} {}",
                    part("/object_attributes/action"),
                    about.unwrap_or_default()
                ),
                of.unwrap_or_default(),
                AlertAction::Updated,
                String::new(),
            )
        }
    };
    let mut alert = Alert {
        incident: made_id("gitlab", &[&place, &kind, &subject]),
        action,
        title: title(&format!("{place}: {line}")),
        description: clipped(&said, DESCRIPTION),
        at: first_moment(
            body,
            &[
                "/status_changed_at",
                "/object_attributes/finished_at",
                "/object_attributes/updated_at",
                "/object_attributes/created_at",
                "/build_finished_at",
                "/build_started_at",
                "/released_at",
                "/commits/0/timestamp",
                "/created_at",
            ],
        ),
        service: word(body, "/project/path_with_namespace").map(|name| title(&name)),
        news: true,
        link: first(
            body,
            &[
                "/deployable_url",
                "/object_attributes/url",
                "/environment_external_url",
                "/url",
                "/project/web_url",
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

fn outcome(state: &str) -> AlertAction {
    match state {
        "failed" => AlertAction::Created,
        "success" => AlertAction::Resolved,
        _ => AlertAction::Updated,
    }
}
