//! How resources act on each other: from the templates of the stacks that hold them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    abroad,
    ask::Ask,
    naming,
    stacks::{self, Stack},
    template::{self, is_glue},
};
use crate::model::{Evidence, Place, Relation, RelationKind, RelationOrigin, ResourceId};

/// Shortest physical id that is taken for a mention when it stands alone in an environment variable.
const SHORTEST: usize = 5;

pub(super) async fn answer(ask: &mut Ask<'_>) -> Option<Evidence> {
    let stacks = stacks::all(ask).await?;
    let names = names(&stacks);
    let own = ask.source.place().cloned();
    let mut found: BTreeSet<Relation> = BTreeSet::new();
    for stack in stacks.iter() {
        let Some(declaration) = stacks::declaration(ask, stack).await else {
            continue;
        };
        found.extend(template::relations(&declaration.template, &declaration.deployed));
        if let Some(own) = &own {
            found.extend(abroad::relations(stack, &declaration, own));
        }
        for part in &stack.parts {
            let properties = declaration
                .template
                .properties(&part.logical, &declaration.deployed);
            let environment = properties
                .as_ref()
                .and_then(|properties| properties.pointer("/Environment/Variables"));
            for to in environment
                .map(|environment| mentions(environment, &names, own.as_ref()))
                .unwrap_or_default()
            {
                let from = part.id();
                let known = found
                    .iter()
                    .any(|relation| relation.from == from && relation.to == to);
                if from != to && !known {
                    found.insert(Relation {
                        from,
                        to,
                        kind: RelationKind::Uses,
                        origin: RelationOrigin::Config,
                    });
                }
            }
        }
    }
    Some(Evidence::Relations(found.into_iter().collect()))
}

/// Resources by what a configuration may call them; a word that means two things means neither.
fn names(stacks: &[Stack]) -> BTreeMap<String, Option<ResourceId>> {
    let mut names: BTreeMap<String, Option<ResourceId>> = BTreeMap::new();
    for part in stacks.iter().flat_map(|stack| &stack.parts) {
        if is_glue(&part.kind) {
            continue;
        }
        let short = naming::short_name(&part.kind, &part.physical);
        for word in BTreeSet::from([part.physical.clone(), short]) {
            if word.len() < SHORTEST {
                continue;
            }
            names
                .entry(word)
                .and_modify(|known| {
                    if *known != Some(part.id()) {
                        *known = None;
                    }
                })
                .or_insert_with(|| Some(part.id()));
        }
    }
    names
}

/// Resources whose name, ARN or URL is the whole value of a variable.
fn mentions(
    environment: &Value,
    names: &BTreeMap<String, Option<ResourceId>>,
    own: Option<&Place>,
) -> BTreeSet<ResourceId> {
    let Some(variables) = environment.as_object() else {
        return BTreeSet::new();
    };
    variables
        .values()
        .filter_map(Value::as_str)
        .filter_map(|value| {
            let by_arn = || naming::from_arn(value).map(|resource| naming::seen_from(own, &resource));
            names.get(value).cloned().flatten().or_else(by_arn)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::stacks::Part, *};

    #[test]
    fn a_name_in_the_environment_is_a_mention_unless_it_means_two_things() {
        let part = |kind: &str, physical: &str| Part {
            logical: physical.to_owned(),
            physical: physical.to_owned(),
            kind: kind.to_owned(),
        };
        let stack = Stack {
            name: "shop".to_owned(),
            id: String::new(),
            changed: None,
            parameters: BTreeMap::new(),
            exports: BTreeMap::new(),
            parts: vec![
                part("AWS::DynamoDB::Table", "shop-orders"),
                part("AWS::DynamoDB::Table", "shop-twice"),
                part("AWS::Lambda::Function", "shop-twice"),
            ],
        };
        let names = names(&[stack]);
        let environment = json!({"TABLE": "shop-orders", "TWICE": "shop-twice", "LEVEL": "info",
            "QUEUE": "arn:aws:sqs:eu-west-1:123456789012:elsewhere"});
        let found: Vec<_> = mentions(&environment, &names, None)
            .into_iter()
            .map(|id| id.0)
            .collect();
        assert_eq!(found, ["queue:elsewhere", "table:shop-orders"]);
    }
}
