//! The calls to receivers: within their time, answers within their size, told who sends, and nothing followed that leads
//! elsewhere.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{
    Method,
    header::{HeaderName, HeaderValue},
};
use ring::hmac;
use serde_json::Value;

use super::{
    judging::{Answer, Failure, after},
    tide::Tide,
};
use crate::{
    config::{Connection, SecretRef},
    model::Text,
    net::Net,
    redact::Secret,
    sources::{
        pipeline::{Credential, Fault},
        secrets::Secrets,
    },
};

/// Bytes of one answer that are read: a page of a hundred issues has some megabytes.
const LARGEST: usize = 8 * 1024 * 1024;

/// A call to a receiver, but for what proves who sends.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `GET`, `POST` or `PATCH`.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Headers beside those of every call.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Option<Value>,
}

impl Call {
    /// A question.
    pub fn get(url: String) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: Vec::new(),
            body: None,
        }
    }

    /// Something to keep.
    pub fn post(url: String, body: Value) -> Self {
        Self {
            method: Method::POST,
            url,
            headers: Vec::new(),
            body: Some(body),
        }
    }

    /// With one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// How a call proves who sends it.
pub enum Proof {
    /// A header with a secret, or nothing.
    Header(Credential),
    /// A signature over time and body.
    Signature(SecretRef),
}

/// The way to one receiver.
pub struct Wire {
    name: String,
    client: reqwest::Client,
    proof: Proof,
    secrets: Secrets,
    accept: &'static [(&'static str, &'static str)],
}

impl Wire {
    /// The way to the receiver of a connection.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(
        name: &str,
        connection: &Connection,
        proof: Proof,
        accept: &'static [(&'static str, &'static str)],
        (net, secrets): (&Net, &Secrets),
    ) -> Result<Self, Text> {
        let url = connection
            .api
            .as_deref()
            .or(connection.url.as_deref())
            .unwrap_or_default();
        let client = net
            .client(url, Duration::from_secs(connection.timeout))
            .map_err(|error| Text::new().ext(error.to_string()))?;
        Ok(Self {
            name: name.to_owned(),
            client,
            proof,
            secrets: secrets.clone(),
            accept,
        })
    }

    /// Sends a call. A secret that is turned away is fetched once more: it may have been replaced where it stands.
    ///
    /// # Errors
    /// When there is no answer, or nothing to prove who sends.
    pub async fn send(&self, call: &Call, tide: &dyn Tide) -> Result<Answer, Failure> {
        let answer = self.once(call, tide).await?;
        if answer.status == 401
            && let Proof::Header(credential) = &self.proof
            && credential.is_some()
        {
            credential.forget().await;
            return self.once(call, tide).await;
        }
        Ok(answer)
    }

    /// Forgets the secret: the receiver does not take it.
    pub async fn forget(&self) {
        if let Proof::Header(credential) = &self.proof {
            credential.forget().await;
        }
    }

    async fn once(&self, call: &Call, tide: &dyn Tide) -> Result<Answer, Failure> {
        let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
        let mut request = self.client.request(call.method.clone(), &call.url);
        for (name, value) in self.accept {
            request = request.header(*name, *value);
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value.as_str());
        }
        let mut used = None;
        match &self.proof {
            Proof::Header(credential) => {
                let header = credential.header().await.map_err(|fault| self.unproven(&fault))?;
                if let Some((name, secret)) = header {
                    request = request.header(header_name(name)?, sensitive(&secret)?);
                    used = Some(secret);
                }
            }
            Proof::Signature(place) => {
                let key = self.secrets.get(place).await.map_err(|error| Failure::Held {
                    why: Text::new().ext(error.to_string().replace("\nhint: ", "; ")),
                })?;
                let time = tide.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
                request = request
                    .header("x-amzn-event-signature", signature(&key, &time, &body))
                    .header("x-amzn-event-timestamp", time);
            }
        }
        if call.body.is_some() {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await.map_err(|error| self.lost(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let mut body = self.read(response).await?;
        if let Some(secret) = used {
            scrub(&mut body, &secret);
        }
        let after = after(&headers, tide.now());
        let spent = headers
            .get("x-ratelimit-remaining")
            .is_some_and(|left| left == "0");
        Ok(Answer {
            status,
            limited: status == 429 || (status == 403 && (spent || after.is_some())),
            after,
            body,
        })
    }

    /// The body, as far as it is JSON of a sensible size: what a receiver says beside its status is no reason to send again.
    async fn read(&self, mut response: reqwest::Response) -> Result<Value, Failure> {
        let fine = response.status().is_success();
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(serde_json::from_slice(&body).unwrap_or_default()),
                Ok(Some(_)) => return Ok(Value::Null),
                // It has said that it has it, and broke off over the rest.
                Err(error) if fine => return Err(self.lost(&error)),
                Err(_) => return Ok(Value::Null),
            }
        }
    }

    fn unproven(&self, fault: &Fault) -> Failure {
        let why = fault.why(&self.name);
        match fault {
            Fault::Secret(_) | Fault::Credentials(_) | Fault::Denied(_) | Fault::NotFound => {
                Failure::Held { why }
            }
            _ => Failure::Later {
                why,
                after: None,
                doubtful: false,
            },
        }
    }

    fn lost(&self, error: &reqwest::Error) -> Failure {
        // The innermost reason says most, and holds no address with parameters.
        let mut innermost: &dyn std::error::Error = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        let name = &self.name;
        let why = match () {
            () if error.is_timeout() => Text::from(format!("{name} takes too long")),
            () if error.is_connect() => {
                Text::from(format!("{name} cannot be reached: ")).ext(innermost.to_string())
            }
            () => Text::from(format!("{name} broke off: ")).ext(innermost.to_string()),
        };
        Failure::Later {
            why,
            after: None,
            // What was never connected was never sent.
            doubtful: !error.is_connect(),
        }
    }
}

/// HMAC-SHA256 over `timestamp:body`, base64: what midwatch's own webhooks expect.
pub fn signature(key: &Secret, time: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
    STANDARD.encode(hmac::sign(&key, format!("{time}:{body}").as_bytes()))
}

/// Takes the secret out of what a receiver may have repeated.
fn scrub(body: &mut Value, secret: &Secret) {
    // What stands before the token is no secret, and the token may come back without it.
    let token = secret.expose().rsplit([' ', '=']).next().unwrap_or_default();
    if token.len() < 4 {
        return;
    }
    match body {
        Value::String(words) if words.contains(token) => *words = words.replace(token, "<secret>"),
        Value::Array(items) => items.iter_mut().for_each(|item| scrub(item, secret)),
        Value::Object(members) => members.values_mut().for_each(|member| scrub(member, secret)),
        _ => {}
    }
}

fn header_name(name: &str) -> Result<HeaderName, Failure> {
    HeaderName::try_from(name).map_err(|_| Failure::Held {
        why: "the connection's header for its API key is no name of a header".into(),
    })
}

fn sensitive(secret: &Secret) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::try_from(secret.expose()).map_err(|_| Failure::Held {
        why: "the connection's secret holds what no header can".into(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_is_repeated_is_taken_out() {
        let mut body = serde_json::json!({"error": ["bad token xoxb-hush"]});
        scrub(&mut body, &Secret::new("Bearer xoxb-hush".to_owned()));
        assert_eq!(body["error"][0], "bad token <secret>");
    }
}
