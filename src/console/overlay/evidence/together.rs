//! The whole incident at a glance: the symptom, every metric that the cause cites and every burst, one below the other on
//! one axis, with what happened marked through all of them.

use std::collections::BTreeSet;

use super::{
    behind, logs, metrics,
    page::{Ask, Page, Panel, Size},
};
use crate::{
    console::{rich::Rich, strip, theme::Role, words},
    journal::{Body, views::Investigation},
    model::{Evidence, Observed, Query},
};

/// Panels at most.
const PANELS: usize = 12;

/// Observations that belong to the picture: what the cause cites; without a cause, what was found so far.
fn cited(inv: &Investigation, item: u64) -> Vec<u64> {
    match inv.entry(item).and_then(|entry| entry.body.as_ref()) {
        Some(Body::Cause(cause)) => cause.evidence.clone(),
        _ => inv.findings.values().map(|finding| finding.observation).collect(),
    }
}

/// The answer that holds the symptom.
fn symptom(inv: &Investigation) -> Vec<u64> {
    let Some(key) = inv.plan.as_ref().and_then(|plan| plan.series.as_ref()) else {
        return Vec::new();
    };
    let holds = |query: &Query| matches!(query, Query::Metrics { series, .. } if series.iter().any(|asked| asked.alike(key)));
    let seen = inv
        .observations
        .values()
        .find(|observed| metrics::subject(&observed.observation.fact).is_some_and(|of| of.alike(key)));
    if let Some(seen) = seen {
        return seen.evidence.clone();
    }
    inv.queries
        .iter()
        .filter(|(_, asked)| holds(&asked.query))
        .filter_map(|(seq, _)| Some(inv.answers.get(seq)?.0))
        .take(2)
        .collect()
}

/// Answers that the picture needs.
pub fn answers(inv: &Investigation, item: u64) -> Vec<u64> {
    let mut answers = symptom(inv);
    let mut measured = false;
    for seq in cited(inv, item).into_iter().take(4 * PANELS) {
        if let Some(observed) = inv.observations.get(&seq) {
            let fact = &observed.observation.fact;
            measured |= metrics::subject(fact).is_some();
            if metrics::subject(fact).is_some() || matches!(fact, Observed::LogBurst { .. }) {
                answers.extend(behind(inv, seq));
            }
        }
    }
    if measured {
        answers.extend(metrics::alarms(inv));
    }
    answers
}

/// Adds the picture, and below it what happened, in words that can be followed.
pub fn whole(page: &mut Page, ask: &Ask<'_>, item: u64) {
    let inv = ask.inv;
    let mut panels: Vec<Panel> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut bursts: Vec<Panel> = Vec::new();
    let mut onset = None;
    if let Some(key) = inv.plan.as_ref().and_then(|plan| plan.series.as_ref()) {
        let data = ask.data(&symptom(inv));
        let shift = inv
            .observations
            .values()
            .map(|observed| &observed.observation)
            .find(|of| matches!(&of.fact, Observed::MetricShift { series, .. } if series.alike(key)));
        if let (Some(series), usually) = metrics::find(inv, &data, key) {
            panels.push(metrics::panel(ask, series, usually, shift));
            seen.insert(series.key.clone());
            onset = shift;
        }
    }
    for seq in cited(inv, item) {
        let Some(observed) = inv.observations.get(&seq) else {
            continue;
        };
        let of = &observed.observation;
        let data = ask.data(&behind(inv, seq));
        if let Some(key) = metrics::subject(&of.fact) {
            if let (Some(series), usually) = metrics::find(inv, &data, key)
                && seen.insert(series.key.clone())
            {
                panels.push(metrics::panel(ask, series, usually, Some(of)));
                onset = onset.or(Some(of));
            }
        } else if let Observed::LogBurst { template, .. } = &of.fact {
            let lines = data.iter().find_map(|evidence| match evidence {
                Evidence::Logs(page) => Some(page.lines.as_slice()),
                _ => None,
            });
            bursts.extend(lines.and_then(|lines| logs::counts(lines, template)));
        }
    }
    panels.extend(bursts);
    panels.truncate(PANELS);
    if !panels.is_empty() {
        page.picture(metrics::picture(ask, panels, onset, Size::Stack));
    }
    page.lines(told(ask));
}

/// What happened, one event a line.
fn told(ask: &Ask<'_>) -> Vec<Rich> {
    strip::happenings(ask.inv)
        .into_iter()
        .map(|happening| {
            let (sign, role) = strip::sign(happening.kind, ask.glyphs());
            let line = Rich::of(Role::Faint, happening.time())
                .add(Role::Text, "  ")
                .add(role, sign)
                .add(Role::Text, " ");
            let line = match ask.inv.observations.get(&happening.seq) {
                Some(observed) => line.flat(Role::Text, &observed.observation.text),
                None => line.add(Role::Text, happening.label),
            };
            line.add(Role::Text, "  ").join(words::numbers(&[happening.seq]))
        })
        .collect()
}
