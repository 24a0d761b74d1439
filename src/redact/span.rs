//! Where something was found that has to go.

use std::ops::Range;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Sort {
    Secret,
    Email,
    Phone,
    Address,
}

impl Sort {
    pub(super) const COUNT: usize = 4;

    /// The word in a placeholder.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Address => "ip",
        }
    }
}

/// A stretch of text that has to go; offsets in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) span: Range<usize>,
    pub(super) sort: Sort,
}

/// Overlapping stretches become one; what touches a secret is part of the secret.
pub(super) fn merge(mut found: Vec<Found>) -> Vec<Found> {
    found.retain(|one| !one.span.is_empty());
    found.sort_by(|a, b| (a.span.start, b.span.end, a.sort).cmp(&(b.span.start, a.span.end, b.sort)));
    let mut merged: Vec<Found> = Vec::with_capacity(found.len());
    for one in found {
        match merged.last_mut() {
            Some(last) if one.span.start < last.span.end => {
                last.span.end = last.span.end.max(one.span.end);
                last.sort = last.sort.min(one.sort);
            }
            _ => merged.push(one),
        }
    }
    merged
}
