//! The official conformance suite for MCP clients, in two versions, against the library's client.

pub mod client;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::support::{mcp::peers, mcp_peers};

/// Scenarios that are not claimed, and why. Every other one has to pass.
const NOT_CLAIMED: [(&str, &str); 11] = [
    ("elicitation-sep1034-client-defaults", NOBODY),
    ("auth/client-credentials-jwt", KEYS),
    ("auth/cross-app-access-complete-flow", IDENTITY),
    ("auth/enterprise-managed-authorization", IDENTITY),
    ("auth/dpop", DPOP),
    ("auth/dpop-nonce", DPOP),
    ("auth/wif-jwt-bearer", KEYS),
    ("sep-2640-client-no-prefetch", SKILLS),
    ("sep-2640-client-verify-digest", SKILLS),
    ("sep-2640-client-verify-size", SKILLS),
    ("sep-2640-client-verify-frontmatter", SKILLS),
];
const NOBODY: &str = "an investigation has nobody to answer a form, so midwatch offers no elicitation";
const KEYS: &str = "an extension: midwatch's client credentials are an id and a secret, not a signing key";
const IDENTITY: &str =
    "an extension: midwatch has no identity provider of an enterprise to exchange tokens at";
const DPOP: &str = "an extension: midwatch's tokens are bearer tokens";
const SKILLS: &str = "an extension: midwatch reads no skills from servers";

/// Clients at once; both versions run at the same time.
const AT_ONCE: usize = 2;

#[test]
fn the_release_passes() {
    suite("conformance-0.1.16", 22);
}

#[test]
fn the_next_release_passes() {
    suite("conformance-0.2.0-alpha.12", 36);
}

/// Runs every claimed scenario of a version; `least` of them there have to be, lest a version without any pass.
fn suite(folder: &str, least: usize) {
    let program = peers()
        .join(folder)
        .join("node_modules/@modelcontextprotocol/conformance/dist/index.js");
    if !mcp_peers::there(&program) {
        return;
    }
    let listed = node(&program, &["list", "--client"], Path::new(".")).stdout;
    let listed = String::from_utf8(listed).unwrap();
    let names = listed.lines().filter_map(|line| line.strip_prefix("  - "));
    let claimed: Vec<&str> = names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| NOT_CLAIMED.iter().all(|(other, _)| other != name))
        .collect();
    assert!(claimed.len() >= least, "{listed}");
    let results = tempfile::tempdir().unwrap();
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(name) = claimed.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let output = scenario(&program, name, results.path());
                    if !output.status.success() {
                        let words = [output.stdout, output.stderr].concat();
                        let words = String::from_utf8_lossy(&words).into_owned();
                        failed.lock().unwrap().push(format!("{name}:\n{words}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

fn scenario(program: &Path, name: &str, results: &Path) -> Output {
    let ours: PathBuf = std::env::current_exe().unwrap();
    let client = format!(
        "{} --ignored --exact mcp_conformance::client::conversation",
        ours.display()
    );
    let arguments = [
        "client",
        "--command",
        &client,
        "--scenario",
        name,
        "--timeout",
        "300000",
    ];
    node(program, &arguments, results)
}

fn node(program: &Path, arguments: &[&str], folder: &Path) -> Output {
    let mut command: Command = mcp_peers::node();
    command.arg(program).args(arguments).current_dir(folder);
    command.env("RUST_BACKTRACE", "0").output().unwrap()
}
