//! What sends to a webhook, and how each proves who it is.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What sends to a webhook. Fixed when the webhook is made, and with it how its requests are proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "products by their names")]
pub enum WebhookKind {
    Generic,
    Dynatrace,
    Splunk,
    Datadog,
    NewRelic,
    ServiceNow,
    Slack,
    PagerDuty,
    GitHub,
    GitLab,
    Grafana,
    Alertmanager,
    Sns,
    EventBridge,
}

/// How a request proves that it comes from who it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// HMAC-SHA256 over `timestamp:body`, base64, in `x-amzn-event-signature`, with `x-amzn-event-timestamp`.
    Timestamped,
    /// HMAC-SHA256 over the body alone, base64, in `x-amzn-event-signature`: ServiceNow's business rule.
    BodyOnly,
    /// `Authorization: Bearer TOKEN`.
    Bearer,
    /// `X-PagerDuty-Signature: v1=` and the hexadecimal HMAC-SHA256 of the body, several with commas.
    PagerDuty,
    /// `X-Hub-Signature-256: sha256=` and the hexadecimal HMAC-SHA256 of the body.
    GitHub,
    /// `X-Gitlab-Token` with the token itself.
    GitLab,
    /// The message carries a signature by a certificate of Amazon SNS.
    Sns,
}

impl WebhookKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Generic,
        Self::Dynatrace,
        Self::Splunk,
        Self::Datadog,
        Self::NewRelic,
        Self::ServiceNow,
        Self::Slack,
        Self::PagerDuty,
        Self::GitHub,
        Self::GitLab,
        Self::Grafana,
        Self::Alertmanager,
        Self::Sns,
        Self::EventBridge,
    ];

    /// The word in addresses, commands and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Dynatrace => "dynatrace",
            Self::Splunk => "splunk",
            Self::Datadog => "datadog",
            Self::NewRelic => "newrelic",
            Self::ServiceNow => "servicenow",
            Self::Slack => "slack",
            Self::PagerDuty => "pagerduty",
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Grafana => "grafana",
            Self::Alertmanager => "alertmanager",
            Self::Sns => "sns",
            Self::EventBridge => "eventbridge",
        }
    }

    /// How its requests may prove themselves, the usual way first.
    pub const fn schemes(self) -> &'static [Scheme] {
        match self {
            Self::Generic => &[Scheme::Timestamped, Scheme::Bearer],
            Self::Dynatrace => &[Scheme::Timestamped],
            // The guide's table says bearer, its business rule signs the body.
            Self::ServiceNow => &[Scheme::BodyOnly, Scheme::Bearer],
            Self::Splunk
            | Self::Datadog
            | Self::NewRelic
            | Self::Slack
            | Self::Grafana
            | Self::Alertmanager
            | Self::EventBridge => &[Scheme::Bearer],
            Self::PagerDuty => &[Scheme::PagerDuty],
            Self::GitHub => &[Scheme::GitHub],
            Self::GitLab => &[Scheme::GitLab],
            Self::Sns => &[Scheme::Sns],
        }
    }
}

impl FromStr for WebhookKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| {
                let all: Vec<&str> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
                format!(
                    "no kind of webhook is called '{}'\nhint: one of {}",
                    crate::model::inert(word),
                    all.join(", ")
                )
            })
    }
}
