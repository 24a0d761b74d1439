//! What came first, as far as the resolution of the data can tell.
//!
//! A metric of five-minute periods cannot say whether it moved before or after a deploy in the same five minutes. Every
//! moment therefore carries an error bar, and two moments whose bars overlap are unresolved (interval orders: Fishburn,
//! "Intransitive indifference with unequal indifference intervals", J. Math. Psychology 7, 1970).

use std::cmp::Ordering;

/// A moment and how far it may be off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moment {
    /// Epoch seconds.
    pub at: i64,
    /// Error in seconds, either way.
    pub error_s: u32,
}

impl Moment {
    /// A moment known to the second.
    pub const fn exact(at: i64) -> Self {
        Self { at, error_s: 0 }
    }
}

/// How two moments lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// The first is surely earlier.
    Before,
    /// The first is surely later.
    After,
    /// The data cannot tell.
    Unresolved,
}

/// How `a` lies to `b`. Swapping them swaps [`Order::Before`] and [`Order::After`].
pub fn order(a: Moment, b: Moment) -> Order {
    let error = i64::from(a.error_s) + i64::from(b.error_s);
    let distance = b.at.saturating_sub(a.at);
    if distance > error {
        Order::Before
    } else if distance < -error {
        Order::After
    } else {
        Order::Unresolved
    }
}

/// How a moment with its error lies to another with its own (epoch seconds, seconds).
pub fn before(a: i64, a_err: u32, b: i64, b_err: u32) -> Order {
    order(
        Moment {
            at: a,
            error_s: a_err,
        },
        Moment {
            at: b,
            error_s: b_err,
        },
    )
}

/// Sorts by time. Of moments that the data cannot tell apart to the second, the better known comes first; `stage`
/// breaks what is left (cause 0, effect 1, alarm 2, say), then the order given.
pub fn sort_by_moment<T>(events: &mut [T], moment: impl Fn(&T) -> Moment, stage: impl Fn(&T) -> u32) {
    events.sort_by(|a, b| {
        let (x, y) = (moment(a), moment(b));
        x.at.cmp(&y.at)
            .then_with(|| stage(a).cmp(&stage(b)))
            .then_with(|| x.error_s.cmp(&y.error_s))
    });
}

/// Sorts so that causes stand before effects wherever the data does not contradict it: by time, but two neighbours
/// whose order is unresolved stand in the order of their stages.
///
/// Unresolvedness is not transitive, so this is a stable insertion that never moves an event past one it surely follows.
pub fn sort_causally<T>(events: &mut [T], moment: impl Fn(&T) -> Moment, stage: impl Fn(&T) -> u32) {
    sort_by_moment(events, &moment, &stage);
    for end in 1..events.len() {
        let mut place = end;
        while place > 0 {
            let (left, right) = (&events[place - 1], &events[place]);
            let free = order(moment(left), moment(right)) == Order::Unresolved;
            if !free || stage(left).cmp(&stage(right)) != Ordering::Greater {
                break;
            }
            events.swap(place - 1, place);
            place -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn error_bars_that_overlap_leave_it_open() {
        assert_eq!(before(100, 0, 160, 59), Order::Before);
        assert_eq!(before(100, 0, 160, 60), Order::Unresolved);
        assert_eq!(before(500, 60, 160, 60), Order::After);
    }

    #[test]
    fn a_cause_in_the_same_period_stands_before_its_effect() {
        // (what, at, error, stage)
        let mut events = [
            ("metric", 600, 300, 1),
            ("alarm", 900, 0, 2),
            ("deploy", 720, 0, 0),
        ];
        sort_causally(
            &mut events,
            |e| Moment {
                at: e.1,
                error_s: e.2,
            },
            |e| e.3,
        );
        assert_eq!(events.map(|e| e.0), ["deploy", "metric", "alarm"]);
        let mut late = [("metric", 600, 60, 1), ("deploy", 720, 0, 0)];
        sort_causally(
            &mut late,
            |e| Moment {
                at: e.1,
                error_s: e.2,
            },
            |e| e.3,
        );
        assert_eq!(late.map(|e| e.0), ["metric", "deploy"]);
    }

    proptest! {
        #[test]
        fn nothing_is_moved_past_what_it_surely_follows(
            events in prop::collection::vec((0_i64..1000, 0_u32..200, 0_u32..3), 0..20),
        ) {
            let mut events = events;
            sort_causally(&mut events, |e| Moment { at: e.0, error_s: e.1 }, |e| e.2);
            for (i, a) in events.iter().enumerate() {
                for b in &events[i + 1..] {
                    prop_assert_ne!(before(a.0, a.1, b.0, b.1), Order::After);
                }
            }
        }
    }
}
