//! Accounts that a starting point names and the space does not have: each is said in one line.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    engine::state::State,
    model::{Gap, Start},
    sources::space::stranger,
};

/// Fields of events that hold an account (EventBridge, alarms over SNS, AWS Health, CloudTrail).
const FIELDS: [&str; 6] = [
    "account",
    "accountId",
    "affectedAccount",
    "AWSAccountId",
    "awsAccountId",
    "recipientAccountId",
];

/// One gap for each account that the starting point names and the space does not have; none where it is not known which
/// accounts the space has.
pub fn gaps(state: &State, start: &Start) -> Vec<Gap> {
    let known = state.accounts();
    if known.is_empty() {
        return Vec::new();
    }
    let mut named = BTreeSet::new();
    match start {
        Start::Alarm { alarm } => in_words(alarm, &mut named),
        Start::Text { text } => in_words(text, &mut named),
        Start::Event { event } => in_event(event, &mut named),
        Start::Symptom { .. } | Start::Preset { .. } => {}
    }
    if state.occasion.is_none() {
        named.extend(state.created().and_then(|created| created.account.clone()));
    }
    named
        .iter()
        .filter(|account| !known.contains(*account))
        .map(|account| stranger(account, "the starting point names it"))
        .collect()
}

fn is_account(word: &str) -> bool {
    word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Accounts in the ARNs of a text.
fn in_words(words: &str, found: &mut BTreeSet<String>) {
    let pieces = words.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '(' | ')'));
    for arn in pieces.filter(|piece| piece.starts_with("arn:")) {
        let account = arn.split(':').nth(4).filter(|word| is_account(word));
        found.extend(account.map(ToOwned::to_owned));
    }
}

fn in_event(event: &Value, found: &mut BTreeSet<String>) {
    match event {
        Value::String(words) => {
            // An alarm over SNS comes as a text that is JSON.
            match serde_json::from_str::<Value>(words) {
                Ok(inner @ Value::Object(_)) => in_event(&inner, found),
                _ => in_words(words, found),
            }
        }
        Value::Array(items) => items.iter().for_each(|item| in_event(item, found)),
        Value::Object(fields) => {
            for (field, value) in fields {
                match value.as_str() {
                    Some(word) if FIELDS.contains(&field.as_str()) && is_account(word) => {
                        found.insert(word.to_owned());
                    }
                    _ => in_event(value, found),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn accounts_are_found_in_arns_and_in_the_fields_of_events() {
        let mut found = BTreeSet::new();
        in_words(
            "see \"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:x\" of 999999999999, arn:aws:s3:::bucket",
            &mut found,
        );
        assert_eq!(found.len(), 1);
        let event = json!({
            "account": "222233334444",
            "detail": {"Message": "{\"AWSAccountId\":\"333344445555\",\"n\":1}", "id": "444455556666"},
            "resources": ["arn:aws:lambda:eu-west-1:555566667777:function:f"],
        });
        in_event(&event, &mut found);
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(
            found,
            ["111122223333", "222233334444", "333344445555", "555566667777"]
        );
    }
}
