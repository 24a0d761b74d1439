//! The MCP client as the caller of a vendor's tools: which may be called, and how they are reached, is its business.

use async_trait::async_trait;
use serde_json::Value;

use super::caller::{CallError, ToolAnswer, ToolCaller, ToolInfo};
use crate::sources::mcp::{McpClient, McpError, Standing};

impl From<McpError> for CallError {
    fn from(error: McpError) -> Self {
        Self {
            kind: error.kind,
            why: error.why,
            hint: error.hint,
        }
    }
}

#[async_trait]
impl ToolCaller for McpClient {
    async fn tools(&self) -> Result<Vec<ToolInfo>, CallError> {
        let tools = Self::tools(self).await?;
        let tools = tools.into_iter().map(|tool| ToolInfo {
            allowed: tool.standing == Standing::Allowed,
            name: tool.name,
            schema: tool.schema,
        });
        Ok(tools.collect())
    }

    async fn call(&self, tool: &str, arguments: &Value) -> Result<ToolAnswer, CallError> {
        let answered = Self::call(self, tool, arguments).await?;
        Ok(ToolAnswer {
            text: answered.text,
            structured: answered.structured,
            failed: answered.failed,
            cut: answered.cut,
        })
    }
}
