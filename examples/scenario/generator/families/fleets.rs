//! Fleets that lose a zone, or may not grow.

use serde_json::json;

use super::{
    super::{
        wave::Wave,
        world::{World, flow::Flow, kind},
    },
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[("zone-lost", zone_lost), ("asg-at-maximum", group_at_maximum)];

/// One of two zones is lost, and with it half of the instances.
fn zone_lost(w: &mut World) {
    let name = w.n("front");
    let flow = w.failing(
        "front",
        &w.slower("front", &w.calm("front", 220.0, 64.0), 130.0),
        0.24,
    );
    let busy = w.measured("busy", 34.0, 66.0, 0.05);
    let (balancer, targets, near) = w.fleet(
        &name,
        &flow,
        (2, 2),
        &json!({}),
        &[("CPUUtilization", &busy)],
        2.0,
    );
    let gone = w.rise(0.0, 1.0).map(|_, share| share.round());
    let zone_a = w.place(
        &kind::SUBNET,
        &w.n("subnet-a"),
        json!({"AvailabilityZone": format!("{}a", w.draft.region)}),
    );
    let zone_b = w.place(
        &kind::SUBNET,
        &w.n("subnet-b"),
        json!({"AvailabilityZone": format!("{}b", w.draft.region)}),
    );
    let cpu = w.measured("cpu", 33.0, 0.2, 0.05);
    let zero = w.rise(1.0, 0.0);
    let bytes = w.load("bytes", 2_600_000.0).with(&zero, |a, b| (a * b).round());
    let mut lost = Vec::new();
    for number in 3..=4 {
        let silent = Flow {
            count: w.load(&format!("lost {number}"), 55.0).with(&zero, |a, b| a * b),
            bad: w.none(),
            millis: flow.millis.clone(),
        };
        let own = [
            ("CPUUtilization", &cpu),
            ("NetworkIn", &bytes),
            ("NetworkOut", &bytes),
            ("StatusCheckFailed_System", &gone),
            ("StatusCheckFailed_Instance", &gone),
        ];
        let id = w.server(&format!("{name}-{number}"), &silent, 500, json!({}), &own);
        w.routes(&targets, &id);
        w.contains(&zone_b, &id);
        lost.push(id);
    }
    let database = w.n("db");
    w.add(&kind::DATABASE, &database, json!({}), &[]);
    for id in near.iter().chain(&lost) {
        w.reads(id, &database);
    }
    for id in &near {
        w.contains(&zone_a, id);
    }
    let clients = w.client(&w.n("visitors"), &balancer);
    let zone = format!("{}b", w.draft.region);
    w.event(w.shape.onset + 410, "health", &zone_b, "issue", format!("AWS_EC2_OPERATIONAL_ISSUE: power and connectivity of instances in one Availability Zone ({zone}) are affected; other zones are not"));
    w.starts_over(
        &format!("{name}-5xx"),
        (&balancer, "HTTPCode_ELB_5XX_Count", "Sum"),
        12.0,
    );
    w.title(format!("{name} answers some requests with errors"), &name);
    w.cause(&[&zone_b, &lost[0], &lost[1]], "component_failure", &[]);
    w.forbid(&[&database, &clients, &near[0], &near[1], &zone_a]);
    w.innocent(&[&database]);
    w.telling(&lost[0], "StatusCheckFailed_System");
}

/// The group has grown as far as it may, and it is not enough.
fn group_at_maximum(w: &mut World) {
    let name = w.n("stream");
    let flow = w.failing(
        "stream",
        &w.slower("stream", &w.surge("stream", 170.0, 80.0, 4.2), 1_150.0),
        0.08,
    );
    let cpu = w
        .measured("cpu", 38.0, 97.0, 0.02)
        .map(|_, value| value.min(99.9));
    let (balancer, targets, mut ids) = w.fleet(
        &name,
        &flow,
        (2, 1),
        &json!({"InstanceType": "c7g.large"}),
        &[("CPUUtilization", &cpu)],
        0.0,
    );
    let onset = w.shape.onset;
    let born = move |wave: &Wave| wave.map(|at, value| if at < onset + 240 { f64::NAN } else { value });
    let third = w.server(
        &format!("{name}-3"),
        &Flow {
            count: flow
                .count
                .map(|at, count| if at < onset + 240 { 0.0 } else { count / 3.0 }),
            bad: w.none(),
            millis: flow.millis.clone(),
        },
        500,
        json!({"InstanceType": "c7g.large"}),
        &[
            ("CPUUtilization", &born(&cpu)),
            ("StatusCheckFailed_System", &born(&w.none())),
            ("StatusCheckFailed_Instance", &born(&w.none())),
            ("NetworkIn", &born(&w.load("in", 5.0e6))),
            ("NetworkOut", &born(&w.load("out", 9.0e6))),
            ("mem_used_percent", &born(&w.rise(40.0, 56.0))),
        ],
    );
    w.routes(&targets, &third);
    ids.push(third);
    let size = Wave::flat(w.grid(), 2.0).map(|at, value| if at < onset + 180 { value } else { 3.0 });
    let most = Wave::flat(w.grid(), 3.0);
    let group = w.add(
        &kind::GROUP,
        &w.n("stream-asg"),
        json!({"MinSize": "2", "MaxSize": "3", "DesiredCapacity": "3"}),
        &[
            ("GroupDesiredCapacity", &size),
            ("GroupInServiceInstances", &size),
            ("GroupMaxSize", &most),
        ],
    );
    for id in &ids {
        w.contains(&group, id);
    }
    w.routes(&targets, &group);
    let database = w.n("db");
    w.add(&kind::DATABASE, &database, json!({}), &[]);
    w.reads(&ids[0], &database);
    w.reads(&ids[1], &database);
    w.reads(&ids[2], &database);
    w.client(&w.n("listeners"), &balancer);
    w.event(onset + 180, "autoscaling", &group, "scaling", format!("Launching a new EC2 instance: {}. Cause: a monitor alarm {name}-target-tracking-high in state ALARM triggered policy {name}-cpu changing the desired capacity from 2 to 3.", ids[2]));
    for minutes in [9, 15, 22, 30] {
        w.event(onset + minutes * 60, "autoscaling", &group, "scaling", format!("A monitor alarm {name}-target-tracking-high in state ALARM triggered policy {name}-cpu; not scaled: AlreadyAtMaxCapacity (MaxCapacity 3, DesiredCapacity 3, CurrentCapacity 3)"));
    }
    w.starts_over(
        &format!("{name}-slow"),
        (&balancer, "TargetResponseTime", "Average"),
        0.5,
    );
    w.title(format!("{name} is slow"), &name);
    w.cause(&[&group], "resource_limit", &["maximum"]);
    w.forbid(&[&database]);
    w.innocent(&[&database]);
    w.telling(&group, "GroupMaxSize");
}
