//! Anything that takes JSON over HTTPS. It cannot be asked what it has: at least once, and a key by which a repeat is known.

use serde_json::Value;

use super::{Addressed, Answer, Call, Channel, Failure, Found, judged_at_one_address, reference};

/// Somebody's webhook.
pub struct Webhook {
    pub name: String,
    pub url: String,
    pub space: String,
}

impl Channel for Webhook {
    fn call(&self, to: Addressed<'_>) -> Call {
        Call::post(self.url.clone(), to.post.payload(&self.space, to.key)).with("idempotency-key", to.key)
    }

    fn read(&self, answer: &Answer) -> Result<String, Failure> {
        self.judge(answer)?;
        Ok(reference(&answer.body, "/id"))
    }

    fn look(&self, _: Addressed<'_>, _: u32) -> Option<Call> {
        None
    }

    fn found(&self, _: Addressed<'_>, _: &Value) -> Found {
        Found::No
    }

    fn judge(&self, answer: &Answer) -> Result<(), Failure> {
        judged_at_one_address(&self.name, answer)
    }

    fn check(&self) -> Option<Call> {
        None
    }
}
