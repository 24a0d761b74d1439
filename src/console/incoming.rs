//! What streams in from the journal, held back until a frame for it is due.

use std::collections::{BTreeMap, VecDeque};

use super::{effects::Effect, reading, run::Options, state::State, update};
use crate::journal::{Follower, Journal, Record, StoreError, StreamId};

/// Records that one frame takes in at most, so that a key never waits long for them.
const AT_ONCE: usize = 500;
/// Records that wait at most; the journal keeps the rest until there is room.
const ENOUGH: usize = 20_000;

/// What streams in from the journal.
#[derive(Debug, Default)]
pub struct Incoming {
    /// None when the journal cannot be followed (any more).
    follower: Option<Follower>,
    waiting: VecDeque<Record>,
}

impl Incoming {
    /// Waits for more. May be dropped while it waits; nothing is lost.
    pub async fn more(&mut self) -> Result<(), StoreError> {
        let Some(follower) = self.follower.as_mut().filter(|_| self.waiting.len() < ENOUGH) else {
            return std::future::pending().await;
        };
        match follower.next().await {
            Ok(records) => {
                self.waiting.extend(records);
                Ok(())
            }
            // It goes on where it was when the database is back.
            Err(error) if error.is_outage() => Err(error),
            Err(error) => {
                self.follower = None;
                Err(error)
            }
        }
    }

    /// What one frame takes in.
    pub fn take(&mut self) -> Vec<Record> {
        let some = self.waiting.len().min(AT_ONCE);
        self.waiting.drain(..some).collect()
    }

    /// True when something waits.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

/// Reads the space and selects an investigation, and follows from there. Investigations are read by the effects: those that
/// are open, and the selected one; another when it is selected.
pub async fn open(options: &Options, state: &mut State) -> (Incoming, Vec<Effect>) {
    match read(&options.journal, state).await {
        Ok(from) => {
            let newest = state.space.newest().cloned();
            let mut effects = Vec::new();
            if let Some(stream) = options.select.clone().or(newest) {
                effects.extend(update::select(state, stream));
            }
            let open: Vec<StreamId> = from
                .keys()
                .filter(|stream| {
                    let listed = state.space.investigations.get(*stream);
                    listed.is_some_and(|listed| listed.closed.is_none())
                })
                .cloned()
                .collect();
            for stream in open {
                effects.extend(reading::load(state, stream));
            }
            if state.reading.is_empty() {
                effects.push(Effect::Verify);
            }
            let follower = options.journal.follow(from);
            (
                Incoming {
                    follower: Some(follower),
                    ..Incoming::default()
                },
                effects,
            )
        }
        Err(error) => {
            state.complain(format!("the journal cannot be read: {error}"));
            (Incoming::default(), vec![Effect::Verify])
        }
    }
}

async fn read(journal: &Journal, state: &mut State) -> Result<BTreeMap<StreamId, u64>, StoreError> {
    let heads = journal.heads().await?;
    for record in &journal.read_all(&StreamId::space()).await? {
        state.space.apply(record);
    }
    let mut from: BTreeMap<StreamId, u64> = heads
        .into_iter()
        .map(|(stream, head)| (stream, head.seq))
        .collect();
    from.insert(StreamId::space(), state.space.seq);
    Ok(from)
}
