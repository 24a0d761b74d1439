//! The records of an investigation as items of a list, grouped by stage of work; what matters is told from what is folded
//! away. Light: what an item says is made when it is seen ([`super::note`]).
//!
//! Grows with the stream: a record that was taken once is not looked at again.

use std::collections::BTreeMap;

use crate::{
    journal::{
        Body, StreamId,
        body::{Asked, InvestigationSummary, Steering},
        views::{Entry, Investigation},
    },
    model::{Intent, Phase, Query, RunState, Verdict},
};

/// What an item shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The head of a stage: its name, what was looked at in it, how much is folded away.
    Stage,
    /// All hypotheses as they stand now, at the place of the first.
    Tested,
    /// One record.
    Record,
}

/// One item of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// The record that it stands for.
    pub seq: u64,
    /// What it shows.
    pub what: What,
    /// Place of its stage.
    pub stage: usize,
    /// It matters: it is shown even where its stage is folded.
    pub telling: bool,
}

/// A stage of work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stage {
    /// The record that began it; 0 for what stands before the first.
    pub seq: u64,
    /// Its name; none before the first.
    pub phase: Option<Phase>,
    /// What was looked at, by kind of thing.
    pub gathered: BTreeMap<&'static str, u64>,
    /// Records of the answers.
    pub answers: Vec<u64>,
    /// Items that are folded away.
    pub folded: usize,
}

/// The records of an investigation as items.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    stream: Option<StreamId>,
    /// The last record that was taken.
    seq: u64,
    tested: bool,
    /// The items, in order.
    pub items: Vec<Item>,
    /// The stages, in order; the first is what stands before any.
    pub stages: Vec<Stage>,
}

impl Ledger {
    /// Takes what is new; true when there was something.
    pub fn grow(&mut self, inv: &Investigation) -> bool {
        if self.stream != inv.stream || self.seq > inv.seq {
            *self = Self {
                stream: inv.stream.clone(),
                ..Self::default()
            };
        }
        if self.seq == inv.seq {
            return false;
        }
        if self.stages.is_empty() {
            self.stages.push(Stage::default());
        }
        for (seq, entry) in inv.entries.range(self.seq + 1..) {
            self.leave_out(*seq);
            self.take(inv, entry);
            self.seq = *seq;
        }
        self.leave_out(inv.seq + 1);
        self.seq = inv.seq;
        true
    }

    /// Place of the first item of a record, or of what was written next.
    pub fn place(&self, seq: u64) -> usize {
        self.items.partition_point(|item| item.seq < seq)
    }

    /// Records before this one that are not at hand are details.
    fn leave_out(&mut self, before: u64) {
        for seq in self.seq + 1..before {
            self.push(seq, What::Record, false);
        }
    }

    fn push(&mut self, seq: u64, what: What, telling: bool) {
        let stage = self.stages.len() - 1;
        self.items.push(Item {
            seq,
            what,
            stage,
            telling,
        });
        if !telling && let Some(stage) = self.stages.last_mut() {
            stage.folded += 1;
        }
    }

    fn take(&mut self, inv: &Investigation, entry: &Entry) {
        let seq = entry.seq;
        if let Some(Body::Status(status)) = &entry.body {
            let current = self.stages.last().and_then(|stage| stage.phase);
            if let (RunState::Running, Some(phase)) = (status.state, status.phase)
                && current != Some(phase)
            {
                self.stages.push(Stage {
                    seq,
                    phase: Some(phase),
                    ..Stage::default()
                });
                return self.push(seq, What::Stage, true);
            }
        }
        if let Some(Body::Hypothesis(_)) = &entry.body
            && !self.tested
        {
            self.tested = true;
            self.push(seq, What::Tested, true);
        }
        if let Some(Body::Evidence(answered)) = &entry.body
            && let Some(asked) = inv.queries.get(&answered.query)
            && let Some((unit, count)) = gathered(asked, answered.count)
            && let Some(stage) = self.stages.last_mut()
        {
            *stage.gathered.entry(unit).or_default() += count;
            stage.answers.push(seq);
        }
        self.push(seq, What::Record, entry.body.as_ref().is_none_or(is_telling));
    }
}

/// True for a record that is shown even where its stage is folded.
fn is_telling(body: &Body) -> bool {
    match body {
        Body::Created(_)
        | Body::Plan(_)
        | Body::Finding(_)
        | Body::Cause(_)
        | Body::MitigationPlan(_)
        | Body::Message(_)
        | Body::Guard(_)
        | Body::Gap(_)
        | Body::End(_) => true,
        Body::Status(status) => matches!(status.state, RunState::Paused | RunState::Failed),
        Body::InvestigationSummary(summary) => says_something(summary),
        Body::Steering(steering) => changes_something(steering),
        Body::Query(_)
        | Body::Evidence(_)
        | Body::Observation(_)
        | Body::Hypothesis(_)
        | Body::MitigationSummary(_)
        | Body::Usage(_)
        | Body::Opened(_)
        | Body::Closed(_)
        | Body::Recommendation(_)
        | Body::Decision(_)
        | Body::Topology(_)
        | Body::Event(_)
        | Body::Triage(_)
        | Body::Delivery(_)
        | Body::Access(_)
        | Body::SupportCase(_) => false,
    }
}

fn says_something(summary: &InvestigationSummary) -> bool {
    summary.verdict != Verdict::Cause || !summary.impact.is_empty() || !summary.next_looks.is_empty()
}

/// A question changes nothing, and its answer stands beside it.
fn changes_something(steering: &Steering) -> bool {
    steering.effect.is_empty() || !matches!(steering.intent, Intent::Ask | Intent::Unknown)
}

/// What an answer adds to what was looked at.
fn gathered(asked: &Asked, count: u64) -> Option<(&'static str, u64)> {
    Some(match &asked.query {
        Query::Identity => return None,
        Query::Metrics { series, .. } => ("metrics", series.len() as u64),
        Query::Logs { .. } => ("log lines", count),
        Query::Changes { .. } => ("changes", count),
        Query::Events { .. } => ("service events", count),
        Query::Alarms { .. } => ("alarms", count),
        Query::Catalogue { .. } => ("series known", count),
        Query::Configuration { .. } => ("configurations", count),
        Query::Inventory => ("resources", count),
        Query::Relations => ("relations", count),
        Query::Tool { .. } => ("tool lines", count),
    })
}

/// The order in which what was looked at is told.
pub const UNITS: [&str; 10] = [
    "alarms",
    "metrics",
    "log lines",
    "changes",
    "service events",
    "configurations",
    "resources",
    "relations",
    "series known",
    "tool lines",
];
