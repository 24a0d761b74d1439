//! The built-in reasoner uses what a vendor knows, without a model.

use midwatch::{
    config::{Association, ConnectionKind},
    journal::views::Investigation,
    model::{Observed, Verdict},
    sources::vendor,
};

use super::{
    doubles::{datadog, dynatrace, grafana, new_relic, splunk},
    scoped,
};
use crate::support::{
    double_vendor::Sends,
    vendors::{investigate, member},
};

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
