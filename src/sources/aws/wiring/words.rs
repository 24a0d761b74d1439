//! What a configuration says that may name other resources: words by property, and what its policies allow.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    mention,
    permissions::{actions, find_statements, permitted},
    rules,
};
use crate::{
    model::{RelationKind, ResourceId, discovery::Grant},
    redact::names_a_secret,
    sources::aws::naming,
};

/// Longest text that is searched for ARNs and hosts.
const LONGEST: usize = 200_000;
/// Longest word that is taken for a name.
const LONGEST_NAME: usize = 512;
/// Shortest word that is taken for a name.
pub(super) const SHORTEST_NAME: usize = 3;
/// Properties that hold no configuration of this kind: code, words for people, policies (which are read apart).
const LEFT_OUT: &[&str] = &[
    "AssumeRolePolicyDocument",
    "Code",
    "Content",
    "Description",
    "KeyPolicy",
    "Metadata",
    "Policies",
    "PolicyDocument",
    "ResourcePolicy",
    "RepositoryPolicyText",
    "Tags",
    "UserData",
];

/// The words of a resource's properties that may name others, by property without list positions.
pub(super) fn words(kind: &str, properties: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    collect(kind, properties, "", &mut found);
    found
}

fn collect(kind: &str, value: &Value, path: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::Object(map) => {
            // `{Name: TABLE, Value: orders}` is `{TABLE: orders}` in other words.
            if let (Some(Value::String(name)), Some(value)) = (map.get("Name"), map.get("Value"))
                && map.len() == 2
            {
                return collect(kind, value, &deeper(path, name), found);
            }
            for (key, value) in map {
                if !LEFT_OUT.contains(&key.as_str()) {
                    collect(kind, value, &deeper(path, key), found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|value| collect(kind, value, path, found)),
        Value::String(text) => text_at(kind, text.trim(), path, found),
        _ => {}
    }
}

fn deeper(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn text_at(kind: &str, text: &str, path: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    if text.len() > LONGEST {
        return;
    }
    if text.starts_with(['{', '['])
        && let Ok(inner) = serde_json::from_str::<Value>(text)
    {
        return collect(kind, &inner, path, found);
    }
    let mut add = |word: &str| {
        found.entry(path.to_owned()).or_default().insert(word.to_owned());
    };
    let telling = mention::telling(text);
    if telling.is_empty() {
        // What is kept out of the journal need not be looked at here.
        let secret = path.rsplit('.').next().is_some_and(names_a_secret);
        if is_name(text) && !secret && (naming::is_generated(text) || may_name(kind, path)) {
            add(text);
        }
    } else {
        telling.into_iter().for_each(&mut add);
        // A queue's URL is a name of its own.
        if text.contains("://") && text.len() <= LONGEST_NAME && !text.contains(['@', ' ']) {
            add(text);
        }
    }
}

fn is_name(text: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:+=".contains(&byte);
    (SHORTEST_NAME..=LONGEST_NAME).contains(&text.len())
        && text.bytes().all(fine)
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// True where a plain word may be the name of another resource.
pub(super) fn may_name(kind: &str, path: &str) -> bool {
    is_environment(path)
        || rules::rule(kind, path).is_some_and(|rule| rule.way != rules::Way::Silent)
        || rules::belongs_by(kind).is_some_and(|property| rules::below(path, property))
        || rules::run_by_property(kind, path)
        || rules::joints(kind).any(|joint| rules::below(path, joint.from) || rules::below(path, joint.to))
        || rules::acts_as(kind, path)
        || rules::is_glue(kind)
        || stem(path).is_some()
}

/// True below variables of an environment.
pub(super) fn is_environment(path: &str) -> bool {
    path.split('.')
        .any(|step| matches!(step, "Environment" | "EnvironmentVariables" | "Variables"))
}

/// `Table` of `TableName`, `Subnet` of `SubnetIds`: the type of thing that a property of such a name holds.
pub(super) fn stem(path: &str) -> Option<&str> {
    let last = path.rsplit('.').next()?;
    [
        "Name",
        "Id",
        "Ids",
        "Identifier",
        "Arn",
        "ARN",
        "Url",
        "Names",
        "Arns",
        "ARNs",
    ]
    .iter()
    .find_map(|ending| last.strip_suffix(ending))
    .filter(|stem| stem.len() > 1)
}

/// What the statements of policies allow, from raw and resolved properties alike. `refer` finds references to things of
/// known id below a value.
pub fn grants(
    properties: &Value,
    refer: &dyn Fn(&Value) -> BTreeSet<ResourceId>,
    resolve: &dyn Fn(&Value) -> Value,
) -> Vec<Grant> {
    let mut statements = Vec::new();
    find_statements(properties, &mut statements);
    let mut found = BTreeSet::new();
    for statement in statements {
        if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
            continue;
        }
        let on = statement.get("Resource").unwrap_or(&Value::Null);
        let to = refer(on);
        let mut words = BTreeSet::new();
        arns(&resolve(on), &mut words);
        if to.is_empty() && words.is_empty() {
            continue;
        }
        for how in actions(statement)
            .filter_map(permitted)
            .collect::<BTreeSet<RelationKind>>()
        {
            found.insert(Grant {
                how,
                to: to.clone(),
                words: words.clone(),
            });
        }
    }
    found.into_iter().collect()
}

fn arns(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with("arn:") => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|value| arns(value, found)),
        _ => {}
    }
}
