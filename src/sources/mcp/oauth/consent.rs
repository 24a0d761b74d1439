//! The way through a person's browser: the address that is opened, and the one that the browser is sent back to.

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{
    super::error::{McpError, short},
    discover::Found,
};
use crate::{
    model::{GapKind, Text},
    redact::Secret,
};

/// Somebody who can consent.
#[async_trait]
pub trait Consent: Send + Sync {
    /// Where the browser is sent back to.
    fn redirect(&self) -> String;

    /// Has a person open `url`, and gives the address that the browser was sent back to.
    ///
    /// # Errors
    /// When nobody consents.
    async fn ask(&self, url: &str) -> Result<String, McpError>;
}

/// One attempt to log in.
pub struct Attempt {
    /// What a person opens.
    pub url: String,
    /// What proves at the token endpoint that it was us who asked (RFC 7636).
    pub verifier: Secret,
    state: String,
}

impl Attempt {
    /// A fresh attempt.
    pub fn new(found: &Found, id: &str, redirect: &str, scopes: &[String]) -> Result<Self, McpError> {
        let Some(mut url) = found.server.authorization.clone() else {
            return Err(McpError::new(
                GapKind::Credentials,
                "the login server names no place where a person could consent",
                "use client credentials or a token instead (midwatch connection edit)",
            ));
        };
        let verifier = random()?;
        let state = random()?;
        let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", id)
                .append_pair("redirect_uri", redirect)
                .append_pair("state", &state)
                .append_pair("code_challenge", &proof)
                .append_pair("code_challenge_method", "S256")
                .append_pair("resource", &found.resource);
            if !scopes.is_empty() {
                query.append_pair("scope", &scopes.join(" "));
            }
            if scopes.iter().any(|scope| scope == "offline_access") {
                query.append_pair("prompt", "consent");
            }
        }
        Ok(Self {
            url: url.into(),
            verifier: Secret::new(verifier),
            state,
        })
    }

    /// The code in the address that the browser was sent back to: of this attempt, and of this server.
    pub fn code(&self, found: &Found, redirected: &str) -> Result<Secret, McpError> {
        let wrong = |why: Text| {
            McpError::new(
                GapKind::Credentials,
                why,
                "log in again: midwatch connection login",
            )
        };
        let url = Url::parse(redirected.trim()).map_err(|_| {
            wrong("what came back is no address; paste it whole, with https:// or http://".into())
        })?;
        let part = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        if part("state").as_deref() != Some(self.state.as_str()) {
            return Err(wrong(
                "what came back belongs to another login (its state differs)".into(),
            ));
        }
        // RFC 9207: compared as it is, or another server could pass its code off as one of this.
        match part("iss") {
            Some(issuer) if issuer != found.server.issuer => {
                return Err(wrong(
                    Text::from("what came back is of another login server: ").ext(short(&issuer)),
                ));
            }
            None if found.server.names_itself => {
                return Err(wrong(
                    "what came back does not say which login server it is of, though this one says so".into(),
                ));
            }
            _ => {}
        }
        if let Some(error) = part("error") {
            let said = part("error_description").unwrap_or_default();
            return Err(wrong(
                Text::from("the login server refuses: ").ext(short(&format!("{error} {said}"))),
            ));
        }
        part("code")
            .filter(|code| !code.is_empty())
            .map(Secret::new)
            .ok_or_else(|| wrong("what came back holds no code".into()))
    }
}

/// 32 random bytes in letters that an address can hold.
fn random() -> Result<String, McpError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|_| McpError::new(GapKind::Failed, "the system gives no random numbers", "try again"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::{super::discover::Server, *};

    fn found(names_itself: bool) -> Found {
        Found {
            server: Server {
                issuer: "https://login.example.org".to_owned(),
                authorization: Some(Url::parse("https://login.example.org/authorize?tenant=1").unwrap()),
                token: Url::parse("https://login.example.org/token").unwrap(),
                registration: None,
                methods: Vec::new(),
                scopes: Vec::new(),
                documents: false,
                names_itself,
            },
            resource: "https://mcp.example.org/".to_owned(),
            scopes: Vec::new(),
        }
    }

    #[test]
    fn only_an_answer_to_this_attempt_by_this_server_counts() {
        let attempt = Attempt::new(
            &found(false),
            "me",
            "http://127.0.0.1:1/callback",
            &["a".to_owned()],
        )
        .unwrap();
        assert!(attempt.url.contains("tenant=1&response_type=code&client_id=me"));
        let state = &attempt.state;
        let back = |rest: &str| format!("http://127.0.0.1:1/callback?state={state}&{rest}");
        let code = |answer: &str, names: bool| attempt.code(&found(names), answer);
        let iss = "iss=https%3A%2F%2Flogin.example.org";
        assert_eq!(code(&back("code=c"), false).unwrap().expose(), "c");
        assert_eq!(code(&back(&format!("code=c&{iss}")), true).unwrap().expose(), "c");
        for (answer, names, why) in [
            (back("code=c"), true, "does not say which login server"),
            (back(&format!("code=c&{iss}%2F")), false, "another login server"),
            (back("error=access_denied"), false, "refuses: access_denied"),
            (back("x=y"), false, "holds no code"),
            (
                "http://127.0.0.1:1/callback?state=other&code=c".to_owned(),
                false,
                "another login",
            ),
            ("c".to_owned(), false, "no address"),
        ] {
            let error = code(&answer, names).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
