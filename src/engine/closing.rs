//! What is written about an investigation when it is over: `closed`, recommendations, answers to later messages.

use super::{drive, steering};
use crate::{
    journal::{
        Actor, Append, Body, Draft, Journal, Lease, StoreError, StreamId,
        body::{Closed, End, Message},
        views::{Investigation, Space},
    },
    model::{Intent, RunState, Text},
    prevention,
};

/// Writes `closed` and the recommendations into `space`, once: a crash between the end of a stream and this is made good by
/// whoever finds the ended stream next.
pub async fn close(journal: &Journal, stream: &StreamId) -> Result<(), StoreError> {
    let space_head = journal.head(&StreamId::space()).await?;
    let space = Space::fold(&journal.read_all(&StreamId::space()).await?);
    if space
        .investigations
        .get(stream)
        .is_none_or(|listed| listed.closed.is_some())
    {
        return Ok(());
    }
    let view = Investigation::fold(&journal.read_all(stream).await?);
    let Some(end) = &view.end else { return Ok(()) };
    let cause = view.summary.as_ref().and_then(|summary| summary.causes.first());
    let mut bodies = vec![Body::Closed(Closed {
        stream: stream.clone(),
        head: journal.head(stream).await?,
        digest: journal.digest(stream).await?,
        state: end.state,
        verdict: end.verdict,
        text: cause.map(|cause| cause.statement.clone()).unwrap_or_default(),
        category: cause.map(|cause| cause.category),
        confidence: cause.map(|cause| cause.confidence),
    })];
    bodies.extend(prevention::proposals(&view).into_iter().map(Body::Recommendation));
    let batch = vec![Append {
        stream: StreamId::space(),
        expected: Some(space_head.seq),
        epoch: None,
        drafts: bodies
            .iter()
            .map(|body| Draft::new(Actor::System, body))
            .collect(),
    }];
    match journal.append_all(batch).await {
        Ok(_) => Ok(()),
        // Somebody wrote into `space` meanwhile: look again whether it is closed.
        Err(StoreError::Stale { .. }) => Box::pin(close(journal, stream)).await,
        Err(other) => Err(other),
    }
}

/// Ends an investigation that cannot be run.
pub async fn fail(journal: &Journal, lease: &Lease, why: Text) -> Result<(), StoreError> {
    let end = Body::End(End {
        state: RunState::Failed,
        verdict: None,
        text: why,
    });
    match journal
        .append(&lease.stream, None, Some(lease), vec![Draft::agent(&end)])
        .await
    {
        Ok(_) | Err(StoreError::Closed { .. }) => Ok(()),
        Err(other) => Err(other),
    }
}

/// Answers a message in `space`, from the journal of the investigation that it is about.
pub async fn answer(
    journal: &Journal,
    seq: u64,
    stream: Option<StreamId>,
    words: &str,
) -> Result<(), StoreError> {
    let state = match &stream {
        Some(stream) => drive::load(journal, stream).await?,
        None => super::state::State::default(),
    };
    let reply = steering::reply(&state, words);
    let text = match reply.intent {
        Intent::Investigate { .. } => "press n to open another investigation".into(),
        _ => reply.text,
    };
    let message = Body::Message(Message {
        text,
        cites: reply.cites,
        answers: Some(seq),
        stream,
    });
    journal
        .append(&StreamId::space(), None, None, vec![Draft::agent(&message)])
        .await?;
    Ok(())
}
