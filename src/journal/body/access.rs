//! What is written down in the space of who may reach it from outside.

use serde::{Deserialize, Serialize};

use crate::model::Text;

/// `access` (in `space`): a way in was made, changed or closed. Never what opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Access {
    /// A webhook.
    Webhook {
        /// What happened to it.
        change: AccessChange,
        /// Its id, as in its address and in the events that come by it.
        id: String,
        /// What it is called.
        name: Text,
        /// What sends to it.
        sender: String,
        /// How its requests are proved.
        scheme: String,
    },
}

/// What happened to a way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessChange {
    /// It was made.
    Made,
    /// Its secret is another one from here on.
    Rotated,
    /// It is closed.
    Removed,
}

impl AccessChange {
    /// The word as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Rotated => "rotated",
            Self::Removed => "removed",
        }
    }
}
