//! Single signed calls (Signature Version 4) for what no small SDK crate answers. They pass the same closed list,
//! limiter, meter and credentials as every other call.

use std::{sync::OnceLock, time::SystemTime};

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::http::StatusCode;
use aws_types::service_config::ServiceConfigKey;

use super::{
    ANSWER_TIMEOUT, AwsError, CONNECT_TIMEOUT, ErrorKind, Factory, Operation,
    credentials::behind,
    error::{classify_answer, classify_credentials, looks_like_html},
    factory::admit,
    transport::private_authority,
};
use crate::net::is_loopback;

/// Largest answer that is read, in bytes: a page of 100,800 data points is some 4 MB of JSON.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

/// How one service is called.
pub(super) struct Protocol {
    /// Service in host names and signatures (`ec2`, `monitoring`).
    pub host: &'static str,
    /// Content type of requests.
    pub content_type: &'static str,
    /// Code and message of an error answer, where they can be read from its body.
    pub read_error: fn(&str) -> Option<(String, String)>,
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
    aws.attempt(operation, || send(aws, operation, protocol, headers, body))
        .await
}

async fn send(
    aws: &Factory,
    operation: &'static Operation,
    protocol: &Protocol,
    headers: &[(&str, String)],
    body: &str,
) -> Result<String, AwsError> {
    admit(operation.service, operation.name)
        .map_err(|error| AwsError::new(ErrorKind::Refused, operation, &error.to_string()))?;
    let url = endpoint(aws, operation, protocol);
    let mut headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    headers.push(("content-type", protocol.content_type));
    let signature = signature(aws, operation, protocol, &url, &headers, body).await?;
    let mut request = http(operation, &url)?.post(&url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    for (name, value) in &signature {
        request = request.header(name, value);
    }
    let failed = |error: &reqwest::Error| AwsError::new(ErrorKind::Unreachable, operation, &innermost(error));
    let mut answer = request
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
fn endpoint(aws: &Factory, operation: &Operation, protocol: &Protocol) -> String {
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
    let mut url = own.unwrap_or_else(|| {
        let (host, region) = (protocol.host, aws.region());
        let domain = if region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        format!("https://{host}.{region}.{domain}")
    });
    if !url.ends_with('/') {
        url.push('/');
    }
    url
}

async fn signature(
    aws: &Factory,
    operation: &Operation,
    protocol: &Protocol,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Vec<(String, String)>, AwsError> {
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
        .region(aws.region())
        .name(protocol.host)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| other(&error))?
        .into();
    let request = SignableRequest::new(
        "POST",
        url,
        headers.iter().copied(),
        SignableBody::Bytes(body.as_bytes()),
    )
    .map_err(|error| other(&error))?;
    let (instructions, _signature) = sign(request, &parameters)
        .map_err(|error| other(&error))?
        .into_parts();
    Ok(instructions
        .headers()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

/// The plain HTTP client for `url`, made once: this host is reached directly, everything else through HTTPS_PROXY.
fn http(operation: &Operation, url: &str) -> Result<&'static reqwest::Client, AwsError> {
    static DIRECT: OnceLock<Result<reqwest::Client, String>> = OnceLock::new();
    static PROXIED: OnceLock<Result<reqwest::Client, String>> = OnceLock::new();
    let direct = is_loopback(url);
    let client = if direct { &DIRECT } else { &PROXIED };
    client
        .get_or_init(|| build_http(direct).map_err(|error| error.to_string()))
        .as_ref()
        .map_err(|error| AwsError::new(ErrorKind::Unreachable, operation, error))
}

fn build_http(direct: bool) -> Result<reqwest::Client, Box<dyn std::error::Error>> {
    // Fails only when another part of the process has set a provider already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(ANSWER_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    if direct {
        builder = builder.no_proxy();
    }
    if let Some(pem) = private_authority()? {
        builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(&pem)?);
    }
    Ok(builder.build()?)
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
