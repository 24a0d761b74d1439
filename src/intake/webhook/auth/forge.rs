//! GitHub signs the body; GitLab sends its token along.

use axum::http::HeaderMap;

use super::{Proof, Refusal, any, header, hex};

const GITHUB: &str = "x-hub-signature-256";
const GITLAB: &str = "x-gitlab-token";

pub(super) fn read_github(headers: &HeaderMap) -> Result<[u8; 32], Refusal> {
    header(headers, GITHUB)?
        .trim()
        .strip_prefix("sha256=")
        .and_then(hex)
        .ok_or(Refusal::Unreadable(GITHUB))
}

pub(super) fn check_github(proofs: &[&Proof], headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let signature = read_github(headers)?;
    any(
        proofs,
        |proof| proof.signed(&[body], &signature),
        Refusal::WrongSignature,
    )
}

pub(super) fn check_gitlab(proofs: &[&Proof], headers: &HeaderMap) -> Result<(), Refusal> {
    let token = header(headers, GITLAB)?.trim();
    any(proofs, |proof| proof.token(token), Refusal::WrongToken)
}
