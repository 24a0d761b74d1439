//! The typed bodies of records, one struct a kind.
//!
//! Bodies hold no wall-clock time, id or duration of the run itself, so that a stream's digest depends on the evidence
//! and the program alone. Record numbers in a body are numbers in the same stream.

mod access;
mod space;
mod support;
mod topology;
mod watch;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    access::{Access, AccessChange},
    space::{Choice, Closed, Decision, Opened, Proposed},
    support::{Attachment, CaseOpened, CaseOpening, CaseSaid, SupportCase, Voice},
    topology::{Found, GraphChange, Listed, PartRead, Topology},
    watch::{Course, Delivered, Delivery, Event, Judged, Maintenance, Skipped, Tie, Triage},
};
use super::{Hash, Kind, StreamId};
use crate::model::{
    Budget, Candidate, Cause, Gap, Hypothesis, Impact, Intent, MitigationPlan, Observation, Phase, Priority,
    Query, Recommendation, Resource, ResourceId, RuledOut, RunState, SeriesKey, Start, Text, TimelineEntry,
    Verdict, Window,
};

/// A typed body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is explained at its struct")]
pub enum Body {
    Created(Created),
    Status(Status),
    Plan(Plan),
    Query(Arc<Asked>),
    Evidence(Arc<Answered>),
    Observation(Arc<Observed>),
    Hypothesis(Hypothesis),
    Finding(Arc<Finding>),
    Cause(Cause),
    InvestigationSummary(InvestigationSummary),
    MitigationPlan(MitigationPlan),
    MitigationSummary(Summary),
    Message(Message),
    Steering(Steering),
    Guard(Guard),
    Gap(Arc<GapFound>),
    Usage(Usage),
    End(End),
    Opened(Opened),
    Closed(Closed),
    Recommendation(Proposed),
    Decision(Decision),
    Topology(Box<Topology>),
    Event(Box<Event>),
    Triage(Triage),
    Delivery(Delivery),
    Access(Access),
    SupportCase(Box<SupportCase>),
}

impl Body {
    /// Reads the body of a record; `None` when it does not have the shape of its kind.
    pub fn parse(kind: Kind, body: &Value) -> Option<Self> {
        fn read<'de, T: Deserialize<'de>>(body: &'de Value, wrap: fn(T) -> Body) -> Option<Body> {
            T::deserialize(body).ok().map(wrap)
        }
        match kind {
            Kind::Created => read(body, Self::Created),
            Kind::Status => read(body, Self::Status),
            Kind::Plan => read(body, Self::Plan),
            Kind::Query => read(body, Self::Query),
            Kind::Evidence => read(body, Self::Evidence),
            Kind::Observation => read(body, Self::Observation),
            Kind::Hypothesis => read(body, Self::Hypothesis),
            Kind::Finding => read(body, Self::Finding),
            Kind::Cause => read(body, Self::Cause),
            Kind::InvestigationSummary => read(body, Self::InvestigationSummary),
            Kind::MitigationPlan => read(body, Self::MitigationPlan),
            Kind::MitigationSummary => read(body, Self::MitigationSummary),
            Kind::Message => read(body, Self::Message),
            Kind::Steering => read(body, Self::Steering),
            Kind::Guard => read(body, Self::Guard),
            Kind::Gap => read(body, Self::Gap),
            Kind::Usage => read(body, Self::Usage),
            Kind::End => read(body, Self::End),
            Kind::Opened => read(body, Self::Opened),
            Kind::Closed => read(body, Self::Closed),
            Kind::Recommendation => read(body, Self::Recommendation),
            Kind::Decision => read(body, Self::Decision),
            Kind::Topology => read(body, |topology| Self::Topology(Box::new(topology))),
            Kind::Event => read(body, |event| Self::Event(Box::new(event))),
            Kind::Triage => read(body, Self::Triage),
            Kind::Delivery => read(body, Self::Delivery),
            Kind::Access => read(body, Self::Access),
            Kind::SupportCase => read(body, |case| Self::SupportCase(Box::new(case))),
            Kind::Evaluation | Kind::Task | Kind::Feedback | Kind::Knowledge => None,
        }
    }

    /// The kind and the body as JSON.
    pub fn to_parts(&self) -> (Kind, Value) {
        let kind = self.kind();
        let body = serde_json::to_value(self)
            .ok()
            .and_then(|mut value| value.get_mut("body").map(Value::take));
        (kind, body.unwrap_or(Value::Null))
    }

    /// The kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Created(_) => Kind::Created,
            Self::Status(_) => Kind::Status,
            Self::Plan(_) => Kind::Plan,
            Self::Query(_) => Kind::Query,
            Self::Evidence(_) => Kind::Evidence,
            Self::Observation(_) => Kind::Observation,
            Self::Hypothesis(_) => Kind::Hypothesis,
            Self::Finding(_) => Kind::Finding,
            Self::Cause(_) => Kind::Cause,
            Self::InvestigationSummary(_) => Kind::InvestigationSummary,
            Self::MitigationPlan(_) => Kind::MitigationPlan,
            Self::MitigationSummary(_) => Kind::MitigationSummary,
            Self::Message(_) => Kind::Message,
            Self::Steering(_) => Kind::Steering,
            Self::Guard(_) => Kind::Guard,
            Self::Gap(_) => Kind::Gap,
            Self::Usage(_) => Kind::Usage,
            Self::End(_) => Kind::End,
            Self::Opened(_) => Kind::Opened,
            Self::Closed(_) => Kind::Closed,
            Self::Recommendation(_) => Kind::Recommendation,
            Self::Decision(_) => Kind::Decision,
            Self::Topology(_) => Kind::Topology,
            Self::Event(_) => Kind::Event,
            Self::Triage(_) => Kind::Triage,
            Self::Delivery(_) => Kind::Delivery,
            Self::Access(_) => Kind::Access,
            Self::SupportCase(_) => Kind::SupportCase,
        }
    }
}

/// `created`: the first record of an investigation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Created {
    /// Title, for lists.
    pub title: Text,
    /// How it starts.
    pub start: Start,
    /// When the incident was noticed; none: now (frame settles it from evidence).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<jiff::Timestamp>,
    /// The stretch of time to look at, where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// A normal stretch of time to compare with, where it was given; may lie anywhere in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Window>,
    /// Place in the queue.
    pub priority: Priority,
    /// AWS account, where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// AWS region, where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What else the operator said about it.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub details: Text,
    /// A hint for looking again.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub hint: Text,
    /// `builtin` or `model`.
    pub reasoner: String,
    /// What it may spend, where that was given; else the engine's settings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
}

/// `status`: where the investigation stands from here on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The state.
    pub state: RunState,
    /// The stage, while running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// What this means, in a sentence.
    pub text: Text,
}

/// `plan`: what the engine is about to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What the symptom is.
    pub symptom: Text,
    /// The series that shows the symptom, where it is known already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesKey>,
    /// When the incident was noticed.
    pub at: jiff::Timestamp,
    /// The resources to look at, subjects first.
    pub resources: Vec<ResourceId>,
    /// The subjects: the resources that show the symptom.
    pub subjects: Vec<ResourceId>,
    /// The stretch of time to look at.
    pub window: Window,
    /// The normal stretch of time to compare with.
    pub baseline: Window,
    /// What it will do, in order.
    pub steps: Vec<Text>,
    /// Resources in scope because evidence names them, beside those that relations lead to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<Named>,
}

/// A resource that evidence names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// The resource, without configuration and tags.
    pub resource: Resource,
    /// Whose evidence names it; taken to use it.
    pub by: ResourceId,
    /// The record that names it.
    pub record: u64,
}

/// `query`: a question, before it is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The question.
    pub query: Query,
    /// Why it is asked.
    pub why: Text,
}

/// `evidence`: the answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// Record of the question.
    pub query: u64,
    /// Who answered.
    pub source: String,
    /// What was found, in a few words.
    pub text: Text,
    /// Items found.
    pub count: u64,
    /// Calls made to the outside.
    pub calls: u32,
    /// Bytes of log text read.
    #[serde(default)]
    pub bytes: u64,
    /// What was found.
    pub data: Payload,
}

/// Where the data of an answer stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// Nothing was found.
    None,
    /// In the record: a [`crate::model::Evidence`] as JSON.
    Inline(Value),
    /// In a blob: SHA-256 of the uncompressed JSON of a [`crate::model::Evidence`].
    Blob(Hash),
}

/// `observation`: a typed fact and the evidence that it was computed from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The fact.
    #[serde(flatten)]
    pub observation: Observation,
    /// Records of the evidence.
    pub evidence: Vec<u64>,
}

/// `finding`: an observation that matters for the outcome, in a sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The sentence.
    pub text: Text,
    /// Record of the observation.
    pub observation: u64,
    /// The resource that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// When it set in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<jiff::Timestamp>,
}

/// `investigation_summary`: the outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InvestigationSummary {
    /// The outcome.
    pub verdict: Verdict,
    /// What was wrong, in a sentence.
    pub symptom: Text,
    /// The outcome in a few sentences.
    pub text: Text,
    /// The causes, most certain first; each also stands in a `cause` record.
    pub causes: Vec<Cause>,
    /// Who suffers.
    pub impact: Vec<Impact>,
    /// Every ranked resource, best first.
    pub candidates: Vec<Candidate>,
    /// All hypotheses as they stand at the end, best first.
    pub hypotheses: Vec<Hypothesis>,
    /// Those that were ruled out, and by what.
    pub ruled_out: Vec<RuledOut>,
    /// Cause first, then what it broke, then the alarm.
    pub timeline: Vec<TimelineEntry>,
    /// What to look at next, best first; for an inconclusive outcome above all.
    pub next_looks: Vec<Text>,
    /// What would keep it from coming back.
    pub recommendations: Vec<Recommendation>,
}

/// `mitigation_summary`: the plan in a sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The sentence.
    pub text: Text,
}

/// `message`: a line of chat. In `space` it is about a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The words.
    pub text: Text,
    /// Records that an answer cites.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cites: Vec<u64>,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<u64>,
    /// In `space`: the investigation that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamId>,
}

/// `steering`: by an operator, a wish; by the engine, what it made of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Steering {
    /// The message that was understood so (or the operator's steering record that is carried out).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<u64>,
    /// What is wanted.
    pub intent: Intent,
    /// What came of it; empty in an operator's record.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub effect: Text,
}

/// `guard`: something was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// What was refused and why.
    pub text: Text,
}

/// `gap`: something could not be looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GapFound {
    /// Record of the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<u64>,
    /// The gap.
    pub gap: Gap,
}

/// `usage`: what the investigation has used so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Questions asked.
    pub queries: u64,
    /// Calls made to the outside.
    pub calls: u64,
    /// Bytes of log text read.
    #[serde(default)]
    pub bytes: u64,
    /// Tokens used by a language model.
    #[serde(default)]
    pub model_tokens: u64,
}

/// `end`: the last record of an investigation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// How it ended: completed, failed or cancelled.
    pub state: RunState,
    /// The outcome, when completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What ended it, in a sentence.
    pub text: Text,
}
