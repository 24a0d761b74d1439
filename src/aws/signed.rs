//! Single signed calls (Signature Version 4) for what no small SDK crate answers. They pass the same closed list,
//! limiter, meter and credentials as every other call.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::http::StatusCode;
use aws_types::service_config::ServiceConfigKey;

use super::{
    ANSWER_TIMEOUT, AwsError, Confirmation, ErrorKind, Factory, Operation,
    credentials::behind,
    error::{classify_answer, classify_credentials, looks_like_html},
    factory::admit_confirmed,
    hosts::domain,
};

/// Largest answer that is read, in bytes: a page of 100,800 data points is some 4 MB of JSON.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

/// Slowest link over which a large request is still sent whole, in bytes a second.
const SLOWEST: usize = 32 * 1024;

/// How one service is called.
pub(super) struct Protocol {
    /// Service in host names and signatures (`ec2`, `monitoring`).
    pub host: &'static str,
    /// Content type of requests.
    pub content_type: &'static str,
    /// Code and message of an error answer, where they can be read from its body.
    pub read_error: fn(&str) -> Option<(String, String)>,
}

/// Where a call goes, for what is no POST to the root of a regional endpoint.
#[derive(Clone, Copy)]
pub(super) struct Route<'a> {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path and query string, percent-encoded, without the first slash.
    pub path: &'a str,
    /// Host name and signing region of a service that has one endpoint for all regions.
    pub global: Option<(&'static str, &'static str)>,
    /// How long the answer may take.
    pub patience: Duration,
}

impl Route<'_> {
    /// POST to the root of the regional endpoint.
    pub const ROOT: Self = Route {
        method: "POST",
        path: "",
        global: None,
        patience: ANSWER_TIMEOUT,
    };
}

/// Sends one call and returns the body of the answer.
///
/// # Errors
/// What the last try came to.
pub(super) async fn call(
    aws: &Factory,
    operation: &'static Operation,
    protocol: &Protocol,
    headers: &[(&str, String)],
    body: &str,
) -> Result<String, AwsError> {
    call_on(aws, operation, protocol, Route::ROOT, headers, body, None).await
}

/// As [`call`], on another route, and with an operator's confirmation where it needs one.
///
/// # Errors
/// What the last try came to.
pub(super) async fn call_on(
    aws: &Factory,
    operation: &'static Operation,
    protocol: &Protocol,
    route: Route<'_>,
    headers: &[(&str, String)],
    body: &str,
    confirmed: Option<&Confirmation>,
) -> Result<String, AwsError> {
    admit_confirmed(operation.service, operation.name, confirmed)
        .map_err(|error| AwsError::new(ErrorKind::Refused, operation, &error.to_string()))?;
    aws.attempt(operation, || send(aws, operation, protocol, route, headers, body))
        .await
}

async fn send(
    aws: &Factory,
    operation: &'static Operation,
    protocol: &Protocol,
    route: Route<'_>,
    headers: &[(&str, String)],
    body: &str,
) -> Result<String, AwsError> {
    let url = format!("{}{}", endpoint(aws, operation, protocol, route), route.path);
    let mut headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let reads = route.method == "GET";
    if !reads {
        headers.push(("content-type", protocol.content_type));
    }
    let region = route.global.map_or(aws.region(), |(_, region)| region);
    let parts = Parts {
        method: route.method,
        url: &url,
        service: protocol.host,
        region,
        headers: &headers,
        body,
    };
    let signature = signature(aws, operation, &parts, SigningSettings::default())
        .await?
        .headers;
    let client = aws
        .plain()
        .client(&url)
        .map_err(|error| AwsError::new(ErrorKind::Unreachable, operation, error))?;
    let mut request = if reads {
        client.get(&url)
    } else {
        client.post(&url)
    };
    for (name, value) in headers {
        request = request.header(name, value);
    }
    for (name, value) in &signature {
        request = request.header(name, value);
    }
    let failed = |error: &reqwest::Error| AwsError::new(ErrorKind::Unreachable, operation, &innermost(error));
    let mut answer = request
        .timeout(route.patience + Duration::from_secs((body.len() / SLOWEST) as u64))
        .body(body.to_owned())
        .send()
        .await
        .map_err(|error| failed(&error))?;
    let status = answer.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST_ANSWER {
            return Err(AwsError::new(
                ErrorKind::Other,
                operation,
                "the answer is larger than 32 MiB",
            ));
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    if (200..300).contains(&status) {
        return Ok(text.into_owned());
    }
    Err(refusal(operation, protocol, status, &text))
}

fn refusal(operation: &Operation, protocol: &Protocol, status: u16, body: &str) -> AwsError {
    let html = looks_like_html(body.as_bytes());
    let told = (protocol.read_error)(body).filter(|(code, _)| !html && !code.is_empty());
    let (code, message) = told.clone().unwrap_or_default();
    let kind = classify_answer(
        StatusCode::try_from(status).ok(),
        told.is_some().then_some(code.as_str()),
        &message,
        html,
    );
    let detail = match told {
        Some(_) => format!("{code}: {message}"),
        None => format!("HTTP status {status}"),
    };
    AwsError::new(kind, operation, &detail)
}

/// The service's endpoint: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's, or the regional one.
fn endpoint(aws: &Factory, operation: &Operation, protocol: &Protocol, route: Route<'_>) -> String {
    let config = aws.config();
    let key = ServiceConfigKey::builder()
        .service_id(operation.service)
        .profile("endpoint_url")
        .env("AWS_ENDPOINT_URL")
        .build()
        .ok();
    let own = config
        .service_config()
        .and_then(|service| service.load_config(key?))
        .or_else(|| config.endpoint_url().map(ToOwned::to_owned));
    let regional = || {
        let (host, region) = (protocol.host, aws.region());
        format!("{host}.{region}.{}", domain(region))
    };
    let mut url = own.unwrap_or_else(|| {
        let global = route.global.map(|(host, _)| host.to_owned());
        format!("https://{}", global.unwrap_or_else(regional))
    });
    if !url.ends_with('/') {
        url.push('/');
    }
    url
}

/// What is signed.
pub(super) struct Parts<'a> {
    pub method: &'static str,
    pub url: &'a str,
    pub service: &'a str,
    pub region: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a str,
}

/// What the signature adds to a request.
pub(super) struct Signature {
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Parameters of the query string, not yet percent-encoded.
    pub parameters: Vec<(String, String)>,
}

/// Signs with the factory's credentials.
///
/// # Errors
/// When there are no credentials.
pub(super) async fn signature(
    aws: &Factory,
    operation: &Operation,
    parts: &Parts<'_>,
    settings: SigningSettings,
) -> Result<Signature, AwsError> {
    let config = aws.config();
    let Some(provider) = config.credentials_provider() else {
        return Err(AwsError::new(
            ErrorKind::CredentialsMissing,
            operation,
            "no provider of credentials",
        ));
    };
    let credentials = provider.provide_credentials().await.map_err(|error| {
        if let Some(refusal) = behind(&error) {
            return refusal.clone();
        }
        let (kind, detail) = classify_credentials(&error);
        AwsError::new(kind, operation, &detail)
    })?;
    let now = config
        .time_source()
        .map_or_else(SystemTime::now, |source| source.now());
    let identity = credentials.into();
    let other =
        |error: &dyn std::error::Error| AwsError::new(ErrorKind::Other, operation, &error.to_string());
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(parts.region)
        .name(parts.service)
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| other(&error))?
        .into();
    let request = SignableRequest::new(
        parts.method,
        parts.url,
        parts.headers.iter().copied(),
        SignableBody::Bytes(parts.body.as_bytes()),
    )
    .map_err(|error| other(&error))?;
    let (instructions, _signature) = sign(request, &parameters)
        .map_err(|error| other(&error))?
        .into_parts();
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Ok(Signature {
        headers: instructions.headers().map(owned).collect(),
        parameters: instructions
            .params()
            .iter()
            .map(|(name, value)| owned((name, value)))
            .collect(),
    })
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut deepest = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        deepest = cause.to_string();
        next = cause.source();
    }
    deepest
}
