//! Which shapes are one statement, decided by all of them together.
//!
//! Shapes of one length that differ only where values stand are one. A position is a value's
//! 1. when the words there look like names, or the words around announce one (`cue`), in all such positions at once,
//!    since several values of one line vary together;
//! 2. when it was masked in one of them;
//! 3. when plain words fill it in many ways: a position with many values among otherwise equal shapes is a parameter
//!    (Makanju et al., "Clustering Event Logs Using Iterative Partitioning", KDD 2009, partition by that number, too);
//! 4. when many shapes agree in most words and in the rest hardly any two do.

use super::{
    cue::{Nature, announced},
    hash::{self, ByHash},
    shapes::{Constant, Miner, Shape, Word, shown},
};

/// Plain words that make a position a parameter.
const VALUES: usize = 5;
/// The same where hardly anything else is said.
const VALUES_TERSE: usize = 8;
/// Passes: each can free one more position.
const PASSES: usize = 4;
/// Shapes that look alike in most words before they are one.
const ALIKE: usize = 6;
/// Share of their words that agrees.
const SIMILAR: f64 = 0.7;
/// Shapes of one length and first word that are compared with one another. Bounds the work.
const COMPARED: usize = 400;

/// The settled shapes.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// Settled shape of every provisional number.
    pub of: Vec<u32>,
    /// Text of every settled shape, in order of first appearance, `<*>` for what varies.
    pub templates: Vec<String>,
    /// How many bytes of that are the name of the logger, by settled shape.
    pub(super) leads: Vec<usize>,
}

impl Miner {
    /// Says which provisional numbers are the same shape, as far as the lines so far can tell.
    pub fn settle(&self) -> Settled {
        let mut joining = Joining::of(self);
        joining.join();
        let mut settled = Settled {
            of: Vec::with_capacity(self.shapes.len()),
            templates: Vec::new(),
            leads: Vec::new(),
        };
        for (number, shape) in self.shapes.iter().enumerate() {
            let root = root(&joining.parent, number);
            // The root is the earliest of its kind, so it is settled before any that joined it.
            if root == number {
                settled.of.push(settled.templates.len() as u32);
                settled.leads.push(shape.lead.len());
                let words = joining.words.get(root).map_or(&[][..], Vec::as_slice);
                settled.templates.push(shown(words, &shape.shown, &shape.lead));
            } else {
                let same = settled.of.get(root).copied().unwrap_or(0);
                settled.of.push(same);
            }
        }
        settled
    }

    /// Joins for good what is the same shape; what was joined gives its memory back.
    pub(super) fn join(&mut self) {
        let mut joining = Joining::of(self);
        joining.join();
        let Joining { words, parent, .. } = joining;
        for (number, (shape, words)) in self.shapes.iter_mut().zip(words).enumerate() {
            let root = root(&parent, number);
            if let Some(own) = self.parent.get_mut(number) {
                *own = root as u32;
            }
            if root == number {
                shape.words = words;
            } else {
                shape.words = Vec::new();
                shape.shown = Vec::new();
                shape.lead = "".into();
            }
        }
    }
}

/// The shapes while they are being joined.
struct Joining<'a> {
    shapes: &'a [Shape],
    words: Vec<Vec<Word>>,
    parent: Vec<usize>,
}

impl<'a> Joining<'a> {
    fn of(miner: &'a Miner) -> Self {
        Self {
            shapes: &miner.shapes,
            words: miner.shapes.iter().map(|shape| shape.words.clone()).collect(),
            parent: miner.parent.iter().map(|parent| *parent as usize).collect(),
        }
    }

    fn join(&mut self) {
        for _ in 0..PASSES {
            let named = self.join_names();
            let one = self.join_at_one_position();
            if !named && !one {
                break;
            }
        }
        if self.join_alike() {
            self.join_at_one_position();
        }
    }

    fn place(&self, number: usize) -> u32 {
        self.shapes.get(number).map_or(0, |shape| shape.place)
    }

    /// Shapes that were not joined to another, in order of first appearance.
    fn roots(&self) -> Vec<usize> {
        (0..self.words.len())
            .filter(|number| self.parent[*number] == *number)
            .collect()
    }

    /// Joins `bucket`; the positions where its words differ become masks.
    fn unite(&mut self, bucket: &[usize]) {
        let Some((first, rest)) = bucket.split_first() else {
            return;
        };
        let mut words = std::mem::take(&mut self.words[*first]);
        for other in rest {
            for (word, theirs) in words.iter_mut().zip(&self.words[*other]) {
                if word.as_ref().map(|w| w.hash) != theirs.as_ref().map(|w| w.hash) {
                    *word = None;
                }
            }
            self.parent[*other] = *first;
        }
        self.words[*first] = words;
    }

    /// Joins shapes that are equal but for names.
    fn join_names(&mut self) -> bool {
        let mut buckets = Buckets::default();
        for number in self.roots() {
            let words = &self.words[number];
            let mut key = hash::mix(u64::from(self.place(number)), words.len() as u64);
            let mut constants = 0;
            for (position, word) in words.iter().enumerate() {
                let named = is_named(words, position);
                let own = if named {
                    1
                } else {
                    word.as_ref().map_or(1, |word| word.hash)
                };
                constants += u32::from(!named && word.is_some());
                key = hash::mix(key, own);
            }
            // Something constant must be left, or everything of one length would become one.
            if constants > 0 {
                buckets.add(key, number);
            }
        }
        let mut joined = false;
        for bucket in buckets.lists.into_iter().filter(|bucket| bucket.len() > 1) {
            // Two words in capitals may be two modes; three are the values of one.
            if bucket.len() < 3 && self.differ_in_capitals(&bucket) {
                continue;
            }
            self.unite(&bucket);
            joined = true;
        }
        joined
    }

    /// True when nothing but words in capitals tells these shapes apart.
    fn differ_in_capitals(&self, bucket: &[usize]) -> bool {
        let first = &self.words[bucket[0]];
        bucket[1..].iter().all(|other| {
            first.iter().zip(&self.words[*other]).all(|pair| match pair {
                (Some(a), Some(b)) => {
                    a.hash == b.hash || a.nature == Nature::Capitals && b.nature == Nature::Capitals
                }
                (None, None) => true,
                _ => false,
            })
        })
    }

    /// Joins shapes that are equal but for one position with enough values.
    fn join_at_one_position(&mut self) -> bool {
        let mut joined = false;
        let longest = self.words.iter().map(Vec::len).max().unwrap_or(0);
        let mut sums: Vec<u64> = (0..self.words.len())
            .map(|number| sum_of(&self.words[number], self.place(number)))
            .collect();
        for position in 0..longest {
            // Buckets of shapes that are equal but for `position`, in order of first appearance.
            let mut buckets = Buckets::default();
            for number in self.roots() {
                let Some(word) = self.words[number].get(position) else {
                    continue;
                };
                if word.as_ref().is_some_and(|word| word.nature == Nature::State) {
                    continue;
                }
                let own = part(position, word.as_ref());
                buckets.add(sums[number].wrapping_sub(own), number);
            }
            for bucket in buckets.lists {
                if bucket.len() < 2 || !self.is_value(position, &bucket) {
                    continue;
                }
                self.unite(&bucket);
                let first = bucket[0];
                sums[first] = sum_of(&self.words[first], self.place(first));
                joined = true;
            }
        }
        joined
    }

    /// True when the words of `bucket` at `position`, all else being equal, are values.
    fn is_value(&self, position: usize, bucket: &[usize]) -> bool {
        let words = &self.words[bucket[0]];
        let constants = words
            .iter()
            .enumerate()
            .filter(|(i, word)| *i != position && word.is_some())
            .count();
        let masked = bucket
            .iter()
            .any(|number| self.words[*number][position].is_none());
        let named = bucket.iter().all(|number| {
            self.words[*number][position].is_none() || is_named(&self.words[*number], position)
        });
        let enough = if masked && named {
            2
        } else if masked && constants >= 2 {
            3
        } else if constants >= 3 {
            VALUES
        } else {
            VALUES_TERSE
        };
        constants > 0 && bucket.len() >= enough
    }

    /// Joins many shapes that agree in most words and differ freely in the rest.
    fn join_alike(&mut self) -> bool {
        let mut buckets = Buckets::default();
        for number in self.roots() {
            let words = &self.words[number];
            if words.len() >= 4
                && let Some(Some(first)) = words.first()
            {
                let start = hash::mix(u64::from(self.place(number)), words.len() as u64);
                buckets.add(hash::mix(start, first.hash), number);
            }
        }
        let mut joined = false;
        for bucket in buckets.lists {
            let mut left = bucket;
            left.truncate(COMPARED);
            while left.len() >= ALIKE {
                let first = left[0];
                let (alike, rest): (Vec<usize>, Vec<usize>) = left
                    .iter()
                    .copied()
                    .partition(|other| similar(&self.words[first], &self.words[*other]));
                if alike.len() >= ALIKE && self.differ_freely(&alike) {
                    self.unite(&alike);
                    joined = true;
                    left = rest;
                } else {
                    left.remove(0);
                }
            }
        }
        joined
    }

    /// True when, wherever these shapes differ, at least half of them have a word of their own.
    fn differ_freely(&self, alike: &[usize]) -> bool {
        let length = self.words[alike[0]].len();
        (0..length).all(|position| {
            let mut words: Vec<u64> = alike
                .iter()
                .map(|number| self.words[*number][position].as_ref().map_or(0, |word| word.hash))
                .collect();
            words.sort_unstable();
            words.dedup();
            words.len() == 1 || words.len() * 2 >= alike.len()
        })
    }
}

/// Lists by key, in order of first appearance.
#[derive(Default)]
struct Buckets {
    lists: Vec<Vec<usize>>,
    index: ByHash<usize>,
}

impl Buckets {
    fn add(&mut self, key: u64, number: usize) {
        let list = *self.index.entry(key).or_insert_with(|| {
            self.lists.push(Vec::new());
            self.lists.len() - 1
        });
        self.lists[list].push(number);
    }
}

/// True where a name stands: never at the beginning, where the statement has its own.
fn is_named(words: &[Word], position: usize) -> bool {
    let text = |position: usize| words.get(position)?.as_ref().map(|word| &*word.text);
    let Some(Some(word)) = words.get(position) else {
        return false;
    };
    match word.nature {
        Nature::State => false,
        // `width =5`: a key.
        _ if text(position + 1).is_some_and(|next| next.starts_with('=')) => false,
        Nature::Name | Nature::Capitals if position > 0 => true,
        _ => {
            let before = position.checked_sub(1).and_then(text);
            announced(before, &word.text, text(position + 1))
        }
    }
}

/// True when two shapes agree in most of their constant words and in all states.
fn similar(one: &[Word], other: &[Word]) -> bool {
    let (mut same, mut different) = (0_u32, 0_u32);
    for pair in one.iter().zip(other) {
        match pair {
            (Some(a), Some(b)) if a.hash == b.hash => same += 1,
            (None, None) => {}
            (Some(word), None) | (None, Some(word)) if word.nature != Nature::State => different += 1,
            (Some(a), Some(b)) if a.nature != Nature::State && b.nature != Nature::State => different += 1,
            _ => return false,
        }
    }
    f64::from(same) >= SIMILAR * f64::from(same + different)
}

fn root(parent: &[usize], mut number: usize) -> usize {
    while parent[number] != number {
        number = parent[number];
    }
    number
}

/// What one word adds to the sum.
fn part(position: usize, word: Option<&Constant>) -> u64 {
    hash::mix(position as u64 + 1, word.map_or(0, |word| word.hash))
}

/// A hash of all words that any of them can be taken out of.
fn sum_of(words: &[Word], place: u32) -> u64 {
    let start = hash::mix(u64::from(place), words.len() as u64);
    words
        .iter()
        .enumerate()
        .fold(start, |sum, (i, word)| sum.wrapping_add(part(i, word.as_ref())))
}
