//! Discovery, folded from the `space` stream: the newest graph, and how far a run is.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::journal::{
    Body, Record,
    body::{Found, PartRead, Topology},
};

/// A run that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Record with which it began.
    pub run: u64,
    /// When it began.
    pub at: Timestamp,
    /// Where it looks.
    pub places: Vec<String>,
    /// Parts that it has read so far, by place and name.
    pub parts: BTreeMap<(String, String), PartRead>,
}

/// What is known of a space's resources.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Discovered {
    /// Number of the last record folded; 0 before the first.
    pub seq: u64,
    /// The newest run that was finished: its record, when it was, and what it came to.
    pub newest: Option<(u64, Timestamp, Found)>,
    /// Its parts, by place and name.
    pub parts: BTreeMap<(String, String), PartRead>,
    /// A run that has begun since.
    pub running: Option<Running>,
}

impl Discovered {
    /// Folds records of the `space` stream, in order; those of other kinds are passed over.
    pub fn fold<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut view = Self::default();
        for record in records {
            view.apply(record);
        }
        view
    }

    /// Folds one more record; a record that was folded before is passed over.
    pub fn apply(&mut self, record: &Record) {
        if record.seq <= self.seq {
            return;
        }
        self.seq = record.seq;
        let Some(Body::Topology(topology)) = record.typed() else {
            return;
        };
        match *topology {
            Topology::Begun { places } => {
                self.running = Some(Running {
                    run: record.seq,
                    at: record.at,
                    places,
                    parts: BTreeMap::new(),
                });
            }
            Topology::Read { run, parts } => {
                if let Some(running) = self.running.as_mut().filter(|running| running.run == run) {
                    let named = |part: PartRead| ((part.place.clone(), part.name.clone()), part);
                    running.parts.extend(parts.into_iter().map(named));
                }
            }
            Topology::Found(found) => {
                if let Some(running) = self.running.take_if(|running| running.run == found.run) {
                    self.parts = running.parts;
                }
                self.newest = Some((record.seq, record.at, *found));
            }
        }
    }
}
