//! A page laid out in rows: made when something changed, then only read. Whatever it holds, a key and a frame cost the
//! rows that are in view.

use super::{
    behind, draw,
    page::{Block, Line, Node, Page, Picture, Size},
    record,
};
use crate::{
    console::{
        overlay::evidence::{EvidenceView, TOGETHER},
        rich::Rich,
        state::{Loaded, State},
        theme::Role,
    },
    journal::{Body, StreamId, views::Investigation},
};

/// A page laid out in rows.
#[derive(Debug, Default)]
pub struct Sheet {
    key: Option<Key>,
    /// The rows.
    pub rows: Vec<Row>,
    /// The pictures that rows are parts of.
    pub pictures: Vec<(Picture, u16)>,
    /// Numbers of records that can be followed, in reading order.
    pub links: Vec<Link>,
}

/// One row.
#[derive(Debug)]
pub enum Row {
    /// Words, and the node of a tree that they are.
    Words(Rich, Option<Node>),
    /// A row of a picture.
    Picture(usize, u16),
}

/// A number that can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its row.
    pub row: usize,
    /// Its first column.
    pub column: u16,
    /// Its width.
    pub width: u16,
    /// The record.
    pub seq: u64,
}

/// Everything that a sheet depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    stream: Option<StreamId>,
    item: u64,
    raw: bool,
    all: bool,
    folds: usize,
    width: usize,
    height: usize,
    ascii: bool,
    /// How far the investigation has come, where that shows.
    come: u64,
    /// The record is here: of a large investigation not all are kept.
    known: bool,
    /// Which answers are here.
    here: Vec<(u64, bool)>,
}

impl Sheet {
    /// What a sheet of this view would depend on now.
    pub fn key(view: &EvidenceView, state: &State, inv: &Investigation) -> Key {
        let arrived = |seq: &u64| !matches!(state.evidence(*seq), Some(Loaded::Loading) | None);
        Key {
            stream: inv.stream.clone(),
            item: view.item(),
            raw: view.raw,
            all: view.all,
            folds: view.turns,
            width: draw::width(state),
            height: draw::height(state),
            ascii: state.glyphs.ascii,
            come: come(inv, view.item()),
            known: inv.entry(view.item()).is_some(),
            here: view.answers(inv).iter().map(|seq| (*seq, arrived(seq))).collect(),
        }
    }

    /// True when nothing that it depends on has changed.
    pub fn is(&self, key: &Key) -> bool {
        self.key.as_ref() == Some(key)
    }

    /// Makes it.
    pub fn of(view: &EvidenceView, state: &State, inv: &Investigation, key: Key) -> Self {
        let page = record::page(&view.ask(state, inv), view.item());
        let mut sheet = Self {
            key: Some(key),
            ..Self::default()
        };
        sheet.lay(page, draw::width(state), draw::height(state));
        sheet.links = links(&sheet.rows);
        sheet
    }

    fn lay(&mut self, page: Page, width: usize, height: usize) {
        for line in &page.head {
            let rows = line.wrap(width, 0).into_iter();
            self.rows.extend(rows.map(|row| Row::Words(row, None)));
        }
        let mut first = true;
        for block in page.blocks {
            self.rows.push(Row::Words(Rich::new(), None));
            match block {
                Block::Lines(lines) => {
                    for line in lines {
                        self.line(line, width);
                    }
                }
                Block::Picture(picture) => {
                    // The first picture fits under the head, as far as that leaves it a shape.
                    let used = if first { self.rows.len() } else { 1 };
                    let rows = room(&picture, height, used);
                    first = false;
                    let index = self.pictures.len();
                    self.rows.extend((0..rows).map(|row| Row::Picture(index, row)));
                    self.pictures.push((*picture, rows));
                }
            }
        }
    }

    fn line(&mut self, line: Line, width: usize) {
        let mut rows = if line.rows == 1 {
            vec![line.words.fit(width, draw::MORE)]
        } else {
            line.words.wrap(width, line.hang)
        };
        if line.rows > 1 && rows.len() > line.rows {
            rows.truncate(line.rows);
            if let Some(last) = rows.pop() {
                let room = width.saturating_sub(1);
                rows.push(last.fit(room, "").add(Role::Dim, draw::MORE));
            }
        }
        for (at, row) in rows.into_iter().enumerate() {
            let node = line.node.clone().filter(|_| at == 0);
            self.rows.push(Row::Words(row, node));
        }
    }
}

/// Rows of a picture on a screen of so many rows, of which some are used above it.
fn room(picture: &Picture, height: usize, used: usize) -> u16 {
    let rows = match picture.size {
        Size::Strip => (height / 3).clamp(6, 9),
        Size::Large => (height * 2 / 3).clamp(8, 28),
        Size::Stack => {
            let panels = picture.panels.len().max(1);
            let axes = 3;
            let free = height.saturating_sub(used + axes);
            // All of them, as long as each has a shape; otherwise as many as come out well, the others a scroll away.
            let seen = if free / panels >= 4 {
                panels
            } else {
                (free / 6).clamp(2, 5).min(panels)
            };
            (free / seen).clamp(4, 14) * panels + axes
        }
    };
    rows.min(400) as u16
}

/// How far the investigation has come, where the page of this record shows it.
fn come(inv: &Investigation, item: u64) -> u64 {
    match inv.entry(item).and_then(|entry| entry.body.as_ref()) {
        Some(Body::Hypothesis(_)) => inv.seq,
        Some(Body::Evidence(_) | Body::Query(_) | Body::Cause(_)) => inv.observations.len() as u64,
        None if item == TOGETHER => inv.observations.len() as u64,
        Some(Body::Observation(_) | Body::Finding(_)) => inv.causes.len() as u64,
        _ => 0,
    }
}

/// Numbers of records in rows: only words of our own bear their role.
fn links(rows: &[Row]) -> Vec<Link> {
    let mut links = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let Row::Words(words, _) = row else { continue };
        let mut column = 0;
        for (role, text) in &words.0 {
            if *role == Role::Number {
                let mut offset = 0;
                for word in text.split(' ') {
                    if let Some(seq) = word.strip_prefix('#').and_then(|digits| digits.parse().ok()) {
                        links.push(Link {
                            row: at,
                            column: column + offset,
                            width: word.len() as u16,
                            seq,
                        });
                    }
                    offset += word.len() as u16 + 1;
                }
            }
            column += unicode_width::UnicodeWidthStr::width(text.as_str()) as u16;
        }
    }
    links
}

/// Answers that a page needs at most: well below what the state keeps, or they would push each other out.
const ANSWERS: usize = 40;

/// Answers that a record's page needs.
pub fn needed(inv: &Investigation, item: u64) -> Vec<u64> {
    let mut answers = match inv.entry(item).and_then(|entry| entry.body.as_ref()) {
        Some(Body::Cause(_)) => super::together::answers(inv, item),
        None if item == TOGETHER => super::together::answers(inv, item),
        _ => {
            let mut answers = behind(inv, item);
            answers.extend(super::metrics::compared(inv, item));
            answers
        }
    };
    let mut seen = std::collections::BTreeSet::new();
    answers.retain(|answer| seen.insert(*answer));
    answers.truncate(ANSWERS);
    answers
}
