//! Which answers tell of resources and relations.

use crate::{journal::views::Investigation, model::Query};

/// Questions for resources and relations, as far as the journal was read.
#[derive(Debug, Clone, Default)]
pub struct Listings {
    /// Record numbers of the questions.
    asked: Vec<u64>,
    /// The last question that was looked at.
    upto: u64,
    /// How many were.
    count: usize,
}

impl Listings {
    /// Looks at the questions that are new.
    pub fn follow(&mut self, inv: &Investigation) {
        let new = inv.queries.range(self.upto + 1..).count();
        if self.count + new != inv.queries.len() {
            // Older records came or went: a large investigation is read in parts.
            *self = Self::default();
        }
        for (seq, asked) in inv.queries.range(self.upto + 1..) {
            if matches!(asked.query, Query::Inventory | Query::Relations) {
                self.asked.push(*seq);
            }
            self.upto = *seq;
            self.count += 1;
        }
    }

    /// Record numbers of the answers that are there.
    pub fn answers<'a>(&'a self, inv: &'a Investigation) -> impl Iterator<Item = u64> + 'a {
        self.asked
            .iter()
            .filter_map(|query| inv.answers.get(query).map(|(seq, _)| *seq))
    }
}
