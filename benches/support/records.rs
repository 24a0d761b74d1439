//! Records of which an investigation writes most.

use midwatch::{
    journal::{
        Body, Draft,
        body::{GapFound, Observed},
    },
    model::{Direction, Gap, GapKind, Observation, Observed as Fact, Origin, ResourceId, SeriesKey, Text},
};

/// Something that could not be looked at, asked for by a record.
pub fn gap(query: Option<u64>) -> Draft {
    Draft::agent(&Body::Gap(
        GapFound {
            query,
            gap: Gap {
                kind: GapKind::Denied,
                what: Text::from("logs of ").ext("order-intake"),
                resource: Some(ResourceId("order-intake".into())),
                why: "the role may not read them (logs:FilterLogEvents)".into(),
                hint: None,
            },
        }
        .into(),
    ))
}

/// A shift of one of forty functions' errors.
pub fn observation(number: u64) -> Draft {
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
