//! Several consoles on one space: they see one another at once, and none takes an investigation with it when it goes.

use std::{
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use midwatch::{
    engine::opening::{self, Opening},
    journal::{
        Actor, Journal, Kind, StreamId,
        body::Created,
        views::{Investigation, Space},
    },
    model::{Priority, SourceSpec, Start, Text},
};

use super::support::{
    desk::{Console, Setting, now},
    night::{self, Until},
    pty::Pty,
};

/// How long a lease holds that nobody renews.
const LEASE: Duration = Duration::from_secs(6);

async fn opened(path: &Path) -> Journal {
    Journal::open(path).await.unwrap().with_clock(Arc::new(now))
}

async fn console(path: &Path) -> Console {
    let console = Setting::small().open(&opened(path).await);
    console.shows("journal ok").await;
    console.rests().await;
    console
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_consoles_see_steering_decisions_and_new_investigations_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("space.db");
    let journal = opened(&path).await;
    night::bad_deploy(&journal, Until::Cause).await;
    let running = night::bad_deploy(&journal, Until::Testing).await;
    let (one, two) = (console(&path).await, console(&path).await);
    // Steering: what one says stands in the other's chat.
    two.press(&["3"]).shows("[3 Chat]").await;
    one.press(&["3", "ignore the batch job", "Enter"]);
    one.shows("ignore the batch job").await;
    two.shows("ignore the batch job").await;
    // Pausing: the wish is in the journal once, whoever had it.
    two.press(&["Esc", "p"]);
    let steered = || async {
        let records = journal.read_all(&running.stream).await.unwrap();
        records
            .iter()
            .filter(|record| record.kind == Kind::Steering)
            .count()
    };
    let begun = Instant::now();
    while steered().await < 1 {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "the wish to pause never came"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Decisions: accepted in one, accepted in the other.
    two.press(&["5"]).shows("[5 Prevention]").await;
    one.press(&["Esc", "5", "a"]).shows("accepted").await;
    two.shows("accepted").await;
    // A new investigation stands in both lists.
    two.press(&["1"]).shows("[1 Investigations]").await;
    one.press(&["n", "Tab"]).paste("checkout is slow");
    one.press(&["Ctrl-S"]);
    one.shows("checkout is slow").await;
    two.shows("checkout is slow").await;
    let space = Space::fold(&journal.read_all(&StreamId::space()).await.unwrap());
    assert_eq!(space.investigations.len(), 3);
    // One of them goes; the other goes on.
    one.press(&["1", "q"]);
    one.ends().await;
    two.press(&["2"]).shows("[2 Journal]").await;
}

/// An AWS that takes questions and answers none, until it is told to hang up on everybody.
struct Mute {
    port: u16,
    hangs_up: Arc<AtomicBool>,
    held: Arc<Mutex<Vec<TcpStream>>>,
}

impl Mute {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let hangs_up = Arc::new(AtomicBool::new(false));
        let held = Arc::new(Mutex::new(Vec::new()));
        let (over, holds) = (Arc::clone(&hangs_up), Arc::clone(&held));
        thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                if !over.load(Ordering::SeqCst) {
                    holds.lock().unwrap().push(caller);
                }
            }
        });
        Self { port, hangs_up, held }
    }

    fn hang_up(&self) {
        self.hangs_up.store(true, Ordering::SeqCst);
        self.held.lock().unwrap().clear();
    }

    /// A console on the space in this folder, which asks here.
    fn console(&self, data: &Path) -> Pty {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        Pty::midwatch(
            &[],
            80,
            24,
            &[
                ("MIDWATCH_DATA", data.to_str().unwrap()),
                ("AWS_ENDPOINT_URL", &endpoint),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("AWS_REGION", "us-east-1"),
            ],
        )
    }
}

/// The space's file in a folder; waits for the program to make it.
fn file(data: &Path) -> PathBuf {
    let begun = Instant::now();
    loop {
        let mut found = Vec::new();
        files(data, &mut found);
        if let Some(path) = found
            .into_iter()
            .find(|path| path.extension().is_some_and(|end| end == "sqlite" || end == "db"))
        {
            return path;
        }
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "no journal in {}",
            data.display()
        );
        thread::sleep(Duration::from_millis(20));
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

async fn ask(journal: &Journal) -> StreamId {
    let opening = Opening {
        created: Created {
            title: "orders fail".into(),
            start: Start::Text {
                text: "orders fail".into(),
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
        source: SourceSpec::Aws {
            account: None,
            region: Some("us-east-1".to_owned()),
        },
        parent: None,
    };
    let actor = Actor::Operator("dana".to_owned());
    opening::open(journal, actor, opening).await.unwrap()
}

/// Waits until the stream has an end.
async fn finished(journal: &Journal, stream: &StreamId) -> Investigation {
    let begun = Instant::now();
    loop {
        let inv = Investigation::fold(&journal.read_all(stream).await.unwrap());
        if inv.end.is_some() {
            return inv;
        }
        assert!(
            begun.elapsed() < Duration::from_mins(2),
            "it never ended: {:?}",
            inv.phase
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Claims that nothing was lost or doubled, and that the program itself finds the journal sound.
async fn sound(journal: &Journal, stream: &StreamId, data: &Path) {
    let records = journal.read_all(stream).await.unwrap();
    let numbers: Vec<u64> = records.iter().map(|record| record.seq).collect();
    assert_eq!(numbers, (1..=records.len() as u64).collect::<Vec<_>>());
    for kind in [Kind::Created, Kind::End] {
        let count = records.iter().filter(|record| record.kind == kind).count();
        assert_eq!(count, 1, "{kind:?}");
    }
    let mut asked: Vec<String> = records
        .iter()
        .filter(|record| record.kind == Kind::Query)
        .map(|record| format!("{:?}", record.body))
        .collect();
    let all = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), all, "no question was put twice");
    let verified = Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .args(["journal", "verify"])
        .env("MIDWATCH_DATA", data)
        .env("HOME", data)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{said}");
}

/// Which of two consoles runs the investigation: its title line counts it.
fn runs(pty: &Pty) -> bool {
    pty.text()
        .lines()
        .next()
        .is_some_and(|title| title.contains("1 running"))
}

/// One investigation on a mute AWS, and two consoles: the first runs it.
async fn two_at_work(mute: &Mute, data: &Path) -> (Journal, StreamId, Pty, Pty) {
    let first = mute.console(data);
    first.shows("journal ok");
    let journal = Journal::open(&file(data)).await.unwrap();
    let stream = ask(&journal).await;
    first.until("the first runs it", runs);
    let begun = Instant::now();
    while mute.held.lock().unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_mins(1), "nothing was ever asked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let second = mute.console(data);
    second.shows("orders fail");
    tokio::time::sleep(LEASE / 2).await;
    assert!(runs(&first) && !runs(&second), "one at a time\n{}", second.text());
    (journal, stream, first, second)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_that_is_killed_takes_no_investigation_with_it() {
    let (mute, data) = (Mute::new(), tempfile::tempdir().unwrap());
    let (journal, stream, mut first, second) = two_at_work(&mute, data.path()).await;
    let before = journal.read_all(&stream).await.unwrap();
    first.signal("KILL");
    assert!(!first.ended().success());
    second.until("the second runs it", runs);
    mute.hang_up();
    let inv = finished(&journal, &stream).await;
    let after = journal.read_all(&stream).await.unwrap();
    assert_eq!(after[..before.len()], before[..], "what was written stays");
    assert_eq!(inv.seq as usize, after.len());
    sound(&journal, &stream, data.path()).await;
    drop(second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_whose_line_is_cut_gives_its_investigations_back_at_once() {
    let (mute, data) = (Mute::new(), tempfile::tempdir().unwrap());
    let (journal, stream, mut first, second) = two_at_work(&mute, data.path()).await;
    let begun = Instant::now();
    first.signal("HUP");
    assert!(first.ended().success(), "detached, not failed");
    first.is_as_before();
    second.until("the second runs it", runs);
    assert!(
        begun.elapsed() < LEASE,
        "nobody waits for the lease: {:?}",
        begun.elapsed()
    );
    mute.hang_up();
    finished(&journal, &stream).await;
    sound(&journal, &stream, data.path()).await;
    drop(second);
}
