//! What token endpoints answer.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    super::{
        error::{McpError, short},
        memory::Tokens,
    },
    discover::Server,
};
use crate::{
    model::{GapKind, Text},
    redact::Secret,
};

/// A refusal of a token endpoint.
#[derive(Debug)]
pub struct Refusal {
    /// The code of RFC 6749, where there is one.
    pub code: String,
    /// As an error.
    pub error: McpError,
}

/// Reads the answer of a token endpoint. `asked` are the scopes that were asked for: without a word of the server they are
/// granted.
pub fn read(server: &Server, status: u16, body: &Value, asked: &[String]) -> Result<Tokens, Refusal> {
    let word = |name: &str| body.get(name).and_then(Value::as_str);
    let place = super::http::place(&server.token);
    let refused = |code: &str, why: Text| Refusal {
        code: code.to_owned(),
        error: McpError::new(
            GapKind::Credentials,
            why,
            "check client id, secret, scopes and parameters of the connection (midwatch connection edit)",
        ),
    };
    if !(200..300).contains(&status) || word("error").is_some() {
        let code = word("error").unwrap_or_default();
        let mut why = Text::from("the login server ")
            .ext(place)
            .own(format!(" gives no token (HTTP {status})"));
        let said = word("error_description").unwrap_or_default();
        if !code.is_empty() || !said.is_empty() {
            why = why.own(": ").ext(short(&format!("{code} {said}")));
        }
        return Err(refused(code, why));
    }
    let bearer = word("token_type").is_none_or(|sort| sort.eq_ignore_ascii_case("bearer"));
    let Some(access) = word("access_token").filter(|token| bearer && is_token(token)) else {
        let why = Text::from("the login server ")
            .ext(place)
            .own(" gives no bearer token");
        return Err(refused("", why));
    };
    let now = Timestamp::now().as_second();
    let lasts = body.get("expires_in");
    let lasts = lasts.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()));
    Ok(Tokens {
        issuer: server.issuer.clone(),
        access: Secret::new(access.to_owned()),
        refresh: word("refresh_token").map(|token| Secret::new(token.to_owned())),
        // A token that lasts no time at all is one whose time the server does not know.
        expires: lasts
            .filter(|seconds| *seconds > 0)
            .map(|seconds| now.saturating_add(seconds)),
        scopes: match word("scope") {
            Some(scopes) => scopes.split_whitespace().map(str::to_owned).collect(),
            None => asked.to_vec(),
        },
    })
}

/// True for what can stand in a header.
fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}
