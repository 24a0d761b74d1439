//! Streamable HTTP with keys: every request carries proof of who asks, and one that is turned away is sent again when a new
//! token answers the challenge, or the secret was replaced where it stands.

use std::{collections::HashMap, io, sync::Arc};

use futures_util::stream::BoxStream;
use reqwest::header::{HeaderName, HeaderValue};
use rmcp::{
    model::ClientJsonRpcMessage,
    transport::streamable_http_client::{
        SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
        StreamableHttpResponseLimits,
    },
};

use super::{error::McpError, keys::Keys, oauth::challenge::Challenge};
use crate::redact::Secret;

/// How often one request may be turned away for its token before that is the answer.
const ROUNDS: usize = 3;

type Headers = HashMap<HeaderName, HeaderValue>;
type Failure = StreamableHttpError<reqwest::Error>;
type Events = BoxStream<'static, Result<sse_stream::Sse, SseError>>;

/// The HTTP client of one connection.
#[derive(Clone)]
pub struct Wire {
    http: reqwest::Client,
    keys: Arc<Keys>,
}

impl Wire {
    /// Speaks with `http`, proves itself with `keys`.
    pub const fn new(http: reqwest::Client, keys: Arc<Keys>) -> Self {
        Self { http, keys }
    }

    /// The headers of the next attempt, with proof.
    async fn proven(&self, headers: &Headers) -> Result<(Headers, Option<Secret>), Failure> {
        let proof = self.keys.proof().await.map_err(carried)?;
        let mut headers = headers.clone();
        headers.extend(proof.headers);
        Ok((headers, proof.secret))
    }

    /// Answers the challenge in a failure, so that the request can be sent again; else the failure stands.
    async fn again(&self, failure: Failure, round: usize, used: Option<&Secret>) -> Result<(), Failure> {
        if round == 1 && is_unauthorized(&failure) && self.keys.replaced(used).await.map_err(carried)? {
            return Ok(());
        }
        let (Some(challenge), Some(grant)) = (challenge(&failure), self.keys.grant()) else {
            return Err(failure);
        };
        if round >= ROUNDS {
            return Err(failure);
        }
        grant.answer(&challenge, used).await.map_err(carried)
    }
}

/// True where the server does not know who asks.
fn is_unauthorized(failure: &Failure) -> bool {
    match failure {
        StreamableHttpError::AuthRequired(_) => true,
        StreamableHttpError::UnexpectedServerResponse(words) => words.starts_with("HTTP 401"),
        _ => false,
    }
}

/// The challenge behind a failure.
fn challenge(failure: &Failure) -> Option<Challenge> {
    match failure {
        StreamableHttpError::AuthRequired(required) => {
            Some(Challenge::parse(&required.www_authenticate_header, false))
        }
        StreamableHttpError::InsufficientScope(scope) => {
            let challenge = Challenge::parse(&scope.www_authenticate_header, true);
            // Without a scope, another token of the same person is turned away as well.
            (!challenge.scopes.is_empty()).then_some(challenge)
        }
        // A 401 without a challenge.
        failure if is_unauthorized(failure) => Some(Challenge::default()),
        _ => None,
    }
}

/// An error of ours on its way through the transport.
fn carried(error: McpError) -> Failure {
    StreamableHttpError::Io(io::Error::other(error))
}

impl StreamableHttpClient for Wire {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let limits = StreamableHttpResponseLimits::default();
        self.post_message_with_response_limits(uri, message, session, token, headers, limits)
            .await
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        headers: Headers,
        limits: StreamableHttpResponseLimits,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let mut round = 0;
        loop {
            round += 1;
            let (headers, used) = self.proven(&headers).await?;
            let (uri, message) = (Arc::clone(&uri), message.clone());
            let (session, token) = (session.clone(), token.clone());
            let sent = self
                .http
                .post_message_with_response_limits(uri, message, session, token, headers, limits);
            match sent.await {
                Ok(answer) => return Ok(answer),
                Err(failure) => self.again(failure, round, used.as_ref()).await?,
            }
        }
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        token: Option<String>,
        headers: Headers,
    ) -> Result<(), Failure> {
        let (headers, _) = self.proven(&headers).await?;
        self.http.delete_session(uri, session, token, headers).await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last: Option<String>,
        token: Option<String>,
        headers: Headers,
    ) -> Result<Events, Failure> {
        let most = StreamableHttpResponseLimits::default().max_sse_event_size;
        self.get_stream_with_max_sse_event_size(uri, session, last, token, headers, most)
            .await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last: Option<String>,
        token: Option<String>,
        headers: Headers,
        most: usize,
    ) -> Result<Events, Failure> {
        // A stream is taken up again where it broke off. One on which the server says what nobody asked for is not opened:
        // a connection that is not being used is silent.
        if last.is_none() {
            return Err(StreamableHttpError::ServerDoesNotSupportSse);
        }
        let mut round = 0;
        loop {
            round += 1;
            let (headers, used) = self.proven(&headers).await?;
            let (uri, session) = (Arc::clone(&uri), session.clone());
            let (last, token) = (last.clone(), token.clone());
            let sent = self
                .http
                .get_stream_with_max_sse_event_size(uri, session, last, token, headers, most);
            match sent.await {
                Ok(events) => return Ok(events),
                Err(failure) => self.again(failure, round, used.as_ref()).await?,
            }
        }
    }
}
