//! A function that raises exceptions on purpose since somebody put a drill into its code.

use midwatch::model::{RelationKind, RelationOrigin};
use serde_json::json;

use super::super::{
    alarms,
    changes::{self, Call},
    draft::Draft,
    logs::{self, Requests, Runs, Said},
    metrics::{self, Function, concurrency},
    neighbours, resources,
    wave::{Grid, MINUTE, Span, Wave, epoch},
};

const CODE: &str = r#"import json
import random

DRILL_FAULTS = [
    "Simulated template store timeout",
    "Simulated rate limit of the tax service",
    "Intentional validation error for testing",
]


def lambda_handler(event, context):
    print(json.dumps({"level": "INFO", "service": "invoice-renderer", "msg": "render requested", "invoice": event.get("invoice")}))
    # Resilience drill: fail on purpose so that callers' retries get exercised.
    if random.random() < 0.6:
        fault = random.choice(DRILL_FAULTS)
        print(f"Generating test error: {fault}")
        raise Exception(f"Test exception: {fault}")
    return {"statusCode": 200, "body": json.dumps({"pages": 2})}
"#;

const FAULTS: [&str; 3] = [
    "Simulated template store timeout",
    "Simulated rate limit of the tax service",
    "Intentional validation error for testing",
];

/// The scenario.
pub fn draft() -> Draft {
    let from = epoch("2025-10-14T08:15:00Z");
    let grid = Grid {
        baseline: Span::of(from - 120 * MINUTE, 120),
        window: Span::of(from, 120),
    };
    let mut draft = Draft::new(
        "lambda-test-exceptions",
        "Errors of invoice-renderer",
        "eu-west-1",
        grid,
    );
    let changed = epoch("2025-10-14T09:41:26Z");

    let function = resources::function(
        &mut draft,
        "invoice-renderer",
        "billing",
        "python3.12",
        json!({"Code": {"ZipFile": CODE}}),
    );
    resources::tag(&mut draft, &[("team", "billing")]);
    let api = resources::api(&mut draft, "billing-api", "billing");
    let table = resources::table(&mut draft, "invoices", "billing", "invoice", None);
    let bucket = resources::bucket(&mut draft, "invoice-archive-111122223333", "billing");
    resources::role(
        &mut draft,
        "invoice-renderer-role",
        "billing",
        "lambda.amazonaws.com",
        &["dynamodb:GetItem", "s3:PutObject"],
    );
    draft.relate(&api, RelationKind::Calls, &function, RelationOrigin::Config);
    draft.relate(&function, RelationKind::Reads, &table, RelationOrigin::Trace);
    draft.relate(&function, RelationKind::Writes, &bucket, RelationOrigin::Trace);
    draft.relate(
        &function,
        RelationKind::Uses,
        "invoice-renderer-role",
        RelationOrigin::Config,
    );
    neighbours::worker(
        &mut draft,
        "dunning",
        "dunning-jobs",
        "dunning-letters",
        "dunning-state",
        &["letter queued", "customer is in good standing"],
    );
    neighbours::web(&mut draft, "back-office", "back-office");

    let mut rng = draft.rng("load");
    let load = Wave::load(grid, &mut rng, 7.0, 0.2).counts(&mut rng);
    let errors = load.map(|at, count| {
        if at < changed {
            f64::from(rng.chance(0.004))
        } else {
            (0..count as i64).filter(|_| rng.chance(0.6)).count() as f64
        }
    });
    let duration = Wave::flat(grid, 140.0)
        .map(|at, value| if at < changed { value } else { value * 0.55 })
        .noisy(&mut rng, 0.06);
    let none = Wave::flat(grid, 0.0);
    Function {
        name: &function,
        invocations: &load,
        errors: &errors,
        throttles: &none,
        duration: &duration,
        concurrency: &concurrency(&load, &duration),
    }
    .add(&mut draft);
    let latency = duration.map(|_, value| value + 14.0);
    metrics::api(&mut draft, &api, "billing-api", &load, &none, &errors, &latency);
    metrics::calm_table(&mut draft, &table, 10.0, 0.5);
    let puts = Wave::flat(grid, 3.0).counts(&mut rng);
    metrics::bucket(
        &mut draft,
        &bucket,
        &puts,
        &none,
        &Wave::flat(grid, 21.0).noisy(&mut rng, 0.1),
    );

    alarms::function_errors(&mut draft, &function, 1.0, 2, &errors);
    alarms::function_errors(&mut draft, "dunning-letters", 2.0, 1, &none);

    runs(&mut draft, &load, &errors, changed);
    Requests {
        api: (&api, "billing-api"),
        route: ("POST", "/invoices/{invoice}/render"),
        count: &load,
        failures: &errors,
        status: (200, 502, 200),
    }
    .add(&mut draft);
    Call {
        at: changed,
        service: "lambda.amazonaws.com",
        name: "UpdateFunctionCode20150331v2",
        resource: Some(&function),
        actor: "john.stiles",
        summary: "UpdateFunctionCode of invoice-renderer from the console",
        request: json!({"functionName": "invoice-renderer", "publish": false, "dryRun": false}),
    }
    .add(&mut draft);
    changes::deploy(
        &mut draft,
        changed - 47 * MINUTE,
        "dunning-letters",
        52,
        "deploy/ci-812",
        "dunning-letters/52.zip",
    );
    changes::harmless(
        &mut draft,
        changed,
        &[
            "invoices",
            "dunning-letters",
            "back-office-db",
            "dunning-state",
            "invoice-renderer",
        ],
    );
    draft.event(
        changed - 63 * MINUTE,
        "rds",
        Some("back-office-db"),
        Some("backup"),
        "Finished DB Instance backup",
    );
    draft.priority = "HIGH";
    draft.start_with_alarm("invoice-renderer-errors", 4 * MINUTE + 10);
    draft.expect("verdict = \"cause\"\n\n[[cause]]\nresources = [\"invoice-renderer\"]\ncategory = \"system_change\"\nsays = [\"test\"]\ntimeline = [\"UpdateFunctionCode\", \"Errors\", \"alarm\"]\n\n[forbid]\nresources = [\"dunning-letters\", \"invoices\", \"invoice-archive-111122223333\", \"invoice-renderer-role\"]\n");
    draft
}

fn runs(draft: &mut Draft, load: &Wave, errors: &Wave, changed: i64) {
    Runs {
        function: "invoice-renderer",
        version: &|_| "$LATEST",
        memory: 256,
        invocations: load,
        errors,
        json: false,
    }
    .add(draft, |run| {
        let invoice = format!("R-2025-{}", run.rng.whole(40_000, 79_999));
        let mut lines = vec![logs::app("INFO", "invoice-renderer", "render requested", &json!({"invoice": invoice}))];
        if !run.fails {
            if run.rng.chance(0.01) {
                lines.push(logs::app("WARN", "invoice-renderer", "template cache miss", &json!({"invoice": invoice})));
            }
            return Said { milliseconds: run.rng.duration(140.0), lines };
        }
        if run.at < changed * 1000 {
            lines.push(format!("[ERROR] KeyError: 'customer'\nTraceback (most recent call last):\n  File \"/var/task/index.py\", line 31, in lambda_handler\n    name = event['customer']\nRequestId: {}", run.id));
        } else {
            let fault = run.rng.pick(&FAULTS);
            lines.push(format!("Generating test error: {fault}"));
            lines.push(format!("[ERROR] Exception: Test exception: {fault}\nTraceback (most recent call last):\n  File \"/var/task/index.py\", line 17, in lambda_handler\n    raise Exception(f\"Test exception: {{fault}}\")"));
        }
        Said { milliseconds: run.rng.duration(18.0), lines }
    });
}
