//! What went wrong with an AWS call, in the few kinds that matter to an investigation.

use std::{error::Error as StdError, fmt};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::StatusCode,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{Operation, credentials::behind};

/// Why an AWS call gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The identity may not do this.
    Denied,
    /// AWS asked for slower calls, even after waiting.
    Throttled,
    /// The credentials have run out.
    CredentialsExpired,
    /// No credentials were found, or AWS does not know them.
    CredentialsMissing,
    /// No answer: no route, refused connection, time-out, TLS failure.
    Unreachable,
    /// What was asked for does not exist.
    NotFound,
    /// The endpoint does not offer the operation, or not for this type.
    Unsupported,
    /// The operation is not on the closed list; nothing was sent.
    Refused,
    /// The investigation's budget has no call left; nothing was sent.
    Budget,
    /// AWS failed on its side, even after another try.
    ServiceFailure,
    /// Anything else.
    Other,
}

impl ErrorKind {
    /// True when the same call may succeed a little later.
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::Unreachable | Self::ServiceFailure)
    }
}

/// A failed call: what happened, to which operation. [`Self::hint`] says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Service and operation, for a person (`CloudTrail LookupEvents`).
    pub operation: String,
    /// The IAM action that would allow it.
    pub action: String,
    /// AWS' or the transport's own words, shortened. External text.
    pub detail: String,
    /// What to do about it, where more is known than the kind tells.
    pub advice: Option<String>,
}

/// Longest piece of foreign words kept in an error, in characters.
const DETAIL_CHARS: usize = 300;

impl AwsError {
    /// An error of that kind of that operation.
    pub fn new(kind: ErrorKind, operation: &Operation, detail: &str) -> Self {
        // Which providers of credentials were asked, one by one, says less than the sentence and its hint.
        let chain = kind == ErrorKind::CredentialsMissing && detail.contains("was not enabled");
        Self {
            kind,
            operation: format!("{} {}", operation.service, operation.name),
            action: operation.action.to_owned(),
            detail: if chain { String::new() } else { one_line(detail) },
            advice: None,
        }
    }

    /// A call that was not sent, since the budget is spent.
    pub(super) fn budget(operation: &Operation) -> Self {
        Self::new(ErrorKind::Budget, operation, "")
    }

    /// Classifies what an SDK client returned.
    pub fn from_sdk<E>(operation: &Operation, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        let status = error
            .raw_response()
            .map(aws_smithy_runtime_api::http::Response::status);
        let html = error
            .raw_response()
            .and_then(|response| response.body().bytes())
            .is_some_and(looks_like_html);
        match error {
            SdkError::ServiceError(context) => {
                let meta = context.err().meta();
                let message = meta.message().unwrap_or_default();
                let kind = classify_answer(status, meta.code(), message, html);
                let detail = match (meta.code(), status) {
                    (Some(code), _) if !html => format!("{code}: {message}"),
                    (_, Some(status)) => format!("HTTP status {}", status.as_u16()),
                    _ => message.to_owned(),
                };
                Self::new(kind, operation, &detail)
            }
            SdkError::ResponseError(_) => {
                let kind = classify_answer(status, None, "", html);
                let status = status.map_or(0, StatusCode::as_u16);
                Self::new(
                    kind,
                    operation,
                    &format!("HTTP status {status} with an unreadable body"),
                )
            }
            SdkError::TimeoutError(_) => Self::new(ErrorKind::Unreachable, operation, "no answer in time"),
            _ => {
                // Nothing was sent: the role behind the credentials could not be assumed.
                if let Some(refusal) = behind(error) {
                    return refusal.clone();
                }
                let (kind, detail) = classify_chain(error);
                Self::new(kind, operation, &detail)
            }
        }
    }

    /// What happened, in our own words.
    pub fn sentence(&self) -> String {
        let what = match self.kind {
            ErrorKind::Denied => "was denied",
            ErrorKind::Throttled => "was throttled by AWS, after waiting too",
            ErrorKind::CredentialsExpired => "failed: the AWS credentials have expired",
            ErrorKind::CredentialsMissing => "failed: there are no valid AWS credentials",
            ErrorKind::Unreachable => "got no answer",
            ErrorKind::NotFound => "found nothing by that name",
            ErrorKind::Unsupported => "is not offered by this endpoint",
            ErrorKind::Budget => "was not sent, since the budget of calls is spent",
            ErrorKind::Refused => "was refused by midwatch before sending",
            ErrorKind::ServiceFailure => "failed inside AWS",
            ErrorKind::Other => "failed",
        };
        format!("{} {what}", self.operation)
    }

    /// What the operator can do about it, in one line.
    pub fn hint(&self) -> String {
        if let Some(advice) = &self.advice {
            return advice.clone();
        }
        match self.kind {
            ErrorKind::Denied => format!(
                "allow {} to this identity (`midwatch iam policy` prints the whole read-only policy)",
                self.action
            ),
            ErrorKind::Throttled => {
                "other tools share this quota; ask again with a narrower window, or in a few minutes".to_owned()
            }
            ErrorKind::CredentialsExpired => "log in again (`aws sso login`, or new session credentials)".to_owned(),
            ErrorKind::CredentialsMissing => {
                "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in with `aws sso login`".to_owned()
            }
            ErrorKind::Unreachable => {
                "check the region, the route to AWS, HTTPS_PROXY, AWS_CA_BUNDLE, [network] ca_bundle and AWS_ENDPOINT_URL"
                    .to_owned()
            }
            ErrorKind::NotFound => "check the name, the account and the region".to_owned(),
            ErrorKind::Unsupported => {
                "AWS itself offers it: see whether AWS_ENDPOINT_URL leads where it should".to_owned()
            }
            ErrorKind::Budget => "raise [engine.budget] calls in the configuration, or --max-calls".to_owned(),
            ErrorKind::Refused => "midwatch sends only the operations on its closed list (`midwatch iam policy`)".to_owned(),
            ErrorKind::ServiceFailure => "look at the AWS Health dashboard; ask again in a few minutes".to_owned(),
            ErrorKind::Other => "the words above are AWS' own".to_owned(),
        }
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        if self.detail.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.detail)
        }
    }
}

impl StdError for AwsError {}

/// Classifies an answer by HTTP status, AWS error code and message.
pub fn classify_answer(
    status: Option<StatusCode>,
    code: Option<&str>,
    message: &str,
    html: bool,
) -> ErrorKind {
    let status = status.map_or(0, StatusCode::as_u16);
    // Codes carry a suffix in some protocols (`Throttling.RateExceeded`, `InvalidInstanceID.NotFound`) and a prefix in
    // others (`com.amazonaws.logs#ResourceNotFoundException`).
    let code = code.unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or(code);
    let code = code.strip_suffix("Exception").unwrap_or(code);
    match code {
        "ExpiredToken" | "RequestExpired" | "TokenRefreshRequired" => return ErrorKind::CredentialsExpired,
        "InvalidClientTokenId"
        | "UnrecognizedClient"
        | "AuthFailure"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "InvalidSignature" => {
            return ErrorKind::CredentialsMissing;
        }
        "AccessDenied" | "UnauthorizedOperation" | "NotAuthorized" | "OptInRequired" | "Unauthorized" => {
            return ErrorKind::Denied;
        }
        "RequestLimitExceeded"
        | "TooManyRequests"
        | "LimitExceeded"
        | "SlowDown"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "RequestThrottled"
        | "ThrottledException" => return ErrorKind::Throttled,
        "ResourceNotFound" | "NoSuchEntity" | "TypeNotFound" | "NotFound" | "ResourceNotDiscovered" => {
            return ErrorKind::NotFound;
        }
        "UnsupportedAction"
        | "InvalidAction"
        | "UnknownOperation"
        | "NotImplemented"
        | "UnsupportedOperation" => {
            return ErrorKind::Unsupported;
        }
        _ if code.starts_with("Throttl") => return ErrorKind::Throttled,
        _ if code.ends_with(".NotFound") || code.ends_with("NotFound") => return ErrorKind::NotFound,
        // CloudFormation has no code of its own for a stack that is gone.
        "ValidationError" | "Validation" if message.contains("does not exist") => return ErrorKind::NotFound,
        _ => {}
    }
    match status {
        // An HTML page or 501 instead of an AWS error: the server behind the endpoint does not know the operation.
        501 | 404 | 405 => ErrorKind::Unsupported,
        _ if html => ErrorKind::Unsupported,
        401 | 403 => ErrorKind::Denied,
        429 => ErrorKind::Throttled,
        408 | 504 => ErrorKind::Unreachable,
        500..=599 => ErrorKind::ServiceFailure,
        _ => ErrorKind::Other,
    }
}

/// Classifies a failure that happened before or without an answer, by the chain of its causes.
fn classify_chain(error: &(dyn StdError + 'static)) -> (ErrorKind, String) {
    let mut deepest = error.to_string();
    let mut next = Some(error);
    while let Some(cause) = next {
        deepest = cause.to_string();
        if cause.is::<super::NotOnTheList>() {
            return (ErrorKind::Refused, deepest);
        }
        if let Some(credentials) = cause.downcast_ref::<CredentialsError>() {
            return classify_credentials(credentials);
        }
        // Without any provider of credentials the SDK finds no way to sign; its error has no public type.
        if deepest.contains("no identity resolver") {
            return (
                ErrorKind::CredentialsMissing,
                "no provider of credentials".to_owned(),
            );
        }
        next = cause.source();
    }
    (ErrorKind::Unreachable, deepest)
}

/// Classifies a failure to find credentials: an expired login or none at all.
pub(super) fn classify_credentials(error: &CredentialsError) -> (ErrorKind, String) {
    let words = deep_words(error);
    if words.to_lowercase().contains("expired") {
        (ErrorKind::CredentialsExpired, words)
    } else if words.contains("no credentials found") || words.contains("not enabled") {
        // The SDK lists every place that it looked in; the hint says what to do about it.
        (ErrorKind::CredentialsMissing, String::new())
    } else {
        (ErrorKind::CredentialsMissing, words)
    }
}

fn deep_words(error: &(dyn StdError + 'static)) -> String {
    let mut words = String::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        if !words.is_empty() {
            words.push_str(": ");
        }
        words.push_str(&cause.to_string());
        next = cause.source();
    }
    words
}

pub(super) fn looks_like_html(body: &[u8]) -> bool {
    let start: String =
        String::from_utf8_lossy(body.get(..64.min(body.len())).unwrap_or_default()).to_lowercase();
    let start = start.trim_start();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// One line of at most [`DETAIL_CHARS`] characters.
fn one_line(words: &str) -> String {
    let mut line = String::new();
    for word in words.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.chars().count() > DETAIL_CHARS {
            line = line.chars().take(DETAIL_CHARS).collect();
            line.push_str("...");
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, code: &str, message: &str) -> ErrorKind {
        classify_answer(StatusCode::try_from(status).ok(), Some(code), message, false)
    }

    #[test]
    fn codes_of_several_protocols_come_to_one_kind() {
        for (status, code, message, expected) in [
            (400, "AccessDeniedException", "", ErrorKind::Denied),
            (403, "UnauthorizedOperation", "", ErrorKind::Denied),
            (
                400,
                "com.amazonaws.logs#ThrottlingException",
                "",
                ErrorKind::Throttled,
            ),
            (400, "Throttling", "Rate exceeded", ErrorKind::Throttled),
            (503, "RequestLimitExceeded", "", ErrorKind::Throttled),
            (400, "ExpiredTokenException", "", ErrorKind::CredentialsExpired),
            (403, "InvalidClientTokenId", "", ErrorKind::CredentialsMissing),
            (400, "InvalidInstanceID.NotFound", "", ErrorKind::NotFound),
            (
                400,
                "ValidationError",
                "Stack with id x does not exist",
                ErrorKind::NotFound,
            ),
            (
                400,
                "ValidationError",
                "1 validation error detected",
                ErrorKind::Other,
            ),
            (400, "UnsupportedActionException", "", ErrorKind::Unsupported),
            (500, "InternalFailure", "", ErrorKind::ServiceFailure),
        ] {
            assert_eq!(kind(status, code, message), expected, "{status} {code} {message}");
        }
    }

    #[test]
    fn a_page_of_html_means_that_the_endpoint_lacks_the_operation() {
        let status = StatusCode::try_from(500).ok();
        assert_eq!(classify_answer(status, None, "", true), ErrorKind::Unsupported);
        assert!(looks_like_html(b"\n<!DOCTYPE html>\n<html lang=en>"));
        assert!(!looks_like_html(b"{\"__type\": \"x\"}"));
    }

    #[test]
    fn foreign_words_are_kept_short_and_on_one_line() {
        let long = "word\n".repeat(500);
        let line = one_line(&long);
        assert!(line.chars().count() <= DETAIL_CHARS + 3);
        assert!(!line.contains('\n'));
    }
}
