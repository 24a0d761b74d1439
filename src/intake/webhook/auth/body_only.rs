//! ServiceNow's business rule: HMAC-SHA256 over the body alone, base64. The script hands its secret to `generateMac` in base64,
//! which is how that function takes a key: the key is the secret's own bytes.

use axum::http::HeaderMap;

use super::{Proof, Refusal, SIGNATURE, any, base64, header};

pub(super) fn read(headers: &HeaderMap) -> Result<Vec<u8>, Refusal> {
    base64(header(headers, SIGNATURE)?, SIGNATURE)
}

pub(super) fn check(proofs: &[&Proof], headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let signature = read(headers)?;
    any(
        proofs,
        |proof| proof.signed(&[body], &signature),
        Refusal::WrongSignature,
    )
}
