//! What services say of themselves.

use super::Seen;
use crate::{
    engine::wording,
    journal::body::Plan,
    model::{Evidence, Observation, Observed, Origin, Text},
};

/// Messages told at most, the latest ones.
const MOST: usize = 40;

/// Messages on resources in scope.
pub fn observe(plan: &Plan, evidence: &Evidence, answer: u64) -> Vec<Seen> {
    let Evidence::Events(events) = evidence else {
        return Vec::new();
    };
    let near: Vec<_> = events
        .iter()
        .filter(|event| {
            event
                .resource
                .as_ref()
                .is_some_and(|id| plan.resources.contains(id))
        })
        .filter(|event| plan.window.contains(event.at))
        .collect();
    let from = near.len().saturating_sub(MOST);
    near.into_iter()
        .skip(from)
        .map(|event| {
            let short: String = event.message.chars().take(160).collect();
            Seen {
                observation: Observation {
                    resource: event.resource.clone(),
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

/// True for a message that speaks of trouble, not of the day's work.
fn is_telling(message: &str) -> bool {
    const TROUBLE: [&str; 16] = [
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
    ];
    let lower = message.to_lowercase();
    TROUBLE.iter().any(|word| lower.contains(word))
}
