//! Investigations that do not go on: when each is tried again, and when it has been tried often enough.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use crate::{
    journal::{StoreError, StreamId},
    model::Text,
};

/// Failures in a row after which an investigation whose own records stand in its way is given up. The waits between them add
/// up to half a minute: time enough for a worker of another version, to which the same records may mean something.
const ENOUGH: u32 = 6;

/// Longest wait for another try.
const LONGEST: Duration = Duration::from_mins(1);

/// Why an investigation stopped before its end.
#[derive(Debug)]
pub enum Setback {
    /// Its journal.
    Journal(StoreError),
    /// The program itself broke on it; what it said is in the log.
    Panic,
}

impl Setback {
    /// True when nothing is wrong but that the database is away: it goes on by itself.
    pub const fn is_outage(&self) -> bool {
        matches!(self, Self::Journal(error) if error.is_outage())
    }

    /// True when the investigation itself is what stands in the way, so that trying for ever leads nowhere.
    const fn is_its_own(&self) -> bool {
        matches!(
            self,
            Self::Panic | Self::Journal(StoreError::Damaged(_) | StoreError::NoBlob(_))
        )
    }

    /// What happened, for a person.
    pub fn told(&self) -> Text {
        match self {
            Self::Journal(error) => Text::from(error.to_string()),
            Self::Panic => Text::from(
                "the program broke on it\nhint: the log says where; please report that, with midwatch capture if you can",
            ),
        }
    }
}

/// What came of one failure.
#[derive(Debug, PartialEq, Eq)]
pub enum Then {
    /// It is tried again.
    Again,
    /// It has been tried often enough.
    GiveUp,
}

/// Which investigations are left alone, and until when.
#[derive(Debug)]
pub struct Setbacks {
    first: Duration,
    not_before: BTreeMap<StreamId, Instant>,
    failures: BTreeMap<StreamId, u32>,
}

impl Setbacks {
    /// None yet. `first` is the wait after a first failure; it doubles with each further one.
    pub const fn new(first: Duration) -> Self {
        Self {
            first,
            not_before: BTreeMap::new(),
            failures: BTreeMap::new(),
        }
    }

    /// Leaves it alone for so long: another worker has it, or all slots.
    pub fn put_off(&mut self, stream: &StreamId, wait: Duration) {
        self.not_before.insert(stream.clone(), Instant::now() + wait);
    }

    /// True when it is not left alone.
    pub fn is_due(&self, stream: &StreamId, now: Instant) -> bool {
        self.not_before.get(stream).is_none_or(|at| *at <= now)
    }

    /// It stopped before its end.
    pub fn failed(&mut self, stream: &StreamId, why: &Setback) -> Then {
        let failures = self.failures.entry(stream.clone()).or_insert(0);
        *failures = failures.saturating_add(1);
        let failures = *failures;
        let doubled = self
            .first
            .saturating_mul(1_u32.checked_shl(failures - 1).unwrap_or(u32::MAX));
        self.put_off(stream, doubled.min(LONGEST));
        if why.is_its_own() && failures >= ENOUGH {
            Then::GiveUp
        } else {
            Then::Again
        }
    }

    /// It went as it should.
    pub fn went_well(&mut self, stream: &StreamId) {
        self.failures.remove(stream);
        self.not_before.remove(stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn damaged() -> Setback {
        Setback::Journal(StoreError::Damaged("a record".to_owned()))
    }

    /// Whether it is due so long from now; a wait of a whole second leaves room for the time that the test itself takes.
    fn is_due_in(setbacks: &Setbacks, stream: &StreamId, seconds: u64) -> bool {
        setbacks.is_due(stream, Instant::now() + Duration::from_secs(seconds))
    }

    fn stream() -> StreamId {
        "inv-01JZ8QJ5V5Q8Q6Q7W8E9R0T1Y2".parse().unwrap()
    }

    #[test]
    fn waits_double_and_its_own_fault_is_given_up() {
        let (stream, mut setbacks) = (stream(), Setbacks::new(Duration::from_secs(10)));
        for wait in [10, 20, 40, 60, 60] {
            assert_eq!(setbacks.failed(&stream, &damaged()), Then::Again);
            assert!(!is_due_in(&setbacks, &stream, wait - 5));
            assert!(is_due_in(&setbacks, &stream, wait));
        }
        assert_eq!(setbacks.failed(&stream, &damaged()), Then::GiveUp);
        assert!(
            !is_due_in(&setbacks, &stream, 0),
            "where it cannot be ended either"
        );
        setbacks.went_well(&stream);
        assert!(is_due_in(&setbacks, &stream, 0));
        assert_eq!(setbacks.failed(&stream, &damaged()), Then::Again);
    }

    #[test]
    fn a_full_disk_is_tried_for_ever() {
        let (stream, mut setbacks) = (stream(), Setbacks::new(Duration::from_secs(1)));
        for _ in 0..100 {
            let full = Setback::Journal(StoreError::Database("disk full".to_owned()));
            assert_eq!(setbacks.failed(&stream, &full), Then::Again);
            assert!(is_due_in(&setbacks, &stream, LONGEST.as_secs()));
        }
    }
}
