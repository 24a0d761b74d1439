//! What went wrong between an operator and AWS Support, and what to do.

use crate::{
    aws::{AwsError, ErrorKind, support::plan_is_too_low},
    engine::handle::support::{SUPPORT_CENTER, Standing, Trouble},
    model::{hinted, inert},
};

/// The plan does not offer this severity.
pub(super) fn not_offered(standing: &Standing, severity: &str) -> Trouble {
    let offered: Vec<String> = standing.severities().iter().map(|one| inert(&one.code)).collect();
    Trouble::new(
        format!(
            "the support plan does not offer the severity '{}'",
            inert(severity)
        ),
        format!("one of: {}", offered.join(", ")),
    )
}

/// What AWS said, and what to do.
pub(super) fn trouble(error: &AwsError) -> Trouble {
    let hint = match error.kind {
        ErrorKind::Denied => format!(
            "allow {} to this identity (midwatch iam policy --support prints the policy)",
            error.action
        ),
        _ if plan_is_too_low(error) => {
            format!(
                "the account's support plan does not let programs do this; use the Support Center: {SUPPORT_CENTER}"
            )
        }
        _ => error.hint(),
    };
    Trouble::new(inert(&error.to_string()), hint)
}

/// An error of ours, its hint apart.
pub(super) fn split(error: &str) -> Trouble {
    let (what, hint) = hinted(error, "midwatch doctor looks further");
    Trouble::new(what, hint)
}
