//! `midwatch keys`: every key of the console, what it does, and where that is said.

use std::io::Write;

use color_eyre::eyre::Result;
use serde::Serialize;

use super::Context;
use crate::console::{
    keymap::{Context as Place, Keymap, configured},
    named::{all, name_of},
};

/// Options of `midwatch keys`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: midwatch keys | grep pane\n\n\
    Place and action are what [keys] in the configuration calls them, as in:\n\n  [keys.global]\n  quit = \"Q\"")]
pub struct Args {
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// One line of the list.
#[derive(Debug, Serialize)]
struct Line {
    place: &'static str,
    action: &'static str,
    keys: Vec<String>,
    does: &'static str,
    from: String,
}

/// Prints the keymap in force.
pub fn run(context: &Context, args: &Args, out: &mut impl Write) -> Result<u8> {
    let keys = &context.config.keys;
    let lines = lines(&configured(keys)?, &keys.file);
    if args.json {
        for line in &lines {
            writeln!(out, "{}", serde_json::to_string(line)?)?;
        }
        return Ok(0);
    }
    let mut place = "";
    for line in &lines {
        if line.place != place {
            let gap = if place.is_empty() { "" } else { "\n" };
            writeln!(out, "{gap}[keys.{}]", line.place)?;
            place = line.place;
        }
        let keys = if line.keys.is_empty() {
            "none".to_owned()
        } else {
            line.keys.join(" ")
        };
        let from = if line.from == SHIPPED {
            String::new()
        } else {
            format!("  ({})", line.from)
        };
        writeln!(out, "{:<22} {keys:<24} {}{from}", line.action, line.does)?;
    }
    Ok(0)
}

/// Where a key comes from that nobody configured.
const SHIPPED: &str = "shipped";

fn lines(keymap: &Keymap, file: &str) -> Vec<Line> {
    let bound = all::<Place>().flat_map(|place| keymap.in_context(place));
    bound
        .map(|binding| Line {
            place: name_of(&binding.context),
            action: name_of(&binding.action),
            keys: binding.chords.iter().map(|chord| chord.name()).collect(),
            does: binding.action.describe(),
            from: binding
                .line
                .map_or_else(|| SHIPPED.to_owned(), |line| format!("{file}:{line}")),
        })
        .collect()
}
