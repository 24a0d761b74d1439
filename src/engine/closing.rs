//! What is written about an investigation when it is over: `closed`, recommendations, answers to later messages.

use super::{drive, steering};
use crate::{
    journal::{
        Actor, Body, Draft, Journal, Kind, Lease, StoreError, StreamId,
        body::{Closed, End, Message},
        views::Investigation,
    },
    model::{Intent, RunState, Text},
    prevention,
};

/// Writes `closed` and the recommendations into `space`, once: a crash between the end of a stream and this is made good by
/// whoever finds the ended stream next.
pub async fn close(journal: &Journal, stream: &StreamId) -> Result<(), StoreError> {
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
    let drafts: Vec<Draft> = bodies
        .iter()
        .map(|body| Draft::new(Actor::System, body))
        .collect();
    let space = StreamId::space();
    let (mut seen, mut opened) = (0, false);
    loop {
        let head = journal.head(&space).await?.seq;
        // Of a space that has heard many events only these few are read, and once.
        let told = [Kind::Opened, Kind::Closed];
        for record in journal.read_kinds(&space, &told, seen, u32::MAX).await? {
            match record.typed() {
                Some(Body::Opened(other)) => opened |= other.stream == *stream,
                Some(Body::Closed(other)) if other.stream == *stream => return Ok(()),
                _ => {}
            }
            seen = record.seq;
        }
        if !opened {
            return Ok(());
        }
        match journal.append(&space, Some(head), None, drafts.clone()).await {
            // Somebody wrote into `space` meanwhile: perhaps that it is closed.
            Err(StoreError::Stale { .. }) => {}
            other => return other.map(drop),
        }
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

/// Answers a message in `space`, once, from the journal of the investigation that it is about: another worker hears the
/// message too.
pub async fn answer(
    journal: &Journal,
    seq: u64,
    stream: Option<StreamId>,
    words: &str,
) -> Result<(), StoreError> {
    loop {
        let space = journal.head(&StreamId::space()).await?;
        let said = journal
            .read_kinds(&StreamId::space(), &[Kind::Message], seq, u32::MAX)
            .await?;
        let is_answer =
            |body: Option<Body>| matches!(body, Some(Body::Message(said)) if said.answers == Some(seq));
        if said.iter().any(|record| is_answer(record.typed())) {
            return Ok(());
        }
        let state = match &stream {
            Some(stream) => drive::load(journal, stream).await,
            None => Ok(super::state::State::default()),
        };
        let (text, cites) = match state {
            Ok(state) => {
                let reply = steering::reply(&state, words);
                match reply.intent {
                    Intent::Investigate { .. } => {
                        ("press n to open another investigation".into(), reply.cites)
                    }
                    _ => (reply.text, reply.cites),
                }
            }
            Err(error @ (StoreError::Damaged(_) | StoreError::NoBlob(_))) => (
                Text::from(format!("I cannot read it any more: {error}")),
                Vec::new(),
            ),
            Err(error) => return Err(error),
        };
        let message = Body::Message(Message {
            text,
            cites,
            answers: Some(seq),
            stream: stream.clone(),
        });
        let drafts = vec![Draft::agent(&message)];
        match journal
            .append(&StreamId::space(), Some(space.seq), None, drafts)
            .await
        {
            // Somebody wrote into `space` meanwhile: look again whether it is answered.
            Err(StoreError::Stale { .. }) => {}
            done => return done.map(|_| ()),
        }
    }
}
