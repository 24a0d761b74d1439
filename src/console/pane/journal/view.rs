//! The part of the list that is in view. Notes are made and broken into rows only where somebody sees them, so that a list
//! of a hundred thousand costs what a screenful costs.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Row, note::Writer};
use crate::console::{rich::Rich, theme::Role, words};

/// Where a list is scrolled to: an item, and rows of it above the edge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Top {
    /// Place in the list.
    pub at: usize,
    /// Rows of that item that are out of view.
    pub skip: usize,
}

/// What the rows are made from.
pub struct View<'a> {
    /// Makes the notes.
    pub writer: Writer<'a>,
    /// What is listed: places of items.
    pub list: &'a [usize],
    /// Whether the stage at a place is unfolded.
    pub open: &'a dyn Fn(usize) -> bool,
    /// Cells of a row.
    pub width: usize,
    /// Rows in view.
    pub height: usize,
    /// Ages as seen from here instead of times; none: times.
    pub ages: Option<Timestamp>,
    made: HashMap<usize, Vec<Rich>>,
}

/// Cells before the text where there is room for seconds: time, sign, margin word.
const MARGIN: usize = 23;

impl<'a> View<'a> {
    /// A view that nothing was made for yet.
    pub fn new(
        writer: Writer<'a>,
        list: &'a [usize],
        open: &'a dyn Fn(usize) -> bool,
        (width, height): (usize, usize),
        ages: Option<Timestamp>,
    ) -> Self {
        Self {
            writer,
            list,
            open,
            width,
            height,
            ages,
            made: HashMap::new(),
        }
    }

    /// Rows of the item at a place in the list.
    pub fn rows_of(&mut self, at: usize) -> usize {
        if let Some(rows) = self.made.get(&at) {
            return rows.len();
        }
        let rows = self.make(at);
        let count = rows.len();
        self.made.insert(at, rows);
        count
    }

    /// Where to scroll so that the item at a place is in view, from where it stands. While a stream is followed the list
    /// fills and then jumps half a page, because every scrolled row costs a repaint of the whole pane.
    pub fn reach(&mut self, top: Top, at: usize, live: bool) -> Top {
        let last = self.list.len().saturating_sub(1);
        let top = if top.at > last {
            Top { at: last, skip: 0 }
        } else {
            top
        };
        let tall = self.rows_of(at) > self.height;
        if at < top.at || (at == top.at && top.skip > 0 && !tall) {
            return self.filled(Top { at, skip: 0 }, live);
        }
        if self.is_in_view(top, at) {
            return self.filled(top, live);
        }
        let rows = self.rows_of(at);
        let wanted = if live && rows < self.height / 2 {
            self.height - self.height / 2
        } else {
            self.height
        };
        if rows >= wanted {
            return Top { at, skip: 0 };
        }
        self.ending(at, wanted)
    }

    /// Where to scroll so that the item at a place ends so many rows below the edge.
    fn ending(&mut self, at: usize, rows: usize) -> Top {
        let mut sum = 0;
        for place in (0..=at).rev() {
            sum += self.rows_of(place);
            if sum >= rows {
                return Top {
                    at: place,
                    skip: sum - rows,
                };
            }
        }
        Top::default()
    }

    fn is_in_view(&mut self, top: Top, at: usize) -> bool {
        // Every item has a row at least.
        if at - top.at > self.height + top.skip {
            return false;
        }
        let above: usize = (top.at..at).map(|place| self.rows_of(place)).sum();
        let rows = self.rows_of(at).min(self.height);
        above + rows <= self.height + top.skip
    }

    /// No room is left below the end, unless a stream is about to fill it.
    fn filled(&mut self, top: Top, live: bool) -> Top {
        if live || self.list.is_empty() {
            return top;
        }
        let mut sum = 0;
        for place in top.at..self.list.len() {
            sum += self.rows_of(place);
            if sum >= self.height + top.skip {
                return top;
            }
        }
        self.ending(self.list.len() - 1, self.height)
    }

    /// The item that stands so many rows below (or above) another.
    pub fn paged(&mut self, from: usize, down: bool) -> usize {
        let far = self.height.max(2) - 1;
        let mut rows = 0;
        let mut at = from;
        while rows < far {
            let next = if down { at + 1 } else { at.wrapping_sub(1) };
            if next >= self.list.len() {
                break;
            }
            rows += self.rows_of(if down { at } else { next });
            at = next;
        }
        at
    }

    /// The rows in view.
    pub fn rows(&mut self, top: Top) -> Vec<Row> {
        let mut rows = Vec::new();
        for at in top.at..self.list.len() {
            if rows.len() >= self.height {
                break;
            }
            self.rows_of(at);
            let skip = if at == top.at { top.skip } else { 0 };
            let made = self.made.remove(&at).unwrap_or_default();
            for (n, line) in made.into_iter().enumerate().skip(skip) {
                rows.push(Row {
                    at,
                    first: n == 0,
                    line,
                });
            }
        }
        rows.truncate(self.height);
        rows
    }

    /// The time of a note as its margin says it.
    fn clock(&self, at: Timestamp) -> String {
        match (self.ages, self.width) {
            (_, 0..56) => String::new(),
            (Some(now), 56..92) => format!("{:>5}", words::age(at, now)),
            (Some(now), _) => format!("{:>8}", words::age(at, now)),
            (None, 56..92) => words::time(at),
            (None, _) => words::second(at),
        }
    }

    fn make(&self, at: usize) -> Vec<Rich> {
        let item = |at: usize| {
            let place = self.list.get(at)?;
            self.writer.ledger.items.get(*place)
        };
        let Some(shown) = item(at) else { return Vec::new() };
        let note = self.writer.note(shown, (self.open)(shown.stage));
        let time = self.clock(note.at);
        let before = at.checked_sub(1).and_then(item);
        let before = before.and_then(|item| self.writer.inv.entry(item.seq));
        let same = before.is_some_and(|before| self.clock(before.at) == time);
        // Seconds where there is room for them, minutes on a small screen, no time at all on the smallest.
        let margin = match self.width {
            0..56 => MARGIN - 9,
            56..92 => MARGIN - 3,
            _ => MARGIN,
        };
        let mut lead = Rich::new();
        if !time.is_empty() {
            let words = if same { " ".repeat(time.len()) } else { time };
            lead = lead.add(Role::Faint, words).add(Role::Text, " ");
        }
        let lead = if note.is_verdict() {
            lead.add(note.role, format!(" {} ", note.label))
        } else {
            lead.add(Role::Dim, note.sign).add(note.role, note.label.as_str())
        };
        let lead = lead.pad(margin);
        let lead = match note.number {
            Some(number) => {
                let digits = self.writer.inv.seq.to_string().len().max(3);
                lead.add(Role::Number, format!("#{number}"))
                    .pad(margin + digits + 2)
            }
            None => lead,
        };
        let indent = lead.width();
        let mut rows = Vec::new();
        for line in &note.lines {
            let whole = if rows.is_empty() {
                lead.clone().join(line.clone())
            } else {
                Rich::of(Role::Text, " ".repeat(indent)).join(line.clone())
            };
            rows.extend(whole.wrap(self.width, indent + note.hang));
        }
        if rows.is_empty() {
            rows.push(lead);
        }
        rows
    }
}
