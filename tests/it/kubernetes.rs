//! The Kubernetes API of an EKS cluster as a source, against a double of it: what is asked and what is never asked, and what
//! the answers become.

use base64::Engine as _;
use jiff::Timestamp;
use midwatch::{
    model::{Evidence, GapKind, Query, Relation, RelationKind, Resource, Window},
    sources::eks::paths,
};
use serde_json::json;

use crate::support::{
    aws::{found, told},
    double_aws::Reply,
    double_http::DoubleHttp,
    double_kubernetes::{World, event, killed, pod, pod_spec, replica_set, running, shop, source},
};

const WEB: &str = "k8s:prod/shop/deployment/web";

fn window() -> Window {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    Window::new(at("2026-03-10T10:00:00Z"), at("2026-03-10T11:30:00Z"))
}

fn web() -> Resource {
    Resource::new(WEB, "k8s/deployment", "web")
}

fn logs() -> Query {
    Query::Logs {
        resource: Some(web()),
        group: None,
        window: window(),
        filter: None,
        limit: 100,
    }
}

fn questions() -> Vec<Query> {
    vec![
        Query::Inventory,
        Query::Relations,
        Query::Events {
            resource: None,
            window: window(),
        },
        Query::Changes {
            resource: None,
            window: window(),
        },
        Query::Configuration { resource: web() },
        logs(),
    ]
}

fn troubled() -> World {
    shop()
        .with(
            "pods",
            pod("web-new-a", "web-new", killed("2026-03-10T11:10:00Z")),
        )
        .with("pods", pod("web-new-b", "web-new", running()))
        .log(
            "shop/web-new-a/app/previous",
            "2026-03-10T10:41:00.5Z heap is at 250 MB\n",
        )
        .log(
            "shop/web-new-a/app",
            "2026-03-10T09:00:00Z too early\n2026-03-10T11:11:00Z GET / 200\nno time on this line\n",
        )
}

#[tokio::test]
async fn only_listed_paths_of_allowed_namespaces_are_read_with_a_token_of_the_cluster() {
    let double = troubled().start();
    let eks = source(&double, &["shop"]);
    for query in questions() {
        let answer = eks.answer(&query).await;
        assert!(answer.gaps.is_empty(), "{}", told(&answer.gaps));
        assert!(answer.evidence.is_some(), "{query:?}");
    }
    let requests = double.requests();
    let listed: Vec<String> = paths::ALL
        .iter()
        .filter(|listed| listed.namespaced)
        .map(|listed| format!("/{}/namespaces/shop/{}", listed.api, listed.name))
        .collect();
    let mut of_cluster = 0;
    for request in &requests {
        if request.header("authorization").starts_with("AWS4-") {
            let known = ["/clusters/prod", "GetResources"];
            assert!(known.contains(&request.operation()), "{request:?}");
            continue;
        }
        of_cluster += 1;
        assert_eq!(request.method, "GET");
        let log = request.path.starts_with("/api/v1/namespaces/shop/pods/") && request.path.ends_with("/log");
        assert!(log || listed.contains(&request.path), "{}", request.path);
        assert!(!request.path.contains("secret") && !request.path.contains("configmap"));
        let token = request
            .header("authorization")
            .strip_prefix("Bearer k8s-aws-v1.")
            .unwrap();
        let url = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(token)
            .unwrap();
        let url = String::from_utf8(url).unwrap();
        let (address, query) = url.split_once('?').unwrap();
        assert_eq!(address, "https://sts.us-east-1.amazonaws.com/");
        let parameter = |name: &str| {
            let mut pairs = query.split('&');
            pairs
                .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
                .unwrap_or_else(|| panic!("{name} in {query}"))
        };
        assert_eq!(parameter("Action"), "GetCallerIdentity");
        assert_eq!(parameter("X-Amz-Expires"), "60");
        assert_eq!(parameter("X-Amz-SignedHeaders"), "host%3Bx-k8s-aws-id");
        assert!(parameter("X-Amz-Credential").ends_with("%2Fus-east-1%2Fsts%2Faws4_request"));
        assert_eq!(parameter("X-Amz-Signature").len(), 64);
    }
    // Nine lists, the events once more for their own question, three logs; the lists are kept for the other questions.
    assert_eq!(of_cluster, 9 + 1 + 3, "{requests:?}");
}

#[tokio::test]
async fn what_the_space_may_not_see_is_nobodys_question() {
    let double = troubled().start();
    let eks = source(&double, &["billing"]);
    for query in questions().iter().skip(4) {
        assert!(eks.part(query).is_none(), "{query:?}");
        let answer = eks.answer(query).await;
        assert_eq!(
            answer.gaps.first().map(|gap| gap.kind),
            Some(GapKind::Unsupported)
        );
    }
    let other = Query::Configuration {
        resource: Resource::new("orders", "AWS::Lambda::Function", "orders"),
    };
    assert!(eks.part(&other).is_none());
    assert!(double.requests().is_empty());
    // Nothing of the other namespace is in what the allowed one shows.
    let Evidence::Inventory(resources) = found(eks.answer(&Query::Inventory).await) else {
        panic!("no inventory");
    };
    assert!(
        resources
            .iter()
            .all(|resource| resource.kind == "AWS::EKS::Cluster"),
        "{resources:?}"
    );
    assert!(
        double
            .requests()
            .iter()
            .all(|request| !request.path.contains("/shop/") && !request.path.ends_with("/nodes"))
    );
}

#[tokio::test]
async fn workloads_services_and_nodes_are_told_with_who_acts_on_whom() {
    let double = troubled().start();
    let eks = source(&double, &[]);
    let Evidence::Inventory(resources) = found(eks.answer(&Query::Inventory).await) else {
        panic!("no inventory");
    };
    let ids: Vec<&str> = resources.iter().map(|resource| resource.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "cluster:prod",
            "k8s:prod/node/node-a",
            "k8s:prod/shop/deployment/prices",
            WEB,
            "k8s:prod/shop/ingress/front",
            "k8s:prod/shop/service/prices",
            "k8s:prod/shop/service/web",
        ]
    );
    let web = resources
        .iter()
        .find(|resource| resource.id.as_str() == WEB)
        .unwrap();
    assert_eq!(web.kind, "k8s/deployment");
    assert_eq!(
        web.config["Containers"][0]["Resources"]["limits"]["memory"],
        "256Mi"
    );
    let environment = &web.config["Containers"][0]["Environment"];
    assert_eq!(environment["ORDERS_TABLE"], "orders");
    assert_eq!(environment["DB_PASSWORD"], "(from a secret)");
    assert!(!web.config.to_string().contains("hush"), "{}", web.config);
    let Evidence::Relations(relations) = found(eks.answer(&Query::Relations).await) else {
        panic!("no relations");
    };
    let acts = |from: &str, kind: RelationKind, to: &str| {
        relations.iter().any(|relation: &Relation| {
            relation.from.as_str() == from && relation.kind == kind && relation.to.as_str() == to
        })
    };
    for (from, kind, to) in [
        (
            "lb:app/shop/0a1b2c3d4e5f6071",
            RelationKind::Routes,
            "k8s:prod/shop/ingress/front",
        ),
        (
            "k8s:prod/shop/ingress/front",
            RelationKind::Routes,
            "k8s:prod/shop/service/web",
        ),
        ("k8s:prod/shop/service/web", RelationKind::Routes, WEB),
        (WEB, RelationKind::Calls, "k8s:prod/shop/service/prices"),
        (WEB, RelationKind::Uses, "table:orders"),
        (WEB, RelationKind::Uses, "queue:mail"),
        (WEB, RelationKind::Uses, "k8s:prod/node/node-a"),
        ("k8s:prod/node/node-a", RelationKind::Uses, "i-0a1b2c3d4e5f60718"),
        ("cluster:prod", RelationKind::Contains, WEB),
    ] {
        assert!(acts(from, kind, to), "{from} {kind:?} {to} in {relations:#?}");
    }
    // A service whose selector fits only in part passes nothing on.
    assert!(!acts("k8s:prod/shop/service/prices", RelationKind::Routes, WEB));
}

#[tokio::test]
async fn events_and_the_state_of_pods_are_told_on_their_workload() {
    let world = troubled().with(
        "events",
        event(
            "web-new-a",
            "BackOff",
            "Back-off restarting failed container app",
            "2026-03-10T10:42:00Z",
            "2026-03-10T11:20:00Z",
        ),
    );
    let gone = event(
        "web-new-7d9f-xk2lp",
        "Unhealthy",
        "Readiness probe failed: HTTP 500",
        "2026-03-10T09:00:00Z",
        "2026-03-10T10:50:00Z",
    );
    let mut quiet = event(
        "web-new-a",
        "Pulled",
        "image is there",
        "2026-03-10T10:42:00Z",
        "2026-03-10T10:42:00Z",
    );
    quiet["type"] = json!("Normal");
    let double = world.with("events", gone).with("events", quiet).start();
    let eks = source(&double, &["shop"]);
    let query = Query::Events {
        resource: Some(web()),
        window: window(),
    };
    let Evidence::Events(events) = found(eks.answer(&query).await) else {
        panic!("no events");
    };
    let told: Vec<String> = events
        .iter()
        .map(|event| format!("{} {}", event.at, event.message))
        .collect();
    assert_eq!(
        told,
        [
            "2026-03-10T10:42:00Z BackOff: Back-off restarting failed container app (pod web-new-a) (9 times)",
            "2026-03-10T11:10:00Z OOMKilled: container app of pod web-new-a was killed for its memory (exit code 137, its limit is 256Mi, restarted 4 times)",
        ]
    );
    assert!(
        events
            .iter()
            .all(|event| event.source == "kubernetes" && event.resource.as_ref().unwrap().as_str() == WEB)
    );
}

#[tokio::test]
async fn logs_are_read_before_and_after_a_restart() {
    let double = troubled().start();
    let eks = source(&double, &["shop"]);
    let Evidence::Logs(page) = found(eks.answer(&logs()).await) else {
        panic!("no logs");
    };
    let lines: Vec<String> = page
        .lines
        .iter()
        .map(|line| format!("{} {}", line.stream.as_deref().unwrap(), line.message))
        .collect();
    assert_eq!(
        lines,
        ["web-new-a/app heap is at 250 MB", "web-new-a/app GET / 200"]
    );
    assert_eq!(page.groups, ["k8s/shop/deployment/web"]);
    let asked: Vec<String> = double
        .requests()
        .iter()
        .filter(|request| request.path.ends_with("/log"))
        .map(|request| request.query.clone())
        .collect();
    assert!(
        asked[0].contains("sinceTime=2026-03-10T10%3A00%3A00Z") && asked[0].contains("limitBytes="),
        "{asked:?}"
    );
    assert_eq!(
        asked
            .iter()
            .filter(|query| query.contains("previous=true"))
            .count(),
        1
    );
}

#[tokio::test]
async fn a_rollout_is_told_with_what_it_changed_and_never_with_a_value() {
    let mut after = pod_spec("registry/web:1.5", "128Mi");
    after["containers"][0]["env"][3]["value"] = json!("other-secret");
    let double = shop()
        .with(
            "replicasets",
            replica_set("web-next", 8, "2026-03-10T10:20:00Z", after),
        )
        .start();
    let eks = source(&double, &["shop"]);
    let query = Query::Changes {
        resource: Some(web()),
        window: window(),
    };
    let Evidence::Changes(changes) = found(eks.answer(&query).await) else {
        panic!("no changes");
    };
    assert_eq!(changes.len(), 1, "{changes:#?}");
    let change = &changes[0];
    assert_eq!(
        change.summary,
        "rollout of revision 8: image of app registry/web:1.4 -> registry/web:1.5; memory limit of app 256Mi -> 128Mi; memory \
         request of app 256Mi -> 128Mi; environment of app: API_TOKEN"
    );
    assert_eq!(
        (change.source.as_str(), change.kind.as_str()),
        ("kubernetes", "deployment")
    );
    assert!(!format!("{change:?}").contains("secret"));
}

#[tokio::test]
async fn a_denied_sort_is_a_gap_and_the_rest_is_told() {
    let mut world = troubled();
    world.denied = vec!["ingresses", "nodes"];
    let double = world.start();
    let eks = source(&double, &[]);
    let answer = eks.answer(&Query::Inventory).await;
    let gaps = told(&answer.gaps);
    assert_eq!(answer.gaps.len(), 2, "{gaps}");
    assert!(answer.gaps.iter().all(|gap| gap.kind == GapKind::Denied));
    assert!(
        gaps.contains("allow list on nodes") && gaps.contains("AmazonEKSViewPolicy"),
        "{gaps}"
    );
    assert!(matches!(answer.evidence, Some(Evidence::Inventory(found)) if found.len() > 3));
}

#[tokio::test]
async fn an_unknown_identity_a_closed_door_and_a_missing_cluster_are_one_gap_each() {
    let unknown = DoubleHttp::with_url(|url| {
        move |request: &crate::support::double_http::Request, _| {
            if request.path.starts_with("/clusters/") {
                let cluster = json!({"cluster": {"endpoint": url, "resourcesVpcConfig": {"endpointPublicAccess": false}}});
                return Reply::json(200, cluster.to_string());
            }
            Reply::json(401, r#"{"message":"Unauthorized"}"#)
        }
    });
    let answer = source(&unknown, &[]).answer(&Query::Inventory).await;
    let words = told(&answer.gaps);
    assert_eq!(answer.gaps.len(), 1, "{words}");
    assert_eq!(answer.gaps[0].kind, GapKind::Credentials);
    assert!(words.contains("create-access-entry"), "{words}");
    // One list is tried again with a new token, and no other after it.
    assert_eq!(answer.calls, 3);

    let private = DoubleHttp::start(|_, _| {
        let cluster = json!({"cluster": {"endpoint": "http://127.0.0.1:9", "resourcesVpcConfig": {"endpointPublicAccess": false}}});
        Reply::json(200, cluster.to_string())
    });
    let answer = source(&private, &[]).answer(&Query::Inventory).await;
    let words = told(&answer.gaps);
    assert_eq!(answer.gaps.len(), 1, "{words}");
    assert_eq!(answer.gaps[0].kind, GapKind::Unreachable);
    assert!(words.contains("its endpoint is private"), "{words}");

    let denied = DoubleHttp::start(|_, _| Reply::error(403, "AccessDeniedException", "not authorized"));
    let answer = source(&denied, &[]).answer(&Query::Inventory).await;
    let words = told(&answer.gaps);
    assert_eq!(answer.gaps.len(), 1, "{words}");
    assert_eq!(answer.gaps[0].kind, GapKind::Denied);
    assert!(words.contains("eks:DescribeCluster"), "{words}");
}
