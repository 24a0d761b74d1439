//! Real MCP servers and authorization servers: found in `.peers` (made by `scripts/test`) or where MIDWATCH_TEST_PEERS says,
//! started on a free port of the loopback interface, ended by their process id.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::mcp::peers;

/// Longest wait for a peer's first answer.
const START: Duration = Duration::from_mins(3);

/// True when the peer is there; says so when it is not.
pub fn there(program: &Path) -> bool {
    let all = [program.to_owned(), node_program()];
    let missing = all.iter().find(|path| !path.exists());
    if let Some(missing) = missing {
        eprintln!("SKIPPED: no {}; scripts/test installs it", missing.display());
    }
    missing.is_none()
}

fn node_program() -> PathBuf {
    peers().join("node/node_modules/node/bin/node")
}

fn preload() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/local.cjs")
}

/// node, whose servers listen on this host alone.
pub fn node() -> Command {
    let mut command = Command::new(node_program());
    command.arg("--require").arg(preload());
    command
}

/// The server with every sort of tool, or none with a printed reason.
pub fn everything() -> Option<PathBuf> {
    let program =
        peers().join("everything/node_modules/@modelcontextprotocol/server-everything/dist/index.js");
    there(&program).then_some(program)
}

/// The words that start it as a local server.
pub fn everything_command() -> Option<Vec<String>> {
    let program = everything()?;
    let words = [
        node_program(),
        "--require".into(),
        preload(),
        program,
        "stdio".into(),
    ];
    Some(words.iter().map(|word| word.display().to_string()).collect())
}

/// A running peer; ends when dropped.
pub struct Peer {
    child: Child,
    pub address: String,
}

impl Peer {
    /// `command` with a port, until it takes connections.
    pub fn start(command: impl FnOnce(u16) -> Command) -> Self {
        let port = {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            listener.local_addr().unwrap().port()
        };
        let mut command = command(port);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Owned from here on, so that it is ended whatever follows.
        let mut peer = Self {
            child: command.spawn().unwrap(),
            address: format!("http://127.0.0.1:{port}"),
        };
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = peer.child.try_wait().unwrap() {
                panic!("{command:?} ended at once: {status}");
            }
            assert!(begun.elapsed() < START, "{command:?} did not answer");
            thread::sleep(Duration::from_millis(50));
        }
        peer
    }

    /// server-everything over HTTP.
    pub fn everything() -> Option<Self> {
        let program = everything()?;
        Some(Self::start(|port| {
            let mut command = node();
            command
                .arg(program)
                .arg("streamableHttp")
                .env("PORT", port.to_string());
            command
        }))
    }

    /// oauth2-mock-server.
    pub fn tokens() -> Option<Self> {
        let program = peers().join("oauth2-mock/node_modules/oauth2-mock-server/dist/oauth2-mock-server.mjs");
        there(&program).then(|| {
            Self::start(|port| {
                let mut command = node();
                command
                    .arg(program)
                    .args(["-a", "127.0.0.1", "-p", &port.to_string()]);
                command
            })
        })
    }

    /// A server of fastmcp, in Python, with `auth` (`oauth` or `bearer`).
    pub fn fastmcp(auth: &str) -> Option<Self> {
        let python = peers().join("venv/bin/python");
        if !peers().join("venv/bin/fastmcp").exists() {
            eprintln!(
                "SKIPPED: no fastmcp in {}; scripts/test installs it",
                peers().display()
            );
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mcp/server.py");
        Some(Self::start(|port| {
            let mut command = Command::new(python);
            command.arg(script).arg(port.to_string()).arg(auth);
            command
        }))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
