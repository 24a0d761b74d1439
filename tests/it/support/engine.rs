//! Runs real investigations over scripted incidents: the real journal, the real drive, the real reasoner.

use std::{sync::Arc, time::Duration};

use midwatch::{
    engine::{
        drive::{Drive, Outcome, Pace, Until},
        handle::Engine,
        local::Local,
        opening::{self, Opening},
        pattern::Library,
        reasoner::builtin::Builtin,
        scheduler::{Settings, Sources},
        telemetry::Telemetry,
    },
    journal::{
        Actor, Body, Draft, Hash, Journal, StoreError, StreamId,
        body::{Created, Message, Steering},
        views::{Investigation, Space},
    },
    model::{Answer, Intent, Priority, Query, Source, SourceSpec, Start, Text},
    sources::bundle::{Bundle, BundleSource},
};
use tokio::task::JoinHandle;

/// A journal in memory with everything that an investigation needs.
pub struct Watch {
    pub journal: Journal,
    reasoner: Arc<Builtin>,
}

impl Watch {
    pub async fn new() -> Self {
        Self::over(Journal::in_memory().await.unwrap())
    }

    pub fn over(journal: Journal) -> Self {
        Self {
            journal,
            reasoner: Arc::new(Builtin::new(Arc::new(Library::shipped().unwrap()))),
        }
    }

    /// Opens an investigation of a shipped scenario; `change` may alter how it starts.
    pub async fn open(&self, scenario: &str, change: impl FnOnce(&mut Created)) -> StreamId {
        let bundle = Bundle::scenario(scenario).unwrap();
        let source = SourceSpec::Scenario {
            name: scenario.to_owned(),
        };
        let mut opening = Opening::of(bundle.incident(), source);
        change(&mut opening.created);
        opening::open(&self.journal, Actor::Operator("test".to_owned()), opening)
            .await
            .unwrap()
    }

    /// A drive for an opened stream over any source.
    pub async fn drive(&self, stream: &StreamId, source: Arc<dyn Source>) -> Drive {
        let lease = loop {
            let lease = self
                .journal
                .acquire(stream, "test", Duration::from_millis(200))
                .await
                .unwrap();
            if let Some(lease) = lease {
                break lease;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        Drive {
            journal: self.journal.clone(),
            lease,
            source,
            spec: SourceSpec::Scenario {
                name: "test".to_owned(),
            },
            reasoner: Arc::clone(&self.reasoner) as Arc<_>,
            pace: Pace::default(),
            budget: midwatch::model::Budget::default(),
        }
    }

    /// Drives an opened stream to its end (or until it waits).
    pub async fn run(&self, stream: &StreamId, source: Arc<dyn Source>) -> Outcome {
        self.drive(stream, source).await.run(Until::End).await.unwrap()
    }

    /// Opens a scenario and drives it to its end.
    pub async fn investigate(&self, scenario: &str) -> Investigation {
        let stream = self.open(scenario, |_| {}).await;
        assert_eq!(self.run(&stream, source(scenario)).await, Outcome::Ended);
        self.view(&stream).await
    }

    pub async fn view(&self, stream: &StreamId) -> Investigation {
        Investigation::fold(&self.journal.read_all(stream).await.unwrap())
    }

    pub async fn space(&self) -> Space {
        Space::fold(&self.journal.read_all(&StreamId::space()).await.unwrap())
    }

    pub async fn digest(&self, stream: &StreamId) -> Hash {
        self.journal.digest(stream).await.unwrap()
    }

    /// An operator says something.
    pub async fn say(&self, stream: &StreamId, words: &str) {
        let message = Body::Message(Message {
            text: Text::new().ext(words),
            cites: Vec::new(),
            answers: None,
            stream: None,
        });
        self.write(stream, &message).await;
    }

    /// An operator presses a key.
    pub async fn wish(&self, stream: &StreamId, intent: Intent) {
        let steering = Body::Steering(Steering {
            message: None,
            intent,
            effect: Text::new(),
        });
        self.write(stream, &steering).await;
    }

    async fn write(&self, stream: &StreamId, body: &Body) {
        let draft = Draft::new(Actor::Operator("test".to_owned()), body);
        self.journal
            .append(stream, None, None, vec![draft])
            .await
            .unwrap();
    }

    /// The whole engine over this journal.
    pub fn engine(&self, slots: usize, sources: Arc<dyn Sources>) -> Arc<Local> {
        self.worker(slots, Duration::from_millis(600), sources).0
    }

    /// As [`Self::engine`], with its task: aborting it is how a worker dies.
    pub fn worker(
        &self,
        slots: usize,
        lease: Duration,
        sources: Arc<dyn Sources>,
    ) -> (Arc<Local>, JoinHandle<Result<(), StoreError>>) {
        let settings = Settings {
            slots,
            lease,
            respite: Duration::from_millis(5),
            ..Settings::default()
        };
        Local::start(
            self.journal.clone(),
            Arc::clone(&self.reasoner) as Arc<_>,
            sources,
            settings,
        )
    }

    /// Waits until all opened investigations are closed.
    pub async fn all_closed(&self) -> Space {
        for _ in 0..600 {
            let space = self.space().await;
            if space
                .investigations
                .values()
                .all(|listed| listed.closed.is_some())
            {
                return space;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("investigations are still open after 30 s");
    }

    /// Waits until the engine's status meets a condition.
    pub async fn until(&self, engine: &Local, met: impl Fn(&midwatch::engine::handle::EngineStatus) -> bool) {
        for _ in 0..600 {
            if met(&engine.status()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the engine never got there: {:?}", engine.status());
    }
}

/// A shipped scenario as a source.
pub fn source(scenario: &str) -> Arc<dyn Source> {
    Arc::new(BundleSource::new(Bundle::scenario(scenario).unwrap()))
}

/// The sources that the program has.
pub fn telemetry() -> Arc<dyn Sources> {
    Arc::new(Telemetry::new(&midwatch::config::Config::default()))
}

/// A source that answers only as fast as it is let, and counts what is under way.
pub struct Gate {
    inner: Arc<dyn Source>,
    permits: tokio::sync::Semaphore,
}

impl Gate {
    pub fn closed(inner: Arc<dyn Source>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            permits: tokio::sync::Semaphore::new(0),
        })
    }

    pub fn let_through(&self, answers: usize) {
        self.permits.add_permits(answers);
    }
}

#[async_trait::async_trait]
impl Source for Gate {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.permits.acquire().await.unwrap().forget();
        self.inner.answer(query).await
    }
}

/// Sources that open one source for every specification.
pub struct Always(pub Arc<dyn Source>);

#[async_trait::async_trait]
impl Sources for Always {
    async fn open(&self, _: &SourceSpec) -> Result<Arc<dyn Source>, Text> {
        Ok(Arc::clone(&self.0))
    }
}

/// A start from words.
pub fn words(created: &mut Created, text: &str) {
    created.start = Start::Text {
        text: text.to_owned(),
    };
}

/// A queue position.
pub fn priority(created: &mut Created, priority: Priority) {
    created.priority = priority;
}
