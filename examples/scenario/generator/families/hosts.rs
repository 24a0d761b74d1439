//! Instances: processor, credits, disk, hardware, agent.

use serde_json::json;

use super::{
    super::{
        draft::Metric,
        wave::{Wave, iso_ms, time_ms},
        world::{World, flow::Flow, kind, truth::OVER},
    },
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("ec2-cpu-traffic", cpu_traffic),
    ("ec2-credits-spent", credits_spent),
    ("ec2-disk-full", disk_full),
    ("ec2-status-check", status_check),
    ("ec2-agent-stopped", agent_stopped),
    ("alb-target-hung", target_hung),
];

/// What stands behind a fleet: a database and a role.
fn behind(w: &mut World, ids: &[String]) -> String {
    let database = w.n("db");
    w.add(&kind::DATABASE, &database, json!({}), &[]);
    let role = w.place(&kind::ROLE, &w.n("host-role"), json!({}));
    for id in ids {
        w.reads(id, &database);
        w.uses(id, &role);
    }
    database
}

/// The same flow, failing only until the balancer has taken the dead host out.
fn until_out(w: &World, flow: &Flow) -> Flow {
    let out = w.shape.onset + w.shape.ramp + 150;
    Flow {
        bad: flow.bad.map(|at, bad| if at > out { 0.0 } else { bad }),
        ..flow.clone()
    }
}

/// Three times the usual visitors; two instances of a fixed size compute for all of them.
fn cpu_traffic(w: &mut World) {
    let name = w.n("shop");
    let flow = w.surge("shop", 160.0, 92.0, 3.3);
    let flow = w.failing("shop", &w.slower("shop", &flow, 1_450.0), 0.12);
    let cpu = w.measured("cpu", 34.0, 99.1, 0.02).map(|_, cpu| cpu.min(99.9));
    let bytes = w
        .load("bytes", 2_900_000.0)
        .with(&w.rise(1.0, 3.0), |a, b| (a * b).round());
    let own = [("CPUUtilization", &cpu), ("NetworkIn", &bytes)];
    let (balancer, _, ids) = w.fleet(
        &name,
        &flow,
        (2, 0),
        &json!({"InstanceType": "m7g.medium"}),
        &own,
        0.0,
    );
    let database = behind(w, &ids);
    w.client(&w.n("visitors"), &balancer);
    let group = format!("/{}/app", w.word);
    w.lines(&group, &ids[0], 1.4, &|rng, at| {
        format!(
            "{} WARN worker pool exhausted, request waited {} ms",
            iso_ms(at),
            rng.whole(600, 2_900)
        )
    });
    w.routine(&group, &ids[0], 0.7, &["INFO page rendered", "INFO basket saved"]);
    w.starts_over(
        &format!("{name}-slow"),
        (&balancer, "TargetResponseTime", "Average"),
        0.6,
    );
    w.alarm(
        &format!("{name}-cpu"),
        (&ids[0], "CPUUtilization", "Average"),
        OVER,
        85.0,
        5,
    );
    w.title(format!("{name} is slow"), &name);
    w.cause(&[&ids[0], &ids[1]], "resource_limit", &["CPU"]);
    w.forbid(&[&database]);
    w.innocent(&[&database]);
    w.telling(&ids[0], "NetworkIn");
}

/// A burstable instance has spent its credits and runs at its baseline.
fn credits_spent(w: &mut World) {
    let (name, onset) = (w.n("reports"), w.shape.onset);
    let flow = w.calm("reports", 44.0, 210.0);
    let flow = w.failing("reports", &w.slower("reports", &flow, 2_600.0), 0.18);
    let cpu = w.measured("cpu", 46.0, 20.1, 0.03);
    let (balancer, _, ids) = w.fleet(
        &name,
        &flow,
        (1, 0),
        &json!({"InstanceType": "t3.small", "CreditSpecification": {"CPUCredits": "standard"}}),
        &[("CPUUtilization", &cpu)],
        0.0,
    );
    let id = ids[0].clone();
    let balance =
        Wave::flat(w.grid(), 0.0).map(|at, _| ((onset - at) as f64 / 60.0 * 0.52).clamp(0.0, 576.0));
    let dimensions = [("InstanceId", id.as_str())];
    let of = Metric {
        resource: &id,
        namespace: "AWS/EC2",
        dimensions: &dimensions,
    };
    w.draft
        .five_minutes(of, "CPUCreditBalance", "Average", "Count", &balance);
    let usage = cpu.map(|_, cpu| cpu / 100.0 * 10.0);
    w.draft
        .five_minutes(of, "CPUCreditUsage", "Average", "Count", &usage);
    let database = behind(w, &ids);
    w.client(&w.n("managers"), &balancer);
    let group = format!("/{}/app", w.word);
    w.lines(&group, &id, 1.6, &|rng, at| {
        format!(
            "{} WARN report took {} ms, more than its budget",
            iso_ms(at),
            rng.whole(2_100, 6_400)
        )
    });
    w.routine(&group, &id, 0.8, &["INFO report built", "INFO report sent"]);
    w.starts_over(
        &format!("{name}-slow"),
        (&balancer, "TargetResponseTime", "Average"),
        0.9,
    );
    w.starts_symptom(&balancer, "TargetResponseTime", "Average");
    w.title(format!("{name} is slow"), &name);
    w.cause(&[&id], "resource_limit", &["credit"]);
    w.forbid(&[&database, &balancer]);
    w.innocent(&[&database]);
    w.telling(&id, "CPUCreditUsage");
}

/// A disk fills until nothing can be written.
fn disk_full(w: &mut World) {
    let (name, onset) = (w.n("upload"), w.shape.onset);
    let flow = w.failing("upload", &w.calm("upload", 58.0, 160.0), 0.62);
    let (balancer, _, ids) = w.fleet(&name, &flow, (1, 0), &json!({"InstanceType": "m7g.large", "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30, "VolumeType": "gp3"}}]}), &[], 0.0);
    let id = ids[0].clone();
    let used =
        Wave::flat(w.grid(), 0.0).map(|at, _| (100.0 - (onset - at) as f64 / 60.0 * 0.11).clamp(71.0, 100.0));
    w.extra(
        &id,
        ("CWAgent", "disk_used_percent", "Average", "Percent"),
        &[
            ("InstanceId", &id),
            ("path", "/"),
            ("device", "nvme0n1p1"),
            ("fstype", "xfs"),
        ],
        &used,
    );
    let database = behind(w, &ids);
    w.client(&w.n("agents"), &balancer);
    let group = format!("/{}/messages", w.word);
    w.lines(&group, &id, 2.2, &|rng, at| {
        let what = rng.pick(&[
            "upload[1204]: ERROR could not store part: [Errno 28] No space left on device: '/var/spool/upload'",
            "nginx[911]: [crit] pwrite() \"/var/lib/nginx/tmp/0000004711\" failed (28: No space left on device)",
            "rsyslogd[702]: file '/var/log/messages': write error: No space left on device",
        ]);
        format!("{} {what}", time_ms(at).strftime("%b %d %H:%M:%S"))
    });
    w.routine(
        &group,
        &id,
        0.7,
        &[
            "upload[1204]: INFO part stored",
            "systemd[1]: Started Session 4711 of user ec2-user.",
        ],
    );
    w.starts_over(
        &format!("{name}-5xx"),
        (&balancer, "HTTPCode_Target_5XX_Count", "Sum"),
        8.0,
    );
    w.title(format!("{name} answers with errors"), &name);
    w.cause(&[&id], "resource_limit", &["disk"]);
    w.forbid(&[&database, &balancer]);
    w.innocent(&[&database]);
    w.telling(&id, "disk_used_percent");
}

/// One of three hosts fails its system status check.
fn status_check(w: &mut World) {
    let name = w.n("web");
    let flow = until_out(w, &w.failing("web", &w.calm("web", 190.0, 70.0), 0.3));
    let (balancer, targets, mut ids) = w.fleet(&name, &flow, (2, 1), &json!({}), &[], 1.0);
    let (dead, zero) = (w.rise(0.0, 1.0).map(|_, share| share.round()), w.rise(1.0, 0.0));
    let cpu = w.measured("cpu", 28.0, 0.1, 0.06);
    let bytes = w.load("bytes", 2_700_000.0).with(&zero, |a, b| (a * b).round());
    let silent = Flow {
        count: w.load("third", 60.0).with(&zero, |a, b| a * b),
        bad: w.none(),
        millis: flow.millis.clone(),
    };
    let own = [
        ("CPUUtilization", &cpu),
        ("NetworkIn", &bytes),
        ("NetworkOut", &bytes),
        ("StatusCheckFailed_System", &dead),
        ("StatusCheckFailed_Instance", &dead),
    ];
    let third = w.server(&format!("{name}-3"), &silent, 500, json!({}), &own);
    w.routes(&targets, &third);
    ids.push(third.clone());
    let database = behind(w, &ids);
    let clients = w.client(&w.n("readers"), &balancer);
    w.event(w.shape.onset + 400, "health", &third, "issue", "AWS_EC2_INSTANCE_UNDERLYING_HARDWARE_ISSUE: the hardware under the instance is degraded; stop and start it to move it");
    w.starts_over(
        &format!("{name}-unhealthy"),
        (&targets, "UnHealthyHostCount", "Maximum"),
        0.0,
    );
    w.title(format!("A target of {name} is unhealthy"), &name);
    w.cause(&[&third], "component_failure", &[]);
    w.forbid(&[&database, &clients, &ids[0], &ids[1]]);
    w.innocent(&[&database, &ids[0]]);
    w.telling(&third, "StatusCheckFailed_System");
}

/// The agent dies; the host goes on, and its memory is not seen any more.
fn agent_stopped(w: &mut World) {
    let name = w.n("ledger");
    let flow = w.calm("ledger", 90.0, 55.0);
    let (balancer, targets, mut ids) = w.fleet(&name, &flow, (2, 1), &json!({}), &[], 0.0);
    let memory = w.measured("memory", 57.0, 57.0, 0.008);
    let onset = w.shape.onset;
    let seen = memory.map(|at, value| if at + 30 > onset { f64::NAN } else { value });
    let id = w.server(
        &format!("{name}-batch"),
        &flow,
        500,
        json!({"InstanceType": "r7g.large"}),
        &[("mem_used_percent", &seen)],
    );
    w.extra(
        &id,
        ("CWAgent", "disk_used_percent", "Average", "Percent"),
        &[("InstanceId", &id), ("path", "/"), ("fstype", "xfs")],
        &seen.map(|_, value| value * 0.7),
    );
    w.routes(&targets, &id);
    ids.push(id.clone());
    let database = behind(w, &ids);
    let clients = w.client(&w.n("clerks"), &balancer);
    let group = format!("/{}/messages", w.word);
    w.routine(
        &group,
        &id,
        0.9,
        &[
            "systemd[1]: Started Session 1187 of user ec2-user.",
            "ledgerd[733]: INFO page of entries written",
        ],
    );
    let stamp = |at: i64| time_ms(at * 1000).strftime("%b %d %H:%M:%S").to_string();
    for (offset, words) in [
        (
            -2,
            "kernel: Out of memory: Killed process 1093 (amazon-cloudwat) total-vm:1284408kB, anon-rss:402112kB",
        ),
        (
            -1,
            "systemd[1]: amazon-cloudwatch-agent.service: Main process exited, code=killed, status=9/KILL",
        ),
        (
            0,
            "systemd[1]: amazon-cloudwatch-agent.service: Failed with result 'oom-kill'.",
        ),
        (
            31,
            "systemd[1]: amazon-cloudwatch-agent.service: Start request repeated too quickly.",
        ),
    ] {
        let at = onset + offset;
        w.line(at, &group, &id, format!("{} {words}", stamp(at)));
    }
    w.starts_below(
        &format!("{name}-batch-memory-unseen"),
        (&id, "mem_used_percent", "Average"),
        1.0,
    );
    w.title(
        format!("{name}-batch sends no memory metrics"),
        &format!("{name}-batch"),
    );
    w.cause(&[&id], "component_failure", &[]);
    w.forbid(&[&database, &clients, &ids[0], &ids[1], &balancer]);
    w.innocent(&[&database, &ids[0]]);
    w.telling(&id, "disk_used_percent");
}

/// The program on one of three hosts hangs; the balancer takes it out.
fn target_hung(w: &mut World) {
    let name = w.n("quiz");
    let flow = until_out(w, &w.failing("quiz", &w.calm("quiz", 150.0, 66.0), 0.3));
    let (balancer, targets, mut ids) = w.fleet(&name, &flow, (2, 1), &json!({}), &[], 1.0);
    let zero = w.rise(1.0, 0.0);
    let cpu = w.measured("cpu", 29.0, 2.1, 0.06);
    let bytes = w
        .load("bytes", 2_500_000.0)
        .with(&zero, |a, b| (a * b.max(0.03)).round());
    let threads = w.measured("threads", 61.0, 94.0, 0.01);
    let silent = Flow {
        count: w.load("third", 50.0).with(&zero, |a, b| a * b),
        bad: w.none(),
        millis: flow.millis.clone(),
    };
    let own = [
        ("CPUUtilization", &cpu),
        ("NetworkOut", &bytes),
        ("mem_used_percent", &threads),
    ];
    let third = w.server(&format!("{name}-3"), &silent, 500, json!({}), &own);
    w.routes(&targets, &third);
    ids.push(third.clone());
    let database = behind(w, &ids);
    let clients = w.client(&w.n("players"), &balancer);
    let group = format!("/{}/app", w.word);
    w.routine(
        &group,
        &ids[1],
        0.6,
        &["INFO round started", "INFO answer counted"],
    );
    w.lines(&group, &third, 0.9, &|rng, at| format!("{} ERROR http-nio-80-Acceptor org.apache.tomcat: all {} threads are busy, waiting for lock <0x00000007{}>", iso_ms(at), 200, rng.hex(8)));
    let stuck = w.shape.onset - 9;
    w.line(stuck, &group, &third, "Found one Java-level deadlock:\n\"exec-12\": waiting to lock com.example.quiz.Round, which is held by \"exec-31\"\n\"exec-31\": waiting to lock com.example.quiz.Board, which is held by \"exec-12\"");
    w.starts_over(
        &format!("{name}-unhealthy"),
        (&targets, "UnHealthyHostCount", "Maximum"),
        0.0,
    );
    w.title(format!("A target of {name} is unhealthy"), &name);
    w.cause(&[&third], "component_failure", &[]);
    w.forbid(&[&database, &clients, &ids[0], &ids[1]]);
    w.innocent(&[&database, &ids[0]]);
    w.telling(&third, "CPUUtilization");
}
