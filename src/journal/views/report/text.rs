//! The outcome for a terminal: what is broken, how sure, why, what now.

use std::fmt::Write as _;

use super::Anchor;
use crate::{
    journal::views::Investigation,
    model::{HypothesisState, Text},
};

/// The outcome as plain text, lines of about 100 characters.
pub fn text(view: &Investigation, anchor: &Anchor) -> String {
    let mut out = String::new();
    write(&mut out, view, anchor).unwrap_or_default();
    out
}

fn write(out: &mut String, view: &Investigation, anchor: &Anchor) -> std::fmt::Result {
    let Some(summary) = &view.summary else {
        let end = view
            .end
            .as_ref()
            .map(|end| format!("{}: {}", end.state.as_str(), end.text));
        return writeln!(out, "{}", end.unwrap_or_else(|| "not finished".to_owned()));
    };
    writeln!(
        out,
        "{}  {}",
        summary.verdict.words().to_uppercase(),
        view.title()
    )?;
    writeln!(out, "  {}", summary.text)?;
    for cause in &summary.causes {
        writeln!(out)?;
        writeln!(
            out,
            "cause  {} · {} · confidence {:.2}",
            cause.resource,
            cause.category.as_str(),
            cause.confidence
        )?;
        for seq in &cause.evidence {
            if let Some(observed) = view.observations.get(seq) {
                writeln!(out, "  #{seq:<4} {}", observed.observation.text)?;
            }
        }
    }
    if !summary.timeline.is_empty() {
        writeln!(out, "\ntimeline")?;
        for entry in &summary.timeline {
            writeln!(
                out,
                "  {}  {}  #{}",
                entry.at.strftime("%H:%M:%S"),
                entry.what,
                entry.evidence
            )?;
        }
    }
    let others = summary.hypotheses.iter().filter(|hypothesis| {
        !summary
            .causes
            .iter()
            .any(|cause| cause.pattern == hypothesis.pattern && cause.resource == hypothesis.resource)
    });
    let others: Vec<_> = others.take(4).collect();
    if !others.is_empty() {
        writeln!(out, "\nalso considered")?;
        for one in others {
            let score = if one.state == HypothesisState::Refuted {
                "ruled out".to_owned()
            } else {
                format!("{:.2}", one.score)
            };
            writeln!(out, "  {score:<9}  {}", one.statement)?;
            writeln!(out, "             {}", one.why)?;
        }
    }
    section(out, "impact", summary.impact.iter().map(|one| one.how.clone()))?;
    section(
        out,
        "could not be looked at",
        view.gaps
            .values()
            .map(|found| Text::new().join(&found.gap.what).own(": ").join(&found.gap.why)),
    )?;
    if summary.causes.is_empty() {
        section(out, "next best looks", summary.next_looks.iter().cloned())?;
    }
    if let Some(plan) = &view.mitigation {
        for (title, steps) in plan.parts() {
            if steps.is_empty() {
                continue;
            }
            writeln!(out, "\n{title}")?;
            for (index, step) in steps.iter().enumerate() {
                writeln!(out, "  {}. {}", index + 1, step.text)?;
                if let Some(command) = step.shell() {
                    writeln!(out, "     $ {command}")?;
                }
            }
        }
    }
    section(
        out,
        "what would prevent the next one",
        summary
            .recommendations
            .iter()
            .map(|one| Text::from(format!("{}: ", one.category.words())).join(&one.title)),
    )?;
    let stream = view.stream.as_ref().map(ToString::to_string).unwrap_or_default();
    writeln!(
        out,
        "\njournal  {stream} · {} records · head {}",
        view.seq,
        anchor.head.short()
    )
}

fn section(out: &mut String, title: &str, lines: impl Iterator<Item = Text>) -> std::fmt::Result {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        writeln!(out, "\n{title}")?;
    }
    lines.try_for_each(|line| writeln!(out, "  {line}"))
}
