//! A double of a telemetry vendor's MCP server: speaks real MCP over Streamable HTTP (JSON-RPC 2.0; initialize, notifications/initialized,
//! tools/list, tools/call; answers as JSON or as a stream of events) and answers tools as a function of the test says. It
//! knows nothing of the vendor that it stands for.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

const SESSION: &str = "double-session";

/// How the double sends its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sends {
    Json,
    Events,
}

type Calls = Arc<Mutex<Vec<(String, Value)>>>;
type Answers = dyn Fn(&str, &Value) -> Value + Send + Sync;

/// The running double; its threads end with the test process.
pub struct DoubleVendor {
    url: String,
    calls: Calls,
}

/// A tool that says that it only reads, with the arguments that it takes.
pub fn tool(name: &str, arguments: &[&str]) -> Value {
    let properties: serde_json::Map<String, Value> = arguments
        .iter()
        .map(|argument| ((*argument).to_owned(), json!({})))
        .collect();
    json!({
        "name": name,
        "description": format!("double of {name}"),
        "inputSchema": {"type": "object", "properties": properties},
        "annotations": {"readOnlyHint": true},
    })
}

/// A tool's result in words.
pub fn text(words: impl Into<String>) -> Value {
    json!({"content": [{"type": "text", "text": words.into()}]})
}

/// A tool's result with structured content, and the same in words.
pub fn structured(value: Value) -> Value {
    json!({"content": [{"type": "text", "text": value.to_string()}], "structuredContent": value})
}

/// A tool that says that it failed.
pub fn failed(words: &str) -> Value {
    json!({"content": [{"type": "text", "text": words}], "isError": true})
}

impl DoubleVendor {
    /// A server with these tools, which answers a call with `answer(tool, arguments)`.
    pub fn start(
        sends: Sends,
        tools: Vec<Value>,
        answer: impl Fn(&str, &Value) -> Value + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let calls: Calls = Arc::default();
        let seen = Arc::clone(&calls);
        let answer: Arc<Answers> = Arc::new(answer);
        let tools = Arc::new(tools);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer, tools) = (Arc::clone(&seen), Arc::clone(&answer), Arc::clone(&tools));
                thread::spawn(
                    move || while serve(&stream, sends, &tools, &seen, answer.as_ref()).is_some() {},
                );
            }
        });
        Self { url, calls }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Tools that were called so far with their arguments, in order.
    pub fn calls(&self) -> Vec<(String, Value)> {
        self.calls.lock().unwrap().clone()
    }
}

/// Reads one request and answers it; none at the end of the connection.
fn serve(stream: &TcpStream, sends: Sends, tools: &[Value], seen: &Calls, answer: &Answers) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request).ok().filter(|read| *read > 0)?;
    let (mut length, mut session, mut accept) = (0, false, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "mcp-session-id" => session = value.trim() == SESSION,
            "accept" => accept = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if !request.starts_with("POST") {
        return reply(stream, "405 Method Not Allowed", "text/plain", "");
    }
    // A client of Streamable HTTP takes both kinds of answers.
    if !(accept.contains("application/json") && accept.contains("text/event-stream")) {
        return reply(stream, "406 Not Acceptable", "text/plain", "");
    }
    let message: Value = serde_json::from_slice(&body).ok()?;
    let method = message["method"].as_str().unwrap_or_default();
    if method != "initialize" && !session {
        return reply(stream, "400 Bad Request", "text/plain", "no session");
    }
    let params = &message["params"];
    let result = match method {
        "initialize" => json!({
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "double of a vendor", "version": "0"},
        }),
        "tools/list" => json!({"tools": tools}),
        "tools/call" => {
            let name = params["name"].as_str().unwrap_or_default();
            seen.lock()
                .unwrap()
                .push((name.to_owned(), params["arguments"].clone()));
            answer(name, &params["arguments"])
        }
        _ => return reply(stream, "202 Accepted", "text/plain", ""),
    };
    let response = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
    match sends {
        Sends::Json => reply(stream, "200 OK", "application/json", &response.to_string()),
        Sends::Events => {
            let note = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "at work"}});
            let body = format!("event: message\ndata: {note}\n\nevent: message\ndata: {response}\n\n");
            reply(stream, "200 OK", "text/event-stream", &body)
        }
    }
}

fn reply(mut out: &TcpStream, status: &str, kind: &str, body: &str) -> Option<()> {
    // In one piece: many small ones wait for each other on the way.
    let whole = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nmcp-session-id: {SESSION}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    out.write_all(whole.as_bytes()).ok()
}
