//! Records like those of a busy investigation.

use midwatch::{
    engine::opening::{self, Opening},
    journal::{
        Actor, Body, Draft, Journal, StreamId,
        body::{Created, Finding, GapFound, Observed, Status},
    },
    model::{
        Direction, Gap, GapKind, Observation, Observed as Fact, Origin, Phase, Priority, ResourceId,
        RunState, SeriesKey, SourceSpec, Start, Text,
    },
};

/// Opens an investigation.
pub async fn open(journal: &Journal) -> StreamId {
    let opening = Opening {
        created: Created {
            title: "order-intake errors".into(),
            start: Start::Alarm {
                alarm: "order-intake-errors".into(),
            },
            at: None,
            window: None,
            baseline: None,
            priority: Priority::High,
            account: None,
            region: None,
            details: Text::new(),
            hint: Text::new(),
            reasoner: "builtin".into(),
            budget: None,
        },
        source: SourceSpec::Scenario {
            name: "order-intake-bad-deploy".into(),
        },
        parent: None,
    };
    opening::open(journal, Actor::Operator("bench".into()), opening)
        .await
        .unwrap()
}

/// Where the investigation stands.
pub fn status(state: RunState, phase: Phase) -> Draft {
    Draft::agent(&Body::Status(Status {
        state,
        phase: Some(phase),
        text: phase.as_str().into(),
    }))
}

/// What an investigation writes most: observations, some of them with a finding, and a gap now and then.
pub fn draft(number: u64) -> Draft {
    match number % 20 {
        0 => Draft::agent(&Body::Gap(
            GapFound {
                query: None,
                gap: Gap {
                    kind: GapKind::Denied,
                    what: Text::from("logs of ").ext("order-intake"),
                    resource: Some(ResourceId("order-intake".into())),
                    why: "the role may not read them (logs:FilterLogEvents)".into(),
                    hint: None,
                },
            }
            .into(),
        )),
        1 => finding(number),
        _ => observation(number),
    }
}

/// Every record of a stream that is to be seen: a finding.
pub fn streamed(number: u64) -> Draft {
    if number.is_multiple_of(4) {
        finding(number)
    } else {
        observation(number)
    }
}

fn finding(number: u64) -> Draft {
    Draft::agent(&Body::Finding(
        Finding {
            text: Text::from("Errors of ")
                .ext(format!("fn-{}", number % 40))
                .own(format!(" rose from 0.1 to {number} a minute")),
            observation: number.saturating_sub(1).max(1),
            resource: Some(ResourceId(format!("fn-{}", number % 40))),
            at: None,
        }
        .into(),
    ))
}

fn observation(number: u64) -> Draft {
    let series = SeriesKey {
        resource: Some(ResourceId(format!("fn-{}", number % 40))),
        namespace: "AWS/Lambda".into(),
        metric: "Errors".into(),
        dimensions: [("FunctionName".to_owned(), format!("fn-{}", number % 40))].into(),
        stat: "Sum".into(),
        unit: Some("Count".into()),
        period: 60,
    };
    Draft::agent(&Body::Observation(
        Observed {
            observation: Observation {
                resource: series.resource.clone(),
                origin: Origin::Metrics,
                at: jiff::Timestamp::from_second(1_700_000_000 + i64::try_from(number).unwrap_or(0)).ok(),
                error: 60,
                strength: 0.87,
                notable: true,
                fact: Fact::MetricShift {
                    series,
                    direction: Direction::Up,
                    before: 0.1,
                    after: 41.5,
                    peak: 62.0,
                    score: 12.25,
                    until: None,
                },
                text: Text::from("Errors of ")
                    .ext("order-intake")
                    .own(" rose from 0.1 to 41.5 a minute"),
            },
            evidence: vec![number.saturating_sub(1)],
        }
        .into(),
    ))
}
