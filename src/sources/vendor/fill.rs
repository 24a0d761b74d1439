//! Fills the blanks of an adapter's arguments. What is filled in is never looked at again, so that no word from outside can
//! make a blank of itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{adapter::Joint, caller::ToolInfo};

/// What stands in the blanks.
#[derive(Debug, Clone, Default)]
pub(super) struct Blanks(BTreeMap<String, Blank>);

#[derive(Debug, Clone)]
enum Blank {
    Text(String),
    Number(i64),
    List(Vec<String>),
}

impl Blanks {
    pub fn text(mut self, name: &str, text: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), Blank::Text(text.into()));
        self
    }

    pub fn number(mut self, name: &str, number: i64) -> Self {
        self.0.insert(name.to_owned(), Blank::Number(number));
        self
    }

    pub fn list(mut self, name: &str, list: Vec<String>) -> Self {
        self.0.insert(name.to_owned(), Blank::List(list));
        self
    }

    /// A template with its blanks filled in.
    pub fn fill(&self, template: &str) -> String {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some(at) = rest.find('{') {
            let (before, after) = rest.split_at(at);
            filled.push_str(before);
            let name: &str = after
                .get(1..)
                .and_then(|inside| inside.split_once('}'))
                .map_or("", |(name, _)| name);
            if let Some(blank) = self.0.get(name) {
                filled.push_str(&blank.words());
                rest = after.get(name.len() + 2..).unwrap_or_default();
            } else {
                filled.push('{');
                rest = after.get(1..).unwrap_or_default();
            }
        }
        filled.push_str(rest);
        filled
    }

    fn value(&self, template: &toml::Value) -> Option<Value> {
        Some(match template {
            toml::Value::String(text) => {
                let whole = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
                match whole.and_then(|name| self.0.get(name)) {
                    Some(Blank::Number(number)) => json!(number),
                    Some(Blank::List(list)) => json!(list),
                    // An account that is all digits is a number to the tools that take one.
                    Some(Blank::Text(text)) if whole == Some("account") => match text.parse::<i64>() {
                        Ok(number) => json!(number),
                        Err(_) if text.is_empty() => return None,
                        Err(_) => json!(text),
                    },
                    _ => json!(self.fill(text)),
                }
            }
            toml::Value::Integer(number) => json!(number),
            toml::Value::Float(number) => json!(number),
            toml::Value::Boolean(flag) => json!(flag),
            toml::Value::Array(items) => items.iter().filter_map(|item| self.value(item)).collect(),
            toml::Value::Table(table) => {
                let members = table
                    .iter()
                    .filter_map(|(key, item)| Some((key.clone(), self.value(item)?)));
                Value::Object(members.collect())
            }
            toml::Value::Datetime(_) => return None,
        })
    }

    /// The arguments that the tool takes, filled in.
    pub fn arguments(&self, tool: &ToolInfo, templates: &BTreeMap<String, toml::Value>) -> Value {
        let mut arguments = Map::new();
        for (names, template) in templates {
            let name = names.split('|').find(|name| tool.takes(name));
            if let Some(name) = name
                && let Some(value) = self.value(template)
            {
                arguments.insert(name.to_owned(), value);
            }
        }
        Value::Object(arguments)
    }
}

impl Blank {
    fn words(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::List(list) => list.join(" "),
        }
    }
}

impl Joint {
    /// One piece; `value` is written already.
    pub fn piece(&self, key: &str, value: &str) -> String {
        Blanks::default()
            .text("key", key)
            .text("value", value)
            .fill(&self.one)
    }

    /// Pieces of which one must hold; empty when there are none.
    pub fn any_of(&self, pieces: &[String]) -> String {
        match pieces {
            [] => String::new(),
            pieces => format!("{}{}{}", self.open, pieces.join(&self.any), self.close),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(schema: Value) -> ToolInfo {
        ToolInfo {
            name: "t".to_owned(),
            schema,
            allowed: true,
        }
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        let blanks = Blanks::default().text("value", "{to}{value}").text("to", "never");
        assert_eq!(
            blanks.fill("{{key}=\"{value}\"} {by} {to"),
            "{{key}=\"{to}{value}\"} {by} {to"
        );
        assert_eq!(blanks.fill("{{to}}"), "{never}");
    }

    #[test]
    fn a_tool_gets_what_it_takes() {
        let templates: BTreeMap<String, toml::Value> = toml::from_str(
            "\"query|spl\" = \"{q}\"\nlimit = \"{limit}\"\nother = true\n\"account_id\" = \"{account}\"\nlist = \"{list}\"",
        )
        .unwrap();
        let blanks = Blanks::default()
            .text("q", "a")
            .number("limit", 5)
            .text("account", "123")
            .list("list", vec!["x".to_owned()]);
        let narrow = tool(json!({"properties": {"spl": {}, "limit": {}, "account_id": {}, "list": {}}}));
        assert_eq!(
            blanks.arguments(&narrow, &templates),
            json!({"spl": "a", "limit": 5, "account_id": 123, "list": ["x"]})
        );
        let wide = tool(Value::Null);
        assert_eq!(blanks.arguments(&wide, &templates)["query"], "a");
    }
}
