//! A double of an EKS cluster named `prod`: the EKS and tagging calls of AWS that lead to it, and its Kubernetes API, from
//! objects that the test gives. It refuses what a read-only client of some namespaces has no business with.

use std::sync::Arc;

use midwatch::{
    config::{Association, Auth, Connection, ConnectionKind},
    model::Place,
    net::Net,
    sources::{eks::Eks, space::Member},
};
use serde_json::{Value, json};

use super::{
    aws::factory,
    double_aws::Reply,
    double_http::{DoubleHttp, Request},
};

pub const CLUSTER: &str = "prod";
pub const ACCOUNT: &str = "111122223333";

/// The objects of a cluster, by their sort, and the logs of its containers by `namespace/pod/container[/previous]`.
#[derive(Default, Clone)]
pub struct World {
    pub objects: Vec<(&'static str, Value)>,
    pub logs: Vec<(&'static str, &'static str)>,
    /// Sorts that are denied.
    pub denied: Vec<&'static str>,
}

impl World {
    pub fn with(mut self, sort: &'static str, object: Value) -> Self {
        self.objects.push((sort, object));
        self
    }

    pub fn log(mut self, container: &'static str, text: &'static str) -> Self {
        self.logs.push((container, text));
        self
    }

    /// The running double.
    pub fn start(self) -> DoubleHttp {
        DoubleHttp::with_url(|url| move |request: &Request, _| self.answer(request, &url))
    }

    /// What it answers; `url` is where it listens.
    pub fn answer(&self, request: &Request, url: &str) -> Reply {
        if request.path == format!("/clusters/{CLUSTER}") {
            let cluster = json!({"cluster": {"name": CLUSTER, "version": "1.33", "endpoint": url, "resourcesVpcConfig": {"endpointPublicAccess": false}}});
            return Reply::json(200, cluster.to_string());
        }
        if request.operation() == "GetResources" {
            let arn =
                "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/shop/0a1b2c3d4e5f6071";
            let tags = json!([{"Key": "elbv2.k8s.aws/cluster", "Value": CLUSTER}, {"Key": "ingress.k8s.aws/stack", "Value": "shop/front"}]);
            let body = json!({"PaginationToken": "", "ResourceTagMappingList": [{"ResourceARN": arn, "Tags": tags}]});
            return Reply::json(200, body.to_string());
        }
        if request.method != "GET" || !request.header("authorization").starts_with("Bearer k8s-aws-v1.") {
            return refused(401, "Unauthorized");
        }
        let steps: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match steps.as_slice() {
            ["version"] if self.denied.contains(&"version") => refused(403, "forbidden"),
            ["version"] => Reply::json(
                200,
                json!({"major": "1", "minor": "33", "gitVersion": "v1.33.4-eks-1a2b3c4"}).to_string(),
            ),
            ["api", "v1", "namespaces", .., "log"] if self.denied.contains(&"pods/log") => refused(
                403,
                "pods \"x\" is forbidden: User \"midwatch\" cannot get resource \"pods/log\"",
            ),
            [
                "api",
                "v1",
                "namespaces",
                _,
                "pods",
                "midwatch-probe-of-nothing",
                "log",
            ] => refused(404, "pods \"midwatch-probe-of-nothing\" not found"),
            ["api", "v1", "namespaces", space, "pods", pod, "log"] => self.log_of(space, pod, &request.query),
            ["api" | "apis", .., "namespaces", space, sort] => self.list(sort, Some(space)),
            ["api" | "apis", .., sort] => self.list(sort, None),
            _ => refused(404, "the server could not find the requested resource"),
        }
    }

    fn list(&self, sort: &str, space: Option<&str>) -> Reply {
        if self.denied.contains(&sort) {
            return refused(
                403,
                &format!("{sort} is forbidden: User \"midwatch\" cannot list resource \"{sort}\""),
            );
        }
        let items: Vec<&Value> = self
            .objects
            .iter()
            .filter(|(known, object)| {
                *known == sort && space.is_none_or(|space| object["metadata"]["namespace"] == space)
            })
            .map(|(_, object)| object)
            .collect();
        Reply::json(
            200,
            json!({"kind": "List", "metadata": {}, "items": items}).to_string(),
        )
    }

    fn log_of(&self, space: &str, pod: &str, query: &str) -> Reply {
        let parameter = |name: &str| {
            query
                .split('&')
                .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        };
        let previous = if parameter("previous") == Some("true") {
            "/previous"
        } else {
            ""
        };
        let wanted = format!(
            "{space}/{pod}/{}{previous}",
            parameter("container").unwrap_or_default()
        );
        let known = self.logs.iter().find(|(container, _)| *container == wanted);
        known.map_or_else(
            || Reply {
                status: 200,
                content_type: "text/plain",
                body: String::new(),
            },
            |(_, text)| Reply {
                status: 200,
                content_type: "text/plain",
                body: (*text).to_owned(),
            },
        )
    }
}

fn refused(status: u16, message: &str) -> Reply {
    Reply::json(
        status,
        json!({"kind": "Status", "status": "Failure", "message": message, "code": status}).to_string(),
    )
}

/// The source over a double, as a space may see it.
pub fn source(double: &DoubleHttp, namespaces: &[&str]) -> Arc<dyn Member> {
    let connection = Connection {
        kind: ConnectionKind::Eks,
        description: None,
        url: None,
        command: Vec::new(),
        auth: Auth::None,
        owner: None,
        account: Some(ACCOUNT.to_owned()),
        region: None,
        cluster: Some(CLUSTER.to_owned()),
        api: None,
        from: None,
        timeout: 5,
        largest_answer: 256 * 1024,
    };
    let association = Association {
        namespaces: namespaces.iter().map(|name| (*name).to_owned()).collect(),
        ..Association::default()
    };
    let home = Some(Place::new(ACCOUNT, "us-east-1"));
    let cluster = Eks::new(
        "prod",
        &connection,
        &association,
        &factory(double.url()),
        &Net::default(),
        home,
    );
    Arc::new(cluster.unwrap())
}

/// The metadata of an object, owned by another or by nobody.
pub fn meta(name: &str, owner: Option<(&str, &str)>) -> Value {
    let mut meta = json!({"name": name, "namespace": "shop", "creationTimestamp": "2026-03-01T08:00:00Z", "labels": {"app": "web"}});
    if let Some((kind, owner)) = owner {
        meta["ownerReferences"] = json!([{"kind": kind, "name": owner, "controller": true}]);
    }
    meta
}

/// The specification of the pods of `web`.
pub fn pod_spec(image: &str, memory: &str) -> Value {
    json!({
        "nodeName": "node-a",
        "containers": [{
            "name": "app",
            "image": image,
            "resources": {"limits": {"memory": memory}, "requests": {"memory": memory}},
            "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "timeoutSeconds": 1},
            "env": [
                {"name": "ORDERS_TABLE", "value": "orders"},
                {"name": "QUEUE_URL", "value": "https://sqs.us-east-1.amazonaws.com/111122223333/mail"},
                {"name": "PRICES_URL", "value": "http://prices:8080"},
                {"name": "API_TOKEN", "value": "hush-hush"},
                {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
            ],
        }],
    })
}

/// Deployment `web` in namespace `shop` behind service `web` and ingress `front`, with its present and its former replica
/// set, deployment `prices` that it calls, and the node that both run on. Nothing is wrong with any of them.
pub fn shop() -> World {
    let spec = pod_spec("registry/web:1.4", "256Mi");
    let template = json!({"metadata": {"labels": {"app": "web", "tier": "front"}}, "spec": spec});
    let mut deployment = meta("web", None);
    deployment["annotations"] = json!({"deployment.kubernetes.io/revision": "7"});
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": "2026-03-01T08:01:00Z", "reason": "Fine", "message": "fine"});
    World::default()
        .with("deployments", json!({
            "metadata": deployment,
            "spec": {"replicas": 2, "template": template},
            "status": {"conditions": [condition("Progressing"), condition("Available")]},
        }))
        .with("deployments", json!({
            "metadata": meta("prices", None),
            "spec": {"replicas": 1, "template": {"metadata": {"labels": {"app": "prices"}}, "spec": {"containers": [{"name": "app", "image": "registry/prices:2"}]}}},
        }))
        .with("services", json!({"metadata": meta("web", None), "spec": {"selector": {"app": "web"}}}))
        .with("services", json!({"metadata": meta("prices", None), "spec": {"selector": {"app": "prices"}}}))
        .with("ingresses", json!({
            "metadata": meta("front", None),
            "spec": {"rules": [{"http": {"paths": [{"path": "/", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]},
        }))
        .with("replicasets", replica_set("web-old", 6, "2026-02-01T08:00:00Z", pod_spec("registry/web:1.3", "256Mi")))
        .with("replicasets", replica_set("web-new", 7, "2026-03-01T08:00:00Z", pod_spec("registry/web:1.4", "256Mi")))
        .with("nodes", json!({
            "metadata": {"name": "node-a"},
            "spec": {"providerID": "aws:///us-east-1a/i-0a1b2c3d4e5f60718"},
            "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "MemoryPressure", "status": "False"}]},
        }))
}

/// A replica set of deployment `web`.
pub fn replica_set(name: &str, revision: u32, made: &str, spec: Value) -> Value {
    let mut meta = meta(name, Some(("Deployment", "web")));
    meta["creationTimestamp"] = json!(made);
    meta["annotations"] = json!({"deployment.kubernetes.io/revision": revision.to_string()});
    json!({"metadata": meta, "spec": {"template": {"spec": spec}}})
}

/// A pod of replica set `set` with the status of its only container.
pub fn pod(name: &str, set: &str, container: Value) -> Value {
    let mut container = container;
    container["name"] = json!("app");
    json!({
        "metadata": meta(name, Some(("ReplicaSet", set))),
        "spec": pod_spec("registry/web:1.4", "256Mi"),
        "status": {"startTime": "2026-03-10T10:30:00Z", "containerStatuses": [container]},
    })
}

/// A container that runs.
pub fn running() -> Value {
    json!({"ready": true, "restartCount": 0, "state": {"running": {"startedAt": "2026-03-01T08:00:10Z"}}})
}

/// A container that was killed for its memory and runs again.
pub fn killed(at: &str) -> Value {
    json!({
        "ready": true,
        "restartCount": 4,
        "state": {"running": {"startedAt": at}},
        "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": at}},
    })
}

/// An event of the cluster on a pod.
pub fn event(pod: &str, reason: &str, message: &str, first: &str, last: &str) -> Value {
    json!({
        "metadata": {"name": format!("{pod}.{reason}"), "namespace": "shop"},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "count": 9,
        "firstTimestamp": first,
        "lastTimestamp": last,
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": pod},
    })
}
