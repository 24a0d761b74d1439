//! What comes back every hour, day or week, and was there in the normal period as well.

use serde_json::json;

use super::{
    super::{
        wave::{MINUTE, Wave},
        world::{World, flow::Flow, kind},
    },
    Control, fires, site,
};

/// These controls.
pub const ALL: &[Control] = &[
    ("daily-peak", 1_440, daily_peak),
    ("weekly-peak", 10_080, weekly_peak),
    ("hourly-job-database", 0, hourly_database),
    ("nightly-export", 1_440, nightly_export),
    ("backup-latency", 1_440, backup_latency),
    ("hourly-fan-out", 0, hourly_fan_out),
];

/// How near a minute is to the moment of the day at which the trouble seems to be: 1 there, 0 half an hour away.
fn hump(w: &World, at: i64, minutes: i64) -> f64 {
    let apart = (at - w.shape.onset - 8 * MINUTE).rem_euclid(86_400);
    let apart = apart.min(86_400 - apart) as f64 / (minutes * MINUTE) as f64;
    (1.0 - apart).max(0.0)
}

/// True in the minutes of the hour in which a job runs.
fn hourly(w: &World, at: i64, minutes: i64) -> bool {
    (at - w.shape.onset / MINUTE * MINUTE).rem_euclid(3_600) < minutes * MINUTE
}

fn peak(w: &mut World, minutes: i64) {
    let shape = Wave::flat(w.grid(), 1.0).map(|at, one| one + 1.3 * hump(w, at, minutes));
    let count = w.counts("web", &w.load("web", 140.0).with(&shape, |a, b| a * b));
    let flow = w.around("web", count, 66.0);
    let cpu = w.wobble("cpu", &shape.map(|_, shape| 29.0 * shape), 0.02);
    let (ids, _) = site(w, &flow, &[], &[("CPUUtilization", &cpu)], &[]);
    fires(w, (&ids.service, "CPUUtilization", "Average"), 58.0, 3);
}

/// The evening's visitors, as every evening.
fn daily_peak(w: &mut World) {
    peak(w, 38);
}

/// The morning of this day of the week.
fn weekly_peak(w: &mut World) {
    peak(w, 45);
}

/// A job reads the whole database every hour.
fn hourly_database(w: &mut World) {
    let flow = w.calm("web", 95.0, 72.0);
    let usual = w.measured("cpu", 25.0, 25.0, 0.06);
    let mut rng = w.rng("job");
    let cpu = usual.map(|at, cpu| {
        if hourly(w, at, 4) {
            74.0 + 6.0 * rng.unit()
        } else {
            cpu
        }
    });
    let (_, database) = site(w, &flow, &[], &[], &[("CPUUtilization", &cpu)]);
    let job = w.n("hourly-report");
    let runs = w.none().map(|at, _| f64::from(hourly(w, at, 1)));
    let once = w.around("job", runs.clone(), 228_000.0);
    super::super::world::Lambda::new(&job, "python3.12", &once, &["report of the last hour written"])
        .config(json!({"Timeout": 600}))
        .lay(w);
    let rule = w.n("hourly");
    let minute = w.shape.onset / MINUTE % 60;
    w.add(
        &kind::RULE,
        &rule,
        json!({"ScheduleExpression": format!("cron({minute} * * * ? *)")}),
        &[("TriggeredRules", &runs), ("Invocations", &runs)],
    );
    w.triggers(&rule, &job);
    w.reads(&job, &database);
    fires(w, (&database, "CPUUtilization", "Average"), 70.0, 2);
}

/// A host sends a day's data away, every night at this hour.
fn nightly_export(w: &mut World) {
    let flow = w.calm("web", 60.0, 80.0);
    let bytes = w.load("bytes", 5.0e6).map(|at, bytes| {
        if hump(w, at, 14) > 0.0 {
            bytes + 4.1e8
        } else {
            bytes
        }
    });
    let own = [("NetworkOut", &bytes)];
    let (balancer, targets, ids) = w.fleet(&w.n("web"), &flow, (2, 1), &json!({}), &[], 0.0);
    let host = w.server(&w.n("export"), &flow, 500, json!({}), &own);
    w.routes(&targets, &host);
    w.client(&w.n("clerks"), &balancer);
    let bucket = w.n("exports");
    w.add(&kind::BUCKET, &bucket, json!({}), &[]);
    w.writes(&host, &bucket);
    for id in &ids {
        w.reads(id, &bucket);
    }
    fires(w, (&host, "NetworkOut", "Average"), 2.0e8, 3);
}

/// Writes take longer while a backup is taken, every day at this hour.
fn backup_latency(w: &mut World) {
    let flow = w.calm("web", 105.0, 64.0);
    let usual = w.measured("write", 0.0024, 0.0024, 0.1);
    let write = usual.map(|at, seconds| {
        if hump(w, at, 9) > 0.0 {
            seconds * 5.2
        } else {
            seconds
        }
    });
    let (_, database) = site(w, &flow, &[], &[], &[("WriteLatency", &write)]);
    let onset = w.shape.onset;
    for day in [0, 86_400] {
        w.event(
            onset - 30 - day,
            "rds",
            &database,
            "backup",
            "Backing up DB instance",
        );
        w.event(
            onset + 17 * MINUTE - day,
            "rds",
            &database,
            "backup",
            "Finished DB instance backup",
        );
    }
    fires(w, (&database, "WriteLatency", "Average"), 0.008, 3);
}

/// Every full hour a schedule starts forty runs at once.
fn hourly_fan_out(w: &mut World) {
    let grid = w.grid();
    let runs = Wave::flat(grid, 1.0).map(|at, one| if hourly(w, at, 1) { 40.0 } else { one });
    let flow: Flow = w.around("fan", runs.clone(), 900.0);
    let busy = runs.map(|_, runs| (runs * 0.7).ceil());
    let (name, rule, queue) = (w.n("collector"), w.n("full-hour"), w.n("tasks"));
    super::super::world::Lambda::new(&name, "python3.13", &flow, &["account collected"])
        .own(&[("ConcurrentExecutions", &busy)])
        .lay(w);
    let fires_at = w.none().map(|at, _| f64::from(hourly(w, at, 1)));
    w.add(
        &kind::RULE,
        &rule,
        json!({"ScheduleExpression": "rate(1 hour)"}),
        &[("TriggeredRules", &fires_at), ("Invocations", &fires_at)],
    );
    w.add(&kind::QUEUE, &queue, json!({}), &[]);
    w.add(&kind::TABLE, &w.n("accounts"), json!({}), &[]);
    w.triggers(&rule, &name);
    w.triggers(&queue, &name);
    w.writes(&name, &w.n("accounts"));
    fires(w, (&name, "ConcurrentExecutions", "Maximum"), 20.0, 1);
}
