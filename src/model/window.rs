//! A stretch of time.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A stretch of time, `from` inclusive, `to` exclusive, both UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First moment inside.
    pub from: Timestamp,
    /// First moment outside.
    pub to: Timestamp,
}

impl Window {
    /// The window from `from` to `to`; swapped ends are put in order.
    pub fn new(from: Timestamp, to: Timestamp) -> Self {
        Self {
            from: from.min(to),
            to: from.max(to),
        }
    }

    /// True when `at` lies inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// True when the two windows share a moment.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// Length of the window.
    pub fn length(&self) -> SignedDuration {
        self.to.duration_since(self.from)
    }

    /// Length of the window in whole seconds, never negative.
    pub fn seconds(&self) -> i64 {
        self.length().as_secs().max(0)
    }

    /// The window widened by `before` and `after`; saturates at the ends of time.
    pub fn widened(&self, before: SignedDuration, after: SignedDuration) -> Self {
        Self {
            from: self.from.checked_sub(before).unwrap_or(self.from),
            to: self.to.checked_add(after).unwrap_or(self.to),
        }
    }
}
