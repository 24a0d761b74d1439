//! The same incident as before: what its own investigation makes of it.

use super::{Incident, Judgement, Seen, known};
use crate::{
    journal::body::{Course, Skipped, Tie},
    model::{AlertAction, Text},
};

/// How often an incident may begin within [`known::HOUR`] before it counts as one that comes and goes. Three: twice may be a
/// first repair that did not hold.
const BEGINNINGS: usize = 3;

/// It comes and goes, and was looked at. While it is left alone for that, other tellers of the same beginning are too.
pub(super) fn flapping(seen: &Seen<'_>) -> Option<Judgement> {
    let before = seen
        .before
        .filter(|_| seen.alert.action == AlertAction::Created)?;
    let begun = before.beginnings_since(seen.now - known::HOUR);
    let waits = || {
        let left = seen.event.incident.as_ref().and_then(|id| seen.known.left(id));
        left.is_some_and(|left| {
            left.because == Skipped::Flapping && seen.now.duration_since(left.since) < known::STEADY
        })
    };
    let flaps = if before.over { begun >= BEGINNINGS } else { waits() };
    let stream = before.stream.as_ref().filter(|_| flaps)?;
    let case = seen.known.case(stream)?;
    let lately = case
        .ended
        .is_none_or(|(at, _)| seen.now.duration_since(at) <= known::HOUR);
    (lately && !case.has_failed()).then(|| {
        let why = Text::from(format!(
            "it comes and goes: begun {begun} times within the hour; {stream} looked at it"
        ));
        Judgement::skip(Skipped::Flapping, why)
    })
}

/// What is told to the investigation of the incident; none: it has none that answers.
pub(super) fn incident(seen: &Seen<'_>) -> Option<Judgement> {
    let before = seen.before?;
    if seen.alert.action == AlertAction::Created {
        return open(seen).or_else(|| answered(seen, before));
    }
    let stream = before.stream.as_ref()?;
    let case = seen.known.case(stream);
    let failed = case.is_some_and(known::Case::has_failed);
    if failed && !seen.after.over {
        return None;
    }
    let priority = case.and_then(|case| seen.rank(stream, case));
    let action = seen.alert.action;
    let others = case.map_or(0, |case| case.open_without(seen.before, stream).count());
    let why = match (action, priority) {
        (AlertAction::Updated, Some(priority)) => {
            format!("its most urgent incident is {} now", priority.as_str())
        }
        (AlertAction::Updated, None) => "there is more to say of the incident".to_owned(),
        (action, _) => format!(
            "the sender calls the incident {}{}",
            action.as_str(),
            beside(others)
        ),
    };
    Some(Judgement {
        course: Course::Update {
            stream: stream.clone(),
            action,
            priority,
            others,
        },
        why: why.into(),
    })
}

/// What is left of the trouble when one incident is over.
fn beside(others: u32) -> String {
    match others {
        0 => String::new(),
        1 => "; another one of the same investigation goes on".to_owned(),
        some => format!("; {some} others of the same investigation go on"),
    }
}

/// Its investigation is open.
pub(super) fn open(seen: &Seen<'_>) -> Option<Judgement> {
    let before = seen.before?;
    if !before.over && before.begins_with(seen.alert) {
        return None;
    }
    let stream = before.stream.as_ref()?;
    let case = seen.known.case(stream).filter(|case| case.is_open())?;
    let why = if before.over {
        "the same incident begins again"
    } else {
        "the same incident, told once more"
    };
    Some(seen.link(stream, case, Tie::Incident, why))
}

/// It goes on as it did when its investigation came to its verdict, a short while ago.
fn answered(seen: &Seen<'_>, before: &Incident) -> Option<Judgement> {
    let stream = before.stream.as_ref()?;
    let case = seen.known.case(stream)?;
    let same = !before.unseen && !before.begins_with(seen.alert);
    (same && case.has_just_answered(seen.now)).then(|| {
        let why = "the same incident, told once more after its verdict";
        seen.link(stream, case, Tie::Incident, why)
    })
}
