//! The order of slots within each layer: few crossings.
//!
//! Sweeps down and up sort each layer by the barycentre of its neighbours in the layer before (Sugiyama et al.), then
//! neighbours that cross less the other way round are exchanged (Gansner et al., "A technique for drawing directed
//! graphs", 1993). The best order seen is kept.

use super::nets::Layered;

const SWEEPS: usize = 16;

/// Orders the rows; tells how many ties cross in the end.
pub(super) fn order(layered: &mut Layered) -> usize {
    start(layered);
    let mut best = layered.rows.clone();
    let mut fewest = crossings(layered);
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        sort_by_neighbours(layered, sweep % 2 == 0, sweep % 4 >= 2);
        exchange(layered);
        let now = crossings(layered);
        if now < fewest {
            fewest = now;
            best.clone_from(&layered.rows);
        }
    }
    layered.rows = best;
    fewest
}

/// A walk in depth from the top left, so that what hangs together starts together.
fn start(layered: &mut Layered) {
    let mut seen = vec![false; layered.slots.len()];
    let mut tops: Vec<usize> = (0..layered.slots.len()).collect();
    tops.sort_by_key(|&at| (layered.slots[at].layer, at));
    for top in tops {
        let mut stack = vec![top];
        while let Some(at) = stack.pop() {
            if std::mem::replace(&mut seen[at], true) {
                continue;
            }
            let row = layered.slots[at].layer;
            layered.rows[row].push(at);
            let below: Vec<_> = layered.tied(at, false).collect();
            stack.extend(below.into_iter().rev());
        }
    }
}

fn positions(layered: &Layered) -> Vec<usize> {
    let mut position = vec![0; layered.slots.len()];
    for row in &layered.rows {
        for (at, &slot) in row.iter().enumerate() {
            position[slot] = at;
        }
    }
    position
}

fn sort_by_neighbours(layered: &mut Layered, downwards: bool, ties_turn: bool) {
    let count = layered.rows.len();
    let mut position = positions(layered);
    for step in 0..count {
        let row = if downwards { step } else { count - 1 - step };
        let mut keyed: Vec<(f64, usize, usize)> = layered.rows[row]
            .iter()
            .map(|&slot| {
                let near: Vec<usize> = layered
                    .tied(slot, downwards)
                    .map(|other| position[other])
                    .collect();
                let mean = if near.is_empty() {
                    position[slot] as f64
                } else {
                    near.iter().sum::<usize>() as f64 / near.len() as f64
                };
                let turn = if ties_turn {
                    usize::MAX - position[slot]
                } else {
                    position[slot]
                };
                (mean, turn, slot)
            })
            .collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        layered.rows[row] = keyed.into_iter().map(|(_, _, slot)| slot).collect();
        for (at, &slot) in layered.rows[row].iter().enumerate() {
            position[slot] = at;
        }
    }
}

fn exchange(layered: &mut Layered) {
    let mut position = positions(layered);
    for _ in 0..4 {
        let mut moved = false;
        for row in 0..layered.rows.len() {
            for at in 1..layered.rows[row].len() {
                let (left, right) = (layered.rows[row][at - 1], layered.rows[row][at]);
                let (now, then) = pair(layered, &position, left, right);
                if then < now {
                    layered.rows[row].swap(at - 1, at);
                    position.swap(left, right);
                    moved = true;
                }
            }
        }
        if !moved {
            break;
        }
    }
}

/// Crossings between the ties of two neighbouring slots: as they stand, and exchanged.
fn pair(layered: &Layered, position: &[usize], left: usize, right: usize) -> (usize, usize) {
    let (mut now, mut then) = (0, 0);
    for above in [true, false] {
        for a in layered.tied(left, above) {
            for b in layered.tied(right, above) {
                now += usize::from(position[a] > position[b]);
                then += usize::from(position[a] < position[b]);
            }
        }
    }
    (now, then)
}

fn crossings(layered: &Layered) -> usize {
    let position = positions(layered);
    let mut count = 0;
    for row in &layered.rows {
        let mut ends: Vec<(usize, usize)> = row
            .iter()
            .flat_map(|&slot| layered.tied(slot, false).map(move |below| (slot, below)))
            .map(|(slot, below)| (position[slot], position[below]))
            .collect();
        ends.sort_unstable();
        for (at, a) in ends.iter().enumerate() {
            count += ends[at + 1..].iter().filter(|b| b.0 > a.0 && b.1 < a.1).count();
        }
    }
    count
}
