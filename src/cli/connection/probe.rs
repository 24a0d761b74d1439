//! `midwatch connection test` and `tools`.

use std::io::Write;

use color_eyre::eyre::{Result, bail, eyre};
use serde_json::json;

use super::{Context, association, known, lines, list};
use crate::{
    model::inert,
    sources::mcp::{McpClient, McpError, Standing, Tool},
};

/// Longest description in a table.
const DESCRIPTION: usize = 60;

/// An error with its hint, as commands say it.
pub(super) fn told(error: &McpError) -> color_eyre::Report {
    eyre!("{error}")
}

fn client(context: &Context, name: &str) -> Result<McpClient> {
    let connection = known(&context.config, name)?;
    if !connection.kind.is_mcp() {
        bail!(
            "connection {name} is no MCP server but {}\nhint: midwatch connection list",
            connection.kind.as_str()
        );
    }
    let allowed = association(context, name).unwrap_or_default();
    lines(context)?
        .client(name, connection, &allowed)
        .map_err(|error| told(&error))
}

async fn listed(context: &Context, name: &str) -> Result<Vec<Tool>> {
    let client = client(context, name)?;
    let tools = client.tools().await;
    client.close().await;
    tools.map_err(|error| told(&error))
}

pub(super) async fn test(context: &Context, name: &str, out: &mut dyn Write) -> Result<()> {
    let tools = listed(context, name).await?;
    let space = &context.config.space;
    let count = |standing| tools.iter().filter(|tool| tool.standing == standing).count();
    let plural = if tools.len() == 1 { "" } else { "s" };
    let mut line = format!("{name}: ok, {} tool{plural}", tools.len());
    if association(context, name).is_some() {
        line.push_str(&format!(
            ", {} allowed in space {space}",
            count(Standing::Allowed)
        ));
    } else {
        line.push_str(&format!(
            "; space {space} does not use it (midwatch connection associate {name})"
        ));
    }
    let changed = count(Standing::Changed);
    if changed > 0 {
        line.push_str(&format!(", {changed} changed: midwatch connection tools {name}"));
    }
    writeln!(out, "{line}")?;
    Ok(())
}

pub(super) async fn tools(context: &Context, name: &str, json: bool, out: &mut dyn Write) -> Result<()> {
    let tools = listed(context, name).await?;
    // What a space does not use it may not call, whatever would be allowed if it did.
    let used = association(context, name).is_some();
    let standing = |tool: &Tool| {
        if used {
            tool.standing.words()
        } else {
            "not allowed: the space does not use the connection"
        }
    };
    if json {
        let all: Vec<_> = tools
            .iter()
            .map(|tool| {
                json!({
                    "name": tool.name,
                    "title": tool.title,
                    "description": tool.description,
                    "read_only": tool.read_only,
                    "allowed": used && tool.standing == Standing::Allowed,
                    "changed": tool.standing == Standing::Changed,
                    "standing": standing(tool),
                    "arguments": tool.schema,
                })
            })
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
        return Ok(());
    }
    let space = &context.config.space;
    if !used {
        writeln!(
            out,
            "space {space} does not use {name} yet: midwatch connection associate {name}\n"
        )?;
    }
    let mut rows = vec![["TOOL", "SAYS", "HERE", "DESCRIPTION (the server's words)"].map(str::to_owned)];
    rows.extend(tools.iter().map(|tool| {
        [
            inert(&tool.name),
            if tool.read_only { "only reads" } else { "may write" }.to_owned(),
            standing(tool).to_owned(),
            first_words(&tool.description),
        ]
    }));
    list::table(&rows, out)?;
    if tools.iter().any(|tool| tool.standing == Standing::Changed) {
        writeln!(
            out,
            "\nA changed tool is called again once it is approved: midwatch connection allow {name} TOOL"
        )?;
    }
    Ok(())
}

fn first_words(description: &str) -> String {
    let line = inert(
        description
            .lines()
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default()
            .trim(),
    );
    match line.char_indices().nth(DESCRIPTION) {
        Some((at, _)) => format!("{}...", line.get(..at).unwrap_or_default()),
        None => line,
    }
}
