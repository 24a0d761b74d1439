//! What an investigation may spend, and the meter that stops it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize};

/// What one investigation may spend. When it is spent, the verdict is settled on what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Calls to the outside. A question costs at least one, answered from a recording too.
    pub calls: u64,
    /// Seconds of work.
    pub seconds: u64,
    /// Bytes of log text read.
    pub bytes: u64,
}

impl Default for Budget {
    /// A thousand calls are a few cents and, at AWS' default rates, some minutes; a person waits no longer than ten; and
    /// 256 MB are two million log lines, more than shows a burst.
    fn default() -> Self {
        Self {
            calls: 1_000,
            seconds: 600,
            bytes: 256 * 1024 * 1024,
        }
    }
}

impl Budget {
    /// Which part is spent, in words, given what was; none while all parts last.
    pub fn exceeded(&self, spent: &Spent) -> Option<String> {
        if spent.calls >= self.calls {
            let unit = if self.calls == 1 { "call" } else { "calls" };
            Some(format!("the budget of {} {unit} is spent", self.calls))
        } else if spent.bytes >= self.bytes {
            Some(format!(
                "the budget of {} of log text is spent",
                megabytes(self.bytes)
            ))
        } else if spent.seconds >= self.seconds {
            Some(format!("the budget of {} s is spent", self.seconds))
        } else {
            None
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / (1024 * 1024))
}

/// What has been spent, in the units of [`Budget`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Calls; at least one a question.
    pub calls: u64,
    /// Seconds of work.
    pub seconds: u64,
    /// Bytes of log text read.
    pub bytes: u64,
}

/// The calls that questions under way may still make, shared among them. A hard stop: whoever sends takes one first.
#[derive(Debug, Clone)]
pub struct Allowance(Arc<AtomicU64>);

impl Allowance {
    /// So many calls.
    pub fn of(calls: u64) -> Self {
        Self(Arc::new(AtomicU64::new(calls)))
    }

    /// As many calls as anybody wants.
    pub fn unlimited() -> Self {
        Self::of(u64::MAX)
    }

    /// Takes one call; false when none is left.
    pub fn take(&self) -> bool {
        let less = |left: u64| left.checked_sub(1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_is_shared_and_ends() {
        let one = Allowance::of(2);
        let other = one.clone();
        assert!(one.take() && other.take());
        assert!(!one.take() && !other.take());
    }

    #[test]
    fn what_is_spent_is_named() {
        let budget = Budget::default();
        assert_eq!(budget.exceeded(&Spent::default()), None);
        let spent = Spent {
            calls: 1_000,
            ..Spent::default()
        };
        assert_eq!(
            budget.exceeded(&spent).unwrap(),
            "the budget of 1000 calls is spent"
        );
    }
}
