//! What was found in all parts as one graph, and how two graphs differ. Pure: the same findings make the same graph.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    journal::body::{GraphChange, Listed},
    model::{
        Place, Relation, Resource, ResourceId,
        discovery::{Finding, Graph, Thing},
    },
    sources::aws::{discovery::actors, wiring},
};

/// Resources that a list of changes names.
const NAMED: usize = 50;

/// One graph of what was found, in the order of the parts' places and names.
pub fn assemble<'a>(findings: impl IntoIterator<Item = ((&'a str, &'a str), &'a Finding)>) -> Graph {
    let mut findings: Vec<((&str, &str), &Finding)> = findings.into_iter().collect();
    findings.sort_by_key(|((place, name), _)| (*place, rank(name), *name));
    let accounts = accounts(&findings);
    let things = merged(findings.iter().flat_map(|((place, _), finding)| {
        let account = accounts.get(place).copied();
        finding.things.iter().map(move |thing| (thing, account))
    }));
    let mut relations: BTreeSet<Relation> = wiring::relations(&things).into_iter().collect();
    relations.extend(
        findings
            .iter()
            .flat_map(|(_, finding)| finding.relations.iter().cloned()),
    );
    let mut resources: BTreeMap<ResourceId, Resource> = BTreeMap::new();
    let mut graph = Graph::default();
    for thing in &things {
        let id = &thing.resource.id;
        if wiring::is_glue(&thing.resource.kind) {
            continue;
        }
        let mut resource = thing.resource.clone();
        resource.config = Value::Null;
        resources.insert(id.clone(), resource);
        if !thing.print.is_empty() {
            graph.prints.insert(id.clone(), thing.print.clone());
        } else if let Some(why) = &thing.unreadable {
            graph.unreadable.insert(id.clone(), why.clone());
        }
    }
    let traced = traced(&findings, &things, &relations);
    for resource in traced.resources {
        resources.entry(resource.id.clone()).or_insert(resource);
    }
    relations.extend(traced.relations);
    graph.resources = resources.into_values().collect();
    graph.relations = relations.into_iter().collect();
    graph
}

/// What is declared is known best, then what was read of the thing itself; listings only tell that it is there.
fn rank(name: &str) -> u8 {
    match name.split(' ').next().unwrap_or_default() {
        "stack" => 0,
        "configuration" => 1,
        "instances" => 2,
        "type" => 3,
        _ => 4,
    }
}

/// The account of each place, as far as what stands there names but one: listings do not tell it.
fn accounts<'a>(findings: &[((&'a str, &str), &'a Finding)]) -> BTreeMap<&'a str, &'a str> {
    let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for ((place, _), finding) in findings {
        let accounts = finding
            .things
            .iter()
            .filter_map(|thing| thing.resource.account.as_deref());
        named.entry(place).or_default().extend(accounts);
    }
    let only = |accounts: BTreeSet<&'a str>| match accounts.len() {
        1 => accounts.into_iter().next(),
        _ => None,
    };
    named
        .into_iter()
        .filter_map(|(place, accounts)| Some((place, only(accounts)?)))
        .collect()
}

/// Things of one id as one: what the first does not know, the others add.
fn merged<'a>(found: impl Iterator<Item = (&'a Thing, Option<&'a str>)>) -> Vec<Thing> {
    let mut things: BTreeMap<ResourceId, Thing> = BTreeMap::new();
    for (thing, account) in found {
        let known = match things.get_mut(&thing.resource.id) {
            Some(known) => {
                add(known, thing);
                known
            }
            None => things
                .entry(thing.resource.id.clone())
                .or_insert_with(|| thing.clone()),
        };
        if known.resource.account.is_none() && known.resource.kind.starts_with("AWS::") {
            known.resource.account = account.map(ToOwned::to_owned);
        }
    }
    // A search knows by their ARNs what stacks know by their names.
    let all: Vec<Thing> = things.values().cloned().collect();
    for (id, other) in wiring::same_thing(&all) {
        if let Some(thing) = things.remove(&id)
            && let Some(known) = things.get_mut(&other)
        {
            add(known, &thing);
        }
    }
    things.into_values().collect()
}

fn add(known: &mut Thing, other: &Thing) {
    let (one, two) = (&mut known.resource, &other.resource);
    one.arn = one.arn.take().or_else(|| two.arn.clone());
    one.account = one.account.take().or_else(|| two.account.clone());
    one.region = one.region.take().or_else(|| two.region.clone());
    one.stack = one.stack.take().or_else(|| two.stack.clone());
    for (key, value) in &two.tags {
        one.tags.entry(key.clone()).or_insert_with(|| value.clone());
    }
    // A nicer name than the id.
    if one.name == one.id.as_str() {
        one.name.clone_from(&two.name);
    }
    if known.physical.is_empty() {
        known.physical.clone_from(&other.physical);
    }
    if known.print.is_empty() {
        known.print.clone_from(&other.print);
    }
    if known.unreadable.is_none() {
        known.unreadable.clone_from(&other.unreadable);
    }
    if known.words.is_empty() && known.refers.is_empty() {
        known.words.clone_from(&other.words);
        known.refers.clone_from(&other.refers);
        known.grants.clone_from(&other.grants);
    }
}

/// Resources and relations that traces add, place by place: tracers name things as they are called at home.
fn traced(
    findings: &[((&str, &str), &Finding)],
    things: &[Thing],
    known: &BTreeSet<Relation>,
) -> actors::Traced {
    let mut places: BTreeMap<&str, (Option<Place>, Vec<_>)> = BTreeMap::new();
    for ((place, _), finding) in findings {
        let (suffix, seen) = places.entry(place).or_default();
        seen.extend(finding.seen.iter().cloned());
        if suffix.is_none() {
            *suffix = finding
                .things
                .first()
                .and_then(|thing| thing.resource.id.split().1);
        }
    }
    let mut found = actors::Traced::default();
    for (suffix, seen) in places.into_values().filter(|(_, seen)| !seen.is_empty()) {
        let here = |id: &ResourceId| {
            let (bare, place) = id.split();
            (place == suffix).then_some(bare)
        };
        let own: Vec<Thing> = things
            .iter()
            .filter_map(|thing| {
                let mut own = Thing::new(thing.resource.clone());
                own.resource.id = here(&thing.resource.id)?;
                Some(own)
            })
            .collect();
        let known = known
            .iter()
            .filter_map(|relation| {
                Some(Relation {
                    from: here(&relation.from)?,
                    to: here(&relation.to)?,
                    ..relation.clone()
                })
            })
            .collect();
        let mut traced = actors::relations(&seen, &own, &known);
        if let Some(place) = &suffix {
            for relation in &mut traced.relations {
                relation.from = relation.from.at(place);
                relation.to = relation.to.at(place);
            }
            for resource in &mut traced.resources {
                resource.id = resource.id.at(place);
            }
        }
        found.resources.append(&mut traced.resources);
        found.relations.append(&mut traced.relations);
    }
    found
}

/// What is different in `new`, against `old` of the record `since`.
pub fn compare(since: u64, old: &Graph, new: &Graph) -> GraphChange {
    fn by_id(graph: &Graph) -> BTreeMap<&ResourceId, &Resource> {
        graph
            .resources
            .iter()
            .map(|resource| (&resource.id, resource))
            .collect()
    }
    let (before, after) = (by_id(old), by_id(new));
    let listed = |ids: Vec<&ResourceId>| Listed {
        count: ids.len() as u64,
        first: ids.into_iter().take(NAMED).cloned().collect(),
    };
    let other = |id: &ResourceId, resource: &Resource| {
        let print = |graph: &Graph| graph.prints.get(id).cloned();
        // What could not be read this time has not changed for that.
        let reconfigured = match (print(old), print(new)) {
            (Some(one), Some(two)) => one != two,
            _ => false,
        };
        before
            .get(id)
            .is_some_and(|known| reconfigured || known.stack != resource.stack || known.tags != resource.tags)
    };
    let (was, is): (BTreeSet<&Relation>, BTreeSet<&Relation>) =
        (old.relations.iter().collect(), new.relations.iter().collect());
    GraphChange {
        since,
        added: listed(
            after
                .keys()
                .filter(|id| !before.contains_key(*id))
                .copied()
                .collect(),
        ),
        removed: listed(
            before
                .keys()
                .filter(|id| !after.contains_key(*id))
                .copied()
                .collect(),
        ),
        changed: listed(
            after
                .iter()
                .filter(|(id, resource)| other(id, resource))
                .map(|(id, _)| *id)
                .collect(),
        ),
        relations_added: is.difference(&was).count() as u64,
        relations_removed: was.difference(&is).count() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::discovery::{Actor, Seen};

    fn thing(id: &str, kind: &str, name: &str, account: &str) -> Thing {
        let mut resource = Resource::new(id, kind, name);
        resource.account = Some(account.to_owned());
        resource.region = Some("eu-west-1".to_owned());
        Thing::new(resource)
    }

    fn found(things: Vec<Thing>) -> Finding {
        Finding {
            things,
            ..Finding::default()
        }
    }

    fn told(graph: &Graph) -> Vec<String> {
        let relations = graph.relations.iter();
        relations
            .map(|one| format!("{} {} {}", one.from, one.kind.as_str(), one.to))
            .collect()
    }

    #[test]
    fn two_accounts_make_one_graph_in_which_nothing_is_confused() {
        let place = Place::new("111122223333", "eu-west-1");
        let mut worker = thing("worker", "AWS::Lambda::Function", "worker", "123456789012");
        worker.words.insert(
            "Environment.Variables.MAIL".to_owned(),
            BTreeSet::from(["arn:aws:sqs:eu-west-1:111122223333:mail".to_owned()]),
        );
        worker.words.insert(
            "Environment.Variables.TABLE".to_owned(),
            BTreeSet::from(["orders".to_owned()]),
        );
        let home = found(vec![
            worker,
            thing("table:orders", "AWS::DynamoDB::Table", "orders", "123456789012"),
        ]);
        let away = found(vec![
            thing("queue:mail", "AWS::SQS::Queue", "mail", "111122223333"),
            thing("mailer", "AWS::Lambda::Function", "mailer", "111122223333"),
            thing("table:orders", "AWS::DynamoDB::Table", "orders", "111122223333"),
        ])
        .at(&place);
        let actor = |kind: &str, name: &str| Actor {
            kind: kind.to_owned(),
            name: name.to_owned(),
        };
        let traces = Finding {
            seen: vec![Seen {
                from: actor("AWS::SQS::Queue", "mail"),
                to: actor("AWS::Lambda::Function", "mailer"),
            }],
            ..Finding::default()
        };
        let graph = assemble([
            (("123456789012/eu-west-1", "stack a"), &home),
            (("111122223333/eu-west-1", "stack b"), &away),
            (("111122223333/eu-west-1", "traces"), &traces),
        ]);
        assert_eq!(
            told(&graph),
            [
                "queue:mail@111122223333/eu-west-1 triggers mailer@111122223333/eu-west-1",
                "worker writes queue:mail@111122223333/eu-west-1",
                "worker uses table:orders",
            ]
        );
        assert_eq!(graph.resources.len(), 5);
    }

    #[test]
    fn a_search_and_a_stack_know_one_thing_and_listings_learn_their_account() {
        let arn = "arn:aws:events:eu-west-1:123456789012:event-bus/shop";
        let mut searched = thing(arn, "AWS::Events::EventBus", "shop", "123456789012");
        searched.resource.arn = Some(arn.to_owned());
        searched
            .resource
            .tags
            .insert("team".to_owned(), "shop".to_owned());
        let mut declared = thing("eventbus:shop", "AWS::Events::EventBus", "shop", "123456789012");
        declared.physical = "shop".to_owned();
        let declared = found(vec![declared]);
        let mut listed = thing("queue:mail", "AWS::SQS::Queue", "mail", "");
        listed.resource.account = None;
        let (searched, listed) = (found(vec![searched]), found(vec![listed]));
        let graph = assemble([
            (("here", "resource explorer"), &searched),
            (("here", "stack a"), &declared),
            (("here", "type AWS::SQS::Queue"), &listed),
        ]);
        let ids: Vec<&str> = graph.resources.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["eventbus:shop", "queue:mail"]);
        assert_eq!(graph.resources[0].tags["team"], "shop");
        assert_eq!(graph.resources[1].account.as_deref(), Some("123456789012"));
    }

    #[test]
    fn what_could_not_be_read_this_time_has_not_changed() {
        let graph = |prints: &[(&str, &str)], names: &[&str]| Graph {
            resources: names
                .iter()
                .map(|name| Resource::new(*name, "x", *name))
                .collect(),
            prints: prints
                .iter()
                .map(|(id, print)| ((*id).into(), (*print).to_owned()))
                .collect(),
            ..Graph::default()
        };
        let old = graph(&[("a", "1"), ("b", "1")], &["a", "b", "c"]);
        let new = graph(&[("a", "2")], &["a", "b", "d"]);
        let change = compare(7, &old, &new);
        assert_eq!(change.changed.first, [ResourceId::from("a")]);
        assert_eq!(change.added.first, [ResourceId::from("d")]);
        assert_eq!(change.removed.first, [ResourceId::from("c")]);
    }
}
