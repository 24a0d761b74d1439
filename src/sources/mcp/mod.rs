//! MCP servers: Streamable HTTP, and local ones over their standard input and output.
//!
//! - [`Lines`] - every conversation of the process; makes clients. [`McpClient`] - what a space may ask of one connection.
//!   [`McpSource`] - a plain server among a space's sources.
//! - [`allow`] - which tools may be called. [`answer`] - from results to words. [`memory`] - what is remembered.
//!   [`oauth`] - logging in. [`error`] - what went wrong.
//!
//! What a server says (tools, descriptions, answers, errors) is external text: shown inert, never followed. The protocol is
//! rmcp's; what is kept, sent and trusted is decided here.

pub mod allow;
pub mod answer;
mod client;
pub mod error;
mod failure;
mod keys;
mod line;
mod member;
pub mod memory;
pub mod oauth;
mod wire;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

pub use allow::{Standing, Tool};
pub use answer::Answered;
pub use client::McpClient;
pub use error::McpError;
use keys::Keys;
use line::Line;
pub use member::McpSource;
use memory::Memory;
use oauth::consent::Consent;

use super::{secrets::Secrets, space::Member};
use crate::{
    config::{Association, Connection},
    model::{GapKind, Text},
    net::Net,
};

/// Every conversation of the process: one a connection, whichever spaces use it.
pub struct Lines {
    net: Net,
    secrets: Secrets,
    /// The data folder; none: nothing is remembered.
    data: Option<PathBuf>,
    open: Mutex<BTreeMap<String, Arc<Line>>>,
}

impl Lines {
    /// No conversation yet. Logins and approvals are remembered under `data`.
    pub fn new(net: Net, secrets: Secrets, data: Option<PathBuf>) -> Self {
        Self {
            net,
            secrets,
            data,
            open: Mutex::default(),
        }
    }

    /// What the space with `association` may ask of the connection. Nothing is sent before the first question.
    ///
    /// # Errors
    /// When the connection cannot be one to an MCP server.
    pub fn client(
        &self,
        name: &str,
        connection: &Connection,
        association: &Association,
    ) -> Result<McpClient, McpError> {
        self.client_with(name, connection, association, None)
    }

    /// As [`Self::client`], with somebody who can consent when the server wants a login.
    ///
    /// # Errors
    /// When the connection cannot be one to an MCP server.
    pub fn client_with(
        &self,
        name: &str,
        connection: &Connection,
        association: &Association,
        consent: Option<Arc<dyn Consent>>,
    ) -> Result<McpClient, McpError> {
        Ok(McpClient::new(self.line(name, connection, consent)?, association))
    }

    /// A plain MCP server among a space's sources.
    ///
    /// # Errors
    /// Why it cannot be one, for a person.
    pub fn member(
        &self,
        name: &str,
        connection: &Connection,
        association: &Association,
    ) -> Result<Arc<dyn Member>, Text> {
        match self.client(name, connection, association) {
            Ok(client) => Ok(Arc::new(McpSource::new(client))),
            Err(error) => Err(error.why.own("; ").join(&error.hint)),
        }
    }

    /// Logs in at the connection's authorization server, with a person's consent where that is needed.
    ///
    /// # Errors
    /// When the connection has no login, or nobody consents.
    pub async fn log_in(
        &self,
        name: &str,
        connection: &Connection,
        consent: Arc<dyn Consent>,
    ) -> Result<(), McpError> {
        let line = self.line(name, connection, Some(consent))?;
        match line.keys.grant() {
            Some(grant) => grant.log_in().await,
            None => Err(McpError::new(
                GapKind::Unsupported,
                format!(
                    "connection {name} needs no login: its auth is {}",
                    connection.auth.words()
                ),
                format!("midwatch connection test {name}"),
            )),
        }
    }

    fn line(
        &self,
        name: &str,
        connection: &Connection,
        consent: Option<Arc<dyn Consent>>,
    ) -> Result<Arc<Line>, McpError> {
        if !connection.kind.is_mcp() {
            return Err(McpError::new(
                GapKind::Unsupported,
                format!(
                    "connection {name} is no MCP server but {}",
                    connection.kind.as_str()
                ),
                "midwatch connection list",
            ));
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = open.get(name)
            && line.connection == *connection
            && consent.is_none()
        {
            return Ok(Arc::clone(line));
        }
        let memory = self.data.as_deref().map(|data| Memory::of(data, name));
        let memory = Arc::new(memory.unwrap_or_default());
        let keys = Keys::new(name, connection, &self.net, &self.secrets, &memory, consent)?;
        let line = Line::new(name, connection, Arc::new(keys), memory, self.net.clone());
        let line = Arc::new(line);
        open.insert(name.to_owned(), Arc::clone(&line));
        Ok(line)
    }
}
