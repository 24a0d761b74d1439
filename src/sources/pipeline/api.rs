//! The one way to a vendor's API: reads of the closed list, each within its time, its size and the vendor's rate limit.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

use super::{Credential, Endpoint, Fault, Limit, endpoint::percent};
use crate::{
    config::Connection,
    model::{Text, inert},
    net::Net,
    sources::tame::tame,
};

/// Bytes of one answer that are read: a page of a hundred merges is two megabytes.
const LARGEST: usize = 16 * 1024 * 1024;
/// Seconds that are waited for a rate limit to pass; the vendor asks for an hour at worst.
const PATIENCE: i64 = 20;
/// Times that one read is sent.
const TRIES: usize = 3;

/// A vendor's API.
pub struct Api {
    vendor: &'static str,
    client: reqwest::Client,
    base: String,
    accept: &'static [(&'static str, &'static str)],
    pub(in crate::sources) credential: Credential,
}

/// A vendor's answer.
#[derive(Debug)]
pub struct Reply {
    /// The body.
    pub value: Value,
    /// The parameter that leads to the next page.
    pub next: Option<(String, String)>,
    headers: HeaderMap,
}

impl Api {
    /// The API at `base`, with headers that every request carries.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(
        vendor: &'static str,
        base: &str,
        accept: &'static [(&'static str, &'static str)],
        connection: &Connection,
        credential: Credential,
        net: &Net,
    ) -> Result<Self, Text> {
        let client = net
            .client(base, Duration::from_secs(connection.timeout))
            .map_err(|error| Text::new().ext(error.to_string()))?;
        Ok(Self {
            vendor,
            client,
            base: base.trim_end_matches('/').to_owned(),
            accept,
            credential,
        })
    }

    /// The vendor's name for a person.
    pub const fn vendor(&self) -> &'static str {
        self.vendor
    }

    /// Sends one read. Waits where the vendor asks for it and it is not long; asks for a replaced secret once.
    ///
    /// # Errors
    /// When there is no whole answer.
    pub async fn get(
        &self,
        endpoint: &Endpoint,
        values: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Reply, Fault> {
        let url = self.url(endpoint, values, query);
        let mut refreshed = false;
        for last in (0..TRIES).map(|n| n + 1 == TRIES) {
            match self.once(&url).await? {
                Outcome::Found(reply) => return Ok(reply),
                Outcome::Unauthorized(_) if !refreshed && self.credential.is_some() && !last => {
                    refreshed = true;
                    self.credential.forget().await;
                }
                Outcome::Unauthorized(why) => return Err(Fault::Credentials(why)),
                Outcome::Wait(seconds, until) => {
                    if last || seconds > PATIENCE {
                        return Err(Fault::Throttled(until));
                    }
                    tokio::time::sleep(Duration::from_secs(seconds.unsigned_abs())).await;
                }
            }
        }
        Err(Fault::Throttled(None))
    }

    fn url(&self, endpoint: &Endpoint, values: &[&str], query: &[(&str, &str)]) -> String {
        let mut url = format!("{}{}", self.base, endpoint.fill(values));
        for (index, (name, value)) in query.iter().enumerate() {
            debug_assert!(
                endpoint.query.contains(name),
                "{name} is not on the closed list of {}",
                endpoint.path
            );
            url.push(if index == 0 { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            percent(&mut url, value);
        }
        url
    }

    async fn once(&self, url: &str) -> Result<Outcome, Fault> {
        let mut request = self.client.get(url);
        for (name, value) in self.accept {
            request = request.header(*name, *value);
        }
        if let Some((name, secret)) = self.credential.header().await? {
            let mut value = reqwest::header::HeaderValue::from_str(secret.expose())
                .map_err(|_| Fault::Secret("the secret holds characters that no header can".to_owned()))?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = read(response).await;
        if status.is_success() {
            let body = body?;
            let mut value = serde_json::from_slice(&body).map_err(|error| {
                if error.is_eof() {
                    Fault::Cut(error.to_string())
                } else {
                    Fault::Failed(format!("no JSON: {error}"))
                }
            })?;
            tame(&mut value);
            let next = next(&headers);
            return Ok(Outcome::Found(Reply { value, next, headers }));
        }
        let said = said(&body.unwrap_or_default());
        if let Some((seconds, until)) = wait(status, &headers, &said) {
            return Ok(Outcome::Wait(seconds, until));
        }
        match status {
            StatusCode::UNAUTHORIZED => Ok(Outcome::Unauthorized(said)),
            StatusCode::FORBIDDEN => Err(Fault::Denied(said)),
            StatusCode::NOT_FOUND | StatusCode::GONE => Err(Fault::NotFound),
            status if status.is_redirection() => Err(Fault::Failed(format!(
                "HTTP status {status}: it has moved, check the name or the url"
            ))),
            status => Err(Fault::Failed(format!("HTTP status {}: {said}", status.as_u16()))),
        }
    }
}

enum Outcome {
    Found(Reply),
    Unauthorized(String),
    /// To be asked again in so many seconds, at that time.
    Wait(i64, Option<Timestamp>),
}

impl Reply {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Calls that are left, as both vendors tell it.
    pub fn limit(&self) -> Option<Limit> {
        let number = |names: [&str; 2]| {
            names
                .iter()
                .find_map(|name| self.header(name)?.trim().parse::<u64>().ok())
        };
        Some(Limit {
            left: number(["x-ratelimit-remaining", "ratelimit-remaining"])?,
            of: number(["x-ratelimit-limit", "ratelimit-limit"])?,
            resets: resets(&self.headers),
        })
    }

    /// The items of a list, or of the list that stands under `key`; none where there is no list.
    pub fn items(&self, key: &str) -> Option<&[Value]> {
        let list = if key.is_empty() {
            self.value.as_array()
        } else {
            self.value.get(key)?.as_array()
        };
        list.map(Vec::as_slice)
    }
}

fn resets(headers: &HeaderMap) -> Option<Timestamp> {
    let value = headers
        .get("x-ratelimit-reset")
        .or_else(|| headers.get("ratelimit-reset"))?;
    Timestamp::from_second(value.to_str().ok()?.trim().parse().ok()?).ok()
}

/// How long a vendor asks to wait: both say it with 429; GitHub with 403 too, where the first limit is spent or a second one
/// was met.
fn wait(status: StatusCode, headers: &HeaderMap, said: &str) -> Option<(i64, Option<Timestamp>)> {
    let word = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let spent = word("x-ratelimit-remaining") == Some("0");
    let asked = word("retry-after").and_then(|seconds| seconds.parse::<i64>().ok());
    let limited = match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::FORBIDDEN => spent || asked.is_some() || said.contains("rate limit"),
        _ => false,
    };
    if !limited {
        return None;
    }
    let until = resets(headers);
    let by_clock = until.map(|until| (until.duration_since(Timestamp::now()).as_secs() + 1).max(0));
    // Without a word on it, GitHub wants a minute.
    Some((asked.or(by_clock).unwrap_or(60).max(0), until))
}

/// The parameter of the next page in `Link`. Its address is not followed: the token goes nowhere but to the connection's url.
fn next(headers: &HeaderMap) -> Option<(String, String)> {
    let links = headers.get("link")?.to_str().ok()?;
    let link = links.split(',').find(|link| link.contains("rel=\"next\""))?;
    let address = link.split_once('<')?.1.split_once('>')?.0;
    let (_, query) = address.split_once('?')?;
    let parameters: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    ["after", "page"].iter().find_map(|wanted| {
        let (_, value) = parameters.iter().find(|(name, _)| name == wanted)?;
        Some(((*wanted).to_owned(), unescaped(value)))
    })
}

fn unescaped(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = value
            .get(at + 1..at + 3)
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        if let (b'%', Some(code)) = (byte, code) {
            out.push(code);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

pub(in crate::sources) async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        if body.len() + chunk.len() > LARGEST {
            return Err(Fault::Cut(format!(
                "it is larger than {} MB",
                LARGEST / 1024 / 1024
            )));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn broken(error: &reqwest::Error) -> Fault {
    if error.is_timeout() {
        Fault::Unreachable("it takes too long".to_owned())
    } else {
        Fault::Cut("it broke off".to_owned())
    }
}

pub(in crate::sources) fn unreachable(error: &reqwest::Error) -> Fault {
    if error.is_timeout() {
        return Fault::Unreachable("it takes too long".to_owned());
    }
    // The innermost reason says most, and holds no address with parameters.
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    Fault::Unreachable(innermost.to_string())
}

/// The vendor's own words on an error: `message` (a text, or a list at GitLab), `error_description` or `error`.
pub(in crate::sources) fn said(body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let word = ["message", "error_description", "error"]
        .iter()
        .find_map(|key| match value.get(*key)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        });
    inert(&word.unwrap_or_default()).chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn the_next_page_is_a_parameter_and_never_an_address() {
        let link = |text: &str| next(&headers(&[("link", text)]));
        let two = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        assert_eq!(
            link(
                "<https://evil.example/x?per_page=9&page=3>; rel=\"next\", <https://x/?page=9>; rel=\"last\""
            ),
            two("page", "3")
        );
        assert_eq!(
            link("<https://x/y?after=Mw%3D%3D&page=2>; rel=\"next\""),
            two("after", "Mw==")
        );
        assert_eq!(link("<https://x/?page=1>; rel=\"prev\""), None);
        assert_eq!(link("garbage rel=\"next\""), None);
    }

    #[test]
    fn a_wait_is_read_from_what_the_vendor_says() {
        let forbidden = StatusCode::FORBIDDEN;
        assert_eq!(wait(forbidden, &headers(&[]), "no access"), None);
        assert_eq!(
            wait(forbidden, &headers(&[("retry-after", "7")]), ""),
            Some((7, None))
        );
        assert_eq!(
            wait(StatusCode::TOO_MANY_REQUESTS, &headers(&[]), ""),
            Some((60, None))
        );
        let spent = headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "0")]);
        assert_eq!(
            wait(forbidden, &spent, ""),
            Some((0, Some(Timestamp::UNIX_EPOCH)))
        );
    }
}
