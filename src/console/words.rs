//! How the console says things: times, ages, counts, states, hypotheses.

use jiff::{Timestamp, tz::TimeZone};

use super::{canvas::bar, glyph::Glyphs, rich::Rich, theme::Role};
use crate::journal::body::Usage;
use crate::model::{Budget, Hypothesis, HypothesisState, Intent, Phase, Spent, Start, Verdict};

/// `03:09` in UTC.
pub fn time(at: Timestamp) -> String {
    at.strftime("%H:%M").to_string()
}

/// `03:09:02` in UTC.
pub fn second(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// `2025-10-27 14:05:00 UTC (15:05 Europe/Berlin)`; the zone is left out where it is UTC itself.
pub fn both(at: Timestamp, zone: &TimeZone) -> String {
    let utc = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    let local = at.to_zoned(zone.clone());
    if local.offset().is_zero() {
        return utc;
    }
    format!("{utc} ({} local)", local.strftime("%H:%M %Z"))
}

/// The clock that people read: UTC, or the operator's own zone.
#[derive(Debug, Clone, Copy)]
pub struct Clock<'a> {
    /// The operator's zone.
    pub zone: &'a TimeZone,
    /// True for that zone, false for UTC.
    pub local: bool,
}

impl Clock<'_> {
    fn told(&self, at: Timestamp, format: &str) -> String {
        let zone = if self.local {
            self.zone.clone()
        } else {
            TimeZone::UTC
        };
        at.to_zoned(zone).strftime(format).to_string()
    }

    /// `03:09`.
    pub fn time(&self, at: Timestamp) -> String {
        self.told(at, "%H:%M")
    }

    /// `03:09:02`.
    pub fn second(&self, at: Timestamp) -> String {
        self.told(at, "%H:%M:%S")
    }

    /// Which times these are: `UTC`, `CET`.
    pub fn mark(&self, at: Timestamp) -> String {
        self.told(at, "%Z")
    }
}

/// An age in one unit: `12s`, `4m`, `3h`, `9d`.
pub fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    match seconds {
        0..60 => "now".to_owned(),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `1,240 log lines`, `1 alarm`.
pub fn count(number: u64, plural: &str) -> String {
    let word = match (number, plural) {
        (1, "series known") => "series known".to_owned(),
        (1, plural) => plural.strip_suffix('s').unwrap_or(plural).to_owned(),
        _ => plural.to_owned(),
    };
    format!("{} {word}", grouped(number))
}

/// Thousands apart: `1,240`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `#18 #21 #23`.
pub fn numbers(seqs: &[u64]) -> Rich {
    let words: Vec<String> = seqs.iter().map(|seq| format!("#{seq}")).collect();
    Rich::of(Role::Number, words.join(" "))
}

/// `because #18 #21 #23`.
pub fn because(seqs: &[u64]) -> Rich {
    Rich::of(Role::Dim, "because ").join(numbers(seqs))
}

/// One line of a hypothesis: its bar and score, or what ruled it out.
pub fn hypothesis(hypothesis: &Hypothesis, glyphs: &Glyphs) -> Rich {
    let name = |role| Rich::new().flat(role, &hypothesis.statement);
    match hypothesis.state {
        HypothesisState::Refuted => {
            let by = if hypothesis.refutes.is_empty() {
                Rich::new()
            } else {
                numbers(hypothesis.refutes.get(..1).unwrap_or_default())
            };
            Rich::of(Role::Dim, format!("{} out by ", glyphs.failed))
                .join(by)
                .pad(HYPOTHESIS)
                .join(name(Role::Dim))
        }
        state => {
            let mark = match state {
                HypothesisState::Supported => glyphs.done,
                HypothesisState::Testing => glyphs.running,
                HypothesisState::Inconclusive => glyphs.unsure,
                _ => glyphs.open,
            };
            Rich::of(Role::Dim, format!("{mark} "))
                .join(bar(glyphs, hypothesis.score, 8))
                .add(Role::Text, format!(" {:.2}  ", hypothesis.score))
                .join(name(Role::Text))
        }
    }
}

/// Cells before the words of a hypothesis.
pub const HYPOTHESIS: usize = 17;

/// What was used: questions, and calls where there were any.
pub fn used(usage: &Usage) -> String {
    let questions = count(usage.queries, "questions");
    match usage.calls {
        0 => questions,
        calls => format!("{questions}, {}", count(calls, "calls")),
    }
}

/// What was spent of the budget: calls, seconds once somebody waits for them, and log text once it comes near its end.
pub fn spent(spent: &Spent, budget: &Budget) -> String {
    let mut words = format!("{}/{} calls", spent.calls, budget.calls);
    if spent.seconds >= WAITING {
        words.push_str(&format!(" {}/{} s", spent.seconds, budget.seconds));
    }
    if spent.bytes >= budget.bytes / 2 {
        words.push_str(&format!(" {}/{} MB", spent.bytes >> 20, budget.bytes >> 20));
    }
    words
}

/// Seconds after which a person begins to wait.
const WAITING: u64 = 10;

/// How an investigation started.
pub fn start(start: &Start) -> Rich {
    let lead = match start {
        Start::Alarm { .. } => "alarm ",
        Start::Symptom { .. } | Start::Text { .. } => "",
        Start::Event { .. } => "event ",
        Start::Preset { .. } => "preset: ",
    };
    Rich::of(Role::Text, lead).text(Role::Text, &start.text())
}

/// A stage of work as something that is being done.
pub const fn doing(phase: Phase) -> &'static str {
    match phase {
        Phase::Frame => "framing",
        Phase::Scope => "scoping",
        Phase::Look => "looking",
        Phase::Suppose => "supposing",
        Phase::Test => "testing",
        Phase::Settle => "settling",
        Phase::Plan => "planning",
    }
}

/// The stages in order.
pub const PHASES: [Phase; 7] = [
    Phase::Frame,
    Phase::Scope,
    Phase::Look,
    Phase::Suppose,
    Phase::Test,
    Phase::Settle,
    Phase::Plan,
];

/// A verdict as a badge.
pub const fn badge(verdict: Verdict) -> (&'static str, Role) {
    match verdict {
        Verdict::Cause => ("ROOT CAUSE", Role::BadgeCause),
        Verdict::NoFault => ("NO FAULT", Role::BadgeClear),
        Verdict::Inconclusive => ("CANNOT TELL", Role::BadgeUnsure),
    }
}

/// What an operator wants, in a few words.
pub fn intent(intent: &Intent) -> String {
    match intent {
        Intent::Pause => "pause".to_owned(),
        Intent::Resume => "go on".to_owned(),
        Intent::Cancel => "cancel".to_owned(),
        Intent::Focus { resource } => format!("focus on {resource}"),
        Intent::Ignore { resource } => format!("ignore {resource}"),
        Intent::Window { window } => format!("look at {} to {}", time(window.from), time(window.to)),
        Intent::Skip { origin } => format!("leave out {}", origin_word(*origin)),
        Intent::Include { origin } => format!("take in {}", origin_word(*origin)),
        Intent::Show { origin, resource } => format!("show {} of {resource}", origin_word(*origin)),
        Intent::Call { connection, tool, .. } => crate::model::inert(&format!("call {tool} of {connection}")),
        Intent::Priority { priority } => format!("priority {}", priority.as_str()),
        Intent::Investigate { text } => format!("investigate {}", crate::model::inert(text)),
        Intent::Ask => "question".to_owned(),
        Intent::Unknown => "not understood".to_owned(),
    }
}

/// A kind of evidence, for a person.
pub const fn origin_word(origin: crate::model::Origin) -> &'static str {
    use crate::model::Origin as O;
    match origin {
        O::Metrics => "metrics",
        O::Logs => "logs",
        O::Changes => "changes",
        O::Events => "service events",
        O::Configuration => "configuration",
        O::Relations => "relations",
        O::Alarms => "alarms",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_counts_read_well() {
        let now: Timestamp = "2025-10-27T14:05:00Z".parse().unwrap();
        let ago = |seconds: i64| age(now - jiff::SignedDuration::from_secs(seconds), now);
        assert_eq!(
            [ago(3), ago(150), ago(7_300), ago(900_000)],
            ["now", "2m", "2h", "10d"]
        );
        assert_eq!(count(1, "alarms"), "1 alarm");
        assert_eq!(count(1_234_567, "log lines"), "1,234,567 log lines");
    }

    #[test]
    fn the_clock_says_whose_time_it_tells() {
        let at: Timestamp = "2025-10-27T23:05:09Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let told = |local| {
            let clock = Clock { zone: &zone, local };
            [clock.time(at), clock.second(at), clock.mark(at)]
        };
        assert_eq!(told(false), ["23:05", "23:05:09", "UTC"]);
        assert_eq!(told(true), ["01:05", "01:05:09", "+02"]);
    }

    #[test]
    fn times_are_shown_in_utc_and_local() {
        let at: Timestamp = "2025-10-27T14:05:00Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(both(at, &zone), "2025-10-27 14:05:00 UTC (16:05 +02 local)");
        assert_eq!(both(at, &TimeZone::UTC), "2025-10-27 14:05:00 UTC");
    }
}
