//! What an investigation saw, read back from its journal.

use std::collections::BTreeMap;

use super::Recording;
use crate::{
    journal::{Body, Journal, StoreError, StreamId, views::Investigation},
    model::{Evidence, Query},
    sources::bundle::Incident,
};

/// An investigation that cannot be captured.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The journal cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such investigation.
    #[error("there is no investigation {0}\nhint: midwatch journal list shows them")]
    Unknown(StreamId),
    /// It never came as far as to know what it looks at.
    #[error(
        "investigation {0} looked at nothing yet\nhint: let it go on, or capture a window of the space: midwatch capture --capture-window"
    )]
    Blind(StreamId),
}

/// Everything that an investigation saw, and how it began.
///
/// # Errors
/// When there is no such investigation, or it has seen nothing yet.
pub async fn seen_by(journal: &Journal, stream: &StreamId) -> Result<(Incident, Recording), CaptureError> {
    let records = journal.read_all(stream).await?;
    let view = Investigation::fold(&records);
    let (Some(created), Some(created_at)) = (&view.created, view.created_at) else {
        return Err(CaptureError::Unknown(stream.clone()));
    };
    let Some(plan) = &view.plan else {
        return Err(CaptureError::Blind(stream.clone()));
    };
    let mut asked: BTreeMap<u64, Query> = BTreeMap::new();
    let mut recording = Recording::default();
    let (mut account, mut region) = (created.account.clone(), created.region.clone());
    for record in &records {
        match record.typed() {
            Some(Body::Query(question)) => drop(asked.insert(record.seq, question.query.clone())),
            Some(Body::Evidence(answered)) => {
                let Some(query) = asked.get(&answered.query) else {
                    continue;
                };
                let Some(evidence) = journal.evidence(&answered.data).await? else {
                    continue;
                };
                if let Evidence::Identity(identity) = &evidence {
                    account = account.or_else(|| identity.account.clone());
                    region = region.or_else(|| identity.region.clone());
                }
                recording.add(query, &evidence);
            }
            Some(Body::Gap(found)) => {
                // What no question met (an unknown word in the start) the replay will find by itself.
                if let Some(query) = found.query.and_then(|query| asked.get(&query)) {
                    recording.miss(Some(query), &found.gap);
                }
            }
            _ => {}
        }
    }
    let at = created.at.unwrap_or(created_at);
    let mut window = plan.window;
    if !window.contains(at) {
        window = super::recording::spanning(
            window,
            crate::model::Window::new(at, at + jiff::SignedDuration::from_secs(1)),
        );
    }
    let incident = Incident {
        title: created.title.plain(),
        start: created.start.clone(),
        at,
        account,
        region,
        priority: created.priority,
        window,
        baseline: Some(plan.baseline),
    };
    Ok((incident, recording))
}
