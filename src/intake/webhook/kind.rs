//! What sends to a webhook, and how each proves who it is.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::intake::Repeats;

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
    /// `X-Slack-Signature: v0=` and the hexadecimal HMAC-SHA256 of `v0:timestamp:body`, with `X-Slack-Request-Timestamp`: the
    /// Events API.
    Slack,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 8] = [
        Self::Timestamped,
        Self::BodyOnly,
        Self::Bearer,
        Self::PagerDuty,
        Self::GitHub,
        Self::GitLab,
        Self::Sns,
        Self::Slack,
    ];

    /// The word in commands and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timestamped => "hmac",
            Self::BodyOnly => "hmac-body",
            Self::Bearer => "bearer",
            Self::PagerDuty => "pagerduty",
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Sns => "sns",
            Self::Slack => "slack",
        }
    }

    /// Who makes the secret, where that is always the sender.
    pub const fn secret_of(self) -> Option<&'static str> {
        match self {
            Self::PagerDuty => Some("PagerDuty"),
            Self::Slack => Some("Slack"),
            _ => None,
        }
    }

    /// What is kept of a secret: true when the digest of a token is enough, false when the secret itself is needed again.
    pub const fn is_token(self) -> bool {
        matches!(self, Self::Bearer | Self::GitLab)
    }

    /// True when there is a secret at all.
    pub const fn has_secret(self) -> bool {
        !matches!(self, Self::Sns)
    }

    /// When the same body is the same message: always where nothing else that is signed shows that it is new.
    pub const fn repeats(self) -> Repeats {
        match self {
            Self::Timestamped | Self::Bearer | Self::GitLab => Repeats::Soon,
            // Slack's bodies name their event.
            Self::BodyOnly | Self::PagerDuty | Self::GitHub | Self::Sns | Self::Slack => Repeats::Ever,
        }
    }
}

impl FromStr for Scheme {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scheme| scheme.as_str() == word)
            .ok_or_else(|| {
                let all: Vec<&str> = Self::ALL.iter().map(|scheme| scheme.as_str()).collect();
                format!(
                    "no scheme is called '{}'\nhint: one of {}",
                    crate::model::inert(word),
                    all.join(", ")
                )
            })
    }
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
            // AWS DevOps Agent's user guide names bearer tokens, and shows a business rule that signs the body.
            Self::ServiceNow => &[Scheme::BodyOnly, Scheme::Bearer],
            Self::Splunk
            | Self::Datadog
            | Self::NewRelic
            | Self::Grafana
            | Self::Alertmanager
            | Self::EventBridge => &[Scheme::Bearer],
            // A workflow sends a token; the Events API signs.
            Self::Slack => &[Scheme::Bearer, Scheme::Slack],
            Self::PagerDuty => &[Scheme::PagerDuty],
            Self::GitHub => &[Scheme::GitHub],
            Self::GitLab => &[Scheme::GitLab],
            Self::Sns => &[Scheme::Sns],
        }
    }
}

impl WebhookKind {
    /// True for what may tell how pipelines and deployments end.
    pub const fn has_pipelines(self) -> bool {
        matches!(self, Self::GitHub | Self::GitLab | Self::EventBridge | Self::Sns)
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
