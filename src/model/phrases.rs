//! What can be said to an investigation: the words that the engine understands and a screen offers. One list for both, so
//! that nothing is offered that is not understood.

use super::Origin;

/// Hold everything.
pub const PAUSE: [&str; 5] = ["pause", "hold", "wait", "hold on", "pause it"];
/// Go on.
pub const RESUME: [&str; 5] = ["resume", "go on", "continue", "carry on", "unpause"];
/// End it.
pub const CANCEL: [&str; 5] = ["cancel", "stop", "abort", "cancel it", "stop it"];
/// Before the starting point of another investigation.
pub const INVESTIGATE: [&str; 3] = ["investigate", "start an investigation of", "look into"];
/// Before a resource that is to be looked at first.
pub const FOCUS: [&str; 5] = ["focus on", "concentrate on", "look at", "check", "look closer at"];
/// Before a resource that is to be set aside.
pub const IGNORE: [&str; 5] = ["ignore", "forget about", "leave out", "set aside", "rule out"];
/// Before a kind of evidence of a resource.
pub const SHOW: [&str; 7] = [
    "show",
    "show me the",
    "show the",
    "show me",
    "read the",
    "get the",
    "fetch the",
];
/// Before a connection, a tool of it, and what the tool is given.
pub const CALL: [&str; 1] = ["call"];
/// Before a kind of evidence that is to be left out of account.
pub const SKIP: [&str; 6] = [
    "skip",
    "stop looking at",
    "leave out",
    "forget",
    "no more",
    "without",
];
/// Before a kind of evidence that counts `again`.
pub const INCLUDE: [&str; 2] = ["look at", "include"];
/// Before a priority.
pub const PRIORITY: [&str; 3] = ["priority", "set the priority to", "make it"];
/// Before or within a stretch of time.
pub const WINDOW: [&str; 6] = [
    "look at",
    "window",
    "look from",
    "look between",
    "between",
    "from",
];
/// Before, and in the middle of, two times.
pub const STRETCH: [(&str, &str); 4] = [
    ("from ", " to "),
    ("between ", " and "),
    ("from ", " until "),
    ("look at ", " to "),
];
/// Words that mean a kind of evidence; the first is the one that is offered.
pub const KINDS: [(Origin, &[&str]); 5] = [
    (Origin::Changes, &["changes", "change", "deploy", "release"]),
    (Origin::Logs, &["logs", "log"]),
    (Origin::Metrics, &["metrics", "metric", "graph", "chart"]),
    (
        Origin::Configuration,
        &["configuration", "config", "setting", "setup"],
    ),
    (Origin::Events, &["events", "event"]),
];

/// What is happening?
pub const HAPPENING: [&str; 10] = [
    "what is happening",
    "what's happening",
    "whats happening",
    "what is going on",
    "what's up",
    "status",
    "how far",
    "where are we",
    "progress",
    "summary",
];
/// Begins the question for reasons.
pub const WHY: &str = "why";
/// Other words for it.
pub const REASONS: [&str; 3] = ["how sure", "what makes you", "reason"];
/// What changed?
pub const CHANGED: [&str; 5] = [
    "what changed",
    "which change",
    "who changed",
    "what was deployed",
    "recent changes",
];
/// What could not be looked at?
pub const GAPS: [&str; 7] = [
    "what could not be looked at",
    "could not",
    "couldn't",
    "not look",
    "gaps",
    "blind",
    "missing",
];
/// What should be done now?
pub const TO_DO: [&str; 7] = [
    "what should i do",
    "what now",
    "how do i fix",
    "how to fix",
    "mitigat",
    "the plan",
    "what to do",
];
/// What would keep it from coming back?
pub const PREVENTION: [&str; 7] = [
    "what would prevent it",
    "prevent",
    "recommend",
    "evaluate",
    "come back",
    "coming back",
    "happen again",
];
/// What can be said at all?
pub const HELP: [&str; 2] = ["what can you", "what can i"];

/// What has to follow the words of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing: it is a whole sentence.
    Nothing,
    /// A resource.
    Resource,
    /// A kind of evidence.
    Kind,
    /// A kind of evidence, `of`, and a resource.
    KindOfResource,
    /// Two times with ` to ` between them.
    Window,
    /// A priority.
    Priority,
    /// A connection, one of its tools, and what the tool is given.
    Tool,
    /// A sentence.
    Words,
}

/// Something that can be said, as a screen offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The words.
    pub words: &'static str,
    /// What has to follow them.
    pub then: Then,
    /// What comes of it.
    pub does: &'static str,
}

/// What is offered, what is said most first.
pub const OFFERS: [Offer; 17] = [
    offer(HAPPENING[0], Then::Nothing, "how far it has come"),
    offer(WHY, Then::Nothing, "what speaks for the best hypothesis"),
    offer(CHANGED[0], Then::Nothing, "changes that could matter"),
    offer(FOCUS[0], Then::Resource, "look there first"),
    offer(IGNORE[0], Then::Resource, "set its hypotheses aside"),
    offer(SHOW[0], Then::KindOfResource, "look at that, and show it"),
    offer(CALL[0], Then::Tool, "ask a tool of a connection"),
    offer(WINDOW[0], Then::Window, "another stretch of time"),
    offer(SKIP[0], Then::Kind, "leave that kind of evidence out"),
    offer(PRIORITY[0], Then::Priority, "another place in the queue"),
    offer(GAPS[0], Then::Nothing, "the gaps, and why"),
    offer("what should I do", Then::Nothing, "the plan"),
    offer(PREVENTION[0], Then::Nothing, "measures"),
    offer(PAUSE[0], Then::Nothing, "no more questions until resumed"),
    offer(RESUME[0], Then::Nothing, "go on"),
    offer(CANCEL[0], Then::Nothing, "end it for good"),
    offer(INVESTIGATE[0], Then::Words, "open another investigation"),
];

const fn offer(words: &'static str, then: Then, does: &'static str) -> Offer {
    Offer { words, then, does }
}

/// The kind of evidence that words speak of.
pub fn kind(lower: &str) -> Option<Origin> {
    let speaks = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let found = KINDS.iter().find(|(_, words)| speaks(words));
    found.map(|(origin, _)| *origin)
}

/// What follows one of these phrases at the beginning of a sentence; none when nothing does.
pub fn after<'a>(sentence: &'a str, phrases: &[&str]) -> Option<&'a str> {
    let follows = |phrase: &&str| sentence.strip_prefix(*phrase)?.strip_prefix(' ').map(str::trim);
    let rest = phrases.iter().filter_map(follows).min_by_key(|rest| rest.len())?;
    (!rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_phrase_is_taken() {
        assert_eq!(after("show me the logs of x", &SHOW), Some("logs of x"));
        assert_eq!(after("show logs of x", &SHOW), Some("logs of x"));
        assert_eq!(after("showing off", &SHOW), None);
        assert_eq!(after("show ", &SHOW), None);
    }
}
