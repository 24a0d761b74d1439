//! How things act on each other, read from their configuration: references, names, ARNs, addresses, policies. Pure.
//!
//! - [`rules`]: which property tells of which relation, as data;
//! - [`words`]: what of a configuration may name other things;
//! - [`mention`], [`names`]: which thing a word names;
//! - here: references and rules to relations.
//!
//! An edge that is not there is better than one that a person would not draw.

mod mention;
mod names;
mod permissions;
mod rules;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use self::rules::is_glue;
use self::{
    names::Names,
    rules::{Way, below},
};
use crate::model::{
    Relation, RelationKind, RelationOrigin, ResourceId,
    discovery::{Grant, Refers, Thing},
};

pub(super) use words::grants;

/// Gives a thing what its configuration says: live properties, in which nothing refers but by words.
pub(super) fn read_into(thing: &mut Thing, properties: &Value) {
    thing.words = words::words(&thing.resource.kind, properties);
    thing.grants = grants(properties, &|_| BTreeSet::new(), &Clone::clone);
    thing.print = print(properties);
}

/// Gives a thing what its template says: references, and words of the properties once they are resolved.
pub(super) fn declare_into(thing: &mut Thing, refers: Vec<Refers>, grants: Vec<Grant>, resolved: &Value) {
    thing.words = words::words(&thing.resource.kind, resolved);
    thing.print = print(resolved);
    thing.refers = refers;
    thing.grants = grants;
}

/// What a host of AWS may be: types and name. `user@host` counts as the host.
pub(super) fn named_by_host(word: &str) -> Vec<(&'static str, String)> {
    let host = word.rsplit('@').next().unwrap_or(word);
    match mention::read(host) {
        Some(mention::Mention::Named(kinds, name)) => {
            kinds.iter().map(|kind| (*kind, name.clone())).collect()
        }
        _ => Vec::new(),
    }
}

/// The known thing that an ARN from elsewhere means, where it is not the thing itself.
pub fn same_thing(things: &[Thing]) -> BTreeMap<ResourceId, ResourceId> {
    let names = Names::of(things);
    things
        .iter()
        .filter(|thing| thing.resource.id.split().0.as_str().starts_with("arn:"))
        .filter_map(|thing| {
            let arn = thing.resource.arn.as_deref()?;
            let (other, unlisted) = names.twin(thing, arn)?;
            (unlisted.is_none() && other != thing.resource.id).then(|| (thing.resource.id.clone(), other))
        })
        .collect()
}

/// Stands for a configuration.
fn print(properties: &Value) -> String {
    use sha2::{Digest as _, Sha256};
    use std::fmt::Write as _;
    let digest = Sha256::digest(properties.to_string().as_bytes());
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A reference as it counts: where, to whom, and how it is known.
struct Reference {
    at: String,
    to: ResourceId,
    /// Type of a thing that nobody listed.
    unlisted: Option<String>,
    origin: RelationOrigin,
}

/// How sure a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// A rule or a policy says it.
    Sure,
    /// Somebody is mentioned, in a way that tells what for.
    Mention,
    /// It is allowed, no more.
    Permission,
}

struct Wire {
    from: ResourceId,
    to: ResourceId,
    how: RelationKind,
    origin: RelationOrigin,
    weight: Weight,
}

/// Relations between things, sorted.
pub fn relations(things: &[Thing]) -> Vec<Relation> {
    let names = Names::of(things);
    let wiring = Wiring::new(things, &names);
    let wires = wiring.wires();
    let mut found: BTreeMap<(ResourceId, ResourceId, RelationKind), RelationOrigin> = BTreeMap::new();
    for wire in kept(wires) {
        let origin = found.entry((wire.from, wire.to, wire.how)).or_insert(wire.origin);
        if wire.origin == RelationOrigin::Stack {
            *origin = RelationOrigin::Stack;
        }
    }
    found
        .into_iter()
        .map(|((from, to, kind), origin)| Relation {
            from,
            to,
            kind,
            origin,
        })
        .collect()
}

/// What rules and policies say is more exact than a mention, and both than a permission.
fn kept(wires: Vec<Wire>) -> Vec<Wire> {
    let mut best: BTreeMap<(&ResourceId, &ResourceId), Weight> = BTreeMap::new();
    let mut triggers: BTreeSet<(&ResourceId, &ResourceId)> = BTreeSet::new();
    for wire in wires.iter().filter(|wire| wire.how != RelationKind::Uses) {
        let weight = best.entry((&wire.from, &wire.to)).or_insert(wire.weight);
        *weight = wire.weight.min(*weight);
        if wire.weight == Weight::Sure && wire.how == RelationKind::Triggers {
            triggers.insert((&wire.from, &wire.to));
        }
    }
    let keep = |wire: &Wire| {
        let best = best.get(&(&wire.from, &wire.to));
        match wire.weight {
            Weight::Sure if wire.how == RelationKind::Uses => best.is_none(),
            Weight::Sure => true,
            Weight::Mention if wire.how == RelationKind::Uses => best.is_none(),
            // Whoever is started by a queue knows its address without writing to it.
            Weight::Mention => best != Some(&Weight::Sure) && !triggers.contains(&(&wire.to, &wire.from)),
            Weight::Permission => best == Some(&Weight::Permission),
        }
    };
    let keeps: Vec<bool> = wires.iter().map(keep).collect();
    let kept = wires.into_iter().zip(keeps).filter(|(_, keep)| *keep);
    kept.map(|(wire, _)| wire).collect()
}

struct Wiring<'a> {
    things: BTreeMap<&'a ResourceId, &'a Thing>,
    names: &'a Names<'a>,
    references: BTreeMap<&'a ResourceId, Vec<Reference>>,
    /// Who refers to a thing, and by which property.
    users: BTreeMap<ResourceId, Vec<(&'a ResourceId, String)>>,
}

impl<'a> Wiring<'a> {
    fn new(things: &'a [Thing], names: &'a Names<'a>) -> Self {
        let mut wiring = Self {
            things: BTreeMap::new(),
            names,
            references: BTreeMap::new(),
            users: BTreeMap::new(),
        };
        for thing in things {
            let id = &thing.resource.id;
            if wiring.things.contains_key(id) {
                continue;
            }
            wiring.things.insert(id, thing);
            let mut references: Vec<Reference> = thing
                .refers
                .iter()
                .map(|refers| Reference {
                    at: refers.at.clone(),
                    to: refers.to.clone(),
                    unlisted: None,
                    origin: RelationOrigin::Stack,
                })
                .collect();
            for (at, words) in &thing.words {
                for (to, unlisted) in words.iter().filter_map(|word| names.meant(thing, at, word)) {
                    let known = references
                        .iter()
                        .any(|reference| reference.at == *at && reference.to == to);
                    if !known {
                        references.push(Reference {
                            at: at.clone(),
                            to,
                            unlisted,
                            origin: RelationOrigin::Config,
                        });
                    }
                }
            }
            for reference in &references {
                let users = wiring.users.entry(reference.to.clone()).or_default();
                users.push((id, reference.at.clone()));
            }
            wiring.references.insert(id, references);
        }
        wiring
    }

    fn kind(&self, id: &ResourceId) -> &str {
        self.names.kind(id).unwrap_or_default()
    }

    fn kind_of(&self, reference: &'a Reference) -> &str {
        match &reference.unlisted {
            Some(kind) => kind,
            None => self.kind(&reference.to),
        }
    }

    fn references(&self, id: &ResourceId) -> &[Reference] {
        self.references.get(id).map_or(&[], Vec::as_slice)
    }

    /// What is referred to below a property of a thing, and how that is known.
    fn at(&self, id: &ResourceId, property: &str) -> Vec<(ResourceId, RelationOrigin)> {
        self.references(id)
            .iter()
            .filter(|reference| below(&reference.at, property))
            .map(|reference| (self.stands_for(&reference.to), reference.origin))
            .collect()
    }

    /// The resource that a piece of glue belongs to: an alias to its function, a method to its API.
    fn stands_for(&self, id: &ResourceId) -> ResourceId {
        let mut at = id.clone();
        // A rule stands for its listener, and that for its balancer.
        for _ in 0..3 {
            let Some(property) = rules::belongs_by(self.kind(&at)) else {
                break;
            };
            let owner = self
                .references(&at)
                .iter()
                .find(|reference| reference.at == property);
            match owner {
                Some(owner) => at = owner.to.clone(),
                None => break,
            }
        }
        at
    }

    /// The running thing behind a definition: the service of a task definition, the group of a launch template.
    fn actor(&self, id: &ResourceId) -> ResourceId {
        let Some((of, property)) = rules::run_by(self.kind(id)) else {
            return id.clone();
        };
        let runs = |(user, at): &&(&ResourceId, String)| self.kind(user) == of && below(at, property);
        let users = self.users.get(id).into_iter().flatten();
        users
            .clone()
            .find(runs)
            .map_or_else(|| id.clone(), |(user, _)| (*user).clone())
    }

    /// Whoever acts in a role: functions, tasks, instances (through their profile).
    fn holders(&self, role: &ResourceId) -> BTreeSet<ResourceId> {
        let mut holders = BTreeSet::new();
        for (user, at) in self.users.get(role).into_iter().flatten() {
            let kind = self.kind(user);
            if kind == "AWS::IAM::InstanceProfile" {
                let users = self.users.get(*user).into_iter().flatten();
                let users = users.filter(|(user, _)| !is_glue(self.kind(user)));
                holders.extend(users.map(|(user, _)| self.actor(user)));
            } else if rules::acts_as(kind, at) {
                holders.insert(self.actor(user));
            }
        }
        holders
    }

    fn wires(&self) -> Vec<Wire> {
        let mut wires = Vec::new();
        for (id, thing) in &self.things {
            match thing.resource.kind.as_str() {
                "AWS::IAM::Role" => self.policy_wires(thing, &[(*id).clone()].into(), &mut wires),
                "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" | "AWS::IAM::RolePolicy" => {
                    let roles = ["Roles", "RoleName"]
                        .iter()
                        .flat_map(|property| self.at(id, property));
                    let roles = roles.map(|(role, _)| role).collect();
                    self.policy_wires(thing, &roles, &mut wires);
                }
                kind if is_glue(kind) => self.joint_wires(id, kind, &mut wires),
                kind => self.own_wires(id, kind, &mut wires),
            }
        }
        wires.retain(|wire| wire.from != wire.to);
        wires
    }

    /// Relations that exist only through a resource of their own.
    fn joint_wires(&self, id: &ResourceId, kind: &str, wires: &mut Vec<Wire>) {
        for joint in rules::joints(kind) {
            let (from, to) = (self.at(id, joint.from), self.at(id, joint.to));
            for (from, known) in &from {
                for (to, also) in &to {
                    let target = self.kind(to);
                    if is_glue(target) || !(joint.only.is_empty() || joint.only == target) {
                        continue;
                    }
                    let config = [*known, *also].contains(&RelationOrigin::Config);
                    wires.push(Wire {
                        from: from.clone(),
                        to: to.clone(),
                        how: joint.how,
                        origin: if config {
                            RelationOrigin::Config
                        } else {
                            RelationOrigin::Stack
                        },
                        weight: if joint.weak {
                            Weight::Permission
                        } else {
                            Weight::Sure
                        },
                    });
                }
            }
        }
    }

    /// Relations that stand in a resource's own properties.
    fn own_wires(&self, id: &ResourceId, kind: &str, wires: &mut Vec<Wire>) {
        let actor = self.actor(id);
        for reference in self.references(id) {
            let to = self.stands_for(&reference.to);
            let target = if to == reference.to {
                self.kind_of(reference)
            } else {
                self.kind(&to)
            };
            if to == actor || to == *id {
                continue;
            }
            if is_glue(target) {
                if target == "AWS::IAM::InstanceProfile" {
                    for (role, origin) in self.at(&to, "Roles") {
                        wires.push(Wire {
                            from: actor.clone(),
                            to: role,
                            how: RelationKind::Uses,
                            origin,
                            weight: Weight::Sure,
                        });
                    }
                }
                continue;
            }
            let rule = rules::rule(kind, &reference.at);
            let (way, how, weight) = match (target, rule) {
                // Where lines of logs go is told by the logs themselves.
                ("AWS::Logs::LogGroup", _) => continue,
                (_, Some(rule)) if rule.way == Way::Silent && target != "AWS::IAM::Role" => continue,
                ("AWS::IAM::Role", _) => (Way::Forward, RelationKind::Uses, Weight::Sure),
                (_, Some(rule)) => (rule.way, rule.how, Weight::Sure),
                (_, None) => {
                    let weight = match words::is_environment(&reference.at) {
                        true => Weight::Mention,
                        false => Weight::Sure,
                    };
                    (Way::Forward, mentioned(target), weight)
                }
            };
            let (from, to) = match way {
                Way::Backward => (to, actor.clone()),
                _ => (actor.clone(), to),
            };
            wires.push(Wire {
                from,
                to,
                how,
                origin: reference.origin,
                weight,
            });
        }
    }

    /// What the holders of a role may do to which resources, from the statements of its policies.
    fn policy_wires(&self, thing: &Thing, roles: &BTreeSet<ResourceId>, wires: &mut Vec<Wire>) {
        if thing.grants.is_empty() {
            return;
        }
        let holders: BTreeSet<ResourceId> = roles.iter().flat_map(|role| self.holders(role)).collect();
        for grant in &thing.grants {
            let named = grant
                .words
                .iter()
                .filter_map(|word| self.names.meant(thing, "", word))
                // A policy may name what is not there any more; in another account nobody can tell.
                .filter(|(id, unlisted)| unlisted.is_none() || id.split().1.is_some())
                .map(|(id, _)| (id, RelationOrigin::Config));
            let referred = grant.to.iter().map(|id| (id.clone(), RelationOrigin::Stack));
            for (to, origin) in referred.chain(named) {
                let to = self.stands_for(&to);
                if is_glue(self.kind(&to)) {
                    continue;
                }
                for holder in holders.iter().filter(|holder| **holder != to) {
                    // Who takes work from a queue is set going by it.
                    let (from, to) = match grant.how {
                        RelationKind::Triggers => (to.clone(), holder.clone()),
                        _ => (holder.clone(), to.clone()),
                    };
                    wires.push(Wire {
                        from,
                        to,
                        how: grant.how,
                        origin,
                        weight: Weight::Sure,
                    });
                }
            }
        }
    }
}

/// How the mention of a thing of this type is to be read.
pub(super) fn mentioned(target: &str) -> RelationKind {
    match target {
        "AWS::Lambda::Function"
        | "AWS::ApiGateway::RestApi"
        | "AWS::ApiGatewayV2::Api"
        | "AWS::AppSync::GraphQLApi"
        | "AWS::ECS::Service"
        | "AWS::ElasticLoadBalancingV2::LoadBalancer"
        | "AWS::StepFunctions::StateMachine"
        | "AWS::RDS::DBInstance"
        | "AWS::RDS::DBCluster"
        | "AWS::OpenSearchService::Domain"
        | "AWS::ElastiCache::CacheCluster"
        | "AWS::ElastiCache::ReplicationGroup" => RelationKind::Calls,
        "AWS::SQS::Queue"
        | "AWS::SNS::Topic"
        | "AWS::Kinesis::Stream"
        | "AWS::Events::EventBus"
        | "AWS::KinesisFirehose::DeliveryStream" => RelationKind::Writes,
        _ => RelationKind::Uses,
    }
}

#[cfg(test)]
mod tests;
