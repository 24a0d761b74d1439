//! One night on call, written by hand into a journal: what consoles are tested on. No engine is involved, so that a
//! better engine changes no picture.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use midwatch::{
    journal::{
        Body, Journal,
        body::{GapFound, InvestigationSummary, Plan, Proposed},
    },
    model::{
        Candidate, Category, Cause, Change, Direction, Evidence, Gap, GapKind, Hypothesis, HypothesisState,
        Impact, LogLine, LogPage, MitigationPlan, MitigationStep, Observation, Observed, Origin, Phase,
        Priority, Query, Recommendation, RecommendationCategory, Relation, RelationKind, RelationOrigin,
        Resource, RunState, Series, SeriesKey, Start, Text, TimelineEntry, Verdict, Window,
    },
};
use serde_json::json;

use super::desk::now;
pub use super::pen::Pen;

/// How far the investigation has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// It tests hypotheses.
    Testing,
    /// It has a cause, a plan and recommendations, and has ended.
    Cause,
}

fn at(time: &str) -> Timestamp {
    format!("2025-10-27T{time}Z").parse().unwrap()
}

fn window() -> Window {
    Window::new(at("02:12:00"), at("03:12:00"))
}

/// An empty journal at the hour of the tests.
pub async fn empty() -> Journal {
    Journal::in_memory().await.unwrap().with_clock(Arc::new(now))
}

fn observation(resource: &str, origin: Origin, time: &str, fact: Observed, text: Text) -> Observation {
    Observation {
        resource: Some(resource.into()),
        origin,
        at: Some(at(time)),
        error: 60,
        strength: 0.9,
        notable: true,
        fact,
        text,
    }
}

fn errors() -> Series {
    let key = SeriesKey {
        resource: Some("order-intake".into()),
        namespace: "AWS/Lambda".to_owned(),
        metric: "Errors".to_owned(),
        dimensions: BTreeMap::from([("FunctionName".to_owned(), "order-intake".to_owned())]),
        stat: "Sum".to_owned(),
        unit: Some("Count".to_owned()),
        period: 60,
    };
    let from = window().from.as_second();
    let points = (0..60).map(|minute| {
        let value = if minute < 45 { 0 } else { 36 + (minute * 7) % 11 };
        (from + 60 * minute, value as f64)
    });
    Series {
        key,
        points: points.collect(),
    }
}

fn resources() -> Vec<Resource> {
    vec![
        Resource::new("a1b2c3", "AWS::ApiGateway::RestApi", "orders-api"),
        Resource::new("order-intake", "AWS::Lambda::Function", "order-intake"),
        Resource::new("orders", "AWS::DynamoDB::Table", "orders"),
        Resource::new("stock", "AWS::DynamoDB::Table", "stock"),
    ]
}

fn relations() -> Vec<Relation> {
    [
        ("a1b2c3", "order-intake"),
        ("order-intake", "orders"),
        ("order-intake", "stock"),
    ]
    .into_iter()
    .map(|(from, to)| Relation {
        from: from.into(),
        to: to.into(),
        kind: RelationKind::Calls,
        origin: RelationOrigin::Config,
    })
    .collect()
}

fn logs() -> Vec<LogLine> {
    (0..40)
        .map(|i| LogLine {
            at: at("02:55:00") + jiff::SignedDuration::from_secs(7 * i),
            group: "/aws/lambda/order-intake".to_owned(),
            stream: None,
            resource: Some("order-intake".into()),
            message: if i > 20 && i % 3 == 0 {
                format!("ERROR order {i}: TypeError: cannot read 'sku' of undefined")
            } else {
                format!("INFO order {i} accepted \u{1b}[2J\u{202e}")
            },
        })
        .collect()
}

fn hypothesis(id: &str, resource: &str, score: f64, state: HypothesisState, statement: Text) -> Hypothesis {
    Hypothesis {
        id: format!("{id}@{resource}"),
        pattern: id.to_owned(),
        resource: resource.into(),
        category: Category::SystemChange,
        state,
        score,
        statement,
        why: "its errors began right after it".into(),
        supports: Vec::new(),
        refutes: Vec::new(),
    }
}

/// Errors of a function after a deployment.
pub async fn bad_deploy(journal: &Journal, until: Until) -> Pen {
    let alarm = Start::Alarm {
        alarm: "order-intake-errors".to_owned(),
    };
    let pen = Pen::open(journal, "order-intake errors", Priority::Critical, alarm).await;
    pen.phase(Phase::Frame).await;
    pen.ask(
        Query::Inventory,
        "what there is",
        Evidence::Inventory(resources()),
    )
    .await;
    pen.ask(
        Query::Relations,
        "who acts on whom",
        Evidence::Relations(relations()),
    )
    .await;
    pen.write(Body::Plan(Plan {
        symptom: Text::new()
            .ext("Errors")
            .own(" of ")
            .ext("order-intake")
            .own(" (Sum > 0)"),
        resources: ["order-intake", "a1b2c3", "orders", "stock"]
            .map(Into::into)
            .to_vec(),
        subjects: vec!["order-intake".into()],
        series: Some(errors().key),
        at: at("02:59:00"),
        window: window(),
        baseline: Window::new(at("01:12:00"), at("02:12:00")),
        steps: vec![
            "metrics of the subject and its neighbours".into(),
            "changes".into(),
        ],
        named: Vec::new(),
    }))
    .await;
    pen.phase(Phase::Look).await;
    let metrics = pen
        .ask(
            Query::Metrics {
                series: vec![errors().key],
                window: window(),
            },
            "the symptom itself",
            Evidence::Series(vec![errors()]),
        )
        .await;
    let shift = pen
        .see(
            observation(
                "order-intake",
                Origin::Metrics,
                "02:57:00",
                Observed::MetricShift {
                    series: errors().key,
                    direction: Direction::Up,
                    before: 0.0,
                    after: 41.0,
                    peak: 46.0,
                    score: 50.0,
                    until: None,
                },
                Text::new().ext("Errors").own(" rose from 0 to 41/min at 02:57"),
            ),
            metrics,
        )
        .await;
    let page = pen
        .ask(
            Query::Logs {
                resource: None,
                group: Some("/aws/lambda/order-intake".to_owned()),
                window: window(),
                filter: None,
                limit: 1000,
            },
            "what it says",
            Evidence::Logs(LogPage {
                lines: logs(),
                groups: vec!["/aws/lambda/order-intake".to_owned()],
                truncated: false,
            }),
        )
        .await;
    let burst = pen
        .see(
            observation(
                "order-intake",
                Origin::Logs,
                "02:57:27",
                Observed::LogBurst {
                    group: "/aws/lambda/order-intake".to_owned(),
                    template: "ERROR order <*>: TypeError: cannot read <*> of undefined".to_owned(),
                    count: 512,
                    before_rate: 0.0,
                    sample: "ERROR order 21: TypeError: cannot read 'sku' of undefined".to_owned(),
                    new: true,
                    error: true,
                },
                Text::new()
                    .own("new log line, 512 times since 02:57: ")
                    .ext("TypeError: cannot read 'sku' of undefined"),
            ),
            page,
        )
        .await;
    let changes = pen
        .ask(
            Query::Changes {
                resource: None,
                window: window(),
            },
            "what was changed",
            Evidence::Changes(vec![Change {
                at: at("02:56:08"),
                source: "cloudtrail".to_owned(),
                kind: "UpdateFunctionCode".to_owned(),
                resource: Some("order-intake".into()),
                actor: Some("ci-deploy".to_owned()),
                summary: "order-intake from order-intake/41.zip".to_owned(),
                detail: json!({"requestParameters": {"s3Key": "order-intake/41.zip", "publish": true}}),
            }]),
        )
        .await;
    let change = pen
        .see(
            observation(
                "order-intake",
                Origin::Changes,
                "02:56:08",
                Observed::Changed {
                    source: "cloudtrail".to_owned(),
                    change: "UpdateFunctionCode".to_owned(),
                    actor: Some("ci-deploy".to_owned()),
                    detail: "order-intake/41.zip".to_owned(),
                    routine: false,
                    risk: 1.0,
                },
                Text::new()
                    .ext("UpdateFunctionCode")
                    .own(" by ")
                    .ext("ci-deploy")
                    .own(" at 02:56"),
            ),
            changes,
        )
        .await;
    pen.phase(Phase::Test).await;
    let fails = || {
        Text::new()
            .ext("order-intake")
            .own(" fails since its deployment at 02:56")
    };
    let mut deploy = hypothesis(
        "bad-deployment",
        "order-intake",
        0.86,
        HypothesisState::Testing,
        fails(),
    );
    deploy.supports = vec![change, shift, burst];
    let mut input = hypothesis(
        "bad-input",
        "a1b2c3",
        0.22,
        HypothesisState::Testing,
        Text::new()
            .ext("orders-api")
            .own(" passes on orders that are malformed"),
    );
    input.category = Category::InputAnomaly;
    let mut table = hypothesis(
        "dependency-outage",
        "orders",
        0.0,
        HypothesisState::Refuted,
        Text::new().own("table ").ext("orders").own(" is down"),
    );
    table.refutes = vec![shift];
    for hypothesis in [deploy.clone(), input.clone(), table.clone()] {
        pen.write(Body::Hypothesis(hypothesis)).await;
    }
    pen.write(Body::Gap(
        GapFound {
            query: None,
            gap: Gap {
                kind: GapKind::Denied,
                what: "configuration of stock".into(),
                resource: Some("stock".into()),
                why: "access denied to GetResource".into(),
                hint: Some("midwatch iam policy prints what is needed".into()),
            },
        }
        .into(),
    ))
    .await;
    if until == Until::Testing {
        return pen;
    }
    pen.phase(Phase::Settle).await;
    let cause = Cause {
        resource: "order-intake".into(),
        category: Category::SystemChange,
        pattern: "bad-deployment".to_owned(),
        statement: Text::new()
            .ext("order-intake")
            .own(" version 41, deployed at 02:56, fails on orders without a ")
            .ext("sku"),
        confidence: 0.93,
        evidence: vec![change, shift, burst],
    };
    deploy.state = HypothesisState::Supported;
    deploy.score = 0.93;
    pen.write(Body::Hypothesis(deploy.clone())).await;
    pen.write(Body::Cause(cause.clone())).await;
    let recommendations = vec![
        Recommendation {
            category: RecommendationCategory::Governance,
            title: Text::new()
                .own("Deploy ")
                .ext("order-intake")
                .own(" in steps, with an alarm that rolls back"),
            detail: "A canary of a tenth of the traffic would have rolled it back.".into(),
        },
        Recommendation {
            category: RecommendationCategory::Observability,
            title: Text::new()
                .own("Alarm on the errors of ")
                .ext("order-intake")
                .own(" within a minute"),
            detail: "The alarm came three minutes after the deployment.".into(),
        },
    ];
    let timeline = [("02:56:08", "deployed", change), ("02:57:00", "errors", shift)];
    pen.write(Body::InvestigationSummary(InvestigationSummary {
        verdict: Verdict::Cause,
        symptom: "errors of order-intake".into(),
        text: cause.statement.clone(),
        causes: vec![cause.clone()],
        impact: vec![Impact {
            resource: "a1b2c3".into(),
            how: "answers 5xx to a tenth of its calls".into(),
        }],
        candidates: vec![Candidate {
            resource: "order-intake".into(),
            score: 0.93,
        }],
        hypotheses: vec![deploy, input, table],
        ruled_out: Vec::new(),
        timeline: timeline
            .map(|(time, what, evidence)| TimelineEntry {
                at: at(time),
                what: what.into(),
                resource: Some("order-intake".into()),
                evidence,
            })
            .to_vec(),
        next_looks: Vec::new(),
        recommendations: recommendations.clone(),
    }))
    .await;
    let step = |text: &str, command: &[&str]| MitigationStep {
        text: text.into(),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        writes: text.starts_with("Point"),
    };
    pen.write(Body::MitigationPlan(MitigationPlan {
        prepare: vec![step(
            "List the versions to go back to",
            &[
                "aws",
                "lambda",
                "list-versions-by-function",
                "--function-name",
                "order-intake",
            ],
        )],
        apply: vec![step(
            "Point the alias live at version 40",
            &[
                "aws",
                "lambda",
                "update-alias",
                "--function-name",
                "order-intake",
                "--name",
                "live",
            ],
        )],
        post_validate: vec![step("Errors are back at zero for fifteen minutes", &[])],
        instructions: "# Goal\nRoll order-intake back.".to_owned(),
        ..MitigationPlan::default()
    }))
    .await;
    pen.end(
        RunState::Completed,
        Some(Verdict::Cause),
        Some(&cause),
        "a root cause was found",
    )
    .await;
    for (id, recommendation) in ["canary@order-intake", "alarm@order-intake"]
        .into_iter()
        .zip(recommendations)
    {
        pen.space(&Body::Recommendation(Proposed {
            id: id.to_owned(),
            recommendation,
            informed_by: vec![pen.stream.clone()],
        }))
        .await;
    }
    pen
}

/// An alarm that was a false one, with gaps.
pub async fn no_fault(journal: &Journal) -> Pen {
    let start = Start::Text {
        text: "checkout feels slow".to_owned(),
    };
    let pen = Pen::open(journal, "checkout feels slow", Priority::Low, start).await;
    pen.phase(Phase::Look).await;
    for (what, why) in [
        ("logs of checkout", "throttled by AWS"),
        ("changes", "access denied to LookupEvents"),
    ] {
        pen.write(Body::Gap(
            GapFound {
                query: None,
                gap: Gap {
                    kind: GapKind::Denied,
                    what: what.into(),
                    resource: None,
                    why: why.into(),
                    hint: None,
                },
            }
            .into(),
        ))
        .await;
    }
    let text: Text = "The latency of checkout is what it was at this hour in the week before.".into();
    pen.write(Body::InvestigationSummary(InvestigationSummary {
        verdict: Verdict::NoFault,
        symptom: "latency of checkout".into(),
        text,
        causes: Vec::new(),
        impact: Vec::new(),
        candidates: Vec::new(),
        hypotheses: Vec::new(),
        ruled_out: Vec::new(),
        timeline: Vec::new(),
        next_looks: Vec::new(),
        recommendations: Vec::new(),
    }))
    .await;
    pen.end(
        RunState::Completed,
        Some(Verdict::NoFault),
        None,
        "no fault was found",
    )
    .await;
    pen
}
