//! An API is slow, and almost nothing behind it may be looked at: the honest answer is that it cannot be told.

use midwatch::model::{RelationKind, RelationOrigin, Resource};
use serde_json::json;

use super::super::{
    alarms::Watch,
    draft::{Draft, Metric},
    metrics, neighbours, resources,
    wave::{Grid, MINUTE, Span, Wave, epoch, ramp},
};

/// The scenario.
pub fn draft() -> Draft {
    let from = epoch("2025-12-02T18:20:00Z");
    let grid = Grid {
        baseline: Span::of(from - 1440 * MINUTE, 120),
        window: Span::of(from, 120),
    };
    let mut draft = Draft::new("denied-evidence", "payments-api is slow", "eu-west-1", grid);
    let began = epoch("2025-12-02T19:34:00Z");

    let api = resources::api(&mut draft, "payments-api", "");
    let arn = resources::arn(&draft, "ecs", "service/payments/payments");
    let service = resources::add(
        &mut draft,
        &arn.clone(),
        "AWS::ECS::Service",
        "payments",
        Some(arn),
        "",
        serde_json::Value::Null,
    );
    let arn = resources::arn(&draft, "rds", "cluster:ledger");
    let ledger = resources::add(
        &mut draft,
        "ledger",
        "AWS::RDS::DBCluster",
        "ledger",
        Some(arn),
        "",
        serde_json::Value::Null,
    );
    draft.resources.push(Resource::new(
        "acquirer.example.com",
        "remote",
        "acquirer.example.com",
    ));
    draft.relate(&api, RelationKind::Calls, &service, RelationOrigin::Config);
    draft.relate(&service, RelationKind::Writes, &ledger, RelationOrigin::Trace);
    draft.relate(
        &service,
        RelationKind::Calls,
        "acquirer.example.com",
        RelationOrigin::Trace,
    );
    neighbours::worker(
        &mut draft,
        "receipts",
        "receipt-jobs",
        "receipt-mailer",
        "receipts",
        &["receipt sent", "receipt archived"],
    );
    neighbours::web(&mut draft, "accounts", "accounts");

    let mut rng = draft.rng("load");
    let load = Wave::load(grid, &mut rng, 95.0, 0.2).counts(&mut rng);
    let latency = Wave::flat(grid, 210.0)
        .map(|at, value| value * (1.0 + 6.5 * ramp(at, began, 360)))
        .noisy(&mut rng, 0.07);
    let failures = load.map(|at, count| rng.count(count * (0.001 + 0.06 * ramp(at, began, 600))));
    let wrong = load.map(|_, count| rng.count(count * 0.012));
    metrics::api(
        &mut draft,
        &api,
        "payments-api",
        &load,
        &wrong,
        &failures,
        &latency,
    );
    let dimensions = [("ApiName", "payments-api"), ("Stage", "prod")];
    Watch {
        name: "payments-api-latency",
        description: "payments-api takes more than 900 ms",
        of: Metric {
            resource: &api,
            namespace: "AWS/ApiGateway",
            dimensions: &dimensions,
        },
        metric: "Latency",
        stat: "Average",
        threshold: 900.0,
        periods: 3,
        created: None,
    }
    .add(&mut draft, &latency);

    let denied = |action: &str| {
        format!(
            "AccessDenied: arn:aws:sts::111122223333:assumed-role/oncall-readonly/capture is not authorized to perform {action}"
        )
    };
    draft.gaps = vec![
        json!({"what": "logs", "resource": service, "why": denied("logs:FilterLogEvents")}),
        json!({"what": "logs", "resource": api, "why": denied("logs:FilterLogEvents")}),
        json!({"what": "metrics", "resource": service, "why": denied("cloudwatch:GetMetricData")}),
        json!({"what": "metrics", "resource": ledger, "why": denied("cloudwatch:GetMetricData")}),
        json!({"what": "metrics", "resource": "acquirer.example.com", "why": "the acquirer publishes no metrics to this account; not captured"}),
        json!({"what": "configuration", "resource": service, "why": denied("cloudcontrol:GetResource")}),
        json!({"what": "configuration", "resource": ledger, "why": denied("cloudcontrol:GetResource")}),
        json!({"what": "changes", "why": denied("cloudtrail:LookupEvents")}),
        json!({"what": "service events", "resource": ledger, "why": denied("rds:DescribeEvents")}),
        json!({"what": "service events", "resource": service, "why": denied("ecs:DescribeServices")}),
    ];
    draft.event(
        began - 140 * MINUTE,
        "rds",
        Some("accounts-db"),
        Some("backup"),
        "Finished DB Instance backup",
    );
    draft.priority = "HIGH";
    draft.start_with_alarm("payments-api-latency", 8 * MINUTE);
    draft.expect("verdict = \"inconclusive\"\n\n[forbid]\nresources = [\"receipt-mailer\", \"receipts\", \"accounts-db\"]\n");
    draft
}
