//! Six times the usual requests meet a function that may run three times at once. Nothing was changed.

use midwatch::model::{RelationKind, RelationOrigin, Resource};
use serde_json::json;

use super::super::{
    alarms,
    changes::{self, Call},
    draft::Draft,
    logs::{self, Requests, Runs, Said},
    metrics::{self, Function},
    neighbours, resources,
    wave::{Grid, MINUTE, Span, Wave, epoch, ramp},
};

/// Runs at one time that the function may use.
const RESERVED: u32 = 3;
/// What one run takes, milliseconds.
const TYPICAL: f64 = 4_200.0;

/// The scenario.
pub fn draft() -> Draft {
    let from = epoch("2025-11-19T10:05:00Z");
    let grid = Grid {
        baseline: Span::of(from - 120 * MINUTE, 120),
        window: Span::of(from, 120),
    };
    let mut draft = Draft::new(
        "lambda-throttled-surge",
        "quote-engine is throttled",
        "eu-central-1",
        grid,
    );
    let surge = epoch("2025-11-19T11:21:00Z");

    let api = resources::api(&mut draft, "quote-api", "quotes");
    resources::function(
        &mut draft,
        "quote-engine",
        "quotes",
        "java21",
        json!({
            "Handler": "com.example.quotes.Handler::handleRequest", "MemorySize": 1024, "Timeout": 29,
            "ReservedConcurrentExecutions": RESERVED,
            "LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "INFO", "LogGroup": "/aws/lambda/quote-engine"},
        }),
    );
    resources::table(&mut draft, "tariffs", "quotes", "tariff", None);
    resources::role(
        &mut draft,
        "quote-engine-role",
        "quotes",
        "lambda.amazonaws.com",
        &["dynamodb:Query"],
    );
    draft
        .resources
        .push(Resource::new("quote-clients", "client", "quote-clients"));
    draft.relate("quote-clients", RelationKind::Calls, &api, RelationOrigin::Trace);
    draft.relate(&api, RelationKind::Calls, "quote-engine", RelationOrigin::Config);
    draft.relate(
        "quote-engine",
        RelationKind::Reads,
        "tariffs",
        RelationOrigin::Trace,
    );
    draft.relate(
        "quote-engine",
        RelationKind::Uses,
        "quote-engine-role",
        RelationOrigin::Config,
    );
    neighbours::worker(
        &mut draft,
        "policies",
        "policy-events",
        "policy-mailer",
        "policies",
        &["policy sent", "signature received"],
    );
    neighbours::web(&mut draft, "portal", "portal");

    let mut rng = draft.rng("load");
    let asked = Wave::load(grid, &mut rng, 10.0, 0.15)
        .map(|at, count| count * (1.0 + 5.2 * ramp(at, surge, 240)))
        .counts(&mut rng);
    let capacity = f64::from(RESERVED) * 60_000.0 / TYPICAL * 0.96;
    let ran = asked.map(|_, count| {
        if count > capacity {
            (capacity + rng.normal()).round().min(count)
        } else {
            count
        }
    });
    let throttles = asked.with(&ran, |asked, ran| asked - ran);
    let duration = Wave::flat(grid, TYPICAL).noisy(&mut rng, 0.025);
    let none = Wave::flat(grid, 0.0);
    let concurrency = ran.with(&duration, |count, duration| {
        (1.7 * count * duration / 60_000.0)
            .ceil()
            .clamp(1.0, f64::from(RESERVED))
    });
    Function {
        name: "quote-engine",
        invocations: &ran,
        errors: &none,
        throttles: &throttles,
        duration: &duration,
        concurrency: &concurrency,
    }
    .add(&mut draft);
    let latency = ran
        .with(&throttles, |ran, refused| {
            (ran * (TYPICAL + 25.0) + refused * 40.0) / (ran + refused).max(1.0)
        })
        .noisy(&mut rng, 0.02);
    let wrong = asked.map(|_, count| rng.count(count * 0.01));
    metrics::api(
        &mut draft,
        &api,
        "quote-api",
        &asked,
        &wrong,
        &throttles,
        &latency,
    );
    let reads = ran.map(|_, count| rng.count(count * 3.0));
    let calm = Wave::flat(grid, 3.9).noisy(&mut rng, 0.06);
    metrics::table(
        &mut draft,
        "tariffs",
        &reads,
        &none.map(|_, _| rng.count(0.2)),
        &none,
        &calm,
    );
    alarms::function_alarm(&mut draft, "quote-engine", "Throttles", 5.0, 3, &throttles);
    alarms::function_errors(&mut draft, "quote-engine", 3.0, 3, &none);
    alarms::function_errors(&mut draft, "policy-mailer", 3.0, 3, &none);

    Requests {
        api: (&api, "quote-api"),
        route: ("POST", "/quotes"),
        count: &asked,
        failures: &throttles,
        status: (200, 500, 429),
    }
    .add(&mut draft);
    Runs {
        function: "quote-engine",
        version: &|_| "63",
        memory: 1024,
        invocations: &ran,
        errors: &none,
        json: true,
    }
    .add(&mut draft, |run| {
        let product = run.rng.pick(&["household", "travel", "liability", "bicycle"]);
        let more = json!({"product": product, "requestId": run.id, "options": run.rng.whole(1, 9)});
        let mut lines = vec![logs::app("INFO", "quote-engine", "quote priced", &more)];
        if run.rng.chance(0.01) {
            lines.push(logs::app(
                "WARN",
                "quote-engine",
                "tariff table older than a day",
                &json!({"product": product}),
            ));
        }
        Said {
            milliseconds: run.rng.duration(TYPICAL),
            lines,
        }
    });

    changes::deploy(
        &mut draft,
        surge - 187 * MINUTE,
        "quote-engine",
        63,
        "deploy/ci-1290",
        "quote-engine/63.zip",
    );
    changes::deploy(
        &mut draft,
        surge - 23 * MINUTE,
        "policy-mailer",
        14,
        "deploy/ci-1301",
        "policy-mailer/14.zip",
    );
    Call {
        at: surge - 9 * MINUTE - 17,
        service: "lambda.amazonaws.com",
        name: "UpdateFunctionConfiguration20150331v2",
        resource: Some("policy-mailer"),
        actor: "john.stiles",
        summary: "UpdateFunctionConfiguration of policy-mailer (memory 256 to 320)",
        request: json!({"functionName": "policy-mailer", "memorySize": 320}),
    }
    .add(&mut draft);
    changes::harmless(
        &mut draft,
        surge,
        &[
            "policy-mailer",
            "tariffs",
            "portal-db",
            "policies",
            "quote-engine",
        ],
    );
    draft.event(
        surge - 96 * MINUTE,
        "rds",
        Some("portal-db"),
        Some("backup"),
        "Backing up DB instance",
    );
    draft.priority = "HIGH";
    draft.start_with_alarm("quote-engine-throttles", 7 * MINUTE);
    draft.expect("verdict = \"cause\"\n\n[[cause]]\nresources = [\"quote-engine\"]\ncategory = \"resource_limit\"\nsays = [\"concurrency\"]\ntimeline = [\"Throttles\", \"alarm\"]\n\n[forbid]\nresources = [\"policy-mailer\", \"tariffs\", \"quote-engine-role\", \"portal-db\"]\ncategories = [\"system_change\"]\n");
    draft
}
