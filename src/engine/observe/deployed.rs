//! What a project deployed, told of the resources that it put in place.
//!
//! A repository knows the stack, the images or the state that it deploys; the symptom is on a function or a service among
//! them. What AWS itself says was changed while the deployment ran is what the deployment changed; where AWS says nothing,
//! it may be whatever of it runs code.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    analysis::changes::{Act, act},
    engine::state::{Known, State},
    journal::body::Plan,
    model::{Change, Evidence, Query, RelationKind, ResourceId},
    sources::pipeline::{
        target::Target,
        told::{begun, deployed},
    },
};

/// AWS sees a change so long before the start of a deployment at most (clocks), and so long after its end.
const BEFORE: SignedDuration = SignedDuration::from_secs(60);
const AFTER: SignedDuration = SignedDuration::from_mins(10);
/// Types that run code: what a deployment without further word may have changed.
const CODE: [&str; 9] = [
    "AWS::Lambda::Function",
    "AWS::ECS::Service",
    "AWS::EC2::Instance",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::StepFunctions::StateMachine",
    "AWS::AppRunner::Service",
    "AWS::ElasticBeanstalk::Environment",
    "AWS::ApiGateway::RestApi",
    "service",
];

/// The changes, and those of projects once for each resource in scope that they put in place; oldest first.
pub(super) fn spread(state: &State, plan: &Plan, changes: &[Change]) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        all.push(change.clone());
        let Some(target) = deployed(change) else {
            continue;
        };
        // As the space calls it: with its place, where it stands away from home.
        let own = change.resource.clone().unwrap_or_else(|| target.id());
        let asked = own.split().0 != target.id();
        if asked {
            continue;
        }
        let mut held = held(state, plan, &target, &own);
        if target.state().is_some() {
            held.extend(by_terraform(plan, change, changes));
        }
        for id in narrowed(state, change, held, changes) {
            all.push(Change {
                resource: Some(id),
                ..change.clone()
            });
        }
    }
    all
}

/// Resources in scope that the target puts in place: by what they say of themselves, and by relations.
fn held(state: &State, plan: &Plan, target: &Target, own: &ResourceId) -> BTreeSet<ResourceId> {
    let related = related(&state.known, own);
    plan.resources
        .iter()
        .filter(|id| *id != own)
        .filter(|id| {
            related.contains(*id) || target.holds(&state.known.resource(id), &configuration(state, id))
        })
        .cloned()
        .collect()
}

/// Resources in scope that Terraform changed while the project's run went on. Its state is not read: it may hold secrets in
/// plain, and a permission to read it would be one to read them.
fn by_terraform<'a>(
    plan: &'a Plan,
    change: &Change,
    changes: &'a [Change],
) -> impl Iterator<Item = ResourceId> + use<'a> {
    let (from, to) = meanwhile(change);
    let seen = changes
        .iter()
        .filter(move |other| other.at >= from && other.at <= to)
        .filter(|other| is_terraform(other));
    seen.filter_map(|other| other.resource.clone())
        .filter(|id| plan.resources.contains(id))
}

/// True when the program that sent the call names itself so (`APN/1.0 HashiCorp/1.0 Terraform/1.9.5 ...`).
fn is_terraform(change: &Change) -> bool {
    let agent = change
        .detail
        .get("userAgent")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let agent = agent.to_ascii_lowercase();
    ["terraform/", "opentofu/"]
        .iter()
        .any(|name| agent.contains(name))
}

/// What the resource contains or deploys, at any depth, and what uses it as an image.
fn related(known: &Known, from: &ResourceId) -> BTreeSet<ResourceId> {
    let mut reached = BTreeSet::new();
    let mut front = vec![from.clone()];
    while let Some(id) = front.pop() {
        let steps = known.relations.iter().filter_map(|relation| match relation.kind {
            RelationKind::Contains | RelationKind::Deploys if relation.from == id => Some(&relation.to),
            _ => None,
        });
        for next in steps {
            if reached.insert(next.clone()) {
                front.push(next.clone());
            }
        }
    }
    let is = |id: &ResourceId, kind: &str| known.resource(id).kind == kind;
    if is(from, "AWS::ECR::Repository") || from.as_str().starts_with("repository:") {
        // A function names its image; a service of ECS names a task definition, which does.
        let mut images = vec![from.clone()];
        while let Some(image) = images.pop() {
            let users = known
                .relations
                .iter()
                .filter(|relation| relation.to == image && relation.kind.carries_failure());
            for user in users.map(|relation| &relation.from) {
                if reached.insert(user.clone()) && is(user, "AWS::ECS::TaskDefinition") {
                    images.push(user.clone());
                }
            }
        }
    }
    reached
}

/// How a resource is set up, as it was read or as the inventory says.
fn configuration(state: &State, id: &ResourceId) -> Value {
    let read = state
        .found(|query| matches!(query, Query::Configuration { resource } if resource.id == *id))
        .find_map(|(_, _, evidence)| match evidence {
            Evidence::Configuration(configuration) => Some(configuration.properties.clone()),
            _ => None,
        });
    read.unwrap_or_else(|| state.known.resource(id).config)
}

/// Of the held resources those that somebody else saw change meanwhile; else those that run code; else all.
fn narrowed(
    state: &State,
    change: &Change,
    held: BTreeSet<ResourceId>,
    changes: &[Change],
) -> Vec<ResourceId> {
    let (from, to) = meanwhile(change);
    let seen: BTreeSet<&ResourceId> = changes
        .iter()
        .filter(|other| deployed(other).is_none() && other.at >= from && other.at <= to)
        .filter(|other| {
            matches!(
                act(other),
                Act::Deploy | Act::Configuration | Act::Policy | Act::Removal
            )
        })
        .filter_map(|other| other.resource.as_ref())
        .filter(|id| held.contains(*id))
        .collect();
    if !seen.is_empty() {
        return seen.into_iter().cloned().collect();
    }
    let code = |id: &&ResourceId| CODE.contains(&state.known.resource(id).kind.as_str());
    let code: Vec<ResourceId> = held.iter().filter(code).cloned().collect();
    if code.is_empty() {
        held.into_iter().collect()
    } else {
        code
    }
}

/// From a little before the start of a change's effect to a while after its end.
fn meanwhile(change: &Change) -> (Timestamp, Timestamp) {
    let shifted = |at: Timestamp, by: SignedDuration| at.checked_add(by).unwrap_or(at);
    let from = begun(change).unwrap_or(change.at);
    (shifted(from, -BEFORE), shifted(change.at, AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Relation, RelationOrigin, Resource},
        topology::Topology,
    };

    #[test]
    fn an_image_reaches_the_service_whose_task_definition_names_it() {
        let resources = [
            ("repository:shop/web", "AWS::ECR::Repository"),
            ("taskdef:web:7", "AWS::ECS::TaskDefinition"),
            ("service:web", "AWS::ECS::Service"),
            ("function:thumbs", "AWS::Lambda::Function"),
            ("balancer:web", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
        ]
        .map(|(id, kind)| Resource::new(id, kind, id));
        let relations = [
            ("taskdef:web:7", "repository:shop/web"),
            ("function:thumbs", "repository:shop/web"),
            ("service:web", "taskdef:web:7"),
            ("balancer:web", "service:web"),
        ]
        .map(|(from, to)| Relation {
            from: from.into(),
            to: to.into(),
            kind: RelationKind::Uses,
            origin: RelationOrigin::Config,
        })
        .to_vec();
        let known = Known {
            topology: Topology::new(&resources, &relations),
            resources: resources.into_iter().map(|one| (one.id.clone(), one)).collect(),
            relations,
        };
        let reached = related(&known, &"repository:shop/web".into());
        let reached: Vec<&str> = reached.iter().map(ResourceId::as_str).collect();
        assert_eq!(reached, ["function:thumbs", "service:web", "taskdef:web:7"]);
    }
}
