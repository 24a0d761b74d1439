//! Which tools may be called: those that say they only read and those that the operator listed, as they were approved.

use sha2::{Digest as _, Sha256};

use crate::config::Association;

/// A tool of a server. Name, title and description are the server's words: external, never followed.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: Option<String>,
    /// What it is for, in the server's words.
    pub description: String,
    /// JSON Schema of its arguments.
    pub schema: serde_json::Value,
    /// True when the server says that it only reads.
    pub read_only: bool,
    /// Whether this space may call it.
    pub standing: Standing,
    pub(super) fingerprint: String,
}

/// Whether a space may call a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Allowed,
    /// It may, but the tool does not look as it did when it was approved.
    Changed,
    /// The tool does not say that it only reads, and is not listed.
    Writes,
    /// Only listed tools may be called, and this one is not.
    Unlisted,
}

impl Standing {
    /// In a word or two.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Changed => "changed, not approved",
            Self::Writes => "not allowed: may write",
            Self::Unlisted => "not allowed: not listed",
        }
    }
}

/// What a space allows of a connection's tools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allow {
    tools: Vec<String>,
    only_listed: bool,
}

impl From<&Association> for Allow {
    fn from(association: &Association) -> Self {
        Self {
            tools: association.tools.clone(),
            only_listed: association.only_listed,
        }
    }
}

impl Allow {
    /// The standing of a tool; `approved` is its fingerprint when it was approved.
    pub(super) fn standing(
        &self,
        name: &str,
        read_only: bool,
        fingerprint: &str,
        approved: Option<&String>,
    ) -> Standing {
        let listed = self.tools.iter().any(|tool| tool == name);
        match (listed, self.only_listed, read_only) {
            (false, true, _) => Standing::Unlisted,
            (false, false, false) => Standing::Writes,
            _ if approved.is_some_and(|approved| approved != fingerprint) => Standing::Changed,
            _ => Standing::Allowed,
        }
    }
}

impl Tool {
    pub(super) fn read(tool: &rmcp::model::Tool) -> Self {
        let description = tool.description.as_deref().unwrap_or_default().to_owned();
        let schema = serde_json::Value::Object((*tool.input_schema).clone());
        let hints = tool.annotations.as_ref();
        let read_only = hints.and_then(|hints| hints.read_only_hint) == Some(true);
        let title = tool
            .title
            .clone()
            .or_else(|| hints.and_then(|hints| hints.title.clone()));
        let mut hash = Sha256::new();
        let whole = serde_json::json!({
            "name": tool.name,
            "title": title,
            "description": description,
            "schema": schema,
            "annotations": tool.annotations,
        });
        // The order of a schema's members says nothing.
        hash.update(serde_json_canonicalizer::to_vec(&whole).unwrap_or_default());
        let digest = hash.finalize();
        let mut fingerprint = String::new();
        for byte in digest {
            fingerprint.push_str(&format!("{byte:02x}"));
        }
        Self {
            name: tool.name.to_string(),
            title,
            description,
            schema,
            read_only,
            standing: Standing::Writes,
            fingerprint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reads_or_is_listed_and_is_as_it_was() {
        let allow = |tools: &[&str], only_listed| Allow {
            tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
            only_listed,
        };
        let (old, new) = ("old".to_owned(), "new");
        for (allow, read_only, approved, standing) in [
            (allow(&[], false), true, None, Standing::Allowed),
            (allow(&[], false), false, None, Standing::Writes),
            (allow(&["a"], false), false, None, Standing::Allowed),
            (allow(&["b"], true), true, None, Standing::Unlisted),
            (allow(&["a"], true), true, None, Standing::Allowed),
            (allow(&[], false), true, Some(&old), Standing::Changed),
            (allow(&["b"], true), true, Some(&old), Standing::Unlisted),
        ] {
            assert_eq!(
                allow.standing("a", read_only, new, approved),
                standing,
                "{allow:?}"
            );
        }
    }
}
