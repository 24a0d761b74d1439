//! Records like those of a busy investigation.

use midwatch::{
    engine::opening::{self, Opening},
    journal::{
        Actor, Body, Draft, Journal, StreamId,
        body::{Created, Finding, Status},
    },
    model::{Phase, Priority, ResourceId, RunState, SourceSpec, Start, Text},
};

use super::records::{gap, observation};

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
        0 => gap(None),
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
