//! An API answers 5xx because the function behind it fails on some orders since its new version. Everything below the
//! function is well, and another function was deployed shortly before.

use midwatch::model::{RelationKind, RelationOrigin};
use serde_json::json;

use super::super::{
    alarms::{self, Watch},
    changes,
    draft::{Draft, Metric},
    logs::{self, Requests, Runs, Said},
    metrics::{self, Function, concurrency},
    neighbours, resources,
    wave::{Grid, MINUTE, Span, Wave, epoch},
};

/// The scenario.
pub fn draft() -> Draft {
    let from = epoch("2025-10-27T01:30:00Z");
    let grid = Grid {
        baseline: Span::of(from - 120 * MINUTE, 120),
        window: Span::of(from, 120),
    };
    let mut draft = Draft::new(
        "order-intake-bad-deploy",
        "orders-api answers 5xx",
        "us-east-1",
        grid,
    );
    let deployed = epoch("2025-10-27T02:56:08Z");

    let api = resources::api(&mut draft, "orders-api", "checkout");
    resources::function(
        &mut draft,
        "order-intake",
        "checkout",
        "nodejs22.x",
        json!({"Environment": {"Variables": {"TABLE": "orders", "STOCK": "stock"}}}),
    );
    resources::table(&mut draft, "orders", "checkout", "order", None);
    resources::table(&mut draft, "stock", "checkout", "sku", None);
    resources::role(
        &mut draft,
        "order-intake-role",
        "checkout",
        "lambda.amazonaws.com",
        &["dynamodb:PutItem", "dynamodb:GetItem"],
    );
    draft.relate(&api, RelationKind::Calls, "order-intake", RelationOrigin::Config);
    draft.relate(
        "order-intake",
        RelationKind::Writes,
        "orders",
        RelationOrigin::Trace,
    );
    draft.relate(
        "order-intake",
        RelationKind::Reads,
        "stock",
        RelationOrigin::Trace,
    );
    draft.relate(
        "order-intake",
        RelationKind::Uses,
        "order-intake-role",
        RelationOrigin::Config,
    );
    neighbours::worker(
        &mut draft,
        "prices",
        "price-feed",
        "price-sync",
        "prices",
        &["price list applied", "currency rates refreshed"],
    );
    draft.relate("price-sync", RelationKind::Writes, "stock", RelationOrigin::Trace);
    neighbours::web(&mut draft, "checkout-web", "checkout-web");

    let mut rng = draft.rng("load");
    let load = Wave::load(grid, &mut rng, 9.0, 0.2).counts(&mut rng);
    let errors = load.map(|at, count| {
        if at + 30 < deployed {
            f64::from(rng.chance(0.004))
        } else {
            (0..count as i64).filter(|_| rng.chance(0.62)).count() as f64
        }
    });
    let duration = load
        .map(|at, _| if at + 30 < deployed { 96.0 } else { 61.0 })
        .noisy(&mut rng, 0.07);
    let none = Wave::flat(grid, 0.0);
    Function {
        name: "order-intake",
        invocations: &load,
        errors: &errors,
        throttles: &none,
        duration: &duration,
        concurrency: &concurrency(&load, &duration),
    }
    .add(&mut draft);
    let wrong = load.map(|_, count| rng.count(count * 0.02));
    metrics::api(
        &mut draft,
        &api,
        "orders-api",
        &load,
        &wrong,
        &errors,
        &duration.map(|_, value| value + 17.0),
    );
    let writes = load.with(&errors, |load, errors| load - errors);
    let steady = Wave::flat(grid, 4.3).noisy(&mut rng, 0.06);
    metrics::table(
        &mut draft,
        "orders",
        &none.map(|_, _| rng.count(6.0)),
        &writes,
        &none,
        &steady,
    );
    metrics::table(
        &mut draft,
        "stock",
        &load,
        &none.map(|_, _| rng.count(3.0)),
        &none,
        &steady.noisy(&mut rng, 0.03),
    );

    let dimensions = [("ApiName", "orders-api"), ("Stage", "prod")];
    Watch {
        name: "orders-api-5xx",
        description: "orders-api answers more than one 5xx a minute",
        of: Metric {
            resource: &api,
            namespace: "AWS/ApiGateway",
            dimensions: &dimensions,
        },
        metric: "5XXError",
        stat: "Sum",
        threshold: 1.0,
        periods: 2,
        created: None,
    }
    .add(&mut draft, &errors);
    alarms::function_errors(&mut draft, "order-intake", 0.0, 3, &errors);
    alarms::function_errors(&mut draft, "price-sync", 2.0, 2, &none);

    Requests {
        api: (&api, "orders-api"),
        route: ("POST", "/orders"),
        count: &load,
        failures: &errors,
        status: (201, 502, 200),
    }
    .add(&mut draft);
    runs(&mut draft, &load, &errors, deployed);
    changes::merge(
        &mut draft,
        deployed - 12 * MINUTE,
        Some("order-intake"),
        ("shop/order-intake", 233),
        "mary.major",
        "Reserve stock by bundle",
        json!({"files": ["src/index.js"], "patch": "@@ -21,7 +21,7 @@ exports.handler = async (event) => {\n-  const sku = order.sku ?? order.bundle?.sku;\n+  const sku = order.bundle.items[0].sku;"}),
    );
    changes::deploy(
        &mut draft,
        deployed,
        "order-intake",
        41,
        "deploy/ci-2051",
        "order-intake/41.zip",
    );
    changes::deploy(
        &mut draft,
        deployed - 25 * MINUTE,
        "price-sync",
        19,
        "deploy/ci-2047",
        "price-sync/19.zip",
    );
    changes::harmless(
        &mut draft,
        deployed,
        &["price-sync", "stock", "checkout-web-db", "prices", "orders"],
    );
    draft.event(
        deployed - 74 * MINUTE,
        "rds",
        Some("checkout-web-db"),
        Some("backup"),
        "Finished DB Instance backup",
    );
    draft.priority = "CRITICAL";
    draft.start_with_alarm("orders-api-5xx", 9 * MINUTE);
    draft.expect("verdict = \"cause\"\n\n[[cause]]\nresources = [\"order-intake\"]\ncategory = \"system_change\"\nsays = [\"order-intake\"]\ntimeline = [\"UpdateFunctionCode\", \"Errors\", \"alarm\"]\n\n[forbid]\nresources = [\"orders\", \"stock\", \"price-sync\", \"order-intake-role\", \"checkout-web-db\"]\n");
    draft
}

fn runs(draft: &mut Draft, load: &Wave, errors: &Wave, deployed: i64) {
    Runs {
        function: "order-intake",
        version: &|at| if at + 30 < deployed { "40" } else { "41" },
        memory: 256,
        invocations: load,
        errors,
        json: false,
    }
    .add(draft, |run| {
        let order = format!("o-{}", run.rng.whole(310_000, 399_999));
        let mut lines = vec![logs::node(run.at, run.id, "INFO", &format!("order {order} received"))];
        if !run.fails {
            if run.rng.chance(0.02) {
                lines.push(logs::node(run.at + 12, run.id, "WARN", &format!("order {order} has no coupon, list price used")));
            }
            lines.push(logs::node(run.at + 40, run.id, "INFO", &format!("order {order} stored")));
            return Said { milliseconds: run.rng.duration(96.0), lines };
        }
        let error = if run.at + 30_000 < deployed * 1000 {
            json!({"errorType": "TimeoutError", "errorMessage": "Connection timed out after 1000ms", "stack": ["TimeoutError: Connection timed out after 1000ms", "    at ClientRequest.<anonymous> (/var/task/node_modules/@smithy/node-http-handler/dist-cjs/index.js:124:15)"]})
        } else {
            json!({"errorType": "TypeError", "errorMessage": "Cannot read properties of undefined (reading 'sku')", "stack": ["TypeError: Cannot read properties of undefined (reading 'sku')", "    at exports.handler (/var/task/src/index.js:24:41)", "    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)"]})
        };
        lines.push(logs::node(run.at + 9, run.id, "ERROR", &format!("Invoke Error \t{error}")));
        Said { milliseconds: run.rng.duration(28.0), lines }
    });
}
