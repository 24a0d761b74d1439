//! What the console costs a terminal, measured from outside on a pseudo-terminal: bytes, writes, milliseconds, memory.
//!
//! `cargo bench --bench console` prints a table; names of its parts (starting, idle, echo, streaming, drawing, large,
//! beside) after `--`
//! choose some. The data are synthetic and the same on every run. Other terminal programs
//! that are installed here (less, htop, btop, tig, lnav) are measured beside it, for scale.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot do its work should stop at once"
)]

mod support;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use midwatch::{
    console::{
        Options, Setup,
        draw::draw,
        run::{Surroundings, begin},
        theme::Depth,
        update::{Event, update},
    },
    engine::handle::{Engine, EngineStatus, Preview},
    journal::{Actor, Draft, Journal, Lease, StreamId, views::Investigation},
    model::{Phase, RunState, SourceSpec, Start},
};
use ratatui::layout::Size;
use support::{
    terminal::{Glass, percentile},
    writing,
};

const COLUMNS: u16 = 200;
const ROWS: u16 = 60;
const MANY: u64 = 100_000;
const PROGRAM: &str = env!("CARGO_BIN_EXE_midwatch");

/// One line of the table.
fn row(what: &str, measured: &str, bar: &str) {
    println!("{what:<46} {measured:<44} {bar}");
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// midwatch on a folder of data.
fn midwatch(data: &Path) -> Glass {
    Glass::start(
        PROGRAM,
        &[],
        COLUMNS,
        ROWS,
        &[("MIDWATCH_DATA", data.to_str().unwrap())],
    )
}

fn journal_of(data: &Path) -> PathBuf {
    data.join("spaces").join("default").join("journal.sqlite")
}

/// A space with one investigation that somebody else runs: the console only follows.
async fn followed(data: &Path, records: u64) -> (Journal, StreamId, Lease) {
    let journal = Journal::open(&journal_of(data)).await.unwrap();
    let stream = writing::open(&journal).await;
    let lease = journal
        .acquire(&stream, "bench", Duration::from_hours(1))
        .await
        .unwrap()
        .unwrap();
    let mut drafts = vec![
        writing::status(RunState::Running, Phase::Frame),
        writing::status(RunState::Running, Phase::Look),
    ];
    drafts.extend((3..records).map(writing::draft));
    for batch in drafts.chunks(1_000) {
        journal
            .append(&stream, None, Some(&lease), batch.to_vec())
            .await
            .unwrap();
    }
    (journal, stream, lease)
}

fn starting(data: &Path) {
    let mut first = Vec::new();
    let mut whole = Vec::new();
    for _ in 0..10 {
        let glass = midwatch(data);
        first.push(glass.first_frame());
        whole.push(glass.until_shown("journal ok"));
    }
    row(
        "first frame after exec, median of 10",
        &ms(percentile(&mut first, 50)),
        "bar: 150 ms",
    );
    row("journal verified on screen", &ms(percentile(&mut whole, 50)), "");
}

fn idle(data: &Path) {
    let glass = midwatch(data);
    glass.until_shown("journal ok");
    glass.quiet(Duration::from_secs(1));
    let before = glass.written();
    std::thread::sleep(Duration::from_secs(10));
    row(
        "idle for 10 s",
        &format!("{} bytes", glass.written() - before),
        "bar: 0 bytes",
    );
}

fn echo(data: &Path) {
    let mut glass = midwatch(data);
    glass.until_shown("journal ok");
    glass.quiet(Duration::from_millis(500));
    glass.keys("3");
    glass.quiet(Duration::from_millis(300));
    let echoes = glass.echoes("what changed before the errors", Duration::from_millis(80));
    let mut bytes: Vec<usize> = echoes.iter().map(|echo| echo.bytes).collect();
    let mut waits: Vec<Duration> = echoes.iter().map(|echo| echo.after).collect();
    let frames = echoes.iter().map(|echo| echo.frames).max().unwrap_or(0);
    bytes.sort_unstable();
    row(
        "a letter in the chat",
        &format!(
            "{} bytes at most, {frames} frame, {} (p99)",
            bytes.last().unwrap(),
            ms(percentile(&mut waits, 99))
        ),
        "bar: 100 bytes, one write",
    );
}

async fn streaming() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, stream, lease) = followed(folder.path(), 200).await;
    let mut glass = midwatch(folder.path());
    glass.until_shown("journal ok");
    glass.quiet(Duration::from_millis(300));
    glass.keys("3");
    glass.quiet(Duration::from_millis(300));
    let begun = Instant::now();
    let (bytes, frames) = (glass.written(), glass.frames());
    let writer = tokio::spawn(async move {
        // A thousand a second, twenty at a time.
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        for batch in 0..500u64 {
            tick.tick().await;
            let drafts: Vec<Draft> = (0..20)
                .map(|n| writing::streamed(1_000 + batch * 20 + n))
                .collect();
            journal.append(&stream, None, Some(&lease), drafts).await.unwrap();
        }
    });
    let echoes = tokio::task::block_in_place(|| {
        glass.echoes(
            "why is it so slow tonight, and what changed since",
            Duration::from_millis(150),
        )
    });
    writer.await.unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let (bytes, frames) = (glass.written() - bytes, glass.frames() - frames);
    let mut waits: Vec<Duration> = echoes.iter().map(|echo| echo.after).collect();
    row(
        "1,000 records a second streaming in",
        &format!(
            "{:.1} kB/s, {:.1} frames/s with {} keys",
            bytes as f64 / 1e3 / seconds,
            frames as f64 / seconds,
            echoes.len()
        ),
        "bar: 100 kB/s, 10 stream frames/s",
    );
    row(
        "  a key meanwhile, to its frame",
        &format!(
            "{} (median), {} (p99)",
            ms(percentile(&mut waits, 50)),
            ms(percentile(&mut waits, 99))
        ),
        "bar: 16 ms",
    );
}

fn large(data: &Path) {
    let mut opened = Vec::new();
    let mut resident = Vec::new();
    for _ in 0..5 {
        let glass = midwatch(data);
        opened.push(glass.until_shown(" finding "));
        glass.until_shown("journal ok");
        glass.until_hidden("reading");
        glass.quiet(Duration::from_secs(3));
        resident.push(glass.resident());
    }
    row(
        "100,000 records: exec to its notes on screen",
        &format!("{} (median of 5)", ms(percentile(&mut opened, 50))),
        "bar: 200 ms",
    );
    row(
        "  memory at rest",
        &format!(
            "{:.1} MB resident",
            resident.iter().max().copied().unwrap_or(0) as f64 / 1e6
        ),
        "bar: 100 MB",
    );
    let mut glass = midwatch(data);
    glass.until_hidden("reading");
    glass.until_shown("journal ok");
    glass.quiet(Duration::from_secs(1));
    glass.keys("2f");
    glass.quiet(Duration::from_millis(500));
    for (name, keys) in [
        ("End, Home in turn, every record unfolded", ["\x1b[F", "\x1b[H"]),
        ("page after page", ["\x1b[5~", "\x1b[5~"]),
    ] {
        // The first may have nothing to move.
        let mut waits: Vec<Duration> = (0..41)
            .map(|n| glass.press(keys[n % 2], Duration::from_millis(60)).after)
            .skip(1)
            .collect();
        row(
            &format!("  {name}"),
            &format!(
                "{} (median), {} (p99)",
                ms(percentile(&mut waits, 50)),
                ms(percentile(&mut waits, 99))
            ),
            "bar: 16 ms",
        );
    }
    row(
        "  memory after scrolling",
        &format!("{:.1} MB resident", glass.resident() as f64 / 1e6),
        "bar: 100 MB",
    );
}

/// What one key costs the program itself: the state changed and every cell drawn, without a terminal.
async fn drawing(data: &Path) {
    let journal = Journal::open(&journal_of(data)).await.unwrap();
    let options = Options {
        support: None,
        journal: journal.clone(),
        engine: std::sync::Arc::new(Nobody),
        space: "default".into(),
        source: SourceSpec::Aws {
            account: None,
            region: None,
        },
        account: None,
        region: None,
        actor: Actor::Operator("bench".into()),
        theme: None,
        ascii: false,
        select: None,
        title: String::new(),
        setup: Setup::default(),
    };
    let surroundings = Surroundings {
        out: std::io::sink(),
        size: Size::new(COLUMNS, ROWS),
        depth: Depth::True,
        ascii: false,
        clock: std::sync::Arc::new(jiff::Timestamp::now),
        zone: jiff::tz::TimeZone::UTC,
        folder: std::env::temp_dir(),
    };
    let mut state = begin(&options, &surroundings).unwrap();
    for record in journal.read_all(&StreamId::space()).await.unwrap() {
        state.space.apply(&record);
    }
    let stream = state.space.investigations.keys().next().unwrap().clone();
    let records = journal.read_all(&stream).await.unwrap();
    state
        .investigations
        .insert(stream.clone(), Investigation::fold(&records));
    state.selected = Some(stream);
    let key = |code| Event::Key(KeyEvent::new(code, KeyModifiers::NONE));
    let keys = [
        KeyCode::Down,
        KeyCode::PageDown,
        KeyCode::Tab,
        KeyCode::Up,
        KeyCode::PageUp,
        KeyCode::Char('f'),
    ];
    let mut costs = Vec::new();
    for n in 0..3_000 {
        let event = key(keys[n % keys.len()]);
        let begun = Instant::now();
        update(&mut state, event, jiff::Timestamp::now());
        let drawn = draw(&state);
        costs.push(begun.elapsed());
        drop(drawn);
    }
    row(
        "a key: state changed and screen drawn",
        &format!(
            "{} (median), {} (p99)",
            ms(percentile(&mut costs, 50)),
            ms(percentile(&mut costs, 99))
        ),
        "bar: 5 ms (p99)",
    );
}

/// No engine.
struct Nobody;

#[async_trait::async_trait]
impl Engine for Nobody {
    fn status(&self) -> EngineStatus {
        EngineStatus::default()
    }
    async fn changed(&self) {
        std::future::pending::<()>().await;
    }
    async fn preview(&self, _: &Start, _: &SourceSpec, _: jiff::Timestamp) -> Preview {
        Preview::default()
    }
    async fn rest(&self) {}
    async fn wake(&self) {}
}

/// Programs to compare with, and what they are started with.
fn others() -> Vec<(&'static str, Vec<String>)> {
    let file = std::env::current_exe()
        .unwrap()
        .parent()
        .unwrap()
        .join("numbers.txt");
    let mut lines = String::new();
    for n in 0..100_000 {
        lines.push_str(&format!("2025-10-27 03:00:00 INFO line {n} of some log\n"));
    }
    std::fs::write(&file, lines).unwrap();
    let file = file.display().to_string();
    vec![
        ("less", vec![file.clone()]),
        ("htop", vec![]),
        ("btop", vec![]),
        ("tig", vec![]),
        ("lnav", vec![file]),
    ]
}

fn beside() {
    for (name, arguments) in others() {
        let found = std::process::Command::new("sh")
            .args(["-c", &format!("command -v {name}")])
            .output()
            .unwrap();
        if !found.status.success() {
            continue;
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut glass = Glass::start(name, &arguments, COLUMNS, ROWS, &[]);
        let first = glass.first_frame();
        std::thread::sleep(Duration::from_secs(2));
        let before = glass.written();
        std::thread::sleep(Duration::from_secs(5));
        let idle = (glass.written() - before) * 2;
        let key = glass.press("j", Duration::from_millis(400));
        row(
            &format!("{name}, for scale"),
            &format!(
                "{} first, {idle} bytes idle in 10 s, {} bytes a key, {:.0} MB",
                ms(first),
                key.bytes,
                glass.resident() as f64 / 1e6
            ),
            "",
        );
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    println!("{COLUMNS}x{ROWS}, truecolor\n");
    let small = tempfile::tempdir().unwrap();
    let many = tempfile::tempdir().unwrap();
    let kept = runtime.block_on(async {
        (
            followed(small.path(), 400).await,
            followed(many.path(), MANY).await,
        )
    });
    // Names of parts on the command line: those alone.
    let parts: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|name| name == part);
    if wanted("starting") {
        starting(small.path());
    }
    if wanted("idle") {
        idle(small.path());
    }
    if wanted("echo") {
        echo(small.path());
    }
    if wanted("streaming") {
        runtime.block_on(streaming());
    }
    if wanted("drawing") {
        runtime.block_on(drawing(small.path()));
    }
    if wanted("large") {
        large(many.path());
    }
    drop(kept);
    if wanted("beside") {
        beside();
    }
}
