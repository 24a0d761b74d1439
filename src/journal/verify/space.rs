//! What `space` says of the other streams, and what records say of blobs, held against what is there.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Part, Report};
use crate::journal::{
    Body, Hash, Head, Kind, StreamId,
    body::{Closed, Opened, Payload},
};

/// What was walked, and what was claimed.
#[derive(Default)]
pub(super) struct Claims {
    opened: BTreeMap<StreamId, i64>,
    closed: BTreeMap<StreamId, (i64, Closed)>,
    walked: BTreeMap<String, (Head, Hash, bool)>,
    /// Blobs that records name, with the first record that does.
    pub(super) blobs: BTreeMap<String, (String, i64)>,
}

impl Claims {
    /// Notes what a record claims.
    pub(super) fn take(&mut self, stream: &str, seq: i64, kind: Kind, body: &Value) {
        let is_space = stream == StreamId::space().as_str();
        match kind {
            Kind::Evidence => {
                if let Some(Body::Evidence(answered)) = Body::parse(kind, body) {
                    self.names(&answered.data, stream, seq);
                }
            }
            Kind::Event => {
                if let Some(Body::Event(event)) = Body::parse(kind, body) {
                    self.names(&event.body, stream, seq);
                }
            }
            Kind::Opened if is_space => {
                if let Some(Body::Opened(Opened { stream, .. })) = Body::parse(kind, body) {
                    self.opened.insert(stream, seq);
                }
            }
            Kind::Closed if is_space => {
                if let Some(Body::Closed(closed)) = Body::parse(kind, body) {
                    self.closed.insert(closed.stream.clone(), (seq, closed));
                }
            }
            _ => {}
        }
    }

    fn names(&mut self, payload: &Payload, stream: &str, seq: i64) {
        if let Payload::Blob(id) = payload {
            self.blobs
                .entry(id.0.clone())
                .or_insert_with(|| (stream.to_owned(), seq));
        }
    }

    /// Notes where a stream ends.
    pub(super) fn walked(&mut self, stream: &str, head: Head, digest: Hash, ended: bool) {
        self.walked.insert(stream.to_owned(), (head, digest, ended));
    }

    /// Holds claims against what was walked.
    pub(super) fn check(&self, report: &mut Report) {
        let space = StreamId::space();
        let mut fault = |stream: &str, seq: Option<i64>, what: String| {
            report.add(Part::Completeness, Some(stream), seq, what);
        };
        for (stream, seq) in &self.opened {
            let there = self
                .walked
                .get(stream.as_str())
                .is_some_and(|(head, ..)| head.seq > 0);
            if !there {
                fault(
                    stream.as_str(),
                    None,
                    format!("was opened by {space} record {seq} but has no records"),
                );
            }
        }
        for (stream, (seq, closed)) in &self.closed {
            if !self.opened.contains_key(stream) {
                fault(
                    space.as_str(),
                    Some(*seq),
                    format!("closes {stream}, which was never opened"),
                );
            }
            let Some((head, digest, _)) = self.walked.get(stream.as_str()) else {
                continue;
            };
            if *head != closed.head {
                let what = format!(
                    "ends at record {} ({}), but {space} record {seq} closed it at {} ({})",
                    head.seq,
                    head.hash.short(),
                    closed.head.seq,
                    closed.head.hash.short()
                );
                fault(stream.as_str(), None, what);
            }
            if *digest != closed.digest {
                fault(
                    stream.as_str(),
                    None,
                    format!("has another digest than {space} record {seq} says"),
                );
            }
        }
        for stream in self.walked.keys() {
            let known = *stream == space.as_str()
                || stream
                    .parse()
                    .is_ok_and(|id: StreamId| self.opened.contains_key(&id));
            if !known {
                fault(
                    stream,
                    None,
                    format!("has records, but {space} does not know that it was opened"),
                );
            }
        }
    }
}
