//! The only place where AWS clients are made.
//!
//! Every client shares one connection pool, one rate limiter and one gate: an interceptor that refuses any operation
//! outside the closed list before it is serialised, signed or sent.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, identity::IdentityCache, profile::ProfileFileCredentialsProvider,
    provider_config::ProviderConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeSerializationInterceptorContextRef},
        orchestrator::{HttpResponse, Metadata},
        result::SdkError,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{config_bag::ConfigBag, error::metadata::ProvideErrorMetadata};

use super::{
    ANSWER_TIMEOUT, AwsError, CONNECT_TIMEOUT, Confirmation, ErrorKind, Limiter, Operation, Role,
    credentials::{Remembered, behind},
    error::classify_credentials,
    find,
    operations::{ASSUME_ROLE, needs_confirmation},
    roles::Assumed,
    transport::{Plain, TransportError, http_client},
};
use crate::{model::Allowance, net::Net};

/// Tries of a throttled call; the waits between them add up to [`BACKOFF`] * 15.
const THROTTLED_TRIES: u32 = 5;
/// Tries of a call that failed on the way or inside AWS.
const FAILED_TRIES: u32 = 2;
/// First wait of the exponential back-off.
const BACKOFF: Duration = Duration::from_millis(500);
/// Region where the environment names none.
pub(super) const DEFAULT_REGION: &str = "us-east-1";

/// How to reach AWS; what is left out comes from the usual AWS environment and profile files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Profile in the AWS configuration files, whose credentials go before any in the environment.
    pub profile: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Account that the investigation names; keys the shared rate limit until the real one is known.
    pub account: Option<String>,
    /// Role that is assumed with those credentials; nothing is then ever asked with any others.
    pub role: Option<Role>,
    /// How the network is reached.
    pub net: Net,
}

/// The operation is not on the closed list, so nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{service} {operation} is not on the closed list of operations; nothing was sent")]
pub struct NotOnTheList {
    /// Service, as the SDK spells it.
    pub service: String,
    /// Operation.
    pub operation: String,
}

/// Why a call is not sent at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// It is not on the closed list.
    #[error(transparent)]
    NotOnTheList(#[from] NotOnTheList),
    /// It writes, and no operator has confirmed it.
    #[error("{service} {operation} writes, and no operator has confirmed it; nothing was sent")]
    NotConfirmed {
        /// Service, as the SDK spells it.
        service: String,
        /// Operation.
        operation: String,
    },
}

/// Makes clients for one set of credentials in one region, and sends their calls.
#[derive(Clone, Debug)]
pub struct Factory {
    config: SdkConfig,
    credentials: Option<Remembered>,
    limiter: Arc<Limiter>,
    calls: Arc<AtomicU32>,
    allowance: Allowance,
    account: String,
    region: String,
    assumes: bool,
    /// The profile that its credentials are of, where one is named.
    profile: Option<String>,
    plain: Arc<Plain>,
}

impl Factory {
    /// A factory for `access`. Reads environment and profile files; sends nothing (a role is assumed with the first call).
    ///
    /// # Errors
    /// When the file of a private certificate authority cannot be used.
    pub async fn connect(access: &Access, limiter: Arc<Limiter>) -> Result<Self, TransportError> {
        let http = http_client(&access.net)?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
        if let Some(profile) = &access.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &access.region {
            loader = loader.region(Region::new(region.clone()));
        }
        let mut config = loader.load().await;
        if let Some(profile) = &access.profile {
            // The usual chain would take keys in the environment for those of a profile that is named.
            let provider = ProviderConfig::without_region()
                .with_region(config.region().cloned())
                .with_http_client(http);
            let provider = ProfileFileCredentialsProvider::builder()
                .configure(&provider)
                .profile_name(profile)
                .build();
            let mut builder = config.into_builder();
            builder.set_credentials_provider(Some(SharedCredentialsProvider::new(provider)));
            config = builder.build();
        }
        let account = access
            .account
            .clone()
            .or_else(|| access.profile.clone())
            .unwrap_or_default();
        let factory = Self {
            profile: access.profile.clone(),
            ..Self::over(config, account, limiter, Plain::of(&access.net))
        };
        Ok(match &access.role {
            Some(role) => factory.assuming(role.clone()),
            None => factory,
        })
    }

    /// A factory with the credentials of `role`, which this one's assume when they are needed and before they run out.
    #[must_use]
    pub fn assuming(self, role: Role) -> Self {
        let config = self.config.clone();
        let (account, limiter) = (self.account.clone(), Arc::clone(&self.limiter));
        let plain = Arc::clone(&self.plain);
        // The call is one of the account that the base credentials belong to, not of the role's.
        let base = Self {
            account: String::new(),
            ..self
        };
        let provider = SharedCredentialsProvider::new(Assumed::new(base, role));
        let mut builder = config.into_builder();
        builder.set_credentials_provider(Some(provider));
        Self {
            assumes: true,
            ..Self::over(builder.build(), account, limiter, plain)
        }
    }

    /// Assumes the role, where there is one and it is not assumed yet.
    ///
    /// # Errors
    /// When it cannot be assumed: no call of this factory would be sent.
    pub async fn ready(&self) -> Result<(), AwsError> {
        let Some(credentials) = self.credentials.as_ref().filter(|_| self.assumes) else {
            return Ok(());
        };
        credentials.get().await.map(drop).map_err(|error| {
            behind(&error).cloned().unwrap_or_else(|| {
                let (kind, detail) = classify_credentials(&error);
                AwsError::new(kind, ASSUME_ROLE, &detail)
            })
        })
    }

    /// A factory over a ready SDK configuration. Its time-outs and its way of trying again are replaced by ours.
    pub fn from_config(config: SdkConfig, account: String, limiter: Arc<Limiter>) -> Self {
        Self::over(config, account, limiter, Plain::of(&Net::default()))
    }

    fn over(config: SdkConfig, account: String, limiter: Arc<Limiter>, plain: Arc<Plain>) -> Self {
        let region = config
            .region()
            .map_or_else(|| DEFAULT_REGION.to_owned(), ToString::to_string);
        let credentials = config.credentials_provider().map(Remembered::new);
        let mut builder = config.into_builder();
        builder.set_credentials_provider(credentials.clone().map(SharedCredentialsProvider::new));
        let config = builder
            .region(Region::new(region.clone()))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .read_timeout(ANSWER_TIMEOUT)
                    .operation_attempt_timeout(ANSWER_TIMEOUT)
                    .build(),
            )
            .identity_cache(IdentityCache::no_cache())
            // Tries again are made by `call`, so that each one takes its turn at the limiter and is counted.
            .retry_config(RetryConfig::disabled())
            .build();
        Self {
            config,
            credentials,
            limiter,
            calls: Arc::new(AtomicU32::new(0)),
            allowance: Allowance::unlimited(),
            account,
            region,
            assumes: false,
            profile: None,
            plain,
        }
    }

    /// The same credentials, limiter and meter in another region.
    pub fn in_region(&self, region: &str) -> Self {
        let mut other = self.clone();
        other.config = other
            .config
            .into_builder()
            .region(Region::new(region.to_owned()))
            .build();
        region.clone_into(&mut other.region);
        other
    }

    /// The same factory with a meter of its own, which starts at nought, and no more calls than the allowance has left.
    pub fn metered(&self, allowance: &Allowance) -> Self {
        Self {
            calls: Arc::new(AtomicU32::new(0)),
            allowance: allowance.clone(),
            ..self.clone()
        }
    }

    /// Region of its clients.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Calls sent so far by this factory and its clones, tries again included.
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    /// CloudWatch Logs.
    pub fn logs(&self) -> aws_sdk_cloudwatchlogs::Client {
        let config = aws_sdk_cloudwatchlogs::config::Builder::from(&self.config).interceptor(Gate);
        aws_sdk_cloudwatchlogs::Client::from_conf(config.build())
    }

    /// CloudTrail.
    pub fn cloudtrail(&self) -> aws_sdk_cloudtrail::Client {
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.config).interceptor(Gate);
        aws_sdk_cloudtrail::Client::from_conf(config.build())
    }

    /// CloudFormation.
    pub fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        let config = aws_sdk_cloudformation::config::Builder::from(&self.config).interceptor(Gate);
        aws_sdk_cloudformation::Client::from_conf(config.build())
    }

    /// Cloud Control.
    pub fn cloudcontrol(&self) -> aws_sdk_cloudcontrol::Client {
        let config = aws_sdk_cloudcontrol::config::Builder::from(&self.config).interceptor(Gate);
        aws_sdk_cloudcontrol::Client::from_conf(config.build())
    }

    /// Resource Groups Tagging.
    pub fn tagging(&self) -> aws_sdk_resourcegroupstagging::Client {
        let config = aws_sdk_resourcegroupstagging::config::Builder::from(&self.config).interceptor(Gate);
        aws_sdk_resourcegroupstagging::Client::from_conf(config.build())
    }

    /// Security Token Service.
    pub fn sts(&self) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::config::Builder::from(&self.config).interceptor(Gate);
        aws_sdk_sts::Client::from_conf(config.build())
    }

    /// The SDK configuration, for the signed calls of [`super::signed`].
    pub(super) const fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The plain HTTP clients of the signed calls.
    pub(super) fn plain(&self) -> &Plain {
        &self.plain
    }

    /// The error with what mends it, where the profile of the credentials is known.
    fn advised(&self, mut error: AwsError) -> AwsError {
        let login = matches!(
            error.kind,
            ErrorKind::CredentialsMissing | ErrorKind::CredentialsExpired
        );
        if let (Some(profile), None, true) = (&self.profile, &error.advice, login) {
            error.advice = Some(format!(
                "profile {profile} of the AWS configuration files has no valid ones: `aws sso login --profile {profile}`, or \
                 `aws configure --profile {profile}`"
            ));
        }
        error
    }

    /// Sends one SDK call: waits for its turn, counts it, and tries again after throttling and passing failures.
    ///
    /// # Errors
    /// What the last try came to.
    pub async fn call<T, E, F>(
        &self,
        operation: &'static Operation,
        send: impl Fn() -> F + Send + Sync,
    ) -> Result<T, AwsError>
    where
        T: Send,
        E: std::error::Error + ProvideErrorMetadata + Send + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    {
        self.attempt(operation, || {
            let sending = send();
            async move {
                sending
                    .await
                    .map_err(|error| AwsError::from_sdk(operation, &error))
            }
        })
        .await
    }

    /// As [`Self::call`], for a call that reports its own errors.
    pub(super) async fn attempt<T, F>(
        &self,
        operation: &'static Operation,
        send: impl Fn() -> F + Send + Sync,
    ) -> Result<T, AwsError>
    where
        T: Send,
        F: Future<Output = Result<T, AwsError>> + Send,
    {
        let mut tries = 0;
        loop {
            if !self.allowance.take() {
                return Err(AwsError::budget(operation));
            }
            self.limiter.turn(operation, &self.account, &self.region).await;
            let outcome = send().await;
            tries += 1;
            let error = match outcome {
                Ok(answer) => {
                    self.calls.fetch_add(1, Ordering::Relaxed);
                    self.limiter.succeeded(operation, &self.account, &self.region);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if !matches!(error.kind, ErrorKind::Refused | ErrorKind::CredentialsMissing) {
                self.calls.fetch_add(1, Ordering::Relaxed);
            }
            if error.kind == ErrorKind::CredentialsExpired
                && let Some(credentials) = &self.credentials
            {
                credentials.forget().await;
            }
            let allowed = match error.kind {
                ErrorKind::Throttled => {
                    self.limiter.throttled(operation, &self.account, &self.region);
                    THROTTLED_TRIES
                }
                // Nobody knows whether what got no answer was done: a second case would be opened.
                kind if kind.is_transient() && !needs_confirmation(operation) => FAILED_TRIES,
                _ => 1,
            };
            if tries >= allowed {
                return Err(self.advised(error));
            }
            self.limiter.pause(BACKOFF * 2_u32.pow(tries - 1)).await;
        }
    }
}

/// Refuses what is not on the closed list.
#[derive(Debug)]
pub(super) struct Gate;

impl Intercept for Gate {
    fn name(&self) -> &'static str {
        "ClosedListOfOperations"
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (service, operation) = config
            .load::<Metadata>()
            .map_or(("", ""), |metadata| (metadata.service(), metadata.name()));
        // No SDK client carries a confirmation.
        match admit_confirmed(service, operation, None) {
            Ok(_) => Ok(()),
            Err(NotAdmitted::NotOnTheList(error)) => Err(error.into()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The listed operation of that name, or a refusal.
///
/// # Errors
/// When the closed list does not have it.
fn admit(service: &str, operation: &str) -> Result<&'static Operation, NotOnTheList> {
    find(service, operation).ok_or_else(|| NotOnTheList {
        service: service.to_owned(),
        operation: operation.to_owned(),
    })
}

/// As [`admit`]; what writes to AWS Support is admitted with an operator's confirmation alone.
///
/// # Errors
/// When the closed list does not have it, or nobody has confirmed it.
pub(super) fn admit_confirmed(
    service: &str,
    operation: &str,
    confirmed: Option<&Confirmation>,
) -> Result<&'static Operation, NotAdmitted> {
    let listed = admit(service, operation)?;
    if needs_confirmation(listed) && confirmed.is_none() {
        return Err(NotAdmitted::NotConfirmed {
            service: service.to_owned(),
            operation: operation.to_owned(),
        });
    }
    Ok(listed)
}
