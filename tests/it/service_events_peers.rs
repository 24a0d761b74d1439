//! What AWS services say of themselves, asked of the emulators, as far as these know how.

use midwatch::{
    model::{Evidence, GapKind, Query, Resource, ServiceEvent, Source as _},
    sources::aws::naming,
};
use serde_json::{Value, json};

use crate::support::{
    aws::{around_now, found, source, told},
    peers::{self, Peer},
};

async fn events(peer: &Peer, resource: Resource) -> (Vec<ServiceEvent>, Vec<midwatch::model::Gap>) {
    let query = Query::Events {
        resource: Some(resource),
        window: around_now(30),
    };
    let answer = source(peer.url()).answer(&query).await;
    let gaps = answer.gaps.clone();
    let Evidence::Events(events) = found(answer) else {
        panic!("no events");
    };
    (events, gaps)
}

const DATABASE: [(&str, &str); 6] = [
    ("DBInstanceIdentifier", "orders"),
    ("DBInstanceClass", "db.t3.micro"),
    ("Engine", "postgres"),
    ("AllocatedStorage", "20"),
    ("MasterUsername", "user"),
    ("MasterUserPassword", "not-a-secret-1"),
];

#[tokio::test]
async fn ministack_tells_of_a_restarted_database_and_a_stopped_task() {
    let Some(peer) = peers::ministack() else { return };
    peer.query("rds", "CreateDBInstance", &DATABASE).await;
    peer.query("rds", "RebootDBInstance", &[("DBInstanceIdentifier", "orders")])
        .await;
    let (told_of, gaps) = events(&peer, naming::resource("AWS::RDS::DBInstance", "orders")).await;
    assert!(gaps.is_empty(), "{}", told(&gaps));
    let restarted = |event: &&ServiceEvent| event.message.contains("DB instance restarted");
    let event = told_of
        .iter()
        .find(restarted)
        .unwrap_or_else(|| panic!("{told_of:?}"));
    assert_eq!(event.resource.as_ref().unwrap().as_str(), "db:orders");

    let ecs = |operation: &str| format!("AmazonEC2ContainerServiceV20141113.{operation}");
    let call = async |operation: &str, input: Value| peer.json("ecs", &ecs(operation), &input).await;
    call("CreateCluster", json!({"clusterName": "shop"})).await;
    let container = json!([{"name": "app", "image": "x", "memory": 128}]);
    call(
        "RegisterTaskDefinition",
        json!({"family": "web", "containerDefinitions": container}),
    )
    .await;
    let service =
        json!({"cluster": "shop", "serviceName": "web", "taskDefinition": "web", "desiredCount": 1});
    call("CreateService", service).await;
    let tasks = call("ListTasks", json!({"cluster": "shop", "serviceName": "web"})).await;
    call(
        "StopTask",
        json!({"cluster": "shop", "task": tasks["taskArns"][0], "reason": "an operator stopped it"}),
    )
    .await;
    let (told_of, gaps) = events(&peer, naming::resource("AWS::ECS::Service", "shop/web")).await;
    // It has no Application Auto Scaling: one gap, and the rest is told.
    assert_eq!(gaps.len(), 1, "{}", told(&gaps));
    assert!(
        told_of
            .iter()
            .any(|event| event.message.contains("stopped: an operator stopped it")),
        "{told_of:?}"
    );
}

#[tokio::test]
async fn moto_tells_of_a_new_database_and_a_passing_health_check() {
    let Some(peer) = peers::moto() else { return };
    peer.query("rds", "CreateDBInstance", &DATABASE).await;
    let (told_of, gaps) = events(&peer, naming::resource("AWS::RDS::DBInstance", "orders")).await;
    assert!(gaps.is_empty(), "{}", told(&gaps));
    assert!(
        told_of.iter().any(|event| event.message == "DB instance created"),
        "{told_of:?}"
    );

    let body = "<CreateHealthCheckRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><CallerReference>1</CallerReference>\
                <HealthCheckConfig><IPAddress>192.0.2.1</IPAddress><Port>80</Port><Type>HTTP</Type></HealthCheckConfig>\
                </CreateHealthCheckRequest>";
    let made = peer.post("route53", "/2013-04-01/healthcheck", body).await;
    let id = made.split_once("<Id>").unwrap().1.split_once("</Id>").unwrap().0;
    let (told_of, gaps) = events(&peer, naming::resource("AWS::Route53::HealthCheck", id)).await;
    assert!(
        gaps.is_empty() && told_of.is_empty(),
        "{told_of:?} {}",
        told(&gaps)
    );

    // It has no Health: a gap, and the others are told.
    let query = Query::Events {
        resource: None,
        window: around_now(30),
    };
    let answer = source(peer.url()).answer(&query).await;
    assert_eq!(answer.gaps.len(), 1, "{}", told(&answer.gaps));
    assert_eq!(answer.gaps[0].kind, GapKind::Unsupported);
    assert!(matches!(answer.evidence, Some(Evidence::Events(events)) if !events.is_empty()));
}
