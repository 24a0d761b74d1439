//! Sentences and commands with words to be filled in.
//!
//! `{word}` is filled from what was observed; a part in `[...]` falls away when one of its words is unknown. In a
//! sentence a filled word is an external span; in a command it stays one argument.

use std::collections::BTreeMap;

use crate::model::Text;

/// What the words stand for.
#[derive(Debug, Clone, Default)]
pub struct Words(BTreeMap<&'static str, String>);

impl Words {
    /// Says what a word stands for; the first saying holds.
    pub fn say(&mut self, word: &'static str, stands_for: impl Into<String>) {
        let stands_for = stands_for.into();
        if !stands_for.is_empty() {
            self.0.entry(word).or_insert(stands_for);
        }
    }

    /// What a word stands for.
    pub fn get(&self, word: &str) -> Option<&str> {
        self.0.get(word).map(String::as_str)
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
        let is_word = !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
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
                .map_or_else(|| format!("<{}>", word.to_uppercase()), str::to_owned),
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
    }
}
