//! Reading an investigation for the screen: first what says how it stands, then the rest, and no more than is worth its
//! room.
//!
//! Most records of a large investigation are questions, answers and observations. They are folded away on the screen, so
//! that it can show an investigation before they were read; and of a very large one they are left in the journal, to be
//! looked up when somebody looks at them ([`crate::journal::views::Investigation::recall`]).

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use super::{
    effects::Effect,
    state::{Integrity, State},
};
use crate::{
    journal::{Body, Journal, Kind, Record, StoreError, StreamId, views::Investigation},
    model::Query,
};

/// Up to so many records an investigation is read at once: that takes no time to speak of.
const SMALL: u64 = 1_000;
/// Questions, answers and observations that are kept of one investigation: some five megabytes.
const KEPT: usize = 5_000;
/// Records that are read in one go.
const PAGE: u32 = 1_000;
/// Of what says how it stands, more: somebody waits for it.
const FIRST: u32 = 3_000;
/// Records that are looked up together.
pub const SHEET: u64 = 200;
/// Sheets of looked up records that are kept.
const SHEETS: usize = 40;

/// What says how an investigation stands.
const TELLING: [Kind; 15] = [
    Kind::Created,
    Kind::Status,
    Kind::Plan,
    Kind::Hypothesis,
    Kind::Finding,
    Kind::Cause,
    Kind::InvestigationSummary,
    Kind::MitigationPlan,
    Kind::MitigationSummary,
    Kind::Message,
    Kind::Steering,
    Kind::Guard,
    Kind::Gap,
    Kind::Usage,
    Kind::End,
];

/// What was read of an investigation.
#[derive(Debug, Clone)]
pub enum Read {
    /// What says how it stands; the rest follows.
    Outline(Box<Investigation>),
    /// A part, and how to go on.
    Part {
        /// What was folded so far.
        view: Box<Investigation>,
        /// Records that are kept whatever they are.
        cited: Arc<BTreeSet<u64>>,
        /// Records there are.
        of: u64,
    },
    /// All of it.
    Whole(Box<Investigation>),
}

/// An investigation that is being read.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Records that were read.
    pub done: u64,
    /// Records there are.
    pub of: u64,
    /// What was written meanwhile.
    behind: Vec<Record>,
}

impl Reading {
    /// Takes a record that was written meanwhile.
    pub fn wait(&mut self, record: &Record) {
        self.behind.push(record.clone());
    }
}

/// Begins to read an investigation.
pub async fn begin(journal: &Journal, stream: &StreamId) -> Result<Read, StoreError> {
    let head = journal.head(stream).await?;
    if head.seq <= SMALL {
        let records = journal.read_all(stream).await?;
        return Ok(Read::Whole(Box::new(Investigation::fold(&records))));
    }
    let mut view = Box::new(Investigation::default());
    loop {
        let page = journal.read_kinds(stream, &TELLING, view.seq, FIRST).await?;
        // What was written since the head was read comes by itself.
        for record in page.iter().filter(|record| record.seq <= head.seq) {
            view.apply(record);
        }
        let past = page.last().is_none_or(|last| last.seq >= head.seq);
        if past || page.len() < FIRST as usize {
            break;
        }
    }
    view.end_at(head);
    Ok(Read::Outline(view))
}

/// Reads on from where a view stands, up to a record. `cited` is kept whatever it is.
pub async fn go_on(
    journal: &Journal,
    stream: &StreamId,
    mut view: Box<Investigation>,
    cited: Arc<BTreeSet<u64>>,
    of: u64,
) -> Result<Read, StoreError> {
    let left = u32::try_from(of.saturating_sub(view.seq))
        .unwrap_or(PAGE)
        .min(PAGE);
    let page = journal.read(stream, view.seq, left).await?;
    for record in &page {
        view.apply_if(record, |view, body| {
            of <= KEPT as u64 || worth(view, record.seq, body, &cited)
        });
    }
    Ok(if page.is_empty() || view.seq >= of {
        Read::Whole(view)
    } else {
        Read::Part { view, cited, of }
    })
}

/// True for a record that is kept of a large investigation.
fn worth(view: &Investigation, seq: u64, body: &Body, cited: &BTreeSet<u64>) -> bool {
    let room = view.observations.len() < KEPT;
    match body {
        // The topology is made of these.
        Body::Query(asked) => matches!(asked.query, Query::Inventory | Query::Relations),
        Body::Evidence(answered) => view.queries.contains_key(&answered.query),
        Body::Observation(observed) => room && (observed.observation.notable || cited.contains(&seq)),
        _ => true,
    }
}

/// Records that others cite.
fn cited(view: &Investigation) -> BTreeSet<u64> {
    let findings = view.findings.values().map(|finding| finding.observation);
    let causes = view
        .causes
        .values()
        .flat_map(|cause| cause.evidence.iter().copied());
    let hypotheses = view.hypotheses.values().flat_map(|(_, hypothesis)| {
        let both = hypothesis.supports.iter().chain(&hypothesis.refutes);
        both.copied()
    });
    findings.chain(causes).chain(hypotheses).collect()
}

/// Has an investigation read; nothing when it is being read.
pub fn load(state: &mut State, stream: StreamId) -> Vec<Effect> {
    if state.reading.contains_key(&stream) {
        return Vec::new();
    }
    state.reading.insert(stream.clone(), Reading::default());
    vec![Effect::Load(stream)]
}

/// Takes what was read.
pub fn take(state: &mut State, stream: StreamId, read: Result<Read, String>) -> Vec<Effect> {
    let read = match read {
        Ok(read) => read,
        Err(why) => {
            state.reading.remove(&stream);
            state.complain(format!("reading the investigation failed: {why}"));
            return verify(state);
        }
    };
    let Some(reading) = state.reading.get_mut(&stream) else {
        return Vec::new();
    };
    let effect = |view: Box<Investigation>, cited: Arc<BTreeSet<u64>>, of: u64| Effect::ReadOn {
        stream: stream.clone(),
        view,
        cited,
        of,
    };
    match read {
        Read::Outline(mut view) => {
            let (of, cited) = (view.seq, Arc::new(cited(&view)));
            reading.of = of;
            for record in &reading.behind {
                view.apply(record);
            }
            let effects = vec![effect(Box::default(), cited, of)];
            state.investigations.insert(stream, *view);
            effects
        }
        Read::Part { view, cited, of } => {
            reading.done = view.seq;
            vec![effect(view, cited, of)]
        }
        Read::Whole(mut view) => {
            for record in &reading.behind {
                view.apply(record);
            }
            state.reading.remove(&stream);
            state.investigations.insert(stream, *view);
            verify(state)
        }
    }
}

/// The journal is verified once nobody waits for it to be read.
fn verify(state: &State) -> Vec<Effect> {
    let due = state.reading.is_empty() && state.integrity == Integrity::Checking;
    due.then_some(Effect::Verify).into_iter().collect()
}

/// Records of a large investigation that were looked up, sheet by sheet.
#[derive(Debug, Clone, Default)]
pub struct Sheets {
    /// On their way.
    asked: BTreeSet<(StreamId, u64)>,
    /// Here, oldest first, with the records that each has brought.
    here: VecDeque<(StreamId, Vec<u64>)>,
}

/// Has records looked up that were left out and are wanted now.
pub fn look_up(state: &mut State, wanted: impl IntoIterator<Item = u64>) -> Vec<Effect> {
    let Some(inv) = state.investigation().filter(|inv| inv.left_out > 0) else {
        return Vec::new();
    };
    let Some(stream) = inv.stream.clone() else {
        return Vec::new();
    };
    let missing = wanted
        .into_iter()
        .filter(|seq| (1..=inv.seq).contains(seq) && inv.entry(*seq).is_none());
    let sheets: BTreeSet<u64> = missing.map(|seq| (seq - 1) / SHEET).collect();
    let fresh = sheets
        .into_iter()
        .filter(|sheet| state.sheets.asked.insert((stream.clone(), *sheet)));
    fresh
        .map(|sheet| Effect::LookUp {
            stream: stream.clone(),
            sheet,
        })
        .collect()
}

/// Takes records that were looked up, and lets those go that were looked up long ago.
pub fn found(state: &mut State, stream: &StreamId, sheet: u64, records: &[Record]) {
    state.sheets.asked.remove(&(stream.clone(), sheet));
    let Some(inv) = state.investigations.get_mut(stream) else {
        return;
    };
    let brought: Vec<u64> = records
        .iter()
        .map(|record| record.seq)
        .filter(|seq| inv.entry(*seq).is_none())
        .collect();
    inv.recall(records);
    state.sheets.here.push_back((stream.clone(), brought));
    if state.sheets.here.len() > SHEETS
        && let Some((old, seqs)) = state.sheets.here.pop_front()
        && let Some(inv) = state.investigations.get_mut(&old)
    {
        inv.forget(seqs);
    }
}
