//! What services say of themselves.

use super::Seen;
use crate::{
    engine::{state::State, wording},
    journal::body::Plan,
    model::{Evidence, Observation, Observed, Origin, Resource, ResourceId, ServiceEvent, Text},
};

/// Messages told at most, the latest ones.
const MOST: usize = 40;
/// Resources at most on which trouble of a whole service is told: the nearest.
const OF_A_SERVICE: usize = 3;

/// Messages on resources in scope. Those on trouble of a whole AWS service are on each resource of that service.
pub fn observe(state: &State, plan: &Plan, evidence: &Evidence, answer: u64) -> Vec<Seen> {
    let Evidence::Events(events) = evidence else {
        return Vec::new();
    };
    let mut near: Vec<(&ResourceId, &ServiceEvent)> = Vec::new();
    for event in events.iter().filter(|event| plan.window.contains(event.at)) {
        let about = |id: &&ResourceId| match &event.resource {
            Some(resource) => *id == resource,
            None => is_of_service(&state.known.resource(id), event),
        };
        let most = if event.resource.is_some() { 1 } else { OF_A_SERVICE };
        near.extend(
            plan.resources
                .iter()
                .filter(about)
                .take(most)
                .map(|id| (id, event)),
        );
    }
    let from = near.len().saturating_sub(MOST);
    near.into_iter()
        .skip(from)
        .map(|(id, event)| {
            let short: String = event.message.chars().take(160).collect();
            Seen {
                observation: Observation {
                    resource: Some(id.clone()),
                    origin: Origin::Events,
                    at: Some(event.at),
                    error: 0,
                    strength: 1.0,
                    notable: is_telling(&event.message),
                    text: Text::new()
                        .ext(event.source.clone())
                        .own(format!(" says at {}: ", wording::clock(event.at)))
                        .ext(short),
                    fact: Observed::ServiceSaid {
                        source: event.source.clone(),
                        category: event.category.clone(),
                        message: event.message.clone(),
                    },
                },
                evidence: vec![answer],
            }
        })
        .collect()
}

/// True when AWS Health speaks of trouble of the service that the resource belongs to (`AWS_LAMBDA_OPERATIONAL_ISSUE`).
fn is_of_service(resource: &Resource, event: &ServiceEvent) -> bool {
    if event.source != "health" || !resource.kind.starts_with("AWS::") {
        return false;
    }
    let named = event
        .message
        .strip_prefix("AWS_")
        .and_then(|rest| rest.split('_').next());
    named.is_some_and(|named| named.eq_ignore_ascii_case(&resource.service()))
}

/// True for a message that speaks of trouble, not of the day's work.
fn is_telling(message: &str) -> bool {
    const TROUBLE: [&str; 20] = [
        "fail",
        "unable",
        "unhealthy",
        "error",
        "impair",
        "degrad",
        "outage",
        "restart",
        "reboot",
        "evict",
        "kill",
        "exceed",
        "full",
        "lost",
        "crash",
        "insufficient",
        "pressure",
        "backoff",
        "limited",
        "not scaled",
    ];
    let lower = message.to_lowercase();
    TROUBLE.iter().any(|word| lower.contains(word))
}
