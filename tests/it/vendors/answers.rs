//! What is asked of a vendor, and what becomes of its answer.

use std::{collections::BTreeMap, sync::Arc};

use midwatch::{
    config::{Association, ConnectionKind},
    model::{
        Evidence, Gap, GapKind, Query, Relation, RelationKind, RelationOrigin, Resource, SeriesKey,
        Source as _,
    },
    sources::{
        space::{Member, SpaceSource},
        vendor,
    },
};
use serde_json::{Value, json};

use super::{
    catalogue,
    doubles::{datadog, dynatrace, grafana, new_relic, splunk},
    logs_with, scoped, service, window,
};
use crate::support::{
    aws::hasty,
    double_aws::{DoubleAws, Reply},
    double_vendor::{DoubleVendor, Sends, failed, text, tool},
    vendors::{caller, connection, member},
};

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
