//! Answers from outside made inert as a whole, where nothing in them has a use for control characters.

use serde_json::Value;

use crate::model::inert;

/// Makes every text in an answer inert, names of members too; line breaks and tabs stay.
pub(super) fn tame(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(tamed) = tamed(text) {
                *text = tamed;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(tame),
        Value::Object(members) => {
            members.values_mut().for_each(tame);
            if members.keys().any(|name| tamed(name).is_some()) {
                let all = std::mem::take(members).into_iter();
                *members = all
                    .map(|(name, value)| (tamed(&name).unwrap_or(name), value))
                    .collect();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text without what is not inert in it; none when all of it is.
fn tamed(text: &str) -> Option<String> {
    let stays = |part: &str| inert(part) == part;
    if text.split(['\n', '\t']).all(stays) {
        return None;
    }
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| line.split('\t').map(inert).collect::<Vec<_>>().join("\t"))
        .collect();
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn control_characters_go_and_lines_stay() {
        let mut value = json!({"a\u{1b}": ["x\u{1b}[2J\ny\tz\u{202e}", 1], "diff": "@@\n-a\tb\n+c"});
        tame(&mut value);
        assert_eq!(
            value,
            json!({"a\u{fffd}": ["x\u{fffd}[2J\ny\tz\u{fffd}", 1], "diff": "@@\n-a\tb\n+c"})
        );
    }

    proptest! {
        #[test]
        fn what_is_tame_stays_as_it_is(text in any::<String>()) {
            let mut once = json!({text.clone(): text});
            tame(&mut once);
            let mut twice = once.clone();
            tame(&mut twice);
            prop_assert_eq!(once, twice);
        }
    }
}
