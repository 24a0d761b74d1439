//! Writes an investigation by hand, record by record. No engine is involved, so that a better engine changes no picture.

use midwatch::{
    engine::opening::{self, Opening},
    journal::{
        Actor, Body, Draft, Journal, StreamId,
        body::{Answered, Asked, Closed, Created, End, Finding, Observed as ObservedRecord, Status, Usage},
    },
    model::{
        Cause, Evidence, Observation, Phase, Priority, Query, RunState, SourceSpec, Start, Text, Verdict,
    },
};

/// Writes records of one stream.
pub struct Pen {
    pub journal: Journal,
    pub stream: StreamId,
}

impl Pen {
    /// Opens an investigation.
    pub async fn open(journal: &Journal, title: &str, priority: Priority, start: Start) -> Self {
        let opening = Opening {
            created: Created {
                title: Text::new().ext(title),
                start,
                at: "2025-10-27T02:59:00Z".parse().ok(),
                window: None,
                baseline: None,
                priority,
                account: None,
                region: None,
                details: Text::new(),
                hint: Text::new(),
                reasoner: "builtin".to_owned(),
                budget: None,
            },
            source: SourceSpec::Aws {
                account: None,
                region: None,
            },
            parent: None,
        };
        let actor = Actor::Operator("dana".to_owned());
        let stream = opening::open(journal, actor, opening).await.unwrap();
        Self {
            journal: journal.clone(),
            stream,
        }
    }

    /// Appends one record by the engine; returns its number.
    pub async fn write(&self, body: Body) -> u64 {
        let drafts = vec![Draft::agent(&body)];
        let written = self
            .journal
            .append(&self.stream, None, None, drafts)
            .await
            .unwrap();
        written[0].seq
    }

    /// Begins a stage of work.
    pub async fn phase(&self, phase: Phase) {
        self.write(Body::Status(Status {
            state: RunState::Running,
            phase: Some(phase),
            text: phase.as_str().into(),
        }))
        .await;
    }

    /// Asks a question and answers it; the number of the answer.
    pub async fn ask(&self, query: Query, why: &str, evidence: Evidence) -> u64 {
        let asked = self
            .write(Body::Query(
                Asked {
                    query,
                    why: why.into(),
                }
                .into(),
            ))
            .await;
        let data = self.journal.keep(&self.stream, &evidence).await.unwrap();
        self.write(Body::Evidence(
            Answered {
                query: asked,
                source: "aws".to_owned(),
                text: format!("{} items", evidence.count()).into(),
                count: evidence.count() as u64,
                calls: 1,
                bytes: 0,
                data,
            }
            .into(),
        ))
        .await
    }

    /// Writes an observation and its finding; the number of the observation.
    pub async fn see(&self, observation: Observation, evidence: u64) -> u64 {
        let text = observation.text.clone();
        let (resource, moment) = (observation.resource.clone(), observation.at);
        let seq = self
            .write(Body::Observation(
                ObservedRecord {
                    observation,
                    evidence: vec![evidence],
                }
                .into(),
            ))
            .await;
        self.write(Body::Finding(
            Finding {
                text,
                observation: seq,
                resource,
                at: moment,
            }
            .into(),
        ))
        .await;
        seq
    }

    /// Ends the investigation and tells the space.
    pub async fn end(&self, state: RunState, verdict: Option<Verdict>, cause: Option<&Cause>, text: &str) {
        self.write(Body::Usage(Usage {
            queries: 31,
            calls: 12,
            bytes: 0,
            model_tokens: 0,
        }))
        .await;
        self.write(Body::End(End {
            state,
            verdict,
            text: text.into(),
        }))
        .await;
        let closed = Body::Closed(Closed {
            stream: self.stream.clone(),
            head: self.journal.head(&self.stream).await.unwrap(),
            digest: self.journal.digest(&self.stream).await.unwrap(),
            state,
            verdict,
            text: cause.map_or_else(Text::new, |cause| cause.statement.clone()),
            category: cause.map(|cause| cause.category),
            confidence: cause.map(|cause| cause.confidence),
        });
        self.space(&closed).await;
    }

    /// Appends one record by the engine to the space.
    pub async fn space(&self, body: &Body) {
        let drafts = vec![Draft::agent(body)];
        self.journal
            .append(&StreamId::space(), None, None, drafts)
            .await
            .unwrap();
    }
}
