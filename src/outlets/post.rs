//! A message before any channel has put it into a form of its own.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    config::Notice,
    journal::{Hash, StreamId, canonical::sha256, views::report::Ticket},
    model::{Text, inert},
};

/// A message. Secrets and personal data are out of it; what came from outside is marked, and every channel makes it inert in
/// its own way.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// What sort of message it is.
    pub notice: Notice,
    /// Stream of the record that it tells of.
    pub stream: StreamId,
    /// Number of that record.
    pub seq: u64,
    /// Hash of that record, which holds all before it: the anchor outside.
    pub anchor: Hash,
    /// When that record was written.
    pub at: Timestamp,
    /// The investigation that it is about; `space` for a recommendation.
    pub about: StreamId,
    /// What that is called.
    pub title: Text,
    /// What happened, in a few words.
    pub head: Text,
    /// More about it, in order.
    pub parts: Vec<Part>,
    /// The same for a program.
    pub data: Value,
    /// The recommendation as a ticket.
    pub ticket: Option<Ticket>,
    /// No receiver can have heard of it before.
    pub since: Timestamp,
    /// True for one that is sent to try a channel: it tells nothing, and no receiver may take it for the real one.
    pub test: bool,
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A paragraph.
    Sentence(Text),
    /// An item of a list.
    Item(Text),
    /// A command for a shell: shown as it is, run by a person.
    Command(String),
}

impl Part {
    /// Characters that it takes.
    fn length(&self) -> usize {
        match self {
            Self::Sentence(text) | Self::Item(text) => text.plain().chars().count(),
            Self::Command(line) => line.chars().count(),
        }
    }

    /// At most so many characters of it.
    fn cut(&self, room: usize) -> Self {
        match self {
            Self::Sentence(text) => Self::Sentence(cut(text, room)),
            Self::Item(text) => Self::Item(cut(text, room)),
            // Half a command is none.
            Self::Command(_) => Self::Command(String::new()),
        }
    }
}

/// At most so many characters of a sentence.
fn cut(text: &Text, room: usize) -> Text {
    let mut left = room;
    let mut short = Text::new();
    for span in &text.0 {
        let words: String = span.as_str().chars().take(left).collect();
        left -= words.chars().count();
        short = match span {
            crate::model::Span::Own(_) => short.own(words),
            crate::model::Span::External { .. } => short.ext(words),
        };
        if left == 0 {
            break;
        }
    }
    short.own(" ...")
}

impl Post {
    /// Its parts within so many characters. What is cut off is said, and where it stands.
    pub fn parts_within(&self, most: usize) -> Vec<Part> {
        let mut left = most;
        let mut parts = Vec::new();
        for part in &self.parts {
            let length = part.length();
            if length <= left {
                left -= length;
                parts.push(part.clone());
                continue;
            }
            if left > 80 {
                parts.push(part.cut(left));
            }
            let whole = format!("Cut here. The whole: midwatch journal show {}", self.about);
            parts.push(Part::Sentence(whole.into()));
            break;
        }
        parts.retain(|part| *part != Part::Command(String::new()));
        parts
    }

    /// Where it comes from: the record, and the anchor, by which a receiver knows a repeat.
    pub fn source(&self) -> String {
        if self.test {
            return format!("a test of midwatch, made like {} #{}", self.stream, self.seq);
        }
        format!(
            "midwatch {} #{}, journal {}",
            self.stream,
            self.seq,
            self.anchor.short()
        )
    }

    /// The message for a program. `space` is the Agent Space; `key` is how a receiver knows a repeat.
    pub fn payload(&self, space: &str, key: &str) -> Value {
        let parts = self.parts_within(20_000);
        let texts = parts.iter().map(|part| match part {
            Part::Sentence(text) | Part::Item(text) => text.plain(),
            Part::Command(line) => inert(line),
        });
        json!({
            "kind": self.notice.as_str(),
            "key": key,
            "space": space,
            "investigation": self.about.is_investigation().then(|| self.about.as_str()),
            "title": self.title.plain(),
            "head": self.head.plain(),
            "text": texts.collect::<Vec<_>>(),
            "at": self.at,
            "detail": self.data,
            "journal": {"stream": self.stream.as_str(), "seq": self.seq, "hash": self.anchor.short()},
            "test": self.test,
        })
    }
}

/// What a receiver may know a message by: the same one has the same key, whoever sends it and how often. `of` tells messages to
/// one target apart.
pub fn key(channel: &str, target: &str, of: &str) -> String {
    // Lengths in front, so that no two triples read alike.
    let words = format!("{}:{channel}{}:{target}{of}", channel.len(), target.len());
    sha256(words.as_bytes()).0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(parts: Vec<Part>) -> Post {
        Post {
            notice: Notice::Cause,
            stream: StreamId::space(),
            seq: 3,
            anchor: Hash::zero(),
            at: Timestamp::UNIX_EPOCH,
            about: StreamId::space(),
            title: Text::new(),
            head: Text::new(),
            parts,
            data: Value::Null,
            ticket: None,
            since: Timestamp::UNIX_EPOCH,
            test: false,
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_said_to_be() {
        let long = Text::from("own ").ext("x".repeat(500));
        let parts = vec![
            Part::Sentence("first".into()),
            Part::Sentence(long.clone()),
            Part::Command("aws x".to_owned()),
        ];
        assert_eq!(post(parts.clone()).parts_within(5_000), parts);
        let short = post(parts.clone()).parts_within(205);
        let [_, Part::Sentence(cut), Part::Sentence(note)] = short.as_slice() else {
            panic!("{short:?}")
        };
        assert_eq!(cut.plain().len(), 204);
        assert!(matches!(cut.0[1], crate::model::Span::External { .. }));
        assert_eq!(note.plain(), "Cut here. The whole: midwatch journal show space");
        // Half a command is worse than none.
        let command = post(vec![Part::Command("aws ".repeat(50))]).parts_within(100);
        assert_eq!(command.len(), 1);
    }

    #[test]
    fn a_key_tells_channel_target_and_message_apart() {
        assert_eq!(key("a", "b", "c"), key("a", "b", "c"));
        let alike = [
            key("a", "b", "c"),
            key("ab", "", "c"),
            key("", "ab", "c"),
            key("a", "bc", ""),
        ];
        assert_eq!(alike.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    }
}
