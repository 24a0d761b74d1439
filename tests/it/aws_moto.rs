//! Every question to moto, an emulator that keeps instances with their user data.

use jiff::{SignedDuration, Timestamp};
use midwatch::{
    model::{AlarmState, Evidence, GapKind, Query, Resource, SeriesKey, Source, Window},
    sources::aws::AwsSource,
};

use crate::support::{
    aws::{around_now, found, source, told},
    peers::{self, Peer},
};

/// A stack with an instance, CPU data after its launch and an alarm that has fired.
struct Scene {
    peer: Peer,
    source: AwsSource,
    instance: Resource,
    launched: Timestamp,
}

impl Scene {
    async fn make() -> Option<Self> {
        let peer = peers::moto()?;
        peer.create_stack("midwatch-it", "cpu-stress.yaml").await;
        let described = peer.query("ec2", "DescribeInstances", &[]).await;
        let between = |start: &str, end: &str| {
            let rest = described.split_once(start).unwrap().1;
            rest.split_once(end).unwrap().0.to_owned()
        };
        let id = between("<instanceId>", "</instanceId>");
        let launched: Timestamp = between("<launchTime>", "</launchTime>").parse().unwrap();
        for minute in 1..=8 {
            let at = (launched + SignedDuration::from_mins(minute)).to_string();
            let value = if minute > 2 { "98.5" } else { "3.5" };
            let datum = [
                ("Namespace", "AWS/EC2"),
                ("MetricData.member.1.MetricName", "CPUUtilization"),
                ("MetricData.member.1.Dimensions.member.1.Name", "InstanceId"),
                ("MetricData.member.1.Dimensions.member.1.Value", id.as_str()),
                ("MetricData.member.1.Timestamp", at.as_str()),
                ("MetricData.member.1.Value", value),
                ("MetricData.member.1.Unit", "Percent"),
            ];
            peer.query("monitoring", "PutMetricData", &datum).await;
        }
        let alarm = [
            ("AlarmName", "midwatch-it-cpu"),
            ("Namespace", "AWS/EC2"),
            ("MetricName", "CPUUtilization"),
            ("Statistic", "Average"),
            ("Period", "60"),
            ("EvaluationPeriods", "2"),
            ("Threshold", "80"),
            ("ComparisonOperator", "GreaterThanThreshold"),
            ("Dimensions.member.1.Name", "InstanceId"),
            ("Dimensions.member.1.Value", id.as_str()),
        ];
        peer.query("monitoring", "PutMetricAlarm", &alarm).await;
        let fired = [
            ("AlarmName", "midwatch-it-cpu"),
            ("StateValue", "ALARM"),
            (
                "StateReason",
                "Threshold Crossed: 2 datapoints were greater than the threshold",
            ),
        ];
        peer.query("monitoring", "SetAlarmState", &fired).await;
        let mut instance = Resource::new(id.as_str(), "AWS::EC2::Instance", id.as_str());
        instance.stack = Some("midwatch-it".to_owned());
        Some(Self {
            source: source(peer.url()),
            peer,
            instance,
            launched,
        })
    }

    fn window(&self) -> Window {
        Window::new(
            self.launched - SignedDuration::from_mins(30),
            self.launched + SignedDuration::from_mins(30),
        )
    }
}

#[tokio::test]
async fn moto_tells_what_an_investigation_of_a_busy_instance_needs() {
    let Some(scene) = Scene::make().await else { return };
    let (source, instance) = (&scene.source, &scene.instance);

    let Evidence::Identity(identity) = found(source.answer(&Query::Identity).await) else {
        panic!()
    };
    assert_eq!(identity.account.as_deref(), Some("123456789012"));
    assert_eq!(identity.region.as_deref(), Some("us-east-1"));

    // The alarm has fired; its history is not offered here, its present state is.
    let alarms = Query::Alarms {
        names: vec!["midwatch-it-cpu".to_owned()],
        state: None,
        window: around_now(60),
    };
    let answer = source.answer(&alarms).await;
    assert_eq!(answer.gaps.len(), 1, "{}", told(&answer.gaps));
    assert_eq!(answer.gaps[0].kind, GapKind::Unsupported);
    let Evidence::Alarms(alarms) = found(answer) else {
        panic!()
    };
    assert_eq!(alarms.len(), 1);
    assert_eq!(alarms[0].state(), AlarmState::Alarm);
    assert_eq!(alarms[0].resource.as_ref(), Some(&instance.id));
    assert_eq!((alarms[0].threshold, alarms[0].stat.as_str()), (80.0, "Average"));

    // The metric exists, and its data are the ones that were put.
    let catalogue = Query::Catalogue {
        resource: Some(instance.clone()),
        namespace: None,
        metric: None,
    };
    let Evidence::Catalogue(keys) = found(source.answer(&catalogue).await) else {
        panic!()
    };
    let cpu: Vec<&SeriesKey> = keys.iter().filter(|key| key.metric == "CPUUtilization").collect();
    assert_eq!(cpu.len(), 1);
    assert_eq!(cpu[0].resource.as_ref(), Some(&instance.id));
    let unknown = SeriesKey {
        metric: "NetworkIn".to_owned(),
        ..cpu[0].clone()
    };
    let metrics = Query::Metrics {
        series: vec![unknown, cpu[0].clone()],
        window: scene.window(),
    };
    let answer = source.answer(&metrics).await;
    assert_eq!(answer.calls, 1);
    let Evidence::Series(series) = found(answer) else {
        panic!()
    };
    assert!(series[0].points.is_empty());
    let values: Vec<f64> = series[1].points.iter().map(|(_, value)| *value).collect();
    assert_eq!(values, [3.5, 3.5, 98.5, 98.5, 98.5, 98.5, 98.5, 98.5]);
    assert!(series[1].points.iter().all(|(at, _)| at % 60 == 0));

    // The launch script is read in clear, with the template's references resolved.
    let configuration = Query::Configuration {
        resource: instance.clone(),
    };
    let answer = source.answer(&configuration).await;
    assert!(answer.gaps.is_empty(), "{}", told(&answer.gaps));
    let Evidence::Configuration(configuration) = found(answer) else {
        panic!()
    };
    assert_eq!(configuration.origin, "template");
    let script = configuration.properties["UserData"].as_str().unwrap();
    assert!(
        script.contains("# load test of midwatch-it: one busy loop a core"),
        "{script}"
    );
    assert!(
        script.contains("timeout 10m sh -c 'while :; do :; done'"),
        "{script}"
    );
    assert!(script.contains("${HOSTNAME}"), "{script}");
    assert_eq!(configuration.properties["InstanceType"], "t3.micro");
    assert!(configuration.properties["LaunchTime"].as_str().is_some());

    // Without a stack, EC2 itself tells.
    let alone = Resource {
        stack: None,
        ..instance.clone()
    };
    let lonely = AwsSource::new(crate::support::aws::factory(scene.peer.url()), Timestamp::now);
    let Evidence::Configuration(again) =
        found(lonely.answer(&Query::Configuration { resource: alone }).await)
    else {
        panic!()
    };
    assert_eq!(again.properties["UserData"], configuration.properties["UserData"]);

    // The instance was made with its stack and launched then: before the CPU rose.
    let changes = Query::Changes {
        resource: Some(instance.clone()),
        window: scene.window(),
    };
    let answer = source.answer(&changes).await;
    assert!(
        answer.gaps.iter().all(|gap| gap.kind == GapKind::Unsupported),
        "only the trail is missing: {}",
        told(&answer.gaps)
    );
    let Evidence::Changes(changes) = found(answer) else {
        panic!()
    };
    let kinds: Vec<&str> = changes.iter().map(|change| change.source.as_str()).collect();
    assert!(
        kinds.contains(&"cloudformation") && kinds.contains(&"ec2"),
        "{changes:?}"
    );
    let first_busy = series[1]
        .points
        .iter()
        .find(|(_, value)| *value > 80.0)
        .unwrap()
        .0;
    assert!(changes.iter().all(|change| change.at.as_second() < first_busy));
    assert!(
        changes
            .iter()
            .all(|change| change.resource.as_ref() == Some(&instance.id))
    );

    // Inventory and relations know the instance and its security group by the same ids.
    let Evidence::Inventory(resources) = found(source.answer(&Query::Inventory).await) else {
        panic!()
    };
    let known = resources
        .iter()
        .find(|resource| resource.id == instance.id)
        .unwrap();
    assert_eq!(known.name, "midwatch-it-web");
    assert_eq!(known.stack.as_deref(), Some("midwatch-it"));
    assert_eq!(known.tags["Name"], "midwatch-it-web");
    let Evidence::Relations(relations) = found(source.answer(&Query::Relations).await) else {
        panic!()
    };
    assert_eq!(relations.len(), 1);
    assert_eq!(relations[0].from, instance.id);
    assert!(relations[0].to.as_str().starts_with("sg-"));
    assert!(resources.iter().any(|resource| resource.id == relations[0].to));

    // It writes no logs, which is said.
    let logs = Query::Logs {
        resource: Some(instance.clone()),
        group: None,
        window: scene.window(),
        filter: None,
        limit: 10,
    };
    let answer = source.answer(&logs).await;
    assert_eq!(answer.evidence, None);
    assert_eq!(answer.gaps[0].kind, GapKind::NotFound);
}

#[tokio::test]
async fn moto_knows_nothing_of_what_does_not_exist() {
    let Some(peer) = peers::moto() else { return };
    let source = source(peer.url());
    let gone = Resource::new("i-00000000000000000", "AWS::EC2::Instance", "gone");
    let answer = source
        .answer(&Query::Configuration {
            resource: gone.clone(),
        })
        .await;
    assert_eq!(answer.evidence, None);
    assert!(
        answer.gaps.iter().any(|gap| gap.kind == GapKind::NotFound),
        "{}",
        told(&answer.gaps)
    );
    let alarms = Query::Alarms {
        names: vec!["nobody".to_owned()],
        state: None,
        window: around_now(60),
    };
    let answer = source.answer(&alarms).await;
    assert!(answer.gaps.is_empty());
    assert_eq!(found(answer), Evidence::Alarms(Vec::new()));
    let function = Resource::new("nobody", "AWS::Lambda::Function", "nobody");
    let logs = Query::Logs {
        resource: Some(function),
        group: None,
        window: around_now(60),
        filter: None,
        limit: 10,
    };
    let answer = source.answer(&logs).await;
    assert_eq!(answer.evidence, None);
    assert_eq!(answer.gaps[0].kind, GapKind::NotFound, "{}", told(&answer.gaps));
}
