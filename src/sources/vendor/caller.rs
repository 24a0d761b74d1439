//! The seam to a vendor's MCP server: what an adapter needs of a client, and nothing more. Which tools may be called is the
//! client's business.

use async_trait::async_trait;
use serde_json::Value;

use crate::model::{GapKind, Text};

/// A tool that a server has.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolInfo {
    /// Its name.
    pub name: String,
    /// JSON Schema of its arguments; null where the server gives none.
    pub schema: Value,
    /// True when this space may call it.
    pub allowed: bool,
}

impl ToolInfo {
    /// True when the tool takes an argument of this name; a schema that names none takes any.
    pub(super) fn takes(&self, argument: &str) -> bool {
        match self.schema.get("properties").and_then(Value::as_object) {
            Some(properties) if !properties.is_empty() => properties.contains_key(argument),
            _ => true,
        }
    }
}

/// What a tool said. All of it is external.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolAnswer {
    /// Its words.
    pub text: String,
    /// The structured content beside the words.
    pub structured: Option<Value>,
    /// True when the tool says itself that it failed; the words say why.
    pub failed: bool,
    /// True when there was more than is kept.
    pub cut: bool,
}

/// A call that got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The sort of reason.
    pub kind: GapKind,
    /// Why, in a sentence.
    pub why: Text,
    /// What would mend it.
    pub hint: Text,
}

/// Calls the tools of one server for one space.
#[async_trait]
pub trait ToolCaller: Send + Sync {
    /// The tools of the server.
    ///
    /// # Errors
    /// When the server cannot be asked.
    async fn tools(&self) -> Result<Vec<ToolInfo>, CallError>;

    /// Calls one tool; `arguments` is a JSON object. Dropping the future cancels the call.
    ///
    /// # Errors
    /// When the tool may not be called, or the server does not answer.
    async fn call(&self, tool: &str, arguments: &Value) -> Result<ToolAnswer, CallError>;
}
