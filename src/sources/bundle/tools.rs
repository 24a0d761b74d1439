//! `tools/*.jsonl`: what tools of connections said, each answer by its question.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::telemetry::sort_longest_first;
use crate::model::ToolText;

/// One line: what was asked of whom, and what it said. The words are external, as they were when they were said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolLine {
    /// The connection that was asked.
    pub connection: String,
    /// The tool.
    pub tool: String,
    /// What it was given: an object; null for nothing.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub arguments: Value,
    /// Its words.
    pub text: String,
    /// True when there was more than was kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// True when the tool itself said that it failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}

impl ToolLine {
    /// The line of an answer.
    pub fn new(arguments: &Value, said: &ToolText) -> Self {
        Self {
            connection: said.connection.clone(),
            tool: said.tool.clone(),
            arguments: given(arguments).cloned().unwrap_or_default(),
            text: said.text.clone(),
            cut: said.cut,
            failed: said.failed,
        }
    }
}

/// Answers of tools by what was asked: connection, tool, arguments as JSON.
#[derive(Debug, Default)]
pub(super) struct Said(BTreeMap<(String, String, String), ToolText>);

impl Said {
    /// Adds answers; one that is known already stays. Of two in one file the one with more to say stands.
    pub(super) fn add(&mut self, mut lines: Vec<ToolLine>) {
        sort_longest_first(&mut lines);
        for line in lines {
            let key = key(&line.connection, &line.tool, &line.arguments);
            self.0.entry(key).or_insert(ToolText {
                connection: line.connection,
                tool: line.tool,
                text: line.text,
                cut: line.cut,
                failed: line.failed,
            });
        }
    }

    /// What a tool said to exactly this.
    pub(super) fn get(&self, connection: &str, tool: &str, arguments: &Value) -> Option<ToolText> {
        self.0.get(&key(connection, tool, arguments)).cloned()
    }
}

fn key(connection: &str, tool: &str, arguments: &Value) -> (String, String, String) {
    let arguments = given(arguments).map(Value::to_string).unwrap_or_default();
    (connection.to_owned(), tool.to_owned(), arguments)
}

/// What a tool is given; nothing and an empty object are the same to it.
fn given(arguments: &Value) -> Option<&Value> {
    let empty = arguments.is_null() || arguments.as_object().is_some_and(serde_json::Map::is_empty);
    (!empty).then_some(arguments)
}
