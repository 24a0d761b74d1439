//! What is looked for: words, and terms like `state:running`.

use super::standing::Standing;
use crate::{journal::views::Listed, model::Priority};

/// Shown while the filter is empty.
pub const PLACEHOLDER: &str = "words state:running priority:high verdict:cause linked";

/// The terms with an example, and what else can stand there: for the help and for a filter that finds nothing.
pub const TERMS: [(&str, &str); 5] = [
    ("words", "in title, verdict, cause or id; all must occur"),
    (
        "state:running",
        "queued, paused, completed, failed, cancelled, open; a comma means or",
    ),
    ("priority:high", "critical, medium, low, minimal"),
    ("verdict:cause", "nofault, cannottell"),
    ("linked", "looked at again, or looking again"),
];

/// What is looked for. Everything must hold; a term whose value is still being typed holds for what begins so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    words: Vec<String>,
    states: Vec<String>,
    priorities: Vec<String>,
    verdicts: Vec<String>,
    linked: bool,
}

impl Wanted {
    /// Reads a filter, in lower case.
    pub fn parse(needle: &str) -> Self {
        let mut wanted = Self::default();
        for part in needle.split_whitespace() {
            let place = match part.split_once(':') {
                Some(("state", value)) => Some((&mut wanted.states, value)),
                Some(("priority", value)) => Some((&mut wanted.priorities, value)),
                Some(("verdict", value)) => Some((&mut wanted.verdicts, value)),
                _ => None,
            };
            match place {
                Some((values, value)) => values.push(value.replace(['_', '-'], "")),
                None if part == "linked" => wanted.linked = true,
                None => wanted.words.push(part.to_owned()),
            }
        }
        wanted
    }

    /// True when this one is looked for.
    pub fn keeps(&self, listed: &Listed, standing: Standing, priority: Priority, linked: bool) -> bool {
        let is = |wanted: &[String], words: &[&str]| {
            wanted.iter().all(|value| {
                value
                    .split(',')
                    .any(|value| words.iter().any(|word| word.starts_with(value)))
            })
        };
        let open = if standing.is_open() { "open" } else { "closed" };
        (linked || !self.linked)
            && is(&self.states, &[standing.state().as_str(), open])
            && (self.priorities.is_empty() || is(&self.priorities, &[&priority.as_str().to_lowercase()]))
            && is(&self.verdicts, verdicts(standing))
            && (self.words.is_empty() || self.says(listed, standing))
    }

    fn says(&self, listed: &Listed, standing: Standing) -> bool {
        let mut told = listed.opened.title.plain();
        told.push('\n');
        told.push_str(listed.opened.stream.as_str());
        if let Some(closed) = &listed.closed {
            told.push('\n');
            told.push_str(&closed.text.plain());
            if let Some(category) = closed.category {
                told.push('\n');
                told.push_str(category.words());
            }
        }
        told.push('\n');
        told.push_str(closed_word(listed).unwrap_or(standing.title()));
        let told = told.to_lowercase();
        self.words.iter().all(|word| told.contains(word))
    }
}

const fn verdicts(standing: Standing) -> &'static [&'static str] {
    match standing {
        Standing::Cause => &["cause"],
        Standing::NoFault => &["nofault"],
        Standing::CannotTell => &["cannottell", "inconclusive"],
        _ => &[],
    }
}

/// How it ended, in the words of the list.
pub fn closed_word(listed: &Listed) -> Option<&'static str> {
    listed.closed.as_ref().map(crate::journal::body::Closed::word)
}
