//! The built-in reasoner: patterns and ranking; no network, no key, no model.
//!
//! Each stage is a file: [`frame`], [`scope`], [`look`], [`suppose`], [`test`], [`settle`]. [`facts`] arranges what has been
//! observed, [`ranking`] asks whose excess it is.

mod beyond;
pub mod facts;
pub mod frame;
pub mod kind;
pub mod look;
pub mod ranking;
pub mod scope;
pub mod settle;
mod strangers;
mod subject;
pub mod suppose;
pub mod test;

use std::sync::Arc;

use facts::Facts;
use suppose::Supposed;

use super::Reasoner;
use crate::{
    engine::{
        mitigation, observe,
        pattern::Library,
        state::{Pending, State},
        steering,
        step::{Question, Step},
    },
    journal::{
        Body,
        body::{End, GapFound, Message, Named, Plan, Status, Steering, Summary, Usage},
    },
    model::{Hypothesis, HypothesisState, Intent, Phase, RunState, Text, Verdict},
};

/// The built-in reasoner.
pub struct Builtin {
    library: Arc<Library>,
}

impl Builtin {
    /// A reasoner that knows these patterns.
    pub const fn new(library: Arc<Library>) -> Self {
        Self { library }
    }
}

impl Reasoner for Builtin {
    fn next(&self, state: &State) -> Step {
        if state.view.end.is_some() {
            return Step::Done;
        }
        if let Some(answer) = state
            .pending()
            .first()
            .and_then(|pending| dealt_with(state, pending))
        {
            return Step::Write(answer);
        }
        match state.view.state {
            None => return Step::Wait,
            Some(RunState::Paused) => return Step::Wait,
            Some(RunState::Queued) => {
                return Step::Write(vec![status(
                    Phase::Frame,
                    "understanding the starting point".into(),
                )]);
            }
            Some(_) => {}
        }
        if !state.open_questions().is_empty() {
            return Step::Ask;
        }
        if !state.fresh().is_empty() {
            return Step::Write(self.observed(state));
        }
        self.in_phase(state)
    }
}

impl Builtin {
    fn in_phase(&self, state: &State) -> Step {
        let phase = state.view.phase.unwrap_or(Phase::Frame);
        let (Phase::Suppose | Phase::Test | Phase::Settle | Phase::Plan | Phase::Look) = phase else {
            return framing(state, phase);
        };
        let Some(plan) = state.plan() else {
            return framing(state, Phase::Scope);
        };
        if phase == Phase::Look {
            let questions = look::questions(state, plan);
            if !questions.is_empty() && !state.is_spent() {
                return ask(questions);
            }
            let named = beyond::named(state, plan);
            if !named.is_empty() && !state.is_spent() {
                return Step::Write(widened(state, plan, named));
            }
            return Step::Write(vec![status(Phase::Suppose, "what could explain it".into())]);
        }
        let facts = Facts::new(state, plan);
        if phase == Phase::Suppose && !ranking::was_asked(state) {
            let seen = ranking::observe(&facts);
            if !seen.is_empty() {
                return Step::Write(observe::records(seen, state.view.seq + 1));
            }
        }
        let supposed = suppose::hypotheses(&facts, &self.library);
        match phase {
            Phase::Suppose => Step::Write(proposed(state, &supposed)),
            Phase::Test => {
                let questions = test::questions(&facts, &supposed, &self.library);
                if questions.is_empty() || state.is_spent() {
                    Step::Write(tested(state, &supposed))
                } else {
                    ask(questions)
                }
            }
            Phase::Settle => {
                let mut records = settle::records(&facts, &supposed, &self.library);
                records.push(status(Phase::Plan, "what to do about it".into()));
                Step::Write(records)
            }
            _ => Step::Write(self.ended(state, &supposed)),
        }
    }

    /// What the last round of answers shows, closed by the usage so far.
    fn observed(&self, state: &State) -> Vec<Body> {
        let next = state.view.seq + 1;
        let mut records = match state.plan() {
            Some(plan) => observe::records(observe::observe(state, plan, &self.library), next),
            None => Vec::new(),
        };
        records.extend(observe::orders(state).into_iter().map(Body::Guard));
        records.push(usage(state));
        records
    }

    fn ended(&self, state: &State, supposed: &[Supposed]) -> Vec<Body> {
        let Some(summary) = &state.view.summary else {
            return vec![status(Phase::Settle, "settling again".into())];
        };
        let mut records = Vec::new();
        let plans = summary.causes.iter().filter_map(|cause| {
            let pattern = self.library.get(&cause.pattern)?;
            let one = supposed.iter().find(|one| {
                one.hypothesis.pattern == cause.pattern && one.hypothesis.resource == cause.resource
            })?;
            Some(mitigation::steps(pattern, &one.words))
        });
        if let Some(plan) = mitigation::plan(plans, &state.view) {
            let first = plan
                .apply
                .first()
                .map(|step| step.text.clone())
                .unwrap_or_default();
            let text = Text::from(format!("{} steps; first to apply: ", plan.steps())).join(&first);
            records.push(Body::MitigationPlan(plan));
            records.push(Body::MitigationSummary(Summary { text }));
        }
        records.push(usage(state));
        records.push(Body::End(End {
            state: RunState::Completed,
            verdict: Some(summary.verdict),
            text: match summary.verdict {
                Verdict::Cause => "a root cause was found".into(),
                Verdict::NoFault => "nothing is wrong".into(),
                Verdict::Inconclusive => "it cannot be told from what could be seen".into(),
            },
        }));
        records
    }
}

fn framing(state: &State, phase: Phase) -> Step {
    let Some(created) = state.created() else {
        return Step::Wait;
    };
    if phase == Phase::Frame {
        let questions = frame::questions(state, &created.start);
        if !questions.is_empty() && !state.is_spent() {
            return ask(questions);
        }
    }
    let Some(framed) = frame::understood(state) else {
        return Step::Wait;
    };
    let plan = scope::plan(state, &framed);
    let mut records: Vec<Body> = framed
        .gaps
        .into_iter()
        .map(|gap| Body::Gap(GapFound { query: None, gap }.into()))
        .collect();
    records.push(status(Phase::Scope, scope_text(&plan)));
    let next = state.view.seq + records.len() as u64 + 2;
    let alarms = observe::records(observe::alarms(state, &plan), next);
    records.push(Body::Plan(plan));
    records.extend(alarms);
    records.push(status(Phase::Look, "looking".into()));
    Step::Write(records)
}

/// The plan with what the evidence names beside it.
fn widened(state: &State, plan: &Plan, named: Vec<Named>) -> Vec<Body> {
    let mut plan = plan.clone();
    plan.resources
        .extend(named.iter().map(|named| named.resource.id.clone()));
    let text = match named.len() {
        1 => Text::from("the evidence names 1 more resource"),
        n => Text::from(format!("the evidence names {n} more resources")),
    };
    plan.named = named;
    let seen = observe::widened(state, &plan);
    let mut records = vec![Body::Plan(plan), status(Phase::Look, text)];
    records.extend(observe::records(seen, state.view.seq + 3));
    records
}

fn scope_text(plan: &Plan) -> Text {
    let neighbours = plan.resources.len().saturating_sub(plan.subjects.len());
    match neighbours {
        0 => "no relation of the subject is known".into(),
        1 => "1 resource stands around the subject".into(),
        n => Text::from(format!("{n} resources stand around the subject")),
    }
}

fn ask(questions: Vec<Question>) -> Step {
    Step::Write(questions.into_iter().map(Question::into_body).collect())
}

fn status(phase: Phase, text: Text) -> Body {
    Body::Status(Status {
        state: RunState::Running,
        phase: Some(phase),
        text,
    })
}

fn usage(state: &State) -> Body {
    let calls = state
        .view
        .answers
        .values()
        .map(|(_, answered)| u64::from(answered.calls))
        .sum();
    Body::Usage(Usage {
        queries: state.view.queries.len() as u64,
        calls,
        bytes: state.spent().bytes,
        model_tokens: 0,
    })
}

/// The first account of every hypothesis: those that hold so far are under test.
fn proposed(state: &State, supposed: &[Supposed]) -> Vec<Body> {
    let mut records: Vec<Body> = supposed
        .iter()
        .map(|one| {
            let mut hypothesis = one.hypothesis.clone();
            if hypothesis.state != HypothesisState::Refuted {
                hypothesis.state = HypothesisState::Testing;
            }
            hypothesis
        })
        .filter(|hypothesis| is_news(state, hypothesis))
        .map(Body::Hypothesis)
        .collect();
    records.push(status(Phase::Test, "telling the leading hypotheses apart".into()));
    records
}

fn tested(state: &State, supposed: &[Supposed]) -> Vec<Body> {
    let mut records: Vec<Body> = supposed
        .iter()
        .map(|one| one.hypothesis.clone())
        .filter(|hypothesis| is_news(state, hypothesis))
        .map(Body::Hypothesis)
        .collect();
    records.push(status(Phase::Settle, "settling the verdict".into()));
    records
}

fn is_news(state: &State, hypothesis: &Hypothesis) -> bool {
    state
        .view
        .hypotheses
        .get(&hypothesis.id)
        .is_none_or(|(_, known)| known != hypothesis)
}

/// What a message or wish comes to: the wish, the answer, and where the investigation goes from there. None while it names
/// something that could only be understood once the resources are known.
fn dealt_with(state: &State, pending: &Pending) -> Option<Vec<Body>> {
    let (seq, reply) = match pending {
        Pending::Words { text, .. } if state.plan().is_none() && steering::is_too_early(state, text) => {
            return None;
        }
        Pending::Words { seq, text } => (*seq, steering::reply(state, text)),
        Pending::Wish { seq, intent } => (*seq, steering::carry_out(state, intent.clone())),
    };
    let mut records = Vec::new();
    if !matches!(reply.intent, Intent::Ask | Intent::Unknown) {
        records.push(Body::Steering(Steering {
            message: Some(seq),
            intent: reply.intent.clone(),
            effect: reply.text.clone(),
        }));
    }
    records.push(Body::Message(Message {
        text: reply.text,
        cites: reply.cites,
        answers: Some(seq),
        stream: None,
    }));
    let running = |phase: Option<Phase>, text: &str| {
        Body::Status(Status {
            state: RunState::Running,
            phase,
            text: text.into(),
        })
    };
    match reply.intent {
        Intent::Pause => records.push(Body::Status(Status {
            state: RunState::Paused,
            phase: None,
            text: "paused by an operator".into(),
        })),
        Intent::Resume if state.view.state == Some(RunState::Paused) => {
            records.push(running(None, "going on"));
        }
        Intent::Cancel => records.push(Body::End(End {
            state: RunState::Cancelled,
            verdict: None,
            text: "cancelled by an operator".into(),
        })),
        Intent::Focus { .. } | Intent::Window { .. } if state.plan().is_some() => {
            records.push(running(Some(Phase::Scope), "looking again, as an operator asked"));
        }
        Intent::Ignore { .. }
        | Intent::Skip { .. }
        | Intent::Include { .. }
        | Intent::Show { .. }
        | Intent::Call { .. }
            if state.plan().is_some() =>
        {
            records.push(running(Some(Phase::Look), "weighing again, as an operator asked"));
        }
        _ => {}
    }
    Some(records)
}
