//! Functions: code, configuration, memory, time.

use serde_json::json;

use super::{
    super::{
        logs::node,
        world::{Lambda, World, entry::BEHIND, flow::Flow, kind, truth::OVER, words::Ended},
    },
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("lambda-timeout-downstream", timeout_downstream),
    ("lambda-timeout-lowered", timeout_lowered),
    ("lambda-out-of-memory", out_of_memory),
    ("lambda-import-error", import_error),
    ("lambda-bad-deploy", bad_deploy),
    ("lambda-missing-variable", missing_variable),
];

/// A partner's endpoint takes longer than the function may.
fn timeout_downstream(w: &mut World) {
    let (name, api, partner) = (
        w.n("rates"),
        w.n("rates-api"),
        format!("rates.{}-partner.example.com", w.word),
    );
    w.outside(&partner);
    let flow = w.calm("rates", 14.0, 640.0);
    let flow = w.failing("rates", &w.slower("rates", &flow, 7_900.0), 0.7);
    let p = partner.clone();
    Lambda::new(&name, "nodejs22.x", &flow, &["rate fetched from partner", "rate answered"])
        .config(json!({"Timeout": 10, "MemorySize": 512, "Environment": {"Variables": {"PARTNER_URL": format!("https://{partner}/v2/rates")}}}))
        .fault(&move |run| {
            let mut ended = run.timeout(10.0);
            ended.lines.insert(0, node(run.at + 4_000, run.id, "WARN", &format!("no answer from https://{p}/v2/rates after 4000 ms, waiting on")));
            ended
        })
        .lay(w);
    let front = w.caller("api", &flow, 11.0);
    let id = w.api(&api, ("GET", "/rates/{pair}"), &front, BEHIND, &[]);
    w.add(&kind::TABLE, &w.n("pairs"), json!({}), &[]);
    let role = w.place(&kind::ROLE, &format!("{name}-role"), json!({}));
    let clients = w.client(&w.n("apps"), &id);
    w.calls(&id, &name);
    w.calls(&name, &partner);
    w.reads(&name, &w.n("pairs"));
    w.uses(&name, &role);
    w.starts_over(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), 3.0);
    w.alarm(&format!("{name}-errors"), (&name, "Errors", "Sum"), OVER, 3.0, 3);
    w.title(format!("{api} answers with errors"), &api);
    w.entry(&id, &front);
    w.cause(&[&partner], "dependency_issue", &[]);
    w.forbid(&[&clients, &id]);
    w.innocent(&[&w.n("pairs"), &id]);
    w.telling(&name, "Duration");
}

/// Somebody lowers the time that a function may take below what it needs.
fn timeout_lowered(w: &mut World) {
    let (name, queue, bucket) = (w.n("renderer"), w.n("render-jobs"), w.n("documents"));
    let at = w.act();
    let flow = w.calm("renderer", 17.0, 5_200.0);
    let flow = w.failing("renderer", &flow, 0.93);
    let flow = Flow {
        millis: flow
            .millis
            .map(|at, millis| millis + (2_940.0 - millis) * w.effect(at)),
        ..flow
    };
    let longest = w.measured("longest", 11_800.0, 3_000.0, 0.08);
    let longest = longest.map(|at, millis| if w.effect(at) > 0.99 { 3_000.0 } else { millis });
    Lambda::new(
        &name,
        "python3.13",
        &flow,
        &["document rendered", "template loaded"],
    )
    .config(json!({"Timeout": 3, "MemorySize": 1024}))
    .own(&[("Duration p99", &longest)])
    .fault(&|run| run.timeout(3.0))
    .lay(w);
    let waiting = w.counts("waiting", &w.rise(0.8, 260.0));
    let age = w.measured("age", 2.0, 1_100.0, 0.05);
    w.add(
        &kind::QUEUE,
        &queue,
        json!({}),
        &[
            ("ApproximateNumberOfMessagesVisible", &waiting),
            ("ApproximateAgeOfOldestMessage", &age),
        ],
    );
    w.add(&kind::BUCKET, &bucket, json!({}), &[]);
    let flow = w.calm_function(
        &w.n("requester"),
        "python3.13",
        9.0,
        60.0,
        &["render job queued", "request accepted"],
    );
    let api = w.api(
        &w.n("documents-api"),
        ("POST", "/documents"),
        &w.caller("api", &flow, 8.0),
        BEHIND,
        &[],
    );
    w.calls(&api, &w.n("requester"));
    w.writes(&w.n("requester"), &queue);
    w.triggers(&queue, &name);
    w.writes(&name, &bucket);
    w.call(
        at,
        ("lambda", "UpdateFunctionConfiguration20150331v2"),
        &name,
        &format!("UpdateFunctionConfiguration of {name} (timeout 30 to 3)"),
        json!({"functionName": name, "timeout": 3}),
    );
    w.starts_over(&format!("{name}-errors"), (&name, "Errors", "Sum"), 3.0);
    w.title(format!("{name} fails"), &name);
    w.cause(&[&name], "system_change", &["timeout"]);
    w.timeline(&["UpdateFunctionConfiguration", "alarm"]);
    w.forbid(&[&queue, &bucket, &api]);
    w.innocent(&[&w.n("requester"), &bucket]);
    w.telling(&name, "Duration");
}

/// The documents grow until one does not fit any more.
fn out_of_memory(w: &mut World) {
    let (name, bucket, table) = (w.n("thumbnails"), w.n("uploads"), w.n("images"));
    let flow = w.calm("thumbnails", 22.0, 1_900.0);
    let flow = w.failing("thumbnails", &w.slower("thumbnails", &flow, 900.0), 0.6);
    Lambda::new(
        &name,
        "nodejs22.x",
        &flow,
        &["image resized", "image read from bucket, 1.8 MB"],
    )
    .config(json!({"MemorySize": 512, "Timeout": 60}))
    .fault(&|run| {
        let megabytes = run.rng.whole(48, 96);
        Ended {
            lines: vec![
                node(
                    run.at,
                    run.id,
                    "INFO",
                    &format!("image read from bucket, {megabytes}.{} MB", run.rng.whole(0, 9)),
                ),
                format!(
                    "RequestId: {} Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
                    run.id
                ),
            ],
            millis: None,
            report: "\tStatus: error\tError Type: Runtime.OutOfMemory".to_owned(),
            used: Some(512),
        }
    })
    .lay(w);
    let bytes = w.measured("bytes", 21.0e6, 660.0e6, 0.05);
    w.add(&kind::BUCKET, &bucket, json!({}), &[]);
    let dimensions = [("BucketName", bucket.as_str()), ("FilterId", "EntireBucket")];
    w.extra(
        &bucket,
        ("AWS/S3", "BytesUploaded", "Sum", "Bytes"),
        &dimensions,
        &bytes,
    );
    w.add(&kind::TABLE, &table, json!({}), &[]);
    let role = w.place(&kind::ROLE, &format!("{name}-role"), json!({}));
    w.calm_function(&w.n("labels"), "python3.13", 11.0, 700.0, &["labels stored"]);
    w.triggers(&bucket, &name);
    w.triggers(&bucket, &w.n("labels"));
    w.writes(&name, &table);
    w.writes(&w.n("labels"), &table);
    w.uses(&name, &role);
    w.starts_over(&format!("{name}-errors"), (&name, "Errors", "Sum"), 2.0);
    w.title(format!("{name} fails"), &name);
    w.cause(&[&name], "resource_limit", &["memory"]);
    w.forbid(&[&table, &w.n("labels"), &role]);
    w.innocent(&[&w.n("labels"), &table]);
    w.telling(&name, "Duration");
}

/// New code without one of its packages.
fn import_error(w: &mut World) {
    let (name, api, table) = (w.n("search"), w.n("search-api"), w.n("documents"));
    let at = w.act();
    let flow = w.failing("search", &w.calm("search", 18.0, 95.0), 1.0);
    Lambda::new(&name, "python3.13", &flow, &["query answered", "index read"])
        .deployed(at)
        .fault(&|run| Ended {
            lines: vec!["[ERROR] Runtime.ImportModuleError: Unable to import module 'index': No module named 'rapidfuzz'\nTraceback (most recent call last):".to_owned()],
            millis: Some(run.rng.range(1.6, 90.0)),
            report: "\tStatus: error\tError Type: Runtime.ImportModuleError".to_owned(),
            used: Some(44),
        })
        .lay(w);
    let front = w.caller("api", &flow, 10.0);
    let id = w.api(&api, ("GET", "/search"), &front, BEHIND, &[]);
    w.add(&kind::TABLE, &table, json!({}), &[]);
    w.calm_function(&w.n("indexer"), "python3.13", 3.0, 400.0, &["document indexed"]);
    let clients = w.client(&w.n("browsers"), &id);
    w.calls(&id, &name);
    w.reads(&name, &table);
    w.writes(&w.n("indexer"), &table);
    w.merge(
        at - 640,
        &name,
        "Rank by similarity",
        ("src/requirements-dev.txt", "@@ -3,0 +4 @@\n+rapidfuzz==3.10.1"),
    );
    w.starts_over(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), 5.0);
    w.title(format!("{api} answers with errors"), &api);
    w.entry(&id, &front);
    w.cause(&[&name], "system_change", &[]);
    w.timeline(&["UpdateFunctionCode", "alarm"]);
    w.forbid(&[&id, &clients, &table]);
    w.innocent(&[&w.n("indexer"), &id]);
    w.telling(&name, "Errors");
}

/// New code that cannot read some of its input.
fn bad_deploy(w: &mut World) {
    let (name, queue, table) = (w.n("billing"), w.n("billing-events"), w.n("ledger"));
    let at = w.act();
    let flow = w.failing("billing", &w.calm("billing", 16.0, 130.0), 0.42);
    Lambda::new(&name, "nodejs22.x", &flow, &["event booked", "event read"])
        .config(json!({"MemorySize": 512}))
        .deployed(at)
        .fault(&|run| {
            run.raise(
                "TypeError",
                "Cannot read properties of undefined (reading 'currency')",
                "book.js:57",
            )
        })
        .lay(w);
    let waiting = w.counts("waiting", &w.rise(0.8, 90.0));
    let age = w.measured("age", 1.0, 560.0, 0.07);
    w.add(
        &kind::QUEUE,
        &queue,
        json!({}),
        &[
            ("ApproximateNumberOfMessagesVisible", &waiting),
            ("ApproximateAgeOfOldestMessage", &age),
        ],
    );
    w.add(&kind::TABLE, &table, json!({}), &[]);
    w.calm_function(
        &w.n("statements"),
        "nodejs22.x",
        2.0,
        310.0,
        &["statement written"],
    );
    let topic = w.n("billed");
    w.add(&kind::TOPIC, &topic, json!({}), &[]);
    w.triggers(&queue, &name);
    w.writes(&name, &table);
    w.writes(&name, &topic);
    w.reads(&w.n("statements"), &table);
    w.merge(at - 1_260, &name, "Book refunds in the payer's currency", ("src/book.js", "@@ -52,7 +52,7 @@ export function book(event) {\n-  const currency = event.currency;\n+  const currency = event.payer.account.currency;"));
    w.starts_over(&format!("{name}-errors"), (&name, "Errors", "Sum"), 2.0);
    w.starts_text(format!("Some billing events are not booked: errors in {name}"));
    w.title(format!("{name} fails"), &name);
    w.cause(&[&name], "system_change", &[]);
    w.forbid(&[&queue, &table, &topic, &w.n("statements")]);
    w.innocent(&[&w.n("statements"), &table]);
    w.telling(&name, "Duration");
}

/// An update of the configuration forgets a variable.
fn missing_variable(w: &mut World) {
    let (name, api, database) = (w.n("quotes"), w.n("quotes-api"), w.n("tariffs"));
    let at = w.act();
    let flow = w.failing("quotes", &w.calm("quotes", 20.0, 160.0), 1.0);
    Lambda::new(&name, "python3.12", &flow, &["quote priced", "tariff read"])
        .config(json!({"Environment": {"Variables": {"LOG_LEVEL": "INFO", "REGION_NAME": "north"}}}))
        .fault(&|run| run.raise("KeyError", "'TARIFF_TABLE'", "index.py:14"))
        .lay(w);
    let front = w.caller("api", &flow, 9.0);
    let id = w.api(&api, ("POST", "/quotes"), &front, BEHIND, &[]);
    w.add(&kind::TABLE, &database, json!({}), &[]);
    w.calm_function(
        &w.n("tariff-import"),
        "python3.12",
        1.0,
        900.0,
        &["tariff imported"],
    );
    let clients = w.client(&w.n("brokers"), &id);
    w.calls(&id, &name);
    w.reads(&name, &database);
    w.writes(&w.n("tariff-import"), &database);
    w.call(
        at,
        ("lambda", "UpdateFunctionConfiguration20150331v2"),
        &name,
        &format!("UpdateFunctionConfiguration of {name} (environment)"),
        json!({"functionName": name, "environment": {"variables": "HIDDEN_DUE_TO_SECURITY_REASONS"}}),
    );
    w.starts_symptom(&id, "5XXError", "Sum");
    w.title(format!("{api} answers with errors"), &api);
    w.entry(&id, &front);
    w.cause(&[&name], "system_change", &[]);
    w.forbid(&[&id, &clients, &database]);
    w.innocent(&[&w.n("tariff-import"), &id]);
    w.telling(&name, "Errors");
}
