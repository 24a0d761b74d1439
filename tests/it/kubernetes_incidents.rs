//! Incidents in a Kubernetes cluster, through the real engine: the cluster is a double that is asked over HTTP, the alarm and
//! the metrics of the load balancer in front of it are a recording. Every pattern on clusters is proved by one of them, and
//! stays quiet in the controls.

use std::{fmt::Write as _, fs, path::Path, sync::Arc};

use async_trait::async_trait;
use midwatch::{
    engine::{opening::Opening, pattern::Library, reasoner::builtin::Builtin, solo},
    journal::body::InvestigationSummary,
    model::{Allowance, Answer, Occasion, Query, Source, SourceSpec, Verdict},
    sources::{
        bundle::{Bundle, BundleSource},
        space::{Member, SpaceSource},
    },
};
use serde_json::{Value, json};

use crate::support::double_kubernetes::{
    World, event, killed, meta, pod, pod_spec, replica_set, running, shop, source,
};

const WEB: &str = "k8s:prod/shop/deployment/web";
pub const BALANCER: &str = "lb:app/shop/0a1b2c3d4e5f6071";

/// A recording as one member of a space: it knows nothing of the cluster.
struct Recorded(BundleSource);

#[async_trait]
impl Source for Recorded {
    fn name(&self) -> &str {
        self.0.name()
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.0.answer(query).await
    }

    async fn answer_within(&self, query: &Query, allowance: &Allowance) -> Answer {
        self.0.answer_within(query, allowance).await
    }

    fn occasion(&self) -> Option<Occasion> {
        self.0.occasion()
    }
}

impl Member for Recorded {
    fn part(&self, query: &Query) -> Option<Query> {
        let outside = match query {
            Query::Configuration { resource }
            | Query::Logs {
                resource: Some(resource),
                ..
            }
            | Query::Catalogue {
                resource: Some(resource),
                ..
            } => !resource.id.as_str().starts_with("k8s:"),
            _ => true,
        };
        outside.then(|| query.clone())
    }
}

/// Writes the recording: the balancer answers with errors (or not) from 10:40 on, and gets more requests (or not).
pub fn record(folder: &Path, failing: bool, busy: bool) {
    let write = |name: &str, text: String| fs::write(folder.join(name), text).unwrap();
    write(
        "incident.toml",
        r#"format = 1
title = "Shop answers with errors"
[start]
kind = "alarm"
alarm = "shop-5xx"
at = 2026-03-10T10:44:00Z
account = "111122223333"
region = "us-east-1"
priority = "HIGH"
[window]
from = 2026-03-10T10:00:00Z
to = 2026-03-10T11:30:00Z
[baseline]
from = 2026-03-10T07:00:00Z
to = 2026-03-10T10:00:00Z
"#
        .to_owned(),
    );
    let dimensions = json!({"LoadBalancer": "app/shop/0a1b2c3d4e5f6071"});
    write(
        "resources.jsonl",
        json!({"id": BALANCER, "type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "name": "shop"})
            .to_string(),
    );
    write(
        "alarms.jsonl",
        json!({
            "name": "shop-5xx", "resource": BALANCER, "namespace": "AWS/ApplicationELB", "metric": "HTTPCode_Target_5XX_Count",
            "dimensions": dimensions, "stat": "Sum", "period": 60, "threshold": 20.0, "comparison": "GreaterThanThreshold",
            "evaluation_periods": 3, "treat_missing": "notBreaching",
            "transitions": [{"at": "2026-03-10T10:43:00Z", "from": "OK", "to": "ALARM", "reason": "Threshold Crossed"}],
        })
        .to_string(),
    );
    // From 07:00 to 11:30; the 220th minute is 10:40.
    let series = |metric: &str, value: &dyn Fn(usize) -> usize| {
        let values: Vec<usize> = (0..270).map(value).collect();
        json!({"resource": BALANCER, "namespace": "AWS/ApplicationELB", "metric": metric, "dimensions": dimensions, "stat": "Sum",
               "period": 60, "start": "2026-03-10T07:00:00Z", "values": values})
    };
    let errors = |minute: usize| {
        if failing && minute >= 220 {
            80 + minute % 9
        } else {
            minute * 7 % 3
        }
    };
    let requests = |minute: usize| {
        if busy && minute >= 218 {
            4_000 + minute * 31 % 70
        } else {
            900 + minute * 37 % 60
        }
    };
    let mut metrics = String::new();
    for one in [
        series("HTTPCode_Target_5XX_Count", &errors),
        series("RequestCount", &requests),
    ] {
        writeln!(metrics, "{one}").unwrap();
    }
    write("metrics.jsonl", metrics);
}

async fn investigated(world: World, failing: bool, busy: bool) -> InvestigationSummary {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), failing, busy);
    let bundle = Bundle::open(folder.path()).unwrap();
    let spec = SourceSpec::Bundle {
        path: "recording".to_owned(),
    };
    let opening = Opening::of(bundle.incident(), spec);
    let double = world.start();
    let space = SpaceSource::new(vec![
        Arc::new(Recorded(BundleSource::new(bundle))),
        source(&double, &[]),
    ]);
    let reasoner = Arc::new(Builtin::new(Arc::new(Library::shipped().unwrap())));
    let outcome = solo::run(opening, Arc::new(space), reasoner).await.unwrap();
    outcome.view.summary.unwrap()
}

/// A container that waits, and what it last ended with.
fn waiting(reason: &str, message: &str, last: Option<Value>) -> Value {
    let mut status = json!({"ready": false, "restartCount": 0, "state": {"waiting": {"reason": reason, "message": message}}});
    if let Some(last) = last {
        status["restartCount"] = json!(6);
        status["lastState"] = json!({"terminated": last});
    }
    status
}

fn crashed(reason: &str) -> Value {
    json!({"reason": reason, "exitCode": 1, "finishedAt": "2026-03-10T10:41:20Z"})
}

fn rollout(world: World) -> World {
    world.with(
        "replicasets",
        replica_set(
            "web-next",
            8,
            "2026-03-10T10:36:00Z",
            pod_spec("registry/web:1.5", "256Mi"),
        ),
    )
}

const EARLY: &str = "2026-03-10T10:39:30Z";
const LATE: &str = "2026-03-10T11:20:00Z";

fn out_of_memory() -> World {
    shop()
        .with("pods", pod("web-new-a", "web-new", killed("2026-03-10T10:41:00Z")))
        .with("pods", pod("web-new-b", "web-new", killed("2026-03-10T10:45:00Z")))
        .with("events", event("web-new-a", "BackOff", "Back-off restarting failed container app in pod", EARLY, LATE))
        .log(
            "shop/web-new-a/app/previous",
            "2026-03-10T10:40:50Z FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n",
        )
}

fn crash_loop() -> World {
    let status = waiting(
        "CrashLoopBackOff",
        "back-off 5m0s restarting failed container",
        Some(crashed("Error")),
    );
    shop()
        .with("pods", pod("web-new-a", "web-new", status))
        .with("events", event("web-new-a", "BackOff", "Back-off restarting failed container app in pod", EARLY, LATE))
        .log(
            "shop/web-new-a/app/previous",
            "2026-03-10T10:40:10Z starting\n2026-03-10T10:40:12Z panic: dial tcp 10.0.0.7:5432: connect: connection refused\n",
        )
}

fn image_pull() -> World {
    let status = waiting(
        "ImagePullBackOff",
        "Back-off pulling image \"registry/web:1.5\"",
        None,
    );
    let failed = "Failed to pull image \"registry/web:1.5\": manifest unknown: Requested image not found";
    rollout(shop())
        .with("pods", pod("web-next-a", "web-next", status))
        .with(
            "events",
            event("web-next-a", "Failed", failed, "2026-03-10T10:36:30Z", LATE),
        )
}

fn no_room() -> World {
    let mut waits = pod("web-new-c", "web-new", json!({}));
    waits["status"] = json!({"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": "0/1 nodes are available: 1 Insufficient memory.", "lastTransitionTime": EARLY}]});
    let message = "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available.";
    shop().with("pods", waits).with(
        "events",
        event("web-new-c", "FailedScheduling", message, EARLY, LATE),
    )
}

fn probes() -> World {
    let message = "Readiness probe failed: Get \"http://10.0.0.5:8080/healthz\": context deadline exceeded";
    let mut unready = running();
    unready["ready"] = json!(false);
    shop()
        .with("pods", pod("web-new-a", "web-new", unready))
        .with("events", event("web-new-a", "Unhealthy", message, EARLY, LATE))
        .log(
            "shop/web-new-a/app",
            "2026-03-10T10:40:10Z ERROR pool timed out waiting for a connection\n2026-03-10T10:40:40Z ERROR pool timed out waiting for a connection\n",
        )
}

fn node_pressure() -> World {
    let mut world = shop();
    for (sort, object) in &mut world.objects {
        if *sort == "nodes" {
            object["status"]["conditions"] = json!([{"type": "MemoryPressure", "status": "True", "reason": "KubeletHasInsufficientMemory",
                "message": "kubelet has insufficient memory available", "lastTransitionTime": "2026-03-10T10:38:00Z"}]);
        }
    }
    let mut evicted = pod("web-new-a", "web-new", json!({}));
    evicted["status"] = json!({"reason": "Evicted", "message": "The node was low on resource: memory.", "startTime": "2026-03-10T10:39:00Z"});
    world.with("pods", evicted).with(
        "events",
        event(
            "web-new-a",
            "Evicted",
            "The node was low on resource: memory. Threshold quantity: 100Mi",
            EARLY,
            EARLY,
        ),
    )
}

fn bad_rollout() -> World {
    let status = waiting(
        "CrashLoopBackOff",
        "back-off 5m0s restarting failed container",
        Some(crashed("Error")),
    );
    rollout(shop()).with("pods", pod("web-next-a", "web-next", status)).log(
        "shop/web-next-a/app/previous",
        "2026-03-10T10:40:10Z starting\n2026-03-10T10:40:12Z TypeError: Cannot read properties of undefined (reading 'id')\n",
    )
}

fn config_missing() -> World {
    let status = waiting("CreateContainerConfigError", "secret \"db\" not found", None);
    rollout(shop())
        .with("pods", pod("web-next-a", "web-next", status))
        .with(
            "events",
            event(
                "web-next-a",
                "Failed",
                "Error: secret \"db\" not found",
                "2026-03-10T10:36:30Z",
                LATE,
            ),
        )
}

fn at_maximum() -> World {
    shop().with("pods", pod("web-new-a", "web-new", running())).with(
        "horizontalpodautoscalers",
        json!({
            "metadata": meta("web", None),
            "spec": {"maxReplicas": 2, "scaleTargetRef": {"kind": "Deployment", "name": "web"}},
            "status": {"currentReplicas": 2, "conditions": [{"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas",
                "message": "the desired replica count is more than the maximum replica count", "lastTransitionTime": EARLY}]},
        }),
    )
}

/// World, whether more requests come in, the pattern that is right, and who is to blame.
type Case = (fn() -> World, bool, &'static str, &'static str);

const CASES: [Case; 9] = [
    (out_of_memory, false, "k8s-out-of-memory", WEB),
    (crash_loop, false, "k8s-crash-loop", WEB),
    (image_pull, false, "k8s-image-pull-failing", WEB),
    (no_room, false, "k8s-no-room", WEB),
    (probes, false, "k8s-probes-failing", WEB),
    (node_pressure, false, "k8s-node-pressure", "k8s:prod/node/node-a"),
    (bad_rollout, false, "k8s-bad-rollout", WEB),
    (config_missing, false, "k8s-config-missing", WEB),
    (at_maximum, true, "scaling-at-maximum", WEB),
];

fn told(summary: &InvestigationSummary) -> String {
    let mut text = format!("{:?}: {}\n", summary.verdict, summary.text);
    for one in summary.hypotheses.iter().take(8) {
        writeln!(text, "  {} {:?} {}: {}", one.id, one.state, one.score, one.why).unwrap();
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn every_incident_of_a_cluster_is_traced_to_its_cause() {
    let mut wrong = String::new();
    for (world, busy, pattern, resource) in CASES {
        let summary = investigated(world(), true, busy).await;
        let right = summary.verdict == Verdict::Cause
            && summary
                .causes
                .first()
                .is_some_and(|cause| cause.pattern == pattern && cause.resource.as_str() == resource);
        if !right {
            writeln!(wrong, "=== {pattern}: {}", told(&summary)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_cluster_is_not_blamed_and_a_healthy_balancer_has_no_cause() {
    let healthy = shop().with("pods", pod("web-new-a", "web-new", running()));
    let summary = investigated(healthy, true, false).await;
    assert!(
        summary
            .causes
            .iter()
            .all(|cause| !cause.resource.as_str().starts_with("k8s:")),
        "{}",
        told(&summary)
    );
    for (world, _, pattern, _) in CASES {
        let summary = investigated(world(), false, false).await;
        assert_ne!(summary.verdict, Verdict::Cause, "{pattern}: {}", told(&summary));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_container_that_was_killed_is_named_with_its_limit_and_a_plan() {
    let summary = investigated(out_of_memory(), true, false).await;
    let cause = summary.causes.first().unwrap();
    let statement = cause.statement.to_string();
    assert!(
        statement.contains("web are killed because they use more memory"),
        "{statement}"
    );
    assert!(statement.contains("its limit is 256Mi"), "{statement}");
}
