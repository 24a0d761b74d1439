//! Resources and the relations between them.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Identifies one resource within a space: the physical id, an ARN or any other stable word. External text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceId(pub String);

impl ResourceId {
    /// The id as it came from outside.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ResourceId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl From<String> for ResourceId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::inert(&self.0))
    }
}

/// One thing that can fail: an instance, a function, a table, a service, a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Stable id within the space.
    pub id: ResourceId,
    /// Type as CloudFormation spells it (`AWS::Lambda::Function`), or a plain word (`service`, `client`, `remote`).
    #[serde(rename = "type")]
    pub kind: String,
    /// Name as its owner knows it.
    pub name: String,
    /// Amazon resource name, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Twelve-digit AWS account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// AWS region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Name of the CloudFormation stack that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Configuration as far as it is known without asking; null when it is not.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub config: Value,
}

impl Resource {
    /// A resource of which only id, type and name are known.
    pub fn new(id: impl Into<ResourceId>, kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind: kind.into(),
            name: name.into(),
            arn: None,
            account: None,
            region: None,
            stack: None,
            tags: BTreeMap::new(),
            config: Value::Null,
        }
    }

    /// True for a stack: it holds resources and does nothing by itself.
    pub fn is_container(&self) -> bool {
        self.kind == "AWS::CloudFormation::Stack"
    }

    /// The service part of the type, lower-cased (`lambda` of `AWS::Lambda::Function`), or the plain word itself.
    pub fn service(&self) -> String {
        self.kind.split("::").nth(1).unwrap_or(&self.kind).to_lowercase()
    }
}

/// `from` acts on `to`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// The one that acts.
    pub from: ResourceId,
    /// The one acted upon.
    pub to: ResourceId,
    /// How it acts.
    pub kind: RelationKind,
    /// How the relation is known.
    pub origin: RelationOrigin,
}

/// How one resource acts on another, and so which way failure travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelationKind {
    /// `from` calls `to` and suffers when `to` fails.
    Calls,
    /// `from` reads from `to` and suffers when `to` fails.
    Reads,
    /// `from` writes to `to` and suffers when `to` fails.
    Writes,
    /// `from` uses `to` (role, key, network) and suffers when `to` fails.
    Uses,
    /// `from` starts `to` (queue -> function): a dead consumer backs up its source, a silent source starves its target.
    Triggers,
    /// `from` passes work to `to` (balancer -> service): as `Triggers`.
    Routes,
    /// `from` is the place in which `to` stands; no suffering by itself.
    Contains,
    /// `from` (a pipeline, a stack) puts `to` in place; no suffering by itself.
    Deploys,
}

impl RelationKind {
    /// True when the failure of `to` makes `from` suffer, or backs it up.
    pub const fn carries_failure(self) -> bool {
        !matches!(self, Self::Contains | Self::Deploys)
    }

    /// The word as it is written in a bundle.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Uses => "uses",
            Self::Triggers => "triggers",
            Self::Routes => "routes",
            Self::Contains => "contains",
            Self::Deploys => "deploys",
        }
    }
}

/// How a relation is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelationOrigin {
    /// Observed in traces.
    Trace,
    /// Read from configuration.
    Config,
    /// Read from the structure of a stack.
    Stack,
    /// Read from tags.
    Tag,
    /// Read from code or deployments.
    Code,
}
