//! Doubles of the vendors' MCP servers, in the documented shapes.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{
    double_vendor::{DoubleVendor, Sends, structured, text, tool},
    vendors::{at, datadog_tools, level, minutes, second},
};

/// What a service says from 10:40 on.
pub const LINE: &str = "ERROR NullReferenceException: rate table is undefined at Ledger.Book";

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

pub fn datadog() -> DoubleVendor {
    let mut tools = datadog_tools();
    tools.push(tool(
        "get_datadog_metric",
        &["queries", "from", "to", "response_format", "max_tokens"],
    ));
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

pub fn json_data(value: &Value) -> Value {
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

pub fn new_relic() -> DoubleVendor {
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

pub fn dynatrace(sends: Sends, remote: bool) -> DoubleVendor {
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

pub fn grafana() -> DoubleVendor {
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

pub fn splunk(name: &str) -> DoubleVendor {
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
