//! What would be logged with every request is logged now and then, with the count of what was held back.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Says when it is time for a line again.
#[derive(Debug)]
pub struct Seldom {
    every: Duration,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    last: Option<Instant>,
    held: u64,
}

impl Seldom {
    /// One line in so long a time.
    pub const fn new(every: Duration) -> Self {
        Self {
            every,
            kept: Mutex::new(Kept { last: None, held: 0 }),
        }
    }

    /// Whether it is time for a line: then how many were held back since the last one.
    pub fn turn(&self, now: Instant) -> Option<u64> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let early = kept
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < self.every);
        if early {
            kept.held += 1;
            return None;
        }
        kept.last = Some(now);
        Some(std::mem::take(&mut kept.held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_and_the_rest_is_counted() {
        let (seldom, now) = (Seldom::new(Duration::from_secs(10)), Instant::now());
        let after = |seconds| seldom.turn(now + Duration::from_secs(seconds));
        assert_eq!([after(0), after(1), after(9)], [Some(0), None, None]);
        assert_eq!([after(10), after(20)], [Some(2), Some(0)]);
    }
}
