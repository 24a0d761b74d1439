//! Beyond the topology: resources that the evidence names and no relation leads to.
//!
//! Relations are never complete: a role, a key, a bucket that only code knows. When the log lines, changes and events of a
//! resource in scope, or the configuration of a subject, name another one, it is looked at too, as something that the first
//! one uses. So is what contains several abnormal resources: a subnet, a zone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    engine::{guard, state::State},
    journal::body::{Named, Plan},
    model::{Evidence, Observed, Place, Query, RelationKind, Resource, ResourceId},
    sources::aws::naming,
};

/// Resources taken into scope in this way: a message that names more lists things rather than blames one.
const MOST: usize = 8;
/// Shorter names are words of the language as often as names.
const SHORTEST: usize = 5;

/// Resources that the evidence names and the plan lacks, each with who named it, in order of the records.
pub fn named(state: &State, plan: &Plan) -> Vec<Named> {
    // Once is enough: what is named by what was named is a guess upon a guess.
    if !plan.named.is_empty() {
        return Vec::new();
    }
    let names = Names::of(state, plan);
    let mut found: Vec<Named> = shared_containers(state, plan);
    let mut seen: BTreeSet<ResourceId> = found.iter().map(|named| named.resource.id.clone()).collect();
    for (record, by, words) in texts(state, plan) {
        for resource in names.in_text(&words) {
            if found.len() < MOST && resource.id != by && seen.insert(resource.id.clone()) {
                found.push(Named {
                    resource,
                    by: by.clone(),
                    record,
                });
            }
        }
    }
    found
}

/// What contains several abnormal resources (a subnet, a zone, a cluster) and is not in scope: what they have in common may
/// be what fails.
fn shared_containers(state: &State, plan: &Plan) -> Vec<Named> {
    let mut abnormal: BTreeMap<&ResourceId, u64> = BTreeMap::new();
    for (record, observed) in state.observations() {
        let observation = &observed.observation;
        if let (Some(id), true, Observed::MetricShift { .. }) =
            (&observation.resource, observation.notable, &observation.fact)
        {
            abnormal.entry(id).or_insert(record);
        }
    }
    let mut members: BTreeMap<&ResourceId, Vec<(&ResourceId, u64)>> = BTreeMap::new();
    for relation in &state.known.relations {
        if relation.kind == RelationKind::Contains
            && !plan.resources.contains(&relation.from)
            && let Some(record) = abnormal.get(&relation.to)
        {
            members
                .entry(&relation.from)
                .or_default()
                .push((&relation.to, *record));
        }
    }
    members
        .into_iter()
        .filter(|(_, members)| members.len() >= 2)
        .filter_map(|(container, members)| {
            let (by, record) = *members.first()?;
            Some(Named {
                resource: bare(&state.known.resource(container)),
                by: by.clone(),
                record,
            })
        })
        .take(MOST)
        .collect()
}

/// A resource without configuration and tags, as records name it.
fn bare(resource: &Resource) -> Resource {
    let mut resource = resource.clone();
    resource.config = Value::Null;
    resource.tags.clear();
    resource
}

/// What may name others: record, who says it, words.
fn texts(state: &State, plan: &Plan) -> Vec<(u64, ResourceId, String)> {
    let mut texts = Vec::new();
    for (record, observed) in state.observations() {
        let Some(id) = &observed.observation.resource else {
            continue;
        };
        let words = match &observed.observation.fact {
            Observed::LogBurst {
                sample, error: true, ..
            } => sample,
            Observed::Changed {
                detail,
                routine: false,
                ..
            } => detail,
            Observed::ServiceSaid { message, .. } => message,
            _ => continue,
        };
        texts.push((record, id.clone(), words.clone()));
    }
    let of_subject = |query: &Query| matches!(query, Query::Configuration { resource } if plan.subjects.contains(&resource.id));
    for (record, _, evidence) in state.found(of_subject) {
        let (evidence, _) = guard::inert(evidence);
        if let Evidence::Configuration(configuration) = evidence.as_ref() {
            let mut words = String::new();
            strings(&configuration.properties, &mut words);
            texts.push((record, configuration.resource.clone(), words));
        }
    }
    texts
}

fn strings(value: &Value, words: &mut String) {
    match value {
        Value::String(text) => {
            words.push_str(text);
            words.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, words)),
        Value::Object(map) => map.values().for_each(|item| strings(item, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Names of resources, and which of them the plan has.
struct Names<'a> {
    state: &'a State,
    home: Option<Place>,
    known: BTreeMap<&'a str, &'a Resource>,
    inside: BTreeSet<&'a ResourceId>,
}

impl<'a> Names<'a> {
    fn of(state: &'a State, plan: &'a Plan) -> Self {
        let inside: BTreeSet<&ResourceId> = plan.resources.iter().collect();
        let mut known = BTreeMap::new();
        for resource in state.known.resources.values() {
            if resource.is_container() {
                continue;
            }
            let names = [
                Some(resource.id.as_str()),
                Some(resource.name.as_str()),
                resource.arn.as_deref(),
            ];
            for name in names.into_iter().flatten().filter(|name| name.len() >= SHORTEST) {
                known.entry(name).or_insert(resource);
            }
        }
        Self {
            state,
            home: state.home(),
            known,
            inside,
        }
    }

    /// Resources that the words name, in the order of the words.
    fn in_text(&self, words: &str) -> Vec<Resource> {
        let outside_name = |c: char| !(c.is_alphanumeric() || "-_.:/".contains(c));
        words
            .split(outside_name)
            .map(|word| word.trim_matches(['.', ':', '/', '-']))
            .filter(|word| word.len() >= SHORTEST)
            .filter_map(|word| self.resource(word))
            .collect()
    }

    fn resource(&self, word: &str) -> Option<Resource> {
        if let Some(resource) = self.elsewhere(word) {
            return (!self.inside.contains(&resource.id)).then_some(resource);
        }
        // `arn:aws:s3:::bucket/key` and `bucket/key` name a bucket, `arn:...:table/orders/index/x` a table.
        let whole = word.split('/').next().unwrap_or(word);
        let last = word.rsplit(':').next().unwrap_or(word);
        let parts = [word, whole, last].into_iter().chain(last.split('/'));
        let mut known = parts
            .filter(|part| part.len() >= SHORTEST)
            .filter_map(|part| self.known.get(part));
        if let Some(known) = known.next() {
            return (!self.inside.contains(&known.id)).then(|| bare(known));
        }
        let resource = naming::from_arn(word)?;
        (!self.inside.contains(&resource.id)).then_some(resource)
    }

    /// The resource of an ARN that leads to another of the places that are looked at: a namesake at home is not meant.
    fn elsewhere(&self, word: &str) -> Option<Resource> {
        let home = self.home.as_ref()?;
        let mut named = naming::from_word(word)?;
        named.id = naming::seen_from(Some(home), &named);
        named.id.split().1?;
        Some(match self.state.known.resources.get(&named.id) {
            Some(known) => bare(known),
            None => named,
        })
    }
}
