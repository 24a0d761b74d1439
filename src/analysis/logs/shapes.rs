//! Shapes of lines, found online in one pass over the lines.
//!
//! A line whose masked text was seen before is answered by one look-up; else the general shapes found so far are tried;
//! else it is a shape of its own. Which shapes are one statement is decided by all of them together (`settle`), at the end
//! and, so that a word that varies without end does not fill the memory, whenever their number has doubled. Compare Drain
//! (He et al., ICWS 2017), which decides at each line and can take nothing back.

use super::{
    cue::{Nature, nature},
    hash::{self, ByHash},
    header::header,
    mask::{Masked, Token, WILD, cut},
};

/// Shapes kept; beyond it lines share one shape per number of tokens. Bounds memory on hostile input.
const MOST_SHAPES: usize = 50_000;
/// General shapes tried for one line. Bounds the work per line.
const MOST_CANDIDATES: usize = 500;
/// Masked lines remembered by hash.
const MOST_SEEN: usize = 1 << 17;
/// Shapes before they are settled for the first time.
const FIRST_SETTLING: usize = 2_000;
/// Longest text kept of a header, for show.
const LEAD: usize = 80;

/// A constant token of a shape.
#[derive(Debug, Clone)]
pub(super) struct Constant {
    pub hash: u64,
    pub text: Box<str>,
    pub nature: Nature,
}

/// One token of a shape; none: varies.
pub(super) type Word = Option<Constant>;

/// One shape.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// Whose lines it gathers: shapes of different places never mix.
    pub place: u32,
    /// Its tokens; none left once it was joined to another shape.
    pub words: Vec<Word>,
    /// The punctuation around masked tokens, for show, by position.
    pub shown: Vec<Box<str>>,
    /// Level and name of the first line's header, for show.
    pub lead: Box<str>,
}

/// Finds the shape of line after line.
#[derive(Debug, Default)]
pub struct Miner {
    pub(super) shapes: Vec<Shape>,
    /// The shape that each was joined to; itself when it was not.
    pub(super) parent: Vec<u32>,
    /// Shapes that were joined from others, by the hash of place, length and first word.
    general: ByHash<Vec<u32>>,
    settle_at: usize,
    seen: ByHash<u32>,
    overflow: ByHash<u32>,
    line: Masked,
}

impl Miner {
    /// A miner that has seen nothing.
    pub fn new() -> Self {
        Self {
            settle_at: FIRST_SETTLING,
            ..Self::default()
        }
    }

    /// The provisional number of the shape of `message`; lines of different `place`s never share one.
    ///
    /// [`Miner::settle`] says which provisional numbers turned out to be the same shape.
    pub fn add(&mut self, place: u32, message: &str) -> u32 {
        let said = super::headline::headline(message);
        let head = header(&said);
        self.add_said(place, &said, head.end, head.name)
    }

    /// As [`Miner::add`], for a headline whose header is known: the message begins at `from`, `name` is the logger's.
    pub(super) fn add_said(&mut self, place: u32, said: &str, from: usize, name: (usize, usize)) -> u32 {
        let mut line = std::mem::take(&mut self.line);
        line.read(said.get(from..).unwrap_or(said));
        let key = hash::mix(line.hash, u64::from(place) + 1);
        let shape = if let Some(shape) = self.seen.get(&key) {
            *shape
        } else {
            let lead = said.get(name.0..name.1).unwrap_or("");
            let shape = self.place(place, &line, cut(lead, LEAD));
            if self.seen.len() >= MOST_SEEN {
                self.seen.clear();
            }
            self.seen.insert(key, shape);
            shape
        };
        self.line = line;
        shape
    }

    /// How many provisional shapes there are.
    pub fn len(&self) -> usize {
        self.shapes.len()
    }

    /// True before the first line.
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    fn place(&mut self, place: u32, line: &Masked, lead: &str) -> u32 {
        if let Some(shape) = self.general_shape(place, line) {
            return shape;
        }
        if self.shapes.len() >= MOST_SHAPES {
            let key = hash::mix(u64::from(place), line.tokens.len() as u64);
            return self.overflowing(key, place, line);
        }
        let number = self.shape_of(place, line, lead);
        if self.shapes.len() >= self.settle_at {
            self.settle_at = self.shapes.len() * 2;
            self.join();
            self.index();
        }
        number
    }

    /// The general shape that holds the line.
    fn general_shape(&self, place: u32, line: &Masked) -> Option<u32> {
        if self.general.is_empty() {
            return None;
        }
        let first = line.tokens.first()?;
        let states: Vec<bool> = line
            .tokens
            .iter()
            .map(|token| !token.wild && nature(line.token(token)) == Nature::State)
            .collect();
        let holds = |number: &&u32| {
            self.shapes.get(**number as usize).is_some_and(|shape| {
                shape.words.len() == line.tokens.len()
                    && shape.words.iter().zip(line.tokens.iter().zip(&states)).all(
                        |(word, (token, state))| match word {
                            Some(word) => word.hash == token.hash,
                            None => !state,
                        },
                    )
            })
        };
        [first.hash, 0]
            .into_iter()
            .filter_map(|first| self.general.get(&entry(place, line.tokens.len(), first)))
            .find_map(|candidates| candidates.iter().find(holds))
            .copied()
    }

    /// Lists the general shapes again, after some were joined.
    fn index(&mut self) {
        self.general.clear();
        for (number, shape) in self.shapes.iter().enumerate() {
            let own = self
                .parent
                .get(number)
                .is_some_and(|parent| *parent as usize == number);
            let Some(first) = shape.words.first().filter(|_| own) else {
                continue;
            };
            // A position is general where nothing was masked in the first line.
            let joined = shape
                .words
                .iter()
                .zip(&shape.shown)
                .any(|(word, shown)| word.is_none() && shown.is_empty());
            if joined {
                let first = first.as_ref().map_or(0, |word| word.hash);
                let list = self
                    .general
                    .entry(entry(shape.place, shape.words.len(), first))
                    .or_default();
                if list.len() < MOST_CANDIDATES {
                    list.push(number as u32);
                }
            }
        }
    }

    /// A new shape that is just this line.
    fn shape_of(&mut self, place: u32, line: &Masked, lead: &str) -> u32 {
        let word = |token: &Token| {
            let text = line.token(token);
            (!token.wild).then(|| Constant {
                hash: token.hash,
                text: text.into(),
                nature: nature(text),
            })
        };
        let mask = |token: &Token| {
            if token.wild {
                line.token(token).into()
            } else {
                "".into()
            }
        };
        let number = self.shapes.len() as u32;
        self.shapes.push(Shape {
            place,
            words: line.tokens.iter().map(word).collect(),
            shown: line.tokens.iter().map(mask).collect(),
            lead: lead.into(),
        });
        self.parent.push(number);
        number
    }

    /// The shape that takes what no longer gets one of its own.
    fn overflowing(&mut self, key: u64, place: u32, line: &Masked) -> u32 {
        if let Some(number) = self.overflow.get(&key).copied() {
            if let Some(shape) = self.shapes.get_mut(number as usize) {
                for (word, token) in shape.words.iter_mut().zip(&line.tokens) {
                    if word.as_ref().is_some_and(|word| word.hash != token.hash) {
                        *word = None;
                    }
                }
            }
            return number;
        }
        let number = self.shape_of(place, line, "");
        self.overflow.insert(key, number);
        number
    }
}

fn entry(place: u32, length: usize, first: u64) -> u64 {
    hash::mix(hash::mix(u64::from(place) + 1, length as u64), first)
}

/// The shape as text.
pub(super) fn shown(words: &[Word], masks: &[Box<str>], lead: &str) -> String {
    let mut text = String::new();
    if !lead.is_empty() {
        text.push_str(lead);
        text.push(':');
    }
    for (position, word) in words.iter().enumerate() {
        if !text.is_empty() {
            text.push(' ');
        }
        match word {
            Some(constant) => text.push_str(&constant.text),
            None => text.push_str(
                masks
                    .get(position)
                    .filter(|mask| !mask.is_empty())
                    .map_or(WILD, |mask| mask),
            ),
        }
    }
    text
}
