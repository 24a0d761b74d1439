//! Connections: third parties that are registered once, for every space to associate.

use std::collections::BTreeMap;

use super::SecretRef;

/// A registered third party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// What it is.
    pub kind: ConnectionKind,
    /// What it is for, in the owner's words.
    pub description: Option<String>,
    /// Where it answers; none for a local MCP server, and for a kind whose address follows from its other options.
    pub url: Option<String>,
    /// A local MCP server: the program and its arguments, spoken to over its standard input and output.
    pub command: Vec<String>,
    /// How it is told who asks.
    pub auth: Auth,
    /// User, organisation or group (GitHub, GitLab).
    pub owner: Option<String>,
    /// The vendor's account: New Relic account id, Dynatrace account URN; the AWS account of an EKS cluster.
    pub account: Option<String>,
    /// The vendor's region (New Relic: us, eu); the AWS region of an EKS cluster.
    pub region: Option<String>,
    /// Name of the EKS cluster.
    pub cluster: Option<String>,
    /// Where messages go, where that is another address than `url` (Dynatrace).
    pub api: Option<String>,
    /// In whose name messages are written (PagerDuty: the e-mail address of a user).
    pub from: Option<String>,
    /// Seconds that one call may take.
    pub timeout: u64,
    /// Bytes that are kept of one answer.
    pub largest_answer: usize,
}

/// What a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionKind {
    /// Any MCP server.
    Mcp,
    /// Datadog's MCP server.
    Datadog,
    /// New Relic's MCP server.
    NewRelic,
    /// Splunk's MCP server.
    Splunk,
    /// Dynatrace's MCP server.
    Dynatrace,
    /// Grafana's MCP server, with Prometheus and Loki behind it.
    Grafana,
    /// GitHub, or GitHub Enterprise Server.
    Github,
    /// GitLab, or a GitLab of one's own.
    Gitlab,
    /// The Kubernetes API of an EKS cluster.
    Eks,
    /// A workspace of Slack.
    Slack,
    /// An instance of ServiceNow.
    ServiceNow,
    /// An account of PagerDuty.
    PagerDuty,
    /// Anything that takes signed JSON over HTTPS.
    Webhook,
    /// Anything that takes events as EventBridge does, over HTTPS.
    EventBridge,
}

impl ConnectionKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Mcp,
        Self::Datadog,
        Self::NewRelic,
        Self::Splunk,
        Self::Dynatrace,
        Self::Grafana,
        Self::Github,
        Self::Gitlab,
        Self::Eks,
        Self::Slack,
        Self::ServiceNow,
        Self::PagerDuty,
        Self::Webhook,
        Self::EventBridge,
    ];

    /// The word in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mcp => "mcp",
            Self::Datadog => "datadog",
            Self::NewRelic => "newrelic",
            Self::Splunk => "splunk",
            Self::Dynatrace => "dynatrace",
            Self::Grafana => "grafana",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Eks => "eks",
            Self::Slack => "slack",
            Self::ServiceNow => "servicenow",
            Self::PagerDuty => "pagerduty",
            Self::Webhook => "webhook",
            Self::EventBridge => "eventbridge",
        }
    }

    /// True for what is spoken to over MCP.
    pub const fn is_mcp(self) -> bool {
        !matches!(self, Self::Github | Self::Gitlab | Self::Eks) && !self.only_sends()
    }

    /// True for what is sent messages and never asked.
    pub const fn only_sends(self) -> bool {
        matches!(
            self,
            Self::Slack | Self::ServiceNow | Self::PagerDuty | Self::Webhook | Self::EventBridge
        )
    }
}

/// How a connection is told who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Auth {
    /// It is not told.
    #[default]
    None,
    /// `Authorization: Bearer TOKEN`.
    Bearer {
        /// The token.
        token: SecretRef,
    },
    /// A header with a key.
    ApiKey {
        /// Name of the header.
        header: String,
        /// What stands before the key (`Token `); usually nothing.
        prefix: String,
        /// The key.
        key: SecretRef,
    },
    /// What is sent is signed: HMAC-SHA256 over `timestamp:body`, as midwatch's own webhooks expect it (webhook alone).
    Hmac {
        /// The key.
        secret: SecretRef,
    },
    /// OAuth 2 client credentials: midwatch logs in by itself.
    ClientCredentials {
        /// Client id.
        id: String,
        /// Client secret.
        secret: SecretRef,
        /// Where the secret is exchanged for a token; none: as the server's metadata say.
        token_url: Option<String>,
        /// Scopes.
        scopes: Vec<String>,
        /// Further parameters of the exchange.
        parameters: BTreeMap<String, String>,
    },
    /// OAuth 2 with a person's consent (authorization code, PKCE): `midwatch connection login NAME`.
    OAuth {
        /// Client id; none: midwatch registers itself with the server.
        id: Option<String>,
        /// Client secret, for a client that has one.
        secret: Option<SecretRef>,
        /// Scopes.
        scopes: Vec<String>,
    },
}

impl Auth {
    /// Where its secrets stand.
    pub fn secrets(&self) -> Vec<&SecretRef> {
        match self {
            Self::None => Vec::new(),
            Self::Bearer { token } => vec![token],
            Self::ApiKey { key, .. } => vec![key],
            Self::Hmac { secret } | Self::ClientCredentials { secret, .. } => vec![secret],
            Self::OAuth { secret, .. } => secret.iter().collect(),
        }
    }

    /// The method in a few words, for a person.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bearer { .. } => "bearer token",
            Self::ApiKey { .. } => "API key",
            Self::Hmac { .. } => "signature",
            Self::ClientCredentials { .. } => "OAuth client credentials",
            Self::OAuth { .. } => "OAuth with consent",
        }
    }
}
