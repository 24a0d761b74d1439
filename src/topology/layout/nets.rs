//! The layered graph: blocks, and bends where a line passes through a layer.

use std::collections::BTreeMap;

use super::{Arc, Block, Spacing, layers};

/// What stands in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// A block.
    Block(usize),
    /// A line passes through.
    Bend,
}

/// Something with a column in a layer.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// What it is.
    pub stand: Stand,
    /// Its layer.
    pub layer: usize,
    /// Columns on either side of its middle.
    pub half: usize,
    /// Its middle column, once placed.
    pub x: usize,
    /// Ties above it (indices).
    pub above: Vec<usize>,
    /// Ties below it (indices).
    pub below: Vec<usize>,
}

/// A tie between slots of two neighbouring layers.
#[derive(Debug, Clone)]
pub(super) struct Tie {
    /// The upper slot.
    pub upper: usize,
    /// The lower slot.
    pub lower: usize,
    /// The arcs that run along it.
    pub arcs: Vec<usize>,
    /// They run from below to above.
    pub turned: bool,
    /// They carry no failure.
    pub soft: bool,
    /// They point both ways.
    pub both: bool,
}

/// Upper and lower slot, turned, soft, both, and the arc that goes alone.
type TieKey = (usize, usize, bool, bool, bool, usize);

/// A graph in layers.
#[derive(Debug, Clone, Default)]
pub(super) struct Layered {
    /// Blocks first, in their order, then bends.
    pub slots: Vec<Slot>,
    /// Ties between neighbouring layers.
    pub ties: Vec<Tie>,
    /// Slots of each layer from left to right.
    pub rows: Vec<Vec<usize>>,
}

impl Layered {
    /// Layers a connected graph. Plain lines from one block to several far ones share their bends, so that they leave
    /// as one stem and part as late as they can.
    pub fn new(blocks: &[Block], arcs: &[Arc], spacing: Spacing) -> Self {
        let turned = layers::turned(blocks.len(), arcs);
        let down: Vec<(usize, usize)> = arcs
            .iter()
            .zip(&turned)
            .map(|(arc, turned)| {
                if *turned {
                    (arc.to, arc.from)
                } else {
                    (arc.from, arc.to)
                }
            })
            .collect();
        let layer = layers::layers(blocks, &down, spacing);
        let mut layered = Self {
            slots: blocks
                .iter()
                .zip(&layer)
                .enumerate()
                .map(|(at, (block, &layer))| Slot {
                    stand: Stand::Block(at),
                    layer,
                    half: block.width / 2,
                    x: 0,
                    above: Vec::new(),
                    below: Vec::new(),
                })
                .collect(),
            ..Self::default()
        };

        let mut bends: BTreeMap<(usize, bool, usize, usize), usize> = BTreeMap::new();
        let mut ties: BTreeMap<TieKey, Vec<usize>> = BTreeMap::new();
        for (at, (arc, &(upper, lower))) in arcs.iter().zip(&down).enumerate() {
            // Lines with a head at their upper end go alone; 0 stands for "shared".
            let alone = if turned[at] || arc.both { at + 1 } else { 0 };
            let mut from = upper;
            for row in layer[upper] + 1..=layer[lower] {
                let to = if row == layer[lower] {
                    lower
                } else {
                    *bends.entry((upper, arc.soft, alone, row)).or_insert_with(|| {
                        layered.slots.push(Slot {
                            stand: Stand::Bend,
                            layer: row,
                            half: 0,
                            x: 0,
                            above: Vec::new(),
                            below: Vec::new(),
                        });
                        layered.slots.len() - 1
                    })
                };
                ties.entry((from, to, turned[at], arc.soft, arc.both, alone))
                    .or_default()
                    .push(at);
                from = to;
            }
        }
        for ((upper, lower, turned, soft, both, _), arcs) in ties {
            let at = layered.ties.len();
            layered.slots[upper].below.push(at);
            layered.slots[lower].above.push(at);
            layered.ties.push(Tie {
                upper,
                lower,
                arcs,
                turned,
                soft,
                both,
            });
        }
        let rows = layered.slots.iter().map(|slot| slot.layer + 1).max().unwrap_or(0);
        layered.rows = vec![Vec::new(); rows];
        layered
    }

    /// Slots tied to this one in the layer above or below.
    pub fn tied(&self, slot: usize, above: bool) -> impl Iterator<Item = usize> + '_ {
        let slot = &self.slots[slot];
        let ties = if above { &slot.above } else { &slot.below };
        ties.iter().map(move |tie| {
            let tie = &self.ties[*tie];
            if above { tie.upper } else { tie.lower }
        })
    }

    /// True for a bend.
    pub fn is_bend(&self, slot: usize) -> bool {
        self.slots[slot].stand == Stand::Bend
    }
}
