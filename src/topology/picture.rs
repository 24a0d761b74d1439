//! A picture in cells: what a terminal or a text file shows of the graph.

use super::{Health, Reach, Rect};
use crate::model::ResourceId;

/// What a cell belongs to; whoever draws the picture gives each role its colour. The characters alone say it all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// Nothing.
    #[default]
    Blank,
    /// The border of a box.
    Border,
    /// The border of the box under the cursor.
    Focus,
    /// A name.
    Name,
    /// A type, a count.
    Type,
    /// A mark of health and its note.
    Mark(Health),
    /// A line along which failure travels.
    Edge,
    /// A line that carries no failure.
    Soft,
    /// A line on the way from the cause to the symptom, or along which the failure that is asked about travels.
    Path,
    /// How far the failure that is asked about travels to a resource.
    Reach,
    /// What the failure that is asked about does not reach.
    Aside,
}

/// How a picture is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look<'a> {
    /// The resource under the cursor.
    pub selected: Option<&'a ResourceId>,
    /// The blast radius that is asked about.
    pub reach: Option<&'a Reach>,
}

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The character; `'\0'` in the second cell of a wide one.
    pub ch: char,
    /// What it belongs to.
    pub role: Role,
}

impl Default for Cell {
    fn default() -> Self {
        Self {
            ch: ' ',
            role: Role::Blank,
        }
    }
}

/// The second cell of a wide character.
pub const WIDE: char = '\0';

/// A box, or a row of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The resources that it stands for; never empty.
    pub ids: Vec<ResourceId>,
    /// Where it stands.
    pub rect: Rect,
    /// Its full name.
    pub title: String,
    /// How the loudest of them fares.
    pub health: Health,
    /// Places that its lines lead up to.
    pub up: Vec<usize>,
    /// Places that its lines lead down to.
    pub down: Vec<usize>,
}

/// How a picture is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Boxes where they can be read, otherwise a tree.
    #[default]
    Auto,
    /// Boxes and lines.
    Boxes,
    /// One resource a line, indented below what acts on it.
    Tree,
}

/// A step of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Against the arrows.
    Up,
    /// Along the arrows.
    Down,
    /// To the box on the left, or the one before.
    Left,
    /// To the box on the right, or the next.
    Right,
}

/// A picture of the graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// What stands where.
    pub places: Vec<Place>,
    /// True when it is a tree.
    pub tree: bool,
    cells: Vec<Cell>,
}

impl Picture {
    /// An empty picture.
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            cells: vec![Cell::default(); width * height],
            ..Self::default()
        }
    }

    /// The cell at a column and row; blank outside.
    pub fn cell(&self, x: usize, y: usize) -> Cell {
        if x < self.width && y < self.height {
            self.cells.get(y * self.width + x).copied().unwrap_or_default()
        } else {
            Cell::default()
        }
    }

    /// Each row as text, without blanks at its end.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.height).map(|y| {
            let row: String = (0..self.width)
                .map(|x| self.cell(x, y).ch)
                .filter(|ch| *ch != WIDE)
                .collect();
            row.trim_end().to_owned()
        })
    }

    /// The place that stands for a resource.
    pub fn place(&self, id: &ResourceId) -> Option<&Place> {
        self.places.get(self.index(id)?)
    }

    /// The place at a cell.
    pub fn hit(&self, x: usize, y: usize) -> Option<&Place> {
        self.places.iter().find(|place| place.rect.holds(x, y))
    }

    /// Where a step of the cursor leads: along a line where there is one, otherwise to the nearest box that way. From
    /// nowhere every step leads to the first box. Left and right end in the neighbouring row, so that every box can be
    /// reached.
    pub fn walk(&self, from: Option<&ResourceId>, step: Step) -> Option<&ResourceId> {
        let Some(at) = from.and_then(|id| self.index(id)) else {
            return self
                .reading_order()
                .first()
                .and_then(|first| self.places[*first].ids.first());
        };
        let here = &self.places[at];
        let nearest = |candidates: &[usize]| {
            let rect = |at: usize| self.places[at].rect;
            candidates.iter().copied().min_by_key(|&to| {
                let aside = rect(to).middle().abs_diff(here.rect.middle());
                (rect(to).y.abs_diff(here.rect.y), aside, rect(to).x)
            })
        };
        let to = match step {
            Step::Up | Step::Down => {
                let tied = if step == Step::Up { &here.up } else { &here.down };
                let beyond: Vec<usize> = (0..self.places.len())
                    .filter(|&to| {
                        let rect = self.places[to].rect;
                        if step == Step::Up {
                            rect.bottom() <= here.rect.y
                        } else {
                            rect.y >= here.rect.bottom()
                        }
                    })
                    .collect();
                if self.tree {
                    nearest(&beyond)
                } else {
                    nearest(tied).or_else(|| nearest(&beyond))
                }
            }
            Step::Left | Step::Right => {
                let order = self.reading_order();
                let place = order.iter().position(|other| *other == at)?;
                let next = if step == Step::Left {
                    place.checked_sub(1)?
                } else {
                    place + 1
                };
                order.get(next).copied()
            }
        };
        self.places.get(to?)?.ids.first()
    }

    pub(super) fn put(&mut self, x: usize, y: usize, ch: char, role: Role) {
        if x < self.width
            && let Some(cell) = self.cells.get_mut(y * self.width + x)
        {
            *cell = Cell { ch, role };
        }
    }

    /// Writes words from a column on, never past `right`.
    pub(super) fn write(&mut self, x: usize, y: usize, right: usize, words: &str, role: Role) -> usize {
        let mut x = x;
        for ch in words.chars() {
            let cells = super::words::cells(ch);
            if cells == 0 || x + cells > right.min(self.width) {
                continue;
            }
            self.put(x, y, ch, role);
            if cells == 2 {
                self.put(x + 1, y, WIDE, role);
            }
            x += cells;
        }
        x
    }

    /// Makes everything in a rectangle faint.
    pub(super) fn set_aside(&mut self, rect: Rect) {
        for y in rect.y..rect.bottom() {
            for x in rect.x..rect.right() {
                let cell = self.cell(x, y);
                if cell.role != Role::Blank && cell.role != Role::Focus {
                    self.put(x, y, cell.ch, Role::Aside);
                }
            }
        }
    }

    fn index(&self, id: &ResourceId) -> Option<usize> {
        self.places.iter().position(|place| place.ids.contains(id))
    }

    fn reading_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.places.len()).collect();
        order.sort_by_key(|at| (self.places[*at].rect.y, self.places[*at].rect.x));
        order
    }
}
