//! What was changed: CloudTrail, stack events and, for an instance, its launch.

use serde_json::json;

use super::{ask::Ask, stack_events, trail};
use crate::{
    aws::describe_instances,
    model::{Change, Evidence, Resource, Text, Window},
};

pub(super) async fn answer(
    ask: &mut Ask<'_>,
    resource: Option<&Resource>,
    window: &Window,
) -> Option<Evidence> {
    let trail = trail::changes(ask, resource, window).await;
    let stacks = stack_events::changes(ask, resource, window).await;
    let launch = match resource {
        Some(resource) if resource.kind == "AWS::EC2::Instance" => launch(ask, resource, window).await,
        _ => None,
    };
    if trail.is_none() && stacks.is_none() && launch.is_none() {
        return None;
    }
    let mut changes: Vec<Change> = trail
        .into_iter()
        .flatten()
        .chain(stacks.into_iter().flatten())
        .chain(launch)
        .collect();
    changes
        .sort_by(|a, b| (a.at, &a.source, &a.kind, &a.summary).cmp(&(b.at, &b.source, &b.kind, &b.summary)));
    changes.dedup();
    Some(Evidence::Changes(changes))
}

/// The instance's launch, when it lies in the window: from then on it runs its user data.
async fn launch(ask: &mut Ask<'_>, resource: &Resource, window: &Window) -> Option<Change> {
    let outcome = describe_instances(&ask.aws, std::slice::from_ref(&resource.id.0)).await;
    let what = || Text::from("launch time of ").ext(resource.name.clone());
    let instance = ask.keep(outcome, what, Some(&resource.id))?.into_iter().next()?;
    let at = instance
        .launch_time
        .parse()
        .ok()
        .filter(|at| window.contains(*at))?;
    Some(Change {
        at,
        source: "ec2".to_owned(),
        kind: "launch".to_owned(),
        resource: Some(resource.id.clone()),
        actor: None,
        summary: format!("instance {} was launched", resource.id.as_str()),
        detail: json!({"InstanceType": instance.instance_type, "ImageId": instance.image_id}),
    })
}
