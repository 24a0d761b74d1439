//! Secrets in JSON: by what a string looks like, and by the name that it stands under.

use serde_json::{Map, Value};

use super::{Redactor, Sort, assignment::is_harmless, name};

/// Pairs of members that name a value beside it: tags, environment variables, stack parameters.
const PAIRS: [(&str, &str); 6] = [
    ("name", "value"),
    ("Name", "Value"),
    ("key", "value"),
    ("Key", "Value"),
    ("ParameterKey", "ParameterValue"),
    ("parameterKey", "parameterValue"),
];

/// Redacts every string of a value in place; true when anything was changed.
pub(super) fn redact(redactor: &mut Redactor, value: &mut Value) -> bool {
    match value {
        Value::String(text) => redact_string(redactor, text),
        Value::Array(items) => {
            let mut changed = false;
            for item in items {
                changed |= redact(redactor, item);
            }
            changed
        }
        Value::Object(members) => redact_object(redactor, members),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn redact_string(redactor: &mut Redactor, text: &mut String) -> bool {
    let std::borrow::Cow::Owned(redacted) = redactor.text(text) else {
        return false;
    };
    *text = redacted;
    true
}

fn redact_object(redactor: &mut Redactor, members: &mut Map<String, Value>) -> bool {
    let mut changed = false;
    let named = PAIRS.into_iter().find_map(|(name_member, value_member)| {
        let name = members.get(name_member)?.as_str()?;
        (members.contains_key(value_member) && name::is_secret(name)).then_some(value_member)
    });
    for (name, value) in members.iter_mut() {
        let secret = named == Some(name.as_str()) || name::is_secret(name) || name::is_pass(name);
        changed |= match value {
            Value::String(text) if secret => redact_whole(redactor, name, text),
            // A number under such a name is a secret of digits; short ones count something (attempts, days).
            Value::Number(number) if secret && !name::is_token(name) && number.to_string().len() >= 4 => {
                let placeholder = redactor.placeholder(Sort::Secret, &number.to_string());
                *value = Value::String(placeholder);
                true
            }
            _ => redact(redactor, value),
        };
    }
    changed | redact_names(redactor, members)
}

/// A string under the name of a secret goes as a whole.
fn redact_whole(redactor: &mut Redactor, name: &str, text: &mut String) -> bool {
    if is_harmless(name, text) {
        return redact_string(redactor, text);
    }
    *text = redactor.placeholder(Sort::Secret, text);
    true
}

/// A secret may itself be a member's name.
fn redact_names(redactor: &mut Redactor, members: &mut Map<String, Value>) -> bool {
    let renamed: Vec<(String, String)> = members
        .keys()
        .filter_map(|name| match redactor.text(name) {
            std::borrow::Cow::Owned(new) => Some((name.clone(), new)),
            std::borrow::Cow::Borrowed(_) => None,
        })
        .collect();
    let changed = !renamed.is_empty();
    for (old, new) in renamed {
        if let Some(value) = members.remove(&old) {
            members.insert(new, value);
        }
    }
    changed
}
