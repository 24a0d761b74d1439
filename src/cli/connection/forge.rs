//! `midwatch connection test` and `resources` for GitHub and GitLab.

use std::io::Write;

use color_eyre::eyre::{Result, eyre};
use serde_json::json;

use super::{Context, known};
use crate::sources::{
    pipeline::{self, Report},
    secrets::Secrets,
};

async fn report(context: &Context, name: &str) -> Result<Report> {
    let connection = known(&context.config, name)?;
    let config = &context.config;
    pipeline::check(name, connection, &config.net(), &Secrets::of(config))
        .await
        .map_err(|why| eyre!("{why}"))
}

/// One line that says whose token it is and how far it reaches, then what ought to be mended.
pub(super) async fn test(context: &Context, name: &str, out: &mut dyn Write) -> Result<()> {
    let report = report(context, name).await?;
    let mut line = format!("{name}: ok");
    if let Some(identity) = &report.identity {
        line.push_str(&format!(", {identity}"));
    }
    line.push_str(&format!(" by {}", report.method));
    let more = if report.more { " or more" } else { "" };
    line.push_str(&format!(", reaches {}{more} projects", report.resources.len()));
    if let Some(expires) = report.expires {
        line.push_str(&format!(", until {}", expires.strftime("%Y-%m-%d")));
    }
    if let Some(limit) = report.limit {
        line.push_str(&format!(", {} of {} calls left", limit.left, limit.of));
    }
    writeln!(out, "{line}")?;
    for warning in &report.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    Ok(())
}

/// The projects that the token reaches: what `connection allow` takes, and the name.
pub(super) async fn resources(
    context: &Context,
    name: &str,
    words: Option<&str>,
    json: bool,
    out: &mut dyn Write,
) -> Result<()> {
    let report = report(context, name).await?;
    let wanted = words.map(str::to_lowercase);
    let found = report.resources.iter().filter(|(id, called)| {
        let holds = |text: &str| {
            wanted
                .as_deref()
                .is_none_or(|wanted| text.to_lowercase().contains(wanted))
        };
        holds(id) || holds(&called.plain())
    });
    for (id, called) in found {
        if json {
            writeln!(out, "{}", json!({"id": id, "name": called.plain()}))?;
        } else {
            writeln!(out, "{}  {called}", crate::model::inert(id))?;
        }
    }
    if report.more && !json {
        writeln!(out, "there are more; give a word to look for")?;
    }
    Ok(())
}
