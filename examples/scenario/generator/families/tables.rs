//! Tables that refuse writes.

use serde_json::json;

use super::{
    super::{
        logs::node,
        wave::Wave,
        world::{
            Lambda, World,
            entry::BEHIND,
            flow::Flow,
            kind,
            truth::OVER,
            words::{Ended, Failing},
        },
    },
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("dynamodb-writer-deploy", writer_deploy),
    ("dynamodb-write-capacity", write_capacity),
];

const EXCEEDED: &str = "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.";

fn exceeded(run: &mut Failing<'_>) -> Ended {
    let mut ended = run.raise("ProvisionedThroughputExceededException", EXCEEDED, "store.js:112");
    ended.lines.insert(
        0,
        node(
            run.at,
            run.id,
            "WARN",
            "BatchWriteItem left unprocessed items, trying again in 800 ms",
        ),
    );
    ended
}

/// A table with `units` provisioned that is asked for `demand` units a minute: what is refused.
fn provisioned(w: &mut World, name: &str, demand: &Wave, units: f64) -> Wave {
    let room = Wave::flat(w.grid(), units * 60.0);
    let (consumed, refused) = w.limited("units", demand, &room);
    let events = w.counts("events", &refused.map(|_, units| units * 0.5));
    let own = [
        ("ConsumedWriteCapacityUnits", &consumed),
        ("WriteThrottleEvents", &events),
    ];
    let config = json!({"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 20, "WriteCapacityUnits": units as i64}});
    w.add(&kind::TABLE, name, config, &own);
    let provided = Wave::flat(w.grid(), units);
    w.extra(
        name,
        (
            "AWS/DynamoDB",
            "ProvisionedWriteCapacityUnits",
            "Average",
            "Count",
        ),
        &[("TableName", name)],
        &provided,
    );
    events
}

fn suffering(w: &World, name: &str, flow: &Flow, events: &Wave, share: f64) -> Flow {
    let hurt = events.map(|_, events| if events > 4.0 { 1.0 } else { 0.0 });
    let mut flow = w.slower(name, flow, 1_400.0);
    let mut rng = w.rng("hurt");
    flow.bad = flow
        .count
        .with(&hurt, |count, hurt| rng.count(count * share * hurt).min(count))
        .with(&flow.bad, f64::max);
    flow
}

/// New code of a writer stores every item twice.
fn writer_deploy(w: &mut World) {
    let (name, queue, table) = (w.n("writer"), w.n("inbox"), w.n("entries"));
    let at = w.act();
    let units = (620.0 * w.shape.size * 1.35 / 60.0).ceil();
    let demand = w
        .load("demand", 620.0)
        .with(&w.rise(1.0, 2.4), |a, b| (a * b).round());
    let events = provisioned(w, &table, &demand, units);
    let flow = w.calm("writer", 26.0, 380.0);
    let flow = suffering(w, "writer", &flow, &events, 0.4);
    Lambda::new(
        &name,
        "nodejs22.x",
        &flow,
        &["batch stored", "batch of messages read"],
    )
    .config(json!({"MemorySize": 512}))
    .deployed(at)
    .fault(&exceeded)
    .lay(w);
    w.backed_up(&queue, 45.0, 0.7);
    w.calm_function(
        &w.n("reporter"),
        "nodejs22.x",
        1.0,
        620.0,
        &["report page written"],
    );
    let role = w.place(&kind::ROLE, &format!("{name}-role"), json!({}));
    w.triggers(&queue, &name);
    w.writes(&name, &table);
    w.reads(&w.n("reporter"), &table);
    w.uses(&name, &role);
    w.merge(at - 1_100, &name, "Keep a history item for each entry", ("src/store.ts", "@@ -41,6 +41,9 @@ export async function store(lines: Line[]) {\n   const puts = lines.map((line) => put(line));\n+  for (const line of lines) {\n+    puts.push(put({ ...line, id: `history#${line.id}` }));\n+  }\n   await batchWrite(TABLE, puts);"));
    w.starts_over(
        &format!("{table}-write-throttles"),
        (&table, "WriteThrottleEvents", "Sum"),
        5.0,
    );
    w.alarm(&format!("{name}-errors"), (&name, "Errors", "Sum"), OVER, 3.0, 5);
    w.title(format!("Writes to {table} are refused"), &table);
    w.cause(&[&name], "system_change", &[]);
    w.timeline(&["UpdateFunctionCode", "alarm"]);
    w.forbid(&[&w.n("reporter"), &queue, &role]);
    w.innocent(&[&w.n("reporter"), &queue]);
    w.telling(&table, "ConsumedWriteCapacityUnits");
}

/// Three times the usual requests, each of which writes an item.
fn write_capacity(w: &mut World) {
    let (name, api, table) = (w.n("signup"), w.n("signup-api"), w.n("members"));
    let asked = w.surge("signup", 62.0, 48.0, 3.2);
    let units = (62.0 * w.shape.size * 4.0 * 1.4 / 60.0).ceil();
    let demand = asked.count.map(|_, count| count * 4.0);
    let events = provisioned(w, &table, &demand, units);
    let flow = suffering(w, "signup", &asked, &events, 0.45);
    Lambda::new(&name, "nodejs20.x", &flow, &["member stored", "signup read"])
        .fault(&exceeded)
        .lay(w);
    let front = w.caller("api", &flow, 9.0);
    let id = w.api(&api, ("POST", "/members"), &front, BEHIND, &[]);
    w.calm_function(&w.n("welcome"), "nodejs20.x", 6.0, 310.0, &["welcome sent"]);
    let topic = w.n("joined");
    w.add(&kind::TOPIC, &topic, json!({}), &[]);
    w.client(&w.n("visitors"), &id);
    w.calls(&id, &name);
    w.writes(&name, &table);
    w.writes(&name, &topic);
    w.triggers(&topic, &w.n("welcome"));
    w.starts_over(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), 5.0);
    w.alarm(
        &format!("{table}-write-throttles"),
        (&table, "WriteThrottleEvents", "Sum"),
        OVER,
        5.0,
        3,
    );
    w.title(format!("{api} answers with errors"), &api);
    w.entry(&id, &front);
    w.cause(&[&table], "resource_limit", &["capacity"]);
    w.forbid(&[&id, &topic, &w.n("welcome")]);
    w.innocent(&[&w.n("welcome"), &topic]);
    w.telling(&table, "ConsumedWriteCapacityUnits");
}
