//! Secrets that AWS keeps: in Secrets Manager, or as a parameter of Systems Manager. Two reads that stand on the closed list by
//! themselves, since a policy allows them for the secrets that the configuration names and for no others.

use serde_json::{Value, json};

use super::{
    AwsError, ErrorKind, Factory, Operation,
    operations::{GET_PARAMETER, GET_SECRET_VALUE},
    services,
};
use crate::redact::Secret;

/// Where AWS keeps a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Secrets Manager: name or ARN.
    Secret(String),
    /// Systems Manager: name or ARN of a parameter, with or without a version (`name:3`) or label.
    Parameter(String),
}

/// What AWS keeps in a place.
#[derive(Debug)]
pub enum Held {
    /// Text.
    Text(Secret),
    /// Bytes that are no text.
    Binary,
}

/// What every secret's ARN ends with, and none is asked for by: a hyphen and six characters of AWS' own.
const SUFFIX: &str = "-??????";

impl Kept {
    /// The operation that reads it.
    pub const fn operation(&self) -> &'static Operation {
        match self {
            Self::Secret(_) => GET_SECRET_VALUE,
            Self::Parameter(_) => GET_PARAMETER,
        }
    }

    fn id(&self) -> &str {
        match self {
            Self::Secret(id) | Self::Parameter(id) => id,
        }
    }

    /// The region that its ARN names; none where it is called by its name.
    pub fn region(&self) -> Option<&str> {
        let region = self.id().strip_prefix("arn:")?.split(':').nth(2)?;
        let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        // It becomes part of a host's name.
        (!region.is_empty() && region.bytes().all(fine)).then_some(region)
    }

    /// Its ARN as a policy names it, for one that is called by its name: in `region`, of `account` where that is known.
    pub fn resources(&self, region: &str, account: Option<&str>) -> Vec<String> {
        let arn = |service: &str, rest: &str| {
            let partition = partition(region);
            format!(
                "arn:{partition}:{service}:{region}:{}:{rest}",
                account.unwrap_or("*")
            )
        };
        match self {
            // Whether the ending is there cannot be told: a name may look like one that has it.
            Self::Secret(id) if id.starts_with("arn:") => vec![id.clone(), format!("{id}{SUFFIX}")],
            Self::Secret(name) => vec![arn("secretsmanager", &format!("secret:{name}{SUFFIX}"))],
            Self::Parameter(id) if id.starts_with("arn:") => {
                let steps: Vec<&str> = id.splitn(7, ':').take(6).collect();
                vec![steps.join(":")]
            }
            Self::Parameter(name) => {
                let name = name.split(':').next().unwrap_or_default();
                let path = format!("parameter/{}", name.trim_start_matches('/'));
                vec![arn("ssm", &path)]
            }
        }
    }

    /// Reads it. No error holds any of it.
    ///
    /// # Errors
    /// When AWS cannot be asked, has no such secret or denies it.
    pub async fn read(&self, aws: &Factory) -> Result<Held, AwsError> {
        let operation = self.operation();
        let input = match self {
            Self::Secret(id) => json!({"SecretId": id}),
            Self::Parameter(name) => json!({"Name": name, "WithDecryption": true}),
        };
        let mut answer = services::json(aws, operation, &input).await?;
        let mut text = |pointer: &str| match answer.pointer_mut(pointer).map(Value::take) {
            Some(Value::String(text)) => Some(Held::Text(Secret::new(text))),
            _ => None,
        };
        let found = match self {
            Self::Secret(_) => text("/SecretString"),
            Self::Parameter(_) => text("/Parameter/Value"),
        };
        match found {
            Some(held) => Ok(held),
            None if answer.get("SecretBinary").is_some() => Ok(Held::Binary),
            None => Err(AwsError::new(
                ErrorKind::Other,
                operation,
                "the answer holds no secret",
            )),
        }
    }
}

/// The partition that a region belongs to.
fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_what_is_asked_for_and_no_more() {
        let secret = |id: &str| Kept::Secret(id.to_owned());
        let parameter = |id: &str| Kept::Parameter(id.to_owned());
        for (kept, expected) in [
            (
                secret("shop/token"),
                vec!["arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/token-??????"],
            ),
            (
                secret("arn:aws:secretsmanager:us-east-1:444455556666:secret:t-a1B2c3"),
                vec![
                    "arn:aws:secretsmanager:us-east-1:444455556666:secret:t-a1B2c3",
                    "arn:aws:secretsmanager:us-east-1:444455556666:secret:t-a1B2c3-??????",
                ],
            ),
            (
                parameter("/shop/token:3"),
                vec!["arn:aws:ssm:eu-west-1:111122223333:parameter/shop/token"],
            ),
            (
                parameter("token"),
                vec!["arn:aws:ssm:eu-west-1:111122223333:parameter/token"],
            ),
            (
                parameter("arn:aws:ssm:us-east-1:444455556666:parameter/shop/token:live"),
                vec!["arn:aws:ssm:us-east-1:444455556666:parameter/shop/token"],
            ),
        ] {
            assert_eq!(kept.resources("eu-west-1", Some("111122223333")), expected);
        }
        assert_eq!(
            secret("t").resources("cn-north-1", None),
            ["arn:aws-cn:secretsmanager:cn-north-1:*:secret:t-??????"]
        );
    }

    #[test]
    fn an_arn_names_its_region() {
        let arn = "arn:aws:secretsmanager:us-east-1:444455556666:secret:t-a1B2c3";
        assert_eq!(Kept::Secret(arn.to_owned()).region(), Some("us-east-1"));
        assert_eq!(Kept::Parameter("/a:3".to_owned()).region(), None);
    }
}
