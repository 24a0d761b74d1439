//! Functions: how many may run at once, and how long they take to start.

use serde_json::json;

use super::{
    super::{
        wave::Wave,
        world::{Lambda, World, entry::Refused, flow::Flow, kind, truth::OVER},
    },
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("lambda-throttled-traffic", throttled_traffic),
    ("lambda-reserved-lowered", reserved_lowered),
    ("lambda-cold-starts", cold_starts),
];

const TOO_MANY: Refused<'static> = Refused {
    status: 500,
    inner: 429,
    message: "Internal server error",
};

/// A function that runs at most `reserved` times at once behind an API: its flow, what was refused, and the API's flow.
fn narrow(w: &World, asked: &Wave, millis: f64, reserved: &Wave) -> (Flow, Wave, Flow) {
    let room = reserved.map(|_, reserved| reserved * 60_000.0 / millis * 0.95);
    let (ran, refused) = w.limited("runs", asked, &room);
    let flow = w.around("runs", ran, millis);
    let mut front = w.caller("front", &flow, 14.0);
    front.count = asked.clone();
    front.bad = front.bad.with(&refused, |a, b| a + b).with(asked, f64::min);
    let share = refused.with(asked, |refused, asked| refused / asked.max(1.0));
    front.millis = front
        .millis
        .with(&share, |millis, share| millis * (1.0 - share) + 36.0 * share);
    (flow, refused, front)
}

/// Five times the usual requests meet a reserved concurrency.
fn throttled_traffic(w: &mut World) {
    let (name, api) = (w.n("pricing"), w.n("pricing-api"));
    let asked = w.surge("asked", 30.0, 2_900.0, 5.5).count;
    let reserved = (30.0 * w.shape.size * 2.9 / 60.0 * 1.6).ceil().max(2.0);
    let (flow, refused, front) = narrow(w, &asked, 2_900.0, &Wave::flat(w.grid(), reserved));
    let busy = flow.count.with(&flow.millis, |count, millis| {
        (1.5 * count * millis / 60_000.0).ceil().clamp(1.0, reserved)
    });
    Lambda::new(&name, "java21", &flow, &["price computed", "tariff loaded"])
        .config(json!({"MemorySize": 1024, "Timeout": 29, "ReservedConcurrentExecutions": reserved as i64}))
        .own(&[("Throttles", &refused), ("ConcurrentExecutions", &busy)])
        .lay(w);
    let id = w.api(&api, ("POST", "/prices"), &front, TOO_MANY, &[]);
    w.add(&kind::TABLE, &w.n("tariffs"), json!({}), &[]);
    let role = w.place(&kind::ROLE, &format!("{name}-role"), json!({}));
    w.client(&w.n("apps"), &id);
    w.calls(&id, &name);
    w.reads(&name, &w.n("tariffs"));
    w.uses(&name, &role);
    w.starts_over(&format!("{name}-throttles"), (&name, "Throttles", "Sum"), 8.0);
    w.alarm(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), OVER, 8.0, 5);
    w.title(format!("{name} is throttled"), &api);
    w.entry(&id, &front);
    w.cause(&[&name], "resource_limit", &["concurrency"]);
    w.forbid(&[&id, &w.n("tariffs"), &role]);
    w.innocent(&[&id, &w.n("tariffs")]);
    w.telling(&name, "ConcurrentExecutions");
}

/// Somebody lowers the reserved concurrency below what the usual load needs.
fn reserved_lowered(w: &mut World) {
    let (name, api, cache) = (w.n("checkout"), w.n("checkout-api"), w.n("sessions"));
    let at = w.act();
    let asked = w.calm("asked", 75.0, 2_100.0).count;
    let reserved = w.rise(60.0, 1.0);
    let (flow, refused, front) = narrow(w, &asked, 2_100.0, &reserved);
    let busy = flow.count.with(&flow.millis, |count, millis| {
        (1.5 * count * millis / 60_000.0).ceil().max(1.0)
    });
    let busy = busy.with(&reserved, |busy, reserved| busy.min(reserved.ceil()));
    Lambda::new(&name, "nodejs22.x", &flow, &["checkout done", "basket read"])
        .config(json!({"MemorySize": 512, "ReservedConcurrentExecutions": 1}))
        .own(&[("Throttles", &refused), ("ConcurrentExecutions", &busy)])
        .lay(w);
    let id = w.api(&api, ("POST", "/checkout"), &front, TOO_MANY, &[]);
    w.add(&kind::CACHE, &cache, json!({}), &[]);
    w.add(&kind::TABLE, &w.n("baskets"), json!({}), &[]);
    let clients = w.client(&w.n("shoppers"), &id);
    w.calls(&id, &name);
    w.reads(&name, &cache);
    w.writes(&name, &w.n("baskets"));
    w.call(
        at,
        ("lambda", "PutFunctionConcurrency20171031"),
        &name,
        &format!("PutFunctionConcurrency of {name} (1)"),
        json!({"functionName": name, "reservedConcurrentExecutions": 1}),
    );
    w.starts_over(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), 6.0);
    w.title(format!("{api} answers with errors"), &api);
    w.entry(&id, &front);
    w.cause(&[&name], "system_change", &["concurrency"]);
    w.timeline(&["PutFunctionConcurrency", "alarm"]);
    w.forbid(&[&id, &clients, &cache, &w.n("baskets")]);
    w.innocent(&[&cache, &id]);
    w.telling(&name, "ConcurrentExecutions");
}

/// After a quiet time requests come in bursts, and most of them wait for a new environment to start.
fn cold_starts(w: &mut World) {
    let (name, api) = (w.n("scoring"), w.n("scoring-api"));
    let count = w.surge("asked", 3.0, 260.0, 14.0).count;
    let mut flow = w.around("runs", count, 260.0);
    // Init time is not part of a run's duration: the caller waits for both.
    let cold = w.measured("cold", 0.02, 0.46, 0.1).map(|_, share| share.min(0.9));
    let wait = w.measured("wait", 140.0, 2_950.0, 0.1);
    flow.millis = flow.millis.map(|at, millis| millis * (1.0 + 0.5 * w.effect(at)));
    let busy = w
        .measured("busy", 1.0, 41.0, 0.12)
        .map(|_, busy| busy.round().max(1.0));
    Lambda::new(&name, "java21", &flow, &["score computed", "model read"])
        .config(json!({"MemorySize": 512, "Timeout": 29, "SnapStart": {"ApplyOn": "None"}}))
        .own(&[("ConcurrentExecutions", &busy)])
        .starts(&cold)
        .lay(w);
    let mut front = w.caller("front", &flow, 12.0);
    front.millis = front.millis.with(&wait, |a, b| a + b);
    let id = w.api(
        &api,
        ("POST", "/score"),
        &front,
        super::super::world::entry::BEHIND,
        &[],
    );
    w.add(&kind::BUCKET, &w.n("models"), json!({}), &[]);
    w.calm_function(
        &w.n("training"),
        "python3.13",
        0.5,
        9_000.0,
        &["training step done"],
    );
    let clients = w.client(&w.n("partners"), &id);
    w.calls(&id, &name);
    w.reads(&name, &w.n("models"));
    w.writes(&w.n("training"), &w.n("models"));
    w.starts_symptom(&id, "Latency", "p99");
    w.title(format!("{api} is slow"), &api);
    w.cause(&[&name], "resource_limit", &[]);
    w.forbid(&[&w.n("models"), &w.n("training")]);
    w.innocent(&[&w.n("training"), &w.n("models")]);
    w.telling(&name, "ConcurrentExecutions");
    let _ = clients;
}
