//! What a bundle holds, merged with the bundles that it extends, in an order that no file decides.

use std::collections::BTreeMap;

use crate::model::{Alarm, Change, LogLine, Relation, Resource, ResourceId, ServiceEvent};

use super::{gap::GapLine, series::SeriesSet, tools::Said};

/// Everything but the incident itself.
#[derive(Debug, Default)]
pub(super) struct Telemetry {
    pub(super) resources: BTreeMap<ResourceId, Resource>,
    pub(super) relations: Vec<Relation>,
    pub(super) alarms: BTreeMap<String, Alarm>,
    pub(super) series: SeriesSet,
    pub(super) logs: Vec<LogLine>,
    pub(super) changes: Vec<Change>,
    pub(super) events: Vec<ServiceEvent>,
    pub(super) tools: Said,
    pub(super) gaps: Vec<GapLine>,
    pub(super) captured: Captured,
}

/// Which files were there: a missing file means "not recorded", an empty one "nothing happened".
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Captured {
    pub(super) resources: bool,
    pub(super) relations: bool,
    pub(super) alarms: bool,
    pub(super) metrics: bool,
    pub(super) logs: bool,
    pub(super) changes: bool,
    pub(super) events: bool,
    pub(super) tools: bool,
}

impl Telemetry {
    /// Adds resources; one that is known already stays. Of two in one file the one with more to say stands.
    pub(super) fn add_resources(&mut self, mut items: Vec<Resource>) {
        sort_longest_first(&mut items);
        for item in items {
            self.resources.entry(item.id.clone()).or_insert(item);
        }
    }

    /// Adds alarms, by the same rule.
    pub(super) fn add_alarms(&mut self, mut items: Vec<Alarm>) {
        for alarm in &mut items {
            alarm
                .transitions
                .sort_by(|a, b| (a.at, a.from, a.to, &a.reason).cmp(&(b.at, b.from, b.to, &b.reason)));
        }
        sort_longest_first(&mut items);
        for item in items {
            self.alarms.entry(item.name.clone()).or_insert(item);
        }
    }

    /// Puts everything in its order: time, then resource, then words. Resources that are only named by relations or
    /// series become known by their id alone.
    pub(super) fn settle(&mut self) {
        self.relations.sort();
        self.relations.dedup();
        self.logs.sort_by(|a, b| {
            (a.at, &a.resource, &a.group, &a.stream, &a.message).cmp(&(
                b.at,
                &b.resource,
                &b.group,
                &b.stream,
                &b.message,
            ))
        });
        self.changes.sort_by(|a, b| {
            (a.at, &a.resource, &a.summary, &a.kind, &a.source, &a.actor)
                .cmp(&(b.at, &b.resource, &b.summary, &b.kind, &b.source, &b.actor))
                .then_with(|| a.detail.to_string().cmp(&b.detail.to_string()))
        });
        self.events.sort_by(|a, b| {
            (a.at, &a.resource, &a.message, &a.source, &a.category).cmp(&(
                b.at,
                &b.resource,
                &b.message,
                &b.source,
                &b.category,
            ))
        });
        self.gaps.sort_by(GapLine::order);
        self.gaps.dedup();
        let related = self
            .relations
            .iter()
            .flat_map(|relation| [&relation.from, &relation.to]);
        let measured = self.series.keys().filter_map(|key| key.resource.as_ref());
        let named: Vec<ResourceId> = related
            .chain(measured)
            .filter(|id| !self.resources.contains_key(*id))
            .cloned()
            .collect();
        for id in named {
            let resource = Resource::new(id.clone(), "unknown", id.0.clone());
            self.resources.entry(id).or_insert(resource);
        }
    }
}

pub(super) fn sort_longest_first<T: serde::Serialize>(items: &mut [T]) {
    // Within one file only duplicates are decided by this; everything else is keyed.
    items.sort_by_cached_key(|item| {
        let words = serde_json::to_string(item).unwrap_or_default();
        (std::cmp::Reverse(words.len()), words)
    });
}
