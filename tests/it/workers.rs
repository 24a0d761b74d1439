//! Several workers and consoles on one store: whatever happens to a worker or to the database, an investigation ends as it
//! would have, and no record is lost or doubled.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use midwatch::{
    engine::{handle::Engine, local::Local, scheduler::Sources},
    journal::{
        Journal, Kind, Record, StoreError, StreamId, VerifyOptions,
        postgres::{Options, PostgresStore},
        views::Investigation,
    },
    model::{Answer, Query, Source, SourceSpec, Text},
};
use tokio::task::JoinHandle;

use crate::{
    journal_sqlite::File,
    store_conformance::Place,
    support::{
        double_network::{DoubleNetwork, Weather},
        engine::{Always, Gate, Watch, source},
        postgres::{Cluster, Space},
    },
};

const SCENARIO: &str = "ec2-cpu-stress";

/// Answers before something happens: in the middle of the investigation.
const BEFORE: usize = 4;

/// As many answers as anybody may want.
const ALL: usize = 10_000;

/// How long a lease holds without renewal, for these tests: long enough for a loaded machine to renew it.
const LEASE: Duration = Duration::from_secs(2);

/// Longest wait for anything.
const LONG: Duration = Duration::from_mins(1);

/// A worker with a network of its own to the database, and telemetry that comes only as fast as it is let.
struct Worker {
    watch: Watch,
    network: DoubleNetwork,
    gate: Arc<Gate>,
    engine: Arc<Local>,
    task: JoinHandle<Result<(), StoreError>>,
}

impl Worker {
    /// Its clock is wrong by so many hours.
    async fn start(space: &Space, host: &str, wrong: i64) -> Self {
        let network = DoubleNetwork::to(space.address()).await;
        let mut options: Options = space.options_of_host(&space.url_by(network.port), host);
        // Soon enough that what is said to nobody is said again before the test is over.
        options.limits.short = LEASE;
        options.limits.long = 2 * LEASE;
        let store = PostgresStore::open(&options).await.unwrap();
        let clock = move || {
            Timestamp::now()
                .saturating_add(SignedDuration::from_hours(wrong))
                .unwrap()
        };
        let watch = Watch::over(Journal::over(Arc::new(store)).with_clock(Arc::new(clock)));
        let gate = Gate::closed(source(SCENARIO));
        let (engine, task) = watch.worker(3, LEASE, Arc::new(Always(Arc::clone(&gate) as Arc<_>)));
        Self {
            watch,
            network,
            gate,
            engine,
            task,
        }
    }

    async fn runs(&self, count: usize) {
        self.watch
            .until(&self.engine, |status| status.running == count)
            .await;
    }
}

/// What a console sees: everything, once, in order.
struct Console {
    task: JoinHandle<Vec<Record>>,
}

impl Console {
    async fn open(space: &Space, stream: &StreamId) -> Self {
        let mut follower = space
            .journal()
            .await
            .follow_only(BTreeMap::from([(stream.clone(), 0)]));
        let task = tokio::spawn(async move {
            let mut seen: Vec<Record> = Vec::new();
            while seen.last().is_none_or(|record| record.kind != Kind::End) {
                match follower.next().await {
                    Ok(records) => seen.extend(records),
                    Err(error) => assert!(error.is_outage(), "{error}"),
                }
            }
            seen
        });
        Self { task }
    }

    async fn saw(self, records: &[Record]) {
        let seen = tokio::time::timeout(LONG, self.task)
            .await
            .expect("it sees the end")
            .unwrap();
        assert_eq!(seen, records);
    }
}

/// Waits until the stream holds so many records of a kind.
async fn holds(journal: &Journal, stream: &StreamId, kind: Kind, count: usize) {
    let waiting = async {
        let mut follower = journal.follow_only(BTreeMap::from([(stream.clone(), 0)]));
        let mut seen = 0;
        while seen < count {
            let records = follower.next().await.unwrap();
            seen += records.iter().filter(|record| record.kind == kind).count();
        }
    };
    let done = tokio::time::timeout(LONG, waiting).await;
    assert!(done.is_ok(), "{count} records of kind {kind}");
}

/// One investigation in its middle: the first worker runs it, a second one stands by, two consoles look on.
struct Scene {
    space: Space,
    journal: Journal,
    stream: StreamId,
    first: Worker,
    second: Worker,
    consoles: [Console; 2],
}

impl Scene {
    async fn new(space: Space) -> Self {
        let journal = space.journal().await;
        // A day apart, and neither is the database's.
        let first = Worker::start(&space, "first", 12).await;
        let stream = Watch::over(journal.clone()).open(SCENARIO, |_| {}).await;
        first.runs(1).await;
        first.gate.let_through(BEFORE);
        holds(&journal, &stream, Kind::Evidence, BEFORE).await;
        let second = Worker::start(&space, "second", -12).await;
        second.gate.let_through(ALL);
        let consoles = [
            Console::open(&space, &stream).await,
            Console::open(&space, &stream).await,
        ];
        assert_eq!(second.engine.status().running, 0, "one worker drives it");
        Self {
            space,
            journal,
            stream,
            first,
            second,
            consoles,
        }
    }

    /// Waits for the end, and claims that it is the right one.
    async fn ends(self) -> (Space, Worker, Worker) {
        holds(&self.journal, &StreamId::space(), Kind::Closed, 1).await;
        let records = self.journal.read_all(&self.stream).await.unwrap();
        is_sound(&records);
        let reference = Watch::new().await.investigate(SCENARIO).await;
        let told = Investigation::fold(&records);
        let outcome = |view: &Investigation| {
            let summary = view.summary.as_ref().unwrap();
            let causes: Vec<_> = summary
                .causes
                .iter()
                .map(|cause| (cause.resource.clone(), cause.category, cause.statement.plain()))
                .collect();
            (summary.verdict, causes)
        };
        assert_eq!(outcome(&told), outcome(&reference));
        for console in self.consoles {
            console.saw(&records).await;
        }
        let space = self.journal.read_all(&StreamId::space()).await.unwrap();
        for kind in [Kind::Opened, Kind::Closed] {
            assert_eq!(
                space.iter().filter(|record| record.kind == kind).count(),
                1,
                "{kind}"
            );
        }
        let bodies: BTreeSet<String> = space.iter().map(|record| record.body.to_string()).collect();
        assert_eq!(bodies.len(), space.len(), "nothing is said twice");
        let report = self.journal.verify(&VerifyOptions::default()).await.unwrap();
        assert!(report.is_ok(), "{:?}", report.faults);
        (self.space, self.first, self.second)
    }
}

/// Claims that no record was lost or doubled.
fn is_sound(records: &[Record]) {
    let numbers: Vec<u64> = records.iter().map(|record| record.seq).collect();
    assert_eq!(numbers, (1..=records.len() as u64).collect::<Vec<_>>());
    for kind in [Kind::Created, Kind::End, Kind::InvestigationSummary] {
        let count = records.iter().filter(|record| record.kind == kind).count();
        assert_eq!(count, 1, "{kind}");
    }
    for kind in [Kind::Query, Kind::Evidence] {
        let of_kind = records.iter().filter(|record| record.kind == kind);
        let all: Vec<String> = of_kind
            .map(|record| match kind {
                Kind::Evidence => record.body["query"].to_string(),
                _ => record.body.to_string(),
            })
            .collect();
        let once: BTreeSet<&String> = all.iter().collect();
        assert_eq!(once.len(), all.len(), "{kind}: none twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_dies_is_followed_by_another() {
    let Some(space) = Space::new().await else { return };
    let scene = Scene::new(space).await;
    let before = scene.journal.read_all(&scene.stream).await.unwrap();
    scene.first.task.abort();
    let (journal, stream) = (scene.journal.clone(), scene.stream.clone());
    scene.ends().await;
    let after = journal.read_all(&stream).await.unwrap();
    assert_eq!(after[..before.len()], before[..], "what was written stays");
}

/// What a worker comes to that was cut off for longer than its lease, and is back.
async fn cut_off(weather: Weather) {
    let Some(space) = Space::new().await else { return };
    let scene = Scene::new(space).await;
    scene.first.network.turns(weather);
    // It goes on meanwhile as far as it can: what it says now, under its old epoch, must not get in.
    scene.first.gate.let_through(2);
    let (journal, stream) = (scene.journal.clone(), scene.stream.clone());
    let (_space, first, second) = scene.ends().await;
    let ended = journal.read_all(&stream).await.unwrap();
    first.network.turns(Weather::Fair);
    first.gate.let_through(ALL);
    first.runs(0).await;
    assert_eq!(journal.read_all(&stream).await.unwrap(), ended);
    // It is as good a worker as before.
    second.engine.rest().await;
    let next = Watch::over(journal.clone()).open(SCENARIO, |_| {}).await;
    holds(&journal, &StreamId::space(), Kind::Closed, 2).await;
    is_sound(&journal.read_all(&next).await.unwrap());
    assert!(!first.task.is_finished() && !second.task.is_finished());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_network_is_cut_is_followed_by_another() {
    cut_off(Weather::Down).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_freezes_past_its_lease_is_refused_when_it_wakes() {
    cut_off(Weather::Silent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stops_is_waited_for() {
    let mut cluster = match Cluster::start() {
        Ok(cluster) => cluster,
        Err(why) => return eprintln!("SKIPPED: no PostgreSQL to test against: {why}"),
    };
    let space = Space::on(&cluster.admin()).await;
    let scene = Scene::new(space).await;
    cluster.down();
    scene.first.gate.let_through(ALL);
    for worker in [&scene.first, &scene.second] {
        let trouble = |status: &midwatch::engine::handle::EngineStatus| {
            status
                .trouble
                .as_ref()
                .is_some_and(|why| why.plain().contains("database does not answer"))
        };
        worker.watch.until(&worker.engine, trouble).await;
        assert!(!worker.task.is_finished());
    }
    cluster.up();
    let (_space, first, second) = scene.ends().await;
    for worker in [&first, &second] {
        worker
            .watch
            .until(&worker.engine, |status| status.trouble.is_none())
            .await;
        assert!(!worker.task.is_finished());
    }
    drop((first, second));
}

/// Counts how many investigations have a source at one time.
struct Counted {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

struct CountedSource {
    inner: Arc<dyn Source>,
    now: Arc<AtomicUsize>,
}

#[async_trait::async_trait]
impl Sources for Counted {
    async fn open(&self, _: &SourceSpec) -> Result<Arc<dyn Source>, Text> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        Ok(Arc::new(CountedSource {
            inner: source(SCENARIO),
            now: Arc::clone(&self.now),
        }))
    }
}

#[async_trait::async_trait]
impl Source for CountedSource {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn answer(&self, query: &Query) -> Answer {
        // Long enough for others to begin at the same time if they could.
        tokio::time::sleep(Duration::from_millis(2)).await;
        self.inner.answer(query).await
    }
}

impl Drop for CountedSource {
    fn drop(&mut self) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Two workers, ten investigations: never more than three at once, and all of them end.
async fn three_at_once(place: &dyn Place) {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let watch = Watch::over(Journal::over(place.open().await));
    for _ in 0..10 {
        watch.open(SCENARIO, |_| {}).await;
    }
    let mut workers = Vec::new();
    for _ in 0..2 {
        let sources = Counted {
            now: Arc::clone(&now),
            most: Arc::clone(&most),
        };
        let own = Watch::over(Journal::over(place.open().await));
        let engine = own.worker(3, Duration::from_secs(6), Arc::new(sources));
        workers.push((own, engine));
    }
    holds(&watch.journal, &StreamId::space(), Kind::Closed, 10).await;
    assert_eq!(most.load(Ordering::SeqCst), 3);
    let space = watch.journal.read_all(&StreamId::space()).await.unwrap();
    assert_eq!(
        space.iter().filter(|record| record.kind == Kind::Closed).count(),
        10
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_at_once_in_sqlite() {
    three_at_once(&File::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_at_once_in_postgres() {
    if let Some(space) = Space::new().await {
        three_at_once(&space).await;
    }
}

/// A message in `space` is heard by every worker, and answered by one.
async fn answers_once(place: &dyn Place) {
    let mut workers = Vec::new();
    for _ in 0..2 {
        let watch = Watch::over(Journal::over(place.open().await));
        let sources = Always(Gate::closed(source(SCENARIO)) as Arc<_>);
        let engine = watch.worker(3, LEASE, Arc::new(sources));
        workers.push((watch, engine));
    }
    let watch = Watch::over(Journal::over(place.open().await));
    for number in 1..=3 {
        watch.say(&StreamId::space(), "what is the cause?").await;
        holds(&watch.journal, &StreamId::space(), Kind::Message, 2 * number).await;
    }
    // Whoever was slower has looked by the time that it has come to rest.
    for (_, (engine, _)) in &workers {
        engine.rest().await;
    }
    let space = watch.journal.read_all(&StreamId::space()).await.unwrap();
    assert_eq!(space.len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_answered_once_in_sqlite() {
    answers_once(&File::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_answered_once_in_postgres() {
    if let Some(space) = Space::new().await {
        answers_once(&space).await;
    }
}
