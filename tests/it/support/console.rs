//! The console without a terminal: the real loop, fed with keys, drawn on a screen in memory.

use std::{
    io::{self, Write},
    num::NonZeroU16,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use jiff::{Timestamp, tz::TimeZone};
use midwatch::{
    console::{
        Options,
        run::{Surroundings, drive},
        theme::Depth,
    },
    journal::{Actor, Journal, StreamId},
    model::SourceSpec,
};
use ratatui::layout::Size;
use tokio::{sync::mpsc, task::JoinHandle};

use super::engine::{Watch, telemetry};

/// The time of everything: records, screen, questions.
pub fn now() -> Timestamp {
    "2025-10-27T03:12:44Z".parse().unwrap()
}

/// A watch over a journal that is written at [`now`].
pub async fn watch() -> Watch {
    Watch::over(Journal::in_memory().await.unwrap().with_clock(Arc::new(now)))
}

/// How a console looks.
#[derive(Clone, Copy)]
pub struct Look {
    pub size: (u16, u16),
    pub depth: Depth,
    pub ascii: bool,
}

impl Look {
    pub const NARROW: Self = Self {
        size: (80, 24),
        depth: Depth::True,
        ascii: false,
    };
    pub const WIDE: Self = Self {
        size: (200, 60),
        ..Self::NARROW
    };

    /// Without colours and in ASCII.
    pub const fn plain(self) -> Self {
        Self {
            depth: Depth::Mono,
            ascii: true,
            ..self
        }
    }
}

/// A running console.
pub struct Console {
    keys: mpsc::UnboundedSender<Event>,
    screen: Arc<Mutex<vt100::Parser>>,
    task: JoinHandle<()>,
    _signals: mpsc::UnboundedSender<midwatch::console::run::Signal>,
    _folder: tempfile::TempDir,
}

#[derive(Clone)]
struct Glass(Arc<Mutex<vt100::Parser>>);

impl Write for Glass {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().process(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Console {
    /// Opens it on a watch's journal, with the engine at work.
    pub fn open(watch: &Watch, look: Look, scenario: &str, select: Option<&StreamId>) -> Self {
        let (columns, rows) = look.size;
        let cells = |n| NonZeroU16::new(n).unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(cells(rows), cells(columns), 0)));
        let (keys, mut pressed) = mpsc::unbounded_channel();
        let (wish, mut signals) = mpsc::unbounded_channel();
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            journal: watch.journal.clone(),
            engine: watch.engine(1, telemetry()),
            space: "shop-prod".to_owned(),
            source: SourceSpec::Scenario {
                name: scenario.to_owned(),
            },
            account: Some("111122223333".to_owned()),
            region: Some("us-east-1".to_owned()),
            actor: Actor::Operator("mary".to_owned()),
            theme: None,
            ascii: look.ascii,
            setup: midwatch::console::Setup::default(),
            select: select.cloned(),
            title: "test".to_owned(),
        };
        let surroundings = Surroundings {
            out: Glass(Arc::clone(&screen)),
            size: Size::new(columns, rows),
            depth: look.depth,
            ascii: look.ascii,
            clock: Arc::new(now),
            zone: TimeZone::UTC,
            folder: folder.path().to_owned(),
        };
        let input = futures_util::stream::poll_fn(move |context| pressed.poll_recv(context));
        let task = tokio::spawn(async move {
            drive(options, surroundings, input, &mut signals, None)
                .await
                .unwrap();
        });
        Self {
            keys,
            screen,
            task,
            _signals: wish,
            _folder: folder,
        }
    }

    /// What stands on the screen, without what trails.
    pub fn text(&self) -> String {
        let parser = self.screen.lock().unwrap();
        let (_, columns) = parser.screen().size();
        let rows = parser.screen().rows(0, columns.get());
        let rows: Vec<String> = rows.map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n")
    }

    /// Presses keys that write a sign each.
    pub fn types(&self, words: &str) -> &Self {
        for sign in words.chars() {
            self.press(KeyCode::Char(sign));
        }
        self
    }

    /// Presses a key.
    pub fn press(&self, code: KeyCode) -> &Self {
        self.keys
            .send(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
            .unwrap();
        self
    }

    /// Waits until the screen meets a condition.
    pub async fn until(&self, what: &str, met: impl Fn(&str) -> bool) -> &Self {
        let started = Instant::now();
        loop {
            let text = self.text();
            if met(&text) {
                return self;
            }
            assert!(
                started.elapsed() < Duration::from_mins(1),
                "never: {what}\n{text}"
            );
            assert!(!self.task.is_finished(), "the console has ended\n{text}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until the screen shows words.
    pub async fn shows(&self, words: &str) -> &Self {
        self.until(words, |text| text.contains(words)).await
    }

    /// Waits until the screen no longer shows words.
    pub async fn hides(&self, words: &str) -> &Self {
        self.until(&format!("no {words}"), |text| !text.contains(words))
            .await
    }

    /// The screen, once it has come to rest.
    pub async fn settled(&self) -> String {
        let mut last = self.text();
        let mut since = Instant::now();
        while since.elapsed() < Duration::from_millis(400) {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let text = self.text();
            if text != last {
                last = text;
                since = Instant::now();
            }
        }
        last
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.task.abort();
    }
}
