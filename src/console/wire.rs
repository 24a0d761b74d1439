//! Bytes on their way to the terminal, written by a thread of their own.
//!
//! A terminal at the far end of a slow link takes its bytes late: the write blocks. Here it blocks the writing thread
//! alone, and how long it did tells how much the link bears. Frames that only show what streamed in are then drawn more
//! rarely ([`Wire::pace`]); what somebody types is drawn as soon as the frame before it has left.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// Shortest time between two frames that only show what streamed in.
const STREAM: Duration = Duration::from_millis(100);
/// Longest time between them, whatever the link: a screen that stands still for longer is not live.
const LONGEST: Duration = Duration::from_secs(3);
/// Bytes a second that a stream may take, so that a slow link has room for what is typed. Buffers on the way (a tunnel, a
/// multiplexer) hide a slow link for a while; a stream that never fills them is not late when it matters.
const RATE: f64 = 100_000.0;
/// A write that took this long was held up.
const HELD_UP: Duration = Duration::from_millis(20);
/// Share of the time that a stream may keep a link busy: a quarter.
const SHARE: u32 = 4;

/// The way to the terminal.
pub struct Wire {
    frames: Option<mpsc::Sender<Vec<u8>>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    traffic: Mutex<Traffic>,
    /// Told when a write has ended: to the loop, and to [`Wire::drain`].
    free: Notify,
    empty: Condvar,
}

#[derive(Default)]
struct Traffic {
    /// Writes that have not ended.
    under_way: usize,
    /// How long the last frames took, the latest weighing most.
    took: Duration,
    /// Bytes of the last frame.
    bytes: usize,
    /// Why nothing can be written any more.
    failed: Option<io::ErrorKind>,
}

impl Shared {
    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wire {
    /// Writes to `out` from here on.
    pub fn to(mut out: impl Write + Send + 'static) -> Self {
        let (frames, queue) = mpsc::channel::<Vec<u8>>();
        let shared = Arc::new(Shared::default());
        let told = Arc::clone(&shared);
        thread::spawn(move || {
            for frame in queue {
                let begun = Instant::now();
                let written = out.write_all(&frame).and_then(|()| out.flush());
                let mut traffic = told.traffic();
                traffic.under_way -= 1;
                traffic.took = (traffic.took + begun.elapsed()) / 2;
                traffic.bytes = frame.len();
                traffic.failed = written.err().map(|error| error.kind()).or(traffic.failed);
                drop(traffic);
                told.free.notify_one();
                told.empty.notify_all();
            }
        });
        Self {
            frames: Some(frames),
            shared,
        }
    }

    /// Sends bytes on their way: one write. Fails when an earlier one has failed.
    pub fn send(&self, bytes: Vec<u8>) -> io::Result<()> {
        let mut traffic = self.shared.traffic();
        if let Some(kind) = traffic.failed {
            return Err(kind.into());
        }
        traffic.under_way += 1;
        drop(traffic);
        let sent = self.frames.as_ref().map(|frames| frames.send(bytes));
        match sent {
            Some(Ok(())) => Ok(()),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// True while something is under way.
    pub fn is_busy(&self) -> bool {
        self.shared.traffic().under_way > 0
    }

    /// Resolves once nothing is under way.
    pub async fn free(&self) {
        while self.is_busy() {
            self.shared.free.notified().await;
        }
    }

    /// Time from one frame that only shows what streamed in to the next.
    pub fn pace(&self) -> Duration {
        let traffic = self.shared.traffic();
        let held = if traffic.took < HELD_UP {
            Duration::ZERO
        } else {
            traffic.took * SHARE
        };
        let by_size = Duration::from_secs_f64(traffic.bytes as f64 / RATE);
        STREAM.max(held).max(by_size).min(LONGEST)
    }

    /// True when the link holds writes up.
    pub fn is_slow(&self) -> bool {
        self.shared.traffic().took >= HELD_UP
    }

    /// Waits until everything has left, but no longer than this: a terminal that takes nothing must not keep the program.
    pub fn drain(&self, longest: Duration) {
        let traffic = self.shared.traffic();
        let waited = self
            .shared
            .empty
            .wait_timeout_while(traffic, longest, |traffic| traffic.under_way > 0);
        drop(waited);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal behind a link of so many bytes a second.
    struct Link(f64);

    impl Write for Link {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            thread::sleep(Duration::from_secs_f64(bytes.len() as f64 / self.0));
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_link_that_holds_writes_up_is_given_time() {
        let fast = Wire::to(io::sink());
        fast.send(vec![0; 2_000]).unwrap();
        fast.free().await;
        assert_eq!((fast.pace(), fast.is_slow()), (STREAM, false));

        let slow = Wire::to(Link(20_000.0));
        let begun = Instant::now();
        slow.send(vec![0; 4_000]).unwrap();
        assert!(slow.is_busy());
        assert!(
            begun.elapsed() < Duration::from_millis(50),
            "sending waits for nothing"
        );
        slow.free().await;
        assert!(slow.is_slow());
        assert!(slow.pace() >= Duration::from_millis(390), "{:?}", slow.pace());
        slow.drain(Duration::from_secs(1));
    }

    #[tokio::test]
    async fn large_frames_keep_within_the_rate() {
        let wire = Wire::to(io::sink());
        wire.send(vec![0; 50_000]).unwrap();
        wire.free().await;
        assert_eq!(wire.pace(), Duration::from_millis(500));
    }

    #[tokio::test]
    async fn a_terminal_that_is_gone_is_told_of() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let wire = Wire::to(Gone);
        wire.send(vec![0]).unwrap();
        wire.free().await;
        assert!(wire.send(vec![0]).is_err());
    }
}
