//! Webhooks: how outside systems send events over HTTP.

mod kind;

pub use kind::{Scheme, WebhookKind};
