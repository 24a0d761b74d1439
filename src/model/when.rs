//! Times as people write them.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp, civil::Time, tz::TimeZone};
use regex::Regex;

use super::Window;

/// A pattern of this module that is known to compile; tests hold it true.
fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

/// `2025-10-27T14:05Z` and its relatives: date, a `T` or a space, hours and minutes, perhaps seconds and an offset.
static ABSOLUTE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::(\d{2})(?:\.\d+)?)?\s?(Z|UTC|[+-]\d{2}:?\d{2})?\b",
    )
});
/// `20 min ago`, `an hour ago`.
static AGO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"(?i)\b(\d{1,5}|an?)\s*(s|sec|secs|seconds?|m|min|mins|minutes?|h|hrs?|hours?|d|days?)\s+ago\b")
});
/// `14:05`, perhaps with `UTC` or `Z`.
static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"(?i)(?:^|[^\d:T-])([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?\s?(?:Z|UTC)?(?:$|[^\d:])")
});

/// Reads a time as a person writes it; without an offset it is UTC.
///
/// Understood: ISO 8601 with or without seconds and offset, `14:05` (the last time that the clock said so), `20 min ago`,
/// `now`. Anything else is an error with a hint.
pub fn parse(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let trimmed = text.trim();
    if trimmed.eq_ignore_ascii_case("now") {
        return Ok(now);
    }
    if let Ok(exact) = trimmed.parse::<Timestamp>() {
        return Ok(exact);
    }
    find(trimmed, now).ok_or_else(|| {
        format!(
            "'{}' is not a time\nhint: write 2025-10-27T14:05Z, 14:05, or 20 min ago",
            super::inert(trimmed)
        )
    })
}

/// Reads `FROM..TO`, each as in [`parse`].
pub fn parse_window(text: &str, now: Timestamp) -> Result<Window, String> {
    let Some((from, to)) = text.split_once("..") else {
        return Err(format!(
            "'{}' is not a stretch of time\nhint: write FROM..TO, as in 14:00..15:00",
            super::inert(text)
        ));
    };
    let (from, to) = (parse(from, now)?, parse(to, now)?);
    if from >= to {
        return Err(format!(
            "{from} is not before {to}\nhint: write FROM..TO, the earlier time first"
        ));
    }
    Ok(Window::new(from, to))
}

/// The first time that a sentence names, if it names one.
pub fn find(text: &str, now: Timestamp) -> Option<Timestamp> {
    absolute(text)
        .or_else(|| ago(text, now))
        .or_else(|| clock(text, now))
}

fn absolute(text: &str) -> Option<Timestamp> {
    let found = ABSOLUTE.as_ref()?.captures(text)?;
    let part = |index: usize| found.get(index).map(|part| part.as_str());
    let seconds = part(3).unwrap_or("00");
    let offset = match part(4) {
        None => "Z".to_owned(),
        Some(zone) if zone.eq_ignore_ascii_case("z") || zone.eq_ignore_ascii_case("utc") => "Z".to_owned(),
        Some(offset) => offset.to_owned(),
    };
    format!("{}T{}:{seconds}{offset}", part(1)?, part(2)?)
        .parse()
        .ok()
}

fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let found = AGO.as_ref()?.captures(text)?;
    let count: i64 = found.get(1)?.as_str().parse().unwrap_or(1);
    let unit = found.get(2)?.as_str().to_lowercase();
    let seconds = match unit.chars().next()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        _ => 86_400,
    };
    now.checked_sub(SignedDuration::from_secs(count.checked_mul(seconds)?))
        .ok()
}

fn clock(text: &str, now: Timestamp) -> Option<Timestamp> {
    let found = CLOCK.as_ref()?.captures(text)?;
    let number = |index: usize| found.get(index).and_then(|part| part.as_str().parse::<i8>().ok());
    let time = Time::new(number(1)?, number(2)?, 0, 0).ok()?;
    let today = now.to_zoned(TimeZone::UTC).date();
    let at = today.to_datetime(time).to_zoned(TimeZone::UTC).ok()?.timestamp();
    if at <= now {
        Some(at)
    } else {
        at.checked_sub(SignedDuration::from_hours(24)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> String {
        let now = "2025-10-27T15:00:00Z".parse().unwrap();
        parse(text, now).map_or_else(|error| error, |at| at.to_string())
    }

    #[test]
    fn people_write_times_in_many_ways() {
        for (text, expected) in [
            ("2025-10-27T14:05Z", "2025-10-27T14:05:00Z"),
            ("2025-10-27T14:05:30.5Z", "2025-10-27T14:05:30.5Z"),
            ("2025-10-27 14:05", "2025-10-27T14:05:00Z"),
            ("2025-10-27T16:05+02:00", "2025-10-27T14:05:00Z"),
            ("20 min ago", "2025-10-27T14:40:00Z"),
            ("an hour ago", "2025-10-27T14:00:00Z"),
            ("14:05", "2025-10-27T14:05:00Z"),
            ("23:10 UTC", "2025-10-26T23:10:00Z"),
            ("now", "2025-10-27T15:00:00Z"),
        ] {
            assert_eq!(at(text), expected, "{text}");
        }
        assert!(at("a while back").contains("hint:"));
    }

    #[test]
    fn a_sentence_may_name_a_time() {
        let now = "2025-10-27T15:00:00Z".parse().unwrap();
        assert_eq!(
            find("order-intake fails since 14:05, please look", now),
            Some("2025-10-27T14:05:00Z".parse().unwrap())
        );
        assert_eq!(find("order-intake fails", now), None);
    }
}
