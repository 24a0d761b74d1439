//! Tasks by name, under one end: one that fails is begun again after a pause that grows, and how each stands can be told.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::intake::http::listen::stopped;

/// The first pause after a failure, and the longest.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);
/// A task that ran for so long has recovered: its next pause is a short one again.
const RECOVERED: Duration = Duration::from_mins(5);

/// Turns true when it is time to end.
pub type Stop = watch::Receiver<bool>;

/// How one task stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// True while it works.
    pub up: bool,
    /// How often it was begun again.
    pub restarts: u64,
    /// What it failed of last.
    pub trouble: Option<String>,
}

/// How all tasks stand. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<BTreeMap<String, State>>>);

impl Board {
    /// Every task by name.
    pub fn all(&self) -> BTreeMap<String, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut State)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(all.entry(name.to_owned()).or_default());
    }

    fn forget(&self, name: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(name);
    }
}

/// Tasks by name.
pub struct Tasks {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
    board: Board,
    /// The first pause after a failure.
    pause: Duration,
}

impl Tasks {
    /// None yet.
    pub fn new() -> Self {
        Self {
            stop: watch::Sender::new(false),
            running: JoinSet::new(),
            board: Board::default(),
            pause: PAUSE,
        }
    }

    /// How they stand.
    pub fn board(&self) -> Board {
        self.board.clone()
    }

    /// Adds one. `make` begins it, each time anew; it ends by itself soon after its [`Stop`] turns true. An error (or a panic)
    /// is told and it is begun again; `Ok` means that there is nothing more to do.
    pub fn add<F, W>(&mut self, name: impl Into<String>, make: F)
    where
        F: Fn(Stop) -> W + Send + 'static,
        W: Future<Output = Result<(), String>> + Send + 'static,
    {
        let (name, board, stop) = (name.into(), self.board.clone(), self.stop.subscribe());
        self.running.spawn(keep(name, make, board, stop, self.pause));
    }

    /// Ends all; those that take longer than `patience` are cut. False when one was.
    pub async fn end(mut self, patience: Duration) -> bool {
        self.stop.send_replace(true);
        let all = async { while self.running.join_next().await.is_some() {} };
        timeout(patience, all).await.is_ok()
    }
}

async fn keep<F, W>(name: String, make: F, board: Board, mut stop: Stop, first: Duration)
where
    F: Fn(Stop) -> W + Send + 'static,
    W: Future<Output = Result<(), String>> + Send + 'static,
{
    let mut pause = first;
    loop {
        board.change(&name, |state| state.up = true);
        let begun = Instant::now();
        let ended = AssertUnwindSafe(make(stop.clone())).catch_unwind().await;
        let why = match ended {
            Ok(Ok(())) => return board.forget(&name),
            Ok(Err(why)) => why,
            Err(_) => "it broke off: a fault of the program; the log says where".to_owned(),
        };
        if *stop.borrow() {
            return;
        }
        tracing::error!(task = %name, %why, "a task failed and is begun again");
        if begun.elapsed() > RECOVERED {
            pause = first;
        }
        board.change(&name, |state| {
            state.up = false;
            state.restarts += 1;
            state.trouble = Some(why);
        });
        tokio::select! {
            () = sleep(pause) => {}
            () = stopped(&mut stop) => return,
        }
        pause = (pause * 2).min(LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_fails_is_begun_again_and_all_end_together() {
        let mut tasks = Tasks::new();
        tasks.pause = Duration::from_millis(1);
        let board = tasks.board();
        let begun = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&begun);
        tasks.add("fails", move |mut stop| {
            let n = counted.fetch_add(1, Ordering::SeqCst);
            async move {
                match n {
                    0 => Err("first".to_owned()),
                    1 => panic!("second"),
                    _ => {
                        stopped(&mut stop).await;
                        Ok(())
                    }
                }
            }
        });
        tasks.add("done", |_| async { Ok(()) });
        let settled = || {
            let all = board.all();
            let fails = all.get("fails").cloned().unwrap_or_default();
            all.len() == 1 && fails.up && fails.restarts == 2
        };
        while !settled() {
            sleep(Duration::from_millis(1)).await;
        }
        assert!(
            board.all()["fails"]
                .trouble
                .as_ref()
                .unwrap()
                .contains("broke off")
        );
        assert!(tasks.end(Duration::from_mins(1)).await);
        assert_eq!(begun.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn one_that_does_not_end_is_cut() {
        let mut tasks = Tasks::new();
        tasks.add("deaf", |_| std::future::pending());
        assert!(!tasks.end(Duration::from_millis(10)).await);
    }
}
