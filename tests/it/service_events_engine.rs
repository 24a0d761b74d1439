//! What services say of one resource reaches the verdict: a live source says it only when it is asked about that resource.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use midwatch::{
    engine::{opening::Opening, pattern::Library, reasoner::builtin::Builtin, solo},
    model::{Answer, Evidence, Query, Source, SourceSpec, Verdict},
    sources::bundle::{Bundle, BundleSource},
};
use serde_json::json;

use crate::kubernetes_incidents::{BALANCER, record};

const SERVICE: &str = "service:shop/web";

/// A recording that behaves as AWS does: asked about nothing in particular, ECS says nothing.
struct Live {
    recording: BundleSource,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Source for Live {
    fn name(&self) -> &'static str {
        "live"
    }

    async fn answer(&self, query: &Query) -> Answer {
        if let Query::Events { resource, .. } = query {
            let Some(resource) = resource else {
                return Answer::found(Evidence::Events(Vec::new()), 1);
            };
            self.asked.lock().unwrap().push(resource.id.0.clone());
        }
        self.recording.answer(query).await
    }
}

#[tokio::test]
async fn a_service_behind_the_balancer_is_asked_why_its_tasks_stopped() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), true, false);
    let write = |name: &str, lines: &[serde_json::Value]| {
        let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
        fs::write(folder.path().join(name), text.join("\n")).unwrap();
    };
    write(
        "resources.jsonl",
        &[
            json!({"id": BALANCER, "type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "name": "shop"}),
            json!({"id": SERVICE, "type": "AWS::ECS::Service", "name": "shop/web"}),
            json!({"id": "queue:carts", "type": "AWS::SQS::Queue", "name": "carts"}),
        ],
    );
    write(
        "relations.jsonl",
        &[
            json!({"from": BALANCER, "to": SERVICE, "kind": "routes", "origin": "config"}),
            json!({"from": SERVICE, "to": "queue:carts", "kind": "writes", "origin": "config"}),
        ],
    );
    let stopped = "task 1a2b stopped: Essential container in task exited; container app: OutOfMemoryError: Container killed due to \
                   memory usage (exit code 137)";
    write(
        "events.jsonl",
        &[
            json!({"at": "2026-03-10T10:39:30Z", "source": "ecs", "resource": SERVICE, "category": "task stopped", "message": stopped}),
        ],
    );
    write(
        "logs.jsonl",
        &[
            json!({"at": "2026-03-10T10:10:00Z", "group": "/ecs/web", "resource": SERVICE, "message": "INFO ready"}),
            json!({"at": "2026-03-10T10:40:20Z", "group": "/ecs/web", "resource": SERVICE, "message": "java.lang.OutOfMemoryError: Java heap space"}),
        ],
    );
    let bundle = Bundle::open(folder.path()).unwrap();
    let spec = SourceSpec::Bundle {
        path: "recording".to_owned(),
    };
    let opening = Opening::of(bundle.incident(), spec);
    let live = Arc::new(Live {
        recording: BundleSource::new(bundle),
        asked: Mutex::default(),
    });
    let reasoner = Arc::new(Builtin::new(Arc::new(Library::shipped().unwrap())));
    let source: Arc<dyn Source> = Arc::<Live>::clone(&live);
    let outcome = solo::run(opening, source, reasoner).await.unwrap();
    let summary = outcome.view.summary.unwrap();
    // The queue has no service that says anything of it by name.
    assert_eq!(*live.asked.lock().unwrap(), [SERVICE]);
    let cause = summary
        .causes
        .first()
        .unwrap_or_else(|| panic!("{:?} {}", summary.verdict, summary.text));
    assert_eq!(summary.verdict, Verdict::Cause);
    assert_eq!(
        (cause.pattern.as_str(), cause.resource.as_str()),
        ("ecs-task-out-of-memory", SERVICE)
    );
}
