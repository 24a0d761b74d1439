//! The outcome for a terminal: what is broken, how sure, why, what now. Short, and easily read at three in the morning.

use super::{
    Anchor, Exhibits, Layout, chart,
    doubt::{self, numbers},
    story, told,
    wrap::{command, wrapped},
};
use crate::{
    journal::{body::InvestigationSummary, views::Investigation},
    model::{MitigationPlan, Verdict},
};

/// Explanations that are told though they did not win.
const OTHERS: usize = 4;
/// Rows of data in the chart: with its other lines it takes seven.
const ROWS: usize = 3;
/// Columns of the chart.
const CHART: usize = 72;

/// The outcome as plain text, lines as long as the layout says.
pub fn text(view: &Investigation, anchor: &Anchor, exhibits: &Exhibits, layout: Layout) -> String {
    let mut sheet = Sheet {
        lines: Vec::new(),
        columns: layout.columns.max(40),
        ascii: layout.ascii,
    };
    let Some(summary) = &view.summary else {
        let end = view
            .end
            .as_ref()
            .map(|end| format!("{}: {}", end.state.as_str(), end.text));
        return format!("{}\n", end.unwrap_or_else(|| "not finished".to_owned()));
    };
    sheet.head(view, summary, exhibits);
    sheet.evidence(view, summary);
    sheet.charts(exhibits);
    sheet.timeline(view, summary);
    sheet.others(view);
    sheet.impact(view, exhibits);
    sheet.unseen(view);
    if summary.causes.is_empty() {
        let looks = doubt::looks(view);
        sheet.section(
            "next best looks",
            looks.iter().map(|look| cited(&look.text.plain(), &look.records)),
        );
    }
    if let Some(plan) = &view.mitigation {
        sheet.plan(plan);
    }
    sheet.section(
        "what would prevent the next one",
        summary
            .recommendations
            .iter()
            .map(|one| format!("{}: {}", one.category.words(), one.title)),
    );
    sheet.journal(view, anchor);
    sheet.lines.push(String::new());
    sheet.lines.join("\n")
}

struct Sheet {
    lines: Vec<String>,
    columns: usize,
    ascii: bool,
}

impl Sheet {
    fn dot(&self) -> &'static str {
        if self.ascii { "-" } else { "·" }
    }

    fn paragraph(&mut self, lead: &str, hang: usize, words: &str) {
        self.lines.extend(wrapped(lead, hang, words, self.columns));
    }

    fn title(&mut self, title: &str) {
        self.lines.push(String::new());
        self.lines.push(title.to_owned());
    }

    fn section(&mut self, title: &str, items: impl Iterator<Item = String>) {
        let mut items = items.peekable();
        if items.peek().is_some() {
            self.title(title);
        }
        for item in items {
            self.paragraph("  ", 4, &item);
        }
    }

    fn head(&mut self, view: &Investigation, summary: &InvestigationSummary, exhibits: &Exhibits) {
        let lead = format!("{}  ", summary.verdict.words().to_uppercase());
        let hang = lead.len();
        self.paragraph(&lead, hang, &view.title().plain());
        let names = told::Names::of(view);
        let dot = self.dot();
        if summary.causes.is_empty() {
            self.paragraph(
                "  ",
                2,
                &format!("{}.", summary.text.plain().trim_end_matches('.')),
            );
        }
        for cause in &summary.causes {
            self.paragraph("  ", 2, &format!("{}.", cause.statement));
            self.paragraph(
                "  ",
                2,
                &format!(
                    "{} at {} {dot} confidence {:.2}, {}",
                    cause.category.words(),
                    crate::model::inert(names.get(&cause.resource)),
                    cause.confidence,
                    doubt::sure(cause.confidence)
                ),
            );
        }
        if summary.verdict != Verdict::NoFault
            && let Some(over) = story::over(view, exhibits)
        {
            self.paragraph("  ", 2, &format!("{over}."));
        }
    }

    fn evidence(&mut self, view: &Investigation, summary: &InvestigationSummary) {
        let mut records: Vec<u64> = Vec::new();
        if summary.causes.is_empty() {
            records.extend(told::symptom(view).map(|(seq, _)| seq));
        }
        for cause in &summary.causes {
            records.extend(
                cause
                    .evidence
                    .iter()
                    .filter(|seq| !records.contains(seq))
                    .collect::<Vec<_>>(),
            );
        }
        let title = if summary.causes.is_empty() {
            "what was seen"
        } else {
            "because"
        };
        let mut told = records
            .iter()
            .filter_map(|seq| Some((seq, told::observation(view, *seq)?)))
            .peekable();
        if told.peek().is_some() {
            self.title(title);
        }
        for (seq, observation) in told {
            self.paragraph(&format!("  #{seq:<5}"), 8, &observation.text.plain());
        }
        let doubts: Vec<String> = summary
            .causes
            .iter()
            .flat_map(|cause| doubt::doubts(view, cause))
            .map(|doubt| doubt.plain())
            .collect();
        self.section("why not surer", doubts.into_iter());
    }

    /// The first series as a chart, the others in a row each.
    fn charts(&mut self, exhibits: &Exhibits) {
        let width = CHART.min(self.columns - 2);
        for (at, picture) in exhibits.charts.iter().enumerate() {
            if at == 0 {
                self.lines.push(String::new());
                let drawn = chart::draw(picture, ROWS, width, self.ascii);
                self.lines
                    .extend(drawn.into_iter().map(|line| format!("  {line}")));
            } else {
                let rows = chart::spark(picture, width, self.ascii);
                self.lines
                    .extend(rows.into_iter().map(|line| format!("  {line}")));
            }
        }
    }

    fn timeline(&mut self, view: &Investigation, summary: &InvestigationSummary) {
        if summary.timeline.is_empty() {
            return;
        }
        let days = summary
            .timeline
            .iter()
            .map(|entry| entry.at.strftime("%Y-%m-%d").to_string());
        let day = days.clone().next().unwrap_or_default();
        let one_day = days.clone().all(|other| other == day);
        let title = if one_day {
            format!("timeline, {day} UTC")
        } else {
            "timeline, UTC".to_owned()
        };
        self.title(&title);
        for entry in &summary.timeline {
            let pattern = if one_day { "%H:%M:%S" } else { "%m-%d %H:%M:%S" };
            let lead = format!("  {}  ", entry.at.strftime(pattern));
            let hang = lead.len();
            let within = told::within(view, entry.evidence).filter(|seconds| *seconds > 60);
            let within = within.map_or_else(String::new, |seconds| {
                format!(", known to within {} min", seconds.div_ceil(60))
            });
            let what = format!("{}{within}", entry.what);
            self.paragraph(&lead, hang, &cited(&what, &[entry.evidence]));
        }
    }

    fn others(&mut self, view: &Investigation) {
        let ruled = doubt::ruled_out(view);
        if !ruled.is_empty() {
            self.title("ruled out");
        }
        for one in ruled.iter().take(OTHERS) {
            let lead = one
                .by
                .map_or_else(|| "        ".to_owned(), |by| format!("  #{by:<5}"));
            self.paragraph(&lead, 8, &one.statement.plain());
            self.paragraph("        ", 8, &one.why.plain());
        }
        self.rest(ruled.len());
        let rivals = doubt::rivals(view);
        if !rivals.is_empty() {
            let known = view
                .summary
                .as_ref()
                .is_some_and(|summary| summary.verdict != Verdict::Inconclusive);
            self.title(if known {
                "also considered"
            } else {
                "what might explain it"
            });
        }
        for one in rivals.iter().take(OTHERS) {
            self.paragraph(&format!("  {:.2}  ", one.score), 8, &one.statement.plain());
            if !one.why.is_empty() {
                self.paragraph("        ", 8, &cited(&one.why.plain(), &one.supports));
            }
        }
        self.rest(rivals.len());
    }

    fn rest(&mut self, all: usize) {
        if all > OTHERS {
            self.lines.push(format!("        and {} more", all - OTHERS));
        }
    }

    fn impact(&mut self, view: &Investigation, exhibits: &Exhibits) {
        let harms = told::harms(view);
        let names = told::Names::of(view);
        self.section(
            "impact",
            harms.iter().map(|harm| {
                let until = harm.record.and_then(|record| exhibits.over.get(&record));
                let until = match until {
                    Some(super::Over::At(at)) => format!(", until {}", at.strftime("%H:%M")),
                    _ => String::new(),
                };
                let records: Vec<u64> = harm.record.into_iter().collect();
                let what = if harm.moved.is_some() {
                    harm.text.plain()
                } else {
                    let name = harm.resource.map_or("", |id| names.get(id));
                    format!("{}: {}", crate::model::inert(name), harm.text)
                };
                cited(&format!("{what}{until}"), &records)
            }),
        );
    }

    /// What could not be seen; equal hints once.
    fn unseen(&mut self, view: &Investigation) {
        let groups = doubt::blind(view);
        if !groups.is_empty() {
            self.title("could not be looked at");
        }
        for group in groups {
            for unseen in &group.unseen {
                let told = format!("{}: {}", unseen.what, unseen.why);
                self.paragraph("  ", 4, &cited(&told, &unseen.records));
            }
            if let Some(hint) = &group.hint {
                self.paragraph("    hint: ", 10, &hint.plain());
            }
        }
    }

    fn plan(&mut self, plan: &MitigationPlan) {
        for (title, steps) in plan.parts() {
            if steps.is_empty() {
                continue;
            }
            self.title(title);
            for (index, step) in steps.iter().enumerate() {
                let mark = if step.writes { "[writes] " } else { "" };
                self.paragraph(&format!("  {}. {mark}", index + 1), 5, &step.text.plain());
                if !step.command.is_empty() {
                    let shown: Vec<String> = step
                        .arguments()
                        .iter()
                        .map(|word| crate::model::inert(word))
                        .collect();
                    self.lines.extend(command("     $ ", 9, &shown, self.columns));
                }
            }
        }
        let writes = plan
            .parts()
            .iter()
            .flat_map(|(_, steps)| *steps)
            .any(|step| step.writes);
        if writes {
            self.lines.push(String::new());
            self.paragraph(
                "",
                0,
                "[writes] changes something: you run it, midwatch never does",
            );
        }
    }

    fn journal(&mut self, view: &Investigation, anchor: &Anchor) {
        let stream = view.stream.as_ref().map(ToString::to_string).unwrap_or_default();
        let dot = self.dot();
        self.lines.push(String::new());
        self.paragraph(
            "journal  ",
            9,
            &format!(
                "{stream} {dot} {} records {dot} head {}",
                view.seq,
                anchor.head.short()
            ),
        );
        let open = ["midwatch", "journal", "show", &stream, "--record", "N"].map(str::to_owned);
        self.lines
            .extend(command("a record #N: ", 13, &open, self.columns));
    }
}

fn cited(words: &str, records: &[u64]) -> String {
    if records.is_empty() {
        words.to_owned()
    } else {
        format!("{words}  ({})", numbers(records))
    }
}
