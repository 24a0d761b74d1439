//! Shapes that turned out to be one: those that differ in one word, where that word takes many values.
//!
//! Method: a position that takes five values or more among otherwise equal shapes is a parameter (Makanju et al.,
//! "Clustering Event Logs Using Iterative Partitioning", KDD 2009, partition by the number of values in the same way).

use super::{
    hash::{self, ByHash},
    mask::WILD,
    tree::{Constant, Miner, Word},
};

/// Values that make a position a parameter.
const VALUES: usize = 5;
/// Passes: each can free one position.
const PASSES: usize = 4;

/// The settled shapes.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// Settled shape of every provisional number.
    pub of: Vec<u32>,
    /// Text of every settled shape, in order of first appearance, `<*>` for what varies.
    pub templates: Vec<String>,
}

impl Miner {
    /// Says which provisional numbers are the same shape, as far as the lines so far can tell.
    pub fn settle(&self) -> Settled {
        let mut words: Vec<Vec<Word>> = self.shapes.iter().map(|shape| shape.words.clone()).collect();
        let mut parent: Vec<usize> = (0..words.len()).collect();
        for _ in 0..PASSES {
            if !self.pass(&mut words, &mut parent) {
                break;
            }
        }
        let mut settled = Settled {
            of: Vec::with_capacity(parent.len()),
            templates: Vec::new(),
        };
        for (number, shape) in self.shapes.iter().enumerate() {
            let root = root(&parent, number);
            // The root is the earliest of its kind, so it is settled before any that joined it.
            if root == number {
                settled.of.push(settled.templates.len() as u32);
                settled
                    .templates
                    .push(shown(words.get(root).map_or(&[], Vec::as_slice), &shape.shown));
            } else {
                let same = settled.of.get(root).copied().unwrap_or(0);
                settled.of.push(same);
            }
        }
        settled
    }

    /// Joins what can be joined once; true when anything was.
    fn pass(&self, words: &mut [Vec<Word>], parent: &mut [usize]) -> bool {
        let mut joined = false;
        let longest = words.iter().map(Vec::len).max().unwrap_or(0);
        let mut sums: Vec<u64> = words
            .iter()
            .zip(&self.shapes)
            .map(|(words, shape)| sum_of(words, shape.place))
            .collect();
        for position in 0..longest {
            // Buckets of shapes that are equal but for `position`, in order of first appearance.
            let mut buckets: Vec<Vec<usize>> = Vec::new();
            let mut index: ByHash<usize> = ByHash::default();
            for number in 0..self.shapes.len() {
                if parent[number] != number || words[number].len() <= position {
                    continue;
                }
                if words[number][position].as_ref().is_some_and(|word| word.state) {
                    continue;
                }
                let own = part(position, words[number][position].as_ref());
                let key = sums[number].wrapping_sub(own);
                let bucket = *index.entry(key).or_insert_with(|| {
                    buckets.push(Vec::new());
                    buckets.len() - 1
                });
                buckets[bucket].push(number);
            }
            for bucket in buckets {
                let masked = bucket.iter().any(|number| words[*number][position].is_none());
                if bucket.len() < 2 || !(masked || bucket.len() >= VALUES) {
                    continue;
                }
                // Something constant must be left, or everything of one length would become one.
                let first = bucket[0];
                let constants = words[first]
                    .iter()
                    .enumerate()
                    .filter(|(i, w)| *i != position && w.is_some())
                    .count();
                if constants == 0 {
                    continue;
                }
                words[first][position] = None;
                sums[first] = sum_of(&words[first], self.shapes[first].place);
                for other in &bucket[1..] {
                    parent[*other] = first;
                }
                joined = true;
            }
        }
        joined
    }
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

/// The shape as text.
fn shown(words: &[Word], masks: &[Box<str>]) -> String {
    let mut text = String::new();
    for (position, word) in words.iter().enumerate() {
        if position > 0 {
            text.push(' ');
        }
        match word {
            Some(constant) => text.push_str(&constant.text),
            None => text.push_str(masks.get(position).map_or(WILD, |mask| mask)),
        }
    }
    text
}
