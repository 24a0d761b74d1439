//! `midwatch patterns`: the detective's knowledge, listed, checked and explained.

use std::{
    io::{Write, stdout},
    path::PathBuf,
};

use clap::Subcommand;
use color_eyre::eyre::{Result, bail};

use super::Context;
use crate::{
    engine::pattern::{self, Condition, Library, Pattern, Step},
    model::{Category, inert},
    sources::bundle::suggest,
};

/// Columns of a terminal that everybody has.
const WIDTH: usize = 80;
/// Patterns named when an id is not known.
const NAMED: usize = 3;

/// What to do with patterns.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One line a pattern: id, sort of cause, title
    #[command(after_help = "Example: midwatch patterns list")]
    List {
        /// Print JSON: one array with id, category, title and types of each
        #[arg(long)]
        json: bool,
    },
    /// Read a folder of patterns and name every mistake with file, line and what was expected
    #[command(after_help = "Example: midwatch patterns check ./my-patterns")]
    Check {
        /// Folder; else the shipped patterns and the configured folder
        folder: Option<PathBuf>,
    },
    /// What one pattern looks for, says and does
    #[command(after_help = "Example: midwatch patterns explain lambda-timeout")]
    Explain {
        /// Id of the pattern
        id: String,
        /// Print JSON: the whole pattern
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<u8> {
    let mut out = stdout().lock();
    match command {
        Command::List { json } => {
            let library = context.library()?;
            if json {
                writeln!(out, "{}", serde_json::to_string_pretty(&listed(&library))?)?;
            } else {
                list(&mut out, &library)?;
            }
        }
        Command::Check { folder } => return check(&mut out, context, folder),
        Command::Explain { id, json } => {
            let library = context.library()?;
            let Some(pattern) = library.get(&id) else {
                bail!(
                    "there is no pattern '{}'\nhint: {}",
                    inert(&id),
                    advice(&id, &library)
                );
            };
            if json {
                writeln!(out, "{}", serde_json::to_string_pretty(pattern)?)?;
            } else {
                explain(&mut out, pattern)?;
            }
        }
    }
    Ok(0)
}

fn check(out: &mut impl Write, context: &Context, folder: Option<PathBuf>) -> Result<u8> {
    let checked = match folder {
        Some(folder) => pattern::check_folder(&folder)?,
        None => match &context.config.patterns {
            Some(folder) => pattern::check_shipped().and(pattern::check_folder(folder)?),
            None => pattern::check_shipped(),
        },
    };
    for mistake in &checked.mistakes {
        writeln!(out, "{mistake}\n")?;
    }
    let sound = match checked.sound {
        1 => "1 pattern is sound".to_owned(),
        count => format!("{count} patterns are sound"),
    };
    match checked.mistakes.len() {
        0 => writeln!(out, "{sound}")?,
        1 => writeln!(out, "1 mistake; {sound}")?,
        count => writeln!(out, "{count} mistakes; {sound}")?,
    }
    Ok(u8::from(!checked.mistakes.is_empty()))
}

fn listed(library: &Library) -> serde_json::Value {
    let line = |pattern: &Pattern| {
        serde_json::json!({
            "id": pattern.id,
            "category": pattern.category,
            "title": pattern.title,
            "types": pattern.types,
        })
    };
    library.all().iter().map(line).collect()
}

/// Columns as wide as what stands in them; the title takes what is left of [`WIDTH`].
fn list(out: &mut impl Write, library: &Library) -> std::io::Result<()> {
    let widest = |width: fn(&Pattern) -> usize| library.all().iter().map(width).max().unwrap_or(0);
    let ids = widest(|pattern| pattern.id.chars().count());
    let categories = widest(|pattern| sort_of(pattern.category).len());
    let left = WIDTH.saturating_sub(ids + categories + 4).max(10);
    for pattern in library.all() {
        writeln!(
            out,
            "{:<ids$}  {:<categories$}  {}",
            inert(&pattern.id),
            sort_of(pattern.category),
            cut(&inert(&pattern.title), left)
        )?;
    }
    Ok(())
}

/// A sort of cause in one short word.
const fn sort_of(category: Category) -> &'static str {
    match category {
        Category::SystemChange => "change",
        Category::InputAnomaly => "input",
        Category::ResourceLimit => "limit",
        Category::ComponentFailure => "failure",
        Category::DependencyIssue => "dependency",
    }
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// The nearest ids: those that are spelt alike, else those that share a word.
fn advice(id: &str, library: &Library) -> String {
    let ids = || library.all().iter().map(|pattern| pattern.id.as_str());
    if let Some(near) = suggest::nearest(id, ids()) {
        return format!("did you mean {near}?");
    }
    let words: Vec<String> = id
        .split('-')
        .map(str::to_lowercase)
        .filter(|word| word.len() > 2)
        .collect();
    let shared = |known: &str| words.iter().filter(|word| known.contains(word.as_str())).count();
    let mut alike: Vec<&str> = ids().filter(|known| shared(known) > 0).collect();
    alike.sort_by_key(|known| std::cmp::Reverse(shared(known)));
    alike.truncate(NAMED);
    if alike.is_empty() {
        "midwatch patterns list shows all of them".to_owned()
    } else {
        format!("did you mean {}?", alike.join(", "))
    }
}

fn explain(out: &mut impl Write, pattern: &Pattern) -> std::io::Result<()> {
    writeln!(out, "{} ({})", inert(&pattern.title), pattern.category.as_str())?;
    writeln!(out, "{}", inert(&pattern.statement))?;
    writeln!(out, "\nblames")?;
    for kind in &pattern.types {
        writeln!(out, "  {}", inert(kind))?;
    }
    let parts = [
        ("proposed when one of these is seen", &pattern.when, false),
        ("needs all of these", &pattern.requires, true),
        ("supported by", &pattern.supports, true),
        ("ruled out by", &pattern.refutes, false),
    ];
    for (title, conditions, weighed) in parts {
        if !conditions.is_empty() {
            writeln!(out, "\n{title}")?;
        }
        for condition in conditions {
            told(out, condition, weighed)?;
        }
    }
    if !pattern.limit.is_empty() {
        writeln!(out, "\nlimits")?;
    }
    for limit in &pattern.limit {
        let height = match (&limit.path, limit.value) {
            (Some(path), _) => format!("what the configuration says at {path}"),
            (None, Some(value)) => value.to_string(),
            (None, None) => "?".to_owned(),
        };
        let rate = if limit.per_second { " a second" } else { "" };
        writeln!(
            out,
            "  {} ({}): {}{rate}",
            limit.metric,
            limit.stat,
            inert(&height)
        )?;
    }
    if !pattern.look.is_empty() {
        writeln!(out, "\nlooks at")?;
    }
    for look in &pattern.look {
        writeln!(out, "  {}", look.in_words())?;
    }
    let plan = &pattern.mitigation;
    for (title, steps) in [
        ("prepare", &plan.prepare),
        ("check before", &plan.pre_validate),
        ("apply", &plan.apply),
        ("check after", &plan.post_validate),
        ("roll back", &plan.rollback),
    ] {
        if !steps.is_empty() {
            writeln!(out, "\n{title}")?;
        }
        for step in steps {
            stepped(out, step)?;
        }
    }
    if !pattern.prevention.is_empty() {
        writeln!(out, "\nprevented by")?;
    }
    for item in &pattern.prevention {
        writeln!(out, "  {} ({})", inert(&item.title), item.category.words())?;
        writeln!(out, "      {}", inert(&item.detail))?;
    }
    Ok(())
}

fn told(out: &mut impl Write, condition: &Condition, weighed: bool) -> std::io::Result<()> {
    let says = inert(&condition.says);
    if weighed {
        writeln!(out, "  {says} ({})", condition.weight)?;
    } else {
        writeln!(out, "  {says}")?;
    }
    writeln!(out, "      {}", inert(&condition.in_words()))
}

fn stepped(out: &mut impl Write, step: &Step) -> std::io::Result<()> {
    let types = if step.types.is_empty() {
        String::new()
    } else {
        format!(" [{}]", inert(&step.types.join(", ")))
    };
    writeln!(out, "  {}{types}", inert(&step.text))?;
    if !step.command.is_empty() {
        let words: Vec<String> = step.command.iter().map(|word| quoted(word)).collect();
        writeln!(out, "      {}", inert(&words.join(" ")))?;
    }
    Ok(())
}

/// A word as a shell would need it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+{}".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_fits_eighty_columns() {
        let mut out = Vec::new();
        list(&mut out, &Library::shipped().unwrap()).unwrap();
        let text = String::from_utf8(out).unwrap();
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }

    #[test]
    fn every_pattern_can_be_explained() {
        for pattern in Library::shipped().unwrap().all() {
            let mut out = Vec::new();
            explain(&mut out, pattern).unwrap();
            let text = String::from_utf8(out).unwrap();
            for part in [
                "\nblames\n",
                "\nproposed when",
                "\napply\n",
                "\nroll back\n",
                "\nprevented by\n",
            ] {
                assert!(text.contains(part), "{}: {part}", pattern.id);
            }
        }
    }

    #[test]
    fn what_was_meant_is_named() {
        let library = Library::shipped().unwrap();
        assert_eq!(advice("lambda-timout", &library), "did you mean lambda-timeout?");
        assert!(advice("throttled", &library).contains("throttled"));
        assert!(advice("xyzzy", &library).contains("patterns list"));
    }
}
