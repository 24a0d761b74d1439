//! How a request proves that it comes from who it says: one file a scheme, each a pure function over headers, body and clock.
//!
//! Whatever is secret is compared in constant time. A refusal says what to mend, and never what would have been right.

mod bearer;
mod body_only;
mod forge;
mod pager_duty;
mod slack;
pub mod sns;
mod timestamped;

use std::fmt;

use axum::http::HeaderMap;
use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use jiff::Timestamp;
use ring::hmac;
use subtle::ConstantTimeEq as _;

use super::Scheme;
use crate::journal::{Hash, canonical::sha256};

/// Header of signatures over `timestamp:body`, and over the body alone.
pub const SIGNATURE: &str = "x-amzn-event-signature";
/// Header with the time that is signed with the body.
pub const TIMESTAMP: &str = "x-amzn-event-timestamp";

/// Signatures as base64 writes them, with its padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a webhook knows of its sender's secret.
#[derive(Clone)]
pub enum Proof {
    /// The key of its signatures.
    Key(hmac::Key),
    /// SHA-256 of its token.
    Token(Hash),
}

impl Proof {
    /// The key of signatures under this secret: its bytes as they are written.
    pub fn key(secret: &[u8]) -> Self {
        Self::Key(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    fn signed(&self, message: &[&[u8]], signature: &[u8]) -> bool {
        let Self::Key(key) = self else { return false };
        let mut context = hmac::Context::with_key(key);
        for part in message {
            context.update(part);
        }
        context.sign().as_ref().ct_eq(signature).into()
    }

    fn token(&self, given: &str) -> bool {
        let Self::Token(known) = self else { return false };
        let given = sha256(given.as_bytes());
        given.0.as_bytes().ct_eq(known.0.as_bytes()).into()
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<proof>")
    }
}

/// Why a request is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A header is not there.
    Missing(&'static str),
    /// A header is there more than once, or holds what no such header holds.
    Unreadable(&'static str),
    /// The signed time is none.
    NoTime(&'static str),
    /// The signed time is more than five minutes from the server's.
    OutOfTime(&'static str),
    /// The signature is not that of this message under this webhook's secret.
    WrongSignature,
    /// The token is another one.
    WrongToken,
}

impl Refusal {
    /// The word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing(_) => "no_signature",
            Self::Unreadable(_) => "unreadable_signature",
            Self::NoTime(_) | Self::OutOfTime(_) => "out_of_time",
            Self::WrongSignature => "wrong_signature",
            Self::WrongToken => "wrong_token",
        }
    }

    /// What is wrong, in a sentence.
    pub fn message(self) -> String {
        match self {
            Self::Missing(header) => format!("the header {header} is missing"),
            Self::Unreadable(header) => format!("the header {header} cannot be read"),
            Self::NoTime(header) => format!("{header} holds no time"),
            Self::OutOfTime(header) => format!("{header} is more than five minutes from this server's clock"),
            Self::WrongSignature => "the signature does not fit the request".to_owned(),
            Self::WrongToken => "the token is not that of this webhook".to_owned(),
        }
    }

    /// What mends it.
    pub const fn hint(self, scheme: Scheme) -> &'static str {
        match (self, scheme) {
            (Self::NoTime(_) | Self::OutOfTime(_), Scheme::Slack) => "check this server's clock",
            (Self::NoTime(_) | Self::OutOfTime(_), _) => {
                "send the time of signing in UTC, as in 2025-11-23T18:00:00.000Z, and check both clocks"
            }
            (Self::WrongToken, _) => {
                "the token is shown once, when the webhook is made; midwatch webhook rotate makes a new one"
            }
            (_, Scheme::Timestamped) => {
                "sign TIMESTAMP:BODY with HMAC-SHA256 under the webhook's secret, and send base64 of it with the same timestamp"
            }
            (_, Scheme::BodyOnly) => {
                "sign the body as it is sent with HMAC-SHA256 under the webhook's secret, and send base64 of it"
            }
            (_, Scheme::Bearer) => "send Authorization: Bearer TOKEN",
            (_, Scheme::PagerDuty) => {
                "give this webhook the secret that PagerDuty shows for the subscription: midwatch webhook rotate --secret-from stdin"
            }
            (_, Scheme::GitHub) => {
                "give the webhook's secret to GitHub, and application/json as the content type"
            }
            (_, Scheme::GitLab) => "give the webhook's secret to GitLab as its secret token",
            (_, Scheme::Slack) => {
                "give this webhook the signing secret that Slack shows for the app: midwatch webhook rotate --secret-from stdin"
            }
            (_, Scheme::Sns) => "raw message delivery must be off: the signature stands in the message",
        }
    }
}

/// Looks at the headers alone: what has no chance is refused before its body is read. Tokens are settled by it.
///
/// # Errors
/// Why the request is not believed.
pub fn at_the_door(
    scheme: Scheme,
    proofs: &[&Proof],
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<(), Refusal> {
    match scheme {
        Scheme::Timestamped => timestamped::Signed::read(headers, now).map(drop),
        Scheme::BodyOnly => body_only::read(headers).map(drop),
        Scheme::Bearer => bearer::check(proofs, headers),
        Scheme::PagerDuty => pager_duty::read(headers).map(drop),
        Scheme::GitHub => forge::read_github(headers).map(drop),
        Scheme::GitLab => forge::check_gitlab(proofs, headers),
        Scheme::Slack => slack::Signed::read(headers, now).map(drop),
        // Its signature stands in the body.
        Scheme::Sns => Ok(()),
    }
}

/// Whether headers and body prove the sender: `proofs` are those that hold now, usually one.
///
/// # Errors
/// Why the request is not believed.
pub fn check(
    scheme: Scheme,
    proofs: &[&Proof],
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Refusal> {
    match scheme {
        Scheme::Timestamped => timestamped::Signed::read(headers, now)?.check(proofs, body),
        Scheme::BodyOnly => body_only::check(proofs, headers, body),
        Scheme::Bearer => bearer::check(proofs, headers),
        Scheme::PagerDuty => pager_duty::check(proofs, headers, body),
        Scheme::GitHub => forge::check_github(proofs, headers, body),
        Scheme::GitLab => forge::check_gitlab(proofs, headers),
        Scheme::Slack => slack::Signed::read(headers, now)?.check(proofs, body),
        // Proved by a certificate: see [`sns`].
        Scheme::Sns => Err(Refusal::WrongSignature),
    }
}

/// The one value of a header. Two of them could mean one thing here and another elsewhere.
fn header<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<&'h str, Refusal> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(Refusal::Missing(name))?;
    if values.next().is_some() {
        return Err(Refusal::Unreadable(name));
    }
    value.to_str().map_err(|_| Refusal::Unreadable(name))
}

fn base64(text: &str, name: &'static str) -> Result<Vec<u8>, Refusal> {
    BASE64
        .decode(text.trim())
        .ok()
        .filter(|bytes| bytes.len() == 32)
        .ok_or(Refusal::Unreadable(name))
}

/// 32 bytes in hexadecimal digits.
pub(super) fn hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

fn any(proofs: &[&Proof], fits: impl Fn(&Proof) -> bool, otherwise: Refusal) -> Result<(), Refusal> {
    // Every one is tried: how long it takes does not say which one fits.
    let fitting = proofs.iter().filter(|proof| fits(proof)).count();
    if fitting > 0 { Ok(()) } else { Err(otherwise) }
}

#[cfg(test)]
mod tests;
