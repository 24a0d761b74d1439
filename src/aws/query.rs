//! Single signed EC2 Query calls, for what no small SDK crate answers: aws-sdk-ec2 would cost ten minutes of compile time.
//!
//! Protocol: form-encoded POST, signed with Signature Version 4, XML answer ("Amazon EC2 API Reference", version
//! 2016-11-15). The calls pass the same closed list, limiter and meter as every other.

use std::{collections::BTreeMap, sync::OnceLock, time::SystemTime};

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};
use aws_types::service_config::ServiceConfigKey;
use base64::Engine;
use serde::Serialize;

use super::{
    ANSWER_TIMEOUT, AwsError, CONNECT_TIMEOUT, ErrorKind, Factory, Operation,
    error::{classify_answer, classify_credentials, looks_like_html},
    factory::admit,
    operations::{DESCRIBE_INSTANCE_ATTRIBUTE, DESCRIBE_INSTANCES},
    transport,
};

/// Version of the EC2 API.
const VERSION: &str = "2016-11-15";
/// Largest answer that is read, in bytes: user data is at most 16 KiB, a page of 50 instances some 300 KiB.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// One EC2 instance, as far as an investigation asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Instance {
    /// `i-...`.
    pub instance_id: String,
    /// `t3.micro`.
    pub instance_type: String,
    /// `ami-...`.
    pub image_id: String,
    /// RFC 3339.
    pub launch_time: String,
    /// `running`, `stopped` ...
    pub state: String,
    /// Why it was stopped or ended, where EC2 says so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state_reason: String,
    /// Availability Zone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub availability_zone: String,
    /// `vpc-...`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub vpc_id: String,
    /// `subnet-...`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subnet_id: String,
    /// ARN of the instance profile.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub iam_instance_profile: String,
    /// `sg-...`.
    pub security_group_ids: Vec<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// The instances of those ids (at most 100); of none, the first 50 of the region.
///
/// # Errors
/// When EC2 cannot be asked.
pub async fn describe_instances(aws: &Factory, ids: &[String]) -> Result<Vec<Instance>, AwsError> {
    let mut form: Vec<(String, String)> = ids
        .iter()
        .take(100)
        .enumerate()
        .map(|(index, id)| (format!("InstanceId.{}", index + 1), id.clone()))
        .collect();
    if form.is_empty() {
        form.push(("MaxResults".to_owned(), "50".to_owned()));
    }
    let xml = call(aws, DESCRIBE_INSTANCES, &form).await?;
    read_instances(&xml).map_err(|error| unreadable(DESCRIBE_INSTANCES, &error))
}

/// What the instance runs at launch: its user data, decoded from base64. None when it has none.
///
/// # Errors
/// When EC2 cannot be asked.
pub async fn user_data(aws: &Factory, instance: &str) -> Result<Option<String>, AwsError> {
    let form = [
        ("InstanceId".to_owned(), instance.to_owned()),
        ("Attribute".to_owned(), "userData".to_owned()),
    ];
    let xml = call(aws, DESCRIBE_INSTANCE_ATTRIBUTE, &form).await?;
    let encoded = read_user_data(&xml).map_err(|error| unreadable(DESCRIBE_INSTANCE_ATTRIBUTE, &error))?;
    Ok(encoded.map(|encoded| decode_user_data(&encoded)))
}

/// User data as text: base64 decoded where it is base64, and a note where it is not text (gzip).
pub fn decode_user_data(encoded: &str) -> String {
    let packed: String = encoded.split_whitespace().collect();
    match base64::engine::general_purpose::STANDARD.decode(&packed) {
        Ok(bytes) => String::from_utf8(bytes)
            .unwrap_or_else(|error| format!("({} bytes that are not text)", error.as_bytes().len())),
        Err(_) => encoded.to_owned(),
    }
}

/// Sends one call through the list, the limiter and the meter.
async fn call(
    aws: &Factory,
    operation: &'static Operation,
    form: &[(String, String)],
) -> Result<String, AwsError> {
    aws.attempt(operation, || send(aws, operation, form)).await
}

async fn send(
    aws: &Factory,
    operation: &'static Operation,
    form: &[(String, String)],
) -> Result<String, AwsError> {
    admit(operation.service, operation.name)
        .map_err(|error| AwsError::new(ErrorKind::Refused, operation, &error.to_string()))?;
    let url = endpoint(aws);
    let body = encode(operation.name, form);
    let headers = signed_headers(aws, operation, &url, &body).await?;
    let mut request = http(operation)?.post(&url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let failed = |error: &reqwest::Error| AwsError::new(ErrorKind::Unreachable, operation, &innermost(error));
    let mut answer = request
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .body(body)
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
                "the answer is larger than 4 MiB",
            ));
        }
    }
    if (200..300).contains(&status) {
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let html = looks_like_html(&bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (code, message) = read_error(&text).unwrap_or_default();
    let kind = classify_answer(
        StatusCode::try_from(status).ok(),
        Some(code.as_str()).filter(|code| !code.is_empty()),
        &message,
        html,
    );
    let detail = if code.is_empty() {
        format!("HTTP status {status}")
    } else {
        format!("{code}: {message}")
    };
    Err(AwsError::new(kind, operation, &detail))
}

/// EC2's endpoint: AWS_ENDPOINT_URL_EC2, AWS_ENDPOINT_URL, the profile's, or the regional one.
fn endpoint(aws: &Factory) -> String {
    let config = aws.config();
    let key = ServiceConfigKey::builder()
        .service_id("EC2")
        .profile("endpoint_url")
        .env("AWS_ENDPOINT_URL")
        .build()
        .ok();
    let own = config
        .service_config()
        .and_then(|service| service.load_config(key?))
        .or_else(|| config.endpoint_url().map(ToOwned::to_owned));
    let mut url = own.unwrap_or_else(|| {
        let region = aws.region();
        let domain = if region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        format!("https://ec2.{region}.{domain}")
    });
    if !url.ends_with('/') {
        url.push('/');
    }
    url
}

async fn signed_headers(
    aws: &Factory,
    operation: &Operation,
    url: &str,
    body: &str,
) -> Result<Vec<(String, String)>, AwsError> {
    let Some(provider) = aws.config().credentials_provider() else {
        return Err(AwsError::new(
            ErrorKind::CredentialsMissing,
            operation,
            "no provider of credentials",
        ));
    };
    let credentials = provider.provide_credentials().await.map_err(|error| {
        let (kind, detail) = classify_credentials(&error);
        AwsError::new(kind, operation, &detail)
    })?;
    let now = aws
        .config()
        .time_source()
        .map_or_else(SystemTime::now, |source| source.now());
    let identity = credentials.into();
    let other =
        |error: &dyn std::error::Error| AwsError::new(ErrorKind::Other, operation, &error.to_string());
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(aws.region())
        .name("ec2")
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| other(&error))?
        .into();
    let content = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
    let request = SignableRequest::new(
        "POST",
        url,
        content.into_iter(),
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

/// The plain HTTP client, made once.
fn http(operation: &Operation) -> Result<&'static reqwest::Client, AwsError> {
    static CLIENT: OnceLock<Result<reqwest::Client, String>> = OnceLock::new();
    CLIENT
        .get_or_init(|| build_http().map_err(|error| error.to_string()))
        .as_ref()
        .map_err(|error| AwsError::new(ErrorKind::Unreachable, operation, error))
}

fn build_http() -> Result<reqwest::Client, Box<dyn std::error::Error>> {
    // Fails only when another part of the process has set a provider already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(ANSWER_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    if let Some(pem) = transport::private_authority()? {
        builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(&pem)?);
    }
    Ok(builder.build()?)
}

/// `application/x-www-form-urlencoded` with the unreserved characters of RFC 3986.
fn encode(action: &str, form: &[(String, String)]) -> String {
    let mut body = format!("Action={action}&Version={VERSION}");
    for (name, value) in form {
        body.push('&');
        percent(&mut body, name);
        body.push('=');
        percent(&mut body, value);
    }
    body
}

fn percent(out: &mut String, words: &str) {
    for byte in words.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
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

fn unreadable(operation: &Operation, error: &XmlError) -> AwsError {
    AwsError::new(
        ErrorKind::Other,
        operation,
        &format!("unreadable answer: {error}"),
    )
}

type XmlError = aws_smithy_xml::decode::XmlDecodeError;

/// Code and message of an EC2 error answer.
fn read_error(xml: &str) -> Option<(String, String)> {
    let mut document = Document::new(xml);
    let (mut code, mut message) = (String::new(), String::new());
    let mut root = document.root_element().ok()?;
    if !root.start_el().matches("Response") {
        return None;
    }
    while let Some(mut errors) = root.next_tag() {
        while let Some(mut error) = errors.next_tag() {
            while let Some(mut field) = error.next_tag() {
                match field.start_el().local() {
                    "Code" => code = text(&mut field).ok()?,
                    "Message" => message = text(&mut field).ok()?,
                    _ => {}
                }
            }
        }
    }
    (!code.is_empty()).then_some((code, message))
}

fn read_user_data(xml: &str) -> Result<Option<String>, XmlError> {
    let mut document = Document::new(xml);
    let mut root = document.root_element()?;
    let mut found = None;
    while let Some(mut tag) = root.next_tag() {
        if tag.start_el().matches("userData") {
            while let Some(mut value) = tag.next_tag() {
                if value.start_el().matches("value") {
                    found = Some(text(&mut value)?).filter(|value| !value.is_empty());
                }
            }
        }
    }
    Ok(found)
}

fn read_instances(xml: &str) -> Result<Vec<Instance>, XmlError> {
    let mut document = Document::new(xml);
    let mut root = document.root_element()?;
    let mut instances = Vec::new();
    while let Some(mut set) = root.next_tag() {
        if !set.start_el().matches("reservationSet") {
            continue;
        }
        while let Some(mut reservation) = set.next_tag() {
            while let Some(mut part) = reservation.next_tag() {
                if !part.start_el().matches("instancesSet") {
                    continue;
                }
                while let Some(mut item) = part.next_tag() {
                    instances.push(read_instance(&mut item)?);
                }
            }
        }
    }
    instances.sort_by(|a, b| a.instance_id.cmp(&b.instance_id));
    Ok(instances)
}

fn read_instance(item: &mut ScopedDecoder<'_, '_>) -> Result<Instance, XmlError> {
    let mut instance = Instance::default();
    while let Some(mut field) = item.next_tag() {
        match field.start_el().local() {
            "instanceId" => instance.instance_id = text(&mut field)?,
            "instanceType" => instance.instance_type = text(&mut field)?,
            "imageId" => instance.image_id = text(&mut field)?,
            "launchTime" => instance.launch_time = text(&mut field)?,
            "vpcId" => instance.vpc_id = text(&mut field)?,
            "subnetId" => instance.subnet_id = text(&mut field)?,
            "instanceState" => instance.state = child(&mut field, "name")?,
            "stateReason" => instance.state_reason = child(&mut field, "message")?,
            "placement" => instance.availability_zone = child(&mut field, "availabilityZone")?,
            "iamInstanceProfile" => instance.iam_instance_profile = child(&mut field, "arn")?,
            "groupSet" => {
                while let Some(mut group) = field.next_tag() {
                    instance.security_group_ids.push(child(&mut group, "groupId")?);
                }
            }
            "tagSet" => {
                while let Some(mut tag) = field.next_tag() {
                    let (mut key, mut value) = (String::new(), String::new());
                    while let Some(mut half) = tag.next_tag() {
                        match half.start_el().local() {
                            "key" => key = text(&mut half)?,
                            "value" => value = text(&mut half)?,
                            _ => {}
                        }
                    }
                    instance.tags.insert(key, value);
                }
            }
            _ => {}
        }
    }
    Ok(instance)
}

/// Text of the named child, or nothing.
fn child(field: &mut ScopedDecoder<'_, '_>, name: &str) -> Result<String, XmlError> {
    let mut found = String::new();
    while let Some(mut tag) = field.next_tag() {
        if tag.start_el().matches(name) {
            found = text(&mut tag)?;
        }
    }
    Ok(found)
}

fn text(field: &mut ScopedDecoder<'_, '_>) -> Result<String, XmlError> {
    Ok(try_data(field)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_read_from_the_answer_with_what_is_not_known_left_out() {
        let xml = r#"<?xml version="1.0"?>
            <DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
              <requestId>r</requestId>
              <reservationSet><item><reservationId>r-1</reservationId>
                <instancesSet><item>
                  <instanceId>i-1</instanceId><imageId>ami-1</imageId>
                  <instanceState><code>16</code><name>running</name></instanceState>
                  <instanceType>t3.micro</instanceType>
                  <launchTime>2026-01-02T03:04:05.000Z</launchTime>
                  <placement><availabilityZone>eu-west-1a</availabilityZone><tenancy>default</tenancy></placement>
                  <blockDeviceMapping><item><ebs><status>attached</status></ebs></item></blockDeviceMapping>
                  <groupSet><item><groupId>sg-1</groupId><groupName>web</groupName></item></groupSet>
                  <tagSet><item><key>Name</key><value>R&amp;D</value></item></tagSet>
                </item></instancesSet></item></reservationSet>
            </DescribeInstancesResponse>"#;
        let instances = read_instances(xml).unwrap();
        assert_eq!(instances.len(), 1);
        let instance = &instances[0];
        assert_eq!(instance.instance_id, "i-1");
        assert_eq!(instance.state, "running");
        assert_eq!(instance.launch_time, "2026-01-02T03:04:05.000Z");
        assert_eq!(instance.availability_zone, "eu-west-1a");
        assert_eq!(instance.security_group_ids, ["sg-1"]);
        assert_eq!(instance.tags["Name"], "R&D");
        assert_eq!(instance.vpc_id, "");
    }

    #[test]
    fn errors_are_read_with_code_and_message() {
        let xml = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized</Message>\
                   </Error></Errors><RequestID>r</RequestID></Response>";
        assert_eq!(
            read_error(xml),
            Some((
                "UnauthorizedOperation".to_owned(),
                "You are not authorized".to_owned()
            ))
        );
        assert_eq!(read_error("<html><body>no</body></html>"), None);
    }

    #[test]
    fn user_data_is_decoded_or_described() {
        let xml = "<DescribeInstanceAttributeResponse><instanceId>i-1</instanceId><userData>\
                   <value>IyEvYmluL2Jhc2gK\nZWNobyBoaQo=</value></userData></DescribeInstanceAttributeResponse>";
        let encoded = read_user_data(xml).unwrap().unwrap();
        assert_eq!(decode_user_data(&encoded), "#!/bin/bash\necho hi\n");
        assert_eq!(read_user_data("<R><userData/></R>").unwrap(), None);
        assert_eq!(
            decode_user_data("H4sIAAAAAAAAA/8="),
            "(11 bytes that are not text)"
        );
        assert_eq!(decode_user_data("#!/bin/sh"), "#!/bin/sh");
    }

    #[test]
    fn form_values_are_percent_encoded() {
        assert_eq!(
            encode(
                "DescribeInstances",
                &[("InstanceId.1".to_owned(), "i 1&x".to_owned())]
            ),
            "Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i%201%26x"
        );
    }
}
