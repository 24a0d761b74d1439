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
