//! Mitigation, prevention and what is left to do, in Markdown.

use std::fmt::{self, Write as _};

use super::{
    doubt,
    escape::{fenced, sentence},
};
use crate::{
    journal::{body::InvestigationSummary, views::Investigation},
    model::{MitigationPlan, RecommendationCategory},
};

/// The five parts, the empty ones too.
pub(super) fn mitigation(out: &mut String, plan: &MitigationPlan) -> fmt::Result {
    writeln!(
        out,
        "## Mitigation\n\nNothing of this was run. Words in angle brackets (`<...>`) are to be filled in by whoever runs it.\n"
    )?;
    for (title, steps) in plan.parts() {
        let mut letters = title.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        writeln!(out, "### {first}{}\n", letters.as_str())?;
        if steps.is_empty() {
            writeln!(out, "Nothing to do.\n")?;
        }
        for (index, step) in steps.iter().enumerate() {
            let mark = if step.writes {
                " (**writes: run by the operator**)"
            } else {
                ""
            };
            writeln!(out, "{}. {}{mark}\n", index + 1, sentence(&step.text))?;
            if let Some(command) = step.shell() {
                for line in fenced("sh", &command).lines() {
                    writeln!(out, "   {line}")?;
                }
                writeln!(out)?;
            }
        }
    }
    Ok(())
}

/// What would keep it from coming back, by category.
pub(super) fn prevention(out: &mut String, summary: &InvestigationSummary) -> fmt::Result {
    if summary.recommendations.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Prevention\n")?;
    for category in RecommendationCategory::ALL {
        let items = summary.recommendations.iter();
        let mut items = items.filter(|one| one.category == category).peekable();
        if items.peek().is_none() {
            continue;
        }
        let mut letters = category.words().chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        writeln!(out, "**{first}{}**\n", letters.as_str())?;
        for one in items {
            writeln!(out, "- {}. {}", sentence(&one.title), sentence(&one.detail))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// What is left to do, with columns for the team to fill.
pub(super) fn actions(out: &mut String, view: &Investigation, summary: &InvestigationSummary) -> fmt::Result {
    let mut rows: Vec<(&str, String)> = Vec::new();
    if let Some(plan) = &view.mitigation {
        rows.extend(plan.apply.iter().map(|step| ("mitigate", sentence(&step.text))));
    }
    if summary.causes.is_empty() {
        let looks = doubt::looks(view);
        rows.extend(looks.iter().map(|look| ("look", sentence(&look.text))));
    }
    rows.extend(
        summary
            .recommendations
            .iter()
            .map(|one| ("prevent", sentence(&one.title))),
    );
    if !summary.causes.is_empty() {
        let hints = doubt::blind(view);
        let hints = hints.iter().filter_map(|group| group.hint.as_ref());
        rows.extend(hints.map(|hint| ("see more", sentence(hint))));
    }
    writeln!(
        out,
        "## Lessons and actions\n\n| action | sort | owner | due |\n|---|---|---|---|"
    )?;
    for (sort, action) in rows {
        writeln!(out, "| {action} | {sort} | | |")?;
    }
    writeln!(out, "| | lesson | | |\n")
}
