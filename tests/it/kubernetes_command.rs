//! `midwatch connection test` of an EKS cluster, against a double of it: whether it is reached, its version, and which reads it
//! allows.

use serde_json::json;

use crate::support::{
    double_aws::Reply,
    double_http::DoubleHttp,
    double_kubernetes::{ACCOUNT, CLUSTER, World, shop},
    program::Program,
};

const SORTS: &str = "pods, events, services, deployments, replicasets, statefulsets, daemonsets, jobs, \
                     horizontalpodautoscalers, ingresses";

/// Tries the cluster as a space with that association sees it.
fn test(double: &DoubleHttp, space: &str) -> (i32, String) {
    let connection =
        format!("[connections.prod]\nkind = \"eks\"\ncluster = \"{CLUSTER}\"\naccount = \"{ACCOUNT}\"\n");
    Program::new(&format!("{connection}{space}"))
        .of_aws(double.url())
        .run(&["connection", "test", "prod"])
        .told()
}

fn denying(sorts: &[&'static str]) -> World {
    World {
        denied: sorts.to_vec(),
        ..shop()
    }
}

#[test]
fn a_cluster_tells_its_version_and_what_may_be_read() {
    let double = shop().start();
    let (code, told) = test(&double, "[spaces.default.connections.prod]\n");
    assert_eq!(code, 0, "{told}");
    assert_eq!(
        told,
        format!(
            "prod: ok, cluster prod, Kubernetes v1.33.4-eks-1a2b3c4 at its private endpoint, reads {SORTS}, nodes, pods/log in \
             all namespaces\n"
        )
    );
    // One object of each sort is asked for, and the log of no pod there is.
    for request in double.requests() {
        assert!(
            request.query.contains("limit=1")
                || request.path.contains("midwatch-probe-of-nothing")
                || ["/version", "/clusters/prod"].contains(&request.path.as_str()),
            "{request:?}"
        );
    }
    let (code, told) = test(&double, "");
    assert_eq!(code, 0, "{told}");
    assert!(
        told.ends_with("; space default does not use it (midwatch connection associate prod)\n"),
        "{told}"
    );
}

#[test]
fn only_the_namespaces_of_the_space_are_asked_for() {
    let double = shop().start();
    let (code, told) = test(
        &double,
        "[spaces.default.connections.prod]\nnamespaces = [\"shop\", \"pay\"]\n",
    );
    assert_eq!(code, 0, "{told}");
    assert!(
        told.ends_with(&format!("reads {SORTS}, pods/log in namespaces shop, pay\n")),
        "{told}"
    );
    for request in double.requests() {
        let known = ["/version", "/clusters/prod"].contains(&request.path.as_str());
        let inside = ["/namespaces/shop/", "/namespaces/pay/"];
        assert!(
            known || inside.iter().any(|place| request.path.contains(place)),
            "{request:?}"
        );
    }
}

#[test]
fn what_is_denied_is_a_warning_with_what_mends_it() {
    let double = denying(&["ingresses", "nodes", "pods/log", "version"]).start();
    let (code, told) = test(&double, "[spaces.default.connections.prod]\n");
    assert_eq!(code, 0, "{told}");
    // What is closed to it is told by EKS.
    assert!(
        told.starts_with("prod: ok, cluster prod, Kubernetes 1.33 at"),
        "{told}"
    );
    for expected in [
        "warning: ingresses: the cluster denies it (HTTP status 403): ingresses is forbidden",
        "hint: allow list on ingresses (AmazonEKSViewPolicy or the ClusterRole view does)",
        "warning: nodes: the cluster denies it",
        "hint: allow list on nodes by a ClusterRole of its own",
        "warning: pods/log: the cluster denies it",
        "hint: allow get on pods/log (AmazonEKSViewPolicy",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let double = denying(&["ingresses"]).start();
    let (_, told) = test(
        &double,
        "[spaces.default.connections.prod]\nnamespaces = [\"shop\", \"pay\"]\n",
    );
    assert!(
        told.contains("warning: ingresses in namespaces shop, pay: the cluster denies it"),
        "{told}"
    );
}

#[test]
fn a_cluster_that_lets_nobody_in_is_an_error() {
    let space = "[spaces.default.connections.prod]\nnamespaces = [\"shop\"]\n";
    let all: Vec<&str> = SORTS.split(", ").chain(["nodes", "pods/log"]).collect();
    let nothing = denying(&all).start();
    let closed = DoubleHttp::start(|_, _| {
        let cluster = json!({"cluster": {"endpoint": "http://127.0.0.1:9", "resourcesVpcConfig": {"endpointPublicAccess": false}}});
        Reply::json(200, cluster.to_string())
    });
    let unknown = DoubleHttp::with_url(|url| {
        move |request: &crate::support::double_http::Request, _| {
            if request.path.starts_with("/clusters/") {
                let cluster = json!({"cluster": {"endpoint": url}});
                return Reply::json(200, cluster.to_string());
            }
            Reply::json(401, r#"{"message":"Unauthorized"}"#)
        }
    });
    let denied = DoubleHttp::start(|_, _| Reply::error(403, "AccessDeniedException", "not authorized"));
    for (double, expected, mends) in [
        (&nothing, "the cluster denies it", "allow list on pods"),
        (
            &closed,
            "cluster prod cannot be reached",
            "its endpoint is private",
        ),
        (&unknown, "does not know this identity", "create-access-entry"),
        (&denied, "was denied", "allow eks:DescribeCluster"),
    ] {
        let (code, told) = test(double, space);
        assert_eq!(code, 1, "{told}");
        assert!(
            told.starts_with("error: cluster prod: ") && told.contains(expected) && told.contains(mends),
            "{told}"
        );
    }
    let elsewhere = "[[spaces.default.accounts]]\nid = \"444455556666\"\n";
    let (code, told) = test(&nothing, elsewhere);
    assert_eq!(code, 1, "{told}");
    assert!(
        told.contains("stands in account 111122223333, which this space does not have"),
        "{told}"
    );
}
