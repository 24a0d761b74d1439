//! An operator overrules triage: an event gets the investigation that it was denied, joins one, or is let be.

use super::opening::{self, Opening};
use crate::{
    journal::{
        Actor, Append, Body, Draft, Journal, StoreError, StreamId,
        body::{Course, Judged, Skipped, Tie, Triage},
    },
    model::Text,
};

/// What an operator wants of an event instead.
#[derive(Debug, Clone)]
pub enum Wish {
    /// An investigation of its own.
    Investigate(Box<Opening>),
    /// It belongs to this one.
    Link(StreamId),
    /// Nothing is done about it. What was opened for it goes on until it is cancelled.
    Skip,
}

/// Writes an operator's judgement of an event, which counts from now on, and with it the investigation that it opens: in one
/// transaction. Returns the investigation that the event leads to.
pub async fn overrule(
    journal: &Journal,
    actor: Actor,
    event: u64,
    wish: Wish,
    why: Text,
) -> Result<Option<StreamId>, StoreError> {
    let (course, mut batch) = match wish {
        Wish::Investigate(opening) => {
            let (stream, batch) = opening::appends(&actor, *opening, Some(event));
            (Course::Investigate { stream }, batch)
        }
        Wish::Link(stream) => {
            let (by, priority) = (Tie::Operator, None);
            (Course::Link { stream, by, priority }, Vec::new())
        }
        Wish::Skip => {
            let because = Skipped::Operator;
            (Course::Skip { because }, Vec::new())
        }
    };
    let stream = course.stream().cloned();
    let judged = Body::Triage(Triage::Judged(Judged { event, course, why }));
    batch.push(Append {
        stream: StreamId::space(),
        expected: None,
        epoch: None,
        drafts: vec![Draft::new(actor, &judged)],
    });
    journal.append_all(batch).await?;
    Ok(stream)
}
