//! How pipelines and deployments end, and what an operator wishes that does.

use serde_json::Value;

use super::{
    github, sns,
    words::{first, word},
};
use crate::{
    intake::webhook::{Failures, WebhookKind},
    model::{Alert, AlertAction},
};

/// What a body tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tells {
    /// How a pipeline or a deployment stands as a whole.
    Whole,
    /// How a part of one stands: what it belongs to tells the same once more.
    Part,
    /// Something else.
    Other,
}

/// Does as the operator wishes with what tells how a pipeline or a deployment ends; leaves everything else as it is. Where
/// failures are investigated, each is once: jobs, checks and stages stay news beside the pipeline that they are parts of.
pub fn wish(wish: Failures, kind: WebhookKind, event: Option<&str>, body: &Value, alert: &mut Alert) {
    let ends = matches!(alert.action, AlertAction::Created) || alert.action.is_over();
    match (tells(kind, event, body), wish) {
        (Tells::Whole, Failures::Investigate) if ends => alert.news = false,
        (Tells::Whole | Tells::Part, Failures::Note) => alert.news = true,
        _ => {}
    }
}

fn tells(kind: WebhookKind, event: Option<&str>, body: &Value) -> Tells {
    match kind {
        WebhookKind::GitHub => match event.or_else(|| github::guessed(body)) {
            Some("workflow_run" | "deployment_status" | "status") => Tells::Whole,
            Some("workflow_job" | "check_run" | "check_suite") => Tells::Part,
            _ => Tells::Other,
        },
        WebhookKind::GitLab => {
            match first(body, &["/object_kind", "/event_name", "/event_type"]).as_deref() {
                Some("pipeline" | "deployment") => Tells::Whole,
                Some("build") => Tells::Part,
                _ => Tells::Other,
            }
        }
        WebhookKind::EventBridge => of_aws(body),
        WebhookKind::Sns if sns::is(body) => {
            let message = body.get("Message").and_then(Value::as_str).unwrap_or_default();
            serde_json::from_str(message).map_or(Tells::Other, |message: Value| of_aws(&message))
        }
        _ => Tells::Other,
    }
}

fn of_aws(body: &Value) -> Tells {
    let part = |at| word(body, at).unwrap_or_default();
    match (part("/source").as_str(), part("/detail-type").as_str()) {
        ("aws.codepipeline", "CodePipeline Pipeline Execution State Change")
        | ("aws.codedeploy", "CodeDeploy Deployment State-change Notification")
        | ("aws.ecs", "ECS Deployment State Change") => Tells::Whole,
        ("aws.codepipeline", _) => Tells::Part,
        _ => Tells::Other,
    }
}
