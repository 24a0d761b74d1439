//! Configuration of what no stack declares: read one by one through Cloud Control, in batches, up to a budget.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::{
    super::{ask::Ask, gaps, naming, wiring},
    CONFIGURATION, listing,
};
use crate::{
    aws::{AwsError, ErrorKind, Factory, operations::GET_RESOURCE},
    model::{
        Text,
        discovery::{Finding, Part, Parts, Thing},
    },
};

/// Resources whose configuration is read in one run.
const BUDGET: usize = 2_000;
/// Resources of a batch.
const BATCH: usize = 25;
/// Configurations of a batch that are read at the same time, each in its turn.
const AT_ONCE: usize = 4;

/// The batches that are wanted.
pub(super) fn wanted(known: &[&Thing]) -> Parts {
    let readable = |thing: &&&Thing| {
        let resource = &thing.resource;
        let kind = resource.kind.as_str();
        let listed = listing::TYPES.contains(&kind)
            || matches!(
                kind,
                "AWS::ECS::Service"
                    | "AWS::ElasticLoadBalancingV2::Listener"
                    | "AWS::ApiGatewayV2::Integration"
            );
        thing.print.is_empty() && thing.unreadable.is_none() && listed
    };
    let mut wanted: BTreeMap<_, &Thing> = BTreeMap::new();
    for thing in known.iter().filter(readable) {
        wanted.insert((&thing.resource.kind, &thing.resource.id), thing);
    }
    let all: Vec<Thing> = wanted
        .into_values()
        .map(|thing| Thing {
            physical: thing.physical.clone(),
            ..Thing::new(thing.resource.clone())
        })
        .collect();
    let mut parts = Parts::default();
    if all.len() > BUDGET {
        parts.gaps.push(gaps::cut(
            "configuration of resources outside stacks".into(),
            None,
            format!("the first {BUDGET} of {} are read", all.len()),
            "choose stacks or tags for this account in the configuration",
        ));
    }
    let within = &all[..all.len().min(BUDGET)];
    for batch in within.chunks(BATCH) {
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else {
            continue;
        };
        let mut part = Part::new(format!(
            "{CONFIGURATION}{}..{}",
            first.resource.id, last.resource.id
        ));
        part.of = batch.to_vec();
        parts.parts.push(part);
    }
    parts
}

/// Reads the configuration of each.
pub(super) async fn of(ask: &mut Ask<'_>, wanted: &[Thing]) -> Finding {
    let mut finding = Finding::default();
    if ask.source.stacks.lock().await.no_cloud_control {
        return finding;
    }
    let aws = ask.aws.clone();
    let reading: Vec<_> = wanted.iter().map(|thing| get(&aws, thing)).collect();
    let read: Vec<_> = stream::iter(reading).buffered(AT_ONCE).collect().await;
    let mut refused: BTreeMap<(ErrorKind, &str), (AwsError, Vec<&str>)> = BTreeMap::new();
    for (thing, outcome) in wanted.iter().zip(read) {
        let mut thing = thing.clone();
        match outcome {
            Ok(Some(properties)) => wiring::read_into(&mut thing, &properties),
            // It is gone, or Cloud Control does not read this type: nothing to mark.
            Ok(None) => {}
            Err(error) => match error.kind {
                ErrorKind::NotFound | ErrorKind::Unsupported => {}
                kind => {
                    if kind == ErrorKind::Denied {
                        thing.unreadable = Some(Text::from(error.sentence()));
                    }
                    let kind_name = wanted
                        .iter()
                        .find(|one| one.resource.kind == thing.resource.kind)
                        .map_or("", |one| one.resource.kind.as_str());
                    let entry = refused
                        .entry((kind, kind_name))
                        .or_insert_with(|| (error, Vec::new()));
                    let name = wanted.iter().find(|one| one.resource.id == thing.resource.id);
                    entry.1.extend(name.map(|one| one.resource.name.as_str()));
                }
            },
        }
        finding.things.push(thing);
    }
    for ((_, kind), (error, names)) in refused {
        let what = match names.as_slice() {
            [only] => Text::from("configuration of ").ext(*only),
            many => Text::from(format!(
                "configuration of {} resources of type {kind}",
                many.len()
            )),
        };
        let one = match names.as_slice() {
            [only] => wanted.iter().find(|thing| thing.resource.name == *only),
            _ => None,
        };
        ask.missed(&error, what, one.map(|thing| &thing.resource.id));
    }
    finding
}

async fn get(aws: &Factory, thing: &Thing) -> Result<Option<Value>, AwsError> {
    let client = aws.cloudcontrol();
    let identifier = identifier(thing);
    let kind = &thing.resource.kind;
    let send = || {
        client
            .get_resource()
            .type_name(kind)
            .identifier(&identifier)
            .send()
    };
    let found = aws.call(GET_RESOURCE, send).await?;
    Ok(found
        .resource_description()
        .and_then(|found| serde_json::from_str(found.properties()?).ok()))
}

/// What Cloud Control calls it: what it said itself, or else the ARN or the name, as the type has it.
fn identifier(thing: &Thing) -> String {
    let resource = &thing.resource;
    let name = naming::name_of(resource);
    let arn = || resource.arn.clone().unwrap_or_else(|| name.clone());
    match resource.kind.as_str() {
        "AWS::ECS::Service" if !thing.physical.contains('|') => {
            let cluster = name.split('/').next().unwrap_or_default();
            format!("{}|{cluster}", arn())
        }
        _ if !thing.physical.is_empty() => thing.physical.clone(),
        "AWS::SNS::Topic"
        | "AWS::StepFunctions::StateMachine"
        | "AWS::ElasticLoadBalancingV2::LoadBalancer"
        | "AWS::ElasticLoadBalancingV2::TargetGroup"
        | "AWS::Events::Rule" => arn(),
        _ => name,
    }
}
