//! Where journals are kept.

use super::SecretRef;

/// Where journals are kept: a file a space on this host, or a server that several hosts share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Where the address of the PostgreSQL server stands, password and all; none: SQLite files.
    pub postgres: Option<SecretRef>,
    /// Connections to the server at once.
    pub connections: u32,
    /// Seconds that a server which does not answer is waited for before work fails.
    pub patience: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            postgres: None,
            connections: 8,
            patience: 120,
        }
    }
}
