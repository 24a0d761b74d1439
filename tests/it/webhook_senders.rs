//! Senders in the languages that people send from, each in a process of its own. Without node, openssl or curl the one that needs
//! it is skipped, and says so.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use midwatch::journal::{Body, Journal, StreamId};
use serde_json::Value;

use crate::support::{
    program::Program,
    serve::{Hook, PATIENCE, Serve},
};

fn sender(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/webhook_senders");
    std::fs::read_to_string(path.join(name)).unwrap()
}

/// True where this program is to be had.
fn there_is(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("**** SKIPPED: there is no {program} here");
    }
    found
}

/// Where node is: in the peers, or in the path.
fn node() -> Option<PathBuf> {
    let peers = std::env::var_os("MIDWATCH_TEST_PEERS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".peers"),
        PathBuf::from,
    );
    let node = peers.join("node/node_modules/node/bin/node");
    let node = if node.exists() {
        node
    } else {
        PathBuf::from("node")
    };
    there_is(node.to_str().unwrap()).then_some(node)
}

fn ran(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

struct Night {
    program: Program,
    serve: Serve,
}

impl Night {
    fn begin() -> Self {
        let program = Program::new("").cut_off();
        let serve = Serve::start(&program, &[]);
        Self { program, serve }
    }

    fn hook(&self, args: &[&str]) -> (Hook, String) {
        let hook = Hook::create(&self.program, args);
        let url = format!("http://{}{}", self.serve.address, hook.path);
        (hook, url)
    }

    /// The titles of events that came, once there are as many.
    async fn titles(&self, count: usize) -> Vec<String> {
        let path = self.program.path("data/spaces/default/journal.sqlite");
        let journal = Journal::open(&path).await.unwrap();
        let begun = Instant::now();
        loop {
            let records = journal.read_all(&StreamId::space()).await.unwrap();
            let titles: Vec<String> = records
                .iter()
                .filter_map(|record| match record.typed() {
                    Some(Body::Event(event)) => Some(event.alert.map_or(event.unread, |alert| alert.title)),
                    _ => None,
                })
                .collect();
            if titles.len() >= count {
                return titles;
            }
            assert!(begun.elapsed() < PATIENCE, "{titles:?}\n{}", self.serve.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Runs a sender with the address and the secret in its environment.
fn send(program: &Path, flag: &str, script: &str, url: &str, secret: &str) -> String {
    let mut command = Command::new(program);
    command.args([flag, script]).env("no_proxy", "127.0.0.1");
    ran(command.env("WEBHOOK_URL", url).env("WEBHOOK_SECRET", secret))
}

/// What a sender was answered: status and JSON.
fn answer(out: &str) -> (&str, Value) {
    let (status, body) = out.trim().split_once(' ').unwrap();
    (status, serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn javascript_with_hmac() {
    let Some(node) = node() else { return };
    let night = Night::begin();
    let (hook, url) = night.hook(&["js", "--kind", "generic"]);
    let out = send(&node, "-e", &sender("signed.js"), &url, &hook.secret);
    let (status, answer) = answer(&out);
    assert_eq!(status, "202", "{out}{}", night.serve.log());
    assert!(
        answer["event"].is_u64() && answer["investigation"].is_string(),
        "{answer}"
    );
    assert_eq!(night.titles(1).await, ["Orders wait longer than a minute"]);
}

#[tokio::test]
async fn shell_with_hmac() {
    if !there_is("openssl") || !there_is("curl") {
        return;
    }
    let night = Night::begin();
    let (hook, url) = night.hook(&["sh", "--kind", "generic"]);
    let out = send(Path::new("bash"), "-c", &sender("signed.sh"), &url, &hook.secret);
    assert!(
        out.contains("\"triage\":\"investigated\""),
        "{out}{}",
        night.serve.log()
    );
    assert_eq!(night.titles(1).await, ["Mail is late"]);
}

#[tokio::test]
async fn javascript_with_a_bearer_token() {
    let Some(node) = node() else { return };
    let night = Night::begin();
    let (hook, url) = night.hook(&["jsb", "--kind", "generic", "--scheme", "bearer"]);
    let out = send(&node, "-e", &sender("bearer.js"), &url, &hook.secret);
    assert_eq!(answer(&out).0, "202", "{out}{}", night.serve.log());
    assert_eq!(night.titles(1).await, ["The ledger lags behind"]);
}

#[tokio::test]
async fn shell_with_a_bearer_token() {
    if !there_is("curl") {
        return;
    }
    let night = Night::begin();
    // The integrations' own kinds take it by themselves.
    let (hook, url) = night.hook(&["shb", "--kind", "datadog"]);
    let out = send(Path::new("bash"), "-c", &sender("bearer.sh"), &url, &hook.secret);
    assert!(
        out.contains("\"triage\":\"investigated\""),
        "{out}{}",
        night.serve.log()
    );
    assert_eq!(night.titles(1).await, ["Mail is lost"]);
}

/// What the script finds around it in ServiceNow, as a double: `generateMac` takes its key in base64.
const AROUND: &str = r"
const crypto = require('crypto');
const GlideStringUtil = {base64Encode: text => Buffer.from(text).toString('base64')};
function GlideCertificateEncryption() {}
GlideCertificateEncryption.prototype.generateMac = (key, algorithm, data) =>
    crypto.createHmac('sha256', Buffer.from(key, 'base64')).update(data).digest('base64');
const gs = {info: text => console.log(text),
    getProperty: name => ({'midwatch.url': process.env.WEBHOOK_URL, 'midwatch.secret': process.env.WEBHOOK_SECRET})[name]};
const sn_ws = {RESTMessageV2: function () {
    const headers = [], sent = {};
    this.setEndpoint = url => sent.url = url;
    this.setHttpMethod = method => sent.method = method;
    this.setRequestHeader = (name, value) => headers.push('-H', name + ': ' + value);
    this.setRequestBody = body => sent.body = body;
    this.execute = () => {
        const out = require('child_process').execFileSync('curl',
            ['-s', '--noproxy', '*', '-w', '\n%{http_code}', '-X', sent.method, ...headers, '--data-binary', sent.body, sent.url]).toString();
        const at = out.lastIndexOf('\n');
        return {getStatusCode: () => Number(out.slice(at + 1)), getBody: () => out.slice(0, at)};
    };
}};
const field = value => ({nil: () => value === null, toString: () => value, getDisplayValue: () => value, getLink: () => 'https://x'});
const current = new Proxy({operation: () => 'insert'}, {get: (all, name) => all[name] || field({
    sys_id: '9d385017c611228701d22104cc95c371', short_description: 'Orders are slow', priority: '1', urgency: '1', impact: '2',
    active: 'true', number: 'INC0010023', category: 'Software', incident_state: '1'}[name] || null)});
const previous = null;
";

#[tokio::test]
async fn the_business_rule_of_servicenow() {
    let Some(node) = node() else { return };
    if !there_is("curl") {
        return;
    }
    let night = Night::begin();
    let (hook, url) = night.hook(&["snow", "--kind", "servicenow"]);
    let rule = format!("{AROUND}{}", sender("servicenow.js"));
    let run = || send(&node, "-e", &rule, &url, &hook.secret);
    let out = run();
    assert_eq!(answer(&out).0, "202", "{out}{}", night.serve.log());
    // Whoever heard it could say it again: nothing in it says that it is new.
    let out = run();
    let (status, refused) = answer(&out);
    assert_eq!(
        (status, &refused["error"]["code"]),
        ("409", &Value::from("repeated")),
        "{out}"
    );
    assert_eq!(night.titles(1).await, ["Orders are slow"]);
}
