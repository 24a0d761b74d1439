//! An instance's CPU alarm; a stress run that its user data starts is the cause. Its neighbours are well.

use midwatch::model::{RelationKind, RelationOrigin};
use serde_json::json;

use super::super::{
    alarms::Watch,
    changes::{self, Call, stack_event},
    draft::{Draft, Metric},
    metrics, neighbours, resources,
    wave::{Grid, MINUTE, Span, Wave, epoch, iso_ms},
};

const USER_DATA: &str = r#"#!/bin/bash
set -eux
dnf install -y stress-ng amazon-cloudwatch-agent
mkdir -p /opt/etl
cat > /opt/etl/warmup.sh <<'SH'
#!/bin/bash
# Keep every core busy for an hour, to see how the fleet behaves under load.
WORKERS=$(nproc)
echo "starting CPU stress: $WORKERS workers, load 97%, 3600s"
for i in $(seq 1 "$WORKERS"); do
  nohup stress-ng --cpu 1 --cpu-load 97 --timeout 3600s >> /var/log/stress-ng.log 2>&1 &
  echo "started stress worker $i (pid $!)"
done
SH
chmod +x /opt/etl/warmup.sh
/opt/etl/warmup.sh
echo "node ready"
"#;

/// The scenario.
pub fn draft() -> Draft {
    let from = epoch("2025-11-04T13:30:00Z");
    let grid = Grid {
        baseline: Span::of(from - 90 * MINUTE, 90),
        window: Span::of(from, 120),
    };
    let mut draft = Draft::new(
        "ec2-cpu-stress",
        "CPU of etl-node-7 is above 80 percent",
        "us-east-1",
        grid,
    );
    let created = epoch("2025-11-04T14:36:12Z");
    let born = created - created % MINUTE + 2 * MINUTE;

    let web = neighbours::web(&mut draft, "storefront", "storefront");
    neighbours::worker(
        &mut draft,
        "mailer",
        "mail-outbox",
        "mail-sender",
        "mail-log",
        &["mail handed over", "template rendered"],
    );
    let old: Vec<String> = ["etl-node-5", "etl-node-6"]
        .into_iter()
        .map(|name| {
            let id = resources::instance(&mut draft, name, "etl-fleet", "c7i.xlarge", json!({
                "UserData": "#!/bin/bash\nset -eux\ndnf install -y amazon-cloudwatch-agent\nsystemctl enable --now etl-worker\n",
            }));
            metrics::calm_instance(&mut draft, &id, 38.0);
            id
        })
        .collect();
    let node = resources::instance(
        &mut draft,
        "etl-node-7",
        "etl-node-7",
        "c7i.xlarge",
        json!({"UserData": USER_DATA}),
    );
    resources::tag(&mut draft, &[("team", "data-platform"), ("owner", "nikki.wolf")]);
    let bucket = resources::bucket(&mut draft, "etl-staging-111122223333", "etl-fleet");
    let mut rng = draft.rng("bucket");
    let gets = Wave::load(grid, &mut rng, 60.0, 0.2).counts(&mut rng);
    let few = gets.map(|_, count| rng.count(count * 0.003));
    metrics::bucket(
        &mut draft,
        &bucket,
        &gets,
        &few,
        &Wave::flat(grid, 18.0).noisy(&mut rng, 0.1),
    );
    for id in old.iter().chain([&node]) {
        draft.relate(id, RelationKind::Reads, &bucket, RelationOrigin::Config);
    }
    etl_logs(&mut draft, &old);

    let mut rng = draft.rng("node");
    let cpu = Wave::flat(grid, 0.0).map(|at, _| match at - born {
        ..0 => 0.0,
        0..120 => 34.0 + 6.0 * rng.normal(),
        _ => 97.6 + 0.7 * rng.normal(),
    });
    let bytes = cpu.map(|at, _| {
        if at - born < 120 {
            9.0e6
        } else {
            21_000.0 + 900.0 * rng.normal()
        }
    });
    metrics::instance(&mut draft, &node, &cpu, &bytes, Some(born));
    let dimensions = [("InstanceId", node.as_str())];
    let of = Metric {
        resource: &node,
        namespace: "AWS/EC2",
        dimensions: &dimensions,
    };
    Watch {
        name: "etl-node-7-cpu-high",
        description: "CPU of etl-node-7 above 80 percent for three minutes",
        of,
        metric: "CPUUtilization",
        stat: "Average",
        threshold: 80.0,
        periods: 3,
        created: Some(created + 38),
    }
    .add(&mut draft, &cpu);
    let calm = [("InstanceId", web[1].as_str())];
    Watch {
        name: "storefront-1-cpu-high",
        description: "CPU of a storefront instance above 80 percent",
        of: Metric {
            resource: &web[1],
            dimensions: &calm,
            ..of
        },
        metric: "CPUUtilization",
        stat: "Average",
        threshold: 80.0,
        periods: 3,
        created: None,
    }
    .add(&mut draft, &Wave::flat(grid, 24.0));

    launch(&mut draft, &node, created);
    boot_logs(&mut draft, &node, born);
    changes::harmless(
        &mut draft,
        created,
        &["mail-sender", "storefront-db", "mail-log", &old[0]],
    );
    changes::deploy(
        &mut draft,
        created - 14 * MINUTE,
        "mail-sender",
        18,
        "deploy/ci-3307",
        "mail-sender/18.zip",
    );
    draft.priority = "HIGH";
    draft.start_with_alarm("etl-node-7-cpu-high", 5 * MINUTE);
    draft.expected = format!(
        "verdict = \"cause\"\n\n[[cause]]\nresources = [\"{node}\"]\ncategory = \"system_change\"\nsays = [\"stress\"]\ntimeline = [\"RunInstances\", \"CPU\", \"alarm\"]\n\n[forbid]\nresources = [\"{}\", \"{}\", \"mail-sender\", \"{}\"]\n",
        old[0], old[1], web[1],
    );
    draft
}

/// The stack that starts the instance.
fn launch(draft: &mut Draft, node: &str, at: i64) {
    let stack = "etl-node-7";
    Call {
        at: at - 21,
        service: "cloudformation.amazonaws.com",
        name: "CreateStack",
        resource: Some(stack),
        actor: "nikki.wolf",
        summary: "CreateStack etl-node-7",
        request: json!({"stackName": stack, "parameters": [], "tags": [{"key": "team", "value": "data-platform"}]}),
    }
    .add(draft);
    Call {
        at,
        service: "ec2.amazonaws.com",
        name: "RunInstances",
        resource: Some(node),
        actor: "nikki.wolf",
        summary: &format!("RunInstances started {node} (etl-node-7)"),
        request: json!({
            "instancesSet": {"items": [{"imageId": "ami-0a1b2c3d4e5f60718", "minCount": 1, "maxCount": 1}]},
            "instanceType": "c7i.xlarge", "userData": "<sensitiveDataRemoved>", "monitoring": {"enabled": true},
        }),
    }
    .add(draft);
    stack_event(
        draft,
        at - 18,
        stack,
        None,
        "AWS::CloudFormation::Stack",
        "CREATE_IN_PROGRESS",
        "User Initiated",
    );
    stack_event(
        draft,
        at + 33,
        stack,
        Some(node),
        "AWS::EC2::Instance",
        "CREATE_COMPLETE",
        "",
    );
    stack_event(
        draft,
        at + 41,
        stack,
        None,
        "AWS::CloudFormation::Stack",
        "CREATE_COMPLETE",
        "",
    );
    draft.event(
        at + 16,
        "ec2",
        Some(node),
        Some("state-change"),
        format!("Instance {node} entered state running"),
    );
}

/// What cloud-init and the user data say.
fn boot_logs(draft: &mut Draft, node: &str, born: i64) {
    let mut rng = draft.rng("boot");
    let mut at = born * 1000 - 38_000;
    let mut say = |draft: &mut Draft, wait: i64, line: String| {
        at += wait;
        draft.log(at, "/var/log/cloud-init-output.log", node, Some(node), line);
    };
    let stamp = iso_ms(born * 1000).replace('T', " ").replace(".000Z", "");
    say(
        draft,
        0,
        format!("Cloud-init v. 22.2.2 running 'init-local' at {stamp} +0000. Up 6.71 seconds."),
    );
    say(
        draft,
        2_100,
        format!("Cloud-init v. 22.2.2 running 'modules:config' at {stamp} +0000. Up 10.02 seconds."),
    );
    say(
        draft,
        1_900,
        format!("Cloud-init v. 22.2.2 running 'modules:final' at {stamp} +0000. Up 12.40 seconds."),
    );
    say(
        draft,
        300,
        "+ dnf install -y stress-ng amazon-cloudwatch-agent".to_owned(),
    );
    for package in [
        "libatomic-14.2.1",
        "Judy-1.0.5",
        "stress-ng-0.17.08",
        "amazon-cloudwatch-agent-1.300049",
    ] {
        say(
            draft,
            rng.whole(4_000, 11_000),
            format!("  Installing       : {package}.amzn2023.x86_64"),
        );
    }
    say(draft, 9_000, "Complete!".to_owned());
    say(draft, 400, "+ mkdir -p /opt/etl".to_owned());
    say(draft, 20, "+ chmod +x /opt/etl/warmup.sh".to_owned());
    say(draft, 15, "+ /opt/etl/warmup.sh".to_owned());
    say(
        draft,
        30,
        "starting CPU stress: 4 workers, load 97%, 3600s".to_owned(),
    );
    for worker in 1..=4 {
        say(
            draft,
            8,
            format!("started stress worker {worker} (pid {})", 2310 + 7 * worker),
        );
    }
    say(draft, 12, "node ready".to_owned());
    say(
        draft,
        60,
        format!(
            "Cloud-init v. 22.2.2 finished at {stamp} +0000. Datasource DataSourceEc2.  Up 71.92 seconds"
        ),
    );
    for worker in 1..=4 {
        draft.log(
            at + 40 + worker,
            "/var/log/stress-ng.log",
            node,
            Some(node),
            format!(
                "stress-ng: info:  [{}] dispatching hogs: 1 cpu",
                2310 + 7 * worker
            ),
        );
    }
}

/// What the older nodes of the fleet do all day.
fn etl_logs(draft: &mut Draft, nodes: &[String]) {
    let mut rng = draft.rng("etl logs");
    let minutes: Vec<i64> = draft.grid.minutes().collect();
    for minute in minutes {
        for node in nodes {
            for _ in 0..rng.whole(4, 9) {
                let at = super::super::draft::within(&mut rng, minute);
                let (part, rows) = (rng.whole(1, 4_000), rng.whole(9_000, 64_000));
                let line = match rng.whole(0, 12) {
                    0 => format!(
                        "INFO  etl.load partition {part} committed, {rows} rows in {} ms",
                        rng.whole(900, 4_200)
                    ),
                    1 => format!("WARN  etl.read partition {part}: object not there yet, waiting 2 s"),
                    _ => format!("INFO  etl.read partition {part}: {rows} rows"),
                };
                draft.log(at, "/etl/worker", node, Some(node), line);
            }
        }
    }
}
