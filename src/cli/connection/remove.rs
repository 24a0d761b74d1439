//! `midwatch connection remove`: from the spaces first, then everything that is remembered here.

use std::{io::Write, path::Path};

use color_eyre::eyre::{Result, bail};

use super::{known, list, open};
use crate::{
    config::{Config, paths},
    model::inert,
    sources::mcp::memory::{self, Memory},
};

pub(super) fn run(config: &Config, name: &str, out: &mut dyn Write) -> Result<()> {
    let connection = known(config, name)?;
    let using = list::spaces(config, name);
    if !using.is_empty() {
        bail!(
            "connection {name} is in use by {}\nhint: midwatch connection dissociate {name} --space {}",
            using.join(", "),
            using.first().map_or("SPACE", String::as_str)
        );
    }
    let data = paths::data()?;
    let held = Memory::of(&data, name).read();
    let mut edit = open()?;
    edit.remove(&["connections"], name);
    edit.save()?;
    gone(&memory::path(&data, name))?;
    writeln!(out, "removed: {name}, with its logins and approvals on this host")?;
    if let Some(place) = connection.auth.secrets().first() {
        writeln!(out, "stays: the secret in {}", inert(&place.to_string()))?;
    }
    if let Some(tokens) = held.tokens {
        let issuer = inert(&tokens.issuer);
        writeln!(
            out,
            "stays: midwatch's registration and consent at {issuer}; take them back there"
        )?;
    }
    writeln!(
        out,
        "stays: what investigations have recorded of it, in the journal"
    )?;
    Ok(())
}

fn gone(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            bail!(
                "{} cannot be removed: {error}\nhint: remove it by hand",
                path.display()
            )
        }
        _ => Ok(()),
    }
}
