//! The column of each slot: short and straight lines.
//!
//! Every slot wants to stand over the middle of its neighbours; the order and the gaps of its layer must hold. For one
//! layer the best answer to that is an isotonic regression, found by pooling adjacent violators; sweeping over the
//! layers up and down settles the picture.

use super::{Spacing, nets::Layered};

const SWEEPS: usize = 12;

/// Gives every slot its column.
pub(super) fn place(layered: &mut Layered, spacing: Spacing) {
    let offsets: Vec<Vec<f64>> = layered
        .rows
        .iter()
        .map(|row| offsets(layered, row, spacing))
        .collect();
    let mut x = vec![0.0; layered.slots.len()];
    for (row, offsets) in layered.rows.iter().zip(&offsets) {
        let width = offsets.last().copied().unwrap_or(0.0);
        for (&slot, offset) in row.iter().zip(offsets) {
            x[slot] = offset - width / 2.0;
        }
    }
    let bounds: Vec<(f64, f64)> = layered
        .rows
        .iter()
        .zip(&offsets)
        .map(|(row, offsets)| bounds(layered, row, offsets, spacing.shelf))
        .collect();
    let count = layered.rows.len();
    for sweep in 0..SWEEPS {
        let downwards = sweep % 2 == 0;
        let last = sweep + 2 >= SWEEPS;
        for step in 0..count {
            let row = if downwards { step } else { count - 1 - step };
            settle(
                layered,
                row,
                (&offsets[row], bounds[row]),
                &mut x,
                downwards,
                last,
            );
        }
    }
    round(layered, &offsets, &mut x);
    let frame = Frame::of(layered, spacing, &x);
    straighten(layered, &frame, &mut x);
    unbend(layered, &frame, &mut x);
    let least = layered
        .slots
        .iter()
        .zip(&x)
        .map(|(slot, x)| x - slot.half as f64)
        .fold(f64::INFINITY, f64::min);
    for (slot, x) in layered.slots.iter_mut().zip(&x) {
        slot.x = (x - least).max(0.0) as usize;
    }
}

/// Least columns between the middles of two neighbours.
fn apart(layered: &Layered, left: usize, right: usize, spacing: Spacing) -> usize {
    let gap = if layered.is_bend(left) || layered.is_bend(right) {
        1
    } else {
        spacing.gap
    };
    layered.slots[left].half + layered.slots[right].half + 1 + gap
}

fn offsets(layered: &Layered, row: &[usize], spacing: Spacing) -> Vec<f64> {
    let mut offsets = Vec::with_capacity(row.len());
    let mut at = 0;
    let mut before = None;
    for &slot in row {
        if let Some(before) = before {
            at += apart(layered, before, slot, spacing);
        }
        offsets.push(at as f64);
        before = Some(slot);
    }
    offsets
}

/// Straight lines matter most where they are long.
fn weight(layered: &Layered, a: usize, b: usize) -> f64 {
    match (layered.is_bend(a), layered.is_bend(b)) {
        (true, true) => 8.0,
        _ => 1.0,
    }
}

/// How far to the left and right of its packed place a row may stand, so that the picture keeps its width. A row that is
/// too wide by itself is not bound.
fn bounds(layered: &Layered, row: &[usize], offsets: &[f64], width: usize) -> (f64, f64) {
    let half = |slot: Option<&usize>| slot.map_or(0.0, |slot| layered.slots[*slot].half as f64);
    let edge = width as f64 / 2.0;
    let least = (half(row.first()) - edge).ceil();
    let most = (edge - 1.0 - half(row.last()) - offsets.last().copied().unwrap_or(0.0)).floor();
    if width == 0 || most < least {
        (f64::NEG_INFINITY, f64::INFINITY)
    } else {
        (least, most)
    }
}

fn settle(
    layered: &Layered,
    row: usize,
    (offsets, (least, most)): (&[f64], (f64, f64)),
    x: &mut [f64],
    downwards: bool,
    both: bool,
) {
    let row = &layered.rows[row];
    let wanted: Vec<(f64, f64)> = row
        .iter()
        .map(|&slot| {
            let mut near: Vec<(f64, f64)> = layered
                .tied(slot, downwards)
                .map(|other| (x[other], weight(layered, slot, other)))
                .collect();
            if both || near.is_empty() {
                let more = layered.tied(slot, !downwards);
                near.extend(more.map(|other| (x[other], weight(layered, slot, other))));
            }
            let strength: f64 = near.iter().map(|(_, weight)| weight).sum();
            (middle(near).unwrap_or(x[slot]), strength.max(0.1))
        })
        .collect();
    for ((&slot, y), offset) in row.iter().zip(isotonic(&wanted, offsets)).zip(offsets) {
        x[slot] = y.clamp(least, most) + offset;
    }
}

/// Weighted median; between two equal halves their mean.
fn middle(mut near: Vec<(f64, f64)>) -> Option<f64> {
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = near.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    let mut at = near.iter().peekable();
    while let Some((x, weight)) = at.next() {
        sum += weight;
        if (sum - half).abs() < 1e-9 {
            return Some(at.peek().map_or(*x, |(next, _)| f64::midpoint(*x, *next)));
        }
        if sum > half {
            return Some(*x);
        }
    }
    None
}

/// Never-falling values nearest to what is wanted (least squares, weighted), by pooling adjacent violators.
fn isotonic(wanted: &[(f64, f64)], offsets: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for ((wish, weight), offset) in wanted.iter().zip(offsets) {
        let mut pool = (wish - offset, *weight, 1);
        while let Some(&(mean, weight, count)) = pools.last() {
            if mean <= pool.0 {
                break;
            }
            let sum = weight + pool.1;
            pool = ((mean * weight + pool.0 * pool.1) / sum, sum, count + pool.2);
            pools.pop();
        }
        pools.push(pool);
    }
    pools
        .iter()
        .flat_map(|&(mean, _, count)| std::iter::repeat_n(mean, count))
        .collect()
}

fn round(layered: &Layered, offsets: &[Vec<f64>], x: &mut [f64]) {
    for (row, offsets) in layered.rows.iter().zip(offsets) {
        let mut least = f64::NEG_INFINITY;
        for (&slot, offset) in row.iter().zip(offsets) {
            // Distances to the offsets never fall, so rounding them keeps order and gaps.
            let y = (x[slot] - offset).round().max(least);
            least = y;
            x[slot] = y + offset;
        }
    }
}

/// What holds a slot while others are moved: its neighbours in the row and the edges of the picture.
struct Frame {
    spacing: Spacing,
    /// Place of each slot in its row.
    at: Vec<usize>,
    left: f64,
    right: f64,
}

impl Frame {
    fn of(layered: &Layered, spacing: Spacing, x: &[f64]) -> Self {
        let mut at = vec![0; layered.slots.len()];
        for row in &layered.rows {
            for (place, &slot) in row.iter().enumerate() {
                at[slot] = place;
            }
        }
        let half = |slot: usize| layered.slots[slot].half as f64;
        let edges = x.iter().enumerate();
        Self {
            spacing,
            at,
            left: edges
                .clone()
                .map(|(slot, x)| x - half(slot))
                .fold(f64::INFINITY, f64::min),
            right: edges
                .map(|(slot, x)| x + half(slot))
                .fold(f64::NEG_INFINITY, f64::max),
        }
    }

    /// True when the slot can stand there.
    fn clear(&self, layered: &Layered, x: &[f64], slot: usize, goal: f64) -> bool {
        let half = layered.slots[slot].half as f64;
        let row = &layered.rows[layered.slots[slot].layer];
        let apart = |left, right| apart(layered, left, right, self.spacing) as f64;
        let left = self.at[slot].checked_sub(1).map(|at| row[at]);
        let right = row.get(self.at[slot] + 1).copied();
        goal - half >= self.left
            && goal + half <= self.right
            && left.is_none_or(|left| goal - x[left] >= apart(left, slot))
            && right.is_none_or(|right| x[right] - goal >= apart(slot, right))
    }
}

/// Moves slots by the cell or two that rounding left between them and the one neighbour they should stand under.
fn straighten(layered: &Layered, frame: &Frame, x: &mut [f64]) {
    for downwards in [true, false, true] {
        let count = layered.rows.len();
        for step in 0..count {
            let row = &layered.rows[if downwards { step } else { count - 1 - step }];
            for &slot in row {
                let near: Vec<usize> = layered.tied(slot, downwards).collect();
                let [only] = near.as_slice() else { continue };
                if layered.tied(*only, !downwards).count() > 1 && !layered.is_bend(slot) {
                    continue;
                }
                let far: Vec<usize> = layered.tied(slot, !downwards).collect();
                let held = far.len() == 1 && x[far[0]] == x[slot];
                let goal = x[*only];
                if held || (goal - x[slot]).abs() > 3.0 {
                    continue;
                }
                if frame.clear(layered, x, slot, goal) {
                    x[slot] = goal;
                }
            }
        }
    }
}

/// Moves each line that passes through several layers as a whole, to where it has the fewest kinks.
fn unbend(layered: &Layered, frame: &Frame, x: &mut [f64]) {
    let meets = |x: &[f64], end: usize, goal: f64| {
        let reach = layered.slots[end].half.saturating_sub(2) as f64;
        (x[end] - goal).abs() <= if layered.is_bend(end) { 0.0 } else { reach }
    };
    for _ in 0..2 {
        for chain in chains(layered) {
            let (Some(&first), Some(&last)) = (chain.first(), chain.last()) else {
                continue;
            };
            let tops: Vec<usize> = layered.tied(first, true).collect();
            let feet: Vec<usize> = layered.tied(last, false).collect();
            let kinks = |x: &[f64], goal: f64| {
                // A block above sends all its lines from one port, in its middle.
                let above = tops.iter().filter(|top| x[**top] != goal).count();
                let below = feet.len().min(1) - usize::from(feet.iter().any(|foot| meets(x, *foot, goal)));
                above + below
            };
            let now = chain.windows(2).filter(|pair| x[pair[0]] != x[pair[1]]).count();
            let now = (now + kinks(x, x[first]).min(kinks(x, x[last])), 0);
            let best = chain
                .iter()
                .chain(&tops)
                .chain(&feet)
                .map(|slot| x[*slot])
                .filter(|goal| chain.iter().all(|slot| frame.clear(layered, x, *slot, *goal)))
                .map(|goal| {
                    let moved: f64 = chain.iter().map(|slot| (x[*slot] - goal).abs()).sum();
                    ((kinks(x, goal), moved as usize), goal)
                })
                .min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            if let Some((then, goal)) = best
                && then.0 < now.0
            {
                for slot in chain {
                    x[slot] = goal;
                }
            }
        }
    }
}

/// Runs of bends that follow one another without parting.
fn chains(layered: &Layered) -> Vec<Vec<usize>> {
    let next = |slot: usize| {
        let below: Vec<usize> = layered.tied(slot, false).collect();
        match below.as_slice() {
            [only] if layered.is_bend(*only) => Some(*only),
            _ => None,
        }
    };
    let mut chains = Vec::new();
    for slot in (0..layered.slots.len()).filter(|slot| layered.is_bend(*slot)) {
        let goes_on = layered
            .tied(slot, true)
            .any(|above| layered.is_bend(above) && next(above) == Some(slot));
        if !goes_on {
            chains.push(std::iter::successors(Some(slot), |slot| next(*slot)).collect());
        }
    }
    chains
}
