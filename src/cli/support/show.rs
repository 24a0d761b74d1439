//! Cases and what would be shared, as lines.

use std::io::Write;

use color_eyre::eyre::{Result, bail};

use super::shown;
use crate::{
    engine::handle::support::{File, Prepared, Shared},
    journal::{
        Actor, StreamId,
        body::Voice,
        views::{Remark, Space},
    },
    model::inert,
};

/// One line a case.
pub(super) fn list(space: &Space, out: &mut impl Write) -> Result<()> {
    let mut any = false;
    for case in space.cases.all().rev() {
        any = true;
        writeln!(
            out,
            "{:<14}  {}  {:<24} {:<9} {}  {}",
            inert(case.name()),
            case.at.strftime("%Y-%m-%d %H:%M"),
            inert(case.word()),
            inert(&case.opening.severity),
            case.opening.stream,
            case.opening.subject
        )?;
        if let Some(why) = &case.refused {
            writeln!(out, "{:<16}{why}", "")?;
        }
    }
    if !any {
        writeln!(out, "no cases yet\nhint: midwatch support open INVESTIGATION")?;
    }
    Ok(())
}

/// A case, and what was said in it.
pub(super) fn case(space: &Space, name: &str, out: &mut impl Write) -> Result<()> {
    let Some(case) = space.cases.find(name) else {
        bail!(
            "this space has no case '{}'\nhint: midwatch support list shows all of them",
            inert(name)
        );
    };
    writeln!(out, "case {} ({})", inert(case.name()), inert(case.word()))?;
    writeln!(out, "  {}", case.opening.subject)?;
    writeln!(
        out,
        "  severity {}, opened {} by {}, about {}",
        inert(&case.opening.severity),
        case.at.strftime("%Y-%m-%d %H:%M UTC"),
        inert(&case.by.to_string()),
        case.opening.stream
    )?;
    for file in &case.opening.attachments {
        writeln!(
            out,
            "  attached {} ({} bytes, sha-256 {})",
            inert(&file.name),
            file.bytes,
            file.digest.short()
        )?;
    }
    for remark in &case.remarks {
        said(remark, out)?;
    }
    Ok(())
}

/// One remark.
pub(super) fn said(remark: &Remark, out: &mut impl Write) -> Result<()> {
    let who = match (remark.said.by, &remark.actor) {
        (Voice::Aws, _) => "AWS Support".to_owned(),
        (Voice::Us, Actor::Operator(name)) => inert(name),
        // Sent from elsewhere, and written down by whoever looked.
        (Voice::Us, _) => "we".to_owned(),
    };
    writeln!(out, "\n{}  {who}", remark.at.strftime("%Y-%m-%d %H:%M:%S UTC"))?;
    let words: String = remark
        .said
        .text
        .0
        .iter()
        .map(crate::model::Span::as_str)
        .collect();
    for line in words.lines() {
        writeln!(out, "  {}", inert(line))?;
    }
    if !remark.said.files.is_empty() {
        writeln!(out, "  with {}", inert(&remark.said.files.join(", ")))?;
    }
    Ok(())
}

/// Exactly what would be shared.
pub(super) fn preview(prepared: &Prepared, severity: &str, out: &mut impl Write) -> Result<()> {
    writeln!(out, "This is what AWS Support will see.\n")?;
    writeln!(out, "account    {}", inert(prepared.asks()))?;
    writeln!(out, "severity   {}", inert(severity))?;
    if let Some(filed) = &prepared.filed {
        writeln!(
            out,
            "filed as   {} ({}, {})",
            inert(&filed.name),
            inert(&filed.service),
            inert(&filed.category)
        )?;
    }
    for warning in prepared.warnings() {
        writeln!(out, "note       {}", inert(&warning))?;
    }
    let shared = &prepared.shared;
    writeln!(out, "subject    {}\n", inert(&shared.subject))?;
    writeln!(out, "{}", shown(&shared.body))?;
    for file in &shared.files {
        writeln!(out, "{}", attached(file))?;
    }
    writeln!(out, "{}", taken_out(shared))?;
    Ok(())
}

/// A text to be pasted into the Support Center.
pub(super) fn paste(shared: &Shared, stream: &StreamId, out: &mut impl Write) -> Result<()> {
    writeln!(out, "Subject: {}\n", inert(&shared.subject))?;
    writeln!(out, "{}\n", shown(&shared.body))?;
    writeln!(
        out,
        "{}\nhint: midwatch journal export {stream} > {stream}.md writes the log to attach; it may hold personal data",
        taken_out(shared)
    )?;
    Ok(())
}

fn attached(file: &File) -> String {
    let attachment = &file.attachment;
    format!(
        "attached   {} ({} bytes, sha-256 {})",
        inert(&attachment.name),
        attachment.bytes,
        attachment.digest.short()
    )
}

fn taken_out(shared: &Shared) -> String {
    match shared.taken_out {
        0 => "No secret or personal data was found in it.".to_owned(),
        1 => "One secret or piece of personal data was taken out.".to_owned(),
        n => format!("{n} secrets and pieces of personal data were taken out."),
    }
}
