//! Tools of telemetry vendors.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use midwatch::{
    config::{Association, ConnectionKind},
    model::{Evidence, GapKind, LogFilter, Query, Resource, Window},
    sources::{
        space::Member,
        vendor::{self, CallError, ToolAnswer, ToolCaller, ToolInfo},
    },
};
use serde_json::{Value, json};

use super::examine;
use crate::support::{
    mangle::{HOSTILE, cases, mangled},
    vendors::{at, connection},
};

const KINDS: [ConnectionKind; 5] = [
    ConnectionKind::Datadog,
    ConnectionKind::NewRelic,
    ConnectionKind::Splunk,
    ConnectionKind::Dynatrace,
    ConnectionKind::Grafana,
];

/// A server whose every tool says the same.
struct DoubleCaller {
    tools: Vec<ToolInfo>,
    says: ToolAnswer,
    called: Mutex<usize>,
}

#[async_trait]
impl ToolCaller for DoubleCaller {
    async fn tools(&self) -> Result<Vec<ToolInfo>, CallError> {
        Ok(self.tools.clone())
    }

    async fn call(&self, _: &str, _: &Value) -> Result<ToolAnswer, CallError> {
        *self.called.lock().unwrap() += 1;
        Ok(self.says.clone())
    }
}

fn member(kind: ConnectionKind, says: &ToolAnswer) -> Arc<dyn Member> {
    let tools = vendor::tools(kind).into_iter().map(|name| ToolInfo {
        name,
        schema: Value::Null,
        allowed: true,
    });
    let caller = DoubleCaller {
        tools: tools.collect(),
        says: says.clone(),
        called: Mutex::new(0),
    };
    let connection = connection(kind, "http://127.0.0.1:9");
    vendor::open("metrics", &connection, &Association::default(), Arc::new(caller))
        .unwrap()
        .unwrap()
}

/// A row in which every adapter finds all that it looks for.
fn row(minute: i64, metric: Value) -> Value {
    let time = at("10:30:00").as_second() + minute * 60;
    let text = jiff::Timestamp::from_second(time).unwrap().to_string();
    let points = json!([[time, "1.5"], [time + 60, 2]]);
    let timed = json!({
        "timestamp": text, "_time": text, "time": text, "date": text, "start_time": time * 1000, "openTime": time * 1000,
        "event.start": text, "beginTimeSeconds": time, "timeframe": {"start": text}, "interval": 60_000_000_000_i64,
        "values": points, "value": [1, 2.5, null], "avg": 1.5, "sum": 3, "binned": points, "points": points,
    });
    let told = json!({
        "message": "ERROR no more", "_raw": "ERROR no more", "content": "ERROR no more", "line": "ERROR no more",
        "title": "Deployed orders", "event.name": "restarted", "event.description": "x", "description": "x",
        "kind": "CONFIG", "change_type": "deployment", "priority": "HIGH", "event.category": "ERROR", "user": "kim",
        "actor": "kim", "source": "s", "log.source": "s", "conditionName": "c", "status": "error",
        "attributes": {"timestamp": text, "message": "ERROR", "service": "orders", "status": "error", "title": "t"},
    });
    let named = json!({
        "service": "orders", "name": "orders", "service.name": "orders", "entity.name": "orders", "appName": "orders",
        "app": "orders", "host": "h-1", "hostname": "h-1", "facet": ["orders"], "targetName": "orders", "uid": "u-1",
        "type": "prometheus", "isDefault": true, "id": format!("id-{minute}"), "calls": ["id-1", "id-2"],
        "root_cause_entity_name": "orders", "affected_entity_names": ["orders"],
        "tags": ["service:orders", "author:kim"], "labels": {"service_name": "orders", "instance": "i-1"},
    });
    let measured = json!({
        "metric": metric, "metric_name": "trace.http.request.hits", "of": "dt.entity.service", "eventType()": "Transaction",
        "key": "job", "query": "q", "expression": "q",
    });
    let parts = [timed, told, named, measured].into_iter();
    let members = parts.flat_map(|part| part.as_object().cloned().unwrap_or_default());
    Value::Object(members.collect())
}

fn rows() -> Value {
    let named =
        json!({"__name__": "http_requests_total", "job": "orders", "client": "web", "server": "orders"});
    json!([
        row(0, named.clone()),
        row(1, named),
        row(2, json!("requests.total")),
        row(3, json!("cpu.usage"))
    ])
}

/// The rows as a server may say them.
fn said(rows: &Value, how: usize) -> ToolAnswer {
    let plain = |text: String| ToolAnswer {
        text,
        ..ToolAnswer::default()
    };
    match how % 8 {
        0 => ToolAnswer {
            structured: Some(rows.clone()),
            ..ToolAnswer::default()
        },
        1 => ToolAnswer {
            structured: Some(json!({"data": rows, "metadata": {"resultsTruncated": true}})),
            cut: true,
            ..ToolAnswer::default()
        },
        2 => plain(json!({"result": rows}).to_string()),
        3 => plain(format!("Found:\n```json\n{rows}\n```\nEnd of it [1")),
        4 => plain(format!(
            "<METADATA><count>1</count></METADATA>\n<JSON_DATA>\n{rows}\n</JSON_DATA>"
        )),
        5 => plain(table(rows, '\t')),
        6 => plain(table(rows, '|')),
        _ => ToolAnswer {
            failed: true,
            ..plain(format!("403 {}", HOSTILE.concat()))
        },
    }
}

/// Rows as a table, as far as they are rows.
fn table(rows: &Value, separator: char) -> String {
    let Some(rows) = rows.as_array() else {
        return rows.to_string();
    };
    let names = [
        "timestamp",
        "service",
        "message",
        "host",
        "metric",
        "name",
        "value",
    ];
    let join = |cells: Vec<String>| match separator {
        '|' => format!("|{}|\n", cells.join("|")),
        _ => format!("{}\n", cells.join("\t")),
    };
    let mut text = join(names.map(str::to_owned).to_vec());
    if separator == '|' {
        text.push_str(&join(vec!["---".to_owned(); names.len()]));
    }
    for row in rows {
        let cell = |name: &&str| row.get(*name).map_or(String::new(), Value::to_string);
        text.push_str(&join(names.iter().map(cell).collect()));
    }
    text
}

fn questions(keys: Vec<midwatch::model::SeriesKey>) -> Vec<Query> {
    let window = Window::new(at("10:00:00"), at("11:00:00"));
    let orders = Resource::new("orders", "AWS::Lambda::Function", "orders");
    let service = Resource::new("service:orders", "service", "orders");
    let catalogue = |resource: &Resource| Query::Catalogue {
        resource: Some(resource.clone()),
        namespace: None,
        metric: None,
    };
    let mut all = vec![
        catalogue(&orders),
        catalogue(&service),
        Query::Inventory,
        Query::Relations,
    ];
    for resource in [Some(orders), Some(service), None] {
        all.push(Query::Logs {
            resource: resource.clone(),
            group: None,
            window,
            filter: resource.is_none().then(|| LogFilter {
                any: vec!["ERROR".to_owned()],
            }),
            limit: 3,
        });
        all.push(Query::Changes {
            resource: resource.clone(),
            window,
        });
        all.push(Query::Events { resource, window });
    }
    if !keys.is_empty() {
        all.push(Query::Metrics { series: keys, window });
    }
    all
}

/// The series that a vendor lists where nothing is wrong.
async fn listed(kind: ConnectionKind) -> Vec<midwatch::model::SeriesKey> {
    let member = member(kind, &said(&rows(), 0));
    let mut keys = Vec::new();
    for query in &questions(Vec::new())[..2] {
        if let Some(part) = member.part(query)
            && let Some(Evidence::Catalogue(found)) = member.answer(&part).await.evidence
        {
            keys.extend(found);
        }
    }
    keys.truncate(6);
    keys
}

#[tokio::test]
async fn whatever_a_tool_answers() {
    let rows = rows();
    for kind in KINDS {
        let keys = listed(kind).await;
        assert!(!keys.is_empty(), "{kind:?} lists series where nothing is wrong");
        for (n, bends) in cases(24).iter().enumerate() {
            let says = said(&mangled(&rows, bends), n);
            let (once, twice) = (member(kind, &says), member(kind, &says));
            examine(&once, Some(&twice), &questions(keys.clone()), 4_000_000, bends).await;
        }
    }
}

#[tokio::test]
async fn an_answer_of_no_known_shape_is_a_gap() {
    let shapes = [
        json!(7),
        json!("no"),
        json!(null),
        json!({"a": {"b": 1}}),
        json!(true),
    ];
    for kind in KINDS {
        let keys = listed(kind).await;
        for shape in &shapes {
            let says = ToolAnswer {
                structured: Some(shape.clone()),
                ..ToolAnswer::default()
            };
            let member = member(kind, &says);
            for query in questions(keys.clone()) {
                let Some(part) = member.part(&query) else { continue };
                let answer = member.answer(&part).await;
                assert!(
                    answer
                        .gaps
                        .iter()
                        .any(|gap| gap.kind == GapKind::Failed || gap.kind == GapKind::NotFound),
                    "{kind:?} {shape} {part:?}: {answer:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn points_at_the_end_of_time_and_sums_beyond_all_numbers_are_none() {
    let time = at("10:30:00").as_second();
    let early = json!([{"value": [1, 2], "timeframe": {"start": "1970-01-01T00:00:00Z"}, "interval": -1e30}]);
    let huge = json!([{"metric": {"__name__": "http_requests_total"}, "values": [[time, 1e308], [time + 1, 1e308]]},
        {"expression": "q", "binned": [[time, 1e308], [time + 1, 1e308]]}]);
    for kind in KINDS {
        for rows in [&early, &huge] {
            let member = member(kind, &said(rows, 0));
            examine(
                &member,
                None,
                &questions(listed(kind).await),
                100_000,
                &Vec::new(),
            )
            .await;
        }
    }
}
