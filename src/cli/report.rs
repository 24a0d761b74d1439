//! The outcome of an investigation on stdout: what `investigate` and `journal report` share.

use std::io::{IsTerminal as _, stdout};

use clap::ValueEnum;
use color_eyre::eyre::{Result, bail};

use crate::{
    console::{glyph, terminal},
    journal::{
        Journal,
        views::{
            Investigation,
            report::{self, Anchor, Layout},
        },
    },
};

/// How an outcome is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The short answer, for a terminal
    Text,
    /// A post-mortem's first draft
    Markdown,
    /// For programs
    Json,
}

/// Lines of text that are not for a terminal are so long.
const COLUMNS: usize = 100;

/// Lines as long as the terminal, at most a hundred columns; ASCII where it is wanted or the locale is not UTF-8.
pub fn layout(ascii: bool) -> Layout {
    let columns = stdout().is_terminal().then(terminal::columns).flatten();
    Layout {
        columns: columns.map_or(COLUMNS, |columns| columns.min(COLUMNS)),
        ascii: ascii || glyph::wants_ascii(|variable| std::env::var(variable).ok()),
    }
}

/// The outcome as it is printed.
pub async fn written(
    journal: &Journal,
    view: &Investigation,
    format: Format,
    layout: Layout,
) -> Result<String> {
    let (Some(stream), Some(head)) = (&view.stream, &view.hash) else {
        bail!("the investigation left no record\nhint: midwatch journal verify");
    };
    let anchor = Anchor {
        head: head.clone(),
        digest: journal.digest(stream).await?,
    };
    Ok(match format {
        Format::Text => report::text(view, &anchor, &journal.exhibits(view).await?, layout),
        Format::Markdown => report::markdown(view, &anchor, &journal.exhibits(view).await?, layout),
        Format::Json => format!(
            "{}\n",
            serde_json::to_string_pretty(&report::json(view, &anchor))?
        ),
    })
}
