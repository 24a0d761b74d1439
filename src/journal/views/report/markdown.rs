//! The outcome as a post-mortem's first draft, every line with the records behind it.

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
};

use super::{
    Anchor, Exhibits, Layout, chart, doubt,
    escape::{alone, cite, cites, escaped, fenced, sentence},
    exhibits::Over,
    plan, story, told,
};
use crate::{
    journal::{body::InvestigationSummary, views::Investigation},
    model::{Text, Verdict},
};

/// The outcome as Markdown. Words from outside are escaped: they cannot make links, headings, images or code.
pub fn markdown(view: &Investigation, anchor: &Anchor, exhibits: &Exhibits, layout: Layout) -> String {
    let mut out = String::new();
    let paper = Paper {
        view,
        anchor,
        exhibits,
        layout,
    };
    paper.write(&mut out).unwrap_or_default();
    // Between sections one blank line is enough; fenced blocks hold none.
    while out.contains("\n\n\n") {
        out = out.replace("\n\n\n", "\n\n");
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// Rows of data in a chart.
const ROWS: usize = 6;
/// Columns of a chart: what a wiki shows without scrolling.
const COLUMNS: usize = 72;

struct Paper<'a> {
    view: &'a Investigation,
    anchor: &'a Anchor,
    exhibits: &'a Exhibits,
    layout: Layout,
}

impl Paper<'_> {
    fn write(&self, out: &mut String) -> fmt::Result {
        let view = self.view;
        writeln!(out, "# {}\n", alone(&view.title().plain()))?;
        self.metadata(out)?;
        let Some(summary) = &view.summary else {
            let end = view.end.as_ref();
            let words = end.map(|end| Text::from(format!("{}: ", end.state.as_str())).join(&end.text));
            writeln!(
                out,
                "{}\n",
                sentence(&words.unwrap_or_else(|| "Not finished.".into()))
            )?;
            let findings = view
                .findings
                .values()
                .map(|finding| cited(&sentence(&finding.text), &[finding.observation]));
            list(out, "Findings so far", findings)?;
            self.unseen(out)?;
            return self.journal(out);
        };
        self.summary(out)?;
        self.charts(out)?;
        self.impact(out, summary)?;
        self.timeline(out, summary)?;
        match summary.verdict {
            Verdict::Cause => self.causes(out, summary)?,
            Verdict::NoFault => self.no_fault(out)?,
            Verdict::Inconclusive => self.no_cause(out, summary)?,
        }
        self.ruled_out(out)?;
        self.considered(out)?;
        self.unseen(out)?;
        if summary.causes.is_empty() {
            let looks = doubt::looks(view);
            let looks = looks
                .iter()
                .map(|look| cited(&sentence(&look.text), &look.records));
            list(out, "Next best looks", looks)?;
        }
        if let Some(steps) = &view.mitigation {
            plan::mitigation(out, steps)?;
        }
        plan::prevention(out, summary)?;
        plan::actions(out, view, summary)?;
        self.journal(out)
    }

    fn metadata(&self, out: &mut String) -> fmt::Result {
        let view = self.view;
        let unknown = || "not known".to_owned();
        let names = told::Names::of(view);
        let (account, region) = told::place(view);
        let moment = |at: jiff::Timestamp| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let subjects = view.plan.as_ref().map(|plan| {
            let subjects = plan.subjects.iter().map(|id| {
                let (id, name) = (id.as_str(), names.get(id));
                if id == name {
                    escaped(name)
                } else {
                    format!("{} ({})", escaped(name), escaped(id))
                }
            });
            subjects.collect::<Vec<_>>().join(", ")
        });
        let confidence = view.summary.as_ref().and_then(|summary| summary.causes.first());
        let rows = [
            (
                "Investigation",
                view.stream.as_ref().map(|stream| format!("`{stream}`")),
            ),
            (
                "Verdict",
                view.summary
                    .as_ref()
                    .map(|summary| summary.verdict.words().to_owned()),
            ),
            (
                "Confidence",
                confidence
                    .map(|cause| format!("{:.2} ({})", cause.confidence, doubt::sure(cause.confidence))),
            ),
            ("Priority", Some(view.priority.as_str().to_owned())),
            (
                "Account, region",
                match (account, region) {
                    (None, None) => Some("not known".to_owned()),
                    (account, region) => Some(format!(
                        "{}, {}",
                        account.map_or_else(unknown, |words| escaped(&words)),
                        region.map_or_else(unknown, |words| escaped(&words))
                    )),
                },
            ),
            (
                "Started from",
                view.created
                    .as_ref()
                    .map(|created| sentence(&created.start.text())),
            ),
            ("Noticed at", view.plan.as_ref().map(|plan| moment(plan.at))),
            (
                "Window",
                view.plan
                    .as_ref()
                    .map(|plan| format!("{} to {}", moment(plan.window.from), moment(plan.window.to))),
            ),
            ("Subject", subjects),
        ];
        writeln!(out, "| | |\n|---|---|")?;
        for (name, words) in rows {
            if let Some(words) = words.filter(|words| !words.is_empty()) {
                writeln!(out, "| {name} | {words} |")?;
            }
        }
        writeln!(out)
    }

    fn summary(&self, out: &mut String) -> fmt::Result {
        let told = story::sentences(self.view, self.exhibits);
        let told: Vec<String> = told.iter().map(sentence).collect();
        writeln!(out, "## Summary\n\n{}\n", told.join(" "))
    }

    fn charts(&self, out: &mut String) -> fmt::Result {
        for picture in &self.exhibits.charts {
            let lines = chart::draw(picture, ROWS, COLUMNS, self.layout.ascii);
            writeln!(
                out,
                "{}\nFrom {}.\n",
                fenced("text", &lines.join("\n")),
                cite(picture.record)
            )?;
        }
        Ok(())
    }

    fn impact(&self, out: &mut String, summary: &InvestigationSummary) -> fmt::Result {
        let names = told::Names::of(self.view);
        let harms = told::harms(self.view);
        if harms.is_empty() {
            let words = match summary.verdict {
                Verdict::NoFault => "None was found: the symptom is at its usual level.",
                _ => "None was measured.",
            };
            return writeln!(out, "## Impact\n\n{words}\n");
        }
        writeln!(out, "## Impact\n")?;
        if harms.iter().any(|harm| harm.moved.is_some()) {
            writeln!(
                out,
                "| what | role | usual | then | peak | since (UTC) | until (UTC) | record |\n|---|---|---|---|---|---|---|---|"
            )?;
        }
        let clock = |at: jiff::Timestamp| at.strftime("%H:%M").to_string();
        for harm in &harms {
            let (Some(moved), Some(record)) = (&harm.moved, harm.record) else {
                continue;
            };
            let until = match self.exhibits.over.get(&record) {
                Some(Over::At(at)) => clock(*at),
                Some(Over::Still(at)) => format!("still so at {}", clock(*at)),
                Some(Over::LastSeen(at)) => format!("data end at {}", clock(*at)),
                None => "not known".to_owned(),
            };
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {until} | {} |",
                sentence(&moved.what(&names)),
                harm.role,
                moved.usual(),
                moved.value(moved.after),
                moved.value(moved.peak),
                moved.since.map_or_else(String::new, clock),
                cite(record)
            )?;
        }
        writeln!(out)?;
        for harm in harms.iter().filter(|harm| harm.moved.is_none()) {
            let resource = harm.resource.map_or("", |id| names.get(id));
            let records: Vec<u64> = harm.record.into_iter().collect();
            let told = format!("{} ({}): {}", alone(resource), harm.role, sentence(harm.text));
            writeln!(out, "- {}", cited(&told, &records))?;
        }
        writeln!(out)
    }

    fn timeline(&self, out: &mut String, summary: &InvestigationSummary) -> fmt::Result {
        if summary.timeline.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "## Timeline\n\n| time (UTC) | what | record |\n|---|---|---|"
        )?;
        for entry in &summary.timeline {
            let until = told::within(self.view, entry.evidence).filter(|seconds| *seconds > 0);
            let until = until.and_then(|seconds| {
                let length = jiff::SignedDuration::from_secs(i64::from(seconds));
                entry.at.checked_add(length).ok()
            });
            let until = until.map_or_else(String::new, |until| until.strftime(" to %H:%M:%S").to_string());
            writeln!(
                out,
                "| {}{until} | {} | {} |",
                entry.at.strftime("%Y-%m-%d %H:%M:%S"),
                sentence(&entry.what),
                cite(entry.evidence)
            )?;
        }
        let metric = |one: &crate::model::TimelineEntry| told::within(self.view, one.evidence).is_some();
        if !summary.timeline.iter().any(metric) {
            return writeln!(out);
        }
        writeln!(
            out,
            "\nThe onset of a metric is known to within its resolution; where that leaves open what came first, the cause stands first.\n"
        )
    }

    fn causes(&self, out: &mut String, summary: &InvestigationSummary) -> fmt::Result {
        let names = told::Names::of(self.view);
        writeln!(out, "## Root cause\n")?;
        for cause in &summary.causes {
            writeln!(out, "{}.\n", sentence(&cause.statement))?;
            writeln!(
                out,
                "- Category: {}, at {}",
                cause.category.words(),
                escaped(names.get(&cause.resource))
            )?;
            writeln!(
                out,
                "- Confidence: {:.2} ({})",
                cause.confidence,
                doubt::sure(cause.confidence)
            )?;
            let doubts = doubt::doubts(self.view, cause);
            if !doubts.is_empty() {
                writeln!(out, "- Why not surer:")?;
            }
            for one in doubts {
                writeln!(out, "  - {}", sentence(&one))?;
            }
            self.evidence(out, &cause.evidence)?;
        }
        Ok(())
    }

    /// Cited records with their sentences, and the command that opens them.
    fn evidence(&self, out: &mut String, records: &[u64]) -> fmt::Result {
        if records.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nEvidence:\n")?;
        for seq in records {
            let said = told::observation(self.view, *seq).map(|one| sentence(&one.text));
            writeln!(out, "- {} {}", cite(*seq), said.unwrap_or_default())?;
        }
        if let Some(stream) = &self.view.stream {
            let numbers: Vec<String> = records.iter().map(ToString::to_string).collect();
            writeln!(
                out,
                "\n```sh\nmidwatch journal show {stream} --record {}\n```\n",
                numbers.join(",")
            )?;
        }
        Ok(())
    }

    fn no_fault(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "## Why this is no fault\n")?;
        let symptom = told::symptom(self.view);
        let coverage = symptom.and_then(|(_, observation)| match observation.fact {
            crate::model::Observed::MetricNormal {
                coverage, compared, ..
            } => Some((coverage, compared)),
            _ => None,
        });
        if let Some((coverage, compared)) = coverage {
            writeln!(
                out,
                "- The symptom itself was read: {:.0} % of the window's periods have a datum.",
                coverage * 100.0
            )?;
            if compared {
                let usual = self.view.plan.as_ref().map(|plan| plan.baseline);
                let usual = usual.map_or_else(String::new, |usual| {
                    format!(
                        ", {} to {} UTC",
                        usual.from.strftime("%Y-%m-%d %H:%M"),
                        usual.to.strftime("%Y-%m-%d %H:%M")
                    )
                });
                writeln!(
                    out,
                    "- It was held against its own history{usual}, and does not differ."
                )?;
            }
        }
        let records: Vec<u64> = symptom.map(|(seq, _)| seq).into_iter().collect();
        self.evidence(out, &records)
    }

    fn no_cause(&self, out: &mut String, summary: &InvestigationSummary) -> fmt::Result {
        writeln!(out, "## Root cause\n\nNot known: {}.\n", sentence(&summary.text))?;
        let records: Vec<u64> = told::symptom(self.view).map(|(seq, _)| seq).into_iter().collect();
        self.evidence(out, &records)
    }

    fn ruled_out(&self, out: &mut String) -> fmt::Result {
        let ruled = doubt::ruled_out(self.view);
        if ruled.is_empty() {
            return Ok(());
        }
        writeln!(out, "## What was ruled out\n")?;
        for one in ruled {
            writeln!(out, "- {}", sentence(one.statement))?;
            let why = sentence(&one.why);
            let Some(by) = one.by else {
                writeln!(out, "  - ruled out: {why}")?;
                continue;
            };
            let seen = told::observation(self.view, by);
            let seen = seen.map_or_else(String::new, |seen| format!(" (seen: {})", sentence(&seen.text)));
            writeln!(out, "  - ruled out by {}: {why}{seen}", cite(by))?;
        }
        writeln!(out)
    }

    fn considered(&self, out: &mut String) -> fmt::Result {
        let items = doubt::rivals(self.view).into_iter().map(|one| {
            let why = if one.why.is_empty() {
                String::new()
            } else {
                format!(": {}", sentence(&one.why))
            };
            let told = format!(
                "{} ({}, {:.2}){why}",
                sentence(&one.statement),
                one.state.as_str(),
                one.score
            );
            cited(&told, &one.supports)
        });
        let title =
            if self.view.summary.as_ref().map(|summary| summary.verdict) == Some(Verdict::Inconclusive) {
                "What might explain it, none of it proven"
            } else {
                "Also considered"
            };
        list(out, title, items)
    }

    fn unseen(&self, out: &mut String) -> fmt::Result {
        let groups = doubt::blind(self.view);
        if groups.is_empty() {
            return Ok(());
        }
        writeln!(out, "## What could not be seen\n")?;
        for group in groups {
            for unseen in &group.unseen {
                let told = format!("{}: {}", sentence(&unseen.what), sentence(&unseen.why));
                writeln!(out, "- {}", cited(&told, &unseen.records))?;
            }
            if let Some(hint) = &group.hint {
                let these = if group.unseen.len() > 1 { "these" } else { "this" };
                writeln!(out, "\nTo see {these}: {}\n", sentence(hint))?;
            }
        }
        writeln!(out)
    }

    /// The journal behind it, and how to open each number.
    fn journal(&self, out: &mut String) -> fmt::Result {
        let stream = self
            .view
            .stream
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let numbers = numbers(out);
        writeln!(
            out,
            "## Journal\n\nStream `{stream}`, {} records, head `{}`, digest `{}`.\n",
            self.view.seq, self.anchor.head, self.anchor.digest
        )?;
        if let Some(first) = numbers.first() {
            writeln!(
                out,
                "Every number in this text (`#{first}`) is a record of that stream. To open one, to check them all, and to print \
                 this text again:\n\n```sh\nmidwatch journal show {stream} --record {first}\nmidwatch journal verify --anchor \
                 {}\nmidwatch journal report {stream} --format markdown\n```\n",
                self.anchor.head.short()
            )?;
        }
        Ok(())
    }
}

/// Every record that a text cites, in order. What stands in fenced blocks is data and cites nothing.
fn numbers(text: &str) -> BTreeSet<u64> {
    let mut fence: Option<usize> = None;
    let mut numbers = BTreeSet::new();
    for line in text.lines().map(str::trim_start) {
        let ticks = line.bytes().take_while(|b| *b == b'`').count();
        match fence {
            Some(length) if ticks >= length && line.len() == ticks => fence = None,
            Some(_) => {}
            None if ticks >= 3 => fence = Some(ticks),
            None => {
                let after = line.split("`#").skip(1);
                numbers.extend(after.filter_map(|rest| rest.split_once('`')?.0.parse::<u64>().ok()));
            }
        }
    }
    numbers
}

fn cited(words: &str, records: &[u64]) -> String {
    if records.is_empty() {
        words.to_owned()
    } else {
        format!("{words} ({})", cites(records))
    }
}

fn list(out: &mut String, title: &str, items: impl Iterator<Item = String>) -> fmt::Result {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "## {title}\n")?;
    items.try_for_each(|item| writeln!(out, "- {item}"))?;
    writeln!(out)
}
