//! CloudWatch calls in the AWS JSON 1.0 protocol.
//!
//! aws-sdk-cloudwatch speaks only CBOR, which few endpoints but AWS' own answer. CloudWatch's own API model offers AWS
//! JSON beside it (`jsonVersion` 1.0, target prefix `GraniteServiceVersion20100801`); times are epoch seconds.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    AwsError, ErrorKind, Factory, Operation,
    signed::{self, Protocol},
};

const CLOUDWATCH: Protocol = Protocol {
    host: "monitoring",
    content_type: "application/x-amz-json-1.0",
    read_error,
};

/// Sends one CloudWatch operation and reads its answer.
///
/// # Errors
/// When CloudWatch cannot be asked, or its answer cannot be read.
pub async fn cloudwatch<T: DeserializeOwned>(
    aws: &Factory,
    operation: &'static Operation,
    input: &(impl Serialize + Sync),
) -> Result<T, AwsError> {
    let other = |error: &serde_json::Error| AwsError::new(ErrorKind::Other, operation, &error.to_string());
    let body = serde_json::to_string(input).map_err(|error| other(&error))?;
    let target = format!("GraniteServiceVersion20100801.{}", operation.name);
    let answer = signed::call(aws, operation, &CLOUDWATCH, &[("x-amz-target", target)], &body).await?;
    serde_json::from_str(&answer).map_err(|error| other(&error))
}

/// Code and message: `{"__type": "com.amazonaws...#Throttling", "message": "Rate exceeded"}`.
pub(super) fn read_error(body: &str) -> Option<(String, String)> {
    let body: Value = serde_json::from_str(body).ok()?;
    let word = |keys: [&str; 2]| keys.iter().find_map(|key| body.get(*key)?.as_str());
    let code = word(["__type", "code"])?;
    let message = word(["message", "Message"]).unwrap_or_default();
    Some((
        code.rsplit('#').next().unwrap_or(code).to_owned(),
        message.to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::read_error;

    #[test]
    fn errors_are_read_with_code_and_message() {
        let told =
            read_error(r#"{"__type":"com.amazonaws.cloudwatch#Throttling","Message":"Rate exceeded"}"#);
        assert_eq!(told, Some(("Throttling".to_owned(), "Rate exceeded".to_owned())));
        assert_eq!(read_error("<html>"), None);
    }
}
