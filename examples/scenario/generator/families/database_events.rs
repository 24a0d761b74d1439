//! Databases whose own events tell: failover, a replica that lags, locks.

use serde_json::json;

use super::{
    super::{
        logs::app,
        wave::Wave,
        world::{Lambda, Site, World, kind, words::error},
    },
    Family,
    databases::{beside, load, log_group, postgres},
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("rds-failover", failover),
    ("rds-replica-lag", replica_lag),
    ("rds-lock-waits", lock_waits),
];

/// The primary fails over; half of the connections stay with the old one.
fn failover(w: &mut World) {
    let (name, database, onset) = (w.n("payment"), w.n("payment-db"), w.shape.onset);
    let flow = w.failing("payment", &w.calm("payment", 64.0, 88.0), 0.58);
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["payment booked", "payment read"])
        .error(&move |rng| {
            let words = rng.pick(&[
                "ERROR: cannot execute INSERT in a read-only transaction",
                "connection to the primary was closed by the server",
                "FATAL: the database system is starting up",
            ]);
            error(&n, words, &json!({"payment": rng.whole(1_000, 99_999)}))
        })
        .lay(w);
    let open = w.measured("open", 61.0, 22.0, 0.04).map(|_, value| value.round());
    let write = w.measured("write", 0.0023, 0.0061, 0.1);
    w.add(
        &kind::DATABASE,
        &database,
        json!({"MultiAZ": true}),
        &[("DatabaseConnections", &open), ("WriteLatency", &write)],
    );
    log_group(w, &database);
    let group = format!("/aws/rds/instance/{database}/postgresql");
    for (offset, words) in [
        (
            -6,
            "LOG:  database system was interrupted; last known up at some time before",
        ),
        (
            14,
            "LOG:  redo done at 5A/7C0000D8 system usage: CPU: user: 0.21 s",
        ),
        (19, "LOG:  database system is ready to accept connections"),
    ] {
        w.line(
            onset + offset,
            &group,
            &database,
            format!(
                "{} UTC::@:[412]:{words}",
                super::super::wave::time(onset + offset).strftime("%Y-%m-%d %H:%M:%S")
            ),
        );
    }
    for (offset, words) in [
        (-21, "Multi-AZ instance failover started."),
        (16, "DB instance restarted"),
        (44, "Multi-AZ instance failover completed"),
    ] {
        w.event(onset + offset, "rds", &database, "failover", words);
    }
    beside(w, &ids, &database);
    w.starts_over(
        &format!("{name}-5xx"),
        (&ids.balancer, "HTTPCode_Target_5XX_Count", "Sum"),
        8.0,
    );
    w.title(format!("{name} answers with errors"), &name);
    w.entry(&ids.balancer, &flow);
    w.cause(&[&database], "component_failure", &["failover"]);
    w.forbid(&[&ids.service]);
    w.telling(&database, "DatabaseConnections");
}

/// A replica is given a smaller class and cannot follow its primary any more.
fn replica_lag(w: &mut World) {
    let (name, primary, replica) = (w.n("archive-search"), w.n("primary"), w.n("replica"));
    let (at, onset) = (w.shape.onset - 17 * 60, w.shape.onset);
    let flow = w.slower("search", &w.calm("search", 70.0, 90.0), 540.0);
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["search answered", "document answered"])
        .error(&move |rng| {
            app(
                "WARN",
                &n,
                "document not found on the replica, read again from the primary",
                &json!({"document": rng.whole(1_000, 99_999)}),
            )
        })
        .warns()
        .lay(w);
    w.add(&kind::DATABASE, &primary, json!({}), &[]);
    let cpu = w
        .measured("cpu", 41.0, 98.0, 0.015)
        .map(|_, value| value.min(99.9));
    let lag = w.growing("lag", 0.4, 41.0);
    let memory = w.measured("memory", 6.0e9, 0.7e9, 0.01);
    w.add(
        &kind::DATABASE,
        &replica,
        json!({"DBInstanceClass": "db.t4g.medium", "MultiAZ": false, "SourceDBInstanceIdentifier": primary}),
        &[("CPUUtilization", &cpu), ("FreeableMemory", &memory)],
    );
    w.extra(
        &replica,
        ("AWS/RDS", "ReplicaLag", "Average", "Seconds"),
        &[("DBInstanceIdentifier", &replica)],
        &lag,
    );
    log_group(w, &replica);
    w.reads(&replica, &primary);
    beside(w, &ids, &replica);
    w.call(
        at,
        ("rds", "ModifyDBInstance"),
        &replica,
        &format!("ModifyDBInstance of {replica} (class db.r6g.large to db.t4g.medium)"),
        json!({"dBInstanceIdentifier": replica, "dBInstanceClass": "db.t4g.medium", "applyImmediately": true}),
    );
    for (offset, words) in [
        (-840, "Applying modification to database instance class"),
        (-95, "DB instance restarted"),
        (-50, "Finished applying modification to DB instance class"),
    ] {
        w.event(onset + offset, "rds", &replica, "configuration change", words);
    }
    w.starts_over(
        &format!("{replica}-lag"),
        (&replica, "ReplicaLag", "Average"),
        120.0,
    );
    w.title(format!("{replica} lags behind"), &name);
    w.cause(&[&replica], "system_change", &[]);
    w.timeline(&["ModifyDBInstance", "alarm"]);
    w.forbid(&[&primary, &ids.service]);
    w.telling(&replica, "CPUUtilization");
}

/// A migration holds a table's lock, and everybody waits for it.
fn lock_waits(w: &mut World) {
    let (name, database, migrator) = (w.n("desk"), w.n("desk-db"), w.n("migrator"));
    let onset = w.shape.onset;
    let flow = w.failing(
        "desk",
        &w.slower("desk", &w.calm("desk", 90.0, 70.0), 7_400.0),
        0.4,
    );
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["ticket saved", "ticket read"])
        .error(&move |rng| {
            error(
                &n,
                "canceling statement due to lock timeout",
                &json!({"relation": "tickets", "waited_ms": rng.whole(10_000, 10_050)}),
            )
        })
        .lay(w);
    let open = w
        .measured("open", 44.0, 121.0, 0.03)
        .map(|_, value| value.round());
    let config = json!({"DBInstanceClass": "db.r6g.xlarge"});
    w.add(
        &kind::DATABASE,
        &database,
        config,
        &[("DatabaseConnections", &open)],
    );
    let waits = w.measured("waits", 0.02, 38.0, 0.06);
    load(w, &database, "db.wait_event.name", "Lock:relation", &waits);
    let alter = w.measured("alter", 0.0, 1.0, 0.0);
    load(
        w,
        &database,
        "db.sql.statement",
        "ALTER TABLE tickets ALTER COLUMN body TYPE text USING convert(body)",
        &alter,
    );
    let group = log_group(w, &database);
    w.lines(&group, &database, 2.1, &|rng, at| {
        let waited = rng.range(1_000.1, 9_990.0);
        postgres(rng, at, &format!("LOG:  process {} still waiting for RowExclusiveLock on relation 16633 of database 16401 after {waited:.3} ms\nDETAIL:  Process holding the lock: 20714.\nSTATEMENT:  UPDATE tickets SET state = $1 WHERE id = $2", 20_000 + (at % 700)))
    });
    beside(w, &ids, &database);
    let one = Wave::flat(w.grid(), 0.0).map(|at, _| f64::from(at <= onset && onset < at + 60));
    let long = w.around("migrator", one, 880_000.0);
    Lambda::new(&migrator, "python3.13", &long, &["schema is up to date"])
        .config(json!({"Timeout": 900}))
        .lay(w);
    let lambda = format!("/aws/lambda/{migrator}");
    w.draft.logs.retain(|line| line.group != lambda);
    w.line(onset - 1, &lambda, &migrator, "[INFO]\tmigration 0042_widen_body started: ALTER TABLE tickets ALTER COLUMN body TYPE text USING convert(body)");
    w.line(
        onset + 300,
        &lambda,
        &migrator,
        "[INFO]\tmigration 0042_widen_body: 3000000 of 41000000 rows rewritten",
    );
    w.writes(&migrator, &database);
    w.ship(&migrator, onset - 50, 42);
    w.starts_over(
        &format!("{name}-slow"),
        (&ids.balancer, "TargetResponseTime", "Average"),
        2.0,
    );
    w.starts_text(format!(
        "{name} hangs when a ticket is saved, reading is slow too"
    ));
    w.title(format!("{name} is slow"), &name);
    w.entry(&ids.balancer, &flow);
    w.cause(&[&migrator, &database], "system_change", &[]);
    w.forbid(&[&ids.service]);
    w.telling(&database, "DatabaseConnections");
}
