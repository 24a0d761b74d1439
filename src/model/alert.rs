//! What something outside says of an incident: a ticket, an alert, an alarm, a failed deployment.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Place, Priority};

/// What an event says of an incident, whoever sent it. All words are the sender's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The sender's id for the incident: events of one incident have one id.
    pub incident: String,
    /// What happened to the incident.
    pub action: AlertAction,
    /// What it is, in a line.
    pub title: String,
    /// How urgent the sender calls it; none: it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// More about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// When the sender noticed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The service that suffers, by the sender's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Resources that it names: ids, names or ARNs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The alerts that it is made of and that go on, by their sender's ids, where it is a group of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// The CloudWatch alarm that it comes from, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<String>,
    /// AWS account, twelve digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// AWS region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// True when the sender itself says that this is planned maintenance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub maintenance: bool,
    /// True for news that is no incident (a finished deployment, a merged change): kept, and nothing is started for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub news: bool,
    /// Where the sender keeps the incident, for answers to it: `sys_id` of a ServiceNow incident, id of a PagerDuty incident,
    /// id of a Dynatrace problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// Where a person looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Alert {
    /// The account and region, when it names both.
    pub fn place(&self) -> Option<Place> {
        Some(Place::new(self.account.clone()?, self.region.clone()?))
    }
}

/// What happened to an incident.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertAction {
    /// It began.
    #[default]
    Created,
    /// There is more to say about it.
    Updated,
    /// The trouble is over.
    Resolved,
    /// Nobody works on it any more.
    Closed,
}

impl AlertAction {
    /// The word as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }

    /// True when the incident is over.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Resolved | Self::Closed)
    }
}
