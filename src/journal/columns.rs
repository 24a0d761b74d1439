//! A record between the columns of a table and its typed form.

use super::{Actor, Hash, Record, StoreError, StreamId};

/// The columns of a record but for its stream and number, as they are stored.
pub(super) struct Columns<'a> {
    pub(super) at: &'a str,
    pub(super) actor: &'a str,
    pub(super) trust: &'a str,
    pub(super) kind: &'a str,
    pub(super) body: &'a str,
    pub(super) prev: &'a str,
    pub(super) hash: &'a str,
}

impl Columns<'_> {
    /// The record that stands in them.
    pub(super) fn record(&self, stream: &StreamId, seq: u64) -> Result<Record, StoreError> {
        let damaged = |what: &str, why: String| {
            StoreError::Damaged(format!("the {what} of {stream} record {seq}: {why}"))
        };
        Ok(Record {
            stream: stream.clone(),
            seq,
            at: self
                .at
                .parse()
                .map_err(|error: jiff::Error| damaged("time", error.to_string()))?,
            actor: Actor::try_from(self.actor.to_owned()).map_err(|why| damaged("actor", why))?,
            trust: self.trust.parse().map_err(|why| damaged("trust", why))?,
            kind: self.kind.parse().map_err(|why| damaged("kind", why))?,
            body: serde_json::from_str(self.body).map_err(|error| damaged("body", error.to_string()))?,
            prev: Hash(self.prev.to_owned()),
            hash: Hash(self.hash.to_owned()),
        })
    }
}

/// Claims that records come in order. In a damaged table one may stand in a place that its number does not belong to;
/// whoever goes on from the last number would go in a circle.
pub(super) fn in_order(
    stream: &StreamId,
    mut after: u64,
    records: Vec<Record>,
) -> Result<Vec<Record>, StoreError> {
    for record in &records {
        if record.seq <= after {
            return Err(StoreError::Damaged(format!(
                "record {} of {stream} stands after record {after}",
                record.seq
            )));
        }
        after = record.seq;
    }
    Ok(records)
}

/// A word as it stands in a JSON text, and what LIKE takes for wildcards taken literally (`ESCAPE '\'`).
pub(super) fn inside_json(word: &str) -> String {
    let json = serde_json::Value::from(word).to_string();
    let inside = json
        .trim_matches('"')
        .replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_");
    format!("%{inside}%")
}
