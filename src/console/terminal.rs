//! The terminal is borrowed: entered once, and given back on every way out.
//!
//! Quit, errors, panics, SIGTERM, SIGHUP and Ctrl-Z all end in [`leave`]. While the screen is up nothing may print, so
//! a panic on another thread (a task of the engine) is kept for the message log; one on the console's own thread gives
//! the terminal back first and is then reported as usual.

use std::{
    io::{self, Write},
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, ThreadId},
    time::Duration,
};

use crossterm::{
    cursor::Show,
    event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange},
    queue,
    style::{Attribute, SetAttribute},
    terminal::{
        DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
        disable_raw_mode, enable_raw_mode,
    },
};
use tokio::sync::watch;

/// True while the screen is up.
static UP: AtomicBool = AtomicBool::new(false);
/// True where the mouse is listened to.
static MOUSE: AtomicBool = AtomicBool::new(false);
/// Clicks and the wheel, in the form that knows columns beyond 223. Not crossterm's command: that also asks for every
/// movement, which nothing here needs and a slow line would feel.
const LISTEN: &[u8] = b"\x1b[?1000h\x1b[?1006h";
/// The end of that.
const LISTEN_NO_MORE: &[u8] = b"\x1b[?1006l\x1b[?1000l";
/// The thread that updates and draws at this moment.
static HERE: Mutex<Option<ThreadId>> = Mutex::new(None);
/// What panicked elsewhere while the screen was up.
static ELSEWHERE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Columns of the terminal, where there is one.
pub fn columns() -> Option<usize> {
    let (columns, _) = crossterm::terminal::size().ok()?;
    (columns > 0).then_some(usize::from(columns))
}

/// Longest wait for whoever reads from the terminal to let go of it.
const LETTING_GO: Duration = Duration::from_secs(1);

/// Who reads from the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The console.
    Here,
    /// Nobody here, as soon as this is seen.
    Stop,
    /// Nobody here.
    Stopped,
}

/// The terminal, entered. Dropping it gives the terminal back.
#[derive(Debug)]
pub struct Terminal {
    reading: watch::Sender<Reading>,
}

impl Terminal {
    /// Raw mode, alternate screen, bracketed paste and focus events, clicks and the wheel where the mouse is wanted; the
    /// panic hook with the first call.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(hook);
        // Under NO_COLOR crossterm would write `ESC[;m` for every colour and so erase bold and reverse. The mono
        // theme names no colour, so nothing is lost by forcing it.
        crossterm::style::force_color_output(true);
        MOUSE.store(mouse, Ordering::SeqCst);
        up()?;
        Ok(Self {
            reading: watch::Sender::new(Reading::Here),
        })
    }

    /// Where whoever reads from the terminal sees when to stop, and says that it has.
    pub fn reading(&self) -> watch::Sender<Reading> {
        self.reading.clone()
    }

    /// Gives the terminal to another program: nobody here reads from it any more.
    pub async fn lend(&mut self) {
        let mut told = self.reading.subscribe();
        self.reading.send_replace(Reading::Stop);
        let stopped = told.wait_for(|reading| *reading == Reading::Stopped);
        // Where nobody reads, nobody answers.
        let _nobody = tokio::time::timeout(LETTING_GO, stopped).await;
        leave();
    }

    /// Takes the terminal again.
    pub fn take(&mut self) -> io::Result<()> {
        up()?;
        self.reading.send_replace(Reading::Here);
        Ok(())
    }

    /// Gives the terminal back and stops the process until it is continued; then takes the terminal again.
    #[cfg(unix)]
    pub fn suspend(&mut self) -> io::Result<()> {
        leave();
        Self::stop()?;
        up()
    }

    /// Stops the process until it is continued; the terminal was given back before.
    #[cfg(unix)]
    pub fn stop() -> io::Result<()> {
        // SIGTSTP itself is caught (to get here), so the stop that cannot be caught is raised.
        signal_hook::low_level::raise(signal_hook::consts::SIGSTOP)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
    }
}

/// Says that the calling thread updates and draws from here on: a panic on it ends the console.
pub fn here() {
    *HERE.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
}

/// Panics of other threads since the last call.
pub fn panics_elsewhere() -> Vec<String> {
    std::mem::take(&mut *ELSEWHERE.lock().unwrap_or_else(PoisonError::into_inner))
}

fn up() -> io::Result<()> {
    enable_raw_mode()?;
    UP.store(true, Ordering::SeqCst);
    let mut bytes = Vec::new();
    queue!(
        bytes,
        EnterAlternateScreen,
        DisableLineWrap,
        EnableBracketedPaste,
        EnableFocusChange
    )?;
    if MOUSE.load(Ordering::SeqCst) {
        bytes.extend_from_slice(LISTEN);
    }
    let mut out = io::stdout().lock();
    out.write_all(&bytes)?;
    out.flush()
}

/// Gives the terminal back; does nothing when it was given back before. Errors are of no use here: the terminal may be
/// gone.
pub fn leave() {
    if !UP.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut bytes = Vec::new();
    if MOUSE.load(Ordering::SeqCst) {
        bytes.extend_from_slice(LISTEN_NO_MORE);
    }
    let queued = queue!(
        bytes,
        EndSynchronizedUpdate,
        SetAttribute(Attribute::Reset),
        DisableFocusChange,
        DisableBracketedPaste,
        EnableLineWrap,
        LeaveAlternateScreen,
        Show
    );
    if queued.is_ok() {
        let mut out = io::stdout().lock();
        let _gone = out.write_all(&bytes).and_then(|()| out.flush());
    }
    let _gone = disable_raw_mode();
}

fn hook() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let here = *HERE.lock().unwrap_or_else(PoisonError::into_inner);
        if UP.load(Ordering::SeqCst) && here != Some(thread::current().id()) {
            let what = info.payload_as_str().unwrap_or("no message");
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            let mut kept = ELSEWHERE.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push(format!("internal fault: {what} ({place})"));
            return;
        }
        leave();
        before(info);
    }));
}
