//! `midwatch connection list`.

use std::io::Write;

use color_eyre::eyre::Result;
use serde_json::json;

use crate::{
    config::{Config, Connection, paths},
    model::inert,
    sources::mcp::memory::Memory,
};

pub(super) fn run(config: &Config, json: bool, out: &mut dyn Write) -> Result<()> {
    if json {
        let all: Vec<_> = config
            .connections
            .iter()
            .map(|(name, connection)| {
                let held = remembered(name);
                json!({
                    "name": name,
                    "kind": connection.kind.as_str(),
                    "where": place(connection),
                    "auth": method(connection),
                    "description": connection.description,
                    "spaces": spaces(config, name),
                    "approved_tools": held.tools.keys().collect::<Vec<_>>(),
                    "logged_in": held.tokens.is_some(),
                    "last_use": held.last_use,
                })
            })
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
        return Ok(());
    }
    if config.connections.is_empty() {
        writeln!(out, "no connections yet: midwatch connection add registers one")?;
        return Ok(());
    }
    let mut rows = vec![["NAME", "KIND", "AUTHENTICATION", "SPACES", "LAST USE", "WHERE"].map(str::to_owned)];
    for (name, connection) in &config.connections {
        let used = spaces(config, name);
        let last = remembered(name).last_use;
        rows.push([
            name.clone(),
            connection.kind.as_str().to_owned(),
            method(connection).to_owned(),
            if used.is_empty() {
                "none".to_owned()
            } else {
                used.join(", ")
            },
            last.map_or_else(
                || "never".to_owned(),
                |at| at.strftime("%Y-%m-%d %H:%M").to_string(),
            ),
            inert(&place(connection)),
        ]);
    }
    table(&rows, out)
}

/// Columns as wide as what stands in them.
pub fn table<const N: usize>(rows: &[[String; N]], out: &mut dyn Write) -> Result<()> {
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// How it is told who asks. Of a cluster: by a token that is made from the account's role.
fn method(connection: &Connection) -> &'static str {
    match connection.kind {
        crate::config::ConnectionKind::Eks => "AWS role",
        _ => connection.auth.words(),
    }
}

fn place(connection: &Connection) -> String {
    match (&connection.url, connection.cluster.as_ref()) {
        (Some(url), _) => url.clone(),
        (None, Some(cluster)) => format!("cluster {cluster}"),
        // Arguments may hold what is nobody's business.
        (None, None) => format!(
            "program {}",
            connection.command.first().map_or("", String::as_str)
        ),
    }
}

/// The spaces that use a connection.
pub(super) fn spaces(config: &Config, name: &str) -> Vec<String> {
    let using = config
        .spaces
        .iter()
        .filter(|(_, space)| space.connections.contains_key(name));
    using.map(|(space, _)| space.clone()).collect()
}

fn remembered(name: &str) -> crate::sources::mcp::memory::Remembered {
    paths::data()
        .map(|data| Memory::of(&data, name).read())
        .unwrap_or_default()
}
