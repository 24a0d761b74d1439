//! An incident whose cause stands on premises and is known to a telemetry vendor alone: the function `checkout` fails because
//! the service `ledger` does, which was deployed at 10:38.

use std::{fs, path::Path, sync::Arc};

use jiff::Timestamp;
use midwatch::{
    config::{Association, Auth, Connection, ConnectionKind},
    engine::{drive::Outcome, opening},
    journal::{Actor, views::Investigation},
    model::{Allowance, Answer, Occasion, Query, Source, SourceSpec},
    net::Net,
    sources::{
        bundle::{Bundle, BundleSource},
        mcp::Lines,
        secrets::Secrets,
        space::{Member, SpaceSource},
        vendor::{self, ToolCaller},
    },
};
use serde_json::{Value, json};

use super::{
    double_vendor::{DoubleVendor, tool},
    engine::Watch,
};

pub fn at(time: &str) -> Timestamp {
    format!("2026-03-02T{time}Z").parse().unwrap()
}

/// A normal value until 10:40, another one from then on, with a little noise.
pub fn level(second: i64, before: f64, after: f64) -> f64 {
    let noise = 1.0 + 0.05 * ((second / 60 * 7919) % 5 - 2) as f64;
    noise
        * if second < at("10:40:00").as_second() {
            before
        } else {
            after
        }
}

/// The minutes between two times.
pub fn minutes(from: i64, to: i64) -> impl Iterator<Item = i64> {
    (from.div_euclid(60)..to.div_euclid(60)).map(|minute| minute * 60)
}

/// Seconds of an RFC 3339 time, or of epoch milliseconds.
pub fn second(value: &Value) -> i64 {
    match value.as_str() {
        Some(text) => text.parse::<Timestamp>().unwrap().as_second(),
        None => value.as_i64().unwrap() / 1000,
    }
}

/// What is recorded of AWS.
fn bundle(folder: &Path) -> Bundle {
    let write = |name: &str, text: String| fs::write(folder.join(name), text).unwrap();
    write(
        "incident.toml",
        r#"format = 1
title = "Checkout fails"
[start]
kind = "symptom"
resource = "checkout"
metric = "Errors"
stat = "Sum"
at = 2026-03-02T10:45:00Z
account = "111122223333"
region = "eu-west-1"
[window]
from = 2026-03-02T10:00:00Z
to = 2026-03-02T11:15:00Z
[baseline]
from = 2026-03-02T07:00:00Z
to = 2026-03-02T10:00:00Z
"#
        .to_owned(),
    );
    let resource = json!({"id": "checkout", "type": "AWS::Lambda::Function", "name": "checkout",
        "account": "111122223333", "region": "eu-west-1"});
    write("resources.jsonl", format!("{resource}\n"));
    let (from, to) = (at("07:00:00").as_second(), at("11:15:00").as_second());
    let series = |metric: &str, stat: &str, before: f64, after: f64| {
        let points: Vec<Value> = minutes(from, to)
            .map(|minute| json!([minute, level(minute, before, after).round()]))
            .collect();
        json!({"resource": "checkout", "namespace": "AWS/Lambda", "metric": metric, "stat": stat,
            "dimensions": {"FunctionName": "checkout"}, "period": 60, "points": points})
    };
    write(
        "metrics.jsonl",
        format!(
            "{}\n{}\n",
            series("Errors", "Sum", 1.0, 60.0),
            series("Invocations", "Sum", 600.0, 600.0)
        ),
    );
    let lines: Vec<String> = minutes(at("10:41:00").as_second(), to)
        .map(|minute| {
            let at = Timestamp::from_second(minute).unwrap();
            let line = json!({"at": at.to_string(), "group": "/aws/lambda/checkout", "resource": "checkout",
                "message": "ERROR booking failed: ledger answered with HTTP 500"});
            format!("{line}\n")
        })
        .collect();
    write("logs.jsonl", lines.concat());
    write("changes.jsonl", String::new());
    write("events.jsonl", String::new());
    Bundle::open(folder).unwrap()
}

/// A bundle as one member among several: asked about what is of AWS.
struct Recorded(BundleSource);

#[async_trait::async_trait]
impl Source for Recorded {
    fn name(&self) -> &'static str {
        "aws"
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.0.answer(query).await
    }

    async fn answer_within(&self, query: &Query, allowance: &Allowance) -> Answer {
        self.0.answer_within(query, allowance).await
    }

    fn occasion(&self) -> Option<Occasion> {
        self.0.occasion()
    }
}

impl Member for Recorded {
    fn part(&self, query: &Query) -> Option<Query> {
        if query
            .resource()
            .is_some_and(|resource| resource.id.as_str() != "checkout")
        {
            return None;
        }
        Some(query.clone())
    }
}

pub fn connection(kind: ConnectionKind, url: &str) -> Connection {
    Connection {
        kind,
        description: None,
        url: Some(url.to_owned()),
        command: Vec::new(),
        auth: Auth::None,
        owner: None,
        account: Some("1234567".to_owned()),
        region: None,
        cluster: None,
        api: None,
        from: None,
        timeout: 20,
        largest_answer: 256 * 1024,
    }
}

/// The vendor behind the double, as a member of a space.
pub fn member(kind: ConnectionKind, double: &DoubleVendor, association: &Association) -> Arc<dyn Member> {
    let connection = connection(kind, double.url());
    let caller = caller(&connection, association);
    vendor::open(kind.as_str(), &connection, association, caller)
        .unwrap()
        .unwrap()
}

/// The program's own client of MCP servers, which remembers nothing on disk.
pub fn caller(connection: &Connection, association: &Association) -> Arc<dyn ToolCaller> {
    let lines = Lines::new(Net::default(), Secrets::default(), None);
    Arc::new(
        lines
            .client(connection.kind.as_str(), connection, association)
            .unwrap(),
    )
}

/// The incident, investigated by the real engine with AWS and the vendor in one space.
pub async fn investigate(vendor: Arc<dyn Member>) -> Investigation {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle(folder.path());
    let watch = Watch::new().await;
    let spec = SourceSpec::Bundle {
        path: folder.path().display().to_string(),
    };
    let opening = opening::Opening::of(bundle.incident(), spec);
    let stream = opening::open(&watch.journal, Actor::Operator("test".to_owned()), opening)
        .await
        .unwrap();
    let aws: Arc<dyn Member> = Arc::new(Recorded(BundleSource::new(bundle)));
    let space = SpaceSource::new(vec![aws, vendor]);
    assert_eq!(watch.run(&stream, Arc::new(space)).await, Outcome::Ended);
    watch.view(&stream).await
}

/// Tools of Datadog's server that the adapter asks, but the one that reads a metric.
pub fn datadog_tools() -> Vec<Value> {
    vec![
        tool(
            "search_datadog_metrics",
            &["name_filter", "tag_filter", "max_tokens", "from"],
        ),
        tool(
            "search_datadog_logs",
            &["query", "from", "to", "sort", "max_tokens"],
        ),
        tool("search_datadog_events", &["query", "from", "to", "max_tokens"]),
        tool("search_datadog_services", &["query", "max_tokens"]),
        tool("search_datadog_service_dependencies", &["service", "direction"]),
    ]
}
