//! One request at the door: is it one, for whom, from whom, wanted, and durable.
//!
//! Nothing is read into a request before its sender is proved; a message of SNS, which carries its own proof, is taken apart as
//! far as that goes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
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
    directory::{Directory, Live},
    peer::Certificates,
};
use crate::{
    intake::{
        Arrival, Receipt, Repeats,
        http::{
            Fault, Metrics, Peer, fault,
            limit::{Peers, Rate},
        },
        reading,
    },
    journal::{Clock, StoreError},
    model::Alert,
};

/// Requests at once; far more than connections.
const AT_ONCE: u32 = 4096;
/// Kilobytes of bodies that are held at once.
const ROOM: usize = 64 * 1024;
/// How often one peer may fail to prove itself before it is told less, and its connection is closed.
const FAILURES: Rate = Rate {
    burst: 60.0,
    per_second: 1.0,
};

/// Takes what arrives; it is durable on return.
#[async_trait]
pub trait Receives: Send + Sync {
    /// Takes one.
    async fn receive(&self, arrival: Arrival) -> Result<Receipt, StoreError>;
}

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
        let inside = self.inside.try_acquire();
        if self.is_draining() || inside.is_err() {
            return Err(Fault::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "draining",
                "this server is going down",
                "send it again in a few seconds",
            )
            .again_after(5));
        }
        if parts.method != Method::POST {
            return Err(Fault::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                format!("a webhook takes POST, not {}", parts.method),
                "send the event with POST",
            ));
        }
        let live = self.find(kind, id).await?;
        let Some(live) = live else {
            return Err(self.failed(parts, unknown()));
        };
        let webhook = &live.webhook;
        body::content_type(&parts.headers, webhook.kind)?;
        body::length(&parts.headers)?;
        if let Some(why) = &live.trouble {
            tracing::error!(webhook = %webhook.id, %why, "a webhook cannot be used");
            return Err(Fault::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "webhook_unusable",
                "this server cannot check the signatures of this webhook now",
                "its operator finds the reason with midwatch doctor",
            )
            .again_after(60));
        }
        if webhook.waits_for_secret() {
            return Err(Fault::new(
                StatusCode::UNAUTHORIZED,
                "no_secret_yet",
                "this webhook does not know its sender's secret yet",
                "midwatch webhook rotate NAME --secret-from stdin, with the secret that the sender shows",
            ));
        }
        let proofs = live.proofs((self.clock)());
        let refused = |refusal: Refusal| self.failed(parts, unproved(refusal, webhook.scheme));
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
        let found = self.directory.find(id).await.map_err(|why| {
            tracing::error!(why = why.0, "webhooks cannot be looked up");
            unreachable()
        })?;
        Ok(found.filter(|live| live.webhook.kind.as_str() == kind))
    }

    /// A message of SNS: proved by its certificate, from the one topic that this webhook was made for.
    async fn take_sns(&self, live: &Live, parts: &Parts, bytes: &[u8]) -> Result<Outcome, Fault> {
        let scheme = Scheme::Sns;
        let refused = |refusal: Refusal| self.failed(parts, unproved(refusal, scheme));
        let message: sns::Message =
            serde_json::from_slice(bytes).map_err(|_| refused(Refusal::Missing("Signature")))?;
        if Some(&message.topic_arn) != live.webhook.topic.as_ref() {
            return Err(self.failed(
                parts,
                Fault::new(
                    StatusCode::UNAUTHORIZED,
                    "wrong_topic",
                    "this webhook takes the messages of another topic",
                    "make a webhook for this one: midwatch webhook create NAME --kind sns --topic ARN",
                ),
            ));
        }
        let url = message
            .certificate()
            .ok_or_else(|| refused(Refusal::WrongSignature))?;
        let certificate = self.certificates.get(&url).await.map_err(|why| {
            tracing::warn!(%url, %why, "the certificate of SNS is not to be had");
            sns_unreachable("the certificate of this message is not to be had now")
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
                    sns_unreachable("SNS did not take the confirmation of this subscription")
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
        let wanted = live.conditions.is_empty() || live.conditions.iter().any(|one| one.holds(&body));
        if !wanted {
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
        let alert = (self.read)(webhook.kind, event, &body);
        let arrival = Arrival {
            sender: reading::sender(webhook.kind, alert.as_ref().ok()),
            via: format!("webhook/{}", webhook.id),
            digest,
            alert,
            body,
            repeats: webhook.scheme.repeats(),
        };
        let receipt = live.space.reception.receive(arrival).await.map_err(|error| {
            tracing::error!(%error, space = %live.space.name, "an event could not be kept");
            unreachable()
        })?;
        told(webhook.scheme, &receipt)
    }

    /// A request that did not prove itself. Good ones are never held up for it: who fails too often is only told less.
    fn failed(&self, parts: &Parts, fault: Fault) -> Fault {
        let Some(Peer(peer)) = parts.extensions.get() else {
            return fault;
        };
        match self.failures.take(peer.ip(), Instant::now()) {
            Ok(()) => fault,
            Err(seconds) => Fault::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_failures",
                "too many requests from there did not prove their sender",
                "check the address and the secret",
            )
            .again_after(seconds),
        }
    }
}

fn unknown() -> Fault {
    Fault::new(
        StatusCode::NOT_FOUND,
        "no_such_webhook",
        "there is no such webhook",
        "check the address; midwatch webhook list shows those that exist",
    )
}

fn unreachable() -> Fault {
    Fault::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "store_unavailable",
        "the event could not be kept: the journal does not answer",
        "send it again in a while; its operator finds the reason at /readyz and in the log",
    )
    .again_after(10)
}

fn sns_unreachable(message: &str) -> Fault {
    Fault::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "sns_unavailable",
        message,
        "SNS tries again by itself; this server has to reach sns.REGION.amazonaws.com over https",
    )
    .again_after(20)
}

fn unproved(refusal: Refusal, scheme: Scheme) -> Fault {
    Fault::new(
        StatusCode::UNAUTHORIZED,
        refusal.code(),
        refusal.message(),
        refusal.hint(scheme),
    )
}

fn rate(live: &Live) -> Result<(), Fault> {
    live.bucket.take(Instant::now()).map_err(|seconds| {
        Fault::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_events",
            "this webhook is called too often",
            "send fewer events, or raise [intake] events_per_second",
        )
        .again_after(seconds)
    })
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
        return Err(Fault::new(
            StatusCode::CONFLICT,
            "repeated",
            "this very message was taken before",
            "nothing is to be done: an update of the incident is another message",
        )
        .with("event", receipt.event));
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
