//! What comes from outside: partners that fail, visitors that come, callers that insist.

use serde_json::json;

use super::{
    super::world::{Lambda, Site, World, entry::BEHIND, flow::Flow, kind, words::error},
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("third-party-outage", third_party),
    ("traffic-surge", surge),
    ("retry-storm", retry_storm),
];

/// A payment provider answers 503.
fn third_party(w: &mut World) {
    let (name, provider) = (w.n("checkout"), format!("api.{}-pay.example.com", w.word));
    w.outside(&provider);
    let flow = w.failing(
        "checkout",
        &w.slower("checkout", &w.calm("checkout", 58.0, 320.0), 1_900.0),
        0.83,
    );
    let (n, p) = (name.clone(), provider.clone());
    let ids = Site::new(&name, &flow, &["payment taken", "payment asked for"])
        .error(&move |rng| {
            error(
                &n,
                &format!("POST https://{p}/v1/charges: 503 Service Unavailable"),
                &json!({"attempt": 3, "ms": rng.whole(1_800, 2_600), "upstream": "payments"}),
            )
        })
        .lay(w);
    let (database, cache) = (w.n("db"), w.n("cache"));
    w.add(&kind::DATABASE, &database, json!({}), &[]);
    w.add(&kind::CACHE, &cache, json!({}), &[]);
    let group = format!("/ecs/{name}");
    w.line(w.shape.onset + w.shape.ramp, &group, &ids.service, json!({"level": "WARN", "service": name, "msg": format!("circuit to {provider} opened"), "failures": 20}).to_string());
    w.calls(&ids.service, &provider);
    w.writes(&ids.service, &database);
    w.reads(&ids.service, &cache);
    let client = w.client(&w.n("shoppers"), &ids.balancer);
    w.starts_over(
        &format!("{name}-5xx"),
        (&ids.balancer, "HTTPCode_Target_5XX_Count", "Sum"),
        8.0,
    );
    w.starts_text(format!(
        "Customers cannot pay. {name} shows an error page after a few seconds."
    ));
    w.title(format!("{name} answers with errors"), &name);
    w.entry(&ids.balancer, &flow);
    w.cause(&[&provider], "dependency_issue", &[]);
    w.forbid(&[&database, &cache, &client, &ids.balancer]);
    w.innocent(&[&database, &cache]);
    w.telling(&ids.balancer, "TargetResponseTime");
}

/// Six times the usual visitors, and a service of a fixed size.
fn surge(w: &mut World) {
    let name = w.n("tickets");
    let flow = w.failing(
        "tickets",
        &w.slower("tickets", &w.surge("tickets", 120.0, 70.0, 6.0), 1_700.0),
        0.14,
    );
    let cpu = w
        .measured("cpu", 28.0, 99.0, 0.015)
        .map(|_, value| value.min(100.0));
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["seat answered", "seat held"])
        .own(&[("CPUUtilization", &cpu)])
        .error(&move |rng| {
            error(
                &n,
                "queue of requests is full, refused",
                &json!({"waiting": rng.whole(250, 256)}),
            )
        })
        .lay(w);
    let (database, cache) = (w.n("db"), w.n("cache"));
    let reads = w.measured("cpu of db", 24.0, 47.0, 0.05);
    w.add(
        &kind::DATABASE,
        &database,
        json!({}),
        &[("CPUUtilization", &reads)],
    );
    let hits = w
        .load("hits", 5_100.0)
        .with(&w.rise(1.0, 5.6), |a, b| (a * b).round());
    w.add(&kind::CACHE, &cache, json!({}), &[("CacheHits", &hits)]);
    w.reads(&ids.service, &database);
    w.reads(&ids.service, &cache);
    let client = w.client(&w.n("fans"), &ids.balancer);
    w.starts_over(
        &format!("{name}-slow"),
        (&ids.balancer, "TargetResponseTime", "Average"),
        0.6,
    );
    w.title(format!("{name} is slow"), &name);
    w.cause(&[&client, &ids.balancer], "input_anomaly", &[]);
    w.cause(&[&ids.service], "", &[]);
    w.forbid(&[&database, &cache]);
    w.innocent(&[&database, &cache]);
    w.telling(&ids.service, "CPUUtilization");
}

/// New code of a caller asks again at once and without end; the one that it asks drowns.
fn retry_storm(w: &mut World) {
    let (name, api, inner) = (w.n("mobile-backend"), w.n("mobile-api"), w.n("inventory"));
    let at = w.act();
    let calm = w.calm("mobile", 46.0, 120.0);
    let flow = w.failing("mobile", &w.slower("mobile", &calm, 5_600.0), 0.55);
    let asked = calm
        .count
        .with(&w.rise(1.0, 14.0), |count, factor| (count * factor).round());
    let served = w.around("inner", asked, 48.0);
    let served = w.failing("inner", &w.slower("inner", &served, 1_300.0), 0.7);
    let cpu = w
        .measured("cpu", 26.0, 99.3, 0.015)
        .map(|_, value| value.min(100.0));
    let n = inner.clone();
    let back = Site::new(&inner, &served, &["stock answered", "stock read"])
        .own(&[("CPUUtilization", &cpu)])
        .error(&move |rng| {
            error(
                &n,
                "too many requests in flight, refused",
                &json!({"in_flight": rng.whole(512, 600), "caller": "mobile-backend"}),
            )
        })
        .lay(w);
    Lambda::new(
        &name,
        "nodejs22.x",
        &flow,
        &["screen answered", "stock asked for"],
    )
    .config(json!({"Timeout": 29}))
    .deployed(at)
    .fault(&|run| {
        let mut ended = run.raise("Error", "503 from inventory after 40 attempts", "stock.js:40");
        for attempt in [2, 17, 40] {
            ended.lines.insert(
                0,
                super::super::logs::node(
                    run.at,
                    run.id,
                    "WARN",
                    &format!("GET /stock: 503, attempt {attempt} follows at once"),
                ),
            );
        }
        ended.lines.reverse();
        ended
    })
    .lay(w);
    let front = w.caller("api", &flow, 9.0);
    let id = w.api(&api, ("GET", "/screens/{id}"), &front, BEHIND, &[]);
    let database = w.n("db");
    w.add(&kind::DATABASE, &database, json!({}), &[]);
    w.client(&w.n("phones"), &id);
    w.calls(&id, &name);
    w.calls(&name, &back.balancer);
    w.reads(&back.service, &database);
    w.merge(at - 2_000, &name, "Try harder when stock does not answer", ("src/stock.js", "@@ -30,6 +30,4 @@\n-  return retry(() => get('/stock'), { retries: 2, backoff: 'exponential', jitter: true });\n+  for (let attempt = 1; attempt <= 40; attempt++) {\n+    try { return await get('/stock'); } catch {}\n+  }"));
    w.starts_over(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), 8.0);
    w.starts_symptom(&id, "5XXError", "Sum");
    w.title(format!("{api} answers with errors"), &api);
    w.entry(&id, &Flow { ..front });
    w.cause(&[&name], "system_change", &[]);
    w.forbid(&[&database, &back.targets]);
    w.innocent(&[&database]);
    w.telling(&back.service, "CPUUtilization");
}
