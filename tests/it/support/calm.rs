//! Two quieter nights, written by hand: an alarm that was a false one, and one that could not be explained.

use std::collections::BTreeMap;

use midwatch::{
    journal::{
        Body, Journal,
        body::{GapFound, InvestigationSummary, Plan},
    },
    model::{
        Alarm, Comparison, Direction, Evidence, Gap, GapKind, Identity, MissingData, Observation, Observed,
        Origin, Phase, Priority, Query, Recommendation, RecommendationCategory, ResourceId, RunState, Series,
        SeriesKey, Start, Text, TimelineEntry, Verdict, Window,
    },
};

use super::night::Pen;

fn at(time: &str) -> jiff::Timestamp {
    format!("2025-10-27T{time}Z").parse().unwrap()
}

fn window() -> Window {
    Window::new(at("02:12:00"), at("03:12:00"))
}

fn latency(value: impl Fn(i64) -> f64) -> Series {
    let from = window().from.as_second();
    Series {
        key: SeriesKey {
            resource: Some("a1b2c3".into()),
            namespace: "AWS/ApiGateway".to_owned(),
            metric: "Latency".to_owned(),
            dimensions: BTreeMap::from([("ApiName".to_owned(), "orders-api".to_owned())]),
            stat: "p99".to_owned(),
            unit: Some("Milliseconds".to_owned()),
            period: 60,
        },
        points: (0..60)
            .map(|minute| (from + 60 * minute, value(minute)))
            .collect(),
    }
}

/// Frame, plan and the symptom's own reading; returns its record, and that of the alarm.
async fn read(pen: &Pen, series: Series, fact: Observed, said: Text, since: Option<&str>) -> (u64, u64) {
    pen.phase(Phase::Frame).await;
    let identity = Identity {
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        arn: None,
        places: Vec::new(),
    };
    pen.ask(
        Query::Identity,
        "account and region",
        Evidence::Identity(identity),
    )
    .await;
    let key = series.key.clone();
    let alarm = Alarm {
        name: "orders-api-latency".to_owned(),
        arn: None,
        description: None,
        resource: key.resource.clone(),
        namespace: key.namespace.clone(),
        metric: key.metric.clone(),
        dimensions: key.dimensions.clone(),
        stat: key.stat.clone(),
        period: 60,
        threshold: 900.0,
        comparison: Comparison::GreaterThanThreshold,
        evaluation_periods: 1,
        treat_missing: MissingData::Missing,
        transitions: Vec::new(),
    };
    let names = Query::Alarms {
        names: vec![alarm.name.clone()],
        state: None,
        window: window(),
    };
    let alarms = pen
        .ask(names, "what it watches", Evidence::Alarms(vec![alarm]))
        .await;
    let mut resource = midwatch::model::Resource::new("a1b2c3", "AWS::ApiGateway::RestApi", "orders-api");
    resource.region = Some("eu-west-1".to_owned());
    pen.ask(
        Query::Catalogue {
            resource: Some(resource),
            namespace: None,
            metric: None,
        },
        "which metrics there are",
        Evidence::Catalogue(vec![key.clone()]),
    )
    .await;
    pen.write(Body::Plan(Plan {
        symptom: Text::new()
            .ext("Latency")
            .own(" of ")
            .ext("orders-api")
            .own(" (p99 > 900)"),
        series: Some(key.clone()),
        at: at("02:59:00"),
        resources: ["a1b2c3", "order-intake"].map(ResourceId::from).to_vec(),
        subjects: vec!["a1b2c3".into()],
        window: window(),
        baseline: Window::new(at("01:12:00"), at("02:12:00")),
        steps: Vec::new(),
        named: Vec::new(),
    }))
    .await;
    pen.phase(Phase::Look).await;
    let query = Query::Metrics {
        series: vec![key],
        window: window(),
    };
    let metrics = pen
        .ask(query, "the symptom itself", Evidence::Series(vec![series]))
        .await;
    let observation = |origin, moment: Option<&str>, fact, text| Observation {
        resource: Some("a1b2c3".into()),
        origin,
        at: moment.map(at),
        error: 180,
        strength: 0.9,
        notable: true,
        fact,
        text,
    };
    let fired = Observed::AlarmFired {
        alarm: "orders-api-latency".to_owned(),
    };
    let said_alarm = Text::from("alarm ").ext("orders-api-latency").own(" fired");
    let alarm = pen
        .see(
            observation(Origin::Alarms, Some("02:59:00"), fired, said_alarm),
            alarms,
        )
        .await;
    let symptom = pen
        .see(observation(Origin::Metrics, since, fact, said), metrics)
        .await;
    (symptom, alarm)
}

fn summary(verdict: Verdict, text: Text, timeline: Vec<(&str, &str, u64)>) -> InvestigationSummary {
    InvestigationSummary {
        verdict,
        symptom: Text::new().ext("Latency").own(" of ").ext("orders-api"),
        text,
        causes: Vec::new(),
        impact: Vec::new(),
        candidates: Vec::new(),
        hypotheses: Vec::new(),
        ruled_out: Vec::new(),
        timeline: timeline
            .into_iter()
            .map(|(time, what, evidence)| TimelineEntry {
                at: at(time),
                what: what.into(),
                resource: None,
                evidence,
            })
            .collect(),
        next_looks: Vec::new(),
        recommendations: Vec::new(),
    }
}

fn start() -> Start {
    Start::Alarm {
        alarm: "orders-api-latency".to_owned(),
    }
}

/// An alarm that fired on one datum.
pub async fn false_alarm(journal: &Journal) -> Pen {
    let pen = Pen::open(journal, "orders-api is slow", Priority::Low, start()).await;
    let series = latency(|minute| {
        if minute == 46 {
            930.0
        } else {
            200.0 + (minute * 7 % 13) as f64
        }
    });
    let fact = Observed::MetricNormal {
        series: series.key.clone(),
        typical: 206.0,
        coverage: 1.0,
        compared: true,
    };
    let said = Text::new()
        .ext("Latency")
        .own(" of ")
        .ext("orders-api")
        .own(" is as usual, at 206 ms");
    let (_, alarm) = read(&pen, series, fact, said, None).await;
    let text = Text::new()
        .ext("Latency")
        .own(" of ")
        .ext("orders-api")
        .own(" was read against its baseline and is normal: there is nothing to mend");
    let mut outcome = summary(
        Verdict::NoFault,
        text,
        vec![("02:59:00", "the alarm fired", alarm)],
    );
    outcome.recommendations = vec![Recommendation {
        category: RecommendationCategory::Observability,
        title: Text::from("Let alarm ")
            .ext("orders-api-latency")
            .own(" wait for more than one datum"),
        detail: "It fired while its metric was at its usual level.".into(),
    }];
    pen.write(Body::InvestigationSummary(outcome)).await;
    pen.end(
        RunState::Completed,
        Some(Verdict::NoFault),
        None,
        "nothing is wrong",
    )
    .await;
    pen
}

/// Latency that rose and came back, with most doors closed.
pub async fn cannot_tell(journal: &Journal) -> Pen {
    let pen = Pen::open(journal, "orders-api is slow", Priority::High, start()).await;
    let series = latency(|minute| {
        if (40..52).contains(&minute) {
            1500.0 + (minute * 31 % 200) as f64
        } else {
            200.0 + (minute * 7 % 13) as f64
        }
    });
    let fact = Observed::MetricShift {
        series: series.key.clone(),
        direction: Direction::Up,
        before: 206.0,
        after: 1580.0,
        peak: 1690.0,
        score: 50.0,
        until: None,
    };
    let said = Text::new()
        .ext("Latency")
        .own(" of ")
        .ext("orders-api")
        .own(" rose from 206 ms to 1.58 s at 02:52");
    let (symptom, alarm) = read(&pen, series, fact, said, Some("02:52:00")).await;
    let hint = "sign in again: aws sso login";
    for (what, why, hint) in [
        ("changes", "the credentials expired", Some(hint)),
        ("logs of order-intake", "the credentials expired", Some(hint)),
        (
            "metrics of the acquirer",
            "it publishes none to this account",
            None,
        ),
        ("logs of order-intake", "the credentials expired", Some(hint)),
    ] {
        pen.write(Body::Gap(
            GapFound {
                query: None,
                gap: Gap {
                    kind: GapKind::Credentials,
                    what: what.into(),
                    resource: None,
                    why: why.into(),
                    hint: hint.map(Text::from),
                },
            }
            .into(),
        ))
        .await;
    }
    let text = Text::from("nothing that was seen explains ")
        .ext("Latency")
        .own(" of ")
        .ext("orders-api");
    let timeline = vec![
        ("02:52:00", "Latency rose", symptom),
        ("02:59:00", "the alarm fired", alarm),
    ];
    let mut outcome = summary(Verdict::Inconclusive, text, timeline);
    outcome.next_looks = vec![
        format!("changes: the credentials expired - {hint}").into(),
        format!("logs of order-intake: the credentials expired - {hint}").into(),
        "metrics of the acquirer: it publishes none to this account".into(),
        "deployments of order-intake: would tell whether it fails since one".into(),
    ];
    pen.write(Body::InvestigationSummary(outcome)).await;
    let words = "it cannot be told from what could be seen";
    pen.end(RunState::Completed, Some(Verdict::Inconclusive), None, words)
        .await;
    pen
}
