//! REST calls in JSON to the services that tell what was observed: X-Ray, Application Signals, Resource Explorer.

use serde_json::Value;

use super::{
    AwsError, ErrorKind, Factory, Operation,
    signed::{self, Protocol, Route},
};

/// The services, with their hosts.
const HOSTS: &[(&str, &str)] = &[
    ("XRay", "xray"),
    ("Application Signals", "application-signals"),
    ("Resource Explorer 2", "resource-explorer-2"),
];

/// Posts `body` to a path of the operation's service and reads the answer.
///
/// # Errors
/// When the service cannot be asked, or its answer cannot be read.
pub async fn post(
    aws: &Factory,
    operation: &'static Operation,
    path: &str,
    body: &Value,
) -> Result<Value, AwsError> {
    send(aws, operation, Route { path, ..Route::ROOT }, &body.to_string()).await
}

/// Gets a path of the operation's service and reads the answer.
///
/// # Errors
/// As [`post`].
pub async fn get(aws: &Factory, operation: &'static Operation, path: &str) -> Result<Value, AwsError> {
    let route = Route {
        method: "GET",
        path,
        ..Route::ROOT
    };
    send(aws, operation, route, "").await
}

/// A list of an answer, which may leave an empty one out.
///
/// # Errors
/// When something else stands in its place.
pub fn listed<'a>(
    page: &'a Value,
    key: &str,
    operation: &'static Operation,
) -> Result<&'a [Value], AwsError> {
    match page.get(key) {
        Some(Value::Array(items)) => Ok(items),
        None | Some(Value::Null) if page.is_object() => Ok(&[]),
        _ => Err(AwsError::new(
            ErrorKind::Other,
            operation,
            &format!("unreadable answer: {key} is no list"),
        )),
    }
}

async fn send(
    aws: &Factory,
    operation: &'static Operation,
    route: Route<'_>,
    body: &str,
) -> Result<Value, AwsError> {
    let host = HOSTS.iter().find(|(service, _)| *service == operation.service);
    let protocol = Protocol {
        host: host.map_or("", |(_, host)| host),
        content_type: "application/json",
        read_error,
    };
    let answer = signed::call_on(aws, operation, &protocol, route, &[], body, None).await?;
    serde_json::from_str(&answer).map_err(|error| {
        AwsError::new(
            ErrorKind::Other,
            operation,
            &format!("unreadable answer: {error}"),
        )
    })
}

/// Code and message: `{"__type": "Throttled", "message": "..."}`; some answers have the message alone.
fn read_error(body: &str) -> Option<(String, String)> {
    let body: Value = serde_json::from_str(body).ok()?;
    let word = |keys: &[&str]| keys.iter().find_map(|key| body.get(*key)?.as_str());
    let code = word(&["__type", "code", "Code"])?;
    let message = word(&["message", "Message"]).unwrap_or_default();
    Some((
        code.rsplit('#').next().unwrap_or(code).to_owned(),
        message.to_owned(),
    ))
}
