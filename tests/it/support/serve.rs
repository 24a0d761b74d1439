//! `midwatch serve` as a service manager starts it, and a client that sends it events.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Child, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;
use serde_json::Value;

use super::program::Program;

/// Longest wait for anything.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The running server; killed when dropped.
pub struct Serve {
    child: Child,
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
}

impl Serve {
    /// Starts it on a free port and waits until it listens.
    pub fn start(program: &Program, args: &[&str]) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
        all.extend(args);
        let mut child = program.command(&all).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (found, told) = mpsc::channel();
        let kept = Arc::clone(&log);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let said: Value = serde_json::from_str(&line).unwrap_or_default();
                if said["message"] == "listening" {
                    let url = said["url"].as_str().unwrap_or_default().to_owned();
                    let _gone = found.send(url);
                }
                kept.lock().unwrap().push(line);
            }
        });
        let url = told
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("it does not listen: {:?}", log.lock().unwrap()));
        let address = url.rsplit('/').next().unwrap().parse().unwrap();
        Self { child, address, log }
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-s", name, &id])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Kills it without a word.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end: {}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// What it says of itself once it is ready.
    pub fn ready(&self) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.get("/readyz");
            if answer.status == 200 {
                return answer.json();
            }
            assert!(begun.elapsed() < PATIENCE, "{}", answer.text);
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        request(self.address, "GET", path, &[], b"").unwrap()
    }

    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        request(self.address, "POST", path, headers, body.as_bytes()).unwrap()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _dead = self.child.kill();
        let _dead = self.child.wait();
    }
}

/// What was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The word of the error.
    pub fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// One request on a connection of its own. JSON, unless a header says otherwise.
pub fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    let given = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    if !given("content-type") {
        head.push_str("content-type: application/json\r\n");
    }
    if !given("content-length") && !given("transfer-encoding") && method != "GET" {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut whole = head.into_bytes();
    whole.extend_from_slice(body);
    raw(address, &whole)
}

/// These bytes, and whatever comes back.
pub fn raw(address: SocketAddr, bytes: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // A server that has heard enough may hang up before the end.
    let _heard = stream.write_all(bytes);
    let mut read = Vec::new();
    let outcome = stream.read_to_end(&mut read);
    if read.is_empty() {
        outcome?;
    }
    Ok(parsed(&String::from_utf8_lossy(&read)))
}

fn parsed(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        head: head.to_lowercase(),
        text: body.to_owned(),
    }
}

/// Base64 of the HMAC-SHA256 of a message.
pub fn signature(secret: &str, message: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, message.as_bytes()))
}

/// The same in hexadecimal digits.
pub fn hex_signature(secret: &str, message: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, message.as_bytes());
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16).unwrap());
    tag.as_ref().iter().flat_map(digits).collect()
}

/// A webhook as `midwatch webhook create` prints it.
pub struct Hook {
    pub id: String,
    pub path: String,
    pub secret: String,
}

impl Hook {
    /// Makes one.
    pub fn create(program: &Program, args: &[&str]) -> Self {
        let mut all = vec!["webhook", "create"];
        all.extend(args);
        all.extend(["--format", "json"]);
        let made = program.json(&all);
        let url = made["url"].as_str().unwrap_or_else(|| panic!("{made}"));
        let path = url.find("/webhook/").map(|at| url[at..].to_owned()).unwrap();
        Self {
            id: made["id"].as_str().unwrap().to_owned(),
            path,
            secret: made["secret"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// The headers of a signed event, now.
    pub fn signed(&self, body: &str) -> Vec<(&'static str, String)> {
        self.signed_at(&jiff::Timestamp::now().to_string(), body)
    }

    pub fn signed_at(&self, time: &str, body: &str) -> Vec<(&'static str, String)> {
        vec![
            ("x-amzn-event-timestamp", time.to_owned()),
            (
                "x-amzn-event-signature",
                signature(&self.secret, &format!("{time}:{body}")),
            ),
        ]
    }

    /// Sends a signed event.
    pub fn send(&self, serve: &Serve, body: &str) -> Answer {
        let headers = self.signed(body);
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        serve.post(&self.path, &headers, body)
    }
}

/// An event as the guide's examples send it.
pub fn event(incident: &str, service: &str) -> String {
    serde_json::json!({
        "eventType": "incident", "incidentId": incident, "action": "created", "priority": "HIGH",
        "title": format!("{service} fails"), "description": "5xx at the door", "service": service,
        "timestamp": jiff::Timestamp::now().to_string(), "data": {}
    })
    .to_string()
}
