//! Factories and sources over an endpoint on this host.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use jiff::{SignedDuration, Timestamp};
use midwatch::{
    aws::{Clock, Factory, Limiter, TokioClock, http_client},
    model::{Answer, Evidence, Gap, Window},
    net::Net,
    sources::aws::AwsSource,
};

pub const REGION: &str = "us-east-1";

/// An SDK configuration for `endpoint` with credentials that no real account has.
pub fn config(endpoint: &str) -> SdkConfig {
    config_with(endpoint, Some(credentials()))
}

pub fn credentials() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new("testing", "testing", None, None, "tests"))
}

pub fn config_with(endpoint: &str, credentials: Option<SharedCredentialsProvider>) -> SdkConfig {
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client(&Net::default()).unwrap())
        .region(Region::new(REGION))
        .endpoint_url(endpoint);
    builder.set_credentials_provider(credentials);
    builder.build()
}

pub fn factory(endpoint: &str) -> Factory {
    factory_of(config(endpoint))
}

pub fn factory_of(config: SdkConfig) -> Factory {
    Factory::from_config(
        config,
        "tests".to_owned(),
        Arc::new(Limiter::new(TokioClock::new())),
    )
}

pub fn source(endpoint: &str) -> AwsSource {
    AwsSource::new(factory(endpoint), Timestamp::now)
}

/// A source whose rate limits never wait: for answers by the thousand.
pub fn hasty(endpoint: &str) -> AwsSource {
    struct Hasty(Mutex<Duration>);
    #[async_trait]
    impl Clock for Hasty {
        fn now(&self) -> Duration {
            *self.0.lock().unwrap()
        }
        async fn sleep(&self, wait: Duration) {
            *self.0.lock().unwrap() += wait;
        }
    }
    let limiter = Arc::new(Limiter::new(Hasty(Mutex::new(Duration::ZERO))));
    let factory = Factory::from_config(config(endpoint), "tests".to_owned(), limiter);
    AwsSource::new(factory, Timestamp::now)
}

/// From so many minutes ago until so many minutes ahead.
pub fn around_now(minutes: i64) -> Window {
    let span = SignedDuration::from_mins(minutes);
    let now = Timestamp::now();
    Window::new(now - span, now + span)
}

/// The evidence of a whole answer.
pub fn found(answer: Answer) -> Evidence {
    answer
        .evidence
        .unwrap_or_else(|| panic!("no evidence, but {}", told(&answer.gaps)))
}

/// Gaps as a person reads them.
pub fn told(gaps: &[Gap]) -> String {
    let lines: Vec<String> = gaps
        .iter()
        .map(|gap| {
            let hint = gap.hint.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{:?} {}: {} (hint: {hint})", gap.kind, gap.what, gap.why)
        })
        .collect();
    lines.join("\n")
}
