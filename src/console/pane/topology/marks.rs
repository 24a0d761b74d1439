//! How each resource fares, from what was observed so far.

use std::collections::BTreeMap;

use crate::{
    console::words,
    journal::views::Investigation,
    model::{Direction, GapKind, Observed, ResourceId},
    topology::{Health, Mark},
};

/// The resources that the picture is about: causes first, then what shows the symptom.
pub fn centre(inv: &Investigation) -> Vec<ResourceId> {
    let causes = inv.causes.values().map(|cause| cause.resource.clone());
    let subjects = inv.plan.iter().flat_map(|plan| plan.subjects.iter().cloned());
    let mut centre: Vec<ResourceId> = Vec::new();
    for id in causes.chain(subjects) {
        if !centre.contains(&id) {
            centre.push(id);
        }
    }
    centre
}

/// A mark for every resource that something is known of. The loudest wins.
pub fn marks(inv: &Investigation) -> BTreeMap<ResourceId, Mark> {
    let mut marks: BTreeMap<ResourceId, Mark> = BTreeMap::new();
    let mut put = |id: &ResourceId, health: Health, note: Option<String>| {
        let mark = marks.entry(id.clone()).or_default();
        if health > mark.health {
            mark.health = health;
            if note.is_some() {
                mark.note = note;
            }
        } else if mark.note.is_none() {
            mark.note = note;
        }
    };
    for gap in inv.gaps.values() {
        if let (Some(id), GapKind::Denied) = (&gap.gap.resource, gap.gap.kind) {
            put(id, Health::Unreadable, None);
        }
    }
    for observed in inv.observations.values() {
        let of = &observed.observation;
        let Some(id) = &of.resource else { continue };
        match &of.fact {
            Observed::MetricShift {
                series, direction, ..
            } if of.notable => {
                let way = match direction {
                    Direction::Up => "up",
                    Direction::Down => "down",
                };
                put(id, Health::Suffering, Some(format!("{} {way}", series.metric)));
            }
            Observed::LimitReached { name, .. } => put(id, Health::Suffering, Some(name.clone())),
            Observed::LogBurst { error: true, .. } if of.notable => {
                put(id, Health::Suffering, Some("new errors".to_owned()));
            }
            Observed::Changed {
                change,
                routine: false,
                ..
            } => {
                let at = of
                    .at
                    .map_or_else(String::new, |at| format!(" {}", words::time(at)));
                put(id, Health::Changed, Some(format!("{change}{at}")));
            }
            Observed::MetricNormal { .. } => put(id, Health::Healthy, None),
            _ => {}
        }
    }
    if let Some(plan) = &inv.plan {
        for id in &plan.subjects {
            put(id, Health::Symptom, None);
        }
    }
    if let Some(summary) = &inv.summary {
        for impact in &summary.impact {
            put(&impact.resource, Health::Suffering, None);
        }
    }
    for cause in inv.causes.values() {
        put(&cause.resource, Health::Cause, None);
    }
    marks
}
