//! Changes that did no harm, beside an alarm that was soon well again.

use serde_json::json;

use super::{
    super::{
        wave::Wave,
        world::{World, kind, truth::OVER},
    },
    Control, fires, pipeline, service, site, spiked,
};

/// These controls.
pub const ALL: &[Control] = &[
    ("deploy-blip", 0, deploy_blip),
    ("rollout-warm-up", 0, rollout),
    ("new-alarm-old-habit", 1_440, new_alarm),
    ("scanner", 0, scanner),
    ("purged-queue", 0, purged),
    ("parameter-change", 10_080, parameter),
];

/// New code; three runs failed while it was put in place.
fn deploy_blip(w: &mut World) {
    let flow = w.calm("api", 64.0, 88.0);
    let errors = spiked(w, &flow.bad, &[3.0]);
    let at = w.shape.onset - 21;
    let (_, function) = service(
        w,
        &flow,
        &[("5XXError", &errors)],
        &[("Errors", &errors)],
        Some(at),
    );
    fires(w, (&function, "Errors", "Sum"), 2.0, 1);
}

/// New tasks are slow for their first requests.
fn rollout(w: &mut World) {
    let flow = w.calm("web", 135.0, 62.0);
    let mut rng = w.rng("p99");
    let usual = flow.millis.map(|_, ms| ms / 1_000.0 * rng.range(2.4, 3.3));
    let p99 = spiked(w, &usual, &[2.4, 1.9]);
    let (ids, _) = site(w, &flow, &[("TargetResponseTime p99", &p99)], &[], &[]);
    let at = w.shape.onset - 80;
    w.rollout(&ids.service, at);
    w.event(
        at + 260,
        "ecs",
        &ids.service,
        "service",
        format!("(service {}) has reached a steady state.", w.n("web")),
    );
    fires(w, (&ids.balancer, "TargetResponseTime", "p99"), 1.5, 2);
}

/// A cache has put out a few entries a minute for ever; now there is an alarm on it.
fn new_alarm(w: &mut World) {
    let flow = w.calm("web", 115.0, 57.0);
    let (ids, _) = site(w, &flow, &[], &[], &[]);
    let cache = w.n("pages");
    let evictions = w.counts("evictions", &Wave::flat(w.grid(), 22.0));
    let full = w
        .measured("full", 99.1, 99.1, 0.001)
        .map(|_, value| value.min(100.0));
    w.add(
        &kind::CACHE,
        &cache,
        json!({"CacheNodeType": "cache.t4g.small"}),
        &[
            ("Evictions", &evictions),
            ("DatabaseMemoryUsagePercentage", &full),
        ],
    );
    w.reads(&ids.service, &cache);
    fires(w, (&cache, "Evictions", "Sum"), 10.0, 3);
    // It was made in this window: what it said before never happened.
    let born = super::super::wave::time(w.shape.onset);
    let Some(alarm) = w.draft.alarms.last_mut() else {
        return;
    };
    alarm.transitions.retain(|transition| transition.at >= born);
    let mut first = alarm.transitions.clone();
    first.truncate(0);
    first.push(midwatch::model::Transition {
        at: super::super::wave::time(w.shape.onset + 190),
        from: midwatch::model::AlarmState::InsufficientData,
        to: midwatch::model::AlarmState::Alarm,
        reason: "Threshold Crossed: 3 datapoints were greater than the threshold (10.0) (minimum 3 datapoints for OK -> ALARM transition).".to_owned(),
    });
    alarm.transitions = first;
    let name = alarm.name.clone();
    let at = w.shape.onset;
    w.call(
        at,
        ("monitoring", "PutMetricAlarm"),
        &cache,
        &format!("PutMetricAlarm {name}"),
        json!({"alarmName": name, "threshold": 10.0, "evaluationPeriods": 3}),
    );
}

/// Somebody asks for pages that are not there, for two minutes.
fn scanner(w: &mut World) {
    let flow = w.calm("api", 90.0, 61.0);
    let usual = w.counts("4xx", &Wave::flat(w.grid(), 1.1));
    let wrong = spiked(w, &usual, &[96.0, 41.0]);
    let (api, _) = service(w, &flow, &[("4XXError", &wrong)], &[], None);
    let group = format!("/apigateway/{}/access", w.n("api"));
    let at = w.shape.onset;
    for (offset, path) in [
        (3, "/.env"),
        (4, "/wp-login.php"),
        (9, "/.git/config"),
        (31, "/admin/config.php"),
        (44, "/backup.sql"),
    ] {
        w.line(at + offset, &group, &api, json!({"httpMethod": "GET", "resourcePath": path, "status": "404", "integrationStatus": "-", "ip": "203.0.113.77"}).to_string());
    }
    fires(w, (&api, "4XXError", "Sum"), 30.0, 1);
}

/// A queue was filled by hand with test messages, and is empty again.
fn purged(w: &mut World) {
    let usual = w.counts("waiting", &Wave::flat(w.grid(), 0.8));
    let waiting = spiked(w, &usual, &[140.0]);
    let (queue, worker) = pipeline(w, &[("ApproximateNumberOfMessagesVisible", &waiting)], &[]);
    let at = w.shape.onset;
    w.call(
        at + 44,
        ("sqs", "PurgeQueue"),
        &queue,
        &format!("PurgeQueue of {queue}"),
        json!({"queueUrl": queue}),
    );
    w.alarm(
        &format!("{worker}-errors"),
        (&worker, "Errors", "Sum"),
        OVER,
        4.0,
        3,
    );
    fires(
        w,
        (&queue, "ApproximateNumberOfMessagesVisible", "Maximum"),
        100.0,
        1,
    );
}

/// A parameter of a database was set; one minute of its latency was long.
fn parameter(w: &mut World) {
    let flow = w.calm("web", 88.0, 77.0);
    let read = spiked(w, &w.measured("read", 0.0011, 0.0011, 0.1), &[0.0094]);
    let (_, database) = site(w, &flow, &[], &[], &[("ReadLatency", &read)]);
    let at = w.shape.onset;
    w.call(at - 400, ("rds", "ModifyDBParameterGroup"), &database, "ModifyDBParameterGroup (log_min_duration_statement)", json!({"dBParameterGroupName": "main", "parameters": [{"parameterName": "log_min_duration_statement", "parameterValue": "500", "applyMethod": "immediate"}]}));
    w.event(
        at - 380,
        "rds",
        &database,
        "configuration change",
        "Updated parameter log_min_duration_statement to 500 with apply method immediate",
    );
    fires(w, (&database, "ReadLatency", "Average"), 0.006, 1);
}
