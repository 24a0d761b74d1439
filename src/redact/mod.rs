//! Secrets and personal data out of text, before anything is written.
//!
//! What is taken out leaves a numbered placeholder behind (`<secret-3>`): the same value has the same number for as
//! long as one [`Redactor`] lives, so that "the same key in both logs" can still be seen. Redacting twice changes
//! nothing. Names, ids, ARNs, hashes and account numbers stay: an investigation needs them.
//!
//! - [`Scope::Secrets`], always, before disk: keys, tokens, private keys, passwords in URLs and assignments, card numbers.
//! - [`Scope::Personal`], before a language model or an outlet: also e-mail addresses, telephone numbers and public IP
//!   addresses. Private addresses (RFC 1918, loopback, link-local, carrier-grade NAT) stay: they name machines, not people.

mod assignment;
mod card;
mod name;
mod personal;
mod prefilter;
mod rules;
mod secret;
mod span;
mod value;

use std::{borrow::Cow, collections::HashMap, ops::Range};

use serde_json::Value;

use crate::model::{Span, Text};

pub use secret::Secret;
use span::{Found, Sort};

/// True for the name of a variable or property whose value is a secret (`DB_PASSWORD`, `clientSecret`).
pub fn names_a_secret(name: &str) -> bool {
    name::is_secret(name)
}

/// What is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Secrets alone: everything that is written to disk.
    Secrets,
    /// Secrets and personal data: everything that goes to a language model or an outlet.
    Personal,
}

/// Takes secrets out of text and remembers which number each of them has. Holds the secrets in memory: never log it.
#[derive(Clone)]
pub struct Redactor {
    scope: Scope,
    known: HashMap<(Sort, String), u64>,
    highest: [u64; Sort::COUNT],
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({:?}, {} values)", self.scope, self.known.len())
    }
}

impl Redactor {
    /// A redactor that numbers from 1.
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            known: HashMap::new(),
            highest: [0; Sort::COUNT],
        }
    }

    /// Numbers new secrets above `number` from now on.
    pub fn number_above(&mut self, number: u64) {
        let highest = &mut self.highest[Sort::Secret as usize];
        *highest = number.max(*highest);
    }

    /// The highest number that a secret has so far; 0 when there is none.
    pub fn highest(&self) -> u64 {
        self.highest[Sort::Secret as usize]
    }

    /// How many different things were taken out so far.
    pub fn taken_out(&self) -> u64 {
        self.known.len() as u64
    }

    /// Moves the secrets numbered above `from` up, so that the first of them has the number `to + 1`: somebody else
    /// took the numbers between. What was redacted with the old numbers has to be redacted again from its original.
    pub fn renumber(&mut self, from: u64, to: u64) {
        let shift = to.saturating_sub(from);
        for ((sort, _), number) in &mut self.known {
            if *sort == Sort::Secret && *number > from {
                *number += shift;
            }
        }
        self.highest[Sort::Secret as usize] += shift;
    }

    /// The text without what has to go; borrowed when there was nothing.
    pub fn text<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        let mut current = Cow::Borrowed(text);
        // What is left after a pass may look like a secret by itself (a boundary has moved), so go on until nothing is
        // found. Every pass shortens the text outside placeholders, so it ends.
        while let Some(next) = self.pass(&current) {
            current = Cow::Owned(next);
        }
        current
    }

    /// A sentence without what has to go; its spans stay what they are.
    pub fn sentence(&mut self, text: &Text) -> Text {
        let mut clean = |words: &str| self.text(words).into_owned();
        let spans = text.0.iter().map(|span| match span {
            Span::Own(words) => Span::Own(clean(words)),
            Span::External { external } => Span::External {
                external: clean(external),
            },
        });
        Text(spans.collect())
    }

    /// Takes what has to go out of every string of a JSON value, in place. A string under a name such as `password` goes
    /// as a whole. True when anything was changed.
    pub fn value(&mut self, value: &mut Value) -> bool {
        value::redact(self, value)
    }

    fn pass(&mut self, text: &str) -> Option<String> {
        if !prefilter::suspicious(text, self.scope) {
            return None;
        }
        let mut found = Vec::new();
        for segment in segments(text) {
            rules::find(text, segment.clone(), &mut found);
            if self.scope == Scope::Personal {
                personal::find(text, segment, &mut found);
            }
        }
        let found = span::merge(found);
        if found.is_empty() {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for Found { span, sort } in found {
            out.push_str(text.get(from..span.start).unwrap_or_default());
            out.push_str(&self.placeholder(sort, text.get(span.clone()).unwrap_or_default()));
            from = span.end;
        }
        out.push_str(text.get(from..).unwrap_or_default());
        Some(out)
    }

    fn placeholder(&mut self, sort: Sort, value: &str) -> String {
        let highest = &mut self.highest[sort as usize];
        let number = *self.known.entry((sort, value.to_owned())).or_insert_with(|| {
            *highest += 1;
            *highest
        });
        format!("<{}-{number}>", sort.word())
    }
}

/// The stretches of text between placeholders: what may still hold secrets.
fn segments(text: &str) -> Vec<Range<usize>> {
    let mut segments = Vec::new();
    let mut from = 0;
    for placeholder in rules::placeholders(text) {
        if placeholder.start > from {
            segments.push(from..placeholder.start);
        }
        from = placeholder.end;
    }
    if from < text.len() {
        segments.push(from..text.len());
    }
    segments
}

#[cfg(test)]
mod tests;
