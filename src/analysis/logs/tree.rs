//! Shapes of lines, found online in one pass over the lines.
//!
//! Method: a tree of fixed depth over the number of tokens and the first constant ones leads to a few candidate shapes;
//! the most similar one takes the line, and positions that differ become masks (He et al., "Drain: An Online Log
//! Parsing Approach with Fixed Depth Tree", ICWS 2017). Unlike there, masked tokens neither lead the way nor count as
//! similar, words that tell states apart (`opened`, `closed`) never become masks, and lines whose masked text was seen
//! before are answered by one look-up.

use super::{
    hash::{self, ByHash},
    mask::{Masked, Token, WILD},
};

/// Constant tokens that lead the way down.
const DEPTH: usize = 4;
/// Children of a node before the next ones share one: a position with more words is a parameter.
const MOST_CHILDREN: u32 = 80;
/// Share of the constant tokens that must agree.
const SIMILAR: f64 = 0.7;
/// Shapes kept; beyond it lines share one shape per number of tokens. Bounds memory on hostile input.
const MOST_SHAPES: usize = 50_000;
/// Shapes below one leaf before its further lines share one. Bounds the work per line.
const MOST_CANDIDATES: usize = 200;
/// Masked lines remembered by hash.
const MOST_SEEN: usize = 1 << 17;

/// A constant token of a shape.
#[derive(Debug, Clone)]
pub(super) struct Constant {
    pub hash: u64,
    pub text: Box<str>,
    /// True when it tells one statement from another ([`is_state`]).
    pub state: bool,
}

/// One token of a shape; none: varies.
pub(super) type Word = Option<Constant>;

/// One shape.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// Whose lines it gathers: shapes of different places never mix.
    pub place: u32,
    /// Its tokens.
    pub words: Vec<Word>,
    /// The punctuation around masked tokens, for show, by position.
    pub shown: Vec<Box<str>>,
}

#[derive(Debug, Default)]
struct Node {
    children: u32,
    shapes: Vec<u32>,
}

/// Finds the shape of line after line.
#[derive(Debug, Default)]
pub struct Miner {
    pub(super) shapes: Vec<Shape>,
    nodes: Vec<Node>,
    edges: ByHash<u32>,
    seen: ByHash<u32>,
    overflow: ByHash<u32>,
    line: Masked,
}

impl Miner {
    /// A miner that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The provisional number of the shape of `message`; lines of different `place`s never share one.
    ///
    /// [`Miner::settle`] says which provisional numbers turned out to be the same shape.
    pub fn add(&mut self, place: u32, message: &str) -> u32 {
        let mut line = std::mem::take(&mut self.line);
        line.read(&super::headline::headline(message));
        let key = hash::mix(line.hash, u64::from(place) + 1);
        let shape = if let Some(shape) = self.seen.get(&key) {
            *shape
        } else {
            let shape = self.place(place, &line);
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

    /// The node of a line: down by place, number of tokens and first constant tokens.
    fn leaf(&mut self, place: u32, line: &Masked) -> usize {
        let mut key = hash::mix(u64::from(place), line.tokens.len() as u64);
        let mut node = self.step(key, None);
        for token in line.tokens.iter().filter(|token| !token.wild).take(DEPTH) {
            let next = hash::mix(key, token.hash | 1);
            let known = self.edges.contains_key(&next);
            let full = self.nodes.get(node).is_some_and(|n| n.children >= MOST_CHILDREN);
            key = if known || !full { next } else { hash::mix(key, 0) };
            node = self.step(key, Some(node));
        }
        node
    }

    fn step(&mut self, key: u64, parent: Option<usize>) -> usize {
        if let Some(node) = self.edges.get(&key) {
            return *node as usize;
        }
        let node = self.nodes.len();
        self.nodes.push(Node::default());
        self.edges.insert(key, node as u32);
        if let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
            parent.children += 1;
        }
        node
    }

    fn place(&mut self, place: u32, line: &Masked) -> u32 {
        if self.shapes.len() >= MOST_SHAPES {
            return self.overflowing(hash::mix(u64::from(place), line.tokens.len() as u64), place, line);
        }
        let leaf = self.leaf(place, line);
        let candidates = self
            .nodes
            .get(leaf)
            .map(|node| node.shapes.as_slice())
            .unwrap_or_default();
        let full = candidates.len() >= MOST_CANDIDATES;
        let states: Vec<bool> = line
            .tokens
            .iter()
            .map(|token| !token.wild && is_state(line.token(token)))
            .collect();
        let mut best: Option<(f64, u32)> = None;
        for number in candidates {
            let Some(shape) = self.shapes.get(*number as usize) else {
                continue;
            };
            if let Some(similar) = similarity(shape, line, &states)
                && similar >= SIMILAR
                && best.is_none_or(|(most, _)| similar > most)
            {
                best = Some((similar, *number));
            }
        }
        if let Some((_, number)) = best {
            self.widen(number, line);
            return number;
        }
        if full {
            return self.overflowing(hash::mix(leaf as u64, u64::MAX), place, line);
        }
        let number = self.shape_of(place, line);
        if let Some(node) = self.nodes.get_mut(leaf) {
            node.shapes.push(number);
        }
        number
    }

    /// A new shape that is just this line.
    fn shape_of(&mut self, place: u32, line: &Masked) -> u32 {
        let word = |token: &Token| {
            let text = line.token(token);
            (!token.wild).then(|| Constant {
                hash: token.hash,
                text: text.into(),
                state: is_state(text),
            })
        };
        let mask = |token: &Token| {
            if token.wild {
                line.token(token).into()
            } else {
                WILD.into()
            }
        };
        self.shapes.push(Shape {
            place,
            words: line.tokens.iter().map(word).collect(),
            shown: line.tokens.iter().map(mask).collect(),
        });
        self.shapes.len() as u32 - 1
    }

    /// Makes a shape hold this line, too.
    fn widen(&mut self, number: u32, line: &Masked) {
        if let Some(shape) = self.shapes.get_mut(number as usize) {
            for (word, token) in shape.words.iter_mut().zip(&line.tokens) {
                if word
                    .as_ref()
                    .is_some_and(|word| token.wild || word.hash != token.hash)
                {
                    *word = None;
                }
            }
        }
    }

    /// The shape that takes what no longer gets one of its own.
    fn overflowing(&mut self, key: u64, place: u32, line: &Masked) -> u32 {
        if let Some(number) = self.overflow.get(&key).copied() {
            self.widen(number, line);
            return number;
        }
        let number = self.shape_of(place, line);
        self.overflow.insert(key, number);
        number
    }
}

/// Share of the constant tokens that agree; none when the line cannot be of this shape.
fn similarity(shape: &Shape, line: &Masked, states: &[bool]) -> Option<f64> {
    if shape.words.len() != line.tokens.len() {
        return None;
    }
    let (mut same, mut different) = (0_u32, 0_u32);
    for ((word, token), state) in shape.words.iter().zip(&line.tokens).zip(states) {
        match word {
            Some(word) if word.hash == token.hash => same += 1,
            Some(word) if word.state => return None,
            _ if *state => return None,
            Some(_) => different += 1,
            None => {}
        }
    }
    if different == 0 {
        return Some(1.0);
    }
    Some(f64::from(same) / f64::from(same + different))
}

/// True for words that tell one statement from another and are never a parameter's value: states, outcomes, levels,
/// participles.
pub(super) fn is_state(token: &str) -> bool {
    const WORDS: [&str; 44] = [
        "up",
        "down",
        "start",
        "stop",
        "on",
        "off",
        "ok",
        "success",
        "successful",
        "successfully",
        "failure",
        "error",
        "errors",
        "warning",
        "fatal",
        "info",
        "debug",
        "warn",
        "timeout",
        "true",
        "false",
        "yes",
        "no",
        "not",
        "null",
        "none",
        "open",
        "close",
        "begin",
        "end",
        "done",
        "complete",
        "enter",
        "exit",
        "add",
        "remove",
        "create",
        "delete",
        "read",
        "write",
        "send",
        "receive",
        "exception",
        "invalid",
    ];
    let word = token.trim_matches(|c: char| !c.is_ascii_alphabetic());
    if word.is_empty() || !word.bytes().all(|b| b.is_ascii_alphabetic()) {
        return false;
    }
    let participle = word.len() >= 5 && (word.ends_with("ed") || word.ends_with("ing"));
    participle || WORDS.iter().any(|state| word.eq_ignore_ascii_case(state))
}
