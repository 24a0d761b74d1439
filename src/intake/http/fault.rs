//! What a sender is told that did something wrong: a status, a word for programs, a sentence, and what to do.

use axum::{
    body::Body,
    http::{HeaderValue, Method, Response, StatusCode, header},
};
use serde_json::{Value, json};

/// A mistake, or trouble of our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The status.
    pub status: StatusCode,
    /// The word for programs.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// Seconds after which to try again.
    pub retry_after: Option<u64>,
    /// What else is told beside the error.
    pub more: Vec<(&'static str, Value)>,
    /// True: the connection ends with the answer.
    pub closes: bool,
    /// True where GET alone is taken, and not POST.
    pub only_asked: bool,
}

impl Fault {
    /// A mistake.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            hint: hint.into(),
            retry_after: None,
            more: Vec::new(),
            closes: false,
            only_asked: false,
        }
    }

    /// The same, to be tried again after so many seconds.
    pub fn again_after(self, seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds.max(1)),
            ..self
        }
    }

    /// The same, with something else beside it.
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    /// The same, and nothing more is heard on its connection.
    pub fn closing(self) -> Self {
        Self { closes: true, ..self }
    }

    /// A request with another method than the one that is taken: GET where something is only asked, else POST.
    pub fn method(sent: &Method, only_asked: bool, what: &str) -> Self {
        let right = allowed(only_asked);
        Self {
            only_asked,
            ..Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                format!("{what} takes {right}, not {}", crate::model::inert(sent.as_str())),
                format!("send the request with {right}"),
            )
        }
    }

    /// The answer.
    pub fn response(&self) -> Response<Body> {
        let mut body = json!({"error": {"code": self.code, "message": self.message, "hint": self.hint}});
        if let Some(map) = body.as_object_mut() {
            map.extend(
                self.more
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), value.clone())),
            );
        }
        let mut response = answer(self.status, &body);
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.closes {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        match self.status {
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allowed(self.only_asked)));
            }
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}

const fn allowed(only_asked: bool) -> &'static str {
    if only_asked { "GET" } else { "POST" }
}

/// An answer with a JSON body.
pub fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut text = body.to_string();
    text.push('\n');
    text_answer(status, "application/json", text)
}

/// An answer with any body.
pub fn text_answer(status: StatusCode, kind: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}
