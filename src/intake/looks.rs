//! How the watches that ask by themselves are doing: for `/readyz`, metrics and whoever asks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;

/// How one watch is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// When it last had an answer.
    pub last: Option<Timestamp>,
    /// Looks that failed since then.
    pub failures: u32,
    /// What is the matter, with a hint; none: nothing is.
    pub trouble: Option<String>,
    /// Events that it has handed on.
    pub told: u64,
}

/// How all of them are doing, by the way that their events come: `alarms/<account>/<region>`, `queue/<name>`. Every clone is
/// the same list.
#[derive(Debug, Clone, Default)]
pub struct Looks(Arc<Mutex<BTreeMap<String, Look>>>);

impl Looks {
    /// All of them.
    pub fn all(&self) -> BTreeMap<String, Look> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// There is nothing to look at under this name, after all.
    pub(super) fn forget(&self, via: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(via);
    }

    /// A look was answered, perhaps not whole (`trouble`).
    pub(super) fn answered(&self, via: &str, at: Timestamp, told: usize, trouble: Option<String>) {
        self.change(via, trouble, |look| {
            look.last = Some(at);
            look.failures = 0;
            look.told += told as u64;
        });
    }

    /// A look failed. Returns how many did so in a row.
    pub(super) fn failed(&self, via: &str, why: String) -> u32 {
        let mut failures = 0;
        self.change(via, Some(why), |look| {
            look.failures = look.failures.saturating_add(1);
            failures = look.failures;
        });
        failures
    }

    /// What is said again and again is logged once.
    fn change(&self, via: &str, trouble: Option<String>, change: impl FnOnce(&mut Look)) {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let look = looks.entry(via.to_owned()).or_default();
        match (&look.trouble, &trouble) {
            (before, Some(now)) if before.as_ref() != Some(now) => tracing::warn!(via, "{now}"),
            (Some(_), None) => tracing::info!(via, "it answers again"),
            _ => {}
        }
        look.trouble = trouble;
        change(look);
    }
}
