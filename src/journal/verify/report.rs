//! What verification found.

use std::{collections::BTreeSet, fmt};

use serde::Serialize;

use crate::model::inert;

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The database's own structure.
    Database,
    /// Each record's canonical form, hash, number and link to the record before it.
    Chain,
    /// Each blob's SHA-256, and that the blobs that records name are there.
    Blobs,
    /// Signed heads.
    Checkpoints,
    /// That every stream that was opened is there, up to its final head.
    Completeness,
    /// Hashes kept elsewhere.
    Anchor,
}

impl Part {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 6] = [
        Self::Database,
        Self::Chain,
        Self::Blobs,
        Self::Checkpoints,
        Self::Completeness,
        Self::Anchor,
    ];

    /// The word, for a person.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Chain => "chain",
            Self::Blobs => "blobs",
            Self::Checkpoints => "checkpoints",
            Self::Completeness => "completeness",
            Self::Anchor => "anchors",
        }
    }
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// What was checked.
    pub part: Part,
    /// The stream, made inert.
    pub stream: Option<String>,
    /// Number of the record in its stream.
    pub seq: Option<i64>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.part.as_str())?;
        if let Some(stream) = &self.stream {
            write!(f, "{stream} ")?;
        }
        if let Some(seq) = self.seq {
            write!(f, "record {seq} ")?;
        }
        f.write_str(&self.what)
    }
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Streams walked.
    pub streams: u64,
    /// Records walked.
    pub records: u64,
    /// Blobs read.
    pub blobs: u64,
    /// Checkpoints checked.
    pub checkpoints: u64,
    /// Anchors that were found.
    pub anchors: u64,
    /// The public key that checkpoints were held against; several with commas between.
    pub key: String,
    /// What is not as it was written; empty when all is well.
    pub faults: BTreeSet<Fault>,
}

impl Report {
    pub(super) const fn new(key: String) -> Self {
        Self {
            streams: 0,
            records: 0,
            blobs: 0,
            checkpoints: 0,
            anchors: 0,
            key,
            faults: BTreeSet::new(),
        }
    }

    pub(super) fn add(&mut self, part: Part, stream: Option<&str>, seq: Option<i64>, what: impl AsRef<str>) {
        self.faults.insert(Fault {
            part,
            stream: stream.map(inert),
            seq,
            what: inert(what.as_ref()),
        });
    }

    /// True when nothing is wrong.
    pub fn is_ok(&self) -> bool {
        self.faults.is_empty()
    }

    /// The faults of one part.
    pub fn faults_of(&self, part: Part) -> impl Iterator<Item = &Fault> {
        self.faults.iter().filter(move |fault| fault.part == part)
    }
}
