//! A space with one channel to a double: investigations written by hand, a task that sends, and time that passes by itself.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use jiff::Timestamp;
use midwatch::{
    config::Config,
    journal::{
        Actor, Append, Body, Draft, Hash, Journal, StreamId,
        body::{Course, Delivered, Delivery, Event, Judged, Payload, Tie, Triage},
        views::Space,
    },
    model::{Alert, AlertAction, Priority, SourceSpec, Text},
    outlets::{Outlet, Settings, of_space, run, tide::Tide},
};
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinHandle};

/// Longest wait for something to come true.
const PATIENCE: Duration = Duration::from_mins(1);

/// Time that passes as soon as somebody waits for it; chance that is always the same.
pub struct Swift {
    now: Mutex<Timestamp>,
    waits: Mutex<Vec<Duration>>,
}

impl Swift {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            now: Mutex::new("2025-10-27T03:12:44Z".parse().unwrap()),
            waits: Mutex::default(),
        })
    }

    /// Every wait so far.
    pub fn waits(&self) -> Vec<Duration> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Tide for Swift {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, time: Duration) {
        {
            let mut now = self.now.lock().unwrap();
            *now = now.checked_add(time).unwrap();
        }
        self.waits.lock().unwrap().push(time);
        tokio::task::yield_now().await;
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

/// A space that sends.
pub struct Sender {
    pub journal: Journal,
    pub tide: Arc<Swift>,
    pub config: Config,
    folder: TempDir,
    running: Option<(watch::Sender<bool>, JoinHandle<()>)>,
}

impl Sender {
    /// With this configuration, in which `$SECRET` stands for a file with `hush-hush` in it.
    pub async fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "hush-hush").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let config = config.replace("$SECRET", &format!("{{ file = \"{}\" }}", path.display()));
        Self {
            journal: Journal::in_memory().await.unwrap(),
            tide: Swift::new(),
            config: Config::parse("config.toml", &config).unwrap(),
            folder,
            running: None,
        }
    }

    /// Replaces the secret where it stands.
    pub fn put_secret(&self, secret: &str) {
        fs::write(self.folder.path().join("secret"), secret).unwrap();
    }

    pub fn outlets(&self) -> Vec<Outlet> {
        let (outlets, broken) = of_space(&self.config);
        assert!(broken.is_empty(), "{broken:?}");
        outlets
    }

    /// Begins to send, and waits until it follows the journal: what is written from then on is told.
    pub async fn start(&mut self) {
        let (ending, end) = watch::channel(false);
        let settings = Settings {
            owner: ulid::Ulid::generate().to_string(),
            lease: Duration::from_millis(600),
            tide: Arc::clone(&self.tide) as Arc<_>,
        };
        let task = tokio::spawn(run(self.journal.clone(), self.outlets(), settings, end));
        self.running = Some((ending, task));
        for outlet in self.outlets() {
            let name = format!("outlet/{}", outlet.name);
            until(async || !self.journal.cursor(&name).await.unwrap().is_empty()).await;
        }
    }

    /// Ends as the program does.
    pub async fn stop(&mut self) {
        let (ending, task) = self.running.take().unwrap();
        ending.send(true).unwrap();
        tokio::time::timeout(PATIENCE, task).await.unwrap().unwrap();
    }

    /// Ends as a crash does.
    pub async fn crash(&mut self) {
        let (_ending, task) = self.running.take().unwrap();
        task.abort();
        drop(task.await);
    }

    /// What happened so far to messages, in order.
    pub async fn deliveries(&self) -> Vec<Delivery> {
        let records = self.journal.read_all(&StreamId::space()).await.unwrap();
        records
            .iter()
            .filter_map(|record| match record.typed() {
                Some(Body::Delivery(delivery)) => Some(delivery),
                _ => None,
            })
            .collect()
    }

    /// Waits until so many messages have arrived; returns all deliveries.
    pub async fn sent(&self, many: usize) -> Vec<Delivery> {
        let is_sent = |delivery: &&Delivery| matches!(delivery.outcome, Delivered::Sent { .. });
        until(async || self.deliveries().await.iter().filter(is_sent).count() >= many).await;
        let all = self.deliveries().await;
        let keys: BTreeMap<&str, usize> =
            all.iter().filter(is_sent).fold(BTreeMap::new(), |mut keys, one| {
                *keys.entry(one.key.as_str()).or_default() += 1;
                keys
            });
        assert_eq!(keys.len(), many, "{all:?}");
        assert!(keys.values().all(|count| *count == 1), "{keys:?}");
        all
    }

    pub async fn space(&self) -> Space {
        Space::fold(&self.journal.read_all(&StreamId::space()).await.unwrap())
    }

    pub async fn write(&self, stream: &StreamId, bodies: Vec<Body>) -> u64 {
        let drafts = bodies.iter().map(Draft::agent).collect();
        let records = self.journal.append(stream, None, None, drafts).await.unwrap();
        records.last().unwrap().seq
    }

    /// An event arrives; its record.
    pub async fn event(&self, sender: &str, ticket: Option<&str>, title: &str, link: Option<&str>) -> u64 {
        let alert = Alert {
            incident: ticket.unwrap_or("INC-1").to_owned(),
            title: title.to_owned(),
            ticket: ticket.map(str::to_owned),
            link: link.map(str::to_owned),
            ..Alert::default()
        };
        let event = Body::Event(Box::new(Event {
            sender: sender.to_owned(),
            via: "webhook/x".to_owned(),
            digest: Hash::zero(),
            incident: None,
            once: false,
            alert: Some(alert),
            unread: String::new(),
            body: Payload::None,
        }));
        self.write(&StreamId::space(), vec![event]).await
    }

    /// An investigation is opened, for an event or by a person.
    pub async fn open(&self, title: &str, event: Option<u64>) -> StreamId {
        self.open_from(
            title,
            event,
            SourceSpec::Aws {
                account: None,
                region: None,
            },
        )
        .await
    }

    pub async fn open_from(&self, title: &str, event: Option<u64>, source: SourceSpec) -> StreamId {
        use midwatch::{
            engine::opening::{Opening, appends},
            journal::body::Created,
            model::Start,
        };
        let opening = Opening {
            created: Created {
                title: Text::new().ext(title),
                start: Start::Text {
                    text: title.to_owned(),
                },
                at: None,
                window: None,
                baseline: None,
                priority: Priority::High,
                account: None,
                region: None,
                details: Text::new(),
                hint: Text::new(),
                reasoner: "builtin".to_owned(),
                budget: None,
            },
            source,
            parent: None,
        };
        let (stream, mut batch) = appends(&Actor::System, opening, event);
        if let Some(event) = event {
            let judged = judged(
                event,
                Course::Investigate {
                    stream: stream.clone(),
                },
            );
            batch.push(Append {
                stream: StreamId::space(),
                expected: None,
                epoch: None,
                drafts: vec![Draft::agent(&judged)],
            });
        }
        self.journal.append_all(batch).await.unwrap();
        stream
    }

    /// Another event is tied to an investigation.
    pub async fn link(&self, event: u64, stream: &StreamId) -> u64 {
        let course = Course::Link {
            stream: stream.clone(),
            by: Tie::Resource,
            priority: None,
        };
        self.write(&StreamId::space(), vec![judged(event, course)]).await
    }

    /// The incident is over, says its sender.
    pub async fn resolve(&self, event: u64, stream: &StreamId) -> u64 {
        self.resolve_one(event, stream, 0).await
    }

    /// Says that one incident is over, while so many others of the investigation are not.
    pub async fn resolve_one(&self, event: u64, stream: &StreamId, others: u32) -> u64 {
        let course = Course::Update {
            stream: stream.clone(),
            action: AlertAction::Resolved,
            priority: None,
            others,
        };
        self.write(&StreamId::space(), vec![judged(event, course)]).await
    }
}

fn judged(event: u64, course: Course) -> Body {
    Body::Triage(Triage::Judged(Judged {
        event,
        course,
        why: "so it is".into(),
    }))
}

/// Waits until something is true.
pub async fn until(mut met: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !met().await {
        assert!(begun.elapsed() < PATIENCE, "it never came true");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The records of a whole investigation, in the order in which the engine writes them.
pub mod night {
    use midwatch::{
        journal::{
            Body,
            body::{End, Finding, InvestigationSummary, Status, Summary},
        },
        model::{Category, Cause, Impact, MitigationPlan, MitigationStep, Phase, RunState, Text, Verdict},
    };

    pub fn status(state: RunState, text: &str) -> Body {
        Body::Status(Status {
            state,
            phase: (state == RunState::Running).then_some(Phase::Look),
            text: text.into(),
        })
    }

    pub fn finding(text: Text) -> Body {
        Body::Finding(
            Finding {
                text,
                observation: 1,
                resource: Some("order-intake".into()),
                at: None,
            }
            .into(),
        )
    }

    pub fn cause() -> Cause {
        Cause {
            resource: "order-intake".into(),
            category: Category::SystemChange,
            pattern: "bad-deploy".to_owned(),
            statement: Text::new().ext("order-intake").own(" fails since its deployment"),
            confidence: 0.93,
            evidence: vec![2],
        }
    }

    pub fn summary(verdict: Verdict) -> Body {
        Body::InvestigationSummary(InvestigationSummary {
            verdict,
            symptom: "errors went up".into(),
            text: "a deployment broke it".into(),
            causes: vec![cause()],
            impact: vec![Impact {
                resource: "orders-api".into(),
                how: "answers with errors".into(),
            }],
            candidates: Vec::new(),
            hypotheses: Vec::new(),
            ruled_out: Vec::new(),
            timeline: Vec::new(),
            next_looks: Vec::new(),
            recommendations: Vec::new(),
        })
    }

    pub fn plan() -> [Body; 2] {
        let step = MitigationStep {
            text: "point the alias back".into(),
            command: ["aws", "lambda", "update-alias", "--name", "live"]
                .map(str::to_owned)
                .to_vec(),
            writes: true,
        };
        let plan = MitigationPlan {
            apply: vec![step],
            ..MitigationPlan::default()
        };
        [
            Body::MitigationPlan(plan),
            Body::MitigationSummary(Summary {
                text: "1 step; first to apply: point the alias back".into(),
            }),
        ]
    }

    pub fn end() -> Body {
        Body::End(End {
            state: RunState::Completed,
            verdict: Some(Verdict::Cause),
            text: "a root cause was found".into(),
        })
    }

    /// Everything, with one finding in these words; six messages.
    pub fn whole(found: Text) -> Vec<Body> {
        let mut all = vec![
            status(RunState::Running, "looking"),
            // A new stage, of which nobody is told.
            status(RunState::Running, "testing"),
            finding(found),
            Body::Cause(cause()),
            summary(Verdict::Cause),
        ];
        all.extend(plan());
        all.push(end());
        all
    }
}
