//! What is done about an event, decided by code and with its reason: pure.
//!
//! The first rule that fits decides, and they stand here in their order. None of them loses an event: what starts nothing
//! is in the journal with the reason why, and an operator may overrule it.

mod known;
mod maintenance;
mod near;
mod ties;

use jiff::Timestamp;

pub use self::{
    known::{Case, Incident, KINDS, Known},
    near::Near,
};
use crate::{
    journal::{
        StreamId,
        body::{Course, Event, Skipped, Tie},
    },
    model::{Alert, AlertAction, Priority, Text},
};

/// How often an incident may begin within [`known::HOUR`] before it counts as one that comes and goes. Three: twice may be a
/// first repair that did not hold.
const BEGINNINGS: usize = 3;

/// How many investigations may begin in one place within [`known::STORM`] before further events count as the same trouble.
/// Above the number that runs at once (three), so that neighbours that happen to fail together are still looked at apart.
const STARTS: usize = 5;

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

    fn link(stream: &StreamId, by: Tie, priority: Option<Priority>, why: Text) -> Self {
        Self {
            course: Course::Link {
                stream: stream.clone(),
                by,
                priority,
            },
            why,
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
    let before = event.incident.as_ref().and_then(|id| known.incident(id));
    if let Some(why) = before.and_then(|before| flapping(alert, before, now)) {
        return Judgement::skip(Skipped::Flapping, why);
    }
    if let Some(judgement) = before.and_then(|before| of_an_incident(alert, before, now, known)) {
        return judgement;
    }
    if alert.action.is_over() {
        let why = "the incident is over, and no investigation is at work on it";
        return Judgement::skip(Skipped::Over, why);
    }
    if let Some(why) = maintenance::covers(alert, now, known) {
        return Judgement::skip(Skipped::Maintenance, why);
    }
    if let Some((stream, case, tie, why)) = ties::find(alert, now, known, near) {
        return Judgement::link(stream, tie, raised(alert, case), why);
    }
    if let Some(judgement) = storm(event, alert, now, known) {
        return judgement;
    }
    Judgement {
        course: Course::Investigate {
            stream: fresh.clone(),
        },
        why: "nothing that is open explains it".into(),
    }
}

/// Of an incident that has an investigation: at work, or with a verdict that is young enough to be the answer.
fn of_an_incident(alert: &Alert, before: &Incident, now: Timestamp, known: &Known) -> Option<Judgement> {
    let stream = before.stream.as_ref()?;
    let case = known.case(stream).filter(|case| case.answers(now))?;
    let priority = match alert.action {
        AlertAction::Updated => alert.priority.filter(|priority| *priority != case.priority),
        AlertAction::Created => raised(alert, case),
        AlertAction::Resolved | AlertAction::Closed => None,
    };
    if alert.action == AlertAction::Created {
        let why = if before.over {
            "the same incident begins again"
        } else {
            "the same incident, told once more"
        };
        return Some(Judgement::link(stream, Tie::Incident, priority, why.into()));
    }
    let why = match (alert.action, priority) {
        (AlertAction::Updated, Some(priority)) => {
            format!("the sender calls it {} now", priority.as_str())
        }
        (AlertAction::Updated, None) => "there is more to say of the incident".to_owned(),
        (action, _) => format!("the sender calls the incident {}", action.as_str()),
    };
    Some(Judgement {
        course: Course::Update {
            stream: stream.clone(),
            action: alert.action,
            priority,
        },
        why: why.into(),
    })
}

fn flapping(alert: &Alert, before: &Incident, now: Timestamp) -> Option<Text> {
    let begins = alert.action == AlertAction::Created && before.over;
    let beginnings = before.beginnings_since(now - known::HOUR);
    let looked_at = before.stream.as_ref()?;
    (begins && beginnings >= BEGINNINGS).then(|| {
        Text::from(format!(
            "it comes and goes: begun {beginnings} times within the hour; {looked_at} looked at it"
        ))
    })
}

/// So many began at once in one place that they are taken for one trouble. A critical one among lesser ones is looked at
/// all the same.
fn storm(event: &Event, alert: &Alert, now: Timestamp, known: &Known) -> Option<Judgement> {
    let scope = known::scope(event);
    let begun = known.begun(&scope, now);
    let worst = begun.iter().map(|(_, case)| case.priority).max()?;
    if begun.len() < STARTS
        || alert
            .priority
            .is_some_and(|own| own == Priority::Critical && own > worst)
    {
        return None;
    }
    // The most urgent is looked at first, and of those the newest has the most of the storm in its window.
    let (stream, case) = begun
        .into_iter()
        .max_by_key(|(stream, case)| (case.priority, case.opened_at, (*stream).clone()))?;
    let why = Text::from(format!(
        "a storm: {STARTS} investigations have begun within minutes in "
    ))
    .ext(scope);
    Some(Judgement::link(stream, Tie::Storm, raised(alert, case), why))
}

fn raised(alert: &Alert, case: &Case) -> Option<Priority> {
    alert.priority.filter(|priority| *priority > case.priority)
}

#[cfg(test)]
mod tests;
