//! One investigation, folded from its stream.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use crate::{
    journal::{
        Actor, Body, Hash, Head, Record, StreamId,
        body::{
            Answered, Asked, Created, End, Finding, GapFound, InvestigationSummary, Message, Observed,
            Payload, Plan, Usage,
        },
    },
    model::{Cause, Hypothesis, MitigationPlan, Phase, Priority, RunState, Spent, Text},
};

/// A longer silence between two records is not work: whoever ran it was gone.
const LONGEST_STEP: SignedDuration = SignedDuration::from_mins(2);

/// A record with its typed body, as the journal pane shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Number in the stream.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub actor: Actor,
    /// What it says; none for a body of another version.
    pub body: Option<Body>,
}

/// One investigation, folded from its stream.
#[derive(Debug, Clone, Default)]
pub struct Investigation {
    /// The stream; none before the first record.
    pub stream: Option<StreamId>,
    /// Number of the last record folded; 0 before the first.
    pub seq: u64,
    /// Hash of the last record folded.
    pub hash: Option<Hash>,
    /// Every record by its number, but for those that were left out.
    pub entries: BTreeMap<u64, Entry>,
    /// Records that were counted and not kept: a screen looks them up when somebody looks at them.
    pub left_out: u64,
    /// When the first record was written.
    pub created_at: Option<Timestamp>,
    /// When the last record was written.
    pub last_at: Option<Timestamp>,
    /// Time in which somebody worked on it.
    pub worked: SignedDuration,
    /// How it started.
    pub created: Option<Created>,
    /// Where it stands.
    pub state: Option<RunState>,
    /// Its stage, while running.
    pub phase: Option<Phase>,
    /// Place in the queue, steering included.
    pub priority: Priority,
    /// What the engine is about to do, as last written.
    pub plan: Option<Plan>,
    /// Questions by record number.
    pub queries: BTreeMap<u64, Arc<Asked>>,
    /// Answers by the record number of their question; the first of the pair is the answer's own record number.
    pub answers: BTreeMap<u64, (u64, Arc<Answered>)>,
    /// Observations by record number.
    pub observations: BTreeMap<u64, Arc<Observed>>,
    /// Hypotheses by id, as last written, with that record's number.
    pub hypotheses: BTreeMap<String, (u64, Hypothesis)>,
    /// Findings by record number.
    pub findings: BTreeMap<u64, Arc<Finding>>,
    /// Causes by record number.
    pub causes: BTreeMap<u64, Cause>,
    /// Gaps by record number.
    pub gaps: BTreeMap<u64, Arc<GapFound>>,
    /// Chat by record number, with its author.
    pub messages: BTreeMap<u64, (Actor, Message)>,
    /// The outcome.
    pub summary: Option<InvestigationSummary>,
    /// What to do now.
    pub mitigation: Option<MitigationPlan>,
    /// What was used so far, as last written.
    pub usage: Usage,
    /// Calls that all answers have cost.
    pub calls: u64,
    /// Bytes of log text that all answers have read.
    pub bytes: u64,
    /// The end.
    pub end: Option<End>,
}

impl Entry {
    fn of(record: &Record, body: Option<Body>) -> Self {
        Self {
            seq: record.seq,
            at: record.at,
            actor: record.actor.clone(),
            body,
        }
    }
}

impl Investigation {
    /// Folds records of one stream, in order.
    pub fn fold<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut view = Self::default();
        for record in records {
            view.apply(record);
        }
        view
    }

    /// Folds one more record; a record that was folded before is passed over.
    pub fn apply(&mut self, record: &Record) {
        if self.count(record) {
            self.keep(record, record.typed());
        }
    }

    /// Folds one more record, and keeps it only where it is worth its room, as seen from what was folded before.
    pub fn apply_if(&mut self, record: &Record, worth: impl Fn(&Self, &Body) -> bool) {
        if !self.count(record) {
            return;
        }
        match record.typed() {
            Some(body) if !worth(self, &body) => {
                self.left_out += 1;
                self.spend(&body);
            }
            body => self.keep(record, body),
        }
    }

    /// Says that the stream ends at `head`: what was not folded of it counts as left out.
    pub fn end_at(&mut self, head: Head) {
        self.left_out = head.seq.saturating_sub(self.entries.len() as u64);
        self.seq = head.seq;
        self.hash = Some(head.hash);
    }

    /// Takes back records that were left out; they say nothing about how the investigation stands.
    pub fn recall(&mut self, records: &[Record]) {
        for record in records {
            if record.seq > self.seq || self.entries.contains_key(&record.seq) {
                continue;
            }
            let body = record.typed();
            match &body {
                Some(Body::Query(asked)) => drop(self.queries.insert(record.seq, Arc::clone(asked))),
                Some(Body::Evidence(answered)) => {
                    self.answers
                        .insert(answered.query, (record.seq, Arc::clone(answered)));
                }
                Some(Body::Observation(observed)) => {
                    self.observations.insert(record.seq, Arc::clone(observed));
                }
                _ => {}
            }
            self.entries.insert(record.seq, Entry::of(record, body));
            self.left_out = self.left_out.saturating_sub(1);
        }
    }

    /// Leaves out again what was taken back.
    pub fn forget(&mut self, seqs: impl IntoIterator<Item = u64>) {
        for seq in seqs {
            let Some(entry) = self.entries.remove(&seq) else {
                continue;
            };
            self.left_out += 1;
            match entry.body {
                Some(Body::Query(_)) => drop(self.queries.remove(&seq)),
                Some(Body::Evidence(answered)) => drop(self.answers.remove(&answered.query)),
                Some(Body::Observation(_)) => drop(self.observations.remove(&seq)),
                _ => {}
            }
        }
    }

    /// Counts a record; false when it was counted before.
    fn count(&mut self, record: &Record) -> bool {
        if record.seq <= self.seq {
            return false;
        }
        self.stream.get_or_insert_with(|| record.stream.clone());
        self.seq = record.seq;
        self.hash = Some(record.hash.clone());
        self.created_at.get_or_insert(record.at);
        if let (Some(RunState::Running), Some(last)) = (self.state, self.last_at) {
            self.worked += record
                .at
                .duration_since(last)
                .clamp(SignedDuration::ZERO, LONGEST_STEP);
        }
        self.last_at = Some(record.at);
        true
    }

    fn keep(&mut self, record: &Record, body: Option<Body>) {
        if let Some(body) = &body {
            self.spend(body);
            self.take(record, body.clone());
        }
        self.entries.insert(record.seq, Entry::of(record, body));
    }

    /// An answer costs at least one call, out of a recording too; a question that could not be sent costs none.
    fn spend(&mut self, body: &Body) {
        if let Body::Evidence(answered) = body {
            self.calls += match answered.data {
                Payload::None => u64::from(answered.calls),
                _ => u64::from(answered.calls).max(1),
            };
            self.bytes += answered.bytes;
        }
    }

    fn take(&mut self, record: &Record, body: Body) {
        let seq = record.seq;
        match body {
            Body::Created(created) => {
                self.priority = created.priority;
                self.state = Some(RunState::Queued);
                self.created = Some(created);
            }
            Body::Status(status) => {
                self.state = Some(status.state);
                self.phase = status.phase.or(self.phase);
            }
            Body::Plan(plan) => self.plan = Some(plan),
            Body::Query(asked) => drop(self.queries.insert(seq, asked)),
            Body::Evidence(answered) => drop(self.answers.insert(answered.query, (seq, answered))),
            Body::Observation(observed) => drop(self.observations.insert(seq, observed)),
            Body::Hypothesis(hypothesis) => {
                self.hypotheses.insert(hypothesis.id.clone(), (seq, hypothesis));
            }
            Body::Finding(finding) => drop(self.findings.insert(seq, finding)),
            Body::Cause(cause) => drop(self.causes.insert(seq, cause)),
            Body::InvestigationSummary(summary) => self.summary = Some(summary),
            Body::MitigationPlan(plan) => self.mitigation = Some(plan),
            Body::Message(message) => {
                self.messages.insert(seq, (record.actor.clone(), message));
            }
            Body::Gap(gap) => drop(self.gaps.insert(seq, gap)),
            Body::Usage(usage) => self.usage = usage,
            Body::Steering(steering) => {
                if let crate::model::Intent::Priority { priority } = steering.intent {
                    self.priority = priority;
                }
            }
            Body::End(end) => {
                self.state = Some(end.state);
                self.phase = None;
                self.end = Some(end);
            }
            Body::MitigationSummary(_)
            | Body::Guard(_)
            | Body::Opened(_)
            | Body::Closed(_)
            | Body::Recommendation(_)
            | Body::Decision(_)
            | Body::Topology(_)
            | Body::Event(_)
            | Body::Triage(_)
            | Body::Delivery(_)
            | Body::Access(_)
            | Body::SupportCase(_) => {}
        }
    }

    /// What has been spent so far.
    pub fn spent(&self) -> Spent {
        Spent {
            calls: self.calls,
            seconds: self.worked.as_secs().max(0) as u64,
            bytes: self.bytes,
        }
    }

    /// Its title.
    pub fn title(&self) -> Text {
        self.created
            .as_ref()
            .map_or_else(|| "(untitled)".into(), |created| created.title.clone())
    }

    /// Hypotheses, best first; equal scores in order of id.
    pub fn ranked(&self) -> Vec<(u64, &Hypothesis)> {
        let mut ranked: Vec<_> = self
            .hypotheses
            .values()
            .map(|(seq, hypothesis)| (*seq, hypothesis))
            .collect();
        ranked.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        ranked
    }

    /// The entry with this number.
    pub fn entry(&self, seq: u64) -> Option<&Entry> {
        self.entries.get(&seq)
    }
}
