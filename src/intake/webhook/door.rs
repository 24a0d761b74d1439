//! One request at the door: is it one, for whom, from whom, wanted, and durable.
//!
//! Nothing is read into a request before its sender is proved; a message of SNS, which carries its own proof, is taken apart as
//! far as that goes.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{HeaderMap, Method, Response, StatusCode, request::Parts},
};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    Scheme, WebhookKind,
    auth::{self, Refusal, sns},
    body,
    directory::{Directory, Unreachable},
    faults,
    live::Live,
    peer::Certificates,
};
use crate::{
    intake::{
        Arrival, Receipt, Repeats,
        http::{
            Fault, Metrics, Peer, Seldom, fault,
            limit::{Peers, Rate},
            listen::CONNECTIONS,
        },
        reading,
    },
    journal::{Clock, canonical::sha256},
    model::Alert,
};

/// Requests at once: a connection has one at a time.
const AT_ONCE: u32 = CONNECTIONS as u32;
/// Kilobytes of bodies that are held at once.
const ROOM: usize = 64 * 1024;
/// How often one peer may fail to prove itself to one webhook before it is told less. Each time its connection is closed.
const FAILURES: Rate = Rate {
    burst: 60.0,
    per_second: 1.0,
};

/// How long an event may take to be kept: its sender does not wait for longer either. It may be kept all the same, and is known
/// when it is sent again.
const KEEPING: Duration = Duration::from_secs(10);
/// How often trouble is logged that comes with every request.
const TOLD: Duration = Duration::from_secs(10);

/// Reads what a body says: kind, the event's name from a header, the body.
pub type Read = fn(WebhookKind, Option<&str>, &Value) -> Result<Alert, String>;

/// The door.
pub struct Door {
    /// Who is behind it.
    pub directory: Arc<Directory>,
    /// Reads bodies.
    pub read: Read,
    /// Certificates of SNS.
    pub certificates: Certificates,
    /// The server's clock.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    failures: Peers,
    trouble: Seldom,
    draining: AtomicBool,
    inside: Semaphore,
    room: Semaphore,
}

/// What one request came to.
pub struct Outcome {
    /// The answer.
    pub response: Response<Body>,
    /// The word for the log.
    pub word: &'static str,
}

impl Door {
    /// Open.
    pub fn new(
        directory: Arc<Directory>,
        read: Read,
        certificates: Certificates,
        clock: Clock,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            directory,
            read,
            certificates,
            clock,
            metrics,
            failures: Peers::new(FAILURES),
            trouble: Seldom::new(TOLD),
            draining: AtomicBool::new(false),
            inside: Semaphore::new(AT_ONCE as usize),
            room: Semaphore::new(ROOM),
        }
    }

    /// Takes nothing more, and waits for what is inside, for so long at most. False when something still is.
    pub async fn drain(&self, patience: Duration) -> bool {
        self.draining.store(true, Ordering::SeqCst);
        timeout(patience, self.inside.acquire_many(AT_ONCE)).await.is_ok()
    }

    /// True from [`Self::drain`] on.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Answers a request to `/webhook/<kind>/<id>`.
    pub async fn answer(&self, kind: &str, id: &str, parts: &Parts, body: Body) -> Outcome {
        match self.take(kind, id, parts, body).await {
            Ok(outcome) => outcome,
            Err(fault) => {
                self.metrics.refused(fault.code);
                Outcome {
                    response: fault.response(),
                    word: fault.code,
                }
            }
        }
    }

    async fn take(&self, kind: &str, id: &str, parts: &Parts, sent: Body) -> Result<Outcome, Fault> {
        // Inside first: whoever drains waits for it, or has said so by now.
        let inside = self.inside.try_acquire();
        if self.is_draining() {
            return Err(faults::draining());
        }
        let _inside = inside.map_err(|_| faults::busy())?;
        if parts.method != Method::POST {
            return Err(Fault::method(&parts.method, false, "a webhook"));
        }
        let live = self.find(kind, id).await?;
        let Some(live) = live else {
            return Err(self.failed(parts, None, faults::unknown()));
        };
        let webhook = &live.webhook;
        body::content_type(&parts.headers, webhook.kind)?;
        body::length(&parts.headers)?;
        if live.trouble.is_some() {
            return Err(faults::unusable());
        }
        if webhook.waits_for_secret() {
            return Err(faults::no_secret_yet());
        }
        let proofs = live.proofs((self.clock)());
        let refused = |refusal: Refusal| {
            let fault = faults::unproved(refusal, webhook.scheme);
            self.failed(parts, Some(&webhook.id), fault)
        };
        auth::at_the_door(webhook.scheme, &proofs, &parts.headers, (self.clock)()).map_err(refused)?;
        let (bytes, _held) = body::read(sent, &self.room).await?;
        if webhook.scheme == Scheme::Sns {
            return self.take_sns(&live, parts, &bytes).await;
        }
        auth::check(webhook.scheme, &proofs, &parts.headers, &bytes, (self.clock)()).map_err(refused)?;
        rate(&live)?;
        let (value, digest) = Arrival::body(&bytes);
        self.receive(&live, event_name(&parts.headers), value, digest)
            .await
    }

    async fn find(&self, kind: &str, id: &str) -> Result<Option<Arc<Live>>, Fault> {
        let found = self.directory.find(id).await;
        let found = found.map_err(|Unreachable(_)| faults::unreachable())?;
        Ok(found.filter(|live| live.webhook.kind.as_str() == kind))
    }

    /// A message of SNS: proved by its certificate, from the one topic that this webhook was made for.
    async fn take_sns(&self, live: &Live, parts: &Parts, bytes: &[u8]) -> Result<Outcome, Fault> {
        let scheme = Scheme::Sns;
        let refused = |refusal: Refusal| {
            let fault = faults::unproved(refusal, scheme);
            self.failed(parts, Some(&live.webhook.id), fault)
        };
        let message: sns::Message =
            serde_json::from_slice(bytes).map_err(|_| refused(Refusal::Missing("Signature")))?;
        if Some(&message.topic_arn) != live.webhook.topic.as_ref() {
            return Err(self.failed(parts, Some(&live.webhook.id), faults::wrong_topic()));
        }
        let url = message
            .certificate()
            .ok_or_else(|| refused(Refusal::WrongSignature))?;
        let certificate = self.certificates.get(&url).await.map_err(|why| {
            if let Some(held) = self.trouble.turn(Instant::now()) {
                tracing::warn!(%url, %why, held, "the certificate of SNS is not to be had");
            }
            faults::sns_unreachable("the certificate of this message is not to be had now")
        })?;
        message.check(&certificate).map_err(refused)?;
        rate(live)?;
        match message.sort {
            sns::Sort::Notification => {
                let (value, digest) = Arrival::body(bytes);
                self.receive(live, None, value, digest).await
            }
            sns::Sort::SubscriptionConfirmation => {
                let url = message
                    .confirmation()
                    .ok_or_else(|| refused(Refusal::WrongSignature))?;
                self.certificates.confirm(&url).await.map_err(|why| {
                    tracing::warn!(topic = %message.topic_arn, %why, "the subscription could not be confirmed");
                    faults::sns_unreachable("SNS did not take the confirmation of this subscription")
                })?;
                tracing::info!(topic = %message.topic_arn, webhook = %live.webhook.id, "subscribed");
                Ok(Outcome {
                    response: fault::answer(StatusCode::OK, &json!({"subscribed": true})),
                    word: "subscribed",
                })
            }
            sns::Sort::UnsubscribeConfirmation => {
                tracing::warn!(topic = %message.topic_arn, webhook = %live.webhook.id, "the subscription is over");
                Ok(Outcome {
                    response: fault::answer(StatusCode::OK, &json!({"subscribed": false})),
                    word: "unsubscribed",
                })
            }
        }
    }

    async fn receive(
        &self,
        live: &Live,
        event: Option<&str>,
        body: Value,
        digest: crate::journal::Hash,
    ) -> Result<Outcome, Fault> {
        let webhook = &live.webhook;
        if let Some(challenge) = reading::challenge(webhook.kind, &body) {
            return Ok(Outcome {
                response: fault::text_answer(
                    StatusCode::OK,
                    "text/plain; charset=utf-8",
                    challenge.to_owned(),
                ),
                word: "challenged",
            });
        }
        if !is_wanted(live, &body) {
            self.metrics.unmet(webhook.kind.as_str());
            let told = json!({
                "accepted": false,
                "reason": "the event meets none of this webhook's conditions and was not kept",
            });
            return Ok(Outcome {
                response: fault::answer(StatusCode::OK, &told),
                word: "unmet",
            });
        }
        let mut alert = (self.read)(webhook.kind, event, &body);
        if let (Some(wish), Ok(alert)) = (webhook.failures, alert.as_mut()) {
            reading::wish(wish, webhook.kind, event, &body, alert);
        }
        // Slack sends an event until it is answered, each time in words that may differ from the last.
        let digest = match reading::event_id(webhook.kind, &body) {
            Some(id) if webhook.scheme == Scheme::Slack => sha256(id.as_bytes()),
            _ => digest,
        };
        let arrival = Arrival {
            sender: reading::sender(webhook.kind, alert.as_ref().ok()),
            via: format!("webhook/{}", webhook.id),
            digest,
            alert,
            body,
            repeats: webhook.scheme.repeats(),
        };
        let why = match timeout(KEEPING, live.space.reception.receive(arrival)).await {
            Ok(Ok(receipt)) => return told(webhook.scheme, &receipt),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the journal does not answer in time".to_owned(),
        };
        if let Some(held) = self.trouble.turn(Instant::now()) {
            tracing::error!(%why, space = %live.space.name, held, "an event could not be kept");
        }
        Err(faults::unreachable())
    }

    /// A request that did not prove itself, to the webhook of this id where there is one. Good ones are never held up for it:
    /// who fails too often is only told less. Behind a proxy all come from one peer, so each webhook's failures are its own.
    fn failed(&self, parts: &Parts, webhook: Option<&str>, fault: Fault) -> Fault {
        let Some(Peer(peer)) = parts.extensions.get() else {
            return fault.closing();
        };
        let wants = webhook.unwrap_or_default();
        match self.failures.take(peer.ip(), wants, Instant::now()) {
            Ok(()) => fault.closing(),
            Err(seconds) => faults::too_many_failures(seconds).closing(),
        }
    }
}

fn rate(live: &Live) -> Result<(), Fault> {
    let taken = live.bucket.take(Instant::now());
    taken.map_err(faults::too_many_events)
}

/// Whether an event meets a condition of its webhook. Of a message of SNS that counts which was published; where that is text,
/// its envelope.
fn is_wanted(live: &Live, body: &Value) -> bool {
    if live.conditions.is_empty() {
        return true;
    }
    let published = || {
        let message = body.get("Message")?.as_str()?;
        serde_json::from_str::<Value>(message)
            .ok()
            .filter(Value::is_object)
    };
    let tested = match live.webhook.kind {
        WebhookKind::Sns => published().map_or(Cow::Borrowed(body), Cow::Owned),
        _ => Cow::Borrowed(body),
    };
    live.conditions.iter().any(|one| one.holds(&tested))
}

/// The name that some senders give their event in a header.
fn event_name(headers: &HeaderMap) -> Option<&str> {
    ["x-github-event", "x-gitlab-event"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
}

/// What the sender is told of a durable event.
fn told(scheme: Scheme, receipt: &Receipt) -> Result<Outcome, Fault> {
    let word = receipt.course.word();
    // Only where it says nothing of itself that it is new: a repeat could be anybody's who has heard it.
    if receipt.repeat && scheme == Scheme::BodyOnly && scheme.repeats() == Repeats::Ever {
        return Err(faults::repeated(receipt.event));
    }
    let mut body = json!({
        "event": receipt.event,
        "triage": word,
        "investigation": receipt.course.stream(),
        "reason": receipt.why.plain(),
    });
    if receipt.repeat
        && let Some(map) = body.as_object_mut()
    {
        map.insert("repeat".to_owned(), Value::Bool(true));
    }
    let status = if receipt.repeat {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok(Outcome {
        response: fault::answer(status, &body),
        word: if receipt.repeat { "repeat" } else { word },
    })
}
