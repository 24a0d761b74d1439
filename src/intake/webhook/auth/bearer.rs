//! Version 2 of AWS DevOps Agent's webhooks: `Authorization: Bearer TOKEN`.

use axum::http::HeaderMap;

use super::{Proof, Refusal, any, header};

const AUTHORIZATION: &str = "authorization";

pub(super) fn check(proofs: &[&Proof], headers: &HeaderMap) -> Result<(), Refusal> {
    let (scheme, token) = header(headers, AUTHORIZATION)?
        .split_once(' ')
        .ok_or(Refusal::Unreadable(AUTHORIZATION))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::Unreadable(AUTHORIZATION));
    }
    let token = token.trim();
    any(proofs, |proof| proof.token(token), Refusal::WrongToken)
}
