//! From a plain sentence to what is wanted.

use jiff::Timestamp;

use crate::model::{Intent, Origin, Resource, ResourceId, when};

/// A sentence, understood.
#[derive(Debug, Clone, PartialEq)]
pub enum Understood {
    /// Something to do.
    Do(Intent),
    /// A question that the journal answers.
    Ask(Question),
    /// Another investigation is wanted.
    Investigate(String),
    /// The sentence speaks of a resource that nobody knows; these words were taken for its name.
    NoSuchResource(String),
    /// Not understood.
    Unknown,
}

/// A question that the journal answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// What is happening?
    Happening,
    /// Why (this cause, or this resource)?
    Why(Option<ResourceId>),
    /// What changed?
    Changed,
    /// What could not be looked at?
    Gaps,
    /// What should I do?
    Plan,
    /// What would keep it from coming back?
    Prevention,
    /// What can you do?
    Help,
}

/// Understands a sentence; `known` are the resources that it may name, `now` is what "20 min ago" counts from.
pub fn understand(sentence: &str, known: &[&Resource], now: Timestamp) -> Understood {
    let words = sentence.trim();
    let lower = words.to_lowercase();
    let lower = lower.trim_end_matches(['.', '!', '?', ' ']);
    if lower.is_empty() {
        return Understood::Unknown;
    }
    if let Some(intent) = command(lower) {
        return Understood::Do(intent);
    }
    if let Some(rest) = after(
        lower,
        &["investigate ", "start an investigation of ", "look into "],
    ) {
        let start = words
            .len()
            .saturating_sub(rest.len() + (words.len() - lower.len()));
        return Understood::Investigate(words.get(start..).unwrap_or(rest).to_owned());
    }
    if let Some(window) = window(lower, words, now) {
        return Understood::Do(Intent::Window { window });
    }
    if let Some(intent) = kinds(lower) {
        return Understood::Do(intent);
    }
    about_a_resource(lower, known)
        .or_else(|| question(lower, known))
        .unwrap_or(Understood::Unknown)
}

fn command(lower: &str) -> Option<Intent> {
    Some(match lower {
        "pause" | "hold" | "wait" | "hold on" | "pause it" => Intent::Pause,
        "resume" | "go on" | "continue" | "carry on" | "unpause" => Intent::Resume,
        "cancel" | "stop" | "abort" | "cancel it" | "stop it" => Intent::Cancel,
        _ => return None,
    })
}

fn after<'a>(lower: &'a str, starts: &[&str]) -> Option<&'a str> {
    starts
        .iter()
        .find_map(|start| lower.strip_prefix(start))
        .map(str::trim)
        .filter(|rest| !rest.is_empty())
}

/// `look at the window 14:00..15:00`, `look from 14:00 to 15:00`, `between 14:00 and 15:00`.
fn window(lower: &str, words: &str, now: Timestamp) -> Option<crate::model::Window> {
    let asks = [
        "window",
        "look at",
        "look from",
        "look between",
        "between",
        "from ",
    ]
    .iter()
    .any(|word| lower.contains(word));
    if !asks {
        return None;
    }
    let read = |from: &str, to: &str| {
        let (from, to) = (when::find(from, now)?, when::find(to, now)?);
        (from < to).then(|| crate::model::Window::new(from, to))
    };
    if let Some((from, to)) = words.split_once("..") {
        return read(from, to);
    }
    for (start, middle) in [("from ", " to "), ("between ", " and "), ("from ", " until ")] {
        if let Some(at) = lower.find(start)
            && let Some((from, to)) = lower
                .get(at + start.len()..)
                .and_then(|rest| rest.split_once(middle))
        {
            return read(&from.to_uppercase(), &to.to_uppercase());
        }
    }
    None
}

fn origin(lower: &str) -> Option<Origin> {
    let kinds = [
        (
            Origin::Changes,
            ["deployment", "deploy", "change", "release"].as_slice(),
        ),
        (Origin::Logs, ["log"].as_slice()),
        (Origin::Metrics, ["metric", "graph", "chart"].as_slice()),
        (Origin::Configuration, ["config", "setting", "setup"].as_slice()),
        (Origin::Events, ["event"].as_slice()),
    ];
    kinds
        .iter()
        .find(|(_, words)| words.iter().any(|word| lower.contains(word)))
        .map(|(origin, _)| *origin)
}

/// `stop looking at deployments`, `leave the logs out`, `look at deployments again`.
fn kinds(lower: &str) -> Option<Intent> {
    let kind = origin(lower)?;
    let skip = [
        "stop looking at",
        "leave out",
        "forget",
        "skip",
        "no more",
        "without",
    ];
    if skip.iter().any(|words| lower.starts_with(words))
        || (lower.starts_with("ignore") && lower.split(' ').count() <= 3)
    {
        return Some(Intent::Skip { origin: kind });
    }
    let include = lower.ends_with("again") && (lower.starts_with("look at") || lower.starts_with("include"));
    include.then_some(Intent::Include { origin: kind })
}

fn about_a_resource(lower: &str, known: &[&Resource]) -> Option<Understood> {
    let focus = [
        "focus on ",
        "concentrate on ",
        "look at ",
        "check ",
        "look closer at ",
    ];
    let ignore = [
        "ignore ",
        "forget about ",
        "leave out ",
        "set aside ",
        "rule out ",
    ];
    let show = [
        "show me the ",
        "show the ",
        "show me ",
        "show ",
        "read the ",
        "get the ",
        "fetch the ",
    ];
    if let Some(rest) = after(lower, &show) {
        let kind = origin(rest)?;
        let (_, named) = rest
            .split_once(" of ")
            .or_else(|| rest.split_once(" for "))
            .or_else(|| rest.split_once(" from "))?;
        return Some(match find(named, known) {
            Some(resource) => Understood::Do(Intent::Show {
                origin: kind,
                resource,
            }),
            None => Understood::NoSuchResource(named.to_owned()),
        });
    }
    if let Some(named) = after(lower, &ignore) {
        return Some(match find(named, known) {
            Some(resource) => Understood::Do(Intent::Ignore { resource }),
            None => Understood::NoSuchResource(named.to_owned()),
        });
    }
    let named = after(lower, &focus)?;
    Some(match find(named, known) {
        Some(resource) => Understood::Do(Intent::Focus { resource }),
        None => Understood::NoSuchResource(named.to_owned()),
    })
}

fn question(lower: &str, known: &[&Resource]) -> Option<Understood> {
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&[
        "what changed",
        "which change",
        "who changed",
        "what was deployed",
        "recent changes",
    ]) || lower == "changes"
    {
        return Some(Understood::Ask(Question::Changed));
    }
    if has(&["could not", "couldn't", "not look", "gaps", "blind", "missing"]) {
        return Some(Understood::Ask(Question::Gaps));
    }
    if has(&[
        "what should i do",
        "what now",
        "how do i fix",
        "how to fix",
        "mitigat",
        "the plan",
        "what to do",
    ]) {
        return Some(Understood::Ask(Question::Plan));
    }
    if has(&[
        "prevent",
        "recommend",
        "evaluate",
        "come back",
        "coming back",
        "happen again",
    ]) {
        return Some(Understood::Ask(Question::Prevention));
    }
    if lower.starts_with("why") || has(&["how sure", "what makes you", "reason"]) {
        return Some(Understood::Ask(Question::Why(find(lower, known))));
    }
    if has(&[
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
    ]) {
        return Some(Understood::Ask(Question::Happening));
    }
    if lower == "help" || has(&["what can you", "what can i"]) {
        return Some(Understood::Ask(Question::Help));
    }
    None
}

/// The resource that words name: by id or name in full, else the only one whose name holds the words.
fn find(words: &str, known: &[&Resource]) -> Option<ResourceId> {
    let words = words
        .trim()
        .trim_start_matches("the ")
        .trim_matches(['"', '\'', '`', ' ']);
    if words.is_empty() {
        return None;
    }
    let names = |resource: &Resource| [resource.id.as_str().to_lowercase(), resource.name.to_lowercase()];
    // A stack often has the name of what it holds; whoever says the name means that.
    let exact = known
        .iter()
        .filter(|resource| names(resource).iter().any(|name| name == words));
    if let Some(exact) = exact.min_by_key(|resource| resource.is_container()) {
        return Some(exact.id.clone());
    }
    let dashed = words.replace(' ', "-");
    let said = |name: &str| words.contains(name) || dashed.contains(name);
    let mut within: Vec<&&Resource> = known
        .iter()
        .filter(|resource| names(resource).iter().any(|name| name.len() >= 3 && said(name)))
        .collect();
    within.sort_by_key(|resource| (std::cmp::Reverse(resource.name.len()), resource.is_container()));
    if let Some(longest) = within.first() {
        return Some(longest.id.clone());
    }
    let mut holding = known.iter().filter(|resource| {
        names(resource)
            .iter()
            .any(|name| name.contains(words) || name.contains(&dashed))
    });
    match (holding.next(), holding.next()) {
        (Some(only), None) => Some(only.id.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(sentence: &str) -> Understood {
        let known = [
            Resource::new("order-intake", "AWS::Lambda::Function", "order-intake"),
            Resource::new("table:orders", "AWS::DynamoDB::Table", "orders"),
            Resource::new("i-0abc", "AWS::EC2::Instance", "nightly-batch"),
        ];
        understand(
            sentence,
            &known.iter().collect::<Vec<_>>(),
            "2025-10-27T15:00:00Z".parse().unwrap(),
        )
    }

    #[test]
    fn plain_sentences_are_understood() {
        let focus = Understood::Do(Intent::Focus {
            resource: "order-intake".into(),
        });
        assert_eq!(heard("Focus on order-intake"), focus);
        assert_eq!(
            heard("look at the order intake function"),
            heard("focus on order-intake")
        );
        assert_eq!(
            heard("ignore the batch"),
            Understood::Do(Intent::Ignore {
                resource: "i-0abc".into()
            })
        );
        assert_eq!(
            heard("stop looking at deployments"),
            Understood::Do(Intent::Skip {
                origin: Origin::Changes
            })
        );
        assert_eq!(
            heard("show me the logs of orders"),
            Understood::Do(Intent::Show {
                origin: Origin::Logs,
                resource: "table:orders".into()
            })
        );
        assert_eq!(heard("why?"), Understood::Ask(Question::Why(None)));
        assert_eq!(
            heard("why not order-intake?"),
            Understood::Ask(Question::Why(Some("order-intake".into())))
        );
        assert_eq!(heard("what changed"), Understood::Ask(Question::Changed));
        assert_eq!(heard("What is happening?"), Understood::Ask(Question::Happening));
        assert_eq!(heard("pause"), Understood::Do(Intent::Pause));
        assert!(
            matches!(heard("look at the window 14:00..14:30"), Understood::Do(Intent::Window { window }) if window.seconds() == 1_800)
        );
        assert!(matches!(
            heard("look from 14:00 to 14:30"),
            Understood::Do(Intent::Window { .. })
        ));
        assert_eq!(
            heard("focus on checkout"),
            Understood::NoSuchResource("checkout".to_owned())
        );
        assert_eq!(
            heard("Investigate 5xx of Search"),
            Understood::Investigate("5xx of Search".to_owned())
        );
        assert_eq!(heard("write me a poem"), Understood::Unknown);
    }
}
