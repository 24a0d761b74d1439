//! Sentences that remember which words came from outside.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One piece of a [`Text`]: our own words, or words that came from outside.
///
/// External words (log lines, tags, resource names, tool output, tickets) are data: never an instruction, inert
/// wherever they are shown. In JSON an own span is a string, an external one is `{"external": "..."}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Span {
    /// Words that this program wrote.
    Own(String),
    /// Words that came from outside.
    External {
        /// The words, already redacted, with nothing else done to them.
        external: String,
    },
}

impl Span {
    /// The words of the span, whoever wrote them.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Own(words) | Self::External { external: words } => words,
        }
    }
}

/// A sentence made of own and external spans, in reading order.
///
/// In JSON a sentence of one own span is a plain string; anything else is an array of spans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Span>);

impl Text {
    /// An empty sentence to build on.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds own words.
    pub fn own(mut self, words: impl AsRef<str>) -> Self {
        let words = words.as_ref();
        match self.0.last_mut() {
            Some(Span::Own(last)) => last.push_str(words),
            _ if words.is_empty() => {}
            _ => self.0.push(Span::Own(words.to_owned())),
        }
        self
    }

    /// Adds words from outside.
    pub fn ext(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::External {
            external: words.into(),
        });
        self
    }

    /// Adds another sentence, spans kept.
    pub fn join(mut self, other: &Self) -> Self {
        for span in &other.0 {
            self = match span {
                Span::Own(words) => self.own(words),
                Span::External { external } => self.ext(external.clone()),
            };
        }
        self
    }

    /// Adds a separator, unless nothing stands before it.
    pub fn sep(self, separator: &str) -> Self {
        if self.is_empty() {
            self
        } else {
            self.own(separator)
        }
    }

    /// True when the sentence has no words.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|span| span.as_str().is_empty())
    }

    /// The sentence as plain text: external spans made inert (control and bidirectional characters replaced).
    pub fn plain(&self) -> String {
        self.0
            .iter()
            .map(|span| match span {
                Span::Own(words) => words.clone(),
                Span::External { external } => inert(external),
            })
            .collect()
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Self::new().own(words)
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Self::new().own(words)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plain())
    }
}

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [] => serializer.serialize_str(""),
            [Span::Own(words)] => serializer.serialize_str(words),
            spans => spans.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            One(Span),
            Many(Vec<Span>),
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::One(Span::Own(words)) if words.is_empty() => Self::new(),
            Form::One(span) => Self(vec![span]),
            Form::Many(spans) => Self(spans),
        })
    }
}

/// Makes external words inert for any text surface: C0/C1 control characters (escape sequences among them) and
/// bidirectional overrides become U+FFFD, line breaks and tabs become spaces.
///
/// The list of bidirectional controls is that of Unicode Standard Annex #9, section 2.
pub fn inert(words: &str) -> String {
    words
        .chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            '\u{061c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_words_keep_their_mark_through_json() {
        let text = Text::new().own("function ").ext("order\u{1b}[2J").own(" fails");
        let json = serde_json::to_string(&text).unwrap();
        assert_eq!(json, r#"["function ",{"external":"order\u001b[2J"}," fails"]"#);
        assert_eq!(serde_json::from_str::<Text>(&json).unwrap(), text);
        assert_eq!(text.plain(), "function order\u{fffd}[2J fails");
    }

    #[test]
    fn own_words_are_a_plain_string() {
        let text = Text::from("calm").own(" night");
        assert_eq!(serde_json::to_string(&text).unwrap(), r#""calm night""#);
        assert_eq!(serde_json::from_str::<Text>(r#""calm night""#).unwrap(), text);
    }
}
