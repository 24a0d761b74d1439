//! Who the actors in traces are: known resources where type and name agree, else services, clients and remote systems of their
//! own. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{naming, wiring};
use crate::model::{
    Relation, RelationKind, RelationOrigin, Resource, ResourceId,
    discovery::{Actor, Seen, Thing},
};

/// What traces add to the graph.
#[derive(Debug, Default)]
pub struct Traced {
    /// Actors that are no known resource.
    pub resources: Vec<Resource>,
    /// Who acts on whom.
    pub relations: Vec<Relation>,
}

/// Relations that were seen. One that configuration knows keeps its kind; seen alone it is a call, or what the type of its
/// target says.
pub fn relations(seen: &[Seen], things: &[Thing], known: &BTreeSet<Relation>) -> Traced {
    let mut by_name: BTreeMap<String, BTreeSet<&ResourceId>> = BTreeMap::new();
    let mut kinds: BTreeMap<&ResourceId, &str> = BTreeMap::new();
    for thing in things
        .iter()
        .filter(|thing| !wiring::is_glue(&thing.resource.kind))
    {
        let resource = &thing.resource;
        kinds.insert(&resource.id, &resource.kind);
        let inner = naming::name_of(resource);
        let last = inner.rsplit('/').next().unwrap_or(&inner).to_owned();
        for name in BTreeSet::from([inner, last, resource.name.clone()]) {
            by_name.entry(name).or_default().insert(&resource.id);
        }
    }
    let mut pairs: BTreeMap<(&ResourceId, &ResourceId), Vec<RelationKind>> = BTreeMap::new();
    for relation in known.iter().filter(|relation| relation.kind.carries_failure()) {
        pairs
            .entry((&relation.from, &relation.to))
            .or_default()
            .push(relation.kind);
    }
    let mut traced = Traced::default();
    let mut own: BTreeMap<ResourceId, Resource> = BTreeMap::new();
    let mut found: BTreeSet<Relation> = BTreeSet::new();
    for seen in seen {
        let (Some(from), Some(to)) = (who(&seen.from, &kinds, &by_name), who(&seen.to, &kinds, &by_name))
        else {
            continue;
        };
        if from.id == to.id {
            continue;
        }
        let hows = match pairs.get(&(&from.id, &to.id)) {
            Some(known) => known.clone(),
            None => vec![alone(&from, &to)],
        };
        for how in hows {
            found.insert(Relation {
                from: from.id.clone(),
                to: to.id.clone(),
                kind: how,
                origin: RelationOrigin::Trace,
            });
        }
        for actor in [from, to] {
            if !kinds.contains_key(&actor.id) {
                own.entry(actor.id.clone()).or_insert(actor);
            }
        }
    }
    traced.resources = own.into_values().collect();
    traced.relations = found.into_iter().collect();
    traced
}

/// How one acts on another of whom no more is known than that traces lead from the one to the other.
fn alone(from: &Resource, to: &Resource) -> RelationKind {
    let waits = |kind: &str| {
        matches!(
            kind,
            "AWS::SQS::Queue" | "AWS::SNS::Topic" | "AWS::Kinesis::Stream" | "AWS::Events::EventBus"
        )
    };
    match (from.kind.as_str(), to.kind.as_str()) {
        (from, _) if waits(from) => RelationKind::Triggers,
        (_, to) if waits(to) => RelationKind::Writes,
        _ => RelationKind::Calls,
    }
}

/// The resource behind an actor; none where the tracer itself does not know more than the service (`DynamoDB`).
fn who(
    actor: &Actor,
    kinds: &BTreeMap<&ResourceId, &str>,
    by_name: &BTreeMap<String, BTreeSet<&ResourceId>>,
) -> Option<Resource> {
    let name = actor.name.trim();
    // A program names itself.
    if !naming::is_name(name) {
        return None;
    }
    let known = |id: &ResourceId| {
        let kind = kinds.get(id)?;
        Some(Resource::new(id.clone(), *kind, name))
    };
    if let Some(found) = naming::from_arn(name) {
        return known(&found.id).or(Some(found));
    }
    let kind = match actor.kind.as_str() {
        "AWS::Lambda" => "AWS::Lambda::Function",
        "AWS::ApiGateway::Stage" => "AWS::ApiGateway::RestApi",
        "AWS::SQS" => "AWS::SQS::Queue",
        "AWS::SNS" => "AWS::SNS::Topic",
        "AWS::DynamoDB" => "AWS::DynamoDB::Table",
        "AWS::StepFunctions" => "AWS::StepFunctions::StateMachine",
        other => other,
    };
    // `api/stage` names the API, `queue's address` the queue.
    let name = match kind {
        "AWS::ApiGateway::RestApi" => name.split('/').next()?,
        _ => name,
    };
    let name = naming::short_name(kind, name);
    if kind.starts_with("AWS::") {
        let of_type = by_name
            .get(&name)
            .into_iter()
            .flatten()
            .filter(|id| kinds.get(**id).is_some_and(|other| *other == kind));
        let of_type: Vec<_> = of_type.collect();
        if let [only] = of_type.as_slice() {
            return known(only);
        }
        let id = naming::resource_id(kind, &name);
        if let Some(found) = known(&id) {
            return Some(found);
        }
        // The service as a whole is nobody; a type of which midwatch knows how its resources are called is somebody.
        let service = kind.split("::").nth(1).unwrap_or_default();
        if name.eq_ignore_ascii_case(service) {
            return None;
        }
        if naming::is_listed(kind) && kind != "AWS::EC2::Instance" {
            let mut resource = naming::resource(kind, &name);
            resource.name = name;
            return Some(resource);
        }
    }
    // A program by the name that it gave itself: a container service of that name, or a service of its own.
    let runs = |id: &&&ResourceId| {
        kinds.get(**id).is_some_and(|kind| {
            matches!(
                *kind,
                "AWS::ECS::Service" | "AWS::ElasticBeanstalk::Environment" | "service"
            )
        })
    };
    let named: Vec<_> = by_name.get(&name).into_iter().flatten().filter(runs).collect();
    if let [only] = named.as_slice() {
        return known(only);
    }
    if let Some(found) = wiring::named_by_host(&name)
        .into_iter()
        .find_map(|(kind, name)| known(&naming::resource_id(kind, &name)))
    {
        return Some(found);
    }
    let word = match actor.kind.as_str() {
        "client" => "client",
        "remote" => "remote",
        kind if kind.starts_with("Database::") => "database",
        _ => "service",
    };
    Some(Resource::new(format!("{word}:{name}"), word, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(kind: &str, name: &str) -> Actor {
        Actor {
            kind: kind.to_owned(),
            name: name.to_owned(),
        }
    }

    fn told(
        seen: &[(Actor, Actor)],
        things: &[(&str, &str)],
        known: &[(&str, RelationKind, &str)],
    ) -> Vec<String> {
        let seen: Vec<Seen> = seen
            .iter()
            .map(|(from, to)| Seen {
                from: from.clone(),
                to: to.clone(),
            })
            .collect();
        let things: Vec<Thing> = things
            .iter()
            .map(|(kind, physical)| Thing::new(naming::resource(kind, physical)))
            .collect();
        let known = known
            .iter()
            .map(|(from, kind, to)| Relation {
                from: (*from).into(),
                to: (*to).into(),
                kind: *kind,
                origin: RelationOrigin::Stack,
            })
            .collect();
        relations(&seen, &things, &known)
            .relations
            .iter()
            .map(|one| format!("{} {} {}", one.from, one.kind.as_str(), one.to))
            .collect()
    }

    #[test]
    fn actors_are_the_resources_of_their_type_and_name() {
        let seen = [
            (
                actor("AWS::ApiGateway::Stage", "abc123/live"),
                actor("AWS::Lambda", "intake"),
            ),
            (
                actor("AWS::Lambda", "intake"),
                actor("AWS::Lambda::Function", "intake"),
            ),
            (
                actor("AWS::Lambda::Function", "intake"),
                actor("AWS::DynamoDB::Table", "orders"),
            ),
            (
                actor("AWS::Lambda::Function", "intake"),
                actor("AWS::DynamoDB", "DynamoDB"),
            ),
            (
                actor("AWS::Lambda::Function", "intake"),
                actor("remote", "pay.example.org"),
            ),
            (
                actor("client", "abc123/live"),
                actor("AWS::ApiGateway::Stage", "abc123/live"),
            ),
            (
                actor("AWS::ECS::Container", "web"),
                actor("Database::SQL", "shop@db.c9x.eu-west-1.rds.amazonaws.com"),
            ),
        ];
        let things = [
            ("AWS::ApiGateway::RestApi", "abc123"),
            ("AWS::Lambda::Function", "intake"),
            ("AWS::DynamoDB::Table", "orders"),
            ("AWS::ECS::Service", "arn:aws:ecs:eu-west-1:1:service/shop/web"),
            ("AWS::RDS::DBInstance", "db"),
        ];
        assert_eq!(
            told(
                &seen,
                &things,
                &[("intake", RelationKind::Writes, "table:orders")]
            ),
            [
                "api:abc123 calls intake",
                "client:abc123/live calls api:abc123",
                "intake calls remote:pay.example.org",
                "intake writes table:orders",
                "service:shop/web calls db:db",
            ]
        );
    }

    #[test]
    fn a_program_that_nothing_else_knows_is_a_service() {
        let seen = [(
            actor("AWS::EC2::Instance", "billing"),
            actor("AWS::SQS::Queue", "mail"),
        )];
        assert_eq!(told(&seen, &[], &[]), ["service:billing writes queue:mail"]);
    }
}
