//! Single values: their sort, and what they must be beyond it.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeArray, DeValue},
};

use super::{
    Mistakes, command, near,
    schema::{Key, Sort},
};
use crate::{
    engine::{pattern::phrase, template},
    model::inert,
};

/// What a value is, for a person.
pub(super) const fn sort_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl Mistakes<'_> {
    /// A value that is no table.
    pub(super) fn plain(&mut self, value: &Spanned<DeValue<'_>>, key: &Key) {
        let at = value.span();
        match (&key.sort, value.get_ref()) {
            (Sort::Text, DeValue::String(text)) => self.text(text, &at, key),
            (Sort::Template, DeValue::String(text)) => {
                self.text(text, &at, key);
                self.template(text, &at);
            }
            (Sort::Expression, DeValue::String(text)) => self.expression(text, &at, key),
            (Sort::Choice(words), DeValue::String(text)) => {
                let words = words();
                if !words.contains(&text.as_ref()) {
                    let what = format!("'{}' is no {}", inert(text), key.name);
                    self.say(at.start, what, near(text, &words));
                }
            }
            (Sort::Flag, DeValue::Boolean(_)) => {}
            (Sort::Count, DeValue::Integer(number)) => {
                if !number.to_string().parse::<usize>().is_ok_and(|count| count > 0) {
                    let what = format!("'{}' is {number}", key.name);
                    self.say(at.start, what, format!("expected {}", key.sort.example()));
                }
            }
            (Sort::Number(least, most), DeValue::Integer(_) | DeValue::Float(_)) => {
                self.number(value, *least, *most, key);
            }
            (Sort::Names, DeValue::Array(items)) => self.each_text(items, key, |_, _, _| {}),
            (Sort::Types, DeValue::Array(items)) => {
                if items.is_empty() {
                    let what = format!("'{}' is empty", key.name);
                    self.say(at.start, what, format!("expected {}", key.sort.example()));
                }
                self.each_text(items, key, |mistakes, kind, at| mistakes.kind(kind, &at));
            }
            (Sort::Command(only_reads), DeValue::Array(items)) => {
                self.each_text(items, key, |mistakes, word, at| mistakes.template(word, &at));
                let words: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
                if let Some((what, expected)) = words.and_then(|words| command::mistake(&words, *only_reads))
                {
                    self.say(at.start, what, expected);
                }
            }
            (_, other) => self.wrong_sort(at, key, other),
        }
    }

    fn text(&mut self, text: &str, at: &Range<usize>, key: &Key) {
        if text.trim().is_empty() {
            let what = format!("'{}' is empty", key.name);
            self.say(
                at.start,
                what,
                format!("expected {} = {}", key.name, key.sort.example()),
            );
        }
    }

    fn number(&mut self, value: &Spanned<DeValue<'_>>, least: f64, most: f64, key: &Key) {
        let written = match value.get_ref() {
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            _ => String::new(),
        };
        let number: Option<f64> = written.replace('_', "").parse().ok();
        if !number.is_some_and(|number| !number.is_nan() && (least..=most).contains(&number)) {
            self.say(
                value.span().start,
                format!("'{}' is {written}", key.name),
                format!("expected {}", key.sort.example()),
            );
        }
    }

    fn each_text(&mut self, items: &DeArray<'_>, key: &Key, check: fn(&mut Self, &str, Range<usize>)) {
        for item in items {
            match item.get_ref() {
                DeValue::String(text) if text.is_empty() => {
                    let what = format!("'{}' holds an empty word", key.name);
                    let expected = format!("expected {} = {}", key.name, key.sort.example());
                    self.say(item.span().start, what, expected);
                }
                DeValue::String(text) => check(self, text, item.span()),
                other => self.wrong_sort(item.span(), key, other),
            }
        }
    }

    /// The line of a word in a text that may go over several.
    fn within(&self, at: &Range<usize>, word: &str) -> usize {
        let written = self.text.get(at.clone()).unwrap_or_default();
        at.start + written.find(word).unwrap_or(0)
    }

    fn template(&mut self, text: &str, at: &Range<usize>) {
        for word in template::words(text).filter(|word| !template::is_known(word)) {
            let place = self.within(at, &format!("{{{word}}}"));
            let what = format!("'{{{}}}' cannot be filled", inert(word));
            let known = near(word, &template::WORDS);
            self.say(place, what, format!("{known}, or config. and a path"));
        }
    }

    fn expression(&mut self, text: &str, at: &Range<usize>, key: &Key) {
        if let Err(error) = phrase::compile(text) {
            let whole = error.to_string();
            let why = whole
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            self.say(
                at.start,
                format!("'{}' is no regular expression: {why}", key.name),
                "expected the syntax of https://docs.rs/regex, best between single quotes: 'timed? out'",
            );
        } else if text.is_empty() {
            let what = format!("'{}' is empty and matches everything", key.name);
            self.say(
                at.start,
                what,
                format!("expected {} = {}", key.name, key.sort.example()),
            );
        }
    }

    /// A type is CloudFormation's three parts, a plain word, or `*`.
    fn kind(&mut self, kind: &str, at: &Range<usize>) {
        let plain = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let parts: Vec<&str> = kind.split("::").collect();
        let right = match parts.as_slice() {
            ["*"] => true,
            // An object of a Kubernetes cluster: `k8s/deployment`.
            [word] if word.starts_with("k8s/") => {
                word.bytes().skip(4).all(|byte| byte.is_ascii_lowercase()) && word.len() > 4
            }
            [word] => plain(word) && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            ["AWS", service, name] => plain(service) && plain(name),
            [first, ..] => *first != "AWS" && parts.iter().all(|part| plain(part)),
            [] => false,
        };
        if !right {
            self.say(
                at.start,
                format!("'{}' is no resource type", inert(kind)),
                "expected AWS::Service::Type as CloudFormation spells it, a plain word such as service, or *",
            );
        }
    }
}
