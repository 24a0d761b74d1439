//! Acts on configuration or code, and what services say of themselves.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ResourceId;

/// Somebody's or something's act on configuration or code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// When it happened.
    pub at: Timestamp,
    /// Who recorded it: cloudtrail, cloudformation, github, gitlab, deploy.
    pub source: String,
    /// What was done (`UpdateFunctionCode`, `PutBucketPolicy`, `deployment`).
    pub kind: String,
    /// What it was done to, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// One line for a person.
    pub summary: String,
    /// Request parameters, diff, versions: whatever the recorder kept.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub detail: Value,
}

/// What a service says of itself: RDS events, ECS service events, scaling activities, AWS Health, Kubernetes events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceEvent {
    /// When it happened.
    pub at: Timestamp,
    /// Who says it: rds, ecs, autoscaling, health, kubernetes ...
    pub source: String,
    /// What it is about, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// The service's own category (`failover`, `notification`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What it says.
    pub message: String,
}

/// An operation without the date of its API version, which some services carry in its name (`UpdateAlias20150331`).
pub fn operation(name: &str) -> &str {
    name.match_indices("20")
        .find(|(at, _)| {
            let digits = name.get(*at..at + 8);
            *at > 0 && digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        })
        .and_then(|(at, _)| name.get(..at))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_operations_are_left_out() {
        assert_eq!(operation("UpdateAlias20150331"), "UpdateAlias");
        assert_eq!(operation("UpdateFunctionCode20150331v2"), "UpdateFunctionCode");
        assert_eq!(operation("PutBucketPolicy"), "PutBucketPolicy");
        assert_eq!(operation("20150331"), "20150331");
    }
}
