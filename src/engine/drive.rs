//! Drives one investigation: folds its stream, asks the reasoner what is next, does it, until it ends.
//!
//! All effects of an investigation are here. Nothing is kept in memory alone: after a crash another driver folds the same
//! stream and goes on from its last record.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::FuturesOrdered};

use super::{
    opening::{self, Opening},
    reasoner::Reasoner,
    state::State,
    step::{Step, drafts},
};
use crate::{
    journal::{
        Actor, Append, Body, Draft, Journal, Lease, Record, StoreError, StreamId,
        body::{Answered, Created, GapFound, Payload},
    },
    model::{
        Allowance, Answer, Budget, Evidence, Gap, GapKind, Intent, Query, Source, SourceSpec, Spent, Start,
        Text,
    },
};

/// How fast an investigation goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// Pause after each step, so that a person can follow.
    pub after_step: Duration,
}

/// How far a driver goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// To the end.
    End,
    /// Until what operators said is dealt with.
    Dealt,
}

/// How a drive ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The stream has its `end` record.
    Ended,
    /// An operator paused it.
    Paused,
    /// What operators said is dealt with.
    Dealt,
    /// Somebody else holds the lease.
    Lost,
}

/// Everything that one investigation needs.
pub struct Drive {
    /// The journal.
    pub journal: Journal,
    /// The right to run the stream.
    pub lease: Lease,
    /// Who answers.
    pub source: Arc<dyn Source>,
    /// Where the telemetry comes from; another investigation that is asked for in chat gets the same.
    pub spec: SourceSpec,
    /// Who decides.
    pub reasoner: Arc<dyn Reasoner>,
    /// How fast.
    pub pace: Pace,
    /// What an investigation may spend that was opened without saying so.
    pub budget: Budget,
}

/// Questions under way at once: the shared rate limits hold them back anyway, and a person sees answers come in.
const AT_ONCE: usize = 8;

impl Drive {
    /// Drives the investigation. Dropping the future stops it at its last durable record.
    pub async fn run(&self, until: Until) -> Result<Outcome, StoreError> {
        let mut state = load(&self.journal, &self.lease.stream).await?;
        state.occasion = self.source.occasion();
        loop {
            self.catch_up(&mut state).await?;
            let step = self.reasoner.next(&state);
            if until == Until::Dealt && !is_answer(&step) {
                return Ok(Outcome::Dealt);
            }
            let done = match step {
                Step::Done => return Ok(Outcome::Ended),
                Step::Wait => return Ok(Outcome::Paused),
                Step::Write(bodies) => self.write(&mut state, &bodies).await,
                Step::Ask => self.ask(&mut state).await,
            };
            match done {
                Ok(()) => {}
                Err(StoreError::Stale { .. }) => continue,
                Err(StoreError::Fenced { .. }) => return Ok(Outcome::Lost),
                Err(StoreError::Closed { .. }) => return Ok(Outcome::Ended),
                Err(other) => return Err(other),
            }
            if !self.pace.after_step.is_zero() {
                tokio::time::sleep(self.pace.after_step).await;
            }
        }
    }

    async fn catch_up(&self, state: &mut State) -> Result<(), StoreError> {
        let records = self
            .journal
            .read(&self.lease.stream, state.view.seq, u32::MAX)
            .await?;
        fold(&self.journal, state, &records).await
    }

    async fn write(&self, state: &mut State, bodies: &[Body]) -> Result<(), StoreError> {
        let mut batch = vec![Append {
            stream: self.lease.stream.clone(),
            expected: Some(state.view.seq),
            epoch: Some(self.lease.epoch),
            drafts: drafts(bodies),
        }];
        for body in bodies {
            if let Body::Steering(steering) = body
                && let Intent::Investigate { text } = &steering.intent
            {
                batch.extend(self.another(text, state.created().and_then(|created| created.budget)));
            }
        }
        let records = self.journal.append_all(batch).await?;
        let own: Vec<Record> = records
            .into_iter()
            .filter(|record| record.stream == self.lease.stream)
            .collect();
        fold(&self.journal, state, &own).await
    }

    /// The records that open another investigation from words in chat.
    fn another(&self, text: &str, budget: Option<Budget>) -> Vec<Append> {
        let start = Start::Text {
            text: text.to_owned(),
        };
        let opening = Opening {
            created: Created {
                title: start.text(),
                start,
                at: None,
                window: None,
                baseline: None,
                priority: crate::model::Priority::default(),
                account: None,
                region: None,
                details: Text::new(),
                hint: Text::new(),
                reasoner: "builtin".to_owned(),
                budget,
            },
            source: self.spec.clone(),
            parent: None,
        };
        opening::appends(&Actor::Agent, opening, None).1
    }

    /// Answers the open questions, several at once, and appends the answers in the order of the questions. Stops early when
    /// an operator says something (what is unanswered then is asked again afterwards) and when the budget is spent (what is
    /// unanswered then is left, with one gap).
    async fn ask(&self, state: &mut State) -> Result<(), StoreError> {
        let budget = state
            .created()
            .and_then(|created| created.budget)
            .unwrap_or(self.budget);
        let spent = state.spent();
        let allowance = Allowance::of(budget.calls.saturating_sub(spent.calls));
        let left = Duration::from_secs(budget.seconds.saturating_sub(spent.seconds));
        let mut out_of_time = std::pin::pin!(tokio::time::sleep(left));
        let questions: Vec<(u64, Query)> = state
            .open_questions()
            .into_iter()
            .map(|(seq, query)| (seq, query.clone()))
            .collect();
        let mut waiting = questions.iter();
        let mut under_way = FuturesOrdered::new();
        let answer = |(seq, query): &(u64, Query)| {
            let (seq, query, source) = (*seq, query.clone(), Arc::clone(&self.source));
            let allowance = allowance.clone();
            async move { (seq, source.answer_within(&query, &allowance).await) }
        };
        if let Some(why) = budget.exceeded(&spent) {
            return self.leave(state, why).await;
        }
        for question in waiting.by_ref().take(AT_ONCE) {
            under_way.push_back(answer(question));
        }
        let mut heard = self
            .journal
            .follow_only([(self.lease.stream.clone(), state.view.seq)].into());
        loop {
            tokio::select! {
                biased;
                next = under_way.next() => {
                    let Some((question, answer_found)) = next else { return Ok(()) };
                    let cut_off = answer_found.gaps.iter().any(|gap| gap.kind == GapKind::Budget);
                    if cut_off && answer_found.evidence.is_none() {
                        return self.leave(state, format!("the budget of {} calls is spent", budget.calls)).await;
                    }
                    self.record(state, question, answer_found).await?;
                    // Time is looked at by the clock below: what a recording came to must not depend on it.
                    let spent = Spent { seconds: 0, ..state.spent() };
                    if let Some(why) = budget.exceeded(&spent) {
                        return self.leave(state, why).await;
                    }
                    if let Some(question) = waiting.next() {
                        under_way.push_back(answer(question));
                    }
                }
                () = &mut out_of_time => {
                    return self.leave(state, format!("the budget of {} s is spent", budget.seconds)).await;
                }
                news = heard.next() => {
                    let from_operator = |record: &Record| matches!(record.actor, Actor::Operator(_));
                    if news?.iter().any(from_operator) {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Leaves the open questions unanswered: the budget is spent. What was seen so far has to do.
    async fn leave(&self, state: &mut State, why: String) -> Result<(), StoreError> {
        let open: Vec<u64> = state.open_questions().iter().map(|(seq, _)| *seq).collect();
        let mut bodies: Vec<Body> = open
            .iter()
            .map(|query| {
                Body::Evidence(Arc::new(Answered {
                    query: *query,
                    source: "budget".to_owned(),
                    text: "not asked".into(),
                    count: 0,
                    calls: 0,
                    bytes: 0,
                    data: Payload::None,
                }))
            })
            .collect();
        let what = match open.len() {
            0 => Text::from("further questions"),
            1 => "1 question, and what would have followed".into(),
            n => Text::from(format!("{n} questions, and what would have followed")),
        };
        bodies.push(Body::Gap(
            GapFound {
                query: open.first().copied(),
                gap: Gap::of_budget(what, why),
            }
            .into(),
        ));
        self.write(state, &bodies).await
    }

    async fn record(&self, state: &mut State, question: u64, answer: Answer) -> Result<(), StoreError> {
        let stream = &self.lease.stream;
        let Answer {
            evidence,
            gaps,
            calls,
            by,
        } = answer;
        let evidence = match evidence {
            Some(evidence) => Some(self.journal.redact(stream, evidence).await),
            None => None,
        };
        let data = match &evidence {
            Some(evidence) => self.journal.keep(stream, evidence).await?,
            None => Payload::None,
        };
        let count = evidence.as_ref().map_or(0, |evidence| evidence.count() as u64);
        let text = match &evidence {
            Some(evidence) => Text::from(evidence.counted()),
            None => "nothing".into(),
        };
        let source = match by.as_slice() {
            [] => self.source.name().to_owned(),
            several => several.join("+"),
        };
        let answered = Body::Evidence(Arc::new(Answered {
            query: question,
            source: source.clone(),
            text,
            count,
            calls,
            bytes: evidence.as_ref().map_or(0, Evidence::scanned),
            data,
        }));
        let mut records = vec![Draft::new(Actor::Source(source), &answered)];
        records.extend(gaps.into_iter().map(|gap| {
            Draft::agent(&Body::Gap(
                GapFound {
                    query: Some(question),
                    gap,
                }
                .into(),
            ))
        }));
        let records = self
            .journal
            .append(stream, Some(state.view.seq), Some(&self.lease), records)
            .await?;
        for record in &records {
            let own = (record.kind == crate::journal::Kind::Evidence)
                .then(|| evidence.clone())
                .flatten();
            state.apply(record, own);
        }
        Ok(())
    }
}

/// True for a step that answers an operator.
fn is_answer(step: &Step) -> bool {
    let answers = |body: &Body| matches!(body, Body::Message(message) if message.answers.is_some());
    matches!(step, Step::Write(bodies) if bodies.iter().any(answers))
}

/// The state of an investigation, folded from all of its stream.
pub async fn load(journal: &Journal, stream: &StreamId) -> Result<State, StoreError> {
    let mut state = State::default();
    let records = journal.read_all(stream).await?;
    fold(journal, &mut state, &records).await?;
    Ok(state)
}

async fn fold(journal: &Journal, state: &mut State, records: &[Record]) -> Result<(), StoreError> {
    for record in records {
        let evidence = match record.typed() {
            Some(Body::Evidence(answered)) => journal.evidence(&answered.data).await?,
            _ => None,
        };
        state.apply(record, evidence);
    }
    Ok(())
}
