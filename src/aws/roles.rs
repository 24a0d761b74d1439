//! Credentials of a role: STS AssumeRole with the credentials at hand, or with those of a profile.

use std::{fmt, time::SystemTime};

use aws_credential_types::{
    Credentials,
    provider::{self, ProvideCredentials, error::CredentialsError, future},
};

use super::{AwsError, ErrorKind, Factory, operations::ASSUME_ROLE};

/// Longest name of a session that STS takes.
const LONGEST_SESSION: usize = 64;

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// The external id that its trust asks for.
    pub external_id: Option<String>,
    /// Name of the session, which CloudTrail shows.
    pub session: String,
}

impl Role {
    /// A role whose session is named after the space.
    pub fn new(arn: impl Into<String>, external_id: Option<String>, space: &str) -> Self {
        let session: String = format!("midwatch-{space}")
            .chars()
            .take(LONGEST_SESSION)
            .collect();
        Self {
            arn: arn.into(),
            external_id,
            session,
        }
    }
}

/// Assumes a role whenever it is asked for credentials; the caller remembers them.
pub(super) struct Assumed {
    base: Factory,
    role: Role,
}

impl Assumed {
    /// `base` has the credentials that assume `role`.
    pub(super) const fn new(base: Factory, role: Role) -> Self {
        Self { base, role }
    }

    async fn assume(&self) -> Result<Credentials, AwsError> {
        let client = self.base.sts();
        let request = client
            .assume_role()
            .role_arn(&self.role.arn)
            .role_session_name(&self.role.session)
            .set_external_id(self.role.external_id.clone());
        let answer = self
            .base
            .call(ASSUME_ROLE, || request.clone().send())
            .await
            .map_err(|error| refused(error, &self.role))?;
        let Some(given) = answer.credentials() else {
            let error = AwsError::new(ErrorKind::Other, ASSUME_ROLE, "the answer holds no credentials");
            return Err(refused(error, &self.role));
        };
        Ok(Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            SystemTime::try_from(*given.expiration()).ok(),
            "midwatch",
        ))
    }
}

/// The error with the role in it, and what would mend it.
fn refused(mut error: AwsError, role: &Role) -> AwsError {
    error.operation = format!("{} of {}", error.operation, role.arn);
    let account = role.arn.split(':').nth(4).unwrap_or_default();
    let external = match &role.external_id {
        Some(id) => format!(" with the external id {id}"),
        None => " (without an external id)".to_owned(),
    };
    error.advice = match error.kind {
        ErrorKind::Denied | ErrorKind::NotFound | ErrorKind::Other => Some(format!(
            "the role has to exist in account {account} and to trust this identity{external}: `midwatch iam trust` prints its \
             trust policy; this identity needs sts:AssumeRole on it: `midwatch iam policy --primary` prints that; then \
             `midwatch account test {account}`"
        )),
        ErrorKind::CredentialsMissing | ErrorKind::CredentialsExpired => Some(format!(
            "the credentials that assume the role are meant: {}",
            error.hint()
        )),
        _ => None,
    };
    error
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let assumed: provider::Result = self.assume().await.map_err(CredentialsError::provider_error);
            assumed
        })
    }
}

impl fmt::Debug for Assumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assumed")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}
