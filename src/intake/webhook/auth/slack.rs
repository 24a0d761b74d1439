//! Slack's Events API signs `v0:timestamp:body` under the signing secret of the app.
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack>

use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

use super::{Proof, Refusal, any, header, hex};

const SIGNATURE: &str = "x-slack-signature";
const TIMESTAMP: &str = "x-slack-request-timestamp";
/// How far the signed time may be from the server's clock, either way.
const APART: SignedDuration = SignedDuration::from_mins(5);

/// What the headers say.
pub(super) struct Signed<'h> {
    /// Exactly as it was received: so it was signed.
    timestamp: &'h str,
    signature: [u8; 32],
}

impl<'h> Signed<'h> {
    pub(super) fn read(headers: &'h HeaderMap, now: Timestamp) -> Result<Self, Refusal> {
        let signature = header(headers, SIGNATURE)?
            .trim()
            .strip_prefix("v0=")
            .and_then(hex)
            .ok_or(Refusal::Unreadable(SIGNATURE))?;
        let timestamp = header(headers, TIMESTAMP)?;
        let seconds: i64 = timestamp.trim().parse().map_err(|_| Refusal::NoTime(TIMESTAMP))?;
        let at = Timestamp::from_second(seconds).map_err(|_| Refusal::NoTime(TIMESTAMP))?;
        if now.duration_since(at).abs() > APART {
            return Err(Refusal::OutOfTime(TIMESTAMP));
        }
        Ok(Self { timestamp, signature })
    }

    pub(super) fn check(&self, proofs: &[&Proof], body: &[u8]) -> Result<(), Refusal> {
        let message: [&[u8]; 4] = [b"v0:", self.timestamp.as_bytes(), b":", body];
        any(
            proofs,
            |proof| proof.signed(&message, &self.signature),
            Refusal::WrongSignature,
        )
    }
}
