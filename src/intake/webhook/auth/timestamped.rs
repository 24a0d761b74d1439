//! Version 1 of AWS DevOps Agent's webhooks (its user guide, "Invoking DevOps Agent through Webhook"): HMAC-SHA256 over `timestamp:body`, base64.

use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use super::{Proof, Refusal, SIGNATURE, TIMESTAMP, any, base64, header};

/// How far the signed time may be from the server's clock, either way.
const APART: SignedDuration = SignedDuration::from_mins(5);

/// What the headers say.
pub(super) struct Signed<'h> {
    /// Exactly as it was received: so it was signed.
    timestamp: &'h str,
    signature: Vec<u8>,
}

impl<'h> Signed<'h> {
    pub(super) fn read(headers: &'h HeaderMap, now: Timestamp) -> Result<Self, Refusal> {
        let signature = base64(header(headers, SIGNATURE)?, SIGNATURE)?;
        let timestamp = header(headers, TIMESTAMP)?;
        let at = time(timestamp).ok_or(Refusal::NoTime(TIMESTAMP))?;
        if now.duration_since(at).abs() > APART {
            return Err(Refusal::OutOfTime(TIMESTAMP));
        }
        Ok(Self { timestamp, signature })
    }

    pub(super) fn check(&self, proofs: &[&Proof], body: &[u8]) -> Result<(), Refusal> {
        let message: [&[u8]; 3] = [self.timestamp.as_bytes(), b":", body];
        any(
            proofs,
            |proof| proof.signed(&message, &self.signature),
            Refusal::WrongSignature,
        )
    }
}

/// A time in any ISO 8601 form; one that names no zone is UTC.
fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse::<Timestamp>().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(civil).ok()
    })
}
