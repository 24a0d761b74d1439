//! The outcome as a post-mortem's first draft, every line with the records behind it.

use std::fmt::Write as _;

use super::Anchor;
use crate::{journal::views::Investigation, model::Text};

/// The outcome as Markdown. Words from outside are escaped: they cannot make links, headings, images or code.
pub fn markdown(view: &Investigation, anchor: &Anchor) -> String {
    let mut out = String::new();
    write(&mut out, view, anchor).unwrap_or_default();
    out
}

fn write(out: &mut String, view: &Investigation, anchor: &Anchor) -> std::fmt::Result {
    writeln!(out, "# {}\n", escaped(&view.title()))?;
    let Some(summary) = &view.summary else {
        return writeln!(out, "Not finished.");
    };
    writeln!(
        out,
        "**{}**: {}\n",
        summary.verdict.words(),
        escaped(&summary.text)
    )?;
    if !summary.causes.is_empty() {
        writeln!(out, "## Root cause\n")?;
        for cause in &summary.causes {
            writeln!(
                out,
                "- {} ({}, confidence {:.2})",
                escaped(&cause.statement),
                cause.category.as_str().replace('_', " "),
                cause.confidence
            )?;
            for seq in &cause.evidence {
                if let Some(observed) = view.observations.get(seq) {
                    writeln!(out, "  - {} (#{seq})", escaped(&observed.observation.text))?;
                }
            }
        }
        writeln!(out)?;
    }
    if !summary.timeline.is_empty() {
        writeln!(
            out,
            "## Timeline\n\n| time (UTC) | what | record |\n|---|---|---|"
        )?;
        for entry in &summary.timeline {
            writeln!(
                out,
                "| {} | {} | #{} |",
                entry.at,
                escaped(&entry.what).replace('|', "\\|"),
                entry.evidence
            )?;
        }
        writeln!(out)?;
    }
    list(out, "Impact", summary.impact.iter().map(|one| escaped(&one.how)))?;
    list(
        out,
        "Also considered",
        summary
            .hypotheses
            .iter()
            .filter(|one| {
                !summary
                    .causes
                    .iter()
                    .any(|cause| cause.pattern == one.pattern && cause.resource == one.resource)
            })
            .map(|one| {
                format!(
                    "{} ({}, {:.2}): {}",
                    escaped(&one.statement),
                    one.state.as_str(),
                    one.score,
                    escaped(&one.why)
                )
            }),
    )?;
    list(
        out,
        "Could not be looked at",
        view.gaps.iter().map(|(seq, found)| {
            format!(
                "{}: {} (#{seq})",
                escaped(&found.gap.what),
                escaped(&found.gap.why)
            )
        }),
    )?;
    if summary.causes.is_empty() {
        list(out, "Next best looks", summary.next_looks.iter().map(escaped))?;
    }
    if let Some(plan) = &view.mitigation {
        writeln!(out, "## Mitigation\n")?;
        for (title, steps) in plan.parts() {
            if steps.is_empty() {
                continue;
            }
            writeln!(out, "### {title}\n")?;
            for (index, step) in steps.iter().enumerate() {
                writeln!(out, "{}. {}", index + 1, escaped(&step.text))?;
                if let Some(command) = step.shell() {
                    writeln!(out, "\n   ```sh\n   {}\n   ```", command.replace("```", "` ` `"))?;
                }
            }
            writeln!(out)?;
        }
    }
    list(
        out,
        "Prevention",
        summary.recommendations.iter().map(|one| {
            format!(
                "**{}** ({}): {}",
                escaped(&one.title),
                one.category.words(),
                escaped(&one.detail)
            )
        }),
    )?;
    let stream = view.stream.as_ref().map(ToString::to_string).unwrap_or_default();
    writeln!(
        out,
        "---\n\nJournal `{stream}`, {} records, head `{}`, digest `{}`.",
        view.seq, anchor.head, anchor.digest
    )
}

fn list(out: &mut String, title: &str, items: impl Iterator<Item = String>) -> std::fmt::Result {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "## {title}\n")?;
    items.try_for_each(|item| writeln!(out, "- {item}"))?;
    writeln!(out)
}

/// Plain words in Markdown: every character that Markdown (CommonMark 0.31, section 2.4) could read as markup is escaped.
fn escaped(text: &Text) -> String {
    let mut out = String::new();
    for c in text.plain().chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' | '&' | '@'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_from_outside_cannot_make_markup() {
        let text = Text::from("log: ").ext("[x](http://evil) <img> @here\n# head");
        assert_eq!(escaped(&text), r"log: \[x\](http://evil) \<img\> \@here \# head");
    }
}
