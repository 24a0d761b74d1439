//! Streams, schedules and workflows.

use serde_json::json;

use super::{
    super::{
        wave::Wave,
        world::{Lambda, World, flow::Flow, kind, truth::OVER},
    },
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("kinesis-iterator-age", iterator_age),
    ("kinesis-write-throttles", write_throttles),
    ("eventbridge-rule-disabled", rule_disabled),
    ("stepfunctions-definition", definition),
];

/// New code of a consumer looks up every record one by one.
fn iterator_age(w: &mut World) {
    let (name, stream, table) = (w.n("aggregator"), w.n("clicks"), w.n("totals"));
    let at = w.act();
    let flow = w.slower("aggregator", &w.calm("aggregator", 30.0, 420.0), 17_500.0);
    let fewer = w.rise(1.0, 0.22);
    let flow = Flow {
        count: flow.count.with(&fewer, |count, share| (count * share).round()),
        bad: w.none(),
        millis: flow.millis,
    };
    Lambda::new(
        &name,
        "python3.13",
        &flow,
        &["batch of records counted", "totals stored"],
    )
    .config(json!({"MemorySize": 512, "Timeout": 120}))
    .deployed(at)
    .lay(w);
    let age = w.growing("age", 90.0, 46_000.0);
    w.add(
        &kind::STREAM,
        &stream,
        json!({}),
        &[("GetRecords.IteratorAgeMilliseconds", &age)],
    );
    let mine = age.map(|_, age| age * 1.02);
    w.extra(
        &name,
        ("AWS/Lambda", "IteratorAge", "Maximum", "Milliseconds"),
        &[("FunctionName", &name)],
        &mine,
    );
    let mapping = w.place(
        &kind::MAPPING,
        &w.n("clicks-poller"),
        json!({"Enabled": true, "BatchSize": 100, "ParallelizationFactor": 1, "FunctionName": name}),
    );
    let reads = w
        .load("reads", 260.0)
        .with(&w.rise(1.0, 7.5), |a, b| (a * b).round());
    w.add(
        &kind::TABLE,
        &table,
        json!({}),
        &[("ConsumedReadCapacityUnits", &reads)],
    );
    let producer = w.n("collector");
    w.calm_function(&producer, "nodejs22.x", 40.0, 30.0, &["clicks sent"]);
    w.writes(&producer, &stream);
    w.triggers(&stream, &name);
    w.triggers(&mapping, &name);
    w.reads(&name, &table);
    w.merge(at - 760, &name, "Enrich clicks with the campaign", ("src/aggregate.py", "@@ -18,3 +18,5 @@ def handle(records):\n     for record in records:\n+        campaign = table.get_item(Key={\"id\": record[\"campaign\"]})[\"Item\"]\n+        record[\"channel\"] = campaign[\"channel\"]\n         totals[record[\"page\"]] += 1"));
    w.starts_over(
        &format!("{stream}-iterator-age"),
        (&stream, "GetRecords.IteratorAgeMilliseconds", "Maximum"),
        180_000.0,
    );
    w.title(format!("Readers of {stream} fall behind"), &name);
    w.cause(&[&name], "system_change", &[]);
    w.timeline(&["UpdateFunctionCode", "alarm"]);
    w.forbid(&[&producer, &table]);
    w.innocent(&[&producer, &table]);
    w.telling(&table, "ConsumedReadCapacityUnits");
}

/// More records than the stream's shards take.
fn write_throttles(w: &mut World) {
    let (name, stream) = (w.n("gateway"), w.n("telemetry"));
    let shards = (w.shape.size * 2.0).ceil();
    let room = Wave::flat(w.grid(), shards * 60_000.0);
    let asked = w
        .load("records", shards * 33_000.0 / w.shape.size)
        .with(&w.rise(1.0, 3.4), |a, b| (a * b).round());
    let (taken, refused) = w.limited("records", &asked, &room);
    let bytes = taken.map(|_, records| records * 410.0);
    let flow = w.surge("gateway", 40.0, 90.0, 3.2);
    let flow = w.failing("gateway", &w.slower("gateway", &flow, 640.0), 0.4);
    Lambda::new(
        &name,
        "nodejs22.x",
        &flow,
        &["readings sent", "device message read"],
    )
    .fault(&|run| {
        run.raise(
            "ProvisionedThroughputExceededException",
            "Rate exceeded for shard shardId-000000000001 in stream telemetry under account 111122223333.",
            "put.js:64",
        )
    })
    .lay(w);
    w.add(
        &kind::STREAM,
        &stream,
        json!({"ShardCount": shards as i64}),
        &[
            ("IncomingRecords", &taken),
            ("IncomingBytes", &bytes),
            ("WriteProvisionedThroughputExceeded", &refused),
        ],
    );
    let devices = w.place(&kind::CLIENT, &w.n("devices"), json!({}));
    w.calls(&devices, &name);
    w.writes(&name, &stream);
    let archive = w.n("archiver");
    w.calm_function(&archive, "python3.13", 20.0, 900.0, &["records archived"]);
    w.add(&kind::BUCKET, &w.n("lake"), json!({}), &[]);
    w.triggers(&stream, &archive);
    w.writes(&archive, &w.n("lake"));
    w.starts_over(
        &format!("{stream}-write-exceeded"),
        (&stream, "WriteProvisionedThroughputExceeded", "Sum"),
        500.0,
    );
    w.alarm(&format!("{name}-errors"), (&name, "Errors", "Sum"), OVER, 6.0, 3);
    w.starts_symptom(&name, "Errors", "Sum");
    w.title(format!("Writes to {stream} are refused"), &name);
    w.cause(&[&stream], "resource_limit", &["shard"]);
    w.forbid(&[&archive, &w.n("lake")]);
    w.innocent(&[&archive, &w.n("lake")]);
    w.telling(&stream, "IncomingRecords");
}

/// Somebody disables the rule that starts a job every minute.
fn rule_disabled(w: &mut World) {
    let (rule, name, table) = (w.n("refresh-schedule"), w.n("refresher"), w.n("rates"));
    let at = w.act();
    let runs = w.rise(1.0, 0.0).map(|_, share| share.round());
    let fires = runs.map(|_, runs| if runs == 0.0 { f64::NAN } else { 1.0 });
    let flow = Flow {
        bad: w.none(),
        millis: w.wobble("millis", &Wave::flat(w.grid(), 740.0), 0.07),
        count: runs,
    };
    w.add(
        &kind::RULE,
        &rule,
        json!({"ScheduleExpression": "rate(1 minute)", "State": "DISABLED"}),
        &[("TriggeredRules", &fires), ("Invocations", &fires)],
    );
    Lambda::new(
        &name,
        "python3.12",
        &flow,
        &["rates refreshed, 41 pairs", "rates fetched"],
    )
    .own(&[("Invocations", &fires)])
    .lay(w);
    w.add(&kind::TABLE, &table, json!({}), &[]);
    let reader = w.n("rates-handler");
    let reading = w.calm("reader", 30.0, 41.0);
    Lambda::new(&reader, "python3.12", &reading, &["rate answered"]).lay(w);
    let front = w.caller("front", &reading, 8.0);
    let api = w.api(
        &w.n("rates-api"),
        ("GET", "/rates"),
        &front,
        super::super::world::entry::BEHIND,
        &[],
    );
    w.triggers(&rule, &name);
    w.writes(&name, &table);
    w.reads(&reader, &table);
    w.calls(&api, &reader);
    w.call(
        at,
        ("events", "DisableRule"),
        &rule,
        &format!("DisableRule {rule}"),
        json!({"name": rule, "eventBusName": "default"}),
    );
    w.starts_below(&format!("{name}-not-running"), (&name, "Invocations", "Sum"), 1.0);
    w.title(format!("{name} does not run any more"), &name);
    w.cause(&[&rule], "system_change", &[]);
    w.timeline(&["DisableRule", "alarm"]);
    w.forbid(&[&reader, &api, &table]);
    w.innocent(&[&reader, &table]);
    w.telling(&rule, "TriggeredRules");
}

/// A new definition of a workflow reads a field that is not there.
fn definition(w: &mut World) {
    let (machine, first, second) = (w.n("onboarding"), w.n("verify"), w.n("provision"));
    let at = w.act();
    let starts = w.calm("starts", 9.0, 3_100.0);
    let failed = w.failing("starts", &starts, 1.0).bad;
    let good = starts.count.with(&failed, |all, bad| all - bad);
    let time = w.measured("time", 3_100.0, 900.0, 0.06);
    let id = w.add(
        &kind::MACHINE,
        &machine,
        json!({"DefinitionString": "{\"StartAt\":\"Verify\",\"States\":{\"Verify\":{\"Type\":\"Task\",\"Next\":\"Provision\"},\"Provision\":{\"Type\":\"Task\",\"Parameters\":{\"tenant.$\":\"$.account.tenantId\"},\"End\":true}}}"}),
        &[("ExecutionsStarted", &starts.count), ("ExecutionsSucceeded", &good), ("ExecutionsFailed", &failed), ("ExecutionTime", &time)],
    );
    let flow = w.around("verify", starts.count.clone(), 620.0);
    Lambda::new(&first, "python3.13", &flow, &["applicant verified"]).lay(w);
    let rest = w.around("provision", good, 1_400.0);
    Lambda::new(&second, "python3.13", &rest, &["tenant provisioned"]).lay(w);
    w.add(&kind::TABLE, &w.n("tenants"), json!({}), &[]);
    let starter = w.n("apply-handler");
    let asked = w.around("apply", starts.count, 70.0);
    Lambda::new(&starter, "python3.13", &asked, &["application accepted"]).lay(w);
    let group = format!("/aws/vendedlogs/states/{machine}");
    w.lines(&group, &id, 2.5, &|rng, at| {
        json!({
            "id": "7", "type": "ExecutionFailed", "execution_arn": format!("{}:{}", "execution", rng.uuid()), "event_timestamp": at.to_string(),
            "details": {"error": "States.Runtime", "cause": "An error occurred while executing the state 'Provision' (entered at the event id #6). The JSONPath '$.account.tenantId' specified for the field 'tenant.$' could not be found in the input"},
        })
        .to_string()
    });
    w.routine(
        &group,
        &id,
        0.7,
        &[
            "{\"type\":\"ExecutionSucceeded\"}",
            "{\"type\":\"TaskStateExited\",\"details\":{\"name\":\"Verify\"}}",
        ],
    );
    w.calls(&starter, &id);
    w.calls(&id, &first);
    w.calls(&id, &second);
    w.writes(&second, &w.n("tenants"));
    w.call(
        at,
        ("states", "UpdateStateMachine"),
        &id,
        &format!("UpdateStateMachine of {machine} (definition)"),
        json!({"stateMachineArn": id, "definition": "HIDDEN_DUE_TO_SECURITY_REASONS", "publish": false}),
    );
    w.starts_over(
        &format!("{machine}-failed"),
        (&id, "ExecutionsFailed", "Sum"),
        2.0,
    );
    w.title(format!("Executions of {machine} fail"), &machine);
    w.cause(&[&id], "system_change", &[]);
    w.timeline(&["UpdateStateMachine", "alarm"]);
    w.forbid(&[&first, &second, &starter, &w.n("tenants")]);
    w.innocent(&[&first, &starter]);
    w.telling(&id, "ExecutionTime");
}
