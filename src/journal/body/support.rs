//! What is written down in the space of cases at AWS Support: what was asked, what was answered, who confirmed it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    journal::{Hash, StreamId},
    model::Text,
};

/// `support_case` (in `space`): something happened between an operator and AWS Support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum SupportCase {
    /// An operator has confirmed a case; nothing was sent yet.
    Opening(CaseOpening),
    /// AWS Support has it.
    Opened(CaseOpened),
    /// Something was said.
    Said(CaseSaid),
    /// AWS Support says how the case stands.
    Stands {
        /// The case.
        case: String,
        /// AWS' word (`pending-customer-action`). External.
        status: String,
    },
    /// The case was closed.
    Resolved {
        /// The case.
        case: String,
    },
    /// AWS Support did not take something.
    Refused {
        /// Record that confirmed the case, where one was to be opened.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<u64>,
        /// The case, where it is open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<String>,
        /// Why.
        why: Text,
        /// True when nobody knows whether AWS Support took it: there was no answer.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unsure: bool,
    },
}

/// A case that an operator has confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseOpening {
    /// The investigation that it is about.
    pub stream: StreamId,
    /// AWS account that asks, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Severity, in AWS' word.
    pub severity: String,
    /// Its subject.
    pub subject: Text,
    /// SHA-256 of its text, blanks made alike: what AWS repeats is known by it.
    pub digest: Hash,
    /// What goes with it.
    pub attachments: Vec<Attachment>,
    /// True when the plan lets people write to AWS Support in the Support Center alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_center: bool,
}

/// A file that goes with a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// File name.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256.
    pub digest: Hash,
}

/// A case that AWS Support has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseOpened {
    /// Record that confirmed it.
    pub request: u64,
    /// Its id. External.
    pub case: String,
    /// The number that people see; empty when AWS did not tell it. External.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display: String,
}

/// Something that was said in a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSaid {
    /// The case.
    pub case: String,
    /// Who said it.
    pub by: Voice,
    /// The words; external, whoever typed them.
    pub text: Text,
    /// When it was said, as AWS tells it; none for what was sent from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// SHA-256 of the words as they came, blanks made alike: a repeat is known by it.
    pub digest: Hash,
    /// Names of files that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}

/// Who speaks in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// Somebody of the account.
    Us,
    /// AWS Support.
    Aws,
}
