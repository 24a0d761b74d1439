//! Single signed calls to services for which an SDK crate would be heavy: each in the protocol of its own API model.
//!
//! Query: form-encoded POST, XML answer. AWS JSON: POST with a target header. REST: a path, JSON or XML.

use aws_sigv4::http_request::{SignatureLocation, SigningSettings};
use base64::Engine as _;
use serde_json::Value;
use std::time::Duration;

use super::{
    ANSWER_TIMEOUT, AwsError, Confirmation, ErrorKind, Factory, Operation,
    hosts::domain,
    json::read_error as read_json_error,
    operations::GET_CALLER_IDENTITY,
    query::percent,
    signed::{self, Parts, Protocol, Route},
    xml::{self, Element},
};

/// How a service is spoken to.
enum Tongue {
    /// Query, with the version of the API.
    Query(&'static str),
    /// AWS JSON 1.1, with the prefix of its targets.
    Json(&'static str),
    /// AWS JSON 1.0, with the prefix of its targets.
    OldJson(&'static str),
    /// A path an operation, JSON.
    RestJson,
    /// A path an operation, XML.
    RestXml,
}

/// A service: its id as the SDKs spell it, its host, how it is spoken to, and its one endpoint where it has only one.
struct Service {
    id: &'static str,
    host: &'static str,
    tongue: Tongue,
    global: Option<(&'static str, &'static str)>,
}

const fn service(id: &'static str, host: &'static str, tongue: Tongue) -> Service {
    Service {
        id,
        host,
        tongue,
        global: None,
    }
}

/// The region of global services in the commercial partition.
const HOME: &str = "us-east-1";

// Hosts, versions and targets: the API models that AWS publishes with its SDKs. Health answers in us-east-1 (its active
// region may be another, which forwards nothing but answers the same), and so does Support; Route 53 and IAM have one
// endpoint.
const SERVICES: &[Service] = &[
    service("RDS", "rds", Tongue::Query("2014-10-31")),
    service("Auto Scaling", "autoscaling", Tongue::Query("2011-01-01")),
    service("ECS", "ecs", Tongue::Json("AmazonEC2ContainerServiceV20141113")),
    service(
        "Application Auto Scaling",
        "application-autoscaling",
        Tongue::Json("AnyScaleFrontendService"),
    ),
    Service {
        global: Some(("health.us-east-1.amazonaws.com", HOME)),
        ..service("Health", "health", Tongue::Json("AWSHealth_20160804"))
    },
    service("PI", "pi", Tongue::Json("PerformanceInsightsv20180227")),
    service("synthetics", "synthetics", Tongue::RestJson),
    service("EKS", "eks", Tongue::RestJson),
    service(
        "Secrets Manager",
        "secretsmanager",
        Tongue::Json("secretsmanager"),
    ),
    service("SSM", "ssm", Tongue::Json("AmazonSSM")),
    service("SQS", "sqs", Tongue::OldJson("AmazonSQS")),
    Service {
        global: Some(("route53.amazonaws.com", HOME)),
        ..service("Route 53", "route53", Tongue::RestXml)
    },
    Service {
        global: Some(("support.us-east-1.amazonaws.com", HOME)),
        ..service("Support", "support", Tongue::Json("AWSSupport_20130415"))
    },
    Service {
        global: Some(("iam.amazonaws.com", HOME)),
        ..service("IAM", "iam", Tongue::Query("2010-05-08"))
    },
];

/// Sends a Query operation and reads its answer.
///
/// # Errors
/// When the service cannot be asked, or its answer cannot be read.
pub async fn query(
    aws: &Factory,
    operation: &'static Operation,
    form: &[(&str, &str)],
) -> Result<Element, AwsError> {
    let service = of(operation)?;
    let Tongue::Query(version) = service.tongue else {
        return Err(misspoken(operation));
    };
    let mut body = format!("Action={}&Version={version}", operation.name);
    for (name, value) in form {
        body.push('&');
        percent(&mut body, name);
        body.push('=');
        percent(&mut body, value);
    }
    let protocol = Protocol {
        host: service.host,
        content_type: "application/x-www-form-urlencoded; charset=utf-8",
        read_error: read_xml_error,
    };
    let route = Route {
        global: service.global,
        ..Route::ROOT
    };
    let answer = signed::call_on(aws, operation, &protocol, route, &[], &body, None).await?;
    tree(operation, &answer)
}

/// Sends an AWS JSON operation and reads its answer.
///
/// # Errors
/// When the service cannot be asked, or its answer cannot be read.
pub async fn json(aws: &Factory, operation: &'static Operation, input: &Value) -> Result<Value, AwsError> {
    json_within(aws, operation, input, ANSWER_TIMEOUT).await
}

/// As [`json`], for an operation that may take its time to answer.
///
/// # Errors
/// When the service cannot be asked, or its answer cannot be read.
pub async fn json_within(
    aws: &Factory,
    operation: &'static Operation,
    input: &Value,
    patience: Duration,
) -> Result<Value, AwsError> {
    json_on(aws, operation, input, patience, None).await
}

/// As [`json`], with an operator's confirmation, for what is not sent without one.
///
/// # Errors
/// When the service cannot be asked, or its answer cannot be read.
pub(super) async fn json_as(
    aws: &Factory,
    operation: &'static Operation,
    input: &Value,
    confirmed: &Confirmation,
) -> Result<Value, AwsError> {
    json_on(aws, operation, input, ANSWER_TIMEOUT, Some(confirmed)).await
}

async fn json_on(
    aws: &Factory,
    operation: &'static Operation,
    input: &Value,
    patience: Duration,
    confirmed: Option<&Confirmation>,
) -> Result<Value, AwsError> {
    let service = of(operation)?;
    let (prefix, content_type) = match service.tongue {
        Tongue::Json(prefix) => (prefix, "application/x-amz-json-1.1"),
        Tongue::OldJson(prefix) => (prefix, "application/x-amz-json-1.0"),
        _ => return Err(misspoken(operation)),
    };
    let protocol = Protocol {
        host: service.host,
        content_type,
        read_error: read_json_error,
    };
    let route = Route {
        global: service.global,
        patience,
        ..Route::ROOT
    };
    let target = [("x-amz-target", format!("{prefix}.{}", operation.name))];
    let body = input.to_string();
    let answer = signed::call_on(aws, operation, &protocol, route, &target, &body, confirmed).await?;
    if answer.trim().is_empty() {
        return Ok(Value::Null);
    }
    value(operation, &answer)
}

/// Sends a REST operation that answers JSON: GET, or POST where there is something to send. The steps of the path are
/// percent-encoded here.
///
/// # Errors
/// When the service cannot be asked, or its answer cannot be read.
pub async fn rest_json(
    aws: &Factory,
    operation: &'static Operation,
    path: &[&str],
    input: Option<&Value>,
) -> Result<Value, AwsError> {
    let body = input.map(Value::to_string);
    let answer = rest(aws, operation, read_json_error, path, body.as_deref()).await?;
    value(operation, &answer)
}

/// Sends a REST operation that answers XML: GET.
///
/// # Errors
/// When the service cannot be asked, or its answer cannot be read.
pub async fn rest_xml(
    aws: &Factory,
    operation: &'static Operation,
    path: &[&str],
) -> Result<Element, AwsError> {
    let answer = rest(aws, operation, read_xml_error, path, None).await?;
    tree(operation, &answer)
}

async fn rest(
    aws: &Factory,
    operation: &'static Operation,
    read_error: fn(&str) -> Option<(String, String)>,
    path: &[&str],
    body: Option<&str>,
) -> Result<String, AwsError> {
    let service = of(operation)?;
    if !matches!(service.tongue, Tongue::RestJson | Tongue::RestXml) {
        return Err(misspoken(operation));
    }
    let protocol = Protocol {
        host: service.host,
        content_type: "application/json",
        read_error,
    };
    let mut encoded = String::new();
    for (index, step) in path.iter().enumerate() {
        if index > 0 {
            encoded.push('/');
        }
        percent(&mut encoded, step);
    }
    let route = Route {
        method: if body.is_some() { "POST" } else { "GET" },
        path: &encoded,
        global: service.global,
        ..Route::ROOT
    };
    signed::call_on(aws, operation, &protocol, route, &[], body.unwrap_or(""), None).await
}

/// How long the address in a cluster's token may be used to log in; the token itself serves for fifteen minutes.
const ADDRESS_GOOD_FOR: Duration = Duration::from_mins(1);

/// The bearer token with which a cluster's authenticator learns who asks: the address of a signed `GetCallerIdentity` that
/// names the cluster. Nothing is sent.
///
/// # Errors
/// When there are no credentials.
pub async fn cluster_token(aws: &Factory, cluster: &str) -> Result<crate::redact::Secret, AwsError> {
    let region = aws.region();
    let host = format!("sts.{region}.{}", domain(region));
    let url = format!("https://{host}/?Action=GetCallerIdentity&Version=2011-06-15");
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(ADDRESS_GOOD_FOR);
    let parts = Parts {
        method: "GET",
        url: &url,
        service: "sts",
        region,
        headers: &[("host", host.as_str()), ("x-k8s-aws-id", cluster)],
        body: "",
    };
    let signature = signed::signature(aws, GET_CALLER_IDENTITY, &parts, settings).await?;
    let mut signed = url;
    for (name, value) in &signature.parameters {
        signed.push('&');
        percent(&mut signed, name);
        signed.push('=');
        percent(&mut signed, value);
    }
    let packed = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(signed);
    Ok(crate::redact::Secret::new(format!("k8s-aws-v1.{packed}")))
}

fn of(operation: &Operation) -> Result<&'static Service, AwsError> {
    SERVICES
        .iter()
        .find(|service| service.id == operation.service)
        .ok_or_else(|| misspoken(operation))
}

fn misspoken(operation: &Operation) -> AwsError {
    AwsError::new(ErrorKind::Refused, operation, "it is not spoken to in this way")
}

fn tree(operation: &Operation, answer: &str) -> Result<Element, AwsError> {
    xml::read(answer).map_err(|error| unreadable(operation, &error))
}

fn value(operation: &Operation, answer: &str) -> Result<Value, AwsError> {
    serde_json::from_str(answer).map_err(|error| unreadable(operation, &error))
}

fn unreadable(operation: &Operation, error: &dyn std::error::Error) -> AwsError {
    AwsError::new(
        ErrorKind::Other,
        operation,
        &format!("unreadable answer: {error}"),
    )
}

/// Code and message: `<ErrorResponse><Error><Code>...`.
fn read_xml_error(body: &str) -> Option<(String, String)> {
    let root = xml::read(body).ok()?;
    let error = root.child("Error").or_else(|| root.at(&["Errors", "Error"]))?;
    let code = error.word("Code")?;
    Some((
        code.to_owned(),
        error.word("Message").unwrap_or_default().to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{
        hosts,
        operations::{INTAKE, READS, SECRETS, SUPPORT},
    };

    #[test]
    fn errors_are_read_with_code_and_message() {
        let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
        let told = read_xml_error(xml).unwrap();
        assert_eq!(told, ("AccessDenied".to_owned(), "no".to_owned()));
        assert_eq!(read_xml_error("<html><body>no</body></html>"), None);
    }

    #[test]
    fn the_hosts_are_those_that_the_list_of_hosts_has() {
        for service in SERVICES {
            let own = service.global.map(|(host, _)| host.to_owned());
            let host = own.unwrap_or_else(|| format!("{}.eu-west-1.amazonaws.com", service.host));
            assert_eq!(hosts::host(service.id, "eu-west-1"), Some(host));
        }
    }

    #[test]
    fn every_service_here_has_an_operation_on_the_closed_list() {
        for service in SERVICES {
            assert!(
                READS
                    .iter()
                    .chain(SECRETS)
                    .chain(INTAKE)
                    .chain(SUPPORT)
                    .any(|operation| operation.service == service.id),
                "{}",
                service.id
            );
        }
    }
}
