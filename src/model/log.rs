//! Log lines.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ResourceId;

/// One log event; `message` may hold several lines (a stack trace). External text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// Log group.
    pub group: String,
    /// Log stream within the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// The resource that wrote it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// What it says.
    pub message: String,
}
