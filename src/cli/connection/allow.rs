//! `midwatch connection allow`: tools, projects and namespaces that a space may use.

use std::io::Write;

use clap::Args as ClapArgs;
use color_eyre::eyre::{Result, bail};
use toml_edit::{Array, value};

use super::{Context, associated, known, lines, open, probe::told};
use crate::{
    config::{Association, ConnectionKind},
    model::inert,
};

/// What to allow.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Name of the connection
    name: String,
    /// Tools of an MCP server, projects of GitHub or GitLab, namespaces of a cluster; none: as associate
    #[arg(value_name = "ITEM")]
    items: Vec<String>,
    /// Take them from the list instead
    #[arg(long)]
    remove: bool,
    /// Only listed tools may be called from now on, though others say that they only read
    #[arg(long, conflicts_with = "readers")]
    only_listed: bool,
    /// Tools that say that they only read may be called too (the default)
    #[arg(long)]
    readers: bool,
}

pub(super) async fn run(context: &Context, args: &Args, out: &mut dyn Write) -> Result<()> {
    let name = args.name.as_str();
    let connection = known(&context.config, name)?;
    if connection.kind.only_sends() {
        bail!(
            "{name} is sent messages and asked nothing\nhint: midwatch connection associate {name} says what is sent"
        );
    }
    let (key, what) = match connection.kind {
        ConnectionKind::Github | ConnectionKind::Gitlab => ("projects", "projects"),
        ConnectionKind::Eks => ("namespaces", "namespaces"),
        _ => ("tools", "tools"),
    };
    if (args.only_listed || args.readers) && key != "tools" {
        bail!("only tools are listed or not\nhint: midwatch connection allow {name} ITEM");
    }
    let mut note = None;
    if key == "tools" && !args.remove && !args.items.is_empty() {
        let allowed = Association {
            tools: args.items.clone(),
            ..Association::default()
        };
        let client = lines(context)?
            .client(name, connection, &allowed)
            .map_err(|error| told(&error))?;
        let approved = client.approve(&args.items).await;
        client.close().await;
        match approved {
            Ok(()) => {}
            // A name that the server does not know is a slip of the pen.
            Err(error) if error.kind == crate::model::GapKind::Unsupported => return Err(told(&error)),
            Err(error) => {
                note = Some(format!(
                    "they could not be looked at now ({}): one that was never seen is approved as it is when it is first called, \
                     one that has changed stays uncalled",
                    error.why
                ));
            }
        }
    }
    let mut edit = open()?;
    let table = associated(context, &mut edit, name)?;
    let mut list: Vec<String> = table
        .get(key)
        .and_then(|item| item.as_array())
        .map(|array| {
            array
                .iter()
                .filter_map(|value| value.as_str().map(str::to_owned))
                .collect()
        })
        .unwrap_or_default();
    for item in &args.items {
        match (args.remove, list.iter().position(|there| there == item)) {
            (true, Some(at)) => drop(list.remove(at)),
            (true, None) => bail!(
                "'{}' is not listed\nhint: {}",
                inert(item),
                if list.is_empty() {
                    "nothing is".to_owned()
                } else {
                    format!("listed are {}", inert(&list.join(", ")))
                }
            ),
            (false, None) => list.push(item.clone()),
            (false, Some(_)) => {}
        }
    }
    if list.is_empty() {
        table.remove(key);
    } else {
        table[key] = value(list.iter().map(String::as_str).collect::<Array>());
    }
    if args.only_listed {
        table["only_listed"] = value(true);
    } else if args.readers {
        table.remove("only_listed");
    }
    edit.save()?;
    let listed = if list.is_empty() {
        "none".to_owned()
    } else {
        inert(&list.join(", "))
    };
    writeln!(
        out,
        "space {}: listed {what} of {name}: {listed}",
        context.config.space
    )?;
    if let Some(note) = note {
        writeln!(out, "note: {note}")?;
    }
    Ok(())
}
