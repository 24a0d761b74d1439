//! From a plain sentence to what is wanted.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::model::{
    Intent, Resource, ResourceId,
    phrases::{self, after},
    when,
};

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
    /// A tool is to be called, but not so: why.
    NoCall(&'static str),
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
    if let Some(rest) = after(lower, &phrases::INVESTIGATE) {
        let start = words
            .len()
            .saturating_sub(rest.len() + (words.len() - lower.len()));
        return Understood::Investigate(words.get(start..).unwrap_or(rest).to_owned());
    }
    if after(lower, &phrases::CALL).is_some() {
        // As it was said: names and values know upper and lower case.
        return call(words.split_once(' ').map_or("", |(_, said)| said).trim());
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
    if let Some(priority) = after(lower, &phrases::PRIORITY).and_then(|word| word.parse().ok()) {
        return Some(Intent::Priority { priority });
    }
    let said = [
        (phrases::PAUSE, Intent::Pause),
        (phrases::RESUME, Intent::Resume),
        (phrases::CANCEL, Intent::Cancel),
    ];
    let found = said.into_iter().find(|(words, _)| words.contains(&lower));
    found.map(|(_, intent)| intent)
}

/// `runbooks search_runbooks words=orders`, `runbooks search_runbooks {"words": "orders fail"}`.
fn call(said: &str) -> Understood {
    let (connection, rest) = said.split_once(' ').unwrap_or((said, ""));
    let rest = rest.trim_start();
    let (tool, given) = rest.split_once(' ').unwrap_or((rest, ""));
    if tool.is_empty() {
        return Understood::NoCall("no tool is named");
    }
    let given = given.trim();
    let arguments = if given.is_empty() {
        Value::Null
    } else if given.starts_with('{') {
        match serde_json::from_str(given) {
            Ok(object) => Value::Object(object),
            Err(_) => return Understood::NoCall("what stands behind the tool is no JSON object"),
        }
    } else {
        let pairs: Option<Map<String, Value>> = given.split_whitespace().map(pair).collect();
        match pairs {
            Some(pairs) => Value::Object(pairs),
            None => return Understood::NoCall("what stands behind the tool is not name=value"),
        }
    };
    Understood::Do(Intent::Call {
        connection: connection.to_owned(),
        tool: tool.to_owned(),
        arguments,
    })
}

/// `limit=5` as a number, `words=orders` as a text.
fn pair(said: &str) -> Option<(String, Value)> {
    let (name, value) = said.split_once('=').filter(|(name, _)| !name.is_empty())?;
    let number = value.parse::<i64>().map(Value::from);
    let value = match (number, value) {
        (Ok(number), _) => number,
        (_, "true") => Value::Bool(true),
        (_, "false") => Value::Bool(false),
        _ => Value::from(value),
    };
    Some((name.to_owned(), value))
}

/// `look at 14:00 to 15:00`, `look at the window 14:00..15:00`, `between 14:00 and 15:00`.
fn window(lower: &str, words: &str, now: Timestamp) -> Option<crate::model::Window> {
    if !phrases::WINDOW.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let read = |from: &str, to: &str| {
        let (from, to) = (when::find(from, now)?, when::find(to, now)?);
        (from < to).then(|| crate::model::Window::new(from, to))
    };
    if let Some((from, to)) = words.split_once("..") {
        return read(from, to);
    }
    for (start, middle) in phrases::STRETCH {
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

/// `stop looking at deployments`, `leave the logs out`, `look at deployments again`.
fn kinds(lower: &str) -> Option<Intent> {
    let kind = phrases::kind(lower)?;
    if phrases::SKIP.iter().any(|words| lower.starts_with(words))
        || (lower.starts_with("ignore") && lower.split(' ').count() <= 3)
    {
        return Some(Intent::Skip { origin: kind });
    }
    let include = lower.ends_with("again") && phrases::INCLUDE.iter().any(|words| lower.starts_with(words));
    include.then_some(Intent::Include { origin: kind })
}

fn about_a_resource(lower: &str, known: &[&Resource]) -> Option<Understood> {
    if let Some(rest) = after(lower, &phrases::SHOW) {
        let kind = phrases::kind(rest)?;
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
    if let Some(named) = after(lower, &phrases::IGNORE) {
        return Some(match find(named, known) {
            Some(resource) => Understood::Do(Intent::Ignore { resource }),
            None => Understood::NoSuchResource(named.to_owned()),
        });
    }
    let named = after(lower, &phrases::FOCUS)?;
    Some(match find(named, known) {
        Some(resource) => Understood::Do(Intent::Focus { resource }),
        None => Understood::NoSuchResource(named.to_owned()),
    })
}

fn question(lower: &str, known: &[&Resource]) -> Option<Understood> {
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let question = if lower == "changes" || has(&phrases::CHANGED) {
        Question::Changed
    } else if has(&phrases::GAPS) {
        Question::Gaps
    } else if has(&phrases::TO_DO) {
        Question::Plan
    } else if has(&phrases::PREVENTION) {
        Question::Prevention
    } else if lower.starts_with(phrases::WHY) || has(&phrases::REASONS) {
        Question::Why(find(lower, known))
    } else if has(&phrases::HAPPENING) {
        Question::Happening
    } else if lower == "help" || has(&phrases::HELP) {
        Question::Help
    } else {
        return None;
    };
    Some(Understood::Ask(question))
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
    use crate::model::{
        Origin, Priority,
        phrases::{KINDS, OFFERS, Then},
    };

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
        let call = |arguments: Value| {
            Understood::Do(Intent::Call {
                connection: "Runbooks".to_owned(),
                tool: "searchPages".to_owned(),
                arguments,
            })
        };
        assert_eq!(heard("call Runbooks searchPages"), call(Value::Null));
        assert_eq!(
            heard("call Runbooks searchPages words=Orders limit=5 deep=true"),
            call(serde_json::json!({"words": "Orders", "limit": 5, "deep": true}))
        );
        assert_eq!(
            heard(r#"Call Runbooks searchPages {"words": "Orders fail."}"#),
            call(serde_json::json!({"words": "Orders fail."}))
        );
        for wrong in [
            "call Runbooks",
            "call me when done",
            "call Runbooks searchPages {words",
        ] {
            assert!(matches!(heard(wrong), Understood::NoCall(_)), "{wrong}");
        }
        assert_eq!(heard("look at 14:00 to 14:30"), heard("look from 14:00 to 14:30"));
        assert_eq!(
            heard("priority high"),
            Understood::Do(Intent::Priority {
                priority: Priority::High
            })
        );
    }

    #[test]
    fn whatever_is_offered_is_understood() {
        for offer in OFFERS {
            let kinds = KINDS.map(|(_, words)| words[0].to_owned());
            let rest: Vec<String> = match offer.then {
                Then::Nothing => vec![String::new()],
                Then::Resource => vec!["orders".to_owned()],
                Then::Kind => kinds.to_vec(),
                Then::KindOfResource => kinds.map(|kind| format!("{kind} of orders")).to_vec(),
                Then::Window => vec!["02:50 to 03:10".to_owned()],
                Then::Priority => Priority::ALL
                    .map(|priority| priority.as_str().to_lowercase())
                    .to_vec(),
                Then::Tool => vec![
                    "runbooks search".to_owned(),
                    "runbooks search words=orders".to_owned(),
                ],
                Then::Words => vec!["5xx of search".to_owned()],
            };
            for rest in rest {
                let sentence = format!("{} {rest}", offer.words);
                let heard = heard(&sentence);
                let wrong = matches!(heard, Understood::Unknown | Understood::NoSuchResource(_));
                assert!(!wrong, "{sentence}: {heard:?}");
                let window = matches!(heard, Understood::Do(Intent::Window { .. }));
                assert_eq!(window, offer.then == Then::Window, "{sentence}: {heard:?}");
            }
        }
    }
}
