//! Which arcs to turn round so that no cycle is left, and which layer each block stands in.

use super::{Arc, Block, Spacing};

/// Columns kept free in a layer for lines that pass through.
const PASSING: usize = 4;

/// How far a walk in depth has come with a block.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Never,
    Open,
    Done,
}

/// True for each arc that must be turned round to break the cycles: those that lead back on a walk in depth, begun at
/// blocks that nothing acts on, then at those with the most outgoing arcs over incoming ones.
pub(super) fn turned(count: usize, arcs: &[Arc]) -> Vec<bool> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut balance = vec![0_isize; count];
    let mut incoming = vec![0_usize; count];
    for (at, arc) in arcs.iter().enumerate() {
        out[arc.from].push(at);
        balance[arc.from] += 1;
        balance[arc.to] -= 1;
        incoming[arc.to] += 1;
    }
    let mut starts: Vec<usize> = (0..count).collect();
    starts.sort_by_key(|&at| (incoming[at] > 0, -balance[at], at));

    let mut seen = vec![Seen::Never; count];
    let mut back = vec![false; arcs.len()];
    for start in starts {
        if seen[start] != Seen::Never {
            continue;
        }
        seen[start] = Seen::Open;
        let mut stack = vec![(start, 0)];
        while let Some((at, next)) = stack.last_mut() {
            let Some(&arc) = out[*at].get(*next) else {
                seen[*at] = Seen::Done;
                stack.pop();
                continue;
            };
            *next += 1;
            let to = arcs[arc].to;
            match seen[to] {
                Seen::Open => back[arc] = true,
                Seen::Done => {}
                Seen::Never => {
                    seen[to] = Seen::Open;
                    stack.push((to, 0));
                }
            }
        }
    }
    back
}

/// The layer of each block, top down, for arcs without cycles given as (upper, lower).
pub(super) fn layers(blocks: &[Block], arcs: &[(usize, usize)], spacing: Spacing) -> Vec<usize> {
    let count = blocks.len();
    let mut up: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut down: Vec<Vec<usize>> = vec![Vec::new(); count];
    for &(from, to) in arcs {
        down[from].push(to);
        up[to].push(from);
    }
    let order = sorted(&up, &down);
    let layer = longest_path(&order, &up);
    let mut layer = tightened(layer, &order, &up, &down);
    if spacing.width > 0 && too_wide(blocks, &layer, spacing) {
        layer = wrapped(blocks, &order, &up, &down, spacing);
    }
    let top = layer.iter().min().copied().unwrap_or(0);
    layer.into_iter().map(|at| at - top).collect()
}

/// Blocks so that each comes after all above it.
fn sorted(up: &[Vec<usize>], down: &[Vec<usize>]) -> Vec<usize> {
    let mut waiting: Vec<usize> = up.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..up.len()).filter(|at| waiting[*at] == 0).collect();
    let mut next = 0;
    while let Some(&at) = order.get(next) {
        next += 1;
        for &below in &down[at] {
            waiting[below] -= 1;
            if waiting[below] == 0 {
                order.push(below);
            }
        }
    }
    order
}

fn longest_path(order: &[usize], up: &[Vec<usize>]) -> Vec<usize> {
    let mut layer = vec![0; up.len()];
    for &at in order {
        layer[at] = up[at].iter().map(|above| layer[*above] + 1).max().unwrap_or(0);
    }
    layer
}

/// Moves blocks within the room that their neighbours leave them, towards the side where they have more lines, so that
/// the lines become short.
fn tightened(mut layer: Vec<usize>, order: &[usize], up: &[Vec<usize>], down: &[Vec<usize>]) -> Vec<usize> {
    for _ in 0..4 {
        let before = layer.clone();
        for &at in order.iter().rev() {
            let highest = up[at].iter().map(|above| layer[*above] + 1).max().unwrap_or(0);
            let lowest = down[at].iter().map(|below| layer[*below]).min();
            match lowest {
                Some(lowest) if down[at].len() > up[at].len() => layer[at] = lowest - 1,
                _ if up[at].len() > down[at].len() => layer[at] = highest,
                _ => {}
            }
        }
        if layer == before {
            break;
        }
    }
    layer
}

fn too_wide(blocks: &[Block], layer: &[usize], spacing: Spacing) -> bool {
    let mut width = vec![0; layer.iter().max().map_or(0, |last| last + 1)];
    for (block, &at) in blocks.iter().zip(layer) {
        width[at] += block.width + spacing.gap;
    }
    width.iter().any(|width| *width > spacing.width + spacing.gap)
}

/// Layers no wider than allowed (as far as single blocks fit): blocks are dealt out from the top, those that carry the
/// longest way below them first. After Coffman and Graham ("Optimal scheduling for two-processor systems", 1972), with
/// columns in place of processors.
fn wrapped(
    blocks: &[Block],
    order: &[usize],
    up: &[Vec<usize>],
    down: &[Vec<usize>],
    spacing: Spacing,
) -> Vec<usize> {
    let count = blocks.len();
    let mut height = vec![0; count];
    for &at in order.iter().rev() {
        height[at] = down[at].iter().map(|below| height[*below] + 1).max().unwrap_or(0);
    }
    let mut layer = vec![usize::MAX; count];
    let mut placed = 0;
    let mut here = 0;
    while placed < count && here <= 2 * count {
        let mut ready: Vec<usize> = (0..count)
            .filter(|&at| layer[at] == usize::MAX && up[at].iter().all(|above| layer[*above] < here))
            .collect();
        ready.sort_by_key(|&at| (std::cmp::Reverse(height[at]), std::cmp::Reverse(up[at].len()), at));
        let mut used = 0;
        let room = spacing.width.saturating_sub(PASSING);
        for at in ready {
            let need = blocks[at].width + if used == 0 { 0 } else { spacing.gap };
            if used == 0 || used + need <= room {
                used += need;
                layer[at] = here;
                placed += 1;
            }
        }
        here += 1;
    }
    layer
        .into_iter()
        .map(|at| if at == usize::MAX { here } else { at })
        .collect()
}
