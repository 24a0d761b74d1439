//! The connections that a space has associated, as its members. One that is not associated is not opened at all.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    config::{Account, Association, Config, Connection, ConnectionKind, Space, paths},
    model::{Place, Text},
    net::Net,
    sources::{
        aws::accounts::{Accounts, regions},
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
            let opened = match connection.kind {
                ConnectionKind::Eks => self.cluster(name, connection, association, space, accounts).await,
                ConnectionKind::Github | ConnectionKind::Gitlab => {
                    let home = home(space);
                    pipeline::open(name, connection, association, &self.net, &self.secrets, home)
                }
                ConnectionKind::Mcp
                | ConnectionKind::Datadog
                | ConnectionKind::NewRelic
                | ConnectionKind::Splunk
                | ConnectionKind::Dynatrace
                | ConnectionKind::Grafana => self.server(name, connection, association),
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

    /// A cluster stands in the account and region that its connection names, or in the space's first ones.
    async fn cluster(
        &self,
        name: &str,
        connection: &Connection,
        association: &Association,
        space: &Space,
        accounts: &Accounts,
    ) -> Result<Arc<dyn Member>, Text> {
        let of_id = |id: &String| space.accounts.iter().find(|account| account.id == *id);
        let first = space.accounts.first();
        let account = match &connection.account {
            Some(id) => match of_id(id) {
                Some(account) => account.clone(),
                None if space.accounts.is_empty() => Account {
                    id: id.clone(),
                    ..Account::default()
                },
                None => {
                    return Err(Text::from("the cluster of connection ").ext(name).own(format!(
                        " stands in account {id}, which this space does not have\nhint: midwatch account add {id} --role ARN"
                    )));
                }
            },
            None => first.cloned().unwrap_or_default(),
        };
        let region = |account: &Account| regions(space, account).first().cloned();
        let home = first.and_then(|account| Some(Place::new(&account.id, region(account)?)));
        let connection = Connection {
            account: connection
                .account
                .clone()
                .or_else(|| first.map(|account| account.id.clone())),
            region: connection.region.clone().or_else(|| region(&account)),
            ..connection.clone()
        };
        let factory = accounts
            .factory(&account, connection.region.as_deref())
            .await
            .map_err(|error| Text::from(error.to_string()))?;
        Eks::open(name, &connection, association, &factory, &self.net, home)
    }
}

/// Where the space is at home, as far as its configuration says.
fn home(space: &Space) -> Option<Place> {
    let first = space.accounts.first()?;
    Some(Place::new(&first.id, regions(space, first).first()?))
}
