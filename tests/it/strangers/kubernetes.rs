//! The Kubernetes API of a cluster.

use midwatch::{
    model::{Evidence, GapKind, Query, Resource, Window},
    sources::eks::paths,
};
use serde_json::{Value, json};

use super::examine;
use crate::support::{
    aws::told,
    double_aws::Reply,
    double_http::DoubleHttp,
    double_kubernetes::{World, event, killed, meta, pod, running, shop, source},
    mangle::{HOSTILE, cases, mangled},
};

fn window() -> Window {
    let at = |text: &str| text.parse().unwrap();
    Window::new(at("2026-03-10T10:00:00Z"), at("2026-03-10T11:30:00Z"))
}

fn questions() -> Vec<Query> {
    let web = Resource::new("k8s:prod/shop/deployment/web", "k8s/deployment", "web");
    let window = window();
    vec![
        Query::Inventory,
        Query::Relations,
        Query::Events {
            resource: None,
            window,
        },
        Query::Changes {
            resource: None,
            window,
        },
        Query::Events {
            resource: Some(web.clone()),
            window,
        },
        Query::Changes {
            resource: Some(web.clone()),
            window,
        },
        Query::Configuration {
            resource: web.clone(),
        },
        Query::Logs {
            resource: Some(web),
            group: None,
            window,
            filter: None,
            limit: 5,
        },
    ]
}

fn troubled() -> World {
    let mut waiting = pod(
        "web-new-c",
        "web-new",
        json!({"ready": false, "restartCount": 9,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2026-03-10T11:00:00Z"}}}),
    );
    waiting["status"]["conditions"] = json!([{"type": "PodScheduled", "status": "False",
        "lastTransitionTime": "2026-03-10T10:40:00Z", "message": "0/3 nodes"}]);
    shop()
        .with("pods", pod("web-new-a", "web-new", killed("2026-03-10T11:10:00Z")))
        .with("pods", pod("web-new-b", "web-new", running()))
        .with("pods", waiting)
        .with("events", event("web-new-a", "BackOff", "restarting", "2026-03-10T10:41:00Z", "2026-03-10T11:10:00Z"))
        .with("events", event("gone-5f6d-abcde", "Unhealthy", "probe failed", "2026-03-10T10:42:00Z", "2026-03-10T10:42:00Z"))
        .log("shop/web-new-a/app", "2026-03-10T11:11:00Z \u{1b}[31mERROR\u{1b}[0m\nno time\n9999-99-99T00:00:00Z x\n2026-03-10T11:12:00Z y")
        .log("shop/web-new-a/app/previous", "2026-03-10T10:41:00.5Z heap is at 250 MB\n")
}

#[tokio::test]
async fn whatever_a_cluster_answers() {
    let usual = troubled();
    let objects = Value::Array(usual.objects.iter().map(|(_, object)| object.clone()).collect());
    let sorts: Vec<&'static str> = usual.objects.iter().map(|(sort, _)| *sort).collect();
    for bends in cases(16) {
        let mut world = usual.clone();
        world.objects = match mangled(&objects, &bends) {
            Value::Array(items) => sorts.iter().copied().cycle().zip(items).collect(),
            _ => Vec::new(),
        };
        let double = world.start();
        let (once, twice) = (source(&double, &[]), source(&double, &[]));
        examine(&once, Some(&twice), &questions(), 1_000_000, &bends).await;
    }
}

#[tokio::test]
async fn what_is_no_list_is_a_gap_and_the_rest_is_told() {
    let bodies = [
        "[]",
        "7",
        r#"{"items": 7}"#,
        r#"{"items": {}}"#,
        "{}",
        "null",
        r#""no""#,
    ];
    for (listed, body) in paths::ALL.iter().zip(bodies.into_iter().cycle()) {
        let path = format!("/{}/{}", listed.api, listed.name);
        let world = troubled();
        let double = DoubleHttp::with_url(|url| {
            move |request, _| match request.path == path {
                true => Reply::json(200, body),
                false => world.answer(request, &url),
            }
        });
        let answer = source(&double, &[]).answer(&questions()[2]).await;
        assert!(
            answer
                .gaps
                .iter()
                .any(|gap| gap.kind == GapKind::Failed && gap.what.plain().starts_with(listed.name)),
            "{} {body}: {}",
            listed.name,
            told(&answer.gaps)
        );
        // The first list is asked alone: where that is none, this is no cluster.
        let found = matches!(answer.evidence, Some(Evidence::Events(events)) if !events.is_empty());
        assert!(found || *listed == paths::ALL[0], "{} {body}", listed.name);
    }
}

#[tokio::test]
async fn owners_that_own_each_other_and_counts_beyond_all_numbers() {
    let owned = |name: &str, by: &str| json!({"metadata": meta(name, Some(("ReplicaSet", by))), "spec": {"template": {"spec": {}}}});
    let restarted = |name: &str| {
        let mut status = running();
        status["restartCount"] = json!(i64::MAX);
        status["ready"] = json!(false);
        let mut one = pod(name, "self", status.clone());
        one["status"]["containerStatuses"] = json!([status.clone(), status]);
        one
    };
    let world = troubled()
        .with("replicasets", owned("self", "self"))
        .with("replicasets", owned("left", "right"))
        .with("replicasets", owned("right", "left"))
        .with("pods", restarted("web-x"))
        .with("pods", pod("web-y", "left", running()))
        .with("pods", {
            let mut one = restarted("web-z");
            one["metadata"] = meta("web-z", Some(("ReplicaSet", "web-new")));
            one
        })
        .with(
            "events",
            event(
                "web-x",
                "BackOff",
                "again",
                "2026-03-10T10:41:00Z",
                "2026-03-10T11:10:00Z",
            ),
        );
    let double = world.start();
    let eks = source(&double, &["shop"]);
    examine(&eks, None, &questions(), 1_000_000, &Vec::new()).await;
}

#[tokio::test]
async fn names_that_kubernetes_would_not_take_are_inert_and_short() {
    for words in [HOSTILE.concat(), "x".repeat(50_000)] {
        let mut bad = meta("web", None);
        bad["name"] = json!(format!("web{words}"));
        bad["labels"] = json!({format!("app{words}"): words});
        let template = json!({"metadata": {"labels": {"app": words}}, "spec": {"containers": [{"name": words, "image": words}]}});
        let mut about = event(
            &format!("web{words}"),
            &words,
            &words,
            "2026-03-10T10:41:00Z",
            "2026-03-10T11:10:00Z",
        );
        about["involvedObject"]["namespace"] = json!(words);
        about["involvedObject"]["kind"] = json!("CronJob");
        about["metadata"]["name"] = json!("e-1");
        let world = troubled()
            .with(
                "deployments",
                json!({"metadata": bad, "spec": {"template": template}}),
            )
            .with(
                "services",
                json!({"metadata": bad, "spec": {"selector": {"app": words}}}),
            )
            .with("events", about);
        let double = world.start();
        let eks = source(&double, &[]);
        examine(&eks, None, &questions(), 1_500_000, &Vec::new()).await;
        let answer = eks.answer(&questions()[2]).await;
        let Some(Evidence::Events(told)) = answer.evidence else {
            panic!("{:?}", answer.gaps);
        };
        assert!(told.iter().any(|event| {
            event
                .resource
                .as_ref()
                .is_some_and(|id| id.as_str().contains("/cronjob/web"))
        }));
    }
}

#[tokio::test]
async fn a_workload_of_which_nothing_runs_has_no_log_and_says_so() {
    let mut stuck = pod("web-new-a", "web-new", running());
    stuck["status"]["containerStatuses"] =
        json!([{"name": "app", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]);
    for pod in [
        stuck.clone(),
        json!({"metadata": stuck["metadata"], "spec": stuck["spec"]}),
    ] {
        let double = shop().with("pods", pod).start();
        let logs = questions().pop().unwrap();
        let answer = source(&double, &[]).answer(&logs).await;
        assert_eq!((answer.evidence, answer.gaps.len()), (None, 1));
        assert_eq!(answer.gaps[0].kind, GapKind::NotFound);
        let why = answer.gaps[0].why.plain();
        assert!(why.starts_with("none of its containers has run yet"), "{why}");
    }
}
