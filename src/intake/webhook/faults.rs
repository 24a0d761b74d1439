//! What a sender is told whose request comes to nothing: one word and one sentence for each mistake.

use axum::http::StatusCode;

use super::{Scheme, auth::Refusal};
use crate::intake::http::Fault;

pub(super) fn nothing_here() -> Fault {
    Fault::new(
        StatusCode::NOT_FOUND,
        "nothing_here",
        "there is nothing at this address",
        "webhooks are at /webhook/KIND/ID",
    )
}

pub(super) fn draining() -> Fault {
    Fault::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "draining",
        "this server is going down",
        "send it again in a few seconds",
    )
    .again_after(5)
}

pub(super) fn busy() -> Fault {
    Fault::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "busy",
        "too much is being sent at once",
        "send it again in a few seconds",
    )
    .again_after(5)
}

pub(super) fn unknown() -> Fault {
    Fault::new(
        StatusCode::NOT_FOUND,
        "no_such_webhook",
        "there is no such webhook",
        "check the address; midwatch webhook list shows those that exist",
    )
}

pub(super) fn unusable() -> Fault {
    Fault::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "webhook_unusable",
        "this server cannot check the signatures of this webhook now",
        "its operator finds the reason in the log and at /readyz; where several hosts share a store, [intake] key has to be the same in the configuration of all of them",
    )
    .again_after(60)
}

pub(super) fn no_secret_yet() -> Fault {
    Fault::new(
        StatusCode::UNAUTHORIZED,
        "no_secret_yet",
        "this webhook does not know its sender's secret yet",
        "midwatch webhook rotate NAME --secret-from stdin, with the secret that the sender shows",
    )
}

pub(super) fn unproved(refusal: Refusal, scheme: Scheme) -> Fault {
    Fault::new(
        StatusCode::UNAUTHORIZED,
        refusal.code(),
        refusal.message(),
        refusal.hint(scheme),
    )
}

pub(super) fn wrong_topic() -> Fault {
    Fault::new(
        StatusCode::UNAUTHORIZED,
        "wrong_topic",
        "this webhook takes the messages of another topic",
        "make a webhook for this one: midwatch webhook create NAME --kind sns --topic ARN",
    )
}

pub(super) fn too_many_failures(seconds: u64) -> Fault {
    Fault::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_failures",
        "too many requests from there did not prove their sender",
        "check the address and the secret",
    )
    .again_after(seconds)
}

pub(super) fn too_many_events(seconds: u64) -> Fault {
    Fault::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_events",
        "this webhook is called too often",
        "send fewer events, or raise [intake] events_per_second",
    )
    .again_after(seconds)
}

/// Of ServiceNow's rule, whose messages say of nothing but their fields that they are new.
pub(super) fn repeated(event: u64) -> Fault {
    Fault::new(
        StatusCode::CONFLICT,
        "repeated",
        "this very message was taken before",
        "nothing is to be done for one that was sent twice; an incident that comes back with the same fields is told apart once the business rule sends sys_mod_count: current.sys_mod_count.toString() in additionalContext",
    )
    .with("event", event)
}

pub(super) fn unreachable() -> Fault {
    Fault::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "store_unavailable",
        "the event could not be kept: the journal does not answer",
        "send it again in a while; its operator finds the reason at /readyz and in the log",
    )
    .again_after(10)
}

pub(super) fn sns_unreachable(message: &str) -> Fault {
    Fault::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "sns_unavailable",
        message,
        "SNS tries again by itself; this server has to reach sns.REGION.amazonaws.com over https",
    )
    .again_after(20)
}
