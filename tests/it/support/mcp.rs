//! Connections to MCP servers for tests.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use midwatch::{
    config::{Association, Auth, Connection, ConnectionKind, SecretRef},
    net::Net,
    sources::{
        mcp::{Lines, McpClient, memory::Memory},
        secrets::Secrets,
    },
};
use tempfile::TempDir;

/// A connection to `url` that is not told who asks.
pub fn connection(url: &str) -> Connection {
    Connection {
        kind: ConnectionKind::Mcp,
        description: None,
        url: Some(url.to_owned()),
        command: Vec::new(),
        auth: Auth::None,
        owner: None,
        account: None,
        region: None,
        cluster: None,
        api: None,
        from: None,
        timeout: 120,
        largest_answer: 16 * 1024,
    }
}

/// A space that lists `tools`.
pub fn listing(tools: &[&str]) -> Association {
    Association {
        tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
        ..Association::default()
    }
}

/// A data folder, and conversations that remember in it.
pub struct Desk {
    pub folder: TempDir,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn lines(&self) -> Arc<Lines> {
        Arc::new(Lines::new(
            Net::default(),
            Secrets::default(),
            Some(self.folder.path().to_owned()),
        ))
    }

    /// A client of its own, as after a start of the program.
    pub fn client(&self, connection: &Connection, association: &Association) -> McpClient {
        self.lines().client("hub", connection, association).unwrap()
    }

    pub fn memory(&self) -> Memory {
        Memory::of(self.folder.path(), "hub")
    }

    /// A secret in a file for its owner alone.
    pub fn secret(&self, words: &str) -> SecretRef {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.folder.path().join(format!("secret-{}", words.len()));
        std::fs::write(&path, words).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        SecretRef::File(path)
    }

    /// Client credentials with `secret`.
    pub fn credentials(&self, secret: &str, token_url: Option<&str>) -> Auth {
        Auth::ClientCredentials {
            id: "robot".to_owned(),
            secret: self.secret(secret),
            token_url: token_url.map(str::to_owned),
            scopes: vec!["read".to_owned(), "offline_access".to_owned()],
            parameters: BTreeMap::from([("audience".to_owned(), "https://api.example.org".to_owned())]),
        }
    }
}

/// Where the peers are.
pub fn peers() -> PathBuf {
    std::env::var_os("MIDWATCH_TEST_PEERS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join(".peers"),
        PathBuf::from,
    )
}
