//! What a test of a connection found.

use jiff::{SignedDuration, Timestamp};

use crate::model::Text;

/// Days before a token's end from which on it is warned about.
const WARN_DAYS: i64 = 14;
/// Longest life of a token that is not warned about, in days.
const LONGEST_DAYS: i64 = 365;

/// What a test of a connection found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Whose token it is, in the vendor's words.
    pub identity: Option<Text>,
    /// What sort of token it is.
    pub method: Text,
    /// What the token may do, in the vendor's words, where the vendor says so.
    pub scopes: Vec<String>,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// Calls that are left.
    pub limit: Option<Limit>,
    /// What ought to be mended.
    pub warnings: Vec<Text>,
    /// Projects that it reaches: what is written under `projects`, and the name.
    pub resources: Vec<(String, Text)>,
    /// True when there are more of them than were read.
    pub more: bool,
}

/// Calls that a vendor still answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Calls left.
    pub left: u64,
    /// Calls in one period.
    pub of: u64,
    /// When the next period begins.
    pub resets: Option<Timestamp>,
}

/// What is to be said of a token's end: that it is over or near, that it is far away, that there is none.
pub(in crate::sources) fn of_expiry(
    made: Option<Timestamp>,
    expires: Option<Timestamp>,
    now: Timestamp,
) -> Vec<Text> {
    let Some(expires) = expires else {
        return vec![Text::from(
            "the token never expires: make one that does, for at most 365 days, so that a lost one ends by itself",
        )];
    };
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let left = expires.duration_since(now);
    let mut warnings = Vec::new();
    if left <= SignedDuration::ZERO {
        warnings.push(Text::from(format!("the token expired on {}", day(expires))));
    } else if left <= SignedDuration::from_hours(24 * WARN_DAYS) {
        let days = left.as_hours() / 24;
        let when = match days {
            0 => "within a day".to_owned(),
            1 => "in 1 day".to_owned(),
            days => format!("in {days} days"),
        };
        warnings.push(Text::from(format!(
            "the token expires {when}, on {}: make a new one and put it in the old one's place",
            day(expires)
        )));
    }
    let life = expires.duration_since(made.unwrap_or(now));
    // A day of grace: vendors count to the end of the last day.
    if life > SignedDuration::from_hours(24 * (LONGEST_DAYS + 1)) {
        warnings.push(Text::from(format!(
            "the token is good for {} days: at most {LONGEST_DAYS} are wise",
            life.as_hours() / 24
        )));
    }
    warnings
}

/// The warning on a token that may write.
pub(in crate::sources) fn may_write(scopes: &[&str], instead: &str) -> Option<Text> {
    (!scopes.is_empty()).then(|| {
        Text::from("the token may write (")
            .ext(scopes.join(", "))
            .own(format!("); midwatch only reads: {instead}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_ends_soon_or_late_is_warned_about() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-03-01T00:00:00Z");
        for (made, expires, said) in [
            (None, Some("2026-03-16T00:00:00Z"), None),
            (
                None,
                Some("2026-03-15T00:00:00Z"),
                Some("expires in 14 days, on 2026-03-15"),
            ),
            (
                None,
                Some("2026-03-02T00:00:00Z"),
                Some("expires in 1 day, on 2026-03-02"),
            ),
            (None, Some("2026-03-01T05:00:00Z"), Some("expires within a day")),
            (None, Some("2026-02-01T00:00:00Z"), Some("expired on 2026-02-01")),
            (Some("2026-02-01T00:00:00Z"), Some("2027-02-01T00:00:00Z"), None),
            (
                Some("2025-10-01T00:00:00Z"),
                Some("2027-02-01T00:00:00Z"),
                Some("good for 488 days"),
            ),
            (None, None, Some("never expires")),
        ] {
            let told = of_expiry(made.map(at), expires.map(at), now);
            match said {
                None => assert_eq!(told, [], "{expires:?}"),
                Some(said) => assert!(told[0].plain().contains(said), "{told:?} {said}"),
            }
        }
    }
}
