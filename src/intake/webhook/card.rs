//! A webhook as it is kept: a row of the journal's side table, `webhook/<id>`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Failures, Scheme, WebhookKind};
use crate::journal::Hash;

/// Where webhooks stand in the side table.
pub(super) const PREFIX: &str = "webhook/";

/// A webhook. It belongs to the space in whose journal it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// 128 bits that nobody can guess, in 26 letters and digits.
    pub id: String,
    /// What it is called; unique in its space.
    pub name: String,
    /// What sends to it.
    pub kind: WebhookKind,
    /// How its requests are proved.
    pub scheme: Scheme,
    /// The one topic whose messages it takes (SNS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Which events it takes: those that meet one of these; all, when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// What its pipelines' failures do; none: as is usual for what they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<Failures>,
    /// When it was made.
    pub created: Timestamp,
    /// What is known of its secrets, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<Kept>,
}

/// What is known of one secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What.
    pub what: Stored,
    /// Until when it holds; none: until it is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// How a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stored {
    /// Sealed: it is needed again.
    Sealed(String),
    /// SHA-256 of a token.
    Digest(Hash),
}

impl Webhook {
    /// The row that it stands in.
    pub(super) fn row(&self) -> String {
        format!("{PREFIX}{}", self.id)
    }

    /// Its path at the server.
    pub fn path(&self) -> String {
        format!("/webhook/{}/{}", self.kind.as_str(), self.id)
    }

    /// True when nobody can send to it yet: it waits for a secret that its sender makes.
    pub fn waits_for_secret(&self) -> bool {
        self.scheme.has_secret() && self.proofs.is_empty()
    }
}
