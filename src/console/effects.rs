//! What `update` wants done in the world, and what came of it. Each effect ends in an [`Outcome`]; none is silent.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use crossterm::{clipboard::CopyToClipboard, queue};
use jiff::Timestamp;

use super::{
    export,
    reading::{self, Read},
    support::{CaseEffect, CaseOutcome},
};
use crate::{
    config,
    engine::{
        handle::{Engine, Preview, support::Support},
        opening::{self, Opening},
        overrule::{Wish, overrule},
    },
    journal::{
        Actor, Body, Draft, Hash, Journal, Record, StoreError, StreamId, VerifyOptions,
        body::Answered,
        views::{
            Investigation,
            report::{self, Anchor, Layout},
        },
    },
    model::{Evidence, SourceSpec, Start, Text, discovery::Graph},
};

/// Something to do in the world.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Write a record.
    Append {
        /// Where.
        stream: StreamId,
        /// What.
        body: Box<Body>,
        /// Where it goes when `stream` was closed in the meantime.
        or_else: Option<Box<Body>>,
    },
    /// Open an investigation.
    Open(Box<Opening>),
    /// Overrule what triage made of an event.
    Overrule {
        /// The event's record.
        event: u64,
        /// What is wanted instead.
        wish: Wish,
        /// Why.
        why: Text,
    },
    /// Read an investigation that was not read yet.
    Load(StreamId),
    /// Read on where a part of an investigation was read.
    ReadOn {
        /// Which investigation.
        stream: StreamId,
        /// What was folded so far.
        view: Box<Investigation>,
        /// Records that are kept whatever they are.
        cited: Arc<BTreeSet<u64>>,
        /// Records there are.
        of: u64,
    },
    /// Look records up that were left out.
    LookUp {
        /// Which investigation.
        stream: StreamId,
        /// Which sheet of its records.
        sheet: u64,
    },
    /// Find records by words among those that were left out.
    Find {
        /// Which investigation.
        stream: StreamId,
        /// The words.
        words: Vec<String>,
    },
    /// Tell [`super::update::Event::GoOn`] as soon as nothing else is to be done.
    GoOn,
    /// Fetch what an answer found.
    Fetch {
        /// Where the answer stands.
        stream: StreamId,
        /// Its record.
        seq: u64,
        /// The answer.
        answered: Arc<Answered>,
    },
    /// Fetch the graph that discovery stored.
    FetchGraph(Hash),
    /// Look at a starting point before it is opened.
    Preview {
        /// The starting point.
        start: Start,
        /// What it would look at.
        source: SourceSpec,
    },
    /// Check the journal's integrity.
    Verify,
    /// Ask AWS Support.
    Case(CaseEffect),
    /// Write an investigation to files.
    Export(Box<Investigation>),
    /// Put words on the operator's clipboard.
    Copy(String),
    /// Write the commented configuration here.
    WriteConfig(PathBuf),
    /// End, and show the demo.
    Demo,
    /// Write an investigation's report for the pager.
    Report(Box<Investigation>),
    /// Give the terminal to another program, with a text to read.
    HandOver {
        /// Which program.
        tool: Tool,
        /// Name of the file; its ending tells what it is.
        name: String,
        /// The text.
        text: String,
    },
    /// Paint everything again.
    Redraw,
    /// Stop until continued.
    Suspend,
    /// End.
    Quit,
}

/// A program of the operator's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `$PAGER`.
    Pager,
    /// `$VISUAL` or `$EDITOR`, on a copy.
    Editor,
}

/// What came of an effect.
#[derive(Debug)]
pub enum Outcome {
    /// Written; the record itself comes back through the journal.
    Appended,
    /// An investigation was opened.
    Opened(StreamId),
    /// An investigation was read, or a part of it.
    Read(StreamId, Result<Read, String>),
    /// Records were looked up.
    LookedUp(StreamId, u64, Vec<Record>),
    /// Records were found by words.
    Found {
        /// Which investigation.
        stream: StreamId,
        /// Their numbers, in order.
        seqs: Vec<u64>,
    },
    /// The graph that discovery stored.
    FetchedGraph(Hash, Result<Box<Graph>, String>),
    /// What an answer found.
    Fetched {
        /// Where the answer stands.
        stream: StreamId,
        /// Its record.
        seq: u64,
        /// What it found.
        evidence: Result<Option<Evidence>, String>,
    },
    /// What is known of a starting point.
    Previewed(Preview),
    /// What the check of the journal found: the first fault.
    Verified(Result<Option<String>, String>),
    /// What came of asking AWS Support.
    Case(CaseOutcome),
    /// Where an investigation was written to.
    Exported(Vec<PathBuf>),
    /// Where the configuration was written.
    ConfigWritten(PathBuf),
    /// A report for the pager.
    Reported {
        /// Name of the file.
        name: String,
        /// The report.
        text: String,
    },
    /// Another program had the terminal; why that went wrong, with a hint.
    HandedOver(Result<(), String>),
    /// Something could not be done.
    Failed {
        /// What was tried.
        what: &'static str,
        /// Why it failed, with a hint.
        why: String,
    },
}

/// Who performs effects.
#[derive(Clone)]
pub struct Hands {
    /// The journal.
    pub journal: Journal,
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// AWS Support; none where it cannot be asked.
    pub support: Option<Arc<dyn Support>>,
    /// Who sits here.
    pub actor: Actor,
    /// Where files are written.
    pub folder: PathBuf,
    /// Set where the operator asks for the demo.
    pub demo: Arc<AtomicBool>,
}

impl Hands {
    /// Performs an effect of the world outside the terminal; `None` for those that the loop performs itself.
    pub async fn perform(&self, effect: Effect, now: Timestamp) -> Option<Outcome> {
        let failed = |what: &'static str, why: &dyn std::fmt::Display| Outcome::Failed {
            what,
            why: why.to_string(),
        };
        Some(match effect {
            Effect::Append {
                stream,
                body,
                or_else,
            } => match self.append(stream, &body, or_else.as_deref()).await {
                Ok(()) => Outcome::Appended,
                Err(error) => failed("writing to the journal", &error),
            },
            Effect::Open(wanted) => match opening::open(&self.journal, self.actor.clone(), *wanted).await {
                Ok(stream) => Outcome::Opened(stream),
                Err(error) => failed("opening the investigation", &error),
            },
            Effect::Overrule { event, wish, why } => {
                match overrule(&self.journal, self.actor.clone(), event, wish, why).await {
                    Ok(Some(stream)) => Outcome::Opened(stream),
                    Ok(None) => Outcome::Appended,
                    Err(error) => failed("overruling triage", &error),
                }
            }
            Effect::Load(stream) => {
                let read = reading::begin(&self.journal, &stream).await;
                Outcome::Read(stream, read.map_err(|error| error.to_string()))
            }
            Effect::ReadOn {
                stream,
                view,
                cited,
                of,
            } => {
                let read = reading::go_on(&self.journal, &stream, view, cited, of).await;
                Outcome::Read(stream, read.map_err(|error| error.to_string()))
            }
            Effect::LookUp { stream, sheet } => {
                let after = sheet * reading::SHEET;
                match self.journal.read(&stream, after, reading::SHEET as u32).await {
                    Ok(records) => Outcome::LookedUp(stream, sheet, records),
                    Err(error) => failed("looking records up", &error),
                }
            }
            Effect::Find { stream, words } => match self.journal.find(&stream, &words).await {
                Ok(seqs) => Outcome::Found { stream, seqs },
                Err(error) => failed("searching", &error),
            },
            Effect::Fetch {
                stream,
                seq,
                answered,
            } => {
                let evidence = self.journal.evidence(&answered.data).await;
                Outcome::Fetched {
                    stream,
                    seq,
                    evidence: evidence.map_err(|error| error.to_string()),
                }
            }
            Effect::FetchGraph(blob) => {
                let graph = self.journal.value(&blob).await;
                Outcome::FetchedGraph(blob, graph.map(Box::new).map_err(|error| error.to_string()))
            }
            Effect::Preview { start, source } => {
                Outcome::Previewed(self.engine.preview(&start, &source, now).await)
            }
            Effect::Case(effect) => Outcome::Case(effect.perform(self.support.as_deref()).await),
            Effect::Verify => Outcome::Verified(self.verify().await),
            Effect::Export(inv) => match self.report(&inv).await {
                Ok((stream, report, records)) => {
                    match export::write(&self.folder, &stream, &report, &records) {
                        Ok(paths) => Outcome::Exported(paths),
                        Err(error) => Outcome::Failed {
                            what: "writing the export",
                            why: format!("{error}\nhint: the files go to {}", self.folder.display()),
                        },
                    }
                }
                Err(why) => failed("reading the investigation", &why),
            },
            Effect::WriteConfig(path) => match config::example::write(&path) {
                Ok(()) => Outcome::ConfigWritten(path),
                Err(error) => Outcome::Failed {
                    what: "writing the configuration",
                    why: format!(
                        "{}: {error}\nhint: what is there already is never overwritten",
                        path.display()
                    ),
                },
            },
            Effect::Report(inv) => match self.report(&inv).await {
                Ok((stream, text, _)) => Outcome::Reported {
                    name: format!("{}.md", stream.as_str()),
                    text,
                },
                Err(why) => failed("reading the investigation", &why),
            },
            Effect::Copy(_)
            | Effect::HandOver { .. }
            | Effect::Demo
            | Effect::Redraw
            | Effect::Suspend
            | Effect::Quit
            | Effect::GoOn => {
                return None;
            }
        })
    }

    /// An operator's record. Where the investigation has ended in the meantime, the other body goes to `space`.
    async fn append(&self, stream: StreamId, body: &Body, or_else: Option<&Body>) -> Result<(), StoreError> {
        let draft = |body: &Body| vec![Draft::new(self.actor.clone(), body)];
        match self.journal.append(&stream, None, None, draft(body)).await {
            Err(StoreError::Closed { .. }) if or_else.is_some() => {
                let other = or_else.map(draft).unwrap_or_default();
                self.journal.append(&StreamId::space(), None, None, other).await?;
                Ok(())
            }
            result => result.map(drop),
        }
    }

    async fn verify(&self) -> Result<Option<String>, String> {
        let report = self.journal.verify(&VerifyOptions::default()).await;
        let report = report.map_err(|error| error.to_string())?;
        Ok(report.faults.first().map(ToString::to_string))
    }

    /// The investigation as a post-mortem's first draft, as far as it has come, and its records.
    async fn report(&self, inv: &Investigation) -> Result<(StreamId, String, Vec<Record>), String> {
        let stream = inv.stream.clone().ok_or("it has no records yet")?;
        let told = |error: StoreError| error.to_string();
        let records = self.journal.read_all(&stream).await.map_err(told)?;
        let view = Investigation::fold(&records);
        let anchor = Anchor {
            head: view.hash.clone().ok_or("it has no records yet")?,
            digest: self.journal.digest(&stream).await.map_err(told)?,
        };
        let exhibits = self.journal.exhibits(&view).await.map_err(told)?;
        let report = report::markdown(&view, &anchor, &exhibits, Layout::default());
        Ok((stream, report, records))
    }
}

/// Words for the operator's clipboard, as OSC 52; a terminal that does not know it ignores it.
pub fn clipboard(words: &str) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    queue!(bytes, CopyToClipboard::to_clipboard_from(words))?;
    Ok(bytes)
}
