//! A console over a journal that was written by hand, with an engine that stands still: every byte is counted.

use std::{
    io,
    num::NonZero,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use jiff::{Timestamp, tz::TimeZone};
use midwatch::{
    console::{
        Options, Setup,
        run::{Surroundings, drive},
        theme::Depth,
    },
    engine::handle::{Engine, EngineStatus, Preview, support::Support},
    journal::{Actor, Body, Journal, StreamId},
    model::{SourceSpec, Start, Text},
};
use ratatui::layout::Size;
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

/// Longest wait for something to appear.
const PATIENCE: Duration = Duration::from_mins(1);
/// Time without a byte after which a screen is at rest.
const REST: Duration = Duration::from_millis(300);
/// Time without a byte after a key that then seems to change nothing.
const NOTHING: Duration = Duration::from_millis(1_500);

/// The moment at which every test console lives.
pub fn now() -> Timestamp {
    "2025-10-27T03:12:44Z".parse().unwrap()
}

/// An engine that says what it is told to say and runs nothing.
#[derive(Default)]
pub struct Still {
    pub status: EngineStatus,
    pub doubts: Vec<&'static str>,
}

impl Still {
    /// Ready to work, and with nothing to do.
    pub fn awake() -> Self {
        Self {
            status: EngineStatus {
                slots: 3,
                awake: true,
                ..EngineStatus::default()
            },
            ..Self::default()
        }
    }
}

#[async_trait]
impl Engine for Still {
    fn status(&self) -> EngineStatus {
        self.status.clone()
    }
    async fn changed(&self) {
        std::future::pending::<()>().await;
    }
    async fn preview(&self, _: &Start, _: &SourceSpec, _: Timestamp) -> Preview {
        Preview {
            lines: self.doubts.iter().map(|line| Text::from(*line)).collect(),
            doubtful: !self.doubts.is_empty(),
        }
    }
    async fn rest(&self) {}
    async fn wake(&self) {}
}

struct Seen {
    parser: vt100::Parser,
    /// Size of every write, in bytes.
    writes: Vec<usize>,
    bytes: Vec<u8>,
    last: Instant,
    /// Something was sent that nothing was drawn for yet.
    waiting: bool,
}

#[derive(Clone)]
struct Out {
    seen: Arc<Mutex<Seen>>,
    /// Bytes a second that the link bears; none: all.
    link: Option<u32>,
}

impl io::Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(rate) = self.link {
            std::thread::sleep(Duration::from_secs_f64(bytes.len() as f64 / f64::from(rate)));
        }
        let mut seen = self.seen.lock().unwrap();
        seen.parser.process(bytes);
        seen.writes.push(bytes.len());
        seen.bytes.extend_from_slice(bytes);
        seen.last = Instant::now();
        seen.waiting = false;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A console under test.
pub struct Console {
    keys: Option<UnboundedSender<Input>>,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

/// How a console under test is set up.
pub struct Setting {
    pub columns: u16,
    pub rows: u16,
    pub depth: Depth,
    pub ascii: bool,
    pub engine: Arc<dyn Engine>,
    pub support: Option<Arc<dyn Support>>,
    pub space: &'static str,
    pub source: SourceSpec,
    pub actor: &'static str,
    /// The investigation to begin with; none: the newest.
    pub select: Option<StreamId>,
    /// A word before the space.
    pub title: &'static str,
    pub folder: std::path::PathBuf,
    /// Bytes a second that the way to the terminal bears; none: all.
    pub link: Option<u32>,
    pub setup: Setup,
    pub zone: TimeZone,
}

impl Setting {
    /// 80x24, ASCII, no colour.
    pub fn small() -> Self {
        Self {
            columns: 80,
            rows: 24,
            depth: Depth::Mono,
            ascii: true,
            engine: Arc::new(Still::awake()),
            support: None,
            space: "checkout-prod",
            source: SourceSpec::Aws {
                account: None,
                region: None,
            },
            actor: "dana",
            select: None,
            title: "",
            folder: std::env::temp_dir(),
            link: None,
            setup: Setup::default(),
            zone: TimeZone::UTC,
        }
    }

    /// 200x60, Unicode, all colours.
    pub fn large() -> Self {
        Self {
            columns: 200,
            rows: 60,
            depth: Depth::True,
            ascii: false,
            ..Self::small()
        }
    }

    /// Opens the console on a journal.
    pub fn open(self, journal: &Journal) -> Console {
        let seen = Arc::new(Mutex::new(Seen {
            parser: vt100::Parser::new(cells(self.rows), cells(self.columns), 0),
            writes: Vec::new(),
            bytes: Vec::new(),
            last: Instant::now(),
            waiting: false,
        }));
        let options = Options {
            journal: journal.clone(),
            engine: self.engine,
            support: self.support,
            space: self.space.to_owned(),
            source: self.source,
            account: Some("111122223333".to_owned()),
            region: Some("us-east-1".to_owned()),
            actor: Actor::Operator(self.actor.to_owned()),
            theme: None,
            ascii: self.ascii,
            setup: self.setup,
            select: self.select,
            title: self.title.to_owned(),
        };
        let surroundings = Surroundings {
            out: Out {
                seen: Arc::clone(&seen),
                link: self.link,
            },
            size: Size::new(self.columns, self.rows),
            depth: self.depth,
            ascii: self.ascii,
            clock: Arc::new(now),
            zone: self.zone,
            folder: self.folder,
        };
        let (keys, mut typed) = unbounded_channel();
        let task = tokio::spawn(async move {
            let input = futures_util::stream::poll_fn(move |context| typed.poll_recv(context));
            let (_never, mut signals) = unbounded_channel();
            drive(options, surroundings, input, &mut signals, None)
                .await
                .unwrap();
        });
        Console {
            keys: Some(keys),
            seen,
            task,
        }
    }
}

impl Console {
    /// Presses keys, one after the other: `n`, `Enter`, `Ctrl-N`, `#50` types `#`, `5`, `0`.
    pub fn press(&self, keys: &[&str]) -> &Self {
        for key in keys {
            match named(key) {
                Some(event) => self.send(Input::Key(event)),
                None => self.type_in(key),
            };
        }
        self
    }

    /// Types words.
    pub fn type_in(&self, words: &str) -> &Self {
        for c in words.chars() {
            self.send(Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        self
    }

    /// Uses the mouse at a cell.
    pub fn mouse(&self, kind: MouseEventKind, column: u16, row: u16) -> &Self {
        self.send(Input::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }))
    }

    /// Clicks on the first cell that shows these words.
    pub fn click_on(&self, words: &str) -> &Self {
        let text = self.text();
        let found = text.lines().enumerate().find_map(|(row, line)| {
            let at = line.find(words)?;
            Some((line[..at].chars().count(), row))
        });
        let (column, row) = found.unwrap_or_else(|| panic!("'{words}' is not on the screen:\n{text}"));
        self.mouse(MouseEventKind::Down(MouseButton::Left), column as u16, row as u16)
    }

    /// Pastes words, as terminals do it.
    pub fn paste(&self, words: &str) -> &Self {
        self.send(Input::Paste(words.to_owned()))
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) -> &Self {
        self.seen
            .lock()
            .unwrap()
            .parser
            .screen_mut()
            .set_size(cells(rows), cells(columns));
        self.send(Input::Resize(columns, rows))
    }

    fn send(&self, input: Input) -> &Self {
        let mut seen = self.seen.lock().unwrap();
        seen.last = Instant::now();
        seen.waiting = true;
        drop(seen);
        self.keys.as_ref().unwrap().send(input).unwrap();
        self
    }

    /// The screen as text.
    pub fn text(&self) -> String {
        let seen = self.seen.lock().unwrap();
        let rows = seen.parser.screen().rows(0, seen.parser.screen().size().1.get());
        rows.map(|row| row.trim_end().to_owned())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Waits until the screen shows these words.
    pub async fn shows(&self, words: &str) -> &Self {
        let begun = Instant::now();
        while !self.text().contains(words) {
            assert!(
                begun.elapsed() < PATIENCE,
                "the screen never showed '{words}':\n{}",
                self.text()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self
    }

    /// Waits until the screen shows these words no longer.
    pub async fn hides(&self, words: &str) -> &Self {
        let begun = Instant::now();
        while self.text().contains(words) {
            assert!(
                begun.elapsed() < PATIENCE,
                "'{words}' never went:\n{}",
                self.text()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self
    }

    /// True while the console runs.
    pub fn is_alive(&self) -> bool {
        !self.task.is_finished()
    }

    /// Gives it a moment to draw.
    pub async fn rests_soon(&self) {
        tokio::time::sleep(Duration::from_millis(30)).await;
    }

    /// Waits until nothing is written any more, and returns the screen as text.
    pub async fn rests(&self) -> String {
        let begun = Instant::now();
        loop {
            let enough = {
                let seen = self.seen.lock().unwrap();
                let needed = if seen.waiting { NOTHING } else { REST };
                seen.last.elapsed() >= needed
            };
            if enough {
                return self.text();
            }
            assert!(begun.elapsed() < PATIENCE, "the console never comes to rest");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Sizes of the writes since the last call.
    pub fn writes(&self) -> Vec<usize> {
        std::mem::take(&mut self.seen.lock().unwrap().writes)
    }

    /// Every byte since the last call.
    pub fn bytes(&self) -> Vec<u8> {
        std::mem::take(&mut self.seen.lock().unwrap().bytes)
    }

    /// Whether the cell at a row and column is reversed.
    pub fn reversed(&self, row: u16, column: u16) -> bool {
        let seen = self.seen.lock().unwrap();
        let cell = seen.parser.screen().cell(row, column);
        cell.is_some_and(vt100::Cell::inverse)
    }

    /// Whether and where the cursor is shown: row and column.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        let seen = self.seen.lock().unwrap();
        let screen = seen.parser.screen();
        (!screen.hide_cursor()).then(|| screen.cursor_position())
    }

    /// Waits until the console has ended by itself.
    pub async fn ends(mut self) {
        let keys = self.keys.take();
        tokio::time::timeout(PATIENCE, &mut self.task)
            .await
            .expect("the console did not end")
            .expect("the console panicked");
        drop(keys);
    }
}

/// A console on a journal, at rest.
pub async fn settled(setting: Setting, journal: &Journal) -> Console {
    let console = setting.open(journal);
    console.shows("journal ok").await;
    console.rests().await;
    console
}

/// The screen after some keys. A key is drawn at once, but what it fetches comes a moment later.
pub async fn after(console: &Console, keys: &[&str]) -> String {
    console.press(keys);
    console.rests().await
}

/// What stands in a stream, and who wrote it.
pub async fn written(journal: &Journal, stream: &StreamId) -> Vec<(Actor, Body)> {
    let records = journal.read_all(stream).await.unwrap();
    records
        .into_iter()
        .filter_map(|record| Some((record.actor.clone(), record.typed()?)))
        .collect()
}

fn cells(number: u16) -> NonZero<u16> {
    NonZero::new(number).unwrap()
}

fn named(key: &str) -> Option<KeyEvent> {
    if let Some(letter) = key.strip_prefix("Ctrl-") {
        let letter = letter.chars().next()?.to_ascii_lowercase();
        return Some(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL));
    }
    let code = match key {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "BackTab" => KeyCode::BackTab,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        "Backspace" => KeyCode::Backspace,
        _ => return None,
    };
    Some(KeyEvent::new(code, KeyModifiers::NONE))
}

/// A key by its name, or the character itself.
pub fn named_key(key: &str) -> KeyEvent {
    let typed = || {
        KeyEvent::new(
            KeyCode::Char(key.chars().next().unwrap_or(' ')),
            KeyModifiers::NONE,
        )
    };
    named(key).unwrap_or_else(typed)
}
