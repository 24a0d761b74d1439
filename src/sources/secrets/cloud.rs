//! Secrets that AWS keeps. They are read with the credentials that midwatch runs as, never with the role of an account: a
//! connection is registered once for every space, and what a space's role may read is the space's own affair.

use std::{borrow::Cow, sync::Arc};

use serde_json::Value;
use tokio::sync::OnceCell;

use super::{Fault, PATIENCE};
use crate::{
    aws::{
        Access, AwsError, ErrorKind, Factory, Limiter, TokioClock,
        kept::{Held, Kept},
    },
    config::Config,
    model::inert,
    redact::Secret,
};

/// Asks AWS; nothing is opened before the first secret is needed.
#[derive(Debug, Default)]
pub(super) struct Cloud {
    access: Access,
    factory: OnceCell<Factory>,
}

impl Cloud {
    /// With the credentials that `config` has midwatch run as.
    pub fn of(config: &Config) -> Self {
        let space = config.open_space();
        Self {
            access: Access {
                // Where the primary account has a profile, it is that whose credentials take its role.
                profile: space.accounts.first().and_then(|account| account.profile.clone()),
                region: config.secrets_region.clone(),
                net: config.net(),
                ..Access::default()
            },
            factory: OnceCell::new(),
        }
    }

    /// With the credentials and in the region of `factory`.
    pub fn by(factory: Factory) -> Self {
        Self {
            access: Access::default(),
            factory: OnceCell::new_with(Some(factory)),
        }
    }

    /// What AWS keeps in that place; `key` picks one of a JSON object's.
    pub async fn fetch(&self, kept: &Kept, key: Option<&str>) -> Result<String, Fault> {
        let reading = async {
            let factory = self.factory(kept.region()).await?;
            let held = kept.read(&factory).await;
            held.map_err(|error| refused(kept, &factory, &error))
        };
        let held = tokio::time::timeout(PATIENCE, reading).await.map_err(|_| {
            Fault::new(
                format!("AWS takes longer than {} s", PATIENCE.as_secs()),
                "check the region, the route to AWS, HTTPS_PROXY and AWS_ENDPOINT_URL",
            )
        })??;
        match held {
            Held::Text(text) => chosen(kept, key, &text),
            Held::Binary => Err(Fault::new(
                "it is binary",
                "keep it as text (SecretString): a binary secret is no token",
            )),
        }
    }

    async fn factory(&self, region: Option<&str>) -> Result<Factory, Fault> {
        let made = self.factory.get_or_try_init(|| async {
            let limiter = Arc::new(Limiter::new(TokioClock::new()));
            Factory::connect(&self.access, limiter).await
        });
        let factory = made.await.map_err(|error| Fault::told(&error.to_string()))?;
        Ok(match region {
            Some(region) => factory.in_region(region),
            None => factory.clone(),
        })
    }
}

/// `id` or `id#key`: no name or ARN of a secret has such a sign in it.
pub(super) fn secret(said: &str) -> (Kept, Option<&str>) {
    let (id, key) = match said.split_once('#') {
        Some((id, key)) => (id, Some(key)),
        None => (said, None),
    };
    (Kept::Secret(id.to_owned()), key)
}

pub(super) fn parameter(name: &str) -> Kept {
    Kept::Parameter(name.to_owned())
}

/// The secret itself. No word of it gets into an error, nor do the keys beside the one that was asked for: whoever keeps secrets
/// may use them as keys.
fn chosen(kept: &Kept, key: Option<&str>, text: &Secret) -> Result<String, Fault> {
    let object = || match serde_json::from_str(text.expose()) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    };
    let Some(key) = key else {
        // The console of Secrets Manager makes an object of every secret: sending all of it would be refused as a wrong token.
        if matches!(kept, Kept::Secret(_)) && object().is_some() {
            return Err(Fault::new(
                "it is a JSON object, and none of its keys is named",
                "name the key behind the id: \"id#key\"",
            ));
        }
        return Ok(text.expose().to_owned());
    };
    let Some(object) = object() else {
        return Err(Fault::new(
            format!("it is no JSON object, so it has no key '{}'", inert(key)),
            "leave out # and the key to take all of it",
        ));
    };
    match object.get(key) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(_) => Err(Fault::new(
            format!("its key '{}' is no text", inert(key)),
            "a key whose value is text is wanted",
        )),
        None => Err(Fault::new(
            format!("it has no key '{}'", inert(key)),
            "aws secretsmanager get-secret-value shows its keys, which are told apart by upper and lower case",
        )),
    }
}

/// Why AWS did not give it, and what would make it.
fn refused(kept: &Kept, aws: &Factory, error: &AwsError) -> Fault {
    let encrypted = error.detail.contains("KMS") || error.detail.contains("ecrypt");
    let hint: Cow<'static, str> = match error.kind {
        ErrorKind::Denied | ErrorKind::Other if encrypted => {
            "it is encrypted with a key of your own: allow kms:Decrypt on that key to the identity that midwatch runs as".into()
        }
        ErrorKind::Denied => format!(
            "allow {} on it to the identity that midwatch runs as (`midwatch iam policy --primary` prints the whole policy); \
             one that is encrypted with a key of your own needs kms:Decrypt on that key too",
            kept.operation().action
        )
        .into(),
        ErrorKind::NotFound => format!(
            "it was looked for in {}: check the name; an ARN names another account or region, and without one [aws] region or \
             the AWS environment decides",
            inert(aws.region())
        )
        .into(),
        _ => error.hint().into(),
    };
    // AWS' own words come before there is a value: they cannot hold one.
    Fault::new(inert(&error.to_string()), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_picked_of_an_object_alone() {
        let kept = Kept::Secret("shop".to_owned());
        let of = |key: Option<&str>, text: &str| {
            chosen(&kept, key, &Secret::new(text.to_owned())).map_err(|fault| fault.why)
        };
        let object = r#"{"token": "hush", "port": 5432, "more": {"a": "hush"}, "none": null}"#;
        assert_eq!(of(Some("token"), object).unwrap(), "hush");
        assert_eq!(of(Some("port"), object).unwrap(), "5432");
        assert_eq!(of(None, "hush#hush").unwrap(), "hush#hush");
        assert_eq!(of(None, "[1]").unwrap(), "[1]");
        for (key, text, expected) in [
            (Some("Token"), object, "it has no key 'Token'"),
            (Some("more"), object, "its key 'more' is no text"),
            (Some("none"), object, "its key 'none' is no text"),
            (
                Some("token"),
                "hush",
                "it is no JSON object, so it has no key 'token'",
            ),
            (None, object, "it is a JSON object, and none of its keys is named"),
        ] {
            assert_eq!(of(key, text).unwrap_err(), expected);
        }
        let parameter = Kept::Parameter("shop".to_owned());
        let whole = chosen(&parameter, None, &Secret::new(object.to_owned())).unwrap();
        assert_eq!(whole, object);
    }
}
