//! How each resource fares, from what was observed so far.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    console::words,
    journal::views::Investigation,
    model::{Direction, GapKind, Observation, Observed, ResourceId},
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

/// Marks by resource, folded forward: what was read once is not read again.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// From observations and gaps, which only ever come to what is there.
    seen: BTreeMap<ResourceId, Mark>,
    /// With plan, outcome and causes, which are few and may be written anew.
    all: BTreeMap<ResourceId, Mark>,
    /// The last observation and the last gap that were read, and how many there were.
    observed: (u64, usize),
    gaps: (u64, usize),
    told: Option<(Vec<ResourceId>, usize, usize)>,
}

impl Marks {
    /// Takes what is new; the resources whose mark has changed.
    pub fn follow(&mut self, inv: &Investigation) -> Vec<ResourceId> {
        let mut touched = BTreeSet::new();
        let new = (
            inv.observations.range(self.observed.0 + 1..).count(),
            inv.gaps.range(self.gaps.0 + 1..).count(),
        );
        let known = (self.observed.1 + new.0, self.gaps.1 + new.1);
        if known != (inv.observations.len(), inv.gaps.len()) {
            // Older records came or went: a large investigation is read in parts.
            self.seen.clear();
            (self.observed, self.gaps) = ((0, 0), (0, 0));
            self.told = None;
        }
        for (seq, gap) in inv.gaps.range(self.gaps.0 + 1..) {
            self.gaps = (*seq, self.gaps.1 + 1);
            if let (Some(id), GapKind::Denied) = (&gap.gap.resource, gap.gap.kind) {
                put(&mut self.seen, id, Health::Unreadable, None);
                touched.insert(id.clone());
            }
        }
        for (seq, observed) in inv.observations.range(self.observed.0 + 1..) {
            self.observed = (*seq, self.observed.1 + 1);
            let of = &observed.observation;
            if let (Some(id), Some((health, note))) = (&of.resource, reading(of)) {
                put(&mut self.seen, id, health, note);
                touched.insert(id.clone());
            }
        }
        let impact = inv.summary.as_ref().map_or(0, |summary| summary.impact.len());
        let told = (centre(inv), inv.causes.len(), impact);
        if self.told.as_ref() != Some(&told) {
            touched.extend(self.seen.keys().chain(self.all.keys()).cloned());
            touched.extend(told.0.iter().cloned());
            touched.extend(
                inv.summary
                    .iter()
                    .flat_map(|summary| summary.impact.iter().map(|hit| hit.resource.clone())),
            );
            self.told = Some(told);
        }
        if touched.is_empty() {
            return Vec::new();
        }
        let outcome = outcome(inv);
        touched.retain(|id| {
            let mut mark = self.seen.get(id).cloned().unwrap_or_default();
            if let Some(louder) = outcome.get(id).filter(|louder| **louder > mark.health) {
                mark.health = *louder;
            }
            if self.all.get(id).is_some_and(|before| *before == mark) {
                return false;
            }
            self.all.insert(id.clone(), mark);
            true
        });
        touched.into_iter().collect()
    }

    /// Every mark.
    pub fn all(&self) -> impl Iterator<Item = (&ResourceId, Mark)> {
        self.all.iter().map(|(id, mark)| (id, mark.clone()))
    }

    /// The mark of one resource.
    pub fn of(&self, id: &ResourceId) -> Mark {
        self.all.get(id).cloned().unwrap_or_default()
    }
}

/// What plan, outcome and causes say; the loudest for each.
fn outcome(inv: &Investigation) -> BTreeMap<ResourceId, Health> {
    let subjects = inv.plan.iter().flat_map(|plan| plan.subjects.iter());
    let subjects = subjects.map(|id| (id, Health::Symptom));
    let impact = inv.summary.iter().flat_map(|summary| summary.impact.iter());
    let impact = impact.map(|hit| (&hit.resource, Health::Suffering));
    let causes = inv.causes.values().map(|cause| (&cause.resource, Health::Cause));
    let mut outcome = BTreeMap::new();
    for (id, health) in subjects.chain(impact).chain(causes) {
        let loudest = outcome.entry(id.clone()).or_insert(health);
        *loudest = health.max(*loudest);
    }
    outcome
}

/// The loudest wins; of two as loud the first, unless only the second has words.
fn put(marks: &mut BTreeMap<ResourceId, Mark>, id: &ResourceId, health: Health, note: Option<String>) {
    let mark = marks.entry(id.clone()).or_default();
    if health > mark.health {
        mark.health = health;
        if note.is_some() {
            mark.note = note;
        }
    } else if mark.note.is_none() {
        mark.note = note;
    }
}

/// What one observation says of its resource.
fn reading(of: &Observation) -> Option<(Health, Option<String>)> {
    match &of.fact {
        Observed::MetricShift {
            series, direction, ..
        } if of.notable => {
            let way = match direction {
                Direction::Up => "up",
                Direction::Down => "down",
            };
            Some((Health::Suffering, Some(format!("{} {way}", series.metric))))
        }
        Observed::LimitReached { name, .. } => Some((Health::Suffering, Some(name.clone()))),
        Observed::LogBurst { error: true, .. } if of.notable => {
            Some((Health::Suffering, Some("new errors".to_owned())))
        }
        Observed::Changed {
            change,
            routine: false,
            ..
        } => {
            let at = of
                .at
                .map_or_else(String::new, |at| format!(" {}", words::time(at)));
            Some((Health::Changed, Some(format!("{change}{at}"))))
        }
        Observed::MetricNormal { .. } => Some((Health::Healthy, None)),
        _ => None,
    }
}
