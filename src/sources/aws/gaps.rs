//! Failed calls as gaps: what could not be looked at, why, and what would mend it.

use crate::{
    aws::{AwsError, ErrorKind},
    model::{Gap, GapKind, ResourceId, Text},
};

/// The gap that a failed call leaves.
pub fn gap(error: &AwsError, what: Text, resource: Option<ResourceId>) -> Gap {
    let kind = match error.kind {
        ErrorKind::Denied => GapKind::Denied,
        ErrorKind::Throttled => GapKind::Throttled,
        ErrorKind::CredentialsExpired | ErrorKind::CredentialsMissing => GapKind::Credentials,
        ErrorKind::Unreachable => GapKind::Unreachable,
        ErrorKind::NotFound => GapKind::NotFound,
        ErrorKind::Unsupported | ErrorKind::Refused => GapKind::Unsupported,
        ErrorKind::Budget => GapKind::Budget,
        ErrorKind::ServiceFailure | ErrorKind::Other => GapKind::Failed,
    };
    let mut why = Text::from(error.sentence());
    if !error.detail.is_empty() {
        why = why.own(": ").ext(error.detail.clone());
    }
    Gap {
        kind,
        what,
        resource,
        why,
        hint: Some(error.hint().into()),
    }
}

/// The gap of an answer that was cut short by a limit of our own.
pub fn cut(what: Text, resource: Option<ResourceId>, why: impl Into<Text>, hint: &str) -> Gap {
    Gap {
        kind: GapKind::Truncated,
        what,
        resource,
        why: why.into(),
        hint: Some(hint.into()),
    }
}
