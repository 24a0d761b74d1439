//! The digest of a stream: what was found, without when and where it ran.

use sha2::{Digest as _, Sha256};

use super::{
    Hash, Record, StoreError,
    canonical::{Fields, canonical, hex},
};

/// Folds the records of one stream into its digest: the SHA-256 over one line a record, each the canonical JSON of
/// `{actor, body, kind, seq, trust}` and a line feed.
#[derive(Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Folds one more record.
    pub fn add(&mut self, record: &Record) -> Result<(), StoreError> {
        self.add_fields(&Fields {
            stream: record.stream.as_str(),
            seq: record.seq,
            at: "",
            actor: &record.actor.to_string(),
            trust: record.trust.as_str(),
            kind: &record.kind.to_string(),
            body: &canonical(&record.body)?,
            prev: "",
        });
        Ok(())
    }

    pub(super) fn add_fields(&mut self, fields: &Fields<'_>) {
        self.0.update(fields.digested());
        self.0.update(b"\n");
    }

    /// The digest of what was folded.
    pub fn finish(self) -> Hash {
        hex(&self.0.finalize())
    }
}
