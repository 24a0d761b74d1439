//! Real emulators of AWS: found in `.peers` (made by `scripts/test`) or where MIDWATCH_TEST_PEERS says, started on a free
//! port of the loopback interface, ended by their process id.

use std::{
    env,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Longest wait for a peer's first answer.
const START: Duration = Duration::from_mins(1);
/// Longest wait for any other answer: a function that runs for the first time starts an interpreter.
const ANSWER: Duration = Duration::from_mins(2);
/// How long a peer may take to end by itself.
const END: Duration = Duration::from_secs(5);

/// Who calls, and where: an emulator tells accounts apart by the access key.
pub struct Caller {
    key: String,
    region: String,
}

impl Caller {
    /// The root of an account, as [`ministack_that_denies`] has it.
    pub fn root_of(account: &str) -> Self {
        Self {
            key: account.to_owned(),
            ..Self::default()
        }
    }

    /// The same somebody in another region.
    pub fn in_region(&self, region: &str) -> Self {
        Self {
            key: self.key.clone(),
            region: region.to_owned(),
        }
    }
}

impl Default for Caller {
    fn default() -> Self {
        Self {
            key: "testing".to_owned(),
            region: super::aws::REGION.to_owned(),
        }
    }
}

/// A running emulator; ends when dropped.
pub struct Peer {
    child: Child,
    url: String,
    _folder: TempDir,
}

/// moto, or none with a printed reason.
pub fn moto() -> Option<Peer> {
    start("moto_server", |command, port| {
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    })
}

/// moto over TLS, with `leaf.pem` and `leaf.key` of that folder; or none with a printed reason.
pub fn moto_over_tls(folder: &Path) -> Option<Peer> {
    let mut peer = start("moto_server", |command, port| {
        command
            .args(["-H", "127.0.0.1", "-p", &port.to_string(), "-s", "-c"])
            .arg(folder.join("leaf.pem"))
            .arg("-k")
            .arg(folder.join("leaf.key"));
    })?;
    peer.url = peer.url.replacen("http:", "https:", 1);
    Some(peer)
}

/// ministack with its trail recording and functions that really run, or none with a printed reason.
pub fn ministack() -> Option<Peer> {
    start("ministack", |command, port| {
        command
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("CLOUDTRAIL_RECORDING", "1")
            .env("LAMBDA_EXECUTOR", "local");
    })
}

/// ministack that evaluates trust and policies, or none with a printed reason. An access key of twelve digits is the root of
/// that account.
pub fn ministack_that_denies() -> Option<Peer> {
    start("ministack", |command, port| {
        command
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("AUTH", "true");
    })
}

/// A file of an npm package of `scripts/peers-node.txt`, or none with a printed reason.
pub fn node_module(folder: &str, file: &str) -> Option<PathBuf> {
    let path = installed().join(folder).join("node_modules").join(file);
    if path.exists() {
        return Some(path);
    }
    eprintln!(
        "SKIPPED: there is no {}; scripts/test installs it",
        path.display()
    );
    None
}

fn installed() -> PathBuf {
    env::var_os("MIDWATCH_TEST_PEERS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".peers"),
        PathBuf::from,
    )
}

fn start(program: &str, arguments: impl Fn(&mut Command, u16)) -> Option<Peer> {
    let path = installed().join("venv/bin").join(program);
    if !path.exists() {
        eprintln!(
            "SKIPPED: no {program} at {}; scripts/test installs it",
            path.display()
        );
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = Command::new(&path);
    command
        .current_dir(folder.path())
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    arguments(&mut command, port);
    let child = command.spawn().unwrap();
    let mut peer = Peer {
        child,
        url: format!("http://127.0.0.1:{port}"),
        _folder: folder,
    };
    peer.wait_until_it_answers(program, port);
    Some(peer)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

impl Peer {
    pub fn url(&self) -> &str {
        &self.url
    }

    fn wait_until_it_answers(&mut self, program: &str, port: u16) {
        let begun = Instant::now();
        while begun.elapsed() < START {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("{program} ended at once: {status}");
            }
            if std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("{program} did not answer in {} s", START.as_secs());
    }

    /// One call of a service with the Query protocol, for what midwatch itself never sends.
    pub async fn query(&self, service: &str, action: &str, parameters: &[(&str, &str)]) -> String {
        self.query_as(&Caller::default(), service, action, parameters)
            .await
    }

    /// Somebody in another account, in a region.
    pub async fn enter(&self, account: &str, region: &str) -> Caller {
        let role = format!("arn:aws:iam::{account}:role/deploy");
        let parameters = [("RoleArn", role.as_str()), ("RoleSessionName", "deploy")];
        let answer = self.query("sts", "AssumeRole", &parameters).await;
        let key = answer.split_once("<AccessKeyId>").unwrap().1;
        Caller {
            key: key.split('<').next().unwrap().to_owned(),
            region: region.to_owned(),
        }
    }

    /// As [`Self::query`], for somebody else.
    pub async fn query_as(
        &self,
        caller: &Caller,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> String {
        let mut form = vec![("Action", action)];
        form.push(("Version", version(service)));
        form.extend_from_slice(parameters);
        self.send_as(caller, service, client().post(&self.url).form(&form))
            .await
    }

    /// One call of a service that speaks JSON.
    pub async fn json_as(
        &self,
        caller: &Caller,
        service: &str,
        target: &str,
        body: &serde_json::Value,
    ) -> String {
        let request = client()
            .post(&self.url)
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.1")
            .body(body.to_string());
        self.send_as(caller, service, request).await
    }

    /// One call of a service with the JSON protocol.
    pub async fn json(&self, service: &str, target: &str, input: &serde_json::Value) -> serde_json::Value {
        let request = client()
            .post(&self.url)
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.1")
            .body(input.to_string());
        serde_json::from_str(&self.send(service, request).await).unwrap()
    }

    /// One call of a service with a path an operation, in JSON or XML.
    pub async fn post(&self, service: &str, path: &str, body: &str) -> String {
        let kind = if body.starts_with('<') {
            "application/xml"
        } else {
            "application/json"
        };
        let request = client().post(format!("{}/{}", self.url, path.trim_start_matches('/')));
        let request = request.header("content-type", kind).body(body.to_owned());
        self.send(service, request).await
    }

    /// Invokes a function and waits for its end.
    pub async fn invoke(&self, function: &str, payload: &str) -> String {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.url);
        self.send("lambda", client().post(url).body(payload.to_owned()))
            .await
    }

    /// Makes a stack of a template in `tests/data/stacks`.
    pub async fn create_stack(&self, name: &str, template: &str) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data/stacks")
            .join(template);
        let body = std::fs::read_to_string(path).unwrap();
        self.create_stack_as(&Caller::default(), name, &body).await;
    }

    /// Makes a stack of a template for somebody else.
    pub async fn create_stack_as(&self, caller: &Caller, name: &str, body: &str) {
        let parameters = [
            ("StackName", name),
            ("TemplateBody", body),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ];
        self.query_as(caller, "cloudformation", "CreateStack", &parameters)
            .await;
        let begun = Instant::now();
        while begun.elapsed() < START {
            let answer = self
                .query_as(caller, "cloudformation", "DescribeStacks", &[("StackName", name)])
                .await;
            if answer.contains("<StackStatus>CREATE_COMPLETE<") {
                return;
            }
            assert!(
                answer.contains("CREATE_IN_PROGRESS"),
                "the stack failed: {answer}"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the stack {name} was not made in time");
    }

    async fn send(&self, service: &str, request: reqwest::RequestBuilder) -> String {
        self.send_as(&Caller::default(), service, request).await
    }

    async fn send_as(&self, caller: &Caller, service: &str, request: reqwest::RequestBuilder) -> String {
        let Caller { key, region } = caller;
        let scope = format!("{key}/20260101/{region}/{service}/aws4_request");
        let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        let answer = request
            .header("authorization", authorization)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "{service} said {status}: {body}");
        body
    }
}

fn version(service: &str) -> &'static str {
    match service {
        "cloudformation" => "2010-05-15",
        "iam" => "2010-05-08",
        "monitoring" => "2010-08-01",
        "rds" => "2014-10-31",
        "sts" => "2011-06-15",
        _ => "2016-11-15",
    }
}

/// A plain client; the process-wide TLS provider is needed to build one, though nothing here is encrypted.
fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(ANSWER)
        .build()
        .unwrap()
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Asked first, so that it can end the functions that it runs.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let begun = Instant::now();
        while begun.elapsed() < END {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
