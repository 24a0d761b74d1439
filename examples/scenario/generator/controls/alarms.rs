//! One datum, or a threshold that the usual values cross.

use serde_json::json;

use super::{
    super::{
        wave::Wave,
        world::{
            World, kind,
            truth::{BELOW, Begin, OVER},
        },
    },
    Control, fires, pipeline, service, site, spiked,
};

/// These controls.
pub const ALL: &[Control] = &[
    ("single-datum-latency", 0, single_latency),
    ("single-datum-errors", 1_440, single_errors),
    ("two-data-cpu", 0, two_cpu),
    ("tight-threshold-latency", 0, tight_latency),
    ("tight-threshold-connections", 10_080, tight_connections),
    ("flapping-age", 0, flapping_age),
    ("low-traffic-percentage", 0, low_traffic),
    ("memory-dip", 1_440, memory_dip),
    ("single-cold-start", 0, cold_start),
    ("single-throttle", 0, throttle),
    ("single-write-throttle", 0, write_throttle),
    ("single-retry-age", 0, retry_age),
    ("single-iterator-age", 1_440, iterator_age),
    ("one-datum-late", 0, late_datum),
    ("usual-errors", 0, usual_errors),
    ("nothing-at-all", 0, nothing),
];

/// One slow minute.
fn single_latency(w: &mut World) {
    let flow = w.calm("web", 150.0, 66.0);
    let seconds = spiked(w, &flow.millis.map(|_, ms| ms / 1_000.0), &[1.31]);
    let (ids, _) = site(w, &flow, &[("TargetResponseTime", &seconds)], &[], &[]);
    fires(w, (&ids.balancer, "TargetResponseTime", "Average"), 0.8, 1);
}

/// One minute with nine failures.
fn single_errors(w: &mut World) {
    let flow = w.calm("api", 80.0, 58.0);
    let errors = spiked(w, &flow.bad, &[9.0]);
    let (api, _) = service(w, &flow, &[("5XXError", &errors)], &[("Errors", &errors)], None);
    fires(w, (&api, "5XXError", "Sum"), 5.0, 1);
}

/// Two busy minutes of one host, when its logs are packed.
fn two_cpu(w: &mut World) {
    let flow = w.calm("web", 120.0, 70.0);
    let cpu = spiked(w, &w.measured("cpu", 31.0, 31.0, 0.07), &[83.4, 86.1]);
    let (balancer, targets, ids) = w.fleet(&w.n("web"), &flow, (2, 1), &json!({}), &[], 0.0);
    let own = [("CPUUtilization", &cpu)];
    let third = w.server(&w.n("web-3"), &flow, 500, json!({}), &own);
    w.routes(&targets, &third);
    w.client(&w.n("readers"), &balancer);
    let database = w.n("db");
    w.add(&kind::DATABASE, &database, json!({}), &[]);
    for id in ids.iter().chain([&third]) {
        w.reads(id, &database);
    }
    let at = w.shape.onset / 60 * 60 + 2;
    w.line(
        at,
        &format!("/{}/messages", w.word),
        &third,
        "systemd[1]: Started Rotate log files (logrotate.service).",
    );
    fires(w, (&third, "CPUUtilization", "Average"), 80.0, 2);
}

/// The threshold lies just above the mean.
fn tight_latency(w: &mut World) {
    let flow = w.calm("api", 95.0, 84.0);
    let (api, _) = service(w, &flow, &[], &[], None);
    let mean = w
        .laid(&api, "Latency", "Average")
        .map_or(90.0, |laid| laid.wave.iter().map(|(_, v)| v).sum::<f64>() / 210.0);
    fires(
        w,
        (&api, "Latency", "Average"),
        (mean * 1.075 * 10.0).round() / 10.0,
        1,
    );
}

/// As many connections as always, and a threshold that is one less.
fn tight_connections(w: &mut World) {
    let flow = w.calm("web", 110.0, 60.0);
    let open = w
        .measured("open", 58.0, 58.0, 0.035)
        .map(|_, value| value.round());
    let (_, database) = site(w, &flow, &[], &[], &[("DatabaseConnections", &open)]);
    fires(w, (&database, "DatabaseConnections", "Average"), 60.0, 2);
}

/// An age around its threshold, over and under it all day.
fn flapping_age(w: &mut World) {
    let mut rng = w.rng("age");
    let age = Wave::flat(w.grid(), 55.0).map(|_, age| (age + 9.0 * rng.normal()).round().max(0.0));
    let waiting = w.counts("waiting", &Wave::flat(w.grid(), 11.0));
    let (queue, _) = pipeline(
        w,
        &[
            ("ApproximateAgeOfOldestMessage", &age),
            ("ApproximateNumberOfMessagesVisible", &waiting),
        ],
        &[],
    );
    fires(w, (&queue, "ApproximateAgeOfOldestMessage", "Maximum"), 60.0, 1);
}

/// One failure among three requests is a third of them.
fn low_traffic(w: &mut World) {
    let flow = w.calm("api", 2.4, 120.0);
    let (api, _) = service(w, &flow, &[], &[], None);
    let mut rng = w.rng("rate");
    let usual = Wave::flat(w.grid(), 0.0).map(|_, _| if rng.chance(0.02) { 33.333 } else { 0.0 });
    let rate = spiked(w, &usual, &[33.333]);
    let name = w.n("api");
    w.extra(
        &api,
        ("Custom/Api", "ErrorPercentage", "Average", "Percent"),
        &[("ApiName", &name)],
        &rate,
    );
    fires(w, (&api, "ErrorPercentage", "Average"), 5.0, 1);
}

/// A little less memory for a minute.
fn memory_dip(w: &mut World) {
    let flow = w.calm("web", 130.0, 55.0);
    let memory = spiked(w, &w.measured("memory", 5.2e9, 5.2e9, 0.004), &[3.7e9]);
    let (_, database) = site(w, &flow, &[], &[], &[("FreeableMemory", &memory)]);
    let name = format!("{database}-memory");
    w.alarm(&name, (&database, "FreeableMemory", "Average"), BELOW, 4.0e9, 1);
    w.out.begin = Begin::Alarm(name);
    w.title(format!("{database} has little memory"), "");
}

/// One run had to start first.
fn cold_start(w: &mut World) {
    let flow = w.calm("api", 12.0, 95.0);
    let mut rng = w.rng("p99");
    let usual = flow
        .millis
        .map(|_, ms| ms * rng.range(1.9, 2.8) * if rng.chance(0.02) { 14.0 } else { 1.0 });
    let p99 = spiked(w, &usual, &[3_870.0]);
    let (_, function) = service(w, &flow, &[], &[("Duration p99", &p99)], None);
    fires(w, (&function, "Duration", "p99"), 3_000.0, 1);
}

/// One request was refused in a burst of a second.
fn throttle(w: &mut World) {
    let flow = w.calm("api", 70.0, 140.0);
    let throttles = spiked(w, &w.none(), &[2.0]);
    let (_, function) = service(w, &flow, &[], &[("Throttles", &throttles)], None);
    fires(w, (&function, "Throttles", "Sum"), 0.0, 1);
}

/// Two writes to one key were refused, as on every day.
fn write_throttle(w: &mut World) {
    let flow = w.calm("api", 60.0, 75.0);
    let (_, function) = service(w, &flow, &[], &[], None);
    let table = w.n("counters");
    let mut rng = w.rng("events");
    let usual = w.none().map(|_, _| if rng.chance(0.015) { 2.0 } else { 0.0 });
    let events = spiked(w, &usual, &[3.0]);
    w.add(
        &kind::TABLE,
        &table,
        json!({}),
        &[("WriteThrottleEvents", &events)],
    );
    w.writes(&function, &table);
    fires(w, (&table, "WriteThrottleEvents", "Sum"), 1.0, 1);
}

/// One message came back once.
fn retry_age(w: &mut World) {
    let usual = w.counts("age", &Wave::flat(w.grid(), 2.0));
    let age = spiked(w, &usual, &[181.0]);
    let (queue, _) = pipeline(w, &[("ApproximateAgeOfOldestMessage", &age)], &[]);
    fires(w, (&queue, "ApproximateAgeOfOldestMessage", "Maximum"), 120.0, 1);
}

/// A shard was read a minute late.
fn iterator_age(w: &mut World) {
    let (stream, name) = (w.n("stream"), w.n("reader"));
    let usual = w.counts("age", &Wave::flat(w.grid(), 80.0));
    let age = spiked(w, &usual, &[74_000.0]);
    w.add(
        &kind::STREAM,
        &stream,
        json!({}),
        &[("GetRecords.IteratorAgeMilliseconds", &age)],
    );
    w.calm_function(&name, "python3.13", 12.0, 320.0, &["batch counted"]);
    let producer = w.n("sender");
    w.calm_function(&producer, "nodejs22.x", 30.0, 40.0, &["records sent"]);
    let bucket = w.n("lake");
    w.add(&kind::BUCKET, &bucket, json!({}), &[]);
    w.writes(&producer, &stream);
    w.triggers(&stream, &name);
    w.writes(&name, &bucket);
    fires(
        w,
        (&stream, "GetRecords.IteratorAgeMilliseconds", "Maximum"),
        60_000.0,
        1,
    );
}

/// One datum did not arrive, and a missing one counts as bad.
fn late_datum(w: &mut World) {
    let flow = w.calm("web", 140.0, 61.0);
    let hosts = spiked(w, &Wave::flat(w.grid(), 57.0), &[f64::NAN]);
    let memory = w.wobble("memory", &hosts, 0.01);
    let (ids, _) = site(w, &flow, &[], &[("MemoryUtilization", &memory)], &[]);
    let name = format!("{}-memory-seen", w.n("web"));
    w.alarm(
        &name,
        (&ids.service, "MemoryUtilization", "Average"),
        BELOW,
        5.0,
        1,
    );
    w.out.begin = Begin::Alarm(name);
    w.title(format!("{} sent no memory metric", w.n("web")), "");
}

/// A failure or two a minute, as always.
fn usual_errors(w: &mut World) {
    let flow = w.calm("api", 210.0, 44.0);
    let errors = w.counts("errors", &Wave::flat(w.grid(), 0.7));
    let flow = super::super::world::flow::Flow { bad: errors, ..flow };
    let (_, function) = service(w, &flow, &[], &[], None);
    fires(w, (&function, "Errors", "Sum"), 1.0, 1);
}

/// Somebody points at a metric, and it is as ever.
fn nothing(w: &mut World) {
    let flow = w.calm("web", 125.0, 59.0);
    let (ids, database) = site(w, &flow, &[], &[], &[]);
    w.alarm(
        &format!("{database}-cpu"),
        (&database, "CPUUtilization", "Average"),
        OVER,
        80.0,
        5,
    );
    w.starts_symptom(&ids.balancer, "TargetResponseTime", "Average");
    w.title(format!("Is {} slow?", w.n("web")), "");
}
