//! The client that the suite starts: the library's own, driven through one conversation. The suite starts this test binary
//! with this test alone; the server's address is the last argument, MCP_CONFORMANCE_SCENARIO and MCP_CONFORMANCE_CONTEXT say
//! what is tried.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use midwatch::{
    config::{Association, Auth},
    model::GapKind,
    net::Net,
    sources::mcp::{McpClient, McpError, oauth::consent::Consent},
};
use serde_json::{Map, Value, json};

use crate::support::mcp::{Desk, connection};

/// The client's document, where a server takes the address of one for a client id.
const DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";

/// Consents to everything: opens the address, and gives back where that sends a browser.
pub struct Headless;

#[async_trait]
impl Consent for Headless {
    fn redirect(&self) -> String {
        "http://127.0.0.1:3000/callback".to_owned()
    }

    async fn ask(&self, url: &str) -> Result<String, McpError> {
        let lost = |what: &str| McpError::new(GapKind::Failed, what, "look at the server");
        let client = Net::default().client(url, Duration::from_secs(10)).unwrap();
        let answer = client.get(url).send().await.map_err(|_| lost("no answer"))?;
        let place = answer
            .headers()
            .get("location")
            .and_then(|value| value.to_str().ok());
        place
            .map(str::to_owned)
            .ok_or_else(|| lost("the server sends the browser nowhere"))
    }
}

#[tokio::test]
#[ignore = "the conformance suite starts it"]
async fn conversation() {
    let Ok(scenario) = std::env::var("MCP_CONFORMANCE_SCENARIO") else {
        return;
    };
    let context = std::env::var("MCP_CONFORMANCE_CONTEXT").unwrap_or_default();
    let context: Value = serde_json::from_str(&context).unwrap_or_default();
    let desk = Desk::new();
    let mut connection = connection(&std::env::args().next_back().unwrap());
    // However busy the machine is.
    connection.timeout = 240;
    connection.auth = auth(&desk, &scenario, &context);
    let lines = desk.lines();
    let all = Association::default();
    let client = lines
        .client_with("suite", &connection, &all, Some(Arc::new(Headless)))
        .unwrap();
    let tools = client.tools().await.unwrap();
    // The suite's tools say nothing of what they do: the operator lists them.
    let listed = Association {
        tools: tools.iter().map(|tool| tool.name.clone()).collect(),
        ..all
    };
    let client = lines.client("suite", &connection, &listed).unwrap();
    talk(&client, &context).await;
    client.close().await;
}

/// Calls what the context names, else every tool once. What becomes of a call is for the suite to judge.
async fn talk(client: &McpClient, context: &Value) {
    let calls = ["toolCalls", "tool_calls"]
        .iter()
        .find_map(|name| context.get(name)?.as_array());
    if let Some(calls) = calls {
        for call in calls {
            let name = call["name"].as_str().unwrap_or_default();
            drop(client.call(name, &call["arguments"]).await);
        }
        return;
    }
    let tools = client.tools().await.unwrap();
    let first = tools.first().map(|tool| tool.schema.clone()).unwrap_or_default();
    let focal = tools.iter().find(|tool| tool.name.starts_with("json_schema"));
    let sample = focal.map_or(first, |tool| tool.schema.clone());
    for tool in tools {
        let answer = client.call(&tool.name, &arguments(&tool.schema, &sample)).await;
        if let Err(error) = answer {
            eprintln!("{}: {error}", tool.name);
        }
    }
}

/// Arguments that a schema asks for; where it wants a schema, `sample`.
fn arguments(schema: &Value, sample: &Value) -> Value {
    let mut arguments = Map::new();
    let required: Vec<&str> = schema["required"]
        .as_array()
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let value = match property["type"].as_str().unwrap_or_default() {
            "number" | "integer" => json!(5),
            "boolean" => json!(true),
            "array" => json!([]),
            "object" if name == "schema" => sample.clone(),
            "object" => json!({}),
            _ => json!("test"),
        };
        if required.is_empty() || required.contains(&name.as_str()) {
            arguments.insert(name.clone(), value);
        }
    }
    Value::Object(arguments)
}

fn auth(desk: &Desk, scenario: &str, context: &Value) -> Auth {
    if !scenario.starts_with("auth/") {
        return Auth::None;
    }
    let id = context["client_id"].as_str();
    let secret = context["client_secret"]
        .as_str()
        .map(|secret| desk.secret(secret));
    match (scenario, secret) {
        ("auth/client-credentials-basic", Some(secret)) => Auth::ClientCredentials {
            id: id.unwrap_or_default().to_owned(),
            secret,
            token_url: None,
            scopes: Vec::new(),
            parameters: BTreeMap::new(),
        },
        (_, secret) => Auth::OAuth {
            id: Some(id.unwrap_or(DOCUMENT).to_owned()),
            secret,
            scopes: Vec::new(),
        },
    }
}
