//! Several answers to one question as one.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Answer, Evidence, LogPage, Query, Relation, Resource, ResourceId, Series};

/// The answers to `query`, in the order of the sources, as one.
pub(super) fn whole(query: &Query, answers: Vec<Answer>) -> Answer {
    let mut found: Option<Evidence> = None;
    let mut merged = Answer::default();
    for answer in answers {
        merged.calls += answer.calls;
        for gap in answer.gaps {
            if !merged.gaps.contains(&gap) {
                merged.gaps.push(gap);
            }
        }
        for name in answer.by {
            if !merged.by.contains(&name) {
                merged.by.push(name);
            }
        }
        found = match (found, answer.evidence) {
            (Some(one), Some(other)) => Some(both(one, other)),
            (one, other) => one.or(other),
        };
    }
    merged.evidence = found.map(|evidence| arranged(query, evidence));
    merged
}

/// What two sources found; of two that cannot be put together, the first stands.
fn both(one: Evidence, other: Evidence) -> Evidence {
    match (one, other) {
        (Evidence::Alarms(mut one), Evidence::Alarms(other)) => {
            one.extend(other);
            Evidence::Alarms(one)
        }
        (Evidence::Catalogue(mut one), Evidence::Catalogue(other)) => {
            one.extend(other);
            Evidence::Catalogue(one)
        }
        (Evidence::Series(mut one), Evidence::Series(other)) => {
            one.extend(other);
            Evidence::Series(one)
        }
        (Evidence::Logs(one), Evidence::Logs(other)) => Evidence::Logs(pages(one, other)),
        (Evidence::Changes(mut one), Evidence::Changes(other)) => {
            one.extend(other);
            Evidence::Changes(one)
        }
        (Evidence::Events(mut one), Evidence::Events(other)) => {
            one.extend(other);
            Evidence::Events(one)
        }
        (Evidence::Inventory(one), Evidence::Inventory(other)) => Evidence::Inventory(resources(one, other)),
        (Evidence::Relations(mut one), Evidence::Relations(other)) => {
            one.extend(other);
            Evidence::Relations(one)
        }
        (one, _) => one,
    }
}

fn pages(mut one: LogPage, other: LogPage) -> LogPage {
    one.lines.extend(other.lines);
    for group in other.groups {
        if !one.groups.contains(&group) {
            one.groups.push(group);
        }
    }
    one.truncated |= other.truncated;
    one
}

/// Resources that several sources know are one; what the first does not know of it, the other adds.
fn resources(one: Vec<Resource>, other: Vec<Resource>) -> Vec<Resource> {
    let mut known: BTreeMap<ResourceId, Resource> = one
        .into_iter()
        .map(|resource| (resource.id.clone(), resource))
        .collect();
    for resource in other {
        let Some(there) = known.get_mut(&resource.id) else {
            known.insert(resource.id.clone(), resource);
            continue;
        };
        there.arn = there.arn.take().or(resource.arn);
        there.account = there.account.take().or(resource.account);
        there.region = there.region.take().or(resource.region);
        there.stack = there.stack.take().or(resource.stack);
        for (key, value) in resource.tags {
            there.tags.entry(key).or_insert(value);
        }
        if there.config.is_null() {
            there.config = resource.config;
        }
    }
    known.into_values().collect()
}

/// In the order in which a single source answers.
fn arranged(query: &Query, evidence: Evidence) -> Evidence {
    match evidence {
        Evidence::Changes(mut changes) => {
            changes.sort_by_key(|change| change.at);
            Evidence::Changes(changes)
        }
        Evidence::Events(mut events) => {
            events.sort_by_key(|event| event.at);
            Evidence::Events(events)
        }
        Evidence::Logs(mut page) => {
            page.lines.sort_by_key(|line| line.at);
            if let Query::Logs { limit, .. } = query
                && page.lines.len() > *limit as usize
            {
                page.lines.truncate(*limit as usize);
                page.truncated = true;
            }
            Evidence::Logs(page)
        }
        Evidence::Series(series) => Evidence::Series(match query {
            Query::Metrics { series: asked, .. } => as_asked(asked, series),
            _ => series,
        }),
        Evidence::Relations(relations) => {
            let all: BTreeSet<Relation> = relations.into_iter().collect();
            Evidence::Relations(all.into_iter().collect())
        }
        Evidence::Inventory(mut resources) => {
            tell_apart(&mut resources);
            Evidence::Inventory(resources)
        }
        other => other,
    }
}

/// Of resources of one type and one name in several places, those that are not at home carry their place in the name.
fn tell_apart(resources: &mut [Resource]) {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    let key = |resource: &Resource| (resource.kind.clone(), resource.plain_name().to_owned());
    for resource in resources.iter() {
        *counts.entry(key(resource)).or_default() += 1;
    }
    for resource in resources {
        if counts.get(&key(resource)).is_some_and(|count| *count > 1) {
            resource.name_with_place();
        }
    }
}

/// One series for each that was asked, in the asked order; one that nobody answered has no points.
fn as_asked(asked: &[crate::model::SeriesKey], mut series: Vec<Series>) -> Vec<Series> {
    asked
        .iter()
        .map(|key| {
            let of_it = |series: &Series| {
                series.key == *key
                    || series.key.alike(key)
                        && series.key.namespace == key.namespace
                        && series.key.resource == key.resource
            };
            match series.iter().position(of_it) {
                Some(at) => series.swap_remove(at),
                None => Series {
                    key: key.clone(),
                    points: Vec::new(),
                },
            }
        })
        .collect()
}
