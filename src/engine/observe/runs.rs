//! What Lambda reports of its runs: how many of them began cold.
//!
//! `REPORT` lines are routine, and no miner of odd lines looks at them; yet they hold `Init Duration` for every run that had to
//! start an environment first (AWS Lambda Developer Guide, "Lambda function logging").

use jiff::Timestamp;

use super::Seen;
use crate::{
    engine::wording,
    model::{Evidence, LogLine, Observation, Observed, Origin, ResourceId, Text},
};

/// Fewest runs on either side that tell a share.
const FEWEST: usize = 5;
/// Share of cold runs that matters: one in ten is what the slowest percentiles show.
const MATTERS: f64 = 0.1;

/// That a larger share of the runs began cold since the onset, if so.
pub fn observe(
    onset: Timestamp,
    id: &ResourceId,
    name: &str,
    evidence: &Evidence,
    answer: u64,
) -> Option<Seen> {
    let Evidence::Logs(page) = evidence else {
        return None;
    };
    let (mut before, mut since) = (Runs::default(), Runs::default());
    for line in page
        .lines
        .iter()
        .filter(|line| line.message.starts_with("REPORT RequestId"))
    {
        if line.at < onset { &mut before } else { &mut since }.add(line);
    }
    let (was, is) = (before.share(), since.share());
    let sample = since.sample.as_ref()?;
    // Twice the usual share at least: starts come in clusters by themselves.
    if since.all < FEWEST || before.all < FEWEST || is < MATTERS || is < 2.0 * was {
        return None;
    }
    let percent = |share: f64| wording::number((share * 100.0).round());
    Some(Seen {
        observation: Observation {
            resource: Some(id.clone()),
            origin: Origin::Logs,
            at: Some(sample.at),
            error: 60,
            strength: wording::rounded((0.5 + is).min(1.0)),
            notable: true,
            text: Text::from(format!("{} % of the runs of ", percent(is)))
                .ext(name)
                .own(format!(" began cold, {} % before: ", percent(was)))
                .ext(wording::said(&sample.message)),
            fact: Observed::LogBurst {
                group: sample.group.clone(),
                template: "cold start: REPORT with Init Duration".to_owned(),
                count: since.cold as u32,
                before_rate: wording::rounded(was),
                sample: sample.message.clone(),
                new: before.cold == 0,
                error: false,
            },
        },
        evidence: vec![answer],
    })
}

#[derive(Default)]
struct Runs<'a> {
    all: usize,
    cold: usize,
    sample: Option<&'a LogLine>,
}

impl<'a> Runs<'a> {
    fn add(&mut self, line: &'a LogLine) {
        self.all += 1;
        if line.message.contains("Init Duration") {
            self.cold += 1;
            self.sample.get_or_insert(line);
        }
    }

    fn share(&self) -> f64 {
        self.cold as f64 / self.all.max(1) as f64
    }
}
