//! Everything that is shared of an investigation, secrets and personal data taken out. Built from its own stream alone.

use super::{
    log,
    sections::{Section, line, sections},
    text,
};
use crate::{
    engine::handle::support::Shared,
    journal::{Record, StreamId, views::Investigation},
    model::Verdict,
    redact::{Redactor, Scope},
};

/// What is shared from.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The investigation.
    pub stream: &'a StreamId,
    /// Its records.
    pub records: &'a [Record],
    /// The same, folded.
    pub view: &'a Investigation,
    /// Its report, as `journal export` writes it.
    pub report: &'a str,
    /// Account and region, as far as they are known.
    pub place: (Option<&'a str>, Option<&'a str>),
}

/// What is shared: subject, text in six sections, and the whole log as files.
pub fn share(of: &Material<'_>) -> Shared {
    let mut redactor = Redactor::new(Scope::Personal);
    // Secrets that the journal has taken out before have numbers already.
    redactor.number_above(highest(of.report).max(of.records.iter().map(numbered).max().unwrap_or(0)));
    let subject = format!("{} - {}", verdict(of.view), line(&of.view.title()));
    let subject = text::subject(&redactor.text(&subject));
    let head = redactor.text(&head(of)).into_owned();
    let sections: Vec<Section> = sections(of.view)
        .into_iter()
        .map(|section| Section {
            title: section.title,
            lines: section
                .lines
                .iter()
                .map(|line| redactor.text(line).into_owned())
                .collect(),
        })
        .collect();
    let log = log::log(of.stream, of.report, of.records, &mut redactor);
    let tail = tail(of, log.records);
    Shared {
        subject,
        body: text::body(&head, &sections, &tail),
        files: log.files,
        taken_out: redactor.taken_out(),
    }
}

/// The outcome in a few words, for the subject.
fn verdict(view: &Investigation) -> String {
    match (&view.summary, &view.end) {
        (Some(summary), _) => match summary.verdict {
            Verdict::Cause => "Root cause found".to_owned(),
            Verdict::NoFault => "No fault found".to_owned(),
            Verdict::Inconclusive => "Cause not known".to_owned(),
        },
        (None, Some(end)) => format!("Investigation {}", end.state.as_str()),
        (None, None) => "Under investigation".to_owned(),
    }
}

/// What is asked, and what is known in two sentences.
fn head(of: &Material<'_>) -> String {
    let view = of.view;
    let unknown = "not known";
    let (account, region) = of.place;
    let mut out = format!(
        "We ask for help with an incident that was investigated with midwatch, a read-only tool.\n\nIncident: {}\nAccount, region: \
         {}, {}\n",
        line(&view.title()),
        account.unwrap_or(unknown),
        region.unwrap_or(unknown),
    );
    if let Some(plan) = &view.plan {
        out.push_str(&format!(
            "Noticed at: {}\n",
            plan.at.strftime("%Y-%m-%d %H:%M:%S UTC")
        ));
    }
    let outcome = match &view.summary {
        Some(summary) => {
            let mut words = format!("{}: {}", summary.verdict.words(), line(&summary.text));
            for cause in &summary.causes {
                words.push_str(&format!(
                    "\nCause: {} ({}, confidence {:.2})",
                    line(&cause.statement),
                    cause.category.words(),
                    cause.confidence
                ));
            }
            words
        }
        None => "not settled yet".to_owned(),
    };
    // However much an outcome says, the sections have their room.
    let outcome: String = outcome.chars().take(LONGEST_OUTCOME).collect();
    out.push_str(&format!("Outcome: {outcome}\n\n"));
    out
}

const LONGEST_OUTCOME: usize = 1_500;

/// What is attached, and the anchor by which the journal is known.
fn tail(of: &Material<'_>, attached: usize) -> String {
    let all = of.records.len();
    let log = if attached == all {
        format!("The whole log ({all} records) is attached.")
    } else {
        format!("The first {attached} of {all} records of the log are attached; ask for the others.")
    };
    let head = of.view.hash.as_ref().map_or("-", |hash| hash.short());
    format!(
        "{log} Secrets and personal data were taken out. Numbers after # are records of the log.\nInvestigation {}, journal head \
         {head}.\n",
        of.stream
    )
}

/// The highest number of a secret that was taken out of a text before.
fn highest(text: &str) -> u64 {
    let numbers = text.split("<secret-").skip(1).filter_map(|rest| {
        let (number, _) = rest.split_once('>')?;
        number.parse().ok()
    });
    numbers.max().unwrap_or(0)
}

fn numbered(record: &Record) -> u64 {
    highest(&record.body.to_string())
}
