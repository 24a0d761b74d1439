//! What is done about an event, decided by code and with its reason: pure.
//!
//! Two things must not happen: that nobody looks at what is broken, and that two troubles are taken for one. So an event is
//! left to an investigation only where somebody still looks, or has just answered this very question; and what is left alone
//! for a reason that ends is judged anew when it ends. The first row that fits decides:
//!
//! | The event | Course |
//! |---|---|
//! | cannot be read; is news of work done | skipped: it is kept for a person |
//! | its incident begins for the third time within the hour, and was looked at within it | skipped as flapping; judged anew if it stays on for ten minutes |
//! | its incident begins (again) or is told once more, and its investigation is open | linked |
//! | its incident is told once more, never ended, and has had its verdict within half an hour | linked to the verdict |
//! | it says more of an incident that has an investigation, or that it is over | tells that investigation, however old; one that failed is made up for |
//! | it says that an unknown incident is over, or more of one that was over | skipped |
//! | all that it names is in planned maintenance, now and when it was noticed; its sender says so; or it says more of such an incident | skipped; judged anew when no maintenance covers it any more (what its sender says, its sender has to take back) |
//! | an open investigation has its alarm, resource, neighbour in the topology or service, in its place, within the hour | linked |
//! | five investigations have begun in its place within ten minutes, and one that is open is as urgent | linked, as a storm |
//! | any other | investigated |
//!
//! - Investigations that failed or were cancelled answer nothing, and those that have ended are tied to nothing but the same
//!   incident.
//! - An incident that its sender makes of parts (alerts in a group) begins anew with a part that it did not have.
//! - An investigation is as urgent as the most urgent of its incidents that are not over, and as what a person wanted.
//! - What names no account and region has the way that it came for a place, as far as storms go.
//!
//! None of them loses an event: what starts nothing is in the journal with the reason why, and an operator may overrule it.

mod known;
mod maintenance;
mod names;
mod near;
mod same;
mod storm;
mod ties;

use jiff::Timestamp;

pub use self::{
    known::{Case, Incident, KINDS, Known, Left, STEADY},
    near::Near,
};
use crate::{
    journal::{
        StreamId,
        body::{Course, Event, Skipped, Tie},
    },
    model::{Alert, AlertAction, Priority, Text},
};

/// What is done, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// What is done.
    pub course: Course,
    /// Why.
    pub why: Text,
}

impl Judgement {
    fn skip(because: Skipped, why: impl Into<Text>) -> Self {
        Self {
            course: Course::Skip { because },
            why: why.into(),
        }
    }
}

/// What is done about an event that came at `now`; `fresh` names the investigation that it may open.
pub fn judge(event: &Event, now: Timestamp, fresh: &StreamId, known: &Known, near: &Near) -> Judgement {
    let Some(alert) = &event.alert else {
        return Judgement::skip(Skipped::Unread, Text::new().ext(event.unread.clone()));
    };
    if alert.news {
        return Judgement::skip(Skipped::News, "it is news of work done, not of an incident");
    }
    let seen = Seen::of(event, alert, now, known, near);
    if let Some(judgement) = same::flapping(&seen).or_else(|| same::incident(&seen)) {
        return judgement;
    }
    if alert.action.is_over() {
        let why = "the incident is over, and no investigation has looked at it";
        return Judgement::skip(Skipped::Over, why);
    }
    if alert.action == AlertAction::Updated && seen.before.is_some_and(|before| before.over) {
        return Judgement::skip(Skipped::Over, "it says more of an incident that is over");
    }
    if alert.action == AlertAction::Updated && seen.waits_for_maintenance() {
        let why = "it says more of an incident that is left alone for maintenance";
        return Judgement::skip(Skipped::Maintenance, why);
    }
    if let Some(why) = maintenance::covers(alert, maintenance::noticed(alert, now), now, known) {
        return Judgement::skip(Skipped::Maintenance, why);
    }
    seen.look(fresh)
}

/// What is done about an event whose incident was left alone and is not over, now that the reason may have ended; none: it has
/// not.
pub fn again(
    event: &Event,
    left: &Left,
    now: Timestamp,
    fresh: &StreamId,
    known: &Known,
    near: &Near,
) -> Option<Judgement> {
    let alert = event.alert.as_ref()?;
    let why = if left.because == Skipped::Maintenance {
        if maintenance::covers(alert, now, now, known).is_some() {
            return None;
        }
        "it is not over, and the maintenance is"
    } else {
        "it came and went, and now it stays"
    };
    let before = event.incident.as_ref().and_then(|id| known.incident(id));
    // What was said of it since counts.
    let alert = Alert {
        priority: before.and_then(|before| before.priority).or(alert.priority),
        ..alert.clone()
    };
    let seen = Seen::of(event, &alert, now, known, near);
    let judgement = same::open(&seen).unwrap_or_else(|| seen.look(fresh));
    let why = Text::from(format!("{why}: ")).join(&judgement.why);
    Some(Judgement { why, ..judgement })
}

/// An event with all that it is judged by.
struct Seen<'a> {
    event: &'a Event,
    alert: &'a Alert,
    now: Timestamp,
    known: &'a Known,
    near: &'a Near,
    /// Its incident as it was before.
    before: Option<&'a Incident>,
    /// Its incident as it is with it.
    after: Incident,
}

impl<'a> Seen<'a> {
    fn of(event: &'a Event, alert: &'a Alert, now: Timestamp, known: &'a Known, near: &'a Near) -> Self {
        let before = event.incident.as_ref().and_then(|id| known.incident(id));
        Self {
            event,
            alert,
            now,
            known,
            near,
            before,
            after: Incident::after(before, alert, now),
        }
    }

    fn waits_for_maintenance(&self) -> bool {
        let left = self.event.incident.as_ref().and_then(|id| self.known.left(id));
        left.is_some_and(|left| left.because == Skipped::Maintenance)
    }

    /// Somebody looks at it: an investigation that is open, where one is tied to it, or one of its own.
    fn look(&self, fresh: &StreamId) -> Judgement {
        if let Some((stream, case, tie, why)) = ties::find(self.alert, self.now, self.known, self.near) {
            return self.link(stream, case, tie, why);
        }
        if let Some((stream, case, why)) = storm::find(self) {
            return self.link(stream, case, Tie::Storm, why);
        }
        Judgement {
            course: Course::Investigate {
                stream: fresh.clone(),
            },
            why: "nothing that is open explains it".into(),
        }
    }

    fn link(&self, stream: &StreamId, case: &Case, by: Tie, why: impl Into<Text>) -> Judgement {
        Judgement {
            course: Course::Link {
                stream: stream.clone(),
                by,
                priority: self.rank(stream, case),
            },
            why: why.into(),
        }
    }

    /// The place in the queue of an investigation once this event belongs to it, where that changes.
    fn rank(&self, stream: &StreamId, case: &Case) -> Option<Priority> {
        let own = Some(self.after.urgency()).filter(|_| !self.after.over);
        let incidents = case.open_without(self.before, stream).highest().max(own);
        // Nobody's incident is left: it stays where it is, to its end.
        let rank = incidents.max(case.floor.filter(|_| incidents.is_some()))?;
        (case.is_open() && rank != case.priority).then_some(rank)
    }
}

#[cfg(test)]
mod tests;
