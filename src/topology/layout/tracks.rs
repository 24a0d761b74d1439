//! Rows for the lines that run sideways between two layers.
//!
//! This is channel routing: nets that share columns get different tracks, in the order that crosses least, and never so
//! that two nets run down one column in one row (Hashimoto and Stevens, "Wire routing by optimizing channel assignment
//! within large apertures", 1971, with the vertical constraints of later work).

/// One net between two layers: it comes down at `top` and leaves at `bottom`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pins {
    /// Columns at the upper side.
    pub top: Vec<usize>,
    /// Columns at the lower side.
    pub bottom: Vec<usize>,
    /// Columns in which it goes over into another piece of itself, further down.
    pub turns: Vec<usize>,
    /// The piece that goes over into this one.
    pub after: Option<usize>,
}

impl Pins {
    fn span(&self) -> (usize, usize) {
        let all = || self.top.iter().chain(&self.bottom).chain(&self.turns).copied();
        (all().min().unwrap_or(0), all().max().unwrap_or(0))
    }

    fn is_straight(&self) -> bool {
        let (least, most) = self.span();
        least == most
    }

    fn spans(&self, x: usize) -> bool {
        let (least, most) = self.span();
        least <= x && x <= most
    }
}

/// A net that leaves by a column of which another net must be rid first, and the other way round: it takes a way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Detour {
    /// The net.
    pub net: usize,
    /// The column by which it leaves.
    pub bottom: usize,
    /// The free column in which it passes the other.
    pub column: usize,
    /// The piece that leads from there on.
    pub piece: usize,
}

/// Breaks circles of nets that must precede one another, by splitting a net of each in two pieces ("doglegs").
pub(super) fn untie(nets: &mut Vec<Pins>) -> Vec<Detour> {
    let mut detours = Vec::new();
    while let Some((net, bottom)) = circle(nets) {
        let free = |x: &usize| {
            let taken =
                |pins: &Pins| pins.top.contains(x) || pins.bottom.contains(x) || pins.turns.contains(x);
            !nets.iter().any(taken)
        };
        let aside = (1..).flat_map(|step: usize| [bottom.checked_sub(step), bottom.checked_add(step)]);
        let Some(column) = aside.flatten().find(free) else {
            break;
        };
        let piece = nets.len();
        nets[net].bottom.retain(|x| *x != bottom);
        nets[net].turns.push(column);
        nets.push(Pins {
            top: vec![column],
            bottom: vec![bottom],
            after: Some(net),
            ..Pins::default()
        });
        detours.push(Detour {
            net,
            bottom,
            column,
            piece,
        });
    }
    detours
}

/// A net in a circle, and the column by which it leaves and on which another net of the circle comes down.
fn circle(nets: &[Pins]) -> Option<(usize, usize)> {
    // Peel off nets that nothing must precede; what stays lies in a circle or behind one.
    let mut left: Vec<usize> = (0..nets.len()).filter(|at| !nets[*at].is_straight()).collect();
    loop {
        let held = |at: &usize| {
            left.iter()
                .any(|other| other != at && precedes(nets, *other, *at))
        };
        let still: Vec<usize> = left.iter().copied().filter(held).collect();
        if still.len() == left.len() {
            break;
        }
        left = still;
    }
    let behind = |from: usize| {
        let mut reached = vec![from];
        let mut next = 0;
        while let Some(&at) = reached.get(next) {
            next += 1;
            for &other in &left {
                if !reached.contains(&other) && precedes(nets, at, other) {
                    reached.push(other);
                }
            }
        }
        reached
    };
    left.iter().find_map(|&net| {
        let reached = behind(net);
        let before = reached
            .iter()
            .find(|other| **other != net && precedes(nets, **other, net))?;
        let shared = nets[net].bottom.iter().find(|x| nets[*before].top.contains(x))?;
        Some((net, *shared))
    })
}

/// True when one net must have a higher track than another.
fn precedes(nets: &[Pins], upper: usize, lower: usize) -> bool {
    nets[lower].after == Some(upper) || must_precede(&nets[upper], &nets[lower])
}

/// The track of each net (none for a straight one), counted from the top, and how many tracks there are.
pub(super) fn tracks(nets: &[Pins]) -> (Vec<Option<usize>>, usize) {
    let order = order(nets);
    let mut track: Vec<Option<usize>> = vec![None; nets.len()];
    let mut used = 0;
    for (at, &net) in order.iter().enumerate() {
        let (least, most) = nets[net].span();
        let next = order[..at]
            .iter()
            .filter(|&&other| {
                let (from, to) = nets[other].span();
                from <= most + 1 && least <= to + 1
            })
            .filter_map(|&other| track[other])
            .map(|taken| taken + 1)
            .max()
            .unwrap_or(0);
        track[net] = Some(next);
        used = used.max(next + 1);
    }
    (track, used)
}

/// Nets that need a track, from the top down.
fn order(nets: &[Pins]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..nets.len()).filter(|at| !nets[*at].is_straight()).collect();
    left.sort_by_key(|at| nets[*at].span());
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let cost = |at: usize| {
            let others = || left.iter().filter(move |other| **other != at);
            let held = others()
                .filter(|other| must_precede(&nets[**other], &nets[at]))
                .count();
            let cross: isize = others()
                .map(|other| {
                    crossings(&nets[at], &nets[*other]) as isize
                        - crossings(&nets[*other], &nets[at]) as isize
                })
                .sum();
            (held, cross)
        };
        let best = (0..left.len()).min_by_key(|&at| cost(left[at])).unwrap_or(0);
        order.push(left.remove(best));
    }
    for _ in 0..nets.len().min(8) {
        let mut moved = false;
        for at in 1..order.len() {
            let (a, b) = (order[at - 1], order[at]);
            let fewer = crossings(&nets[b], &nets[a]) < crossings(&nets[a], &nets[b]);
            if !precedes(nets, a, b) && (precedes(nets, b, a) || fewer) {
                order.swap(at - 1, at);
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    order
}

/// True when `upper` comes down in a column that `lower` leaves by: only the other way round would they overlap.
fn must_precede(upper: &Pins, lower: &Pins) -> bool {
    upper.top.iter().any(|x| lower.bottom.contains(x))
}

/// Crossings when `upper` has the higher track.
fn crossings(upper: &Pins, lower: &Pins) -> usize {
    let down = upper
        .bottom
        .iter()
        .chain(&upper.turns)
        .filter(|x| lower.spans(**x))
        .count();
    let up = lower.top.iter().filter(|x| upper.spans(**x)).count();
    down + up
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(top: &[usize], bottom: &[usize]) -> Pins {
        Pins {
            top: top.to_vec(),
            bottom: bottom.to_vec(),
            ..Pins::default()
        }
    }

    #[test]
    fn straight_nets_need_no_track_and_apart_ones_share_one() {
        let (track, used) = tracks(&[net(&[3], &[3]), net(&[5], &[9]), net(&[20], &[12])]);
        assert_eq!((track, used), (vec![None, Some(0), Some(0)], 1));
    }

    #[test]
    fn who_comes_down_where_another_leaves_has_the_higher_track() {
        let (track, used) = tracks(&[net(&[1], &[5]), net(&[5], &[9])]);
        assert_eq!((track, used), (vec![Some(1), Some(0)], 2));
    }

    #[test]
    fn nets_that_change_places_pass_each_other() {
        let mut nets = vec![net(&[1], &[5]), net(&[5], &[1])];
        let detours = untie(&mut nets);
        assert_eq!(detours.len(), 1);
        let (track, used) = tracks(&nets);
        assert_eq!(used, 3);
        let other = 1 - detours[0].net;
        assert!(track[detours[0].net] < track[other] && track[other] < track[detours[0].piece]);
    }
}
