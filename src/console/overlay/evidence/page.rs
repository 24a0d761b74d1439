//! What is to be seen of a record: words, pictures, and what can be folded.

use std::collections::BTreeSet;

use crate::{
    console::{
        glyph::Glyphs,
        rich::{Rich, shown},
        state::{Loaded, State},
        widget::EventKind,
    },
    journal::views::Investigation,
    model::{Evidence, Point, inert},
};

/// One record, made ready to be looked at.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The sentence that it stands behind.
    pub head: Vec<Rich>,
    /// What is to be seen, from top to bottom.
    pub blocks: Vec<Block>,
}

/// Something to be seen.
#[derive(Debug, Clone)]
pub enum Block {
    /// Words.
    Lines(Vec<Line>),
    /// Series over time.
    Picture(Box<Picture>),
}

/// A line of words.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// The words.
    pub words: Rich,
    /// Indent of the rows after the first.
    pub hang: usize,
    /// Rows at most; 0: as many as it takes.
    pub rows: usize,
    /// A property or a branch of a tree that one can walk to.
    pub node: Option<Node>,
}

/// Something in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where in the tree.
    pub path: String,
    /// True for what can be folded.
    pub branch: bool,
}

impl From<Rich> for Line {
    fn from(words: Rich) -> Self {
        let lead = words
            .0
            .first()
            .map_or(0, |(_, words)| words.len() - words.trim_start().len());
        Self {
            words,
            hang: lead + 2,
            ..Self::default()
        }
    }
}

/// Series over time, one panel each on one axis.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The series, from the top down.
    pub panels: Vec<Panel>,
    /// First moment that is shown, in epoch seconds.
    pub from: i64,
    /// First moment that is not shown, in epoch seconds.
    pub to: i64,
    /// When it set in.
    pub onset: Option<i64>,
    /// When it was over; none: it lasts.
    pub over: Option<i64>,
    /// What happened meanwhile: when, in a word, what kind of thing.
    pub marks: Vec<(i64, String, EventKind)>,
    /// How much room it gets.
    pub size: Size,
}

/// How much room a picture gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// A strip above something that is read.
    Strip,
    /// Most of the screen.
    Large,
    /// Several panels that share the screen.
    Stack,
}

/// One series with what it is compared with.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    /// What it measures.
    pub label: String,
    /// Its unit, as CloudWatch spells it.
    pub unit: Option<String>,
    /// Seconds between two points.
    pub period: u32,
    /// The data.
    pub points: Vec<Point>,
    /// The range of what is usual.
    pub band: Option<(f64, f64)>,
    /// A limit or an alarm's threshold.
    pub limit: Option<f64>,
    /// What that is called.
    pub limit_name: String,
    /// A count over its period.
    pub bars: bool,
}

/// What a page is made for.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The investigation.
    pub inv: &'a Investigation,
    /// Where fetched evidence and names are.
    pub state: &'a State,
    /// As JSON.
    pub raw: bool,
    /// Nothing is folded or cut to one row.
    pub all: bool,
    /// Nothing at all is left out: for another program, which has the room.
    pub whole: bool,
    /// Branches that the operator folded or unfolded.
    pub folds: &'a BTreeSet<String>,
}

impl Ask<'_> {
    /// The signs.
    pub const fn glyphs(&self) -> &Glyphs {
        &self.state.glyphs
    }

    /// External words as they may be shown, or as they may be written to a file.
    pub fn words(&self, words: &str) -> String {
        if self.whole { inert(words) } else { shown(words) }
    }

    /// At most so many of something.
    pub const fn most(&self, screen: usize) -> usize {
        if self.whole { usize::MAX } else { screen }
    }

    /// What is here of the answers behind a record.
    pub fn data(&self, answers: &[u64]) -> Vec<&Evidence> {
        let ready = |answer: &u64| match self.state.evidence(*answer) {
            Some(Loaded::Ready(evidence)) => Some(evidence.as_ref()),
            _ => None,
        };
        answers.iter().filter_map(ready).collect()
    }
}

impl Page {
    /// Adds lines below what is there; nothing when there are none.
    pub fn lines<L: Into<Line>>(&mut self, lines: impl IntoIterator<Item = L>) {
        let lines: Vec<Line> = lines.into_iter().map(Into::into).collect();
        if !lines.is_empty() {
            self.blocks.push(Block::Lines(lines));
        }
    }

    /// Adds a picture below what is there.
    pub fn picture(&mut self, picture: Picture) {
        self.blocks.push(Block::Picture(Box::new(picture)));
    }
}
