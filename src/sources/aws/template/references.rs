//! Where in its properties a resource refers to another one of its template.

use serde_json::Value;

use super::Template;

/// A reference: where in the properties, and to which logical id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// Keys on the way, without list positions (`Environment.Variables.TABLE`).
    pub(super) path: String,
    /// Logical id.
    pub(super) to: String,
}

/// Every reference to another resource of the template below `value`.
pub(super) fn collect(value: &Value, path: &str, template: &Template, found: &mut Vec<Reference>) {
    let mut add = |logical: &str| {
        if template.resources.contains_key(logical) {
            found.push(Reference {
                path: path.to_owned(),
                to: logical.to_owned(),
            });
        }
    };
    match value {
        Value::Object(map) => {
            if let Some(name) = map.get("Ref").and_then(Value::as_str) {
                add(name);
                return;
            }
            match map.get("Fn::GetAtt") {
                Some(Value::Array(pair)) => {
                    if let Some(name) = pair.first().and_then(Value::as_str) {
                        add(name);
                    }
                    return;
                }
                Some(Value::String(pair)) => {
                    add(pair.split('.').next().unwrap_or(pair));
                    return;
                }
                _ => {}
            }
            if let Some(argument) = map.get("Fn::Sub") {
                let text = argument
                    .as_str()
                    .or_else(|| argument.get(0)?.as_str())
                    .unwrap_or_default();
                for name in names_in(text) {
                    add(name);
                }
            }
            for (key, value) in map {
                // A function's own name is no step on the way to a property.
                let deeper = match (key.starts_with("Fn::"), path.is_empty()) {
                    (true, _) => path.to_owned(),
                    (false, true) => key.clone(),
                    (false, false) => format!("{path}.{key}"),
                };
                collect(value, &deeper, template, found);
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|value| collect(value, path, template, found)),
        _ => {}
    }
}

/// The names in `${...}` of a text, without attributes.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|piece| {
        let name = piece.split('}').next()?;
        name.split('.').next().filter(|name| !name.starts_with('!'))
    })
}
