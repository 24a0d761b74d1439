//! The connections that a space has associated, as its members. One that is not associated is not opened at all.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    config::{Association, Connection, Space},
    model::Text,
    net::Net,
    sources::{
        secrets::Secrets,
        space::{Absent, Member},
    },
};

/// One member a connection; one that cannot be opened says so in a gap.
pub(super) async fn members(
    connections: &BTreeMap<String, Connection>,
    space: &Space,
    net: &Net,
    secrets: &Secrets,
) -> Vec<Arc<dyn Member>> {
    let mut members: Vec<Arc<dyn Member>> = Vec::new();
    for (name, association) in &space.connections {
        let Some(connection) = connections.get(name) else {
            continue;
        };
        members.push(match open(name, connection, association, net, secrets).await {
            Ok(member) => member,
            Err(why) => Arc::new(Absent::connection(name, why)),
        });
    }
    members
}

/// Opens one connection by its kind. Sends nothing before the first question.
#[expect(
    clippy::unused_async,
    reason = "opening reads files and runs programs where a kind needs it"
)]
async fn open(
    _name: &str,
    connection: &Connection,
    _association: &Association,
    _net: &Net,
    _secrets: &Secrets,
) -> Result<Arc<dyn Member>, Text> {
    Err(Text::from("midwatch does not read connections of the kind ")
        .own(connection.kind.as_str())
        .own(" yet"))
}
