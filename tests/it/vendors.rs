//! Telemetry vendors over doubles of their MCP servers: the built-in reasoner uses what they know, without a model.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use midwatch::{
    config::{Association, ConnectionKind},
    journal::views::Investigation,
    model::{
        Evidence, Gap, GapKind, LogFilter, Observed, Query, Relation, RelationKind, RelationOrigin, Resource,
        SeriesKey, Source as _, Verdict, Window,
    },
    sources::{
        space::{Member, SpaceSource},
        vendor,
    },
};
use serde_json::{Value, json};

use crate::support::{
    aws::hasty,
    double_aws::{DoubleAws, Reply},
    double_vendor::{DoubleVendor, Sends, failed, structured, text, tool},
    vendors::{at, caller, connection, investigate, level, member, minutes, second},
};

/// What a service says from 10:40 on.
const LINE: &str = "ERROR NullReferenceException: rate table is undefined at Ledger.Book";

fn span(arguments: &Value, from: &str, to: &str) -> (i64, i64) {
    (second(&arguments[from]), second(&arguments[to]))
}

/// Error lines in a stretch of time, one a minute.
fn errors(from: i64, to: i64) -> Vec<String> {
    let from = from.max(at("10:40:00").as_second());
    minutes(from, to.min(at("11:15:00").as_second()))
        .map(|minute| Timestamp::from_second(minute).unwrap().to_string())
        .collect()
}

fn datadog() -> DoubleVendor {
    let tools = vec![
        tool(
            "search_datadog_metrics",
            &["name_filter", "tag_filter", "max_tokens", "from"],
        ),
        tool(
            "get_datadog_metric",
            &["queries", "from", "to", "response_format", "max_tokens"],
        ),
        tool(
            "search_datadog_logs",
            &["query", "from", "to", "sort", "max_tokens"],
        ),
        tool("search_datadog_events", &["query", "from", "to", "max_tokens"]),
        tool("search_datadog_services", &["query", "max_tokens"]),
        tool("search_datadog_service_dependencies", &["service", "direction"]),
    ];
    DoubleVendor::start(Sends::Events, tools, |tool, arguments| match tool {
        "search_datadog_metrics" if arguments["tag_filter"] == "service:ledger" => json_data(&json!([
            "trace.http.request.duration",
            "trace.http.request.errors",
            "trace.http.request.errors.by.http_status",
            "trace.http.request.hits",
        ])),
        "search_datadog_metrics" => json_data(&json!([])),
        "get_datadog_metric" => {
            let (from, to) = span(arguments, "from", "to");
            let queries = arguments["queries"].as_array().unwrap().clone();
            let series: Vec<Value> = queries
                .iter()
                .map(|query| datadog_series(query, from, to))
                .collect();
            json_data(&json!(series))
        }
        "search_datadog_logs" => {
            let query = arguments["query"].as_str().unwrap();
            let (from, to) = span(arguments, "from", "to");
            let rows = match query.contains("service:\"ledger\"") {
                true => errors(from, to)
                    .iter()
                    .map(|at| format!("{at}\tledger\tdc1-app-07\terror\t{LINE}\n"))
                    .collect::<Vec<String>>()
                    .concat(),
                false => String::new(),
            };
            text(format!(
                "<METADATA>\n<count>1</count>\n</METADATA>\n<TSV_DATA>\ntimestamp\tservice\thost\tstatus\tmessage\n{rows}</TSV_DATA>"
            ))
        }
        "search_datadog_events" if arguments["query"].as_str().unwrap().contains("deploy") => {
            json_data(&json!([{
                "timestamp": "2026-03-02T10:38:00Z", "title": "Deployed ledger 4.2.0", "tags": ["service:ledger", "author:kim"],
            }]))
        }
        "search_datadog_events" => json_data(&json!([{
            "timestamp": 1_772_448_180_000_i64, "status": "error", "title": "[Triggered] ledger error rate is high",
            "tags": "env:prod,service:ledger",
        }])),
        "search_datadog_services" => json_data(&json!([{"name": "checkout"}, {"name": "ledger"}])),
        "search_datadog_service_dependencies" if arguments["service"] == "checkout" => {
            text("| service | team |\n|---|---|\n| ledger | finance |\n")
        }
        _ => text("No results found"),
    })
}

fn json_data(value: &Value) -> Value {
    text(format!(
        "<METADATA>\n<ok/>\n</METADATA>\n<JSON_DATA>\n{value}\n</JSON_DATA>"
    ))
}

fn datadog_series(query: &Value, from: i64, to: i64) -> Value {
    let (before, after) = match query.as_str().unwrap() {
        query if query.contains("errors") => (0.5, 80.0),
        query if query.contains("duration") => (0.12, 0.13),
        _ => (900.0, 900.0),
    };
    let bins: Vec<Value> = minutes(from, to)
        .map(|minute| json!({"start_time": minute * 1000, "avg": level(minute, before, after), "sum": level(minute, before, after)}))
        .collect();
    json!({"expression": query, "overall_stats": {"avg": 1.0}, "binned": bins})
}

fn new_relic() -> DoubleVendor {
    let tools = vec![tool("execute_nrql_query", &["nrql_query", "account_id"])];
    DoubleVendor::start(Sends::Json, tools, |_, arguments| {
        assert_eq!(arguments["account_id"], 1_234_567);
        let nrql = arguments["nrql_query"].as_str().unwrap();
        let number = |word: &str| -> i64 {
            let (_, rest) = nrql.split_once(word).unwrap();
            rest.split_whitespace().next().unwrap().parse::<i64>().unwrap() / 1000
        };
        let ledger = nrql.contains("'ledger'");
        if nrql.contains("FACET eventType()") {
            let rows = if ledger {
                json!([{"facet": "Transaction", "eventType()": "Transaction", "count": 40}])
            } else {
                json!([])
            };
            return text(json!({"results": rows}).to_string());
        }
        if nrql.contains("FACET appName") {
            return text(
                json!({"results": [{"facet": "ledger", "appName": "ledger", "count": 9}]}).to_string(),
            );
        }
        let (from, to) = (number("SINCE "), number("UNTIL "));
        let rows: Vec<Value> = if nrql.contains("TIMESERIES") {
            let (before, after) = match nrql {
                nrql if nrql.contains("TransactionError") => (0.5, 80.0),
                nrql if nrql.contains("duration") => (0.12, 0.13),
                _ => (900.0, 900.0),
            };
            minutes(from, to)
                .map(|minute| json!({"beginTimeSeconds": minute, "endTimeSeconds": minute + 60, "value": level(minute, before, after)}))
                .collect()
        } else if nrql.contains("FROM Deployment") {
            vec![
                json!({"timestamp": at("10:38:00").as_millisecond(), "entity.name": "ledger", "version": "4.2.0",
                "user": "kim", "description": "release of ledger 4.2.0"}),
            ]
        } else if nrql.contains("FROM NrAiIncident") {
            vec![
                json!({"timestamp": at("10:43:00").as_millisecond(), "title": "ledger error percentage above 5 %",
                "priority": "critical", "targetName": "ledger"}),
            ]
        } else if nrql.contains("FROM Log") && ledger {
            errors(from, to)
                .iter()
                .map(|at| json!({"timestamp": at.parse::<Timestamp>().unwrap().as_millisecond(), "message": LINE, "entity.name": "ledger"}))
                .collect()
        } else {
            Vec::new()
        };
        structured(json!({"results": rows}))
    })
}

fn dynatrace(sends: Sends, remote: bool) -> DoubleVendor {
    let tools = match remote {
        true => vec![tool("execute-dql", &["dqlQueryString"])],
        false => vec![tool("execute_dql", &["dqlStatement"])],
    };
    DoubleVendor::start(sends, tools, move |_, arguments| {
        let dql = arguments[if remote { "dqlQueryString" } else { "dqlStatement" }]
            .as_str()
            .unwrap();
        let quoted = |word: &str| -> i64 {
            let (_, rest) = dql.split_once(word).unwrap();
            rest.split('"')
                .next()
                .unwrap()
                .parse::<Timestamp>()
                .unwrap()
                .as_second()
        };
        let ledger = dql.contains("\"ledger\"");
        let records = if dql.starts_with("timeseries") {
            let (from, to) = (quoted("from: \""), quoted("to: \""));
            let (before, after) = match dql {
                dql if dql.contains("failure_count") => (0.5, 80.0),
                dql if dql.contains("response_time") => (120_000.0, 130_000.0),
                _ => (900.0, 900.0),
            };
            let values: Vec<f64> = minutes(from, to)
                .map(|minute| level(minute, before, after))
                .collect();
            json!([{"timeframe": {"start": Timestamp::from_second(from).unwrap().to_string()}, "interval": "60000000000",
                "value": values, "name": "ledger"}])
        } else if dql.starts_with("fetch logs") && ledger {
            let lines = errors(quoted("from: \""), quoted("to: \""));
            lines
                .iter()
                .map(|at| json!({"timestamp": at, "content": LINE, "service.name": "ledger"}))
                .collect()
        } else if dql.contains("CUSTOM_DEPLOYMENT") {
            json!([{"timestamp": "2026-03-02T10:38:00.000000000Z", "event.name": "Deployed ledger 4.2.0",
                "kind": "deployment", "service": "ledger", "actor": "kim"}])
        } else if dql.contains("dt.davis.problems") {
            json!([{"event.start": "2026-03-02T10:43:00.000000000Z", "event.name": "Failure rate increase",
                "event.category": "ERROR", "root_cause_entity_name": "ledger"}])
        } else if dql.contains("of = ") {
            if ledger {
                json!([{"of": "dt.entity.service"}])
            } else {
                json!([])
            }
        } else if dql.contains("calls[dt.entity.service]") {
            json!([{"id": "SERVICE-1", "name": "checkout", "calls": ["SERVICE-2"]},
                {"id": "SERVICE-2", "name": "ledger", "calls": null}])
        } else {
            json!([])
        };
        if remote {
            json!({"content": [{"type": "text", "text": "Query result records:"}, {"type": "text", "text": records.to_string()}],
                "structuredContent": {"records": records, "metadata": {}}})
        } else {
            text(format!(
                "📊 **DQL Query Results**\n\n- **Records:** some\n\n```json\n{records:#}\n```\n"
            ))
        }
    })
}

fn grafana() -> DoubleVendor {
    let tools = vec![
        tool("list_datasources", &["type"]),
        tool(
            "query_prometheus",
            &[
                "datasourceUid",
                "expr",
                "startTime",
                "endTime",
                "stepSeconds",
                "queryType",
            ],
        ),
        tool(
            "query_loki_logs",
            &[
                "datasourceUid",
                "logql",
                "startRfc3339",
                "endRfc3339",
                "limit",
                "direction",
            ],
        ),
    ];
    DoubleVendor::start(Sends::Json, tools, |tool, arguments| {
        match tool {
        "list_datasources" => text(
            json!({"datasources": [{"uid": "tempo-1", "type": "tempo"}, {"uid": "prom-2", "type": "prometheus", "isDefault": true},
                {"uid": "loki-3", "type": "loki"}]})
            .to_string(),
        ),
        "query_prometheus" => {
            assert_eq!(arguments["datasourceUid"], "prom-2");
            text(json!({"data": prometheus(arguments)}).to_string())
        }
        _ => {
            assert_eq!(arguments["datasourceUid"], "loki-3");
            let (from, to) = span(arguments, "startRfc3339", "endRfc3339");
            let lines: Vec<Value> = match arguments["logql"].as_str().unwrap().starts_with("{service_name=\"ledger\"}") {
                true => errors(from, to)
                    .iter()
                    .map(|at| json!({"timestamp": at.parse::<Timestamp>().unwrap().as_nanosecond().to_string(),
                        "line": "FATAL write to journal failed: No space left on device", "labels": {"service_name": "ledger"}}))
                    .collect(),
                false => Vec::new(),
            };
            text(json!({"data": lines, "metadata": {"resultsTruncated": false}}).to_string())
        }
    }
    })
}

fn prometheus(arguments: &Value) -> Value {
    let expr = arguments["expr"].as_str().unwrap();
    if expr.contains("traces_service_graph") {
        return json!([{"metric": {"client": "checkout", "server": "ledger"}, "value": [1.0, "12"]}]);
    }
    if expr.starts_with("count by") {
        let listed = [
            "http_requests_total",
            "http_request_duration_seconds_sum",
            "http_request_duration_seconds_count",
            "go_goroutines",
        ];
        return match expr.contains("job=\"ledger\"") {
            true => listed
                .iter()
                .map(|name| json!({"metric": {"__name__": name, "job": "ledger"}, "value": [1.0, "1"]}))
                .collect(),
            false => json!([]),
        };
    }
    let (from, to) = span(arguments, "startTime", "endTime");
    let (before, after) = match expr {
        expr if expr.contains("5..") => (0.5, 80.0),
        expr if expr.contains("_sum") => (0.12, 0.13),
        _ => (900.0, 900.0),
    };
    let values: Vec<Value> = minutes(from, to)
        .map(|minute| json!([minute, level(minute, before, after).to_string()]))
        .collect();
    json!([{"metric": {}, "values": values}])
}

fn splunk(name: &str) -> DoubleVendor {
    let name = name.to_owned();
    let tools = vec![tool(
        &name,
        &["query", "earliest_time", "latest_time", "row_limit"],
    )];
    DoubleVendor::start(Sends::Json, tools, move |_, arguments| {
        let spl = arguments["query"].as_str().unwrap();
        assert!(
            spl.contains("index=\"shop\"") && !spl.contains("index=*"),
            "{spl}"
        );
        let rows: Vec<Value> = if spl.contains("*deploy*") {
            vec![
                json!({"_time": "2026-03-02T10:38:00.000+00:00", "service": "checkout", "user": "kim",
                "_raw": "deployment of checkout 7.1 finished"}),
            ]
        } else if spl.contains("service=\"checkout\"") && spl.starts_with("search") {
            let (from, to) = span(arguments, "earliest_time", "latest_time");
            errors(from, to)
                .iter()
                .map(|at| json!({"_time": at, "service": "checkout", "host": "app", "_raw": "ERROR TypeError: cart is undefined in pricing.js"}))
                .collect()
        } else {
            Vec::new()
        };
        text(json!({"results": rows, "truncated": false, "total_rows": rows.len()}).to_string())
    })
}

fn told(view: &Investigation) -> String {
    let summary = view.summary.as_ref().unwrap();
    let observations: Vec<String> = view
        .observations
        .iter()
        .map(|(seq, observed)| format!("#{seq} {}", observed.observation.text))
        .collect();
    let gaps: Vec<String> = view
        .gaps
        .values()
        .map(|found| format!("{} {}", found.gap.what, found.gap.why))
        .collect();
    format!(
        "{:?} causes {:#?} candidates {:?}\n{}\ngaps {gaps:#?}",
        summary.verdict,
        summary.causes,
        summary.candidates,
        observations.join("\n")
    )
}

/// The cause is `resource`, ranked first, and rests on a metric of this name in this namespace.
fn blames(view: &Investigation, resource: &str, namespace: &str, metric: &str) {
    let summary = view.summary.as_ref().unwrap();
    let told = told(view);
    assert_eq!(summary.verdict, Verdict::Cause, "{told}");
    assert_eq!(summary.causes[0].resource.as_str(), resource, "{told}");
    assert_eq!(summary.candidates[0].resource.as_str(), resource, "{told}");
    let cited = summary.causes[0].evidence.iter().any(|seq| {
        let observed = view.observations.get(seq).map(|observed| &observed.observation.fact);
        matches!(observed, Some(Observed::MetricShift { series, .. }) if series.namespace == namespace && series.metric.ends_with(metric))
    });
    assert!(cited, "{told}");
}

#[tokio::test]
async fn datadog_knows_the_service_on_premises_that_is_the_cause() {
    let double = datadog();
    let view = investigate(member(ConnectionKind::Datadog, &double, &Association::default())).await;
    blames(&view, "service:ledger", "Datadog", "trace.http.request.errors");
    let known = view.observations.values().any(|observed| {
        matches!(&observed.observation.fact, Observed::ServiceSaid { source, .. } if source == "datadog")
    });
    assert!(known, "{}", told(&view));
    assert!(
        double
            .calls()
            .iter()
            .all(|(name, _)| vendor::tools(ConnectionKind::Datadog).contains(name)),
        "only listed tools are called"
    );
}

#[tokio::test]
async fn new_relic_knows_the_service_on_premises_that_is_the_cause() {
    let double = new_relic();
    let view = investigate(member(ConnectionKind::NewRelic, &double, &Association::default())).await;
    blames(&view, "service:ledger", "NewRelic", "transaction.errors");
}

#[tokio::test]
async fn dynatrace_knows_the_service_on_premises_that_is_the_cause() {
    for (sends, remote) in [(Sends::Events, true), (Sends::Json, false)] {
        let double = dynatrace(sends, remote);
        let view = investigate(member(
            ConnectionKind::Dynatrace,
            &double,
            &Association::default(),
        ))
        .await;
        blames(
            &view,
            "service:ledger",
            "Dynatrace",
            "dt.service.request.failure_count",
        );
    }
}

#[tokio::test]
async fn grafana_knows_the_service_on_premises_that_is_the_cause() {
    let double = grafana();
    let view = investigate(member(ConnectionKind::Grafana, &double, &Association::default())).await;
    blames(&view, "service:ledger", "Grafana", ":5xx");
    assert!(told(&view).contains("No space left on device"), "{}", told(&view));
    let lookups = double
        .calls()
        .iter()
        .filter(|(name, _)| name == "list_datasources")
        .count();
    assert_eq!(lookups, 2, "each data source is looked up once");
}

#[tokio::test]
async fn splunk_has_the_lines_that_tell_why() {
    for name in ["splunk_run_query", "run_splunk_query"] {
        let double = splunk(name);
        let association = scoped("indexes", &["shop"]);
        let view = investigate(member(ConnectionKind::Splunk, &double, &association)).await;
        let summary = view.summary.as_ref().unwrap();
        assert_eq!(summary.verdict, Verdict::Cause, "{}", told(&view));
        assert_eq!(summary.causes[0].resource.as_str(), "checkout", "{}", told(&view));
        let cited = summary.causes[0].evidence.iter().any(|seq| {
            let observed = view.observations.get(seq).map(|observed| &observed.observation.fact);
            matches!(observed, Some(Observed::LogBurst { sample, .. }) if sample.contains("cart is undefined"))
        });
        assert!(cited, "{}", told(&view));
    }
}

fn scoped(kind: &str, ids: &[&str]) -> Association {
    Association {
        scope: BTreeMap::from([(kind.to_owned(), ids.iter().map(|id| (*id).to_owned()).collect())]),
        ..Association::default()
    }
}

fn window() -> Window {
    Window::new(at("10:00:00"), at("11:15:00"))
}

fn service(name: &str) -> Resource {
    Resource::new(format!("service:{name}"), "service", name)
}

fn catalogue(name: &str) -> Query {
    Query::Catalogue {
        resource: Some(service(name)),
        namespace: None,
        metric: None,
    }
}

fn logs_with(name: &str, term: Option<&str>) -> Query {
    Query::Logs {
        resource: Some(service(name)),
        group: None,
        window: window(),
        filter: term.map(|term| LogFilter {
            any: vec![term.to_owned()],
        }),
        limit: 5000,
    }
}

#[tokio::test]
async fn ids_of_the_space_narrow_the_queries() {
    let double = new_relic();
    let mut association = scoped("applications", &["42", "43"]);
    association
        .scope
        .insert("policies".to_owned(), vec!["7".to_owned()]);
    association
        .scope
        .insert("entities".to_owned(), vec!["MXxBUE0".to_owned()]);
    let member = member(ConnectionKind::NewRelic, &double, &association);
    member.answer(&catalogue("ledger")).await;
    let events = Query::Events {
        resource: None,
        window: window(),
    };
    member.answer(&events).await;
    let asked: Vec<String> = double
        .calls()
        .iter()
        .map(|(_, arguments)| arguments["nrql_query"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        asked[0].contains("AND (appId = 42 OR appId = 43)") && asked[0].contains("entity.guid = 'MXxBUE0'"),
        "{asked:?}"
    );
    assert!(
        asked[1].contains("AND (policyId = 7)") && !asked[1].contains("appId"),
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_scope_that_the_vendor_does_not_know_is_refused() {
    let double = splunk("splunk_run_query");
    let open = |association: &Association| {
        let connection = connection(ConnectionKind::Splunk, double.url());
        let caller = caller(&connection, association);
        vendor::open("splunk", &connection, association, caller)
            .unwrap()
            .err()
    };
    let error = open(&scoped("applications", &["1"])).unwrap().to_string();
    assert!(
        error.contains("which Splunk does not know") && error.contains("indexes"),
        "{error}"
    );
    let error = open(&scoped("indexes", &["shop\" OR index=*"]))
        .unwrap()
        .to_string();
    assert!(error.contains("no id of Splunk"), "{error}");
    let association = Association::default();
    let caller = caller(&connection(ConnectionKind::Splunk, double.url()), &association);
    let github = connection(ConnectionKind::Github, double.url());
    let other = vendor::open("x", &github, &association, caller);
    assert!(other.is_none());
}

#[tokio::test]
async fn names_and_terms_never_become_a_part_of_a_query() {
    let double = DoubleVendor::start(
        Sends::Json,
        vec![
            tool("query_loki_logs", &[]),
            tool("list_datasources", &[]),
            tool("query_prometheus", &[]),
        ],
        |tool, _| match tool {
            "list_datasources" => {
                text(r#"[{"uid": "u", "type": "loki"}, {"uid": "p", "type": "prometheus"}]"#)
            }
            _ => text(r#"{"data": []}"#),
        },
    );
    let member = member(ConnectionKind::Grafana, &double, &Association::default());
    member
        .answer(&logs_with(
            "x\"} or {job=~\".+",
            Some("boomed\" |~ `.*` [{evil}]"),
        ))
        .await;
    let calls = double.calls();
    let (_, arguments) = calls.iter().find(|(name, _)| name == "query_loki_logs").unwrap();
    assert_eq!(
        arguments["logql"],
        r#"{job="x\"} or {job=~\".+"} |~ "(?:boomed)""#
    );
}

/// The gap that a question ends with when the tool answers so.
async fn gap_of(answer: Value, query: &Query) -> Gap {
    let double = DoubleVendor::start(Sends::Json, vec![tool("splunk_run_query", &[])], move |_, _| {
        answer.clone()
    });
    let member = member(ConnectionKind::Splunk, &double, &Association::default());
    let answer = member.answer(query).await;
    assert!(answer.evidence.is_none(), "{answer:?}");
    answer.gaps[0].clone()
}

#[tokio::test]
async fn what_cannot_be_read_is_a_gap_with_a_remedy() {
    let query = logs_with("ledger", None);
    for (answer, kind, why) in [
        (
            failed("403 Forbidden: capability mcp_tool_execute is missing"),
            GapKind::Denied,
            "403 Forbidden",
        ),
        (failed("429 Too Many Requests"), GapKind::Throttled, "429"),
        (failed("search failed"), GapKind::Failed, "search failed"),
        (
            text("I am but a poet"),
            GapKind::Failed,
            "a shape that is not known",
        ),
        (
            text(r#"{"answer": 42}"#),
            GapKind::Failed,
            "a shape that is not known",
        ),
        (
            text(r#"{"results": [{"_raw": "no time"}]}"#),
            GapKind::Failed,
            "no time",
        ),
        (
            json!({"content": [{"type": "image", "data": "", "mimeType": "image/png"}], "isError": true}),
            GapKind::Failed,
            "failed",
        ),
        (Value::Null, GapKind::Failed, "splunk_run_query"),
    ] {
        let gap = gap_of(answer, &query).await;
        assert_eq!(gap.kind, kind, "{gap:?}");
        let told = gap.why.to_string();
        assert!(
            told.contains(why) && told.contains("Splunk") && gap.hint.is_some(),
            "{told}"
        );
        assert_eq!(gap.what.to_string(), "logs of ledger in Splunk");
    }
}

#[tokio::test]
async fn a_tool_that_is_missing_or_not_allowed_is_told() {
    let mut writes = tool("splunk_run_query", &[]);
    writes["annotations"] = json!({});
    for (tools, kind, hint) in [
        (
            vec![tool("splunk_get_info", &[])],
            GapKind::Unsupported,
            "midwatch connection tools splunk",
        ),
        (
            vec![writes],
            GapKind::Denied,
            "midwatch connection allow splunk splunk_run_query",
        ),
    ] {
        let double = DoubleVendor::start(Sends::Events, tools, |_, _| panic!("it is not called"));
        let member = member(ConnectionKind::Splunk, &double, &Association::default());
        let answer = member.answer(&logs_with("ledger", None)).await;
        assert_eq!(answer.gaps[0].kind, kind);
        assert!(
            answer.gaps[0].hint.as_ref().unwrap().to_string().contains(hint),
            "{answer:?}"
        );
        assert!(double.calls().is_empty());
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_gap() {
    let connection = connection(ConnectionKind::Datadog, "http://127.0.0.1:9/mcp");
    let caller = caller(&connection, &Association::default());
    let member: Arc<dyn Member> = vendor::open("datadog", &connection, &Association::default(), caller)
        .unwrap()
        .unwrap();
    let answer = member.answer(&Query::Inventory).await;
    assert_eq!(answer.gaps[0].kind, GapKind::Unreachable, "{answer:?}");
    assert!(answer.evidence.is_none());
}

#[tokio::test]
async fn lines_are_those_that_were_asked_for_and_no_more() {
    let double = datadog();
    let member = member(
        ConnectionKind::Datadog,
        &double,
        &scoped("environments", &["prod"]),
    );
    let Some(Evidence::Logs(page)) = member
        .answer(&logs_with("ledger", Some("rate table is")))
        .await
        .evidence
    else {
        panic!("no lines")
    };
    assert_eq!(page.lines.len(), 35);
    assert!(page.lines.iter().all(|line| {
        line.resource
            .as_ref()
            .is_some_and(|id| id.as_str() == "service:ledger")
    }));
    assert_eq!(page.groups, ["datadog:ledger"]);
    let Some(Evidence::Logs(none)) = member
        .answer(&logs_with("ledger", Some("other words")))
        .await
        .evidence
    else {
        panic!("no answer")
    };
    assert!(none.lines.is_empty());
    let calls = double.calls();
    assert_eq!(
        calls[0].1["query"],
        r#"(service:"ledger" OR host:"ledger") ("rate table is") (env:"prod")"#
    );
}

#[tokio::test]
async fn only_series_of_its_namespace_are_its_business() {
    let double = datadog();
    let member = member(ConnectionKind::Datadog, &double, &Association::default());
    let key = |namespace: &str| SeriesKey {
        resource: Some("checkout".into()),
        namespace: namespace.to_owned(),
        metric: "Errors".to_owned(),
        dimensions: BTreeMap::new(),
        stat: "Sum".to_owned(),
        unit: None,
        period: 60,
    };
    let asked = |series: Vec<SeriesKey>| Query::Metrics {
        series,
        window: window(),
    };
    assert_eq!(
        member.part(&asked(vec![key("AWS/Lambda"), key("Datadog")])),
        Some(asked(vec![key("Datadog")]))
    );
    assert_eq!(member.part(&asked(vec![key("AWS/Lambda")])), None);
    assert_eq!(member.part(&Query::Identity), None);
    let table = Resource::new("t", "AWS::DynamoDB::Table", "t");
    assert_eq!(member.part(&Query::Configuration { resource: table }), None);

    // Nor is AWS asked for what the vendor measures.
    let aws = DoubleAws::start(|_, _| Reply::json(200, r#"{"MetricDataResults": []}"#));
    let space = SpaceSource::new(vec![Arc::new(hasty(aws.url())), member]);
    space.answer(&asked(vec![key("Datadog")])).await;
    let of_the_vendor = Query::Catalogue {
        resource: None,
        namespace: Some("Datadog".to_owned()),
        metric: None,
    };
    space.answer(&of_the_vendor).await;
    assert_eq!(aws.operations(), Vec::<String>::new());
    space
        .answer(&asked(vec![key("AWS/Lambda"), key("Datadog")]))
        .await;
    assert_eq!(aws.operations(), ["GetMetricData"]);
}

#[tokio::test]
async fn service_maps_are_relations_with_origin_trace() {
    for (kind, double) in [
        (ConnectionKind::Datadog, datadog()),
        (ConnectionKind::Dynatrace, dynatrace(Sends::Events, true)),
        (ConnectionKind::Grafana, grafana()),
    ] {
        let member = member(kind, &double, &Association::default());
        let relation = Relation {
            from: "service:checkout".into(),
            to: "service:ledger".into(),
            kind: RelationKind::Calls,
            origin: RelationOrigin::Trace,
        };
        let found = member.answer(&Query::Relations).await;
        assert_eq!(
            found.evidence,
            Some(Evidence::Relations(vec![relation])),
            "{kind:?}"
        );
        let found = member.answer(&Query::Inventory).await;
        let both = vec![service("checkout"), service("ledger")];
        assert_eq!(found.evidence, Some(Evidence::Inventory(both)), "{kind:?}");
    }
}

#[tokio::test]
async fn equal_answers_make_equal_evidence() {
    let double = dynatrace(Sends::Events, true);
    let member = member(ConnectionKind::Dynatrace, &double, &Association::default());
    for query in [
        Query::Inventory,
        Query::Relations,
        catalogue("ledger"),
        logs_with("ledger", None),
    ] {
        let (one, other) = (member.answer(&query).await, member.answer(&query).await);
        assert!(one.evidence.is_some() && one.gaps.is_empty(), "{one:?}");
        assert_eq!(one, other);
    }
}
