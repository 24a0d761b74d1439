//! `midwatch connection`, as its users start it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};

use crate::support::{
    double_mcp::{DoubleMcp, Reply, reader, usual, writer},
    mcp_peers::Peer,
};

/// The program with a home of its own.
struct Program {
    home: tempfile::TempDir,
}

impl Program {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config.toml"), "# mine\nspace = \"shop\"\n").unwrap();
        Self { home }
    }

    fn config(&self) -> PathBuf {
        self.home.path().join("config.toml")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.config()).unwrap()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.midwatch("connection");
        command.args(words);
        command
    }

    fn midwatch(&self, first: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_midwatch"));
        command
            .arg(first)
            .env_clear()
            .env("HOME", self.home.path())
            .env("MIDWATCH_DATA", self.home.path().join("data"))
            .env("MIDWATCH_CONFIG", self.config())
            .env("HUB_TOKEN", "hush-hush")
            .env("MIDWATCH_LOG", "trace")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    fn fine(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn fault(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{words:?}: {error}");
        assert!(error.starts_with("error: ") && error.contains("hint:"), "{error}");
        error
    }

    fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.fine(words)).unwrap()
    }
}

fn start() -> (Program, DoubleMcp) {
    let program = Program::new();
    let tools = || [reader("look"), writer("drop_table")];
    (
        program,
        DoubleMcp::start(move |asked| Some(usual(asked, &tools()))),
    )
}

#[test]
fn a_server_is_registered_tried_allowed_and_removed() {
    let (program, server) = start();
    let url = server.url();
    let told = program.fine(&[
        "add",
        "mcp",
        "hub",
        "--url",
        &url,
        "--bearer",
        "env:HUB_TOKEN",
        "--description",
        "runbooks",
    ]);
    assert!(told.contains("midwatch connection test hub"), "{told}");
    assert!(program.text().starts_with("# mine\n"));
    assert!(
        program
            .fault(&["add", "mcp", "hub", "--url", &url])
            .contains("there is a connection 'hub' already")
    );
    let told = program.fine(&["test", "hub"]);
    assert!(
        told.starts_with("hub: ok, 2 tools; space shop does not use it"),
        "{told}"
    );
    let seen = server.seen();
    assert!(
        seen.iter()
            .all(|asked| asked.header("authorization") == Some("Bearer hush-hush")),
        "{seen:?}"
    );

    program.fine(&["associate", "hub"]);
    assert_eq!(
        program.fine(&["test", "hub"]),
        "hub: ok, 2 tools, 1 allowed in space shop\n"
    );
    let tools = program.fine(&["tools", "hub"]);
    insta::assert_snapshot!("tools", tools);
    assert!(
        program
            .fault(&["allow", "hub", "dropp_table"])
            .contains("has no tool dropp_table")
    );
    let told = program.fine(&["allow", "hub", "drop_table"]);
    assert_eq!(told, "space shop: listed tools of hub: drop_table\n");
    assert_eq!(
        program.json(&["tools", "hub", "--format", "json"])[0]["allowed"],
        true
    );
    program.fine(&["allow", "hub", "--only-listed"]);
    let standing =
        |index: usize| program.json(&["tools", "hub", "--format", "json"])[index]["standing"].clone();
    assert_eq!(standing(1), "not allowed: not listed");
    program.fine(&["allow", "hub", "drop_table", "--remove", "--readers"]);
    assert_eq!(standing(0), "not allowed: may write");
    assert_eq!(standing(1), "allowed");

    let listed = program.json(&["list", "--format", "json"]);
    assert_eq!(listed[0]["auth"], "bearer token");
    assert_eq!(listed[0]["spaces"], json!(["shop"]));
    assert!(program.fault(&["remove", "hub"]).contains("in use by shop"));
    let told = program.fine(&["dissociate", "hub"]);
    assert_eq!(told, "space shop no longer uses hub\n");
    let file = program.home.path().join("data/connections/hub.json");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let told = program.fine(&["remove", "hub"]);
    assert!(
        told.contains("stays: the secret in environment variable HUB_TOKEN"),
        "{told}"
    );
    assert!(!file.exists());
    assert_eq!(program.json(&["list", "--format", "json"]), json!([]));
    // Not in the configuration, not in the log, nowhere.
    let log = std::fs::read_to_string(program.home.path().join("data/midwatch.log")).unwrap();
    assert!(
        !log.is_empty() && !log.contains("hush") && !program.text().contains("hush"),
        "{log}"
    );
}

#[test]
fn every_kind_can_be_registered_and_says_how_it_is_told_who_asks() {
    let (program, _) = start();
    let url = "https://mcp.example.org/v1";
    for (words, auth) in [
        (vec!["mcp", "a", "--command", "npx", "-y", "some-server"], "none"),
        (
            vec![
                "datadog",
                "b",
                "--url",
                url,
                "--api-key",
                "file:/etc/key",
                "--header",
                "DD-API-KEY",
            ],
            "API key",
        ),
        (
            vec![
                "newrelic",
                "c",
                "--url",
                url,
                "--api-key",
                "ssm:/nr",
                "--header",
                "api-key",
                "--in-region",
                "eu",
                "--account",
                "1",
            ],
            "API key",
        ),
        (
            vec![
                "splunk",
                "d",
                "--url",
                url,
                "--bearer",
                "command:pass show splunk",
            ],
            "bearer token",
        ),
        (
            vec![
                "dynatrace",
                "e",
                "--url",
                url,
                "--client-id",
                "i",
                "--client-secret",
                "aws-secret:dt#secret",
                "--token-url",
                "https://sso.dynatrace.com/sso/oauth2/token",
                "--scope",
                "storage:logs:read",
                "--param",
                "resource=urn:dtaccount:1",
            ],
            "OAuth client credentials",
        ),
        (
            vec!["grafana", "f", "--url", url, "--oauth", "--scope", "read"],
            "OAuth with consent",
        ),
        (
            vec!["github", "g", "--owner", "acme", "--bearer", "env:GITHUB_TOKEN"],
            "bearer token",
        ),
        (
            vec![
                "gitlab",
                "h",
                "--url",
                "https://gitlab.example.org",
                "--owner",
                "acme",
                "--bearer",
                "env:GITLAB_TOKEN",
            ],
            "bearer token",
        ),
        (
            vec!["eks", "i", "--cluster", "prod", "--account", "111122223333"],
            "AWS role",
        ),
    ] {
        let mut all = vec!["add"];
        all.extend(&words);
        program.fine(&all);
        let listed = program.json(&["list", "--format", "json"]);
        let last = listed.as_array().unwrap().last().unwrap();
        assert_eq!(
            (last["kind"].as_str(), last["auth"].as_str()),
            (Some(words[0]), Some(auth))
        );
    }
    insta::assert_snapshot!("list", program.fine(&["list"]));
    insta::assert_snapshot!("config", program.text());
    // What is changed is changed, the rest stays.
    program.fine(&["edit", "d", "--bearer", "env:SPLUNK", "--timeout", "5"]);
    let text = program.text();
    assert!(
        text.contains("auth = { bearer = { env = \"SPLUNK\" } }\ntimeout = 5"),
        "{text}"
    );
    program.fine(&["allow", "g", "acme/orders", "acme/payments"]);
    let arn = "arn:aws:cloudformation:eu-west-1:111122223333:stack/orders/1";
    program.fine(&["map", "g", "acme/orders", arn]);
    let text = program.text();
    assert!(
        text.contains("projects = [\"acme/orders\", \"acme/payments\"]"),
        "{text}"
    );
    assert!(
        text.contains(&format!(
            "deploys = [{{ project = \"acme/orders\", resource = \"{arn}\" }}]"
        )),
        "{text}"
    );
    program.fine(&["map", "g", "acme/orders", arn, "--remove"]);
    assert!(
        program
            .fault(&["map", "g", "acme/orders", arn, "--remove"])
            .contains("not mapped")
    );
}

#[test]
fn mistakes_are_told_and_never_repeat_a_secret() {
    let (program, _) = start();
    for (words, why) in [
        (
            vec![
                "add",
                "mcp",
                "a",
                "--url",
                "https://x.org",
                "--bearer",
                "ghp_hush",
            ],
            "a secret is never given here",
        ),
        (
            vec!["add", "mcp", "a", "--url", "http://example.org"],
            "not one that is trusted",
        ),
        (vec!["add", "mcp", "a"], "needs either a url or a command"),
        (
            vec!["add", "mcp", "a b", "--url", "https://x.org"],
            "cannot be the name of a connection",
        ),
        (
            vec!["add", "mcp", "a", "--url", "https://x.org", "--client-id", "i"],
            "need a secret",
        ),
        (
            vec!["add", "mcp", "a", "--url", "https://x.org", "--scope", "s"],
            "scopes belong to OAuth",
        ),
        (vec!["add", "eks", "a"], "names no cluster"),
        (vec!["test", "nobody"], "there is no connection 'nobody'"),
        (vec!["remove", "nobody"], "there is no connection 'nobody'"),
        (vec!["dissociate", "nobody"], "does not use 'nobody'"),
        (vec!["login", "nobody"], "there is no connection 'nobody'"),
    ] {
        let error = program.fault(&words);
        assert!(error.contains(why) && !error.contains("hush"), "{error}");
    }
    assert_eq!(program.text(), "# mine\nspace = \"shop\"\n");
    program.fine(&["add", "mcp", "gone", "--url", "http://127.0.0.1:1/mcp"]);
    let error = program.fault(&["test", "gone"]);
    assert!(
        error.starts_with("error: the server of connection gone cannot be reached: "),
        "{error}"
    );
}

#[test]
fn a_changed_tool_is_shown_and_approved() {
    let turn = Arc::new(AtomicUsize::new(0));
    let now = Arc::clone(&turn);
    let server = DoubleMcp::start(move |asked| {
        let mut look = reader("look");
        look["description"] = format!("Version {}\u{1b}[31m", now.load(Ordering::SeqCst)).into();
        Some(usual(asked, &[look]))
    });
    let program = Program::new();
    program.fine(&["add", "mcp", "hub", "--url", &server.url()]);
    program.fine(&["associate", "hub"]);
    program.fine(&["test", "hub"]);
    turn.store(1, Ordering::SeqCst);
    let told = program.fine(&["test", "hub"]);
    assert!(
        told.contains("1 changed: midwatch connection tools hub"),
        "{told}"
    );
    let told = program.fine(&["tools", "hub"]);
    assert!(
        told.contains("changed, not approved") && !told.contains('\u{1b}'),
        "{told}"
    );
    let doctor = || String::from_utf8(program.midwatch("doctor").output().unwrap().stdout).unwrap();
    let told = doctor();
    assert!(told.contains("1 tool approved, changed since: look"), "{told}");
    program.fine(&["allow", "hub", "look"]);
    assert!(program.fine(&["tools", "hub"]).contains("allowed"));
    assert!(!doctor().contains("changed since"));
}

/// Logs in as a person on a jump host does: reads the address, opens it elsewhere, and pastes where the browser ended.
#[test]
fn a_login_is_pasted_back_on_a_jump_host() {
    let Some(peer) = Peer::fastmcp("oauth") else {
        return;
    };
    let program = Program::new();
    program.fine(&[
        "add",
        "mcp",
        "hub",
        "--url",
        &format!("{}/mcp", peer.address),
        "--oauth",
    ]);
    assert!(
        program
            .fault(&["test", "hub"])
            .contains("hint: midwatch connection login hub")
    );
    for pasted in [true, false] {
        let mut command = program.command(&["login", "hub"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            line.unwrap()
                .strip_prefix("http")
                .map(|rest| format!("http{rest}"))
        });
        let back = browse(&url.unwrap());
        let mut stdin = child.stdin.take().unwrap();
        if pasted {
            writeln!(stdin, "{back}").unwrap();
        } else {
            assert!(fetch(&back).contains("You can close this page"));
        }
        let output = child.wait_with_output().unwrap();
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        assert!(words.starts_with("logged in: hub"), "{words}{rest:?}");
    }
    assert!(program.fine(&["test", "hub"]).starts_with("hub: ok, 2 tools"));
    let file = std::fs::read_to_string(program.home.path().join("data/connections/hub.json")).unwrap();
    let held: Value = serde_json::from_str(&file).unwrap();
    let log = std::fs::read_to_string(program.home.path().join("data/midwatch.log")).unwrap();
    for name in ["access", "refresh"] {
        assert!(
            !log.contains(held["tokens"][name].as_str().unwrap()),
            "{name} is in the log"
        );
    }
    let told = program.fine(&["remove", "hub"]);
    assert!(
        told.contains("stays: midwatch's registration and consent at http://127.0.0.1"),
        "{told}"
    );
}

/// An answer to somebody else's login is refused.
#[test]
fn a_foreign_answer_is_no_login() {
    let server = DoubleMcp::start(|asked| {
        let base = format!("http://{}", asked.header("host").unwrap_or_default());
        Some(match asked.path.as_str() {
            "/.well-known/oauth-authorization-server" => Reply::json(
                200,
                &json!({
                    "issuer": base,
                    "authorization_endpoint": format!("{base}/authorize"),
                    "token_endpoint": format!("{base}/token"),
                    "registration_endpoint": format!("{base}/register"),
                }),
            ),
            "/register" => Reply::json(201, &json!({"client_id": "me"})),
            _ => Reply::json(404, &json!({})),
        })
    });
    let program = Program::new();
    program.fine(&["add", "mcp", "hub", "--url", &server.url(), "--oauth"]);
    let mut child = program
        .command(&["login", "hub"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "http://127.0.0.1:1/callback?code=stolen&state=another").unwrap();
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.contains("belongs to another login") && !error.contains("stolen"),
        "{error}"
    );
    assert!(server.seen().iter().all(|asked| asked.path != "/token"));
}

/// Where a browser ends that opens `url` and consents.
fn browse(url: &str) -> String {
    let answer = get(url);
    let place = answer.headers().get("location").unwrap().to_str().unwrap();
    place.to_owned()
}

fn fetch(url: &str) -> String {
    block(async { client().get(url).send().await.unwrap().text().await.unwrap() })
}

fn get(url: &str) -> reqwest::Response {
    block(async { client().get(url).send().await.unwrap() })
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().no_proxy();
    builder
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

fn block<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}
