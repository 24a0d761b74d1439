//! Looking for words in the journal, a part at a time, so that a hundred thousand records never hold up a key.

use std::collections::BTreeSet;

use super::{
    ledger::{Item, Ledger},
    note::Writer,
};
use crate::{console::filter::Filter, journal::views::Investigation};

/// Items that are looked at in one go: a millisecond or two.
const PART: usize = 250;

/// Looking for words among the items of a list.
#[derive(Debug, Clone, Default)]
pub struct Search {
    needle: String,
    /// Items that were looked at.
    pub done: usize,
    /// Places of the items that say the words, in order.
    pub hits: Vec<usize>,
    /// What the journal was asked for, of the records that are not at hand.
    asked: Option<String>,
}

impl Search {
    /// Begins anew: the words or the list are others.
    pub fn restart(&mut self) {
        self.needle.clear();
    }

    /// Looks on. `among` are the places of the items that are looked at.
    pub fn step(&mut self, filter: &Filter, among: &[usize], writer: &Writer<'_>) {
        let needle = filter.needle();
        if self.needle != needle || self.done > among.len() {
            *self = Self {
                needle,
                ..Self::default()
            };
        }
        let part = among.iter().skip(self.done).take(PART);
        for place in part {
            self.done += 1;
            if let Some(item) = writer.ledger.items.get(*place)
                && writer.inv.entry(item.seq).is_some()
                && filter.keeps(&writer.note(item, false).plain())
            {
                self.hits.push(*place);
            }
        }
    }

    /// True once everything at hand was looked at.
    pub const fn is_over(&self, among: &[usize]) -> bool {
        self.done >= among.len()
    }

    /// The words that the journal is to be asked for, once for each search: records that are not at hand.
    pub fn ask(&mut self, filter: &Filter, inv: &Investigation) -> Option<Vec<String>> {
        let needle = filter.needle();
        let fresh = inv.left_out > 0 && !filter.editing && !needle.is_empty();
        if !fresh || self.asked.as_ref() == Some(&needle) {
            return None;
        }
        let words = needle.split_whitespace().map(str::to_owned).collect();
        self.asked = Some(needle);
        Some(words)
    }

    /// Takes what the journal has found.
    pub fn found(&mut self, seqs: &[u64], among: &[usize], ledger: &Ledger, inv: &Investigation) {
        let mut hits: BTreeSet<usize> = self.hits.iter().copied().collect();
        for seq in seqs.iter().filter(|seq| inv.entry(**seq).is_none()) {
            let place = ledger.place(*seq);
            let there = ledger.items.get(place).map(|item: &Item| item.seq) == Some(*seq);
            if there && among.binary_search(&place).is_ok() {
                hits.insert(place);
            }
        }
        self.hits = hits.into_iter().collect();
    }
}
