//! `midwatch patterns`: the detective's knowledge, listed and checked.

use std::{
    io::{Write, stdout},
    path::PathBuf,
};

use clap::Subcommand;
use color_eyre::eyre::Result;

use super::Context;
use crate::engine::pattern::{Library, Pattern};

/// What to do with patterns.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One line a pattern
    #[command(after_help = "Example: midwatch patterns list")]
    List,
    /// Read a folder of patterns and name every mistake with file and line
    #[command(after_help = "Example: midwatch patterns check ./my-patterns")]
    Check {
        /// Folder; else the shipped patterns and the configured folder
        folder: Option<PathBuf>,
    },
    /// What one pattern looks for and says
    #[command(after_help = "Example: midwatch patterns explain lambda-timeout")]
    Explain {
        /// Id of the pattern
        id: String,
    },
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<u8> {
    let mut out = stdout().lock();
    match command {
        Command::List => {
            for pattern in context.library()?.all() {
                writeln!(
                    out,
                    "{:<32} {:<18} {}",
                    pattern.id,
                    pattern.category.as_str(),
                    pattern.title
                )?;
            }
        }
        Command::Check { folder } => {
            let library = match folder {
                Some(folder) => Library::default().with_folder(&folder)?,
                None => context.library()?,
            };
            writeln!(out, "{} patterns are sound", library.all().len())?;
        }
        Command::Explain { id } => {
            let library = context.library()?;
            let Some(pattern) = library.get(&id) else {
                let id = crate::model::inert(&id);
                color_eyre::eyre::bail!(
                    "there is no pattern '{id}'\nhint: midwatch patterns list shows all of them"
                );
            };
            explain(&mut out, pattern)?;
        }
    }
    Ok(0)
}

fn explain(out: &mut impl Write, pattern: &Pattern) -> std::io::Result<()> {
    writeln!(
        out,
        "{} ({})\n{}\n\n{}",
        pattern.title,
        pattern.category.as_str(),
        pattern.types.join(", "),
        pattern.statement
    )?;
    let parts = [
        ("proposed when", &pattern.when),
        ("needs", &pattern.requires),
        ("supported by", &pattern.supports),
        ("ruled out by", &pattern.refutes),
    ];
    for (title, conditions) in parts {
        if !conditions.is_empty() {
            writeln!(out, "\n{title}")?;
        }
        for condition in conditions {
            writeln!(out, "  {}", condition.says)?;
        }
    }
    writeln!(out, "\nprevented by")?;
    for item in &pattern.prevention {
        writeln!(out, "  {} ({})", item.title, item.category.words())?;
    }
    Ok(())
}
