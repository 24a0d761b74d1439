//! What a space sends to a connection, on the command line; and `midwatch connection test` for what is only sent messages.

use std::io::Write;

use clap::Args;
use color_eyre::eyre::{Result, bail, eyre};
use toml_edit::{Array, Table, value};

use super::{Context, known};
use crate::{
    config::{Config, Notice, Sending},
    outlets::{channel, tide::World},
    sources::secrets::Secrets,
};

/// Options of `associate`.
#[derive(Debug, Clone, Default, Args)]
pub struct Given {
    /// Id of the channel (Slack)
    #[arg(long, value_name = "ID")]
    channel: Option<String>,
    /// Sorts of messages, with commas between them; else all that the connection can take
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    send: Vec<String>,
    /// Project that gets an issue for each accepted recommendation (GitHub, GitLab)
    #[arg(long, value_name = "PROJECT")]
    issues: Option<String>,
    /// Source of its events (EventBridge) [default: midwatch]
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// Type of its events (EventBridge) [default: midwatch and the sort of message]
    #[arg(long, value_name = "TEXT")]
    detail_type: Option<String>,
    /// Tell of recorded incidents too
    #[arg(long)]
    demos: bool,
}

impl Given {
    /// Writes what was given over what stands there.
    pub fn write(&self, table: &mut Table) {
        let words = [
            ("channel", &self.channel),
            ("issues", &self.issues),
            ("source", &self.source),
            ("detail_type", &self.detail_type),
        ];
        for (name, word) in words {
            if let Some(word) = word {
                table[name] = value(word);
            }
        }
        if !self.send.is_empty() {
            table["send"] = value(self.send.iter().map(|word| word.trim()).collect::<Array>());
        }
        if self.demos {
            table["demos"] = value(true);
        }
    }
}

/// Says what goes there from now on.
pub(super) fn say(config: &Config, space: &str, name: &str, out: &mut dyn Write) -> Result<()> {
    let association = config
        .spaces
        .get(space)
        .and_then(|space| space.connections.get(name));
    let notices = association.map_or(&[][..], |association| &association.sending.notices);
    if notices.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "midwatch serve sends it: {}; nothing that is older than its first start\nsee it first: midwatch outlet test {name}",
        Notice::list(notices)
    )?;
    Ok(())
}

/// Asks the receiver whether it knows us, where it can be asked.
pub(super) async fn test(context: &Context, name: &str, out: &mut dyn Write) -> Result<()> {
    let connection = known(&context.config, name)?;
    let (net, secrets) = (context.config.net(), Secrets::of(&context.config));
    let opened = channel::open(
        (name, connection),
        &Sending::default(),
        &context.config.space,
        (&net, &secrets),
    );
    let (channel, wire) = opened.map_err(|why| eyre!("{why}"))?;
    let Some(call) = channel.check() else {
        writeln!(
            out,
            "{name}: it can only be sent to: midwatch outlet test {name} shows what, --send tries it"
        )?;
        return Ok(());
    };
    let answered = match wire.send(&call, &World).await {
        Ok(answer) => channel.judge(&answer),
        Err(failure) => Err(failure),
    };
    if let Err(failure) = answered {
        bail!(
            "{}\nhint: check url and auth of the connection: midwatch connection edit {name}",
            failure.why()
        );
    }
    let space = &context.config.space;
    let uses = context.config.open_space().connections.contains_key(name);
    let tail = match uses {
        true => format!("space {space} sends to it: midwatch outlet test {name} shows what"),
        false => format!("space {space} does not use it (midwatch connection associate {name})"),
    };
    writeln!(out, "{name}: ok; {tail}")?;
    Ok(())
}
