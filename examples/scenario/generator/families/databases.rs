//! Databases and caches.

use serde_json::json;

use super::{
    super::{
        logs::app,
        rng::Rng,
        wave::{Wave, time_ms},
        world::{Site, World, kind, site::Ids, truth::OVER, words::error},
    },
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("rds-connections", connections),
    ("rds-storage-full", storage_full),
    ("rds-slow-query-deploy", slow_query),
    ("elasticache-memory-full", cache_full),
];

/// A line of PostgreSQL's log, as RDS writes it.
pub fn postgres(rng: &mut Rng, at: i64, words: &str) -> String {
    format!(
        "{} UTC:10.0.{}.{}({}):app@main:[{}]:{words}",
        time_ms(at).strftime("%Y-%m-%d %H:%M:%S"),
        rng.whole(3, 6),
        rng.whole(10, 250),
        rng.whole(32_000, 61_000),
        rng.whole(900, 31_000),
    )
}

/// The group of a database's log, with its routine lines.
pub fn log_group(w: &mut World, database: &str) -> String {
    let group = format!("/aws/rds/instance/{database}/postgresql");
    w.routine(
        &group,
        database,
        0.35,
        &[
            "LOG:  checkpoint starting: time",
            "LOG:  checkpoint complete: wrote 412 buffers (0.3%)",
            "LOG:  automatic vacuum of table \"main.public.events\": index scans: 1",
        ],
    );
    group
}

/// Performance Insights: average active sessions by what they wait for, or by statement.
pub fn load(w: &mut World, database: &str, dimension: &str, value: &str, wave: &Wave) {
    w.extra(
        database,
        ("PerformanceInsights", "db.load.avg", "Average", "Count"),
        &[("DBInstanceIdentifier", database), (dimension, value)],
        wave,
    );
}

/// A cache and a client beside a site that uses a database.
pub fn beside(w: &mut World, ids: &Ids, database: &str) {
    let cache = w.n("cache");
    w.add(&kind::CACHE, &cache, json!({}), &[]);
    w.writes(&ids.service, database);
    w.reads(&ids.service, &cache);
    let client = w.client(&w.n("users"), &ids.balancer);
    w.innocent(&[&cache]);
    w.forbid(&[&cache, &client, &ids.balancer]);
}

/// More visitors, a connection for each, and none left in the end.
fn connections(w: &mut World) {
    let (name, database) = (w.n("booking"), w.n("booking-db"));
    let flow = w.failing(
        "booking",
        &w.slower("booking", &w.surge("booking", 110.0, 95.0, 1.9), 900.0),
        0.45,
    );
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["booking stored", "booking read"])
        .error(&move |rng| error(&n, "org.postgresql.util.PSQLException: FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute", &json!({"pool": "main", "waited_ms": rng.whole(200, 5_000)})))
        .lay(w);
    let open = w
        .measured("open", 52.0, 79.0, 0.012)
        .map(|_, value| value.round().min(79.0));
    w.add(
        &kind::DATABASE,
        &database,
        json!({"DBInstanceClass": "db.t4g.micro", "MaxAllocatedStorage": 400}),
        &[("DatabaseConnections", &open)],
    );
    let group = log_group(w, &database);
    w.lines(&group, &database, 2.4, &|rng, at| {
        postgres(
            rng,
            at,
            "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
        )
    });
    beside(w, &ids, &database);
    w.starts_over(
        &format!("{name}-5xx"),
        (&ids.balancer, "HTTPCode_Target_5XX_Count", "Sum"),
        10.0,
    );
    w.title(format!("{name} answers with errors"), &name);
    w.entry(&ids.balancer, &flow);
    w.cause(&[&database], "resource_limit", &["connection"]);
    w.telling(&database, "DatabaseConnections");
}

/// No room left on a database's volume.
fn storage_full(w: &mut World) {
    let (name, database, onset) = (w.n("journal"), w.n("journal-db"), w.shape.onset);
    let flow = w.failing("journal", &w.calm("journal", 75.0, 60.0), 0.7);
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["entry written", "entry read"])
        .error(&move |rng| {
            error(
                &n,
                "could not extend file \"base/16401/24711\": No space left on device",
                &json!({"sqlstate": "53100", "entry": rng.whole(1_000, 99_999)}),
            )
        })
        .lay(w);
    let free =
        Wave::flat(w.grid(), 0.0).map(|at, _| ((onset - at) as f64 / 60.0 * 21.0e6).clamp(3.2e6, 2.4e10));
    w.add(
        &kind::DATABASE,
        &database,
        json!({"AllocatedStorage": "100"}),
        &[("FreeStorageSpace", &free)],
    );
    let group = log_group(w, &database);
    w.lines(&group, &database, 1.9, &|rng, at| postgres(rng, at, "ERROR:  could not extend file \"base/16401/24711\": No space left on device\nHINT:  Check free disk space."));
    w.event(onset - 40 * 60, "rds", &database, "low storage", format!("The free storage capacity for DB Instance: {database} is low at 1% of the provisioned storage [Provisioned Storage: 98.2 GB, Free Storage: 0.9 GB]. You may want to increase the provisioned storage to address this issue."));
    w.event(
        onset + 25,
        "rds",
        &database,
        "low storage",
        "Allocated storage has been exhausted. Allocate additional storage to resolve.",
    );
    beside(w, &ids, &database);
    w.starts_over(
        &format!("{name}-5xx"),
        (&ids.balancer, "HTTPCode_Target_5XX_Count", "Sum"),
        9.0,
    );
    w.title(format!("{name} answers with errors"), &name);
    w.entry(&ids.balancer, &flow);
    w.cause(&[&database], "resource_limit", &["storage"]);
    w.forbid(&[&ids.service]);
    w.telling(&database, "FreeStorageSpace");
}

/// A new revision asks the database something that no index answers.
fn slow_query(w: &mut World) {
    let (name, database) = (w.n("browse"), w.n("browse-db"));
    let at = w.act();
    let flow = w.failing(
        "browse",
        &w.slower("browse", &w.calm("browse", 120.0, 110.0), 3_100.0),
        0.06,
    );
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["list answered", "item answered"])
        .error(&move |rng| error(&n, "list took longer than 5000 ms: canceling statement due to statement timeout", &json!({"query": "SELECT * FROM items WHERE lower(title) LIKE $1", "ms": rng.whole(5_000, 5_090)})))
        .lay(w);
    let cpu = w
        .measured("cpu", 27.0, 97.5, 0.015)
        .map(|_, value| value.min(99.9));
    let read = w.measured("read", 0.0011, 0.0094, 0.1);
    w.add(
        &kind::DATABASE,
        &database,
        json!({}),
        &[("CPUUtilization", &cpu), ("ReadLatency", &read)],
    );
    let bad = w.measured("bad", 0.01, 11.4, 0.07);
    load(
        w,
        &database,
        "db.sql.statement",
        "SELECT * FROM items WHERE lower(title) LIKE $1",
        &bad,
    );
    let old = w.measured("old", 0.31, 0.42, 0.08);
    load(
        w,
        &database,
        "db.sql.statement",
        "SELECT * FROM items WHERE id = $1",
        &old,
    );
    let group = log_group(w, &database);
    w.lines(&group, &database, 1.7, &|rng, at| {
        let took = rng.range(2_100.0, 4_990.0);
        postgres(rng, at, &format!("LOG:  duration: {took:.3} ms  execute <unnamed>: SELECT * FROM items WHERE lower(title) LIKE $1"))
    });
    beside(w, &ids, &database);
    w.rollout(&ids.service, at);
    w.merge(at - 1_340, &ids.service, "Search titles without regard to case", ("src/items.sql", "@@ -4 +4 @@\n-SELECT * FROM items WHERE title_tsv @@ plainto_tsquery($1)\n+SELECT * FROM items WHERE lower(title) LIKE $1"));
    w.starts_over(
        &format!("{database}-cpu"),
        (&database, "CPUUtilization", "Average"),
        80.0,
    );
    w.alarm(
        &format!("{name}-slow"),
        (&ids.balancer, "TargetResponseTime", "Average"),
        OVER,
        1.0,
        5,
    );
    w.title(format!("CPU of {database} is high"), &name);
    w.entry(&ids.balancer, &flow);
    w.cause(&[&ids.service], "system_change", &[]);
    w.timeline(&["UpdateService", "alarm"]);
    w.telling(&database, "ReadLatency");
}

/// A cache is full: what was put in is put out before it is read again.
fn cache_full(w: &mut World) {
    let (name, cache, database) = (w.n("feed"), w.n("feed-cache"), w.n("feed-db"));
    let flow = w.slower("feed", &w.surge("feed", 140.0, 42.0, 1.5), 390.0);
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["feed answered", "feed built"])
        .error(&move |rng| app("WARN", &n, "cache miss on a key written 4 s ago, built again", &json!({"key": format!("feed:{}", rng.whole(1_000, 99_999)), "maxmemory_policy": "volatile-lru"})))
        .warns()
        .lay(w);
    let memory = w
        .measured("memory", 88.0, 99.8, 0.001)
        .map(|_, value| value.min(100.0));
    let evictions = w.counts("evictions", &w.rise(0.0, 2_900.0));
    let misses = w
        .load("misses", 250.0)
        .with(&w.rise(1.0, 13.0), |a, b| (a * b).round());
    w.add(
        &kind::CACHE,
        &cache,
        json!({"CacheNodeType": "cache.t4g.small"}),
        &[
            ("DatabaseMemoryUsagePercentage", &memory),
            ("Evictions", &evictions),
            ("CacheMisses", &misses),
        ],
    );
    let cpu = w.measured("cpu", 24.0, 71.0, 0.03);
    w.add(&kind::DATABASE, &database, json!({}), &[("CPUUtilization", &cpu)]);
    w.reads(&ids.service, &cache);
    w.reads(&ids.service, &database);
    let batch = w.n("ranking");
    w.calm_function(&batch, "python3.13", 2.0, 1_900.0, &["ranking stored"]);
    w.writes(&batch, &database);
    let client = w.client(&w.n("phones"), &ids.balancer);
    w.starts_over(
        &format!("{name}-slow"),
        (&ids.balancer, "TargetResponseTime", "Average"),
        0.2,
    );
    w.alarm(
        &format!("{cache}-evictions"),
        (&cache, "Evictions", "Sum"),
        OVER,
        500.0,
        5,
    );
    w.starts_symptom(&ids.balancer, "TargetResponseTime", "Average");
    w.title(format!("{name} is slow"), &name);
    w.entry(&ids.balancer, &flow);
    w.cause(&[&cache], "resource_limit", &[]);
    w.forbid(&[&database, &batch]);
    w.innocent(&[&batch]);
    w.telling(&cache, "DatabaseMemoryUsagePercentage");
    let _ = client;
}
