//! Which events a webhook takes: `urgency=1 and category=Software|Network`. Several conditions are alternatives.

use serde_json::Value;

use crate::model::inert;

/// Tests that all have to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition(Vec<Test>);

/// One field, and what it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Test {
    /// Names on the way down, through lists as if each element stood there.
    path: Vec<String>,
    /// True: none of the values may be there.
    not: bool,
    /// In lower case.
    values: Vec<String>,
}

impl Condition {
    /// Reads `FIELD=VALUE[|VALUE...] [and FIELD!=VALUE ...]`.
    ///
    /// # Errors
    /// A sentence with a hint.
    pub fn parse(text: &str) -> Result<Self, String> {
        let tests: Result<Vec<Test>, String> = conjuncts(text).into_iter().map(Test::parse).collect();
        tests.map(Self)
    }

    /// Whether this body meets it.
    pub fn holds(&self, body: &Value) -> bool {
        self.0.iter().all(|test| test.holds(body))
    }
}

/// The parts between `and`s, in either case.
fn conjuncts(text: &str) -> Vec<&str> {
    let lower = text.to_ascii_lowercase();
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, word) in lower.match_indices(" and ") {
        if at >= start {
            parts.push(&text[start..at]);
            start = at + word.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

impl Test {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "'{}' is no condition\nhint: FIELD=VALUE, as in 'urgency=1 and category=Software|Network'; != for the contrary",
                inert(text.trim())
            )
        };
        let (field, values) = text.split_once('=').ok_or_else(wrong)?;
        let (field, not) = match field.strip_suffix('!') {
            Some(field) => (field, true),
            None => (field, false),
        };
        let path: Vec<String> = field.trim().split('.').map(str::to_owned).collect();
        let unquoted = |value: &str| value.trim().trim_matches(['"', '\'']).to_lowercase();
        let values: Vec<String> = values.split('|').map(unquoted).collect();
        if path.iter().any(String::is_empty) || values.iter().any(String::is_empty) {
            return Err(wrong());
        }
        Ok(Self { path, not, values })
    }

    fn holds(&self, body: &Value) -> bool {
        let mut there = Vec::new();
        collect(body, &self.path, &mut there);
        let any = there.iter().any(|value| self.values.contains(value));
        any != self.not
    }
}

/// What stands at a path, in lower case; several values where there is a list on the way.
fn collect(value: &Value, path: &[String], found: &mut Vec<String>) {
    match (value, path) {
        (Value::Array(items), _) => items.iter().for_each(|item| collect(item, path, found)),
        (Value::Object(map), [name, rest @ ..]) => {
            if let Some(inner) = map.get(name) {
                collect(inner, rest, found);
            }
        }
        (Value::String(text), []) => found.push(text.trim().to_lowercase()),
        (Value::Null | Value::Object(_), []) => {}
        (other, []) => found.push(other.to_string()),
        (_, _) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(condition: &str, body: &Value) -> bool {
        Condition::parse(condition).unwrap().holds(body)
    }

    #[test]
    fn fields_are_compared_whatever_their_case_and_sort() {
        let body = json!({
            "urgency": "1", "impact": 2, "active": true, "additionalContext": {"category": "Software"},
            "tags": ["blue", "green"], "targets": [{"name": "a"}, {"name": "B"}], "empty": null
        });
        for yes in [
            "urgency=1",
            "impact=2",
            "active=TRUE",
            "additionalContext.category=software",
            "urgency=1 and additionalContext.category=Network|Software",
            "urgency=1 AND impact!=1",
            "tags=green",
            "targets.name=b",
            "missing!=x",
            "empty!=x",
            "urgency = '1'",
        ] {
            assert!(holds(yes, &body), "{yes}");
        }
        for no in [
            "urgency=2",
            "urgency=1 and impact=1",
            "urgency!=1",
            "missing=x",
            "tags!=blue",
            "additionalContext=Software",
            "urgency.deep=1",
        ] {
            assert!(!holds(no, &body), "{no}");
        }
        assert!(!holds("urgency=1", &json!("no object")));
    }

    #[test]
    fn what_is_no_condition_is_said() {
        for bad in ["", "urgency", "=1", "a=", "a..b=1", "a=1 and ", "a=1|"] {
            let error = Condition::parse(bad).unwrap_err();
            assert!(error.contains("hint:"), "{bad}: {error}");
        }
        assert!(Condition::parse("word=band and guitar").is_err());
    }
}
