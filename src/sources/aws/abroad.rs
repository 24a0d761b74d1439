//! Relations that leave the place: what the configuration of a stack names by an ARN, or a queue's URL, of another account or
//! region.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    naming,
    stacks::{Declaration, Stack},
    template::is_glue,
};
use crate::model::{Place, Relation, RelationKind, RelationOrigin, ResourceId};

/// Relations between the parts of a stack in `own` and resources elsewhere.
pub(super) fn relations(stack: &Stack, declaration: &Declaration, own: &Place) -> BTreeSet<Relation> {
    let mut found = BTreeSet::new();
    for part in &stack.parts {
        let properties = declaration
            .template
            .properties(&part.logical, &declaration.deployed);
        let Some(properties) = properties else { continue };
        let named = |property: Option<&str>| {
            let value = property.map_or(Some(&properties), |name| properties.get(name));
            let mut ids = BTreeSet::new();
            if let Some(value) = value {
                collect(value, own, &mut ids);
            }
            ids
        };
        let mut add = |from: &ResourceId, to: &ResourceId, kind| {
            found.insert(Relation {
                from: from.clone(),
                to: to.clone(),
                kind,
                origin: RelationOrigin::Config,
            });
        };
        match part.kind.as_str() {
            "AWS::Lambda::EventSourceMapping" => {
                let function = properties.get("FunctionName").and_then(Value::as_str);
                let function = function.map(|name| naming::resource_id("AWS::Lambda::Function", name));
                for from in named(Some("EventSourceArn")) {
                    if let Some(function) = &function {
                        add(&from, function, RelationKind::Triggers);
                    }
                }
            }
            "AWS::SNS::Subscription" => {
                let at = |property: &str| {
                    let word = properties.get(property).and_then(Value::as_str)?;
                    Some(naming::seen_from(Some(own), &naming::from_word(word)?))
                };
                if let (Some(from), Some(to)) = (at("TopicArn"), at("Endpoint"))
                    && (from.split().1.is_some() || to.split().1.is_some())
                {
                    add(&from, &to, RelationKind::Routes);
                }
            }
            "AWS::IAM::Role" | "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => {
                let reached = named(None);
                for holder in holders(stack, declaration, &part.logical, &properties) {
                    for to in &reached {
                        add(&holder, to, RelationKind::Uses);
                    }
                }
            }
            "AWS::Events::Rule" | "AWS::Scheduler::Schedule" => {
                for to in named(None) {
                    add(&part.id(), &to, RelationKind::Triggers);
                }
            }
            kind if is_glue(kind) => {}
            _ => {
                for to in named(None) {
                    add(&part.id(), &to, RelationKind::Uses);
                }
            }
        }
    }
    found
}

/// Resources elsewhere that any text in `value` names.
fn collect(value: &Value, own: &Place, found: &mut BTreeSet<ResourceId>) {
    match value {
        Value::String(word) => {
            if let Some(resource) = naming::from_word(word) {
                let id = naming::seen_from(Some(own), &resource);
                if id.split().1.is_some() {
                    found.insert(id);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, own, found)),
        Value::Object(map) => map.values().for_each(|item| collect(item, own, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Parts of the stack that act with a role, or with the roles that a policy is attached to.
fn holders(stack: &Stack, declaration: &Declaration, logical: &str, properties: &Value) -> Vec<ResourceId> {
    let mut roles = BTreeSet::from([logical.to_owned()]);
    if let Some(attached) = properties.get("Roles") {
        words(attached, &mut roles);
    }
    // A role is referred to by its logical id, its name or its ARN.
    let physical = stack.parts.iter().filter(|part| part.kind == "AWS::IAM::Role");
    let roles: BTreeSet<String> = physical
        .filter(|part| roles.contains(&part.logical) || roles.contains(&part.physical))
        .flat_map(|part| [part.logical.clone(), part.physical.clone()])
        .collect();
    let acts_with = |part: &&super::stacks::Part| {
        let declared = declaration
            .template
            .properties(&part.logical, &declaration.deployed);
        let mut named = BTreeSet::new();
        for key in ["Role", "RoleArn", "TaskRoleArn", "ServiceRole"] {
            if let Some(value) = declared.as_ref().and_then(|declared| declared.get(key)) {
                words(value, &mut named);
            }
        }
        let last = |word: &String| word.rsplit('/').next().is_some_and(|name| roles.contains(name));
        named.iter().any(last)
    };
    let actors = stack
        .parts
        .iter()
        .filter(|part| !is_glue(&part.kind) && part.kind != "AWS::IAM::Role");
    actors.filter(acts_with).map(super::stacks::Part::id).collect()
}

fn words(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(word) => drop(found.insert(word.clone())),
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        Value::Object(map) => map.values().for_each(|item| words(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::{
        super::{
            stacks::Part,
            template::{Deployed, parse},
        },
        *,
    };

    #[test]
    fn what_a_stack_names_elsewhere_is_found_with_its_place() {
        let template = json!({"Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [
                {"Effect": "Allow", "Action": "dynamodb:GetItem",
                 "Resource": "arn:aws:dynamodb:eu-west-1:444455556666:table/ledger"}]}}]}},
            "Orders": {"Type": "AWS::Lambda::Function", "Properties": {
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Environment": {"Variables": {
                    "MAIL": "https://sqs.us-east-1.amazonaws.com/111122223333/mail",
                    "OWN": "arn:aws:sqs:eu-west-1:111122223333:own"}}}},
            "Source": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "EventSourceArn": "arn:aws:sqs:eu-west-1:444455556666:work", "FunctionName": {"Ref": "Orders"}}},
        }});
        let part = |logical: &str, physical: &str, kind: &str| Part {
            logical: logical.to_owned(),
            physical: physical.to_owned(),
            kind: kind.to_owned(),
        };
        let stack = Stack {
            name: "shop".to_owned(),
            id: String::new(),
            changed: None,
            parameters: BTreeMap::new(),
            exports: BTreeMap::new(),
            parent: None,
            parts: vec![
                part("Role", "shop-Role-1", "AWS::IAM::Role"),
                part("Orders", "orders", "AWS::Lambda::Function"),
                part("Source", "0a1b", "AWS::Lambda::EventSourceMapping"),
            ],
        };
        let declaration = Declaration {
            template: parse(&template.to_string()).unwrap(),
            deployed: Deployed {
                stack: "shop".to_owned(),
                region: "eu-west-1".to_owned(),
                account: "111122223333".to_owned(),
                physical: stack
                    .parts
                    .iter()
                    .map(|part| (part.logical.clone(), part.physical.clone()))
                    .collect(),
                parameters: BTreeMap::new(),
                exports: BTreeMap::new(),
            },
        };
        let found: Vec<String> = relations(&stack, &declaration, &Place::new("111122223333", "eu-west-1"))
            .into_iter()
            .map(|relation| format!("{} {} {}", relation.from.0, relation.kind.as_str(), relation.to.0))
            .collect();
        assert_eq!(
            found,
            [
                "orders uses queue:mail@111122223333/us-east-1",
                "orders uses table:ledger@444455556666/eu-west-1",
                "queue:work@444455556666/eu-west-1 triggers orders",
            ]
        );
    }
}
