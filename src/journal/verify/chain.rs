//! One stream: its records one after another, its checkpoints, its head.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{PAGE, Part, Report, space::Claims};
use crate::journal::{
    Actor, Hash, Head, Kind, Store, StoreError, StreamId, Trust,
    canonical::{Fields, canonical},
    checkpoint::{Checkpoint, PublicKey},
    digest::Digest,
    store::Stored,
};

/// A walk over one stream.
pub(super) struct Walk<'a> {
    stream: &'a str,
    report: &'a mut Report,
    claims: &'a mut Claims,
    anchors: &'a mut Vec<String>,
    seq: i64,
    prev: String,
    digest: Digest,
    ended: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        stream: &'a str,
        report: &'a mut Report,
        claims: &'a mut Claims,
        anchors: &'a mut Vec<String>,
    ) -> Self {
        Self {
            stream,
            report,
            claims,
            anchors,
            seq: 0,
            prev: Hash::zero().0,
            digest: Digest::default(),
            ended: false,
        }
    }

    pub(super) async fn run(&mut self, store: &dyn Store, keys: &[PublicKey]) -> Result<(), StoreError> {
        self.report.streams += 1;
        let id: Result<StreamId, _> = self.stream.parse();
        if !id.is_ok_and(|id| id.as_str() == self.stream) {
            self.fault(Part::Chain, None, "this is not the name of a stream");
        }
        let mut checkpoints: BTreeMap<i64, Checkpoint> = store
            .checkpoints(self.stream)
            .await?
            .into_iter()
            .map(|checkpoint| (i64::try_from(checkpoint.seq).unwrap_or(i64::MAX), checkpoint))
            .collect();
        // From the lowest number that the column can hold: a record that hides below 1 is a fault too.
        let mut after = i64::MIN;
        loop {
            let page = store.stored(self.stream, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            for stored in &page {
                self.step(stored);
                if let Some(checkpoint) = checkpoints.remove(&stored.seq) {
                    self.checkpoint(keys, &checkpoint, Some(&stored.hash));
                }
            }
            if last.seq <= after {
                // A damaged tree: it would be walked in a circle.
                self.fault(
                    Part::Chain,
                    Some(last.seq),
                    "stands after records with higher numbers",
                );
                break;
            }
            after = last.seq;
        }
        for checkpoint in checkpoints.values() {
            self.checkpoint(keys, checkpoint, None);
        }
        self.head(store.stored_head(self.stream).await?);
        let digest = std::mem::take(&mut self.digest).finish();
        let head = Head {
            seq: u64::try_from(self.seq).unwrap_or(0),
            hash: Hash(self.prev.clone()),
        };
        self.claims.walked(self.stream, head, digest, self.ended);
        Ok(())
    }

    fn step(&mut self, stored: &Stored) {
        let seq = stored.seq;
        self.report.records += 1;
        if seq != self.seq + 1 {
            let what = format!("follows record {}: those between are missing", self.seq);
            self.fault(Part::Chain, Some(seq), what);
        }
        if stored.prev != self.prev {
            self.fault(Part::Chain, Some(seq), "does not link to the record before it");
        }
        if self.ended {
            self.fault(
                Part::Chain,
                Some(seq),
                "stands after the end of its investigation",
            );
        }
        let fields = Fields {
            stream: self.stream,
            seq: u64::try_from(seq).unwrap_or(0),
            at: &stored.at,
            actor: &stored.actor,
            trust: &stored.trust,
            kind: &stored.kind,
            body: &stored.body,
            prev: &stored.prev,
        };
        if fields.hash().0 != stored.hash {
            self.fault(Part::Chain, Some(seq), "has another hash than its content");
        }
        self.digest.add_fields(&fields);
        match parse(stored) {
            Ok((kind, body)) => {
                self.ended |= kind == Kind::End && self.stream != StreamId::space().as_str();
                self.claims.take(self.stream, seq, kind, &body);
            }
            Err(why) => self.fault(Part::Chain, Some(seq), why),
        }
        let found = self.anchors.len();
        self.anchors.retain(|anchor| !is_anchored(&stored.hash, anchor));
        self.report.anchors += (found - self.anchors.len()) as u64;
        self.seq = seq;
        self.prev.clone_from(&stored.hash);
    }

    fn checkpoint(&mut self, keys: &[PublicKey], checkpoint: &Checkpoint, hash: Option<&String>) {
        self.report.checkpoints += 1;
        let seq = i64::try_from(checkpoint.seq).ok();
        match hash {
            None => self.fault(Part::Completeness, seq, "was signed but is not there any more"),
            Some(hash) if *hash != checkpoint.hash => {
                self.fault(
                    Part::Checkpoints,
                    seq,
                    "has another hash than the one that was signed",
                );
            }
            Some(_) => {}
        }
        match keys.iter().find(|key| key.to_string() == checkpoint.key) {
            None => self.fault(
                Part::Checkpoints,
                seq,
                format!("was signed with another key ({})", checkpoint.key),
            ),
            Some(key) if !key.signed(self.stream, checkpoint) => self.fault(
                Part::Checkpoints,
                seq,
                "has a signature that its key did not make",
            ),
            Some(_) => {}
        }
    }

    fn head(&mut self, head: Option<Head>) {
        let walked = u64::try_from(self.seq).unwrap_or(0);
        match head {
            Some(head) if head.seq > walked => {
                let what = format!(
                    "is the last one, but {} were appended: the tail is cut off",
                    head.seq
                );
                self.fault(Part::Completeness, Some(self.seq), what);
            }
            Some(head) if head.seq < walked => {
                let what = format!("stands beyond the head, which is at {}", head.seq);
                self.fault(Part::Completeness, Some(self.seq), what);
            }
            Some(head) if head.hash.0 != self.prev => {
                self.fault(
                    Part::Completeness,
                    Some(self.seq),
                    "has another hash than the head",
                );
            }
            Some(_) => {}
            None => self.fault(Part::Completeness, None, "has records but no head"),
        }
    }

    fn fault(&mut self, part: Part, seq: Option<i64>, what: impl AsRef<str>) {
        self.report.add(part, Some(self.stream), seq, what);
    }
}

/// The kind and body of a stored record, when everything in it is as this program writes it.
fn parse(stored: &Stored) -> Result<(Kind, Value), String> {
    let body: Value = serde_json::from_str(&stored.body).map_err(|_| "has a body that is not JSON")?;
    if canonical(&body).map_err(|error| error.to_string())? != stored.body {
        return Err("has a body that is not canonical JSON".into());
    }
    let at: jiff::Timestamp = stored.at.parse().map_err(|_| "has a time that is none")?;
    if crate::journal::canonical::time(at) != stored.at {
        return Err("has a time that is not in UTC with three decimals".into());
    }
    Actor::try_from(stored.actor.clone())?;
    stored.trust.parse::<Trust>()?;
    Ok((stored.kind.parse()?, body))
}

/// An anchor is a whole hash or its beginning, of twelve digits or more.
fn is_anchored(hash: &str, anchor: &str) -> bool {
    anchor.len() >= 12 && hash.starts_with(&anchor.to_ascii_lowercase())
}
