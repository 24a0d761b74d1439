//! Layered drawing of a directed graph on a grid of cells.
//!
//! The method is that of Sugiyama, Tagawa and Toda ("Methods for visual understanding of hierarchical system
//! structures", IEEE SMC 11(2), 1981): break cycles, give each box a layer, order the layers to cross few lines, give
//! each box a column, then route the lines through the channels between the layers. All of it is deterministic and
//! knows nothing of resources: blocks have a size, arcs have two ends.

mod layers;
mod nets;
mod order;
mod place;
mod route;
mod tracks;

/// A box to be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Columns; an even width is widened by one, so that every block has a middle column.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// A line to be routed from one block to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arc {
    /// Index of the block where it starts.
    pub from: usize,
    /// Index of the block where it ends.
    pub to: usize,
    /// Soft lines never share a way with hard ones.
    pub soft: bool,
    /// It has an arrow head at both ends.
    pub both: bool,
}

/// How close things may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spacing {
    /// Free columns between two boxes.
    pub gap: usize,
    /// Columns that parts of the picture may fill side by side; 0 for no limit.
    pub shelf: usize,
    /// Columns that a layer should not exceed; 0 for no limit.
    pub width: usize,
}

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rect {
    /// Leftmost column.
    pub x: usize,
    /// Topmost row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Rect {
    /// First column to the right of it.
    pub const fn right(&self) -> usize {
        self.x + self.width
    }

    /// First row below it.
    pub const fn bottom(&self) -> usize {
        self.y + self.height
    }

    /// Its middle column.
    pub const fn middle(&self) -> usize {
        self.x + self.width / 2
    }

    /// True when the two share a cell.
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// True when the cell lies inside.
    pub const fn holds(&self, x: usize, y: usize) -> bool {
        self.x <= x && x < self.right() && self.y <= y && y < self.bottom()
    }
}

/// How a stretch of line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It begins here, on the border of a box, whose row is the end's row.
    Border,
    /// It arrives here, with an arrow head beside a box.
    Head,
    /// It goes on.
    Open,
}

/// One stretch of line between two neighbouring layers: down from `(x0, y0)`, along row `turn`, down to `(x1, y1)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// The arcs that run here.
    pub arcs: Vec<usize>,
    /// Wires of one net may touch; those of different nets only cross.
    pub net: usize,
    /// Column at the top.
    pub x0: usize,
    /// First row: the lower border of the upper box, or where the stretch before ended.
    pub y0: usize,
    /// Row in which it changes its column.
    pub turn: usize,
    /// A column that it runs down in between, and the row in which it leaves that again.
    pub detour: Option<(usize, usize)>,
    /// Column at the bottom.
    pub x1: usize,
    /// Last row: above the lower box, or the end of the stretch.
    pub y1: usize,
    /// What stands at its top.
    pub top: End,
    /// What stands at its bottom.
    pub bottom: End,
    /// It carries no failure.
    pub soft: bool,
}

impl Wire {
    /// The points at which it begins, turns and ends, from the top down.
    pub fn points(&self) -> Vec<(usize, usize)> {
        let mut points = vec![(self.x0, self.y0)];
        if self.x0 != self.x1 || self.detour.is_some() {
            points.push((self.x0, self.turn));
            let mut row = self.turn;
            if let Some((column, next)) = self.detour {
                points.extend([(column, row), (column, next)]);
                row = next;
            }
            points.push((self.x1, row));
        }
        points.push((self.x1, self.y1));
        points
    }
}

/// Blocks and lines with their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Place of each block.
    pub boxes: Vec<Rect>,
    /// Every stretch of line.
    pub wires: Vec<Wire>,
    /// How many lines cross.
    pub crossings: usize,
}

/// Places blocks and routes arcs. Arcs to themselves or to blocks that do not exist are left out.
pub fn layout(blocks: &[Block], arcs: &[Arc], spacing: Spacing) -> Layout {
    let mut whole = Layout {
        boxes: vec![Rect::default(); blocks.len()],
        ..Layout::default()
    };
    let arcs: Vec<(usize, Arc)> = arcs
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, arc)| arc.from != arc.to && arc.from < blocks.len() && arc.to < blocks.len())
        .collect();
    let mut shelf = Shelf::default();
    for part in components(blocks.len(), &arcs) {
        let mut inner = vec![usize::MAX; blocks.len()];
        for (at, &block) in part.iter().enumerate() {
            inner[block] = at;
        }
        let own: Vec<_> = part.iter().map(|&block| blocks[block]).collect();
        let (names, own_arcs): (Vec<_>, Vec<_>) = arcs
            .iter()
            .filter(|(_, arc)| inner[arc.from] != usize::MAX)
            .map(|&(name, arc)| {
                (
                    name,
                    Arc {
                        from: inner[arc.from],
                        to: inner[arc.to],
                        ..arc
                    },
                )
            })
            .unzip();
        let piece = connected(&own, &own_arcs, spacing);
        let (dx, dy) = shelf.put(piece.width, piece.height, spacing);
        whole.width = whole.width.max(dx + piece.width);
        whole.height = whole.height.max(dy + piece.height);
        whole.crossings += piece.crossings;
        for (rect, &block) in piece.boxes.iter().zip(&part) {
            whole.boxes[block] = Rect {
                x: rect.x + dx,
                y: rect.y + dy,
                ..*rect
            };
        }
        let first_net = whole.wires.iter().map(|wire| wire.net + 1).max().unwrap_or(0);
        whole.wires.extend(piece.wires.into_iter().map(|wire| Wire {
            arcs: wire.arcs.iter().map(|arc| names[*arc]).collect(),
            net: wire.net + first_net,
            x0: wire.x0 + dx,
            y0: wire.y0 + dy,
            turn: wire.turn + dy,
            detour: wire.detour.map(|(x, y)| (x + dx, y + dy)),
            x1: wire.x1 + dx,
            y1: wire.y1 + dy,
            ..wire
        }));
    }
    whole
}

fn connected(blocks: &[Block], arcs: &[Arc], spacing: Spacing) -> Layout {
    let mut layered = nets::Layered::new(blocks, arcs, spacing);
    let crossings = order::order(&mut layered);
    place::place(&mut layered, spacing);
    let mut layout = route::route(&layered, blocks);
    layout.crossings = crossings;
    layout
}

/// Blocks that hang together, largest part first; parts of one size in order of their first block.
fn components(count: usize, arcs: &[(usize, Arc)]) -> Vec<Vec<usize>> {
    let mut root: Vec<usize> = (0..count).collect();
    for (_, arc) in arcs {
        let (a, b) = (find(&mut root, arc.from), find(&mut root, arc.to));
        root[a.max(b)] = a.min(b);
    }
    let mut parts: std::collections::BTreeMap<usize, Vec<usize>> = std::collections::BTreeMap::new();
    for at in 0..count {
        let root = find(&mut root, at);
        parts.entry(root).or_default().push(at);
    }
    let mut parts: Vec<_> = parts.into_values().collect();
    parts.sort_by_key(|part| (std::cmp::Reverse(part.len()), part.first().copied()));
    parts
}

/// The block that stands for the part in which a block is.
fn find(root: &mut [usize], mut at: usize) -> usize {
    while root[at] != at {
        root[at] = root[root[at]];
        at = root[at];
    }
    at
}

/// Sets parts of the picture beside one another, and on a new row when the width is used up.
#[derive(Default)]
struct Shelf {
    x: usize,
    y: usize,
    next_y: usize,
}

impl Shelf {
    fn put(&mut self, width: usize, height: usize, spacing: Spacing) -> (usize, usize) {
        if self.x > 0 && spacing.shelf > 0 && self.x + width > spacing.shelf {
            self.x = 0;
            self.y = self.next_y;
        }
        let place = (self.x, self.y);
        self.x += width + spacing.gap;
        self.next_y = self.next_y.max(self.y + height + 1);
        place
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Cells = Vec<(usize, usize)>;

    /// Cells in which a net runs up and down, and sideways.
    fn cells(wire: &Wire) -> (Cells, Cells) {
        let (mut upright, mut sideways) = (Vec::new(), Vec::new());
        for pair in wire.points().windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            assert!(y0 <= y1, "lines never turn back");
            if x0 == x1 {
                upright.extend((y0..=y1).map(|y| (x0, y)));
            } else {
                assert_eq!(y0, y1);
                sideways.extend((x0.min(x1)..=x0.max(x1)).map(|x| (x, y0)));
            }
        }
        (upright, sideways)
    }

    fn check(layout: &Layout) -> Result<(), TestCaseError> {
        for (at, rect) in layout.boxes.iter().enumerate() {
            prop_assert!(rect.right() <= layout.width && rect.bottom() <= layout.height);
            for other in &layout.boxes[at + 1..] {
                prop_assert!(!rect.overlaps(other), "{rect:?} {other:?}");
            }
        }
        let mut taken: BTreeMap<(bool, usize, usize), usize> = BTreeMap::new();
        for wire in &layout.wires {
            let (upright, sideways) = cells(wire);
            for (way, (x, y)) in upright
                .iter()
                .map(|cell| (true, *cell))
                .chain(sideways.iter().map(|cell| (false, *cell)))
            {
                prop_assert!(x < layout.width && y < layout.height);
                let end = (x, y) == (wire.x0, wire.y0) || (x, y) == (wire.x1, wire.y1);
                for rect in &layout.boxes {
                    prop_assert!(end || !rect.holds(x, y), "{wire:?} through {rect:?}");
                }
                if let Some(net) = taken.insert((way, x, y), wire.net) {
                    prop_assert_eq!(net, wire.net, "two nets at {} {}", x, y);
                }
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn boxes_stand_apart_and_lines_of_different_nets_only_cross(
            widths in prop::collection::vec(9_usize..30, 1..24),
            ends in prop::collection::vec((0_usize..24, 0_usize..24, any::<bool>(), prop::bool::weighted(0.1)), 0..36),
            gap in 1_usize..4,
            width in prop::sample::select(vec![0_usize, 40, 80, 140]),
        ) {
            let count = widths.len();
            let blocks: Vec<_> = widths.iter().map(|width| Block { width: (*width).max(9) | 1, height: 3 + width % 3 }).collect();
            let mut arcs: Vec<Arc> = Vec::new();
            for (from, to, soft, both) in ends {
                let (from, to) = (from % count, to % count);
                let known = arcs.iter().any(|arc| (arc.from, arc.to) == (from, to) || (arc.from, arc.to) == (to, from));
                let busy = |end| arcs.iter().filter(|arc| arc.from == end || arc.to == end).count() >= 3;
                if !known && !busy(from) && !busy(to) {
                    arcs.push(Arc { from, to, soft: soft && from % 3 == 0, both });
                }
            }
            let spacing = Spacing { gap, shelf: width, width };
            let layout = layout(&blocks, &arcs, spacing);
            check(&layout)?;
        }
    }
}
