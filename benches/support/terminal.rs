//! A program on a pseudo-terminal, with a clock at its glass.

use std::{
    io::{Read as _, Write},
    num::NonZeroU16,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(2);
/// How a frame ends.
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// What a key led to.
#[derive(Debug, Clone, Copy)]
pub struct Echo {
    /// Bytes that came.
    pub bytes: usize,
    /// Frames that came.
    pub frames: usize,
    /// Time from the key to the first byte.
    pub after: Duration,
}

/// A program on a pseudo-terminal.
pub struct Glass {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    seen: Arc<Mutex<Seen>>,
    begun: Instant,
}

struct Seen {
    parser: vt100::Parser,
    bytes: usize,
    frames: usize,
    /// End of the last bytes, in which a mark may be cut in two.
    tail: Vec<u8>,
    first: Option<Instant>,
    last: Instant,
}

impl Glass {
    /// Starts a program.
    pub fn start(
        program: &str,
        arguments: &[&str],
        columns: u16,
        rows: u16,
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        for (name, value) in [
            ("TERM", "xterm-256color"),
            ("COLORTERM", "truecolor"),
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
        command.env_remove("NO_COLOR");
        let size = PtySize {
            rows,
            cols: columns,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let cells = |n| NonZeroU16::new(n).unwrap();
        let seen = Arc::new(Mutex::new(Seen {
            parser: vt100::Parser::new(cells(rows), cells(columns), 0),
            bytes: 0,
            frames: 0,
            tail: Vec::new(),
            first: None,
            last: Instant::now(),
        }));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let sink = Arc::clone(&seen);
        let begun = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        thread::spawn(move || {
            let _kept = pair;
            let mut buffer = vec![0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                sink.lock().unwrap().take(buffer.get(..n).unwrap_or_default());
            }
        });
        Self {
            child,
            writer,
            seen,
            begun,
        }
    }

    /// Time from its start to its first frame with something in it.
    pub fn first_frame(&self) -> Duration {
        self.until(|seen| seen.first.is_some() && !seen.parser.screen().contents().trim().is_empty());
        let first = self.seen.lock().unwrap().first.unwrap();
        first - self.begun
    }

    /// Waits until the screen shows words; the time from the start.
    pub fn until_shown(&self, words: &str) -> Duration {
        self.until(|seen| seen.parser.screen().contents().contains(words));
        self.begun.elapsed()
    }

    /// Waits until the screen shows words no longer.
    pub fn until_hidden(&self, words: &str) {
        self.until(|seen| !seen.parser.screen().contents().contains(words));
    }

    fn until(&self, holds: impl Fn(&Seen) -> bool) {
        let begun = Instant::now();
        let mut looked = usize::MAX;
        loop {
            // Looking costs: only where something came, or time itself may decide.
            let seen = self.seen.lock().unwrap();
            if (seen.bytes != looked || begun.elapsed().as_millis() % 50 < 2) && holds(&seen) {
                return;
            }
            looked = seen.bytes;
            drop(seen);
            assert!(
                begun.elapsed() < PATIENCE,
                "{}",
                self.seen.lock().unwrap().parser.screen().contents()
            );
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until nothing came for so long.
    pub fn quiet(&self, long: Duration) {
        self.until(|seen| seen.last.elapsed() >= long);
    }

    /// Bytes so far.
    pub fn written(&self) -> usize {
        self.seen.lock().unwrap().bytes
    }

    /// Frames so far.
    pub fn frames(&self) -> usize {
        self.seen.lock().unwrap().frames
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.seen.lock().unwrap().last = Instant::now();
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Presses a key and takes what comes within a while.
    pub fn press(&mut self, key: &str, within: Duration) -> Echo {
        let (bytes, frames) = (self.written(), self.frames());
        let pressed = Instant::now();
        self.keys(key);
        let mut after = within;
        while pressed.elapsed() < within {
            if after == within && self.written() > bytes {
                after = pressed.elapsed();
            }
            thread::sleep(Duration::from_micros(200));
        }
        Echo {
            bytes: self.written() - bytes,
            frames: self.frames() - frames,
            after,
        }
    }

    /// Types letters, so far apart.
    pub fn echoes(&mut self, letters: &str, apart: Duration) -> Vec<Echo> {
        letters
            .chars()
            .map(|letter| self.press(&letter.to_string(), apart))
            .collect()
    }

    /// Resident memory, in bytes.
    pub fn resident(&self) -> u64 {
        let process = self.child.process_id().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
        kilobytes
            .and_then(|number| number.parse::<u64>().ok())
            .unwrap_or(0)
            * 1024
    }
}

impl Seen {
    fn take(&mut self, bytes: &[u8]) {
        self.first.get_or_insert_with(Instant::now);
        self.last = Instant::now();
        self.bytes += bytes.len();
        self.parser.process(bytes);
        self.tail.extend_from_slice(bytes);
        let whole = self
            .tail
            .windows(FRAME_END.len())
            .filter(|window| *window == FRAME_END)
            .count();
        self.frames += whole;
        // What was counted is not counted again.
        let keep = FRAME_END.len() - 1;
        let cut = match self
            .tail
            .windows(FRAME_END.len())
            .rposition(|window| window == FRAME_END)
        {
            Some(at) => at + FRAME_END.len(),
            None => self.tail.len().saturating_sub(keep),
        };
        self.tail.drain(..cut);
    }
}

impl Drop for Glass {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// The value below which so many percent lie.
pub fn percentile(values: &mut [Duration], percent: usize) -> Duration {
    values.sort_unstable();
    let at = (values.len() * percent / 100).min(values.len().saturating_sub(1));
    values.get(at).copied().unwrap_or_default()
}
