//! ECS services: memory, health checks, images, start, and the balancers before them.

use serde_json::json;

use super::{
    super::{
        wave::Wave,
        world::{Site, World, fleet::tail, kind, site::Ids, truth::OVER, words::error},
    },
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("ecs-out-of-memory", out_of_memory),
    ("ecs-health-check-deploy", health_check),
    ("ecs-image-pull", image_pull),
    ("ecs-crash-loop", crash_loop),
    ("alb-flag-5xx", flag),
    ("alb-targets-deregistered", deregistered),
    ("ecs-task-size-lowered", task_size),
];

/// What stands behind a site: a database, a cache, a client in front. Gives back database, cache, client.
fn around(w: &mut World, ids: &Ids) -> (String, String, String) {
    let (database, cache) = (w.n("db"), w.n("cache"));
    w.add(&kind::DATABASE, &database, json!({}), &[]);
    w.add(&kind::CACHE, &cache, json!({}), &[]);
    w.reads(&ids.service, &database);
    w.reads(&ids.service, &cache);
    let client = w.client(&w.n("users"), &ids.balancer);
    w.innocent(&[&database, &cache]);
    w.forbid(&[&database, &cache, &client]);
    (database, cache, client)
}

/// ECS says this every few minutes from the onset on.
fn repeats(w: &mut World, service: &str, every: i64, say: &dyn Fn(&str, &str) -> String) {
    let name = w.name_of(service);
    let mut rng = w.rng("repeats");
    let mut at = w.shape.onset + w.shape.ramp / 6 + 20;
    while at < w.grid().window.to {
        let words = say(&name, &rng.hex(32));
        w.event(at, "ecs", service, "service", words);
        at += every + rng.whole(-20, 40);
    }
}

/// Exports grow, and tasks are killed for their memory again and again.
fn out_of_memory(w: &mut World) {
    let name = w.n("exports");
    let flow = w.failing("exports", &w.calm("exports", 66.0, 240.0), 0.37);
    let memory = w
        .measured("memory", 61.0, 97.0, 0.012)
        .map(|_, value| value.min(100.0));
    let tasks = Wave::flat(w.grid(), 3.0).map(|at, tasks| {
        if w.effect(at) > 0.6 && (at / 60) % 4 != 0 {
            2.0
        } else {
            tasks
        }
    });
    let gone = tasks.map(|_, tasks| 3.0 - tasks);
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["export written, 2 MB", "export asked for"])
        .config(json!({"DeploymentConfiguration": {"MinimumHealthyPercent": 100, "MaximumPercent": 200}}))
        .own(&[("MemoryUtilization", &memory), ("RunningTaskCount", &tasks)])
        .front(&[
            ("HTTPCode_Target_5XX_Count", &w.none()),
            ("HTTPCode_ELB_5XX_Count", &flow.bad),
        ])
        .hosts(&tasks, &gone)
        .error(&move |rng| {
            error(
                &n,
                "heap nearly full while an export is written",
                &json!({"rows": rng.whole(900_000, 4_000_000), "heap_used_mb": rng.whole(930, 1_010)}),
            )
        })
        .lay(w);
    around(w, &ids);
    repeats(w, &ids.service, 240, &|name, task| {
        format!(
            "(service {name}) has stopped 1 running tasks: (task {task}). OutOfMemoryError: Container killed due to memory usage (exit code 137)"
        )
    });
    w.starts_over(
        &format!("{name}-elb-5xx"),
        (&ids.balancer, "HTTPCode_ELB_5XX_Count", "Sum"),
        6.0,
    );
    w.title(format!("{name} answers with errors"), &name);
    w.cause(&[&ids.service], "resource_limit", &["memory"]);
    w.telling(&ids.service, "MemoryUtilization");
}

/// A new revision answers its health check with an error, and replaces the old one nonetheless.
fn health_check(w: &mut World) {
    let name = w.n("accounts");
    let at = w.act();
    let flow = w.failing("accounts", &w.calm("accounts", 120.0, 60.0), 0.66);
    let healthy = w.rise(3.0, 1.0).map(|_, value| value.round());
    let unhealthy = healthy.map(|_, value| 3.0 - value);
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["account read", "login checked"])
        .config(json!({"DeploymentConfiguration": {"MinimumHealthyPercent": 0, "MaximumPercent": 100}}))
        .hosts(&healthy, &unhealthy)
        .error(&move |rng| {
            error(
                &n,
                "GET /health 500: migration table is newer than this build",
                &json!({"expected": 41, "found": 40, "pid": rng.whole(7, 40)}),
            )
        })
        .lay(w);
    around(w, &ids);
    w.rollout(&ids.service, at);
    let group = ids.targets.clone();
    repeats(w, &ids.service, 200, &|name, task| {
        format!(
            "(service {name}) (task {task}) (port 8080) is unhealthy in (target-group {group}) due to (reason Health checks failed with these codes: [500])"
        )
    });
    w.starts_over(
        &format!("{name}-unhealthy"),
        (&ids.targets, "UnHealthyHostCount", "Maximum"),
        0.0,
    );
    w.alarm(
        &format!("{name}-5xx"),
        (&ids.balancer, "HTTPCode_Target_5XX_Count", "Sum"),
        OVER,
        10.0,
        3,
    );
    w.starts_symptom(&ids.balancer, "HTTPCode_Target_5XX_Count", "Sum");
    w.title(format!("Targets of {name} are unhealthy"), &name);
    w.cause(&[&ids.service], "system_change", &[]);
    w.telling(&ids.service, "RunningTaskCount");
}

/// A revision names an image that is not there.
fn image_pull(w: &mut World) {
    let name = w.n("notifier");
    let at = w.act();
    let flow = w.failing("notifier", &w.calm("notifier", 84.0, 45.0), 0.97);
    let running = w.rise(3.0, 0.0).map(|_, value| value.round());
    let sane = w.calm("sane", 84.0, 45.0);
    let (none, good) = (w.none(), flow.count.with(&flow.bad, |a, b| a - b));
    let ids = Site::new(&name, &sane, &["notice sent", "notice rendered"])
        .config(json!({"DeploymentConfiguration": {"MinimumHealthyPercent": 0, "MaximumPercent": 100}}))
        .own(&[("RunningTaskCount", &running)])
        .front(&[
            ("RequestCount", &flow.count),
            ("HTTPCode_ELB_5XX_Count", &flow.bad),
            ("HTTPCode_Target_2XX_Count", &good),
        ])
        .hosts(&running, &none)
        .lay(w);
    // Nothing runs any more, so nothing is written from then on.
    let quiet = w.shape.onset + w.shape.ramp;
    w.draft.logs.retain(|line| {
        line.resource.as_ref().is_none_or(|id| id.as_str() != ids.service) || line.at.as_second() < quiet
    });
    around(w, &ids);
    let image = w.rollout(&ids.service, at);
    repeats(w, &ids.service, 260, &|name, task| {
        format!(
            "(service {name}) has stopped 1 running tasks: (task {task}). CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: {image}: not found"
        )
    });
    w.starts_below(
        &format!("{name}-tasks"),
        (&ids.service, "RunningTaskCount", "Average"),
        2.0,
    );
    w.alarm(
        &format!("{name}-elb-5xx"),
        (&ids.balancer, "HTTPCode_ELB_5XX_Count", "Sum"),
        OVER,
        10.0,
        3,
    );
    w.title(format!("{name} has no tasks"), &name);
    w.cause(&[&ids.service], "system_change", &["image"]);
    w.timeline(&["UpdateService", "alarm"]);
    w.telling(&ids.service, "CPUUtilization");
}

/// A new revision ends as soon as it starts.
fn crash_loop(w: &mut World) {
    let name = w.n("gateway");
    let at = w.act();
    let flow = w.failing("gateway", &w.calm("gateway", 140.0, 52.0), 0.98);
    let running = Wave::flat(w.grid(), 3.0).map(|at, tasks| {
        if w.effect(at) > 0.5 {
            f64::from((at / 60) % 3 == 0)
        } else {
            tasks
        }
    });
    let healthy = w.rise(3.0, 0.0).map(|_, value| value.round());
    let none = w.none();
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["request passed on", "token checked"])
        .config(json!({"DeploymentConfiguration": {"MinimumHealthyPercent": 0, "MaximumPercent": 100}}))
        .own(&[("RunningTaskCount", &running)])
        .front(&[("HTTPCode_Target_5XX_Count", &none), ("HTTPCode_ELB_5XX_Count", &flow.bad)])
        .hosts(&healthy, &none)
        .error(&move |rng| {
            if rng.chance(0.5) {
                format!("Error: required setting UPSTREAM_TIMEOUT is not a number: \"5s\"\n    at readSettings (/app/dist/settings.js:31:11)\n    at Object.<anonymous> (/app/dist/main.js:8:18)\n    service={n}")
            } else {
                "npm error Lifecycle script `start` failed with error code 1".to_owned()
            }
        })
        .lay(w);
    around(w, &ids);
    w.rollout(&ids.service, at);
    w.merge(
        at - 820,
        &ids.service,
        "Write timeouts with a unit",
        (
            "deploy/settings.env",
            "@@ -4,1 +4,1 @@\n-UPSTREAM_TIMEOUT=5000\n+UPSTREAM_TIMEOUT=5s",
        ),
    );
    repeats(w, &ids.service, 210, &|name, task| {
        format!(
            "(service {name}) has stopped 1 running tasks: (task {task}). Essential container in task exited (exit code 1)"
        )
    });
    let late = w.shape.onset + w.shape.ramp + 460;
    w.event(
        late,
        "ecs",
        &ids.service,
        "service",
        format!("(service {name}) is unable to consistently start tasks successfully."),
    );
    w.starts_over(
        &format!("{name}-elb-5xx"),
        (&ids.balancer, "HTTPCode_ELB_5XX_Count", "Sum"),
        15.0,
    );
    w.title(format!("{name} answers with errors"), &name);
    w.cause(&[&ids.service], "system_change", &[]);
    w.forbid(&[&ids.balancer]);
    w.telling(&ids.service, "RunningTaskCount");
}

/// A flag is turned on, and the code behind it does not work.
fn flag(w: &mut World) {
    let name = w.n("basket");
    let at = w.act();
    let flow = w.failing("basket", &w.calm("basket", 130.0, 78.0), 0.44);
    let ids = Site::new(&name, &flow, &["basket saved", "basket read"])
        .error(&|rng| format!("java.lang.NullPointerException: Cannot invoke \"com.example.basket.Coupon.rate()\" because \"coupon\" is null\n\tat com.example.basket.PriceV2.of(PriceV2.java:{})\n\tat com.example.basket.BasketController.save(BasketController.java:88)", rng.whole(44, 47)))
        .lay(w);
    around(w, &ids);
    let profile = w.place(
        &kind::PROFILE,
        &w.n("flags"),
        json!({"Name": w.n("flags"), "Type": "AWS.AppConfig.FeatureFlags", "LocationUri": "hosted"}),
    );
    w.uses(&ids.service, &profile);
    w.call(
        at,
        ("appconfig", "StartDeployment"),
        &profile,
        &format!("StartDeployment of {} version 14 (price-v2 on)", w.n("flags")),
        json!({"configurationProfileId": profile, "configurationVersion": "14", "deploymentStrategyId": "AppConfig.AllAtOnce", "description": "price-v2 on"}),
    );
    w.starts_over(
        &format!("{name}-5xx"),
        (&ids.balancer, "HTTPCode_Target_5XX_Count", "Sum"),
        10.0,
    );
    w.title(format!("{name} answers with errors"), &name);
    w.cause(&[&profile, &ids.service], "system_change", &[]);
    w.timeline(&["StartDeployment", "alarm"]);
    w.telling(&ids.service, "CPUUtilization");
}

/// Somebody takes all targets out of the group.
fn deregistered(w: &mut World) {
    let name = w.n("landing");
    let at = w.act();
    let sane = w.calm("landing", 150.0, 40.0);
    let refused = w.failing("landing", &sane, 1.0).bad;
    let passed = sane.count.with(&refused, |all, bad| all - bad);
    let flow = w.around("passed", passed.clone(), 40.0);
    let (hosts, none) = (w.rise(3.0, 0.0).map(|_, value| value.round()), w.none());
    let cpu = w.measured("cpu", 33.0, 2.0, 0.05);
    let ids = Site::new(&name, &flow, &["page served", "teaser served"])
        .own(&[("CPUUtilization", &cpu)])
        .front(&[
            ("RequestCount", &sane.count),
            ("HTTPCode_ELB_5XX_Count", &refused),
            ("HTTPCode_Target_2XX_Count", &passed),
        ])
        .hosts(&hosts, &none)
        .lay(w);
    around(w, &ids);
    w.extra(
        &ids.balancer,
        ("AWS/ApplicationELB", "HTTPCode_ELB_503_Count", "Sum", "Count"),
        &[("LoadBalancer", tail(&ids.balancer))],
        &refused,
    );
    w.call(
        at,
        ("elasticloadbalancing", "DeregisterTargets"),
        &ids.targets,
        &format!("DeregisterTargets of {name}-alb-tg (3 targets)"),
        json!({"targetGroupArn": ids.targets, "targets": [{"id": "10.0.3.14", "port": 8080}, {"id": "10.0.4.81", "port": 8080}, {"id": "10.0.5.23", "port": 8080}]}),
    );
    w.starts_over(
        &format!("{name}-elb-5xx"),
        (&ids.balancer, "HTTPCode_ELB_5XX_Count", "Sum"),
        15.0,
    );
    w.title(format!("{name} answers with errors"), &name);
    w.cause(&[&ids.targets, &ids.balancer], "system_change", &[]);
    w.timeline(&["DeregisterTargets", "alarm"]);
    w.forbid(&[&ids.service]);
    w.telling(&ids.targets, "HealthyHostCount");
}

/// A new revision has a quarter of the processor.
fn task_size(w: &mut World) {
    let name = w.n("render");
    let at = w.act();
    let flow = w.failing(
        "render",
        &w.slower("render", &w.calm("render", 95.0, 130.0), 2_300.0),
        0.07,
    );
    let cpu = w
        .measured("cpu", 31.0, 99.4, 0.02)
        .map(|_, value| value.min(100.0));
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["picture rendered", "template read"])
        .own(&[("CPUUtilization", &cpu)])
        .error(&move |rng| {
            error(
                &n,
                "rendering took too long, given up",
                &json!({"ms": rng.whole(5_000, 9_000)}),
            )
        })
        .lay(w);
    around(w, &ids);
    w.rollout(&ids.service, at);
    let registered = w
        .draft
        .changes
        .iter_mut()
        .rev()
        .find(|change| change.kind == "RegisterTaskDefinition");
    if let Some(change) = registered {
        change.detail["requestParameters"]["cpu"] = json!("256");
        change.detail["requestParameters"]["memory"] = json!("2048");
    }
    w.merge(at - 1_900, &ids.service, "Smaller tasks save money", ("infra/render.ts", "@@ -11,2 +11,2 @@\n-    cpu: 1024,\n-    memoryLimitMiB: 2048,\n+    cpu: 256,\n+    memoryLimitMiB: 2048,"));
    w.starts_over(
        &format!("{name}-slow"),
        (&ids.balancer, "TargetResponseTime", "Average"),
        0.9,
    );
    w.title(format!("{name} is slow"), &name);
    w.entry(&ids.balancer, &flow);
    w.cause(&[&ids.service], "system_change", &[]);
    w.timeline(&["UpdateService", "alarm"]);
    w.telling(&ids.service, "CPUUtilization");
}
