//! The connections that a space has associated, as its members. One that is not associated is not opened at all.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    config::{Association, Config, Connection, ConnectionKind, Space, paths},
    model::Text,
    net::Net,
    sources::{
        aws::accounts::{self, Accounts},
        eks::Eks,
        mcp::{Lines, McpError},
        pipeline,
        secrets::Secrets,
        space::{Absent, Member},
        vendor,
    },
};

/// Opens connections, and keeps the conversations with their servers, so that all investigations share them.
pub(super) struct Connections {
    known: BTreeMap<String, Connection>,
    net: Net,
    secrets: Secrets,
    lines: Lines,
}

impl Connections {
    /// The registered connections.
    pub fn new(config: &Config) -> Self {
        let (net, secrets) = (config.net(), Secrets::of(config));
        Self {
            known: config.connections.clone(),
            lines: Lines::new(net.clone(), secrets.clone(), paths::data().ok()),
            net,
            secrets,
        }
    }

    /// One member a connection that `space` uses; one that cannot be opened says so in a gap. Sends nothing.
    pub async fn members(&self, space: &Space, accounts: &Accounts) -> Vec<Arc<dyn Member>> {
        let mut members: Vec<Arc<dyn Member>> = Vec::new();
        for (name, association) in &space.connections {
            let Some(connection) = self.known.get(name) else {
                continue;
            };
            // Dynatrace may be there for messages alone.
            let asked = connection.url.is_some() || !connection.command.is_empty();
            if connection.kind.is_mcp() && !asked {
                continue;
            }
            let opened = match connection.kind {
                ConnectionKind::Eks => {
                    Eks::of_space(name, connection, association, space, accounts, &self.net)
                        .await
                        .map(|cluster| Arc::new(cluster) as Arc<dyn Member>)
                }
                ConnectionKind::Github | ConnectionKind::Gitlab => {
                    let home = accounts::home(space);
                    pipeline::open(name, connection, association, &self.net, &self.secrets, home)
                }
                ConnectionKind::Mcp
                | ConnectionKind::Datadog
                | ConnectionKind::NewRelic
                | ConnectionKind::Splunk
                | ConnectionKind::Dynatrace
                | ConnectionKind::Grafana => self.server(name, connection, association),
                // Sent messages, never asked.
                ConnectionKind::Slack
                | ConnectionKind::ServiceNow
                | ConnectionKind::PagerDuty
                | ConnectionKind::Webhook
                | ConnectionKind::EventBridge => continue,
            };
            members.push(opened.unwrap_or_else(|why| Arc::new(Absent::connection(name, why))));
        }
        members
    }

    /// An MCP server: one of a vendor that an adapter knows, or any other, whose tools are asked by name.
    fn server(
        &self,
        name: &str,
        connection: &Connection,
        association: &Association,
    ) -> Result<Arc<dyn Member>, Text> {
        let told = |error: McpError| Text::new().ext(error.to_string());
        let client = self.lines.client(name, connection, association).map_err(told)?;
        match vendor::open(name, connection, association, Arc::new(client)) {
            Some(opened) => opened,
            None => self.lines.member(name, connection, association),
        }
    }
}
