//! GitHub Apps: a private key becomes a proof, the proof a token for an hour, which is asked for with as few permissions as its
//! use needs, whatever the app itself may do.

use std::time::Duration;

use async_trait::async_trait;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::{Value, json};

use super::{
    HEADERS,
    endpoints::{INSTALLATIONS, TOKENS},
};
use crate::{
    config::{Auth, Connection, SecretRef},
    model::Text,
    net::Net,
    redact::Secret,
    sources::{
        pipeline::{
            Endpoint, Fault,
            api::{read, said, unreachable},
            credential::Mint,
            read::{number, text, time},
        },
        secrets::Secrets,
    },
};

/// Seconds that a proof is good; GitHub takes ten minutes at most, by its own clock.
const PROOF: i64 = 540;
/// Seconds by which this host's clock may be ahead.
const SKEW: i64 = 60;

/// An app: `auth = { client_credentials = { id = "APP-ID", secret = { file = "app.pem" } } }`; which installation is told by
/// `parameters = { installation = "ID" }`, or by the connection's owner.
pub(super) struct App {
    client: reqwest::Client,
    base: String,
    id: String,
    key: SecretRef,
    installation: Option<String>,
    owner: Option<String>,
    secrets: Secrets,
    wanted: Value,
}

/// What a token is asked for that only reads.
pub(super) fn reads() -> Value {
    json!({"actions": "read", "contents": "read", "deployments": "read", "metadata": "read", "pull_requests": "read"})
}

/// What a token is asked for that writes issues, and nothing else.
pub(super) fn issues() -> Value {
    json!({"issues": "write", "metadata": "read"})
}

impl App {
    /// The app of a connection that is told by one; its tokens may do what is `wanted`.
    pub fn of(
        base: &str,
        connection: &Connection,
        net: &Net,
        secrets: &Secrets,
        wanted: Value,
    ) -> Result<Option<Self>, Text> {
        let Auth::ClientCredentials {
            id,
            secret,
            parameters,
            ..
        } = &connection.auth
        else {
            return Ok(None);
        };
        let client = net
            .client(base, Duration::from_secs(connection.timeout))
            .map_err(|error| Text::new().ext(error.to_string()))?;
        Ok(Some(Self {
            client,
            base: base.to_owned(),
            id: id.clone(),
            key: secret.clone(),
            installation: parameters.get("installation").cloned(),
            owner: connection.owner.clone(),
            secrets: secrets.clone(),
            wanted,
        }))
    }

    async fn send(
        &self,
        endpoint: &Endpoint,
        values: &[&str],
        proof: &str,
        body: Option<&Value>,
    ) -> Result<Value, Fault> {
        let url = format!("{}{}", self.base, endpoint.fill(values));
        let mut request = match body {
            None => self.client.get(format!("{url}?per_page=100")),
            Some(body) => self.client.post(url).body(body.to_string()),
        };
        for (name, value) in HEADERS {
            request = request.header(*name, *value);
        }
        let response = request
            .bearer_auth(proof)
            .send()
            .await
            .map_err(|error| unreachable(&error))?;
        let status = response.status().as_u16();
        let body = read(response).await?;
        match status {
            200..300 => {
                serde_json::from_slice(&body).map_err(|error| Fault::Failed(format!("no JSON: {error}")))
            }
            401 => Err(Fault::Credentials(said(&body))),
            403 | 422 => Err(Fault::Denied(said(&body))),
            404 => Err(Fault::NotFound),
            status => Err(Fault::Failed(format!("HTTP status {status}: {}", said(&body)))),
        }
    }

    /// The installation that is named, is the owner's, or is the only one.
    async fn installation(&self, proof: &str) -> Result<String, Fault> {
        if let Some(id) = &self.installation {
            return Ok(id.clone());
        }
        let all = self.send(&INSTALLATIONS, &[], proof, None).await?;
        let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
        let own = |one: &&Value| {
            self.owner.as_ref().is_none_or(|owner| {
                text(one, "/account/login").is_some_and(|login| login.eq_ignore_ascii_case(owner))
            })
        };
        let mut own = all.iter().filter(own).filter_map(|one| number(one, "/id"));
        match (own.next(), own.next()) {
            (Some(id), None) => Ok(id),
            (None, _) => Err(Fault::NotFound),
            (Some(_), Some(_)) => Err(Fault::Failed(
                "the app has several installations: name the connection's owner".to_owned(),
            )),
        }
    }
}

#[async_trait]
impl Mint for App {
    async fn mint(&self) -> Result<(Secret, Timestamp), Fault> {
        let key = self.secrets.whole(&self.key).await;
        let key = key.map_err(|error| Fault::Secret(error.to_string()))?;
        let proof = proof(&self.id, key.expose(), Timestamp::now().as_second())?;
        let installation = self.installation(&proof).await?;
        let wanted = json!({"permissions": self.wanted});
        let token = self
            .send(&TOKENS, &[&installation], &proof, Some(&wanted))
            .await?;
        let whole = text(&token, "/token").zip(time(&token, "/expires_at"));
        let (secret, until) =
            whole.ok_or_else(|| Fault::Failed("there is no token in the answer".to_owned()))?;
        Ok((Secret::new(secret.to_owned()), until))
    }
}

/// What proves to GitHub that the app asks: a JSON web token (RFC 7519), signed with RS256.
fn proof(id: &str, pem: &str, now: i64) -> Result<String, Fault> {
    let unfit = |why: &str| Fault::Secret(format!("the app's private key cannot be used: {why}"));
    let (label, der) = der(pem).ok_or_else(|| unfit("it is not in PEM"))?;
    let key = match label.as_str() {
        "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der),
        "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&der),
        _ => return Err(unfit("it is no RSA key, or it is locked with a password")),
    };
    let key = key.map_err(|error| unfit(&error.to_string()))?;
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"iat": now - SKEW, "exp": now + PROOF, "iss": id});
    let signed = format!("{}.{}", part(json!({"alg": "RS256", "typ": "JWT"})), part(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .map_err(|_| unfit("it does not sign"))?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// Label and content of the first block in PEM.
fn der(pem: &str) -> Option<(String, Vec<u8>)> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let packed: String = body.split_whitespace().collect();
    Some((label.to_owned(), STANDARD.decode(packed).ok()?))
}
