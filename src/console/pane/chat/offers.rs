//! What can be completed: phrases that the engine understands, and names of resources. Pure.

use crate::{
    console::words,
    model::{
        Priority, Window,
        phrases::{self, OFFERS, Then},
    },
};

/// A way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The whole sentence, as it would stand there.
    pub text: String,
    /// What comes of it.
    pub about: &'static str,
}

/// Shortest beginning of a name that is completed in the middle of any sentence.
const SHORTEST: usize = 2;
/// Ways that are offered at most.
const MOST: usize = 50;

/// Phrases, and what has to follow them.
const SLOTS: [(&[&str], Then); 6] = [
    (&phrases::FOCUS, Then::Resource),
    (&phrases::IGNORE, Then::Resource),
    (&[phrases::WHY], Then::Resource),
    (&phrases::SHOW, Then::KindOfResource),
    (&phrases::SKIP, Then::Kind),
    (&phrases::PRIORITY, Then::Priority),
];

/// Ways to go on from what was typed; none when nothing was, or nothing fits. `window` is what is looked at now.
pub fn offers(typed: &str, names: &[String], window: Option<Window>) -> Vec<Offered> {
    if typed.trim().is_empty() {
        return Vec::new();
    }
    let lower = typed.to_lowercase();
    let mut found = Vec::new();
    if !typed.contains('\n') {
        for (phrases, then) in SLOTS {
            slot(&lower, phrases, then, names, &mut found);
        }
        times(&lower, window, &mut found);
        sentences(&lower, &mut found);
    }
    if found.is_empty() {
        last_word(typed, names, &mut found);
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|one| one.text != typed && seen.insert(one.text.clone()));
    found.truncate(MOST);
    found
}

/// Completes what follows a phrase.
fn slot(lower: &str, phrases: &[&str], then: Then, names: &[String], found: &mut Vec<Offered>) {
    let rest = |phrase: &&str| lower.strip_prefix(*phrase)?.strip_prefix(' ');
    let Some(rest) = phrases.iter().filter_map(rest).min_by_key(|rest| rest.len()) else {
        return;
    };
    let lead = lower.get(..lower.len() - rest.len()).unwrap_or_default();
    let mut add = |words: &str, about| {
        found.push(Offered {
            text: format!("{lead}{words}"),
            about,
        });
    };
    match then {
        Then::Resource => {
            for name in named(rest, names) {
                add(name, "resource");
            }
        }
        Then::KindOfResource => match rest.split_once(" of ") {
            Some((kind, begun)) => {
                for name in named(begun, names) {
                    add(&format!("{kind} of {name}"), "resource");
                }
            }
            None => {
                for kind in kinds(rest) {
                    add(&format!("{kind} of "), "of a resource");
                }
            }
        },
        Then::Kind => {
            for kind in kinds(rest) {
                add(kind, "kind of evidence");
            }
        }
        Then::Priority => {
            for priority in Priority::ALL {
                let word = priority.as_str().to_lowercase();
                if word.starts_with(rest) {
                    add(&word, "priority");
                }
            }
        }
        Then::Nothing | Then::Window | Then::Tool | Then::Words => {}
    }
}

fn kinds(begun: &str) -> impl Iterator<Item = &'static str> {
    let words = phrases::KINDS
        .iter()
        .filter_map(|(_, words)| words.first().copied());
    words.filter(move |word| word.starts_with(begun))
}

/// The stretch of time that is looked at now, an hour longer: to be edited.
fn times(lower: &str, window: Option<Window>, found: &mut Vec<Offered>) {
    let Some(offer) = OFFERS.iter().find(|offer| offer.then == Then::Window) else {
        return;
    };
    let Some(window) = window.filter(|_| lower.trim_end() == offer.words) else {
        return;
    };
    let from = window.from - jiff::SignedDuration::from_hours(1);
    found.push(Offered {
        text: format!(
            "{} {} to {}",
            offer.words,
            words::time(from),
            words::time(window.to)
        ),
        about: "an hour more",
    });
}

/// Completes a sentence of which any word was begun: "changed" leads to "what changed".
fn sentences(lower: &str, found: &mut Vec<Offered>) {
    let begun = format!(" {lower}");
    let fits = |words: &str| format!(" {words}").contains(&begun);
    let (first, later): (Vec<&phrases::Offer>, Vec<&phrases::Offer>) = OFFERS
        .iter()
        .filter(|offer| fits(offer.words))
        .partition(|offer| offer.words.starts_with(lower));
    for offer in first.into_iter().chain(later) {
        let text = match offer.then {
            Then::Nothing => offer.words.to_owned(),
            _ => format!("{} ", offer.words),
        };
        found.push(Offered {
            text,
            about: offer.does,
        });
    }
}

/// Completes the name that the last word begins.
fn last_word(typed: &str, names: &[String], found: &mut Vec<Offered>) {
    let at = typed.rfind([' ', '\n']).map_or(0, |at| at + 1);
    let (lead, word) = typed.split_at(at);
    if word.chars().count() < SHORTEST {
        return;
    }
    for name in named(&word.to_lowercase(), names) {
        found.push(Offered {
            text: format!("{lead}{name}"),
            about: "resource",
        });
    }
}

/// Names that begin with these words, then those that hold them.
fn named<'a>(begun: &str, names: &'a [String]) -> impl Iterator<Item = &'a String> {
    let lower = |name: &String| name.to_lowercase();
    let (first, later): (Vec<&String>, Vec<&String>) = names
        .iter()
        .filter(|name| lower(name).contains(begun))
        .partition(|name| lower(name).starts_with(begun));
    first.into_iter().chain(later)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(typed: &str) -> Vec<String> {
        let names = ["order-intake", "orders-api", "stock"].map(str::to_owned);
        let window = Window::new(
            "2025-10-27T02:12:00Z".parse().unwrap(),
            "2025-10-27T03:12:00Z".parse().unwrap(),
        );
        let found = offers(typed, &names, Some(window));
        found.into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn sentences_names_and_kinds_are_completed() {
        assert_eq!(texts("fo"), ["focus on "]);
        assert_eq!(texts("changed"), ["what changed"]);
        assert_eq!(texts("ignore ord"), ["ignore order-intake", "ignore orders-api"]);
        assert_eq!(texts("ignore the st"), ["ignore the stock"]);
        assert_eq!(texts("ignore intake"), ["ignore order-intake"]);
        assert_eq!(texts("show me the l"), ["show me the logs of "]);
        assert_eq!(texts("show logs of st"), ["show logs of stock"]);
        assert_eq!(texts("priority h"), ["priority high"]);
        assert_eq!(texts("skip me"), ["skip metrics"]);
        assert_eq!(
            texts("look at "),
            [
                "look at order-intake",
                "look at orders-api",
                "look at stock",
                "look at 01:12 to 03:12"
            ]
        );
        assert_eq!(texts("does it call sto"), ["does it call stock"]);
        assert_eq!(texts("first\nthen sto"), ["first\nthen stock"]);
    }

    #[test]
    fn nothing_is_offered_for_nothing_or_for_what_is_whole() {
        for typed in ["", "  ", "what changed", "ignore stock", "a poem"] {
            assert_eq!(texts(typed), Vec::<String>::new(), "{typed}");
        }
    }
}
