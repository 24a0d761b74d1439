//! From a record to its page.

use super::{
    TOGETHER, behind, changes, head, lists, logs, metrics,
    page::{Ask, Page},
    raw, sheet, together, tree,
};
use crate::{
    console::{rich::Rich, state::Loaded, theme::Role},
    journal::Body,
    model::{Evidence, Observation, Observed},
};

/// What is shown of a record.
pub fn page(ask: &Ask<'_>, seq: u64) -> Page {
    let inv = ask.inv;
    let mut page = Page::default();
    if seq == TOGETHER {
        page.head = vec![Rich::of(
            Role::Strong,
            "What was found so far, on one axis of time",
        )];
        waiting(&mut page, ask, seq);
        together::whole(&mut page, ask, seq);
        return page;
    }
    let Some(entry) = inv.entry(seq) else {
        // Of a large investigation not all records are kept; this one is being looked up.
        let words = if inv.left_out > 0 && seq <= inv.seq {
            format!("fetching #{seq}")
        } else {
            format!("there is no record #{seq}")
        };
        page.head.push(Rich::of(Role::Dim, words));
        return page;
    };
    let Some(body) = &entry.body else {
        page.head
            .push(Rich::of(Role::Dim, "a record that this version cannot read"));
        return page;
    };
    if let Body::Finding(finding) = body
        && inv.observations.contains_key(&finding.observation)
    {
        return self::page(ask, finding.observation);
    }
    page.head = head::head(inv, body, ask.glyphs());
    waiting(&mut page, ask, seq);
    let data = ask.data(&behind(inv, seq));
    if ask.raw {
        page.lines(raw::record(ask, body, &data));
        return page;
    }
    match body {
        Body::Observation(observed) => observation(&mut page, ask, &observed.observation, &data),
        Body::Evidence(_) | Body::Query(_) => {
            for evidence in data {
                whole(&mut page, ask, evidence);
            }
        }
        Body::Cause(_) => together::whole(&mut page, ask, seq),
        _ => {}
    }
    page
}

/// Says what is on its way, and what could not be read.
fn waiting(page: &mut Page, ask: &Ask<'_>, seq: u64) {
    for answer in sheet::needed(ask.inv, seq) {
        match ask.state.evidence(answer) {
            Some(Loaded::Ready(_)) => {}
            Some(Loaded::Loading) | None => {
                page.lines(vec![Rich::of(Role::Dim, format!("fetching #{answer}"))]);
            }
            Some(Loaded::Failed(why)) => {
                let words = format!("#{answer} cannot be shown: {}", ask.words(why));
                page.lines(vec![Rich::of(Role::Warn, words)]);
            }
        }
    }
}

/// What one fact was read from.
fn observation(page: &mut Page, ask: &Ask<'_>, of: &Observation, data: &[&Evidence]) {
    match &of.fact {
        Observed::MetricShift { .. }
        | Observed::MetricNormal { .. }
        | Observed::MetricMissing { .. }
        | Observed::LimitReached { .. } => metrics::observation(page, ask, of, data),
        Observed::LogBurst { .. } => {
            for evidence in data {
                if let Evidence::Logs(found) = evidence {
                    logs::observation(page, ask, of, found);
                }
            }
        }
        Observed::Changed { change, .. } => {
            for evidence in data {
                if let Evidence::Changes(changes) = evidence {
                    let found = changes
                        .iter()
                        .filter(|found| found.kind == *change)
                        .find(|found| of.at.is_none_or(|at| found.at == at));
                    if let Some(found) = found {
                        changes::observation(page, ask, of, found);
                    }
                }
            }
        }
        Observed::ConfigFact { path, .. } => {
            for evidence in data {
                if let Evidence::Configuration(configuration) = evidence {
                    page.lines(tree::configuration(ask, configuration, Some(path)));
                }
            }
        }
        Observed::AlarmFired { alarm } | Observed::AlarmQuiet { alarm } => {
            for evidence in data {
                if let Evidence::Alarms(alarms) = evidence {
                    for found in alarms.iter().filter(|found| found.name == *alarm) {
                        page.lines(lists::alarm(ask, found));
                    }
                }
            }
        }
        Observed::Excess { .. }
        | Observed::Standout { .. }
        | Observed::FaultTest { .. }
        | Observed::LogQuiet { .. }
        | Observed::NoChange
        | Observed::ServiceSaid { .. } => {
            for evidence in data {
                whole(page, ask, evidence);
            }
        }
    }
}

/// Everything that an answer holds.
fn whole(page: &mut Page, ask: &Ask<'_>, evidence: &Evidence) {
    match evidence {
        Evidence::Series(all) => metrics::whole(page, ask, all),
        Evidence::Logs(found) => page.lines(logs::lines(ask, &found.lines, logs::Burst::default())),
        Evidence::Changes(changes) => {
            for (i, change) in changes.iter().take(ask.most(200)).enumerate() {
                page.lines(changes::listed(ask, change, i));
            }
        }
        Evidence::Events(events) => page.lines(lists::events(ask, events)),
        Evidence::Alarms(alarms) => {
            for alarm in alarms.iter().take(ask.most(100)) {
                page.lines(lists::alarm(ask, alarm));
            }
        }
        Evidence::Configuration(configuration) => {
            page.lines(tree::configuration(ask, configuration, None));
        }
        Evidence::Identity(_) | Evidence::Catalogue(_) | Evidence::Inventory(_) | Evidence::Relations(_) => {
            page.lines(lists::list(ask, evidence));
        }
        Evidence::Text(said) => page.lines(lists::said(ask, said)),
    }
}
