//! APIs: limits, time, answers, who may come in.

use serde_json::json;

use super::{
    super::{
        draft::ACCOUNT,
        logs::node,
        wave::Wave,
        world::{Lambda, World, entry::Refused, flow::Flow, kind, words::Ended},
    },
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("api-usage-plan", usage_plan),
    ("api-integration-timeout", integration_timeout),
    ("api-malformed-response", malformed_response),
    ("api-authorizer-change", authorizer_change),
];

/// A partner sends more than the usage plan of its key allows.
fn usage_plan(w: &mut World) {
    let (api, name) = (w.n("catalog-api"), w.n("catalog"));
    let asked = w.surge("asked", 70.0, 85.0, 5.0);
    let rate = (70.0 * w.shape.size * 1.7 / 60.0).ceil();
    let (taken, refused) = w.limited("asked", &asked.count, &Wave::flat(w.grid(), rate * 60.0));
    let inner = w.around("catalog", taken, 70.0);
    Lambda::new(&name, "nodejs22.x", &inner, &["page answered", "catalog read"]).lay(w);
    let front = Flow {
        bad: refused,
        ..asked
    };
    let limit = Refused {
        status: 429,
        inner: 0,
        message: "Too Many Requests",
    };
    let id = w.api(&api, ("GET", "/catalog"), &front, limit, &[]);
    let plan = w.place(&kind::PLAN, &w.n("partners-plan"), json!({"UsagePlanName": w.n("partners-plan"), "Throttle": {"RateLimit": rate, "BurstLimit": (rate * 2.0) as i64}, "ApiStages": [{"ApiId": id, "Stage": "prod"}]}));
    w.add(&kind::TABLE, &w.n("products"), json!({}), &[]);
    let role = w.place(&kind::ROLE, &format!("{name}-role"), json!({}));
    w.client(&w.n("partner"), &id);
    w.uses(&id, &plan);
    w.calls(&id, &name);
    w.reads(&name, &w.n("products"));
    w.uses(&name, &role);
    w.starts_over(&format!("{api}-4xx"), (&id, "4XXError", "Sum"), 40.0);
    w.title(format!("{api} refuses requests"), &api);
    w.cause(&[&id, &plan], "resource_limit", &[]);
    w.forbid(&[&name, &w.n("products"), &role]);
    w.innocent(&[&name, &w.n("products")]);
    w.telling(&id, "Count");
}

/// New code takes longer than the gateway waits; the function itself ends well.
fn integration_timeout(w: &mut World) {
    let (api, name, table) = (w.n("export-api"), w.n("exporter"), w.n("records"));
    let at = w.act();
    let calm = w.calm("exporter", 13.0, 2_600.0);
    let flow = w.failing("exporter", &w.slower("exporter", &calm, 33_000.0), 0.95);
    Lambda::new(
        &name,
        "python3.13",
        &flow,
        &["export written", "export asked for"],
    )
    .config(json!({"Timeout": 120, "MemorySize": 1024}))
    .deployed(at)
    .caught()
    .fault(&|run| Ended {
        lines: vec![format!(
            "[INFO]\t{}\t{}\texport written pages={}",
            super::super::wave::iso_ms(run.at),
            run.id,
            run.rng.whole(310, 460)
        )],
        millis: Some(run.rng.range(31_000.0, 41_000.0)),
        ..Ended::default()
    })
    .lay(w);
    let mut front = w.caller("api", &flow, 12.0);
    front.millis = front.millis.map(|_, millis| millis.min(29_000.0));
    let late = Refused {
        status: 504,
        inner: 0,
        message: "Endpoint request timed out",
    };
    let id = w.api(&api, ("POST", "/exports"), &front, late, &[]);
    let reads = w
        .load("reads", 900.0)
        .with(&w.rise(1.0, 11.0), |a, b| (a * b).round());
    w.add(
        &kind::TABLE,
        &table,
        json!({}),
        &[("ConsumedReadCapacityUnits", &reads)],
    );
    w.add(&kind::BUCKET, &w.n("exports"), json!({}), &[]);
    let clients = w.client(&w.n("analysts"), &id);
    w.calls(&id, &name);
    w.reads(&name, &table);
    w.writes(&name, &w.n("exports"));
    w.merge(at - 1_500, &name, "Export archived records as well", ("src/export.py", "@@ -9,2 +9,2 @@\n-    pages = table.query(KeyConditionExpression=Key(\"open\").eq(1))\n+    pages = table.scan()"));
    w.starts_over(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), 3.0);
    w.starts_symptom(&id, "Latency", "Average");
    w.title(format!("{api} times out"), &api);
    w.entry(&id, &front);
    w.cause(&[&name], "system_change", &[]);
    w.forbid(&[&id, &clients, &w.n("exports"), &table]);
    w.innocent(&[&w.n("exports"), &table]);
    w.telling(&table, "ConsumedReadCapacityUnits");
}

/// New code answers in a form that the gateway does not take; the function counts no errors.
fn malformed_response(w: &mut World) {
    let (api, name) = (w.n("profile-api"), w.n("profile"));
    let at = w.act();
    let flow = w.failing("profile", &w.calm("profile", 36.0, 58.0), 1.0);
    Lambda::new(&name, "nodejs22.x", &flow, &["profile answered", "profile read"])
        .deployed(at)
        .caught()
        .fault(&|run| Ended {
            lines: vec![node(
                run.at,
                run.id,
                "INFO",
                &format!("profile answered item={}", run.rng.whole(10_000, 99_999)),
            )],
            ..Ended::default()
        })
        .lay(w);
    let front = w.caller("api", &flow, 8.0);
    let malformed = Refused {
        status: 502,
        inner: 200,
        message: "Internal server error",
    };
    let id = w.api(&api, ("GET", "/profile"), &front, malformed, &[]);
    let group = format!("API-Gateway-Execution-Logs_{id}/prod");
    w.lines(&group, &id, 2.6, &|rng, _| {
        format!(
            "({}) Execution failed due to configuration error: Malformed Lambda proxy response",
            rng.uuid()
        )
    });
    w.routine(
        &group,
        &id,
        0.6,
        &[
            "Method completed with status: 200",
            "Successfully completed execution",
        ],
    );
    w.add(&kind::TABLE, &w.n("people"), json!({}), &[]);
    w.calm_function(&w.n("avatars"), "nodejs22.x", 5.0, 130.0, &["avatar stored"]);
    let clients = w.client(&w.n("phones"), &id);
    w.calls(&id, &name);
    w.reads(&name, &w.n("people"));
    w.writes(&w.n("avatars"), &w.n("people"));
    w.merge(at - 700, &name, "Answer with the object itself", ("src/profile.mjs", "@@ -20,4 +20,1 @@\n-  return { statusCode: 200, body: JSON.stringify(profile) };\n+  return { code: 200, body: profile };"));
    w.starts_over(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), 8.0);
    w.title(format!("{api} answers with errors"), &api);
    w.entry(&id, &front);
    w.cause(&[&name], "system_change", &[]);
    w.forbid(&[&clients, &w.n("people"), &w.n("avatars")]);
    w.innocent(&[&w.n("avatars"), &w.n("people")]);
    w.telling(&id, "IntegrationLatency");
}

/// Another user pool is named as the one whose tokens are let in.
fn authorizer_change(w: &mut World) {
    let (api, name) = (w.n("portal-api"), w.n("portal"));
    let at = w.act();
    let asked = w.calm("asked", 52.0, 74.0);
    let refused = w.failing("asked", &asked, 0.96);
    let passed = asked.count.with(&refused.bad, |all, bad| all - bad);
    let inner = w.around("portal", passed, 66.0);
    Lambda::new(&name, "nodejs22.x", &inner, &["view answered", "view built"]).lay(w);
    let front = Flow {
        millis: asked
            .millis
            .map(|at, millis| millis * (1.0 - 0.88 * w.effect(at))),
        ..refused
    };
    let unauthorized = Refused {
        status: 401,
        inner: 0,
        message: "Unauthorized",
    };
    let id = w.api(&api, ("GET", "/views/{id}"), &front, unauthorized, &[]);
    let pool = format!(
        "arn:aws:cognito-idp:{}:{ACCOUNT}:userpool/{}_9XkQ2LmTe",
        w.draft.region, w.draft.region
    );
    let authorizer = w.place(&kind::AUTHORIZER, &w.n("portal-users"), json!({"Name": w.n("portal-users"), "Type": "COGNITO_USER_POOLS", "RestApiId": id, "IdentitySource": "method.request.header.Authorization", "ProviderARNs": [pool]}));
    w.add(&kind::TABLE, &w.n("views"), json!({}), &[]);
    let clients = w.client(&w.n("staff"), &id);
    w.uses(&id, &authorizer);
    w.calls(&id, &name);
    w.reads(&name, &w.n("views"));
    w.call(
        at,
        ("apigateway", "UpdateAuthorizer"),
        &authorizer,
        &format!("UpdateAuthorizer {} of {api} (provider)", w.n("portal-users")),
        json!({"restApiId": id, "authorizerId": authorizer, "patchOperations": [{"op": "replace", "path": "/providerARNs", "value": pool}]}),
    );
    w.starts_over(&format!("{api}-4xx"), (&id, "4XXError", "Sum"), 12.0);
    w.starts_text(format!(
        "Nobody can log in to the portal, {api} says 401 to everybody"
    ));
    w.title(format!("{api} refuses requests"), &api);
    w.cause(&[&authorizer, &id], "system_change", &[]);
    w.forbid(&[&name, &clients, &w.n("views")]);
    w.innocent(&[&name, &w.n("views")]);
    w.telling(&id, "IntegrationLatency");
}
