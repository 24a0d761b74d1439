//! What the transport says went wrong, as an error that a person can act on.

use std::{error::Error, io, time::Duration};

use rmcp::{
    ServiceError,
    model::{ErrorCode, ErrorData},
    service::ClientInitializeError,
    transport::streamable_http_client::StreamableHttpError,
};

use super::error::{McpError, short};
use crate::model::{GapKind, Text};

/// A failed attempt, and what may be done about it at once.
#[derive(Debug)]
pub(super) struct Failure {
    pub error: McpError,
    /// The server asks to wait.
    pub wait: Option<Duration>,
    /// The session is gone; a new one may do.
    pub lost: bool,
}

impl From<McpError> for Failure {
    fn from(error: McpError) -> Self {
        Self {
            error,
            wait: None,
            lost: false,
        }
    }
}

/// Says what failed for the connection `name`.
pub(super) struct Teller<'a> {
    pub name: &'a str,
}

impl Teller<'_> {
    pub(super) fn connect(&self, error: &ClientInitializeError) -> Failure {
        match error {
            ClientInitializeError::TransportError { error, .. } => self.transport(error.error.as_ref()),
            ClientInitializeError::LegacyFallbackFailed { fallback, .. } => self.connect(fallback),
            ClientInitializeError::JsonRpcError(error) => self.refusal(error),
            ClientInitializeError::ConnectionClosed(_) => self.ended(),
            other => {
                tracing::debug!(
                    connection = self.name,
                    "a greeting failed: {}",
                    short(&other.to_string())
                );
                self.nonsense()
            }
        }
    }

    pub(super) fn call(&self, error: &ServiceError) -> Failure {
        match error {
            ServiceError::McpError(error) => self.refusal(error),
            ServiceError::TransportSend(error) => self.transport(error.error.as_ref()),
            ServiceError::TransportClosed | ServiceError::Cancelled { .. } => self.ended(),
            ServiceError::InputRequiredRoundsExceeded { .. } => McpError::new(
                GapKind::Unsupported,
                "the tool asks for more and more, and there is nobody to answer",
                "give it all that it needs in its arguments",
            )
            .into(),
            _ => self.nonsense(),
        }
    }

    /// It took too long.
    pub(super) fn slow(&self, seconds: u64) -> McpError {
        McpError::new(
            GapKind::Unreachable,
            format!("connection {} did not answer within {seconds} s", self.name),
            format!(
                "midwatch connection test {}; a slow server may get more: timeout = SECONDS",
                self.name
            ),
        )
    }

    fn test(&self) -> String {
        format!("midwatch connection test {}", self.name)
    }

    fn ended(&self) -> Failure {
        Failure {
            error: McpError::new(
                GapKind::Unreachable,
                format!("the server of connection {} ended the conversation", self.name),
                self.test(),
            ),
            wait: None,
            lost: true,
        }
    }

    fn nonsense(&self) -> Failure {
        McpError::new(
            GapKind::Failed,
            format!(
                "the server of connection {} does not speak MCP as expected",
                self.name
            ),
            "check the connection's url: it has to be the address of the MCP endpoint",
        )
        .into()
    }

    /// An error that the server words itself.
    fn refusal(&self, error: &ErrorData) -> Failure {
        let kind = match error.code {
            ErrorCode::METHOD_NOT_FOUND | ErrorCode::INVALID_PARAMS => GapKind::Unsupported,
            ErrorCode::RESOURCE_NOT_FOUND => GapKind::NotFound,
            _ => GapKind::Failed,
        };
        let why = Text::from(format!("the server of connection {} refuses: ", self.name));
        McpError::new(
            kind,
            why.ext(short(&error.message)),
            format!("midwatch connection tools {} says what it offers", self.name),
        )
        .into()
    }

    fn transport(&self, error: &(dyn Error + 'static)) -> Failure {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(error) = error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
                return self.http(error);
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                return self.io(error);
            }
            next = error.source();
        }
        self.ended()
    }

    fn io(&self, error: &io::Error) -> Failure {
        if let Some(ours) = error.get_ref().and_then(|inner| inner.downcast_ref::<McpError>()) {
            return ours.clone().into();
        }
        self.ended()
    }

    fn http(&self, error: &StreamableHttpError<reqwest::Error>) -> Failure {
        let name = self.name;
        match error {
            StreamableHttpError::Io(error) => self.io(error),
            StreamableHttpError::Client(error) => self.request(error),
            StreamableHttpError::HttpStatus(status) if status.status == 429 => Failure {
                error: McpError::new(
                    GapKind::Throttled,
                    format!("the server of connection {name} is asked too often (HTTP 429)"),
                    "try again later",
                ),
                wait: Some(waiting(status.retry_after.as_deref())),
                lost: false,
            },
            StreamableHttpError::HttpStatus(status) => McpError::new(
                GapKind::Failed,
                format!("the server of connection {name} failed (HTTP {})", status.status),
                self.test(),
            )
            .into(),
            StreamableHttpError::AuthRequired(_) => self.turned_away(401),
            StreamableHttpError::InsufficientScope(scope) => {
                let mut failure = self.turned_away(403);
                if let Some(scope) = scope.get_required_scope() {
                    failure.error.why = failure.error.why.own("; it asks for ").ext(short(scope));
                }
                failure
            }
            StreamableHttpError::UnexpectedServerResponse(words) => self.status(words),
            StreamableHttpError::ResponseBodyTooLarge { max_size } => self.too_large(*max_size),
            StreamableHttpError::SessionExpired
            | StreamableHttpError::SessionRecoveryTimeout
            | StreamableHttpError::TransportChannelClosed
            | StreamableHttpError::UnexpectedEndOfStream
            | StreamableHttpError::Sse(_) => self.ended(),
            StreamableHttpError::ReinitializationFailed(error) => self.refusal(error),
            _ => self.nonsense(),
        }
    }

    fn status(&self, words: &str) -> Failure {
        let code = words.strip_prefix("HTTP ").and_then(|rest| rest.get(..3));
        match code.and_then(|code| code.parse::<u16>().ok()) {
            Some(code @ (401 | 403)) => self.turned_away(code),
            Some(404) => McpError::new(
                GapKind::NotFound,
                format!(
                    "there is no MCP server at the url of connection {} (HTTP 404)",
                    self.name
                ),
                "check the connection's url: it has to be the address of the MCP endpoint",
            )
            .into(),
            Some(code @ 300..=399) => McpError::new(
                GapKind::Unsupported,
                format!(
                    "the server of connection {} sends us elsewhere (HTTP {code}), which is not followed",
                    self.name
                ),
                "give the address that it sends us to as the connection's url, if it is to be trusted",
            )
            .into(),
            Some(code) => McpError::new(
                GapKind::Failed,
                format!("the server of connection {} failed (HTTP {code})", self.name),
                self.test(),
            )
            .into(),
            None => self.nonsense(),
        }
    }

    fn turned_away(&self, code: u16) -> Failure {
        let (kind, why, hint) = if code == 401 {
            (
                GapKind::Credentials,
                "does not take our credentials",
                "check its auth: midwatch connection edit NAME, or midwatch connection login NAME",
            )
        } else {
            (
                GapKind::Denied,
                "does not allow this",
                "give the token or the user behind it the right to read this",
            )
        };
        McpError::new(
            kind,
            format!("the server of connection {} {why} (HTTP {code})", self.name),
            hint.replace("NAME", self.name),
        )
        .into()
    }

    pub(super) fn too_large(&self, most: usize) -> Failure {
        McpError::new(
            GapKind::Truncated,
            format!(
                "the server of connection {} answers with more than {} kB",
                self.name,
                most / 1024
            ),
            "ask for less, or raise largest_answer_kb of the connection",
        )
        .into()
    }

    fn request(&self, error: &reqwest::Error) -> Failure {
        let name = self.name;
        let (why, lost) = match () {
            () if error.is_timeout() => ("does not answer in time", false),
            () if error.is_connect() => ("cannot be reached", false),
            () => ("broke off", true),
        };
        let mut text = Text::from(format!("the server of connection {name} {why}"));
        // The innermost cause says it in a few words (connection refused, unknown issuer); the outer ones repeat the url.
        let mut cause: &dyn Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        let words = cause.to_string();
        if error.is_connect() && !words.is_empty() {
            text = text.own(": ").ext(short(&words));
        }
        Failure {
            error: McpError::new(
                GapKind::Unreachable,
                text,
                "check the url, the way there (HTTPS_PROXY, [network] ca_bundle), and whether the server runs",
            ),
            wait: None,
            lost,
        }
    }
}

/// How long a server wants us to wait: seconds, or one second where it says something else.
fn waiting(retry_after: Option<&str>) -> Duration {
    let seconds = retry_after.and_then(|words| words.trim().parse::<u64>().ok());
    Duration::from_secs(seconds.unwrap_or(1))
}
