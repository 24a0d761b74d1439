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
    let count = layered.rows.len();
    for sweep in 0..SWEEPS {
        let downwards = sweep % 2 == 0;
        let last = sweep + 2 >= SWEEPS;
        for step in 0..count {
            let row = if downwards { step } else { count - 1 - step };
            settle(layered, row, &offsets[row], &mut x, downwards, last);
        }
    }
    round(layered, &offsets, &mut x);
    straighten(layered, spacing, &mut x);
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
        (false, false) => 1.0,
        _ => 2.0,
    }
}

fn settle(layered: &Layered, row: usize, offsets: &[f64], x: &mut [f64], downwards: bool, both: bool) {
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
        x[slot] = y + offset;
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

/// Moves slots by the cell or two that rounding left between them and the one neighbour they should stand under.
fn straighten(layered: &Layered, spacing: Spacing, x: &mut [f64]) {
    for downwards in [true, false, true] {
        let count = layered.rows.len();
        for step in 0..count {
            let row = &layered.rows[if downwards { step } else { count - 1 - step }];
            for (at, &slot) in row.iter().enumerate() {
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
                let left = at.checked_sub(1).map(|at| row[at]);
                let right = row.get(at + 1).copied();
                let clear_left =
                    left.is_none_or(|left| goal - x[left] >= apart(layered, left, slot, spacing) as f64);
                let clear_right =
                    right.is_none_or(|right| x[right] - goal >= apart(layered, slot, right, spacing) as f64);
                if clear_left && clear_right {
                    x[slot] = goal;
                }
            }
        }
    }
}
