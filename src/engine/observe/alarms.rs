//! Alarms that fired, and those that did not.

use super::Seen;
use crate::{
    engine::{state::State, wording},
    journal::body::Plan,
    model::{Evidence, Observation, Observed, Origin, Query, ResourceId, Start, Text},
};

/// Alarms on resources in scope.
pub fn observe(state: &State, plan: &Plan) -> Vec<Seen> {
    let started_from = match state.created().map(|created| &created.start) {
        Some(Start::Alarm { alarm }) => Some(alarm.as_str()),
        _ => None,
    };
    let mut seen = Vec::new();
    for (answer, _, evidence) in state.found(|query| matches!(query, Query::Alarms { .. })) {
        let Evidence::Alarms(alarms) = evidence else {
            continue;
        };
        for alarm in alarms {
            let subject = plan.series.as_ref().and_then(|series| series.resource.clone());
            let own = started_from == Some(alarm.name.as_str())
                || plan.series.as_ref().is_some_and(|series| {
                    series.metric == alarm.metric && series.dimensions == alarm.dimensions
                });
            let on_subject = alarm
                .resource
                .as_ref()
                .is_some_and(|id| plan.subjects.contains(id));
            let resource: Option<ResourceId> = if own { subject } else { alarm.resource.clone() };
            if !resource.as_ref().is_some_and(|id| plan.resources.contains(id)) {
                continue;
            }
            let fired = alarm
                .fired(plan.at)
                .filter(|transition| plan.window.contains(transition.at));
            let threshold = format!("{} {}", alarm.comparison.sign(), wording::number(alarm.threshold));
            let (fact, text, at) = match fired {
                Some(transition) => (
                    Observed::AlarmFired {
                        alarm: alarm.name.clone(),
                    },
                    Text::from("alarm ")
                        .ext(alarm.name.clone())
                        .own(" fired: ")
                        .ext(alarm.metric.clone())
                        .own(format!(" {threshold}")),
                    Some(transition.at),
                ),
                None => (
                    Observed::AlarmQuiet {
                        alarm: alarm.name.clone(),
                    },
                    Text::from("alarm ").ext(alarm.name.clone()).own(format!(
                        " ({threshold}) has not fired; it is {}",
                        alarm.state().as_str()
                    )),
                    own.then_some(plan.at),
                ),
            };
            seen.push(Seen {
                observation: Observation {
                    resource,
                    origin: Origin::Alarms,
                    at,
                    error: 0,
                    strength: 1.0,
                    notable: own || (on_subject && at.is_some()),
                    fact,
                    text,
                },
                evidence: vec![answer],
            });
        }
    }
    seen
}
