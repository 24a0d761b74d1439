//! Ports on the boxes, nets between the layers, rows for everything: the last step of the layout.

use std::collections::BTreeMap;

use super::{
    Block, End, Layout, Rect, Wire,
    nets::{Layered, Stand, Tie},
    tracks::{self, Detour, Pins},
};

/// How much more a line weighs that can run straight down.
const STRAIGHT: f64 = 9.0;
/// Columns beside a box that count as near.
const NEAR: usize = 4;

/// Ties that leave an upper slot by one port.
struct Bundle {
    ties: Vec<usize>,
    net: usize,
    port: usize,
}

/// One channel between two layers.
struct Channel {
    bundles: Vec<Bundle>,
    /// Column in which each net reaches a lower slot, by (net, slot).
    arrivals: BTreeMap<(usize, usize), usize>,
    track: Vec<Option<usize>>,
    tracks: usize,
    detours: Vec<Detour>,
    /// A free row at the top, for heads that point up.
    lead: usize,
}

/// Makes rectangles and wires of a graph whose slots have their columns.
pub(super) fn route(layered: &Layered, blocks: &[Block]) -> Layout {
    let channels: Vec<Channel> = (1..layered.rows.len())
        .map(|row| channel(layered, &layered.rows[row - 1]))
        .collect();
    let mut tops = Vec::with_capacity(layered.rows.len());
    let mut boxes = vec![Rect::default(); blocks.len()];
    let mut y = 0;
    for (row, slots) in layered.rows.iter().enumerate() {
        tops.push(y);
        let mut tallest = 1;
        for &slot in slots {
            let Stand::Block(block) = layered.slots[slot].stand else {
                continue;
            };
            let half = layered.slots[slot].half;
            boxes[block] = Rect {
                x: layered.slots[slot].x - half.min(layered.slots[slot].x),
                y,
                width: 2 * half + 1,
                height: blocks[block].height.max(1),
            };
            tallest = tallest.max(boxes[block].height);
        }
        y += tallest;
        if let Some(channel) = channels.get(row) {
            y += channel.lead + channel.tracks + 1;
        }
    }

    let mut wires = Vec::new();
    let mut first_net = 0;
    for (row, channel) in channels.iter().enumerate() {
        let below = tops[row + 1];
        let first_track = below - 1 - channel.tracks;
        for bundle in &channel.bundles {
            for &tie in &bundle.ties {
                let tie = &layered.ties[tie];
                let track = channel.track[bundle.net];
                let upper = match layered.slots[tie.upper].stand {
                    Stand::Block(block) => Some(boxes[block]),
                    Stand::Bend => None,
                };
                let (top, bottom) = ends(layered, tie);
                let y0 = match (upper, top) {
                    (Some(rect), End::Border) => rect.bottom() - 1,
                    (Some(rect), _) => rect.bottom(),
                    (None, _) => tops[row],
                };
                let x1 = channel
                    .arrivals
                    .get(&(bundle.net, tie.lower))
                    .copied()
                    .unwrap_or(bundle.port);
                let detour = channel
                    .detours
                    .iter()
                    .find(|detour| (detour.net, detour.bottom) == (bundle.net, x1));
                wires.push(Wire {
                    detour: detour.map(|detour| {
                        (
                            detour.column,
                            first_track + channel.track[detour.piece].unwrap_or(0),
                        )
                    }),
                    arcs: tie.arcs.clone(),
                    net: first_net + bundle.net,
                    x0: bundle.port,
                    y0,
                    turn: first_track + track.unwrap_or(0),
                    x1,
                    y1: if bottom == End::Border { below } else { below - 1 },
                    top,
                    bottom,
                    soft: tie.soft,
                });
            }
        }
        first_net += channel.track.len();
    }
    let right = boxes
        .iter()
        .map(Rect::right)
        .chain(wires.iter().flat_map(Wire::points).map(|(x, _)| x + 1));
    Layout {
        width: right.max().unwrap_or(0),
        height: y,
        boxes,
        wires,
        crossings: 0,
    }
}

fn ends(layered: &Layered, tie: &Tie) -> (End, End) {
    let top = match (layered.is_bend(tie.upper), tie.turned || tie.both) {
        (true, _) => End::Open,
        (false, true) => End::Head,
        (false, false) => End::Border,
    };
    let bottom = match (layered.is_bend(tie.lower), tie.turned && !tie.both) {
        (true, _) => End::Open,
        (false, true) => End::Border,
        (false, false) => End::Head,
    };
    (top, bottom)
}

fn channel(layered: &Layered, upper: &[usize]) -> Channel {
    let mut bundles = bundles(layered, upper);
    let nets = gather(layered, &mut bundles);
    leave(layered, upper, &mut bundles);
    let arrivals = arrive(layered, &mut bundles);
    let mut pins = vec![Pins::default(); nets];
    for bundle in &bundles {
        pins[bundle.net].top.push(bundle.port);
    }
    for (&(net, _), &x) in &arrivals {
        pins[net].bottom.push(x);
    }
    let detours = tracks::untie(&mut pins);
    let (track, tracks) = tracks::tracks(&pins);
    let heads_up = bundles
        .iter()
        .flat_map(|bundle| &bundle.ties)
        .any(|tie| ends(layered, &layered.ties[*tie]).0 == End::Head);
    Channel {
        bundles,
        arrivals,
        track,
        tracks,
        detours,
        lead: usize::from(heads_up),
    }
}

/// The ports that the slots of a row need at their lower side.
fn bundles(layered: &Layered, upper: &[usize]) -> Vec<Bundle> {
    let mut bundles = Vec::new();
    for &slot in upper {
        // Lines with a head at the top end have a port of their own.
        let mut ways: BTreeMap<(bool, usize), Vec<usize>> = BTreeMap::new();
        for &at in &layered.slots[slot].below {
            let tie = &layered.ties[at];
            let alone = if (tie.turned || tie.both) && !layered.is_bend(slot) {
                at + 1
            } else {
                0
            };
            ways.entry((tie.soft, alone)).or_default().push(at);
        }
        bundles.extend(ways.into_values().map(|ties| Bundle {
            ties,
            net: 0,
            port: layered.slots[slot].x,
        }));
    }
    bundles
}

/// Numbers the nets: lines that have nothing in common but their target arrive as one. Tells how many nets there are.
fn gather(layered: &Layered, bundles: &mut [Bundle]) -> usize {
    let mut stars: BTreeMap<(usize, bool), usize> = BTreeMap::new();
    let mut nets = 0;
    for bundle in bundles {
        let star = match bundle.ties.as_slice() {
            [only] => {
                let tie = &layered.ties[*only];
                let plain = !tie.turned && !tie.both && !layered.is_bend(tie.lower);
                plain.then_some((tie.lower, tie.soft))
            }
            _ => None,
        };
        bundle.net = match star {
            Some(star) => *stars.entry(star).or_insert(nets),
            None => nets,
        };
        nets = nets.max(bundle.net + 1);
    }
    nets
}

/// Columns of the ports at the lower side of boxes.
fn leave(layered: &Layered, upper: &[usize], bundles: &mut [Bundle]) {
    for &slot in upper.iter().filter(|slot| !layered.is_bend(**slot)) {
        let own = |bundle: &Bundle| {
            bundle
                .ties
                .first()
                .is_some_and(|tie| layered.ties[*tie].upper == slot)
        };
        let mean = |bundle: &Bundle| {
            let sum: usize = bundle
                .ties
                .iter()
                .map(|tie| layered.slots[layered.ties[*tie].lower].x)
                .sum();
            sum / bundle.ties.len().max(1)
        };
        let mut ports: Vec<usize> = (0..bundles.len()).filter(|at| own(&bundles[*at])).collect();
        ports.sort_by_key(|at| (mean(&bundles[*at]), *at));
        let (least, most) = inner(layered, slot);
        let middle = layered.slots[slot].x;
        if let [only] = *ports.as_slice() {
            let goal = mean(&bundles[only]);
            let lone = bundles[only].ties.len() == 1;
            let free = bundles[only].ties.iter().all(|tie| {
                let lower = layered.ties[*tie].lower;
                layered.is_bend(lower) || layered.slots[lower].above.len() == 1
            });
            bundles[only].port = if lone && free && least <= goal && goal <= most {
                goal
            } else {
                middle
            };
        } else {
            let wanted = vec![(middle, 1.0); ports.len()];
            for (&port, x) in ports.iter().zip(spread(&wanted, least, most)) {
                bundles[port].port = x;
            }
        }
    }
}

/// Columns in which the nets reach the lower slots: straight down where that meets the box, otherwise at its middle.
fn arrive(layered: &Layered, bundles: &mut [Bundle]) -> BTreeMap<(usize, usize), usize> {
    let mut sources: BTreeMap<usize, BTreeMap<usize, Vec<usize>>> = BTreeMap::new();
    for bundle in bundles.iter() {
        for tie in &bundle.ties {
            let lower = layered.ties[*tie].lower;
            sources
                .entry(lower)
                .or_default()
                .entry(bundle.net)
                .or_default()
                .push(bundle.port);
        }
    }
    let mut arrivals = BTreeMap::new();
    for (slot, nets) in sources {
        if layered.is_bend(slot) {
            arrivals.extend(nets.keys().map(|net| ((*net, slot), layered.slots[slot].x)));
            continue;
        }
        let (least, most) = inner(layered, slot);
        let middle = layered.slots[slot].x;
        let mut wanted: Vec<(usize, usize, (usize, f64))> = nets
            .iter()
            .map(|(&net, from)| {
                let mean = from.iter().sum::<usize>() / from.len().max(1);
                let straight = from
                    .iter()
                    .copied()
                    .filter(|x| least <= *x && *x <= most)
                    .min_by_key(|x| (x.abs_diff(middle), *x));
                // Beside the box, but not far: a short step, where a way to the middle would be a long one.
                let beside = mean.clamp(least, most);
                let near = nets.len() > 1 && mean.abs_diff(beside) <= NEAR;
                let goal = match straight {
                    Some(x) => (x, STRAIGHT),
                    None if near => (beside, 1.0),
                    None => (middle, 1.0),
                };
                (mean, net, goal)
            })
            .collect();
        wanted.sort_by_key(|(mean, net, _)| (*mean, *net));
        let goals: Vec<(usize, f64)> = wanted.iter().map(|(_, _, goal)| *goal).collect();
        for ((_, net, _), x) in wanted.iter().zip(spread(&goals, least, most)) {
            arrivals.insert((*net, slot), x);
        }
    }
    arrivals
}

/// Columns of a box where a line may meet it: not at its corners.
fn inner(layered: &Layered, slot: usize) -> (usize, usize) {
    let slot = &layered.slots[slot];
    let reach = slot.half.saturating_sub(if slot.half > 3 { 2 } else { 1 });
    (slot.x.saturating_sub(reach), slot.x + reach)
}

/// Columns near to what is wanted (each wish with its weight), in order, two apart where there is room, within bounds.
/// Wishes that collide meet at their mean.
fn spread(wanted: &[(usize, f64)], least: usize, most: usize) -> Vec<usize> {
    let count = wanted.len();
    let room = most.saturating_sub(least);
    let step = if count < 2 || 2 * (count - 1) > room { 1 } else { 2 };
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (at, (wish, weight)) in wanted.iter().enumerate() {
        let mut pool = (*wish as f64 - (step * at) as f64, *weight, 1);
        while let Some(&(mean, weight, members)) = pools.last() {
            if mean <= pool.0 {
                break;
            }
            let sum = weight + pool.1;
            pool = ((mean * weight + pool.0 * pool.1) / sum, sum, members + pool.2);
            pools.pop();
        }
        pools.push(pool);
    }
    let (least, most) = (least as f64, most as f64);
    let last = (most - (step * count.saturating_sub(1)) as f64).max(least);
    let firsts = pools
        .into_iter()
        .flat_map(|(mean, _, members)| std::iter::repeat_n(mean, members));
    firsts
        .enumerate()
        .map(|(at, first)| (first.round().clamp(least, last) + (step * at) as f64).min(most) as usize)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn ports_stand_apart_and_within_their_box() {
        let even = |wanted: &[usize], least, most| {
            let wanted: Vec<_> = wanted.iter().map(|wish| (*wish, 1.0)).collect();
            spread(&wanted, least, most)
        };
        assert_eq!(even(&[10], 4, 16), [10]);
        assert_eq!(even(&[10, 10], 4, 16), [9, 11]);
        assert_eq!(even(&[10, 10, 10], 4, 16), [8, 10, 12]);
        assert_eq!(even(&[4, 4, 15], 4, 16), [4, 6, 15]);
        assert_eq!(even(&[16, 16], 4, 16), [14, 16]);
        assert_eq!(even(&[5, 5, 5], 5, 6), [5, 6, 6]);
        assert_eq!(spread(&[(10, 1.0), (10, 9.0)], 4, 16), [8, 10]);
    }
}
