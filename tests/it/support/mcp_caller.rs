//! The least client that calls tools over Streamable HTTP.

use std::{sync::atomic::AtomicU64, sync::atomic::Ordering, time::Duration};

use midwatch::{
    model::{GapKind, Text},
    net::Net,
    sources::vendor::{CallError, ToolAnswer, ToolCaller, ToolInfo},
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

pub struct McpCaller {
    url: String,
    client: reqwest::Client,
    session: OnceCell<String>,
    next: AtomicU64,
}

impl McpCaller {
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            client: Net::default().client(url, Duration::from_secs(20)).unwrap(),
            session: OnceCell::new(),
            next: AtomicU64::new(1),
        }
    }

    async fn send(
        &self,
        method: &str,
        params: Value,
        session: Option<&str>,
    ) -> Result<(Value, String), String> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({"jsonrpc": "2.0", "method": method, "params": params});
        if !method.starts_with("notifications/") {
            message["id"] = json!(id);
        }
        let mut request = self
            .client
            .post(&self.url)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(message.to_string());
        if let Some(session) = session {
            request = request.header("mcp-session-id", session);
        }
        let response = request.send().await.map_err(|error| error.to_string())?;
        let session = response.headers().get("mcp-session-id");
        let session = session.map_or(String::new(), |session| session.to_str().unwrap().to_owned());
        if !response.status().is_success() {
            return Err(response.status().to_string());
        }
        let body = response.text().await.map_err(|error| error.to_string())?;
        let messages: Vec<Value> = match body.starts_with("event:") {
            true => body
                .lines()
                .filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok())
                .collect(),
            false => serde_json::from_str(&body).into_iter().collect(),
        };
        let own = messages.into_iter().find(|message| message["id"] == json!(id));
        Ok((
            own.map_or(Value::Null, |message| message["result"].clone()),
            session,
        ))
    }

    async fn ask(&self, method: &str, params: Value) -> Result<Value, CallError> {
        let unreachable = |why: String| CallError {
            kind: GapKind::Unreachable,
            why: Text::from("the server does not answer: ").ext(why),
            hint: "midwatch connection test says more".into(),
        };
        let opened = self.session.get_or_try_init(|| async {
            let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}});
            let (_, session) = self.send("initialize", hello, None).await?;
            self.send("notifications/initialized", json!({}), Some(&session)).await?;
            Ok(session)
        });
        let session = opened.await.map_err(unreachable)?;
        let (result, _) = self
            .send(method, params, Some(session))
            .await
            .map_err(unreachable)?;
        Ok(result)
    }
}

#[async_trait::async_trait]
impl ToolCaller for McpCaller {
    async fn tools(&self) -> Result<Vec<ToolInfo>, CallError> {
        let result = self.ask("tools/list", json!({})).await?;
        let tools = result["tools"].as_array().cloned().unwrap_or_default();
        let read = |tool: &Value| ToolInfo {
            name: tool["name"].as_str().unwrap().to_owned(),
            schema: tool["inputSchema"].clone(),
            allowed: tool["annotations"]["readOnlyHint"] == true,
        };
        Ok(tools.iter().map(read).collect())
    }

    async fn call(&self, tool: &str, arguments: &Value) -> Result<ToolAnswer, CallError> {
        let result = self
            .ask("tools/call", json!({"name": tool, "arguments": arguments}))
            .await?;
        let blocks = result["content"].as_array().cloned().unwrap_or_default();
        let words: Vec<&str> = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
        Ok(ToolAnswer {
            text: words.join("\n"),
            structured: result.get("structuredContent").cloned(),
            failed: result["isError"] == true,
            cut: false,
        })
    }
}
