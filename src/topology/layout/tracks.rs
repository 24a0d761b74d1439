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
}

impl Pins {
    fn span(&self) -> (usize, usize) {
        let all = || self.top.iter().chain(&self.bottom).copied();
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
            let (a, b) = (&nets[order[at - 1]], &nets[order[at]]);
            if !must_precede(a, b) && (must_precede(b, a) || crossings(b, a) < crossings(a, b)) {
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
    let down = upper.bottom.iter().filter(|x| lower.spans(**x)).count();
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
}
