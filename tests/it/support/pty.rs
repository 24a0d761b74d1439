//! The real program on a real terminal: a pseudo-terminal whose other end is read into a screen and kept byte by byte.

use std::{
    io::{Read as _, Write},
    num::NonZeroU16,
    process::Command,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// Longest wait for anything: a slow machine with two cores and other work.
const PATIENCE: Duration = Duration::from_mins(2);

/// A program on a terminal; ended when dropped.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    seen: Arc<Mutex<Seen>>,
    before: String,
    _home: TempDir,
}

struct Seen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    last: Instant,
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

impl Pty {
    /// midwatch with arguments, in an empty home, without credentials.
    pub fn midwatch(arguments: &[&str], columns: u16, rows: u16, environment: &[(&str, &str)]) -> Self {
        Self::start(
            env!("CARGO_BIN_EXE_midwatch"),
            arguments,
            columns,
            rows,
            environment,
        )
    }

    /// Any program.
    pub fn start(
        program: &str,
        arguments: &[&str],
        columns: u16,
        rows: u16,
        environment: &[(&str, &str)],
    ) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(home.path());
        command.env_clear();
        for (name, value) in [
            ("HOME", home.path().to_str().unwrap()),
            ("MIDWATCH_DATA", home.path().join("data").to_str().unwrap()),
            ("PATH", &std::env::var("PATH").unwrap_or_default()),
            ("TERM", "xterm-256color"),
            ("LC_ALL", "C.UTF-8"),
            ("TZ", "UTC"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ]
        .iter()
        .chain(environment)
        {
            command.env(name, value);
        }
        let size = PtySize {
            rows,
            cols: columns,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let before = modes(pair.master.as_ref());
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let seen = Arc::new(Mutex::new(Seen {
            parser: vt100::Parser::new(cells(rows), cells(columns), 0),
            bytes: Vec::new(),
            last: Instant::now(),
        }));
        let sink = Arc::clone(&seen);
        thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                let mut seen = sink.lock().unwrap();
                seen.parser.process(&buffer[..n]);
                seen.bytes.extend_from_slice(&buffer[..n]);
                seen.last = Instant::now();
            }
        });
        let writer = pair.master.take_writer().unwrap();
        // The slave side stays open here, so that the terminal outlives the program and its modes can be asked for.
        std::mem::forget(pair.slave);
        Self {
            child,
            master: pair.master,
            writer,
            seen,
            before,
            _home: home,
        }
    }

    /// What the screen shows.
    pub fn text(&self) -> String {
        self.screen(vt100::Screen::contents)
    }

    /// Asks the screen.
    pub fn screen<T>(&self, ask: impl Fn(&vt100::Screen) -> T) -> T {
        ask(self.seen.lock().unwrap().parser.screen())
    }

    /// Everything that was written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen.lock().unwrap().bytes.clone()
    }

    /// How much was written so far.
    pub fn written(&self) -> usize {
        self.seen.lock().unwrap().bytes.len()
    }

    /// Waits until the screen shows these words.
    pub fn shows(&self, words: &str) -> &Self {
        self.until(words, |pty| pty.text().contains(words))
    }

    /// Waits until something holds.
    pub fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) -> &Self {
        let started = Instant::now();
        while !holds(self) {
            assert!(started.elapsed() < PATIENCE, "never: {what}\n{}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
        self
    }

    /// Waits until nothing was written for so long.
    pub fn quiet_for(&self, long: Duration) -> &Self {
        self.until("quiet", |pty| pty.seen.lock().unwrap().last.elapsed() >= long)
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
        self
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen
            .lock()
            .unwrap()
            .parser
            .screen_mut()
            .set_size(cells(rows), cells(columns));
        let size = PtySize {
            rows,
            cols: columns,
            ..PtySize::default()
        };
        self.master.resize(size).unwrap();
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let process = self.child.process_id().unwrap().to_string();
        let sent = Command::new("kill")
            .args([format!("-{name}"), process])
            .status()
            .unwrap();
        assert!(sent.success(), "kill -{name}");
    }

    /// True while a signal has stopped the program.
    pub fn is_stopped(&self) -> bool {
        let process = self.child.process_id().unwrap().to_string();
        let listed = Command::new("ps")
            .args(["-o", "stat=", "-p", &process])
            .output()
            .unwrap();
        String::from_utf8_lossy(&listed.stdout)
            .trim_start()
            .starts_with('T')
    }

    /// Waits for the program's end.
    pub fn ended(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // What it wrote last may still be on its way.
                self.quiet_for(Duration::from_millis(100));
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "it never ended\n{}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Claims that the terminal is as it was before the program took it.
    pub fn is_as_before(&self) {
        self.until("the terminal's modes as before", |pty| {
            modes(pty.master.as_ref()) == pty.before
        });
        let bytes = self.bytes();
        let last = |mark: &str| {
            bytes
                .windows(mark.len())
                .rposition(|window| window == mark.as_bytes())
        };
        for (on, off) in [
            ("\x1b[?1049h", "\x1b[?1049l"),
            ("\x1b[?2004h", "\x1b[?2004l"),
            ("\x1b[?1004h", "\x1b[?1004l"),
            ("\x1b[?7l", "\x1b[?7h"),
            ("\x1b[?2026h", "\x1b[?2026l"),
            ("\x1b[?25l", "\x1b[?25h"),
        ] {
            assert!(last(on).is_some(), "{on:?} was never written");
            assert!(last(on) < last(off), "{on:?} stands after {off:?}");
        }
        self.screen(|screen| {
            assert!(!screen.alternate_screen());
            assert!(!screen.hide_cursor());
            assert!(!screen.bracketed_paste());
        });
    }

    /// Claims that the program has the terminal: raw, on the alternate screen.
    pub fn is_taken(&self) {
        self.until("the terminal taken", |pty| {
            modes(pty.master.as_ref()) != pty.before && pty.screen(vt100::Screen::alternate_screen)
        });
    }
}

/// The line discipline: echo, signals by key and so on.
fn modes(master: &dyn MasterPty) -> String {
    let modes = master.get_termios().unwrap();
    format!(
        "{:?} {:?} {:?} {:?}",
        modes.input_flags, modes.output_flags, modes.control_flags, modes.local_flags
    )
}

impl Drop for Pty {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _gone = self.child.kill();
            let _gone = self.child.wait();
        }
    }
}
