//! A table runs out of provisioned writes, some minutes after a deployment makes its writer write everything twice:
//! the writer's invocations stay what they were, the units that it consumes double.

use midwatch::model::{RelationKind, RelationOrigin};
use serde_json::json;

use super::super::{
    alarms::{self, Watch},
    changes::{self, Call},
    draft::{Draft, Metric},
    logs::{self, Requests, Runs, Said},
    metrics::{self, Function, concurrency},
    neighbours, resources,
    wave::{Grid, MINUTE, Span, Wave, epoch},
};

/// Write units a second that the table provides.
const PROVISIONED: u32 = 12;
/// Units that DynamoDB lets a calm table save up: five minutes' worth.
const BURST: f64 = 300.0 * PROVISIONED as f64;

/// The scenario.
pub fn draft() -> Draft {
    let from = epoch("2025-09-23T16:00:00Z");
    let grid = Grid {
        baseline: Span::of(from - 120 * MINUTE, 120),
        window: Span::of(from, 120),
    };
    let mut draft = Draft::new(
        "dynamodb-throttled-deploy",
        "Writes to the orders table are throttled",
        "us-west-2",
        grid,
    );
    let deployed = epoch("2025-09-23T17:02:40Z");

    let api = resources::api(&mut draft, "orders-api", "orders");
    resources::queue(&mut draft, "orders-inbox", "orders");
    resources::function(
        &mut draft,
        "order-writer",
        "orders",
        "nodejs22.x",
        json!({
            "Timeout": 60, "Environment": {"Variables": {"TABLE": "orders", "LOG_LEVEL": "info"}},
        }),
    );
    resources::table(&mut draft, "orders", "orders", "order", Some((40, PROVISIONED)));
    resources::function(&mut draft, "order-report", "orders", "python3.12", json!({}));
    resources::role(
        &mut draft,
        "order-writer-role",
        "orders",
        "lambda.amazonaws.com",
        &["dynamodb:BatchWriteItem", "sqs:ReceiveMessage"],
    );
    draft.relate(&api, RelationKind::Routes, "orders-inbox", RelationOrigin::Config);
    draft.relate(
        "orders-inbox",
        RelationKind::Triggers,
        "order-writer",
        RelationOrigin::Config,
    );
    draft.relate(
        "order-writer",
        RelationKind::Writes,
        "orders",
        RelationOrigin::Trace,
    );
    draft.relate(
        "order-report",
        RelationKind::Reads,
        "orders",
        RelationOrigin::Trace,
    );
    draft.relate(
        "order-writer",
        RelationKind::Uses,
        "order-writer-role",
        RelationOrigin::Config,
    );
    neighbours::worker(
        &mut draft,
        "parcels",
        "parcel-events",
        "parcel-tracker",
        "parcels",
        &["carrier scan stored", "parcel handed over"],
    );
    neighbours::web(&mut draft, "shop", "shop");

    let mut rng = draft.rng("load");
    let batches = Wave::load(grid, &mut rng, 8.0, 0.12).counts(&mut rng);
    let demand = Wave::load(grid, &mut rng, 540.0, 0.12)
        .map(|at, units| if at < deployed - 20 { units } else { 2.04 * units });
    let provided = f64::from(PROVISIONED * 60);
    let mut saved = BURST;
    let consumed = demand.map(|_, units| {
        let spent = units.min(provided + saved);
        saved = (saved + provided - spent).clamp(0.0, BURST);
        spent
    });
    let refused = demand.with(&consumed, |demand, consumed| demand - consumed);
    let throttles = refused.map(|_, units| rng.count(units * 0.6));
    let none = Wave::flat(grid, 0.0);
    let latency = throttles
        .map(|_, events| if events > 0.0 { 6.3 } else { 4.4 })
        .noisy(&mut rng, 0.06);
    let reads = Wave::load(grid, &mut rng, 310.0, 0.15).counts(&mut rng);
    metrics::table(
        &mut draft,
        "orders",
        &reads,
        &consumed.noisy(&mut rng, 0.004),
        &throttles,
        &latency,
    );
    let dimensions = [("TableName", "orders")];
    let of = Metric {
        resource: "orders",
        namespace: "AWS/DynamoDB",
        dimensions: &dimensions,
    };
    draft.five_minutes(
        of,
        "ProvisionedWriteCapacityUnits",
        "Average",
        "Count",
        &Wave::flat(grid, f64::from(PROVISIONED)),
    );
    Watch {
        name: "orders-write-throttles",
        description: "Writes to orders are refused",
        of,
        metric: "WriteThrottleEvents",
        stat: "Sum",
        threshold: 5.0,
        periods: 3,
        created: None,
    }
    .add(&mut draft, &throttles);

    let errors = batches.with(&throttles, |batches, events| {
        if events > 5.0 {
            (batches * 0.4).round()
        } else {
            0.0
        }
    });
    let duration = throttles
        .map(|_, events| if events > 5.0 { 1_900.0 } else { 410.0 })
        .noisy(&mut rng, 0.07);
    Function {
        name: "order-writer",
        invocations: &batches,
        errors: &errors,
        throttles: &none,
        duration: &duration,
        concurrency: &concurrency(&batches, &duration),
    }
    .add(&mut draft);
    alarms::function_errors(&mut draft, "order-writer", 25.0, 5, &errors);
    let sent = batches.map(|_, count| rng.count(count * 9.0));
    let mut backlog = 0.0;
    let waiting = errors.map(|_, count| {
        backlog = (backlog + count * 9.0 * 0.5 - 2.0_f64).max(0.0);
        (backlog + rng.count(1.5)).round()
    });
    let age = waiting.map(|_, waiting| (waiting * 2.4).round());
    metrics::queue(&mut draft, "orders-inbox", &sent, &sent, &waiting, &age);
    let requests = Wave::load(grid, &mut rng, 5.0, 0.12).counts(&mut rng);
    let calm = Wave::flat(grid, 31.0).noisy(&mut rng, 0.07);
    metrics::api(&mut draft, &api, "orders-api", &requests, &none, &none, &calm);
    Requests {
        api: (&api, "orders-api"),
        route: ("POST", "/orders"),
        count: &requests,
        failures: &none,
        status: (202, 500, 500),
    }
    .add(&mut draft);
    let reports = metrics::calm_function(&mut draft, "order-report", 1.0, 620.0);
    logs::calm_function(
        &mut draft,
        "order-report",
        &reports,
        620.0,
        &["report page written", "orders of the last hour counted"],
    );
    runs(&mut draft, &batches, &errors, deployed);

    changes::merge(
        &mut draft,
        deployed - 19 * MINUTE,
        Some("order-writer"),
        ("shop/orders", 418),
        "arnav.desai",
        "Keep a history item for every order line",
        json!({"files": ["src/write.ts", "test/write.test.ts"], "patch": "@@ -41,6 +41,9 @@ export async function store(lines: Line[]) {\n   const puts = lines.map((line) => put(line));\n+  for (const line of lines) {\n+    puts.push(put({ ...line, order: `history#${line.order}` }));\n+  }\n   await batchWrite(TABLE, puts);"}),
    );
    changes::deploy(
        &mut draft,
        deployed,
        "order-writer",
        27,
        "deploy/ci-4418",
        "order-writer/27.zip",
    );
    changes::deploy(
        &mut draft,
        deployed - 34 * MINUTE,
        "order-report",
        9,
        "deploy/ci-4410",
        "order-report/9.zip",
    );
    Call {
        at: deployed + 6 * MINUTE,
        service: "dynamodb.amazonaws.com",
        name: "UpdateContinuousBackups",
        resource: Some("parcels"),
        actor: "mary.major",
        summary: "UpdateContinuousBackups of parcels",
        request: json!({"tableName": "parcels", "pointInTimeRecoverySpecification": {"pointInTimeRecoveryEnabled": true}}),
    }
    .add(&mut draft);
    changes::harmless(
        &mut draft,
        deployed,
        &["parcel-tracker", "orders", "shop-db", "order-report", "parcels"],
    );
    draft.event(
        deployed - 51 * MINUTE,
        "rds",
        Some("shop-db"),
        Some("maintenance"),
        "The parameter max_wal_size was set to 4096 with apply method: immediate",
    );
    draft.priority = "HIGH";
    draft.start_with_alarm("orders-write-throttles", 6 * MINUTE);
    draft.expect("verdict = \"cause\"\n\n[[cause]]\nresources = [\"order-writer\"]\ncategory = \"system_change\"\nsays = [\"order-writer\"]\ntimeline = [\"UpdateFunctionCode\", \"throttle\", \"alarm\"]\n\n[forbid]\nresources = [\"order-report\", \"parcel-tracker\", \"parcels\", \"shop-db\"]\n");
    draft
}

fn runs(draft: &mut Draft, batches: &Wave, errors: &Wave, deployed: i64) {
    Runs {
        function: "order-writer",
        version: &|at| if at < deployed { "26" } else { "27" },
        memory: 512,
        invocations: batches,
        errors,
        json: false,
    }
    .add(draft, |run| {
        let count = run.rng.whole(5, 14);
        let mut lines = vec![logs::node(run.at, run.id, "INFO", &format!("batch of {count} orders received"))];
        if !run.fails {
            let took = run.rng.duration(410.0);
            if run.rng.chance(0.02) {
                lines.push(logs::node(run.at + 60, run.id, "WARN", "order without a shipping address, stored as draft"));
            }
            let written = if run.at < deployed * 1000 { count } else { 2 * count };
            lines.push(logs::node(run.at + took as i64 - 5, run.id, "INFO", &format!("{written} items written")));
            return Said { milliseconds: took, lines };
        }
        let took = run.rng.range(2_600.0, 5_200.0);
        lines.push(logs::node(run.at + 900, run.id, "WARN", "BatchWriteItem left unprocessed items, trying again in 800 ms"));
        let error = json!({
            "errorType": "ProvisionedThroughputExceededException",
            "errorMessage": "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
            "name": "ProvisionedThroughputExceededException",
            "$fault": "client",
            "$metadata": {"httpStatusCode": 400, "attempts": 4, "totalRetryDelay": run.rng.whole(1200, 3900)},
        });
        lines.push(logs::node(run.at + took as i64 - 4, run.id, "ERROR", &format!("Invoke Error \t{error}")));
        Said { milliseconds: took, lines }
    });
}
