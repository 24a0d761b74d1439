//! A double of an MCP server, with a double of an authorization server beside it on the same port: real HTTP, and whatever
//! nonsense a test wants to hear. It speaks the handshake of 2025-11-25 and answers `server/discover` as servers of that time do.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

/// A request, taken apart.
#[derive(Debug, Clone)]
pub struct Asked {
    pub verb: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The JSON-RPC method; empty for anything else.
    pub fn method(&self) -> String {
        self.json()["method"].as_str().unwrap_or_default().to_owned()
    }

    /// A field of a form.
    pub fn field(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.body.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// What is answered.
pub enum Reply {
    /// A whole answer.
    Whole {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// Bytes as the test writes them; the connection ends after them.
    Raw(Box<dyn FnOnce(&mut TcpStream) + Send>),
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::Whole {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string(),
        }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Whole { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// The result of a JSON-RPC request.
    pub fn result(asked: &Asked, result: Value) -> Self {
        Self::json(
            200,
            &json!({"jsonrpc": "2.0", "id": asked.json()["id"], "result": result}),
        )
    }

    /// A tool's text.
    pub fn text(asked: &Asked, text: &str) -> Self {
        Self::result(asked, json!({"content": [{"type": "text", "text": text}]}))
    }
}

/// A tool that says that it only reads.
pub fn reader(name: &str) -> Value {
    json!({
        "name": name,
        "description": format!("Reads {name}."),
        "inputSchema": {"type": "object", "properties": {"what": {"type": "string"}}},
        "annotations": {"readOnlyHint": true},
    })
}

/// A tool that says nothing of itself.
pub fn writer(name: &str) -> Value {
    json!({"name": name, "description": "Does things.", "inputSchema": {"type": "object"}})
}

/// The running double; its threads end with the test process.
pub struct DoubleMcp {
    address: String,
    seen: Arc<Mutex<Vec<Asked>>>,
}

impl DoubleMcp {
    /// Answers every request as `answer` says; it may give none to what [`usual`] answers.
    pub fn start(answer: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&seen), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                thread::spawn(move || {
                    let mut stream = stream;
                    while serve(&mut stream, &kept, answer.as_ref()).is_some() {}
                });
            }
        });
        Self { address, seen }
    }

    /// Scheme, host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where it speaks MCP.
    pub fn url(&self) -> String {
        format!("{}/mcp", self.address)
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Asked> {
        self.seen.lock().unwrap().clone()
    }

    /// Names of the tools that were called so far.
    pub fn called(&self) -> Vec<String> {
        let calls = self
            .seen()
            .into_iter()
            .filter(|asked| asked.method() == "tools/call");
        calls
            .map(|asked| {
                asked.json()["params"]["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }
}

/// What an ordinary server with `tools` answers, and what any server does not know.
pub fn usual(asked: &Asked, tools: &[Value]) -> Reply {
    match (asked.verb.as_str(), asked.method().as_str()) {
        ("POST", "initialize") => Reply::result(
            asked,
            json!({
                "protocolVersion": "2025-11-25",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "double", "version": "1"},
            }),
        ),
        ("POST", "tools/list") => Reply::result(asked, json!({"tools": tools})),
        ("POST", "tools/call") => Reply::text(asked, "fine"),
        ("POST", method) if method.starts_with("notifications/") => Reply::Whole {
            status: 202,
            headers: Vec::new(),
            body: String::new(),
        },
        ("POST", method) if !method.is_empty() => Reply::json(
            200,
            &json!({"jsonrpc": "2.0", "id": asked.json()["id"], "error": {"code": -32601, "message": "no such method"}}),
        ),
        _ => Reply::json(404, &json!({})),
    }
}

/// Reads one request and answers it; none at the end of the connection.
fn serve(
    stream: &mut TcpStream,
    seen: &Mutex<Vec<Asked>>,
    answer: &dyn Fn(&Asked) -> Option<Reply>,
) -> Option<()> {
    let asked = read(stream)?;
    seen.lock().unwrap().push(asked.clone());
    match answer(&asked).unwrap_or_else(|| usual(&asked, &[])) {
        Reply::Whole {
            status,
            headers,
            body,
        } => {
            let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            stream.write_all(format!("{head}\r\n{body}").as_bytes()).ok()
        }
        Reply::Raw(write) => {
            write(stream);
            None
        }
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (verb, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        verb,
        path,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// The head of a stream of events.
pub const EVENTS: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
