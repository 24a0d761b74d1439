//! An investigation as files: a post-mortem in Markdown, and its records as JSON, one a line.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::words;
use crate::{
    journal::{Record, views::Investigation},
    model::{Span, Text, Verdict, inert},
};

/// Writes both files into a folder, for the owner alone; never over a file that is there.
pub fn write(folder: &Path, inv: &Investigation, records: &[Record]) -> io::Result<Vec<PathBuf>> {
    let name = inv
        .stream
        .as_ref()
        .map_or("investigation", |stream| stream.as_str());
    let mut lines = String::new();
    for record in records {
        lines.push_str(&serde_json::to_string(record)?);
        lines.push('\n');
    }
    let report = fresh(folder, name, "md", markdown(inv).as_bytes())?;
    let journal = fresh(folder, name, "jsonl", lines.as_bytes())?;
    Ok(vec![report, journal])
}

fn fresh(folder: &Path, name: &str, ending: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    for n in 1..1_000 {
        let file = match n {
            1 => format!("{name}.{ending}"),
            n => format!("{name}-{n}.{ending}"),
        };
        let path = folder.join(file);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(mut out) => {
                out.write_all(bytes)?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        format!("{name}.{ending} and 999 more like it are there already"),
    ))
}

/// A post-mortem. Words from outside are escaped, so that they stay words.
pub fn markdown(inv: &Investigation) -> String {
    let mut out = String::new();
    let mut line = |words: String| {
        out.push_str(&words);
        out.push('\n');
    };
    line(format!("# {}", text(&inv.title())));
    line(String::new());
    if let Some(created) = &inv.created {
        line(format!("- started from: {}", text(&created.start.text())));
        line(format!("- priority: {}", created.priority.as_str()));
        if let Some(account) = &created.account {
            line(format!("- account: {}", escaped(account)));
        }
        if let Some(region) = &created.region {
            line(format!("- region: {}", escaped(region)));
        }
    }
    if let Some(stream) = &inv.stream {
        let head = inv.hash.as_ref().map_or("", |hash| hash.short());
        line(format!("- journal: {stream}, {} records, head {head}", inv.seq));
    }
    line(String::new());
    if let Some(summary) = &inv.summary {
        line(format!("## Verdict: {}", summary.verdict.words()));
        line(String::new());
        line(text(&summary.text));
        line(String::new());
        for cause in &summary.causes {
            line(format!(
                "- **{}** ({}, confidence {:.2}): {} {}",
                escaped(cause.resource.as_str()),
                words::category(cause.category),
                cause.confidence,
                text(&cause.statement),
                words::because(&cause.evidence).plain(),
            ));
        }
        section(
            &mut line,
            "Timeline",
            summary.timeline.iter().map(|entry| {
                format!(
                    "- {} {} (#{})",
                    entry.at.strftime("%Y-%m-%d %H:%M:%SZ"),
                    text(&entry.what),
                    entry.evidence
                )
            }),
        );
        section(
            &mut line,
            "Impact",
            summary
                .impact
                .iter()
                .map(|impact| format!("- {}: {}", escaped(impact.resource.as_str()), text(&impact.how))),
        );
        section(
            &mut line,
            "Ruled out",
            summary.ruled_out.iter().map(|ruled| {
                format!(
                    "- {} (#{}: {})",
                    text(&ruled.statement),
                    ruled.by,
                    text(&ruled.why)
                )
            }),
        );
        if summary.verdict != Verdict::Cause {
            section(
                &mut line,
                "Look next",
                summary.next_looks.iter().map(|look| format!("- {}", text(look))),
            );
        }
    } else if let Some(end) = &inv.end {
        line(format!("## {}", end.state.as_str()));
        line(String::new());
        line(text(&end.text));
    } else {
        line("Not settled yet.".to_owned());
    }
    section(
        &mut line,
        "Findings",
        inv.findings
            .values()
            .map(|finding| format!("- #{} {}", finding.observation, text(&finding.text))),
    );
    section(
        &mut line,
        "Not looked at",
        inv.gaps
            .values()
            .map(|found| format!("- {}: {}", text(&found.gap.what), text(&found.gap.why))),
    );
    if let Some(plan) = &inv.mitigation {
        line(String::new());
        line("## Mitigation plan".to_owned());
        for (title, steps) in plan.parts() {
            section(
                &mut line,
                &format!("# {title}"),
                steps.iter().map(|step| match step.shell() {
                    Some(shell) => format!("- [ ] {}\n\n      {}", text(&step.text), inert(&shell)),
                    None => format!("- [ ] {}", text(&step.text)),
                }),
            );
        }
    }
    out
}

fn section(line: &mut impl FnMut(String), title: &str, items: impl Iterator<Item = String>) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    line(String::new());
    line(format!("## {title}").replace("## # ", "### "));
    line(String::new());
    items.for_each(line);
}

fn text(text: &Text) -> String {
    let span = |span: &Span| match span {
        Span::Own(words) => words.clone(),
        Span::External { external } => escaped(external),
    };
    text.0.iter().map(span).collect()
}

/// Words from outside for Markdown: inert, and every sign that Markdown or HTML would take is escaped.
fn escaped(words: &str) -> String {
    let mut out = String::new();
    for c in inert(words).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    // An address would become a link of its own accord.
    out.replace("://", ":&#47;&#47;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_words_stay_words() {
        assert_eq!(
            escaped("[x](http://evil) <b>\u{1b}[2J"),
            "\\[x\\]\\(http:&#47;&#47;evil\\) &lt;b&gt;\u{fffd}\\[2J"
        );
    }

    #[test]
    fn files_are_the_owners_alone_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let inv = Investigation::default();
        let first = write(folder.path(), &inv, &[]).unwrap();
        let second = write(folder.path(), &inv, &[]).unwrap();
        assert_ne!(first, second);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&first[0]).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
