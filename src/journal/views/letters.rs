//! What goes out of the space, as far as it does not arrive: messages that were given up, and channels in trouble.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    journal::{
        Body,
        body::{Delivered, Delivery},
    },
    model::Text,
};

/// Messages that were given up, and channels in trouble.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letters {
    /// Messages that were given up and wait for a person, by the number of the record that says so.
    pub dead: BTreeMap<u64, Dead>,
    /// Channels that take nothing at all, by name: since when, and why.
    pub held: BTreeMap<String, (Timestamp, Text)>,
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dead {
    /// When it was given up.
    pub at: Timestamp,
    /// The message.
    pub delivery: Delivery,
    /// Why, with what the receiver said.
    pub why: Text,
}

impl Dead {
    /// What a person wants done about it.
    pub fn wanted(&self, outcome: Delivered) -> Body {
        Body::Delivery(Delivery {
            outcome,
            ..self.delivery.clone()
        })
    }
}

impl Letters {
    /// Folds one more delivery.
    pub fn apply(&mut self, seq: u64, at: Timestamp, delivery: Delivery) {
        if let Delivered::Held { why } = delivery.outcome {
            self.held.insert(delivery.channel, (at, why));
            return;
        }
        // Whatever is said of a message now, an older word on it counts no longer.
        self.dead.retain(|_, dead| dead.delivery.key != delivery.key);
        match &delivery.outcome {
            Delivered::Dead { why } => {
                let why = why.clone();
                // A channel that refuses one message takes others.
                self.held.remove(&delivery.channel);
                self.dead.insert(seq, Dead { at, delivery, why });
            }
            Delivered::Sent { .. } => drop(self.held.remove(&delivery.channel)),
            Delivered::Again | Delivered::Dropped | Delivered::Held { .. } => {}
        }
    }

    /// True when everything arrives.
    pub fn is_empty(&self) -> bool {
        self.dead.is_empty() && self.held.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::StreamId;

    fn delivery(key: &str, outcome: Delivered) -> Delivery {
        Delivery {
            channel: "chat".to_owned(),
            stream: StreamId::space(),
            seq: 1,
            key: key.to_owned(),
            outcome,
        }
    }

    #[test]
    fn a_letter_is_dead_until_something_is_done_about_it() {
        let mut letters = Letters::default();
        let mut seq = 0;
        let mut say = |letters: &mut Letters, key: &str, outcome| {
            seq += 1;
            letters.apply(seq, Timestamp::UNIX_EPOCH, delivery(key, outcome));
        };
        let dead = || Delivered::Dead { why: "no".into() };
        let held = || Delivered::Held { why: "who?".into() };
        let sent = || Delivered::Sent {
            reference: String::new(),
        };
        say(&mut letters, "a", dead());
        say(&mut letters, "b", dead());
        say(&mut letters, "b", dead());
        assert_eq!(letters.dead.keys().collect::<Vec<_>>(), [&1, &3]);
        say(&mut letters, "a", Delivered::Again);
        say(&mut letters, "b", Delivered::Dropped);
        assert!(letters.is_empty());
        say(&mut letters, "a", held());
        assert_eq!(letters.held["chat"].1.plain(), "who?");
        say(&mut letters, "a", sent());
        assert!(letters.is_empty());
    }
}
