//! PagerDuty's webhooks, version 3: while its secret is being changed, a request carries a signature under each.

use axum::http::HeaderMap;

use super::{Proof, Refusal, any, header, hex};

const SIGNATURES: &str = "x-pagerduty-signature";
/// As many signatures as are looked at.
const MOST: usize = 8;

pub(super) fn read(headers: &HeaderMap) -> Result<Vec<[u8; 32]>, Refusal> {
    let signatures: Vec<[u8; 32]> = header(headers, SIGNATURES)?
        .split(',')
        .filter_map(|one| hex(one.trim().strip_prefix("v1=")?))
        .take(MOST)
        .collect();
    if signatures.is_empty() {
        return Err(Refusal::Unreadable(SIGNATURES));
    }
    Ok(signatures)
}

pub(super) fn check(proofs: &[&Proof], headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let signatures = read(headers)?;
    let fits = |proof: &Proof| {
        let fitting = signatures
            .iter()
            .filter(|signature| proof.signed(&[body], *signature));
        fitting.count() > 0
    };
    any(proofs, fits, Refusal::WrongSignature)
}
