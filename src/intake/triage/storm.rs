//! So much begins at once in one place that it is taken for one trouble.

use super::{Case, Seen, known};
use crate::{journal::StreamId, model::Text};

/// How many investigations may begin in one place within [`known::STORM`] before further events count as the same trouble.
/// Above the number that runs at once (three), so that neighbours that happen to fail together are still looked at apart.
pub(super) const STARTS: usize = 5;

/// The investigation of the storm that an event joins: one that is open and as urgent. Where none is, the event is looked at by
/// itself, and stands for those that come after it. The most urgent first, and of those the newest: it has the most of the
/// storm in its window.
pub(super) fn find<'a>(seen: &Seen<'a>) -> Option<(&'a StreamId, &'a Case, Text)> {
    let scope = known::scope(seen.event);
    if seen.known.begun(&scope, seen.now).count() < STARTS {
        return None;
    }
    let urgency = seen.after.urgency();
    let (stream, case) = seen
        .known
        .begun(&scope, seen.now)
        .filter(|(_, case)| case.is_open() && case.priority >= urgency)
        .max_by_key(|(stream, case)| (case.priority, case.opened_at, (*stream).clone()))?;
    let why = Text::from(format!(
        "a storm: {STARTS} investigations have begun within ten minutes in "
    ));
    Some((stream, case, why.ext(scope)))
}
