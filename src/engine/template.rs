//! Sentences and commands with words to be filled in.
//!
//! `{word}` is filled from what was observed, `{config.Cluster}` from the blamed resource's configuration; a part in `[...]` falls away when one of its words is unknown. In a
//! sentence a filled word is an external span; in a command it stays one argument.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{Place, Text};

/// The words that a template may use; besides them `config.` and a path into the configuration of the blamed resource.
pub const WORDS: [&str; 21] = [
    "resource", "id", "type", "change", "actor", "at", "limit", "log", "before", "after", "metric", "config",
    "message", "region", "account", "other", "other_id", "subject", "group", "from", "to",
];

/// Begins a path into the configuration of the blamed resource.
const CONFIG: &str = "config.";

/// True for a word that can be filled.
pub fn is_known(word: &str) -> bool {
    WORDS.contains(&word) || word.strip_prefix(CONFIG).is_some_and(|path| !path.is_empty())
}

/// What the words stand for.
#[derive(Debug, Clone, Default)]
pub struct Words {
    said: BTreeMap<&'static str, String>,
    configuration: Value,
    /// Where the blamed resource stands, where that is not the home of the investigation.
    elsewhere: Option<Place>,
}

impl Words {
    /// Says what a word stands for; the first saying holds.
    pub fn say(&mut self, word: &'static str, stands_for: impl Into<String>) {
        let stands_for = stands_for.into();
        if !stands_for.is_empty() {
            self.said.entry(word).or_insert(stands_for);
        }
    }

    /// Says how the blamed resource is set up.
    pub fn configure(&mut self, configuration: Value) {
        self.configuration = configuration;
    }

    /// Says where the blamed resource stands, if not at home.
    pub fn stands_at(&mut self, place: Option<Place>) {
        self.elsewhere = place;
    }

    /// Where the blamed resource stands, where that is not the home of the investigation.
    pub const fn elsewhere(&self) -> Option<&Place> {
        self.elsewhere.as_ref()
    }

    /// What a word stands for.
    pub fn get(&self, word: &str) -> Option<String> {
        let Some(path) = word.strip_prefix(CONFIG) else {
            return self.said.get(word).cloned();
        };
        let found = path
            .split('.')
            .try_fold(&self.configuration, |value, key| match value {
                Value::Array(items) => items.get(key.parse::<usize>().ok()?),
                other => other.get(key),
            })?;
        match found {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }
}

enum Piece<'a> {
    Plain(&'a str),
    Word(&'a str),
    Optional(&'a str),
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut rest = template;
    let mut pieces = Vec::new();
    while let Some(start) = rest.find(['{', '[']) {
        let (before, after) = rest.split_at(start);
        let close = if after.starts_with('{') { '}' } else { ']' };
        let Some(end) = after.find(close) else { break };
        let inner = after.get(1..end).unwrap_or_default();
        let plain = |b: u8| b.is_ascii_lowercase() || b == b'_';
        let in_path = |b: u8| b.is_ascii_alphanumeric() || b == b'.';
        let is_word = !inner.is_empty()
            && (inner.bytes().all(plain)
                || inner
                    .strip_prefix(CONFIG)
                    .is_some_and(|path| path.bytes().all(in_path)));
        pieces.push(Piece::Plain(before));
        match (close, is_word) {
            ('}', true) => pieces.push(Piece::Word(inner)),
            (']', _) if inner.contains('{') => pieces.push(Piece::Optional(inner)),
            _ => pieces.push(Piece::Plain(after.get(..=end).unwrap_or_default())),
        }
        rest = after.get(end + 1..).unwrap_or_default();
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

/// The words that a template uses.
pub fn words(template: &str) -> impl Iterator<Item = &str> {
    pieces(template).into_iter().flat_map(|piece| match piece {
        Piece::Plain(_) => Vec::new(),
        Piece::Word(word) => vec![word],
        Piece::Optional(inner) => words(inner).collect(),
    })
}

/// Fills a sentence. An unknown word outside `[...]` reads `?`.
pub fn sentence(template: &str, known: &Words) -> Text {
    pieces(template)
        .into_iter()
        .fold(Text::new(), |text, piece| match piece {
            Piece::Plain(plain) => text.own(plain),
            Piece::Word(word) => match known.get(word) {
                Some(stands_for) => text.ext(stands_for),
                None => text.own("?"),
            },
            Piece::Optional(inner) if words(inner).all(|word| known.get(word).is_some()) => {
                text.join(&sentence(inner, known))
            }
            Piece::Optional(_) => text,
        })
}

/// Fills one word of a command. An unknown word stays as it is, in angle brackets, for a person to fill.
pub fn argument(template: &str, known: &Words) -> String {
    pieces(template)
        .into_iter()
        .map(|piece| match piece {
            Piece::Plain(plain) => plain.to_owned(),
            Piece::Word(word) => known
                .get(word)
                .unwrap_or_else(|| format!("<{}>", word.rsplit('.').next().unwrap_or(word).to_uppercase())),
            Piece::Optional(inner) if words(inner).all(|word| known.get(word).is_some()) => {
                argument(inner, known)
            }
            Piece::Optional(_) => String::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_parts_fall_away_and_filled_words_are_external() {
        let mut known = Words::default();
        known.say("resource", "order;intake");
        let text = sentence("{resource} fails[ since {change}]", &known);
        assert_eq!(
            serde_json::to_string(&text).unwrap(),
            r#"[{"external":"order;intake"}," fails"]"#
        );
        known.say("change", "version 41");
        assert_eq!(
            sentence("{resource} fails[ since {change}]", &known).plain(),
            "order;intake fails since version 41"
        );
        assert_eq!(
            argument("--function-name={resource}", &known),
            "--function-name=order;intake"
        );
        assert_eq!(argument("{limit}", &known), "<LIMIT>");
        known.configure(serde_json::json!({"Cluster": "shop", "Sizes": [3]}));
        assert_eq!(argument("{config.Cluster}/{config.Sizes.0}", &known), "shop/3");
        assert_eq!(argument("{config.Name}", &known), "<NAME>");
    }
}
