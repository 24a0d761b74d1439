//! The timeline under every investigation: cause first, then what it broke, then the alarm, then us.

use std::collections::BTreeSet;

use ratatui::{layout::Rect, widgets::Widget as _};

use super::{
    canvas::Canvas,
    state::State,
    styles::Themed,
    widget::{Event, EventKind, Strip},
};
use crate::{
    journal::views::Investigation,
    model::{Direction, Observed, inert, operation},
};

/// Share of the incident that is shown before its first event and after its last: room for the labels.
const MARGIN: i64 = 12;

/// Draws the timeline of the selected investigation.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(inv) = state.investigation() else { return };
    let events = events(inv);
    let (Some(first), Some(last)) = (
        events.iter().map(|(at, ..)| *at).min(),
        events.iter().map(|(at, ..)| *at).max(),
    ) else {
        return;
    };
    let margin = ((last - first) / MARGIN).max(60);
    let events: Vec<Event<'_>> = events
        .iter()
        .map(|(at, label, kind)| Event {
            at: *at,
            label,
            kind: *kind,
        })
        .collect();
    let strip = Strip {
        events: &events,
        from: first - margin,
        to: last + margin,
        ascii: canvas.glyphs.ascii,
        styles: &Themed(canvas.theme),
    };
    let inside = Rect {
        x: area.x + 1.min(area.width),
        width: area.width.saturating_sub(2),
        ..area
    };
    strip.render(inside, canvas.buf);
}

/// What happened, each in a word or two: the summary's timeline once there is one, the findings until then. Of events alike
/// in word and minute one is enough.
fn events(inv: &Investigation) -> Vec<(i64, String, EventKind)> {
    let cited: BTreeSet<u64> = inv
        .causes
        .values()
        .flat_map(|cause| cause.evidence.iter().copied())
        .collect();
    let records: Vec<u64> = match &inv.summary {
        Some(summary) => summary.timeline.iter().map(|entry| entry.evidence).collect(),
        None => inv.findings.values().map(|finding| finding.observation).collect(),
    };
    let mut seen = BTreeSet::new();
    records
        .into_iter()
        .filter_map(|seq| {
            let of = &inv.observations.get(&seq)?.observation;
            let (label, kind) = told(&of.fact)?;
            let kind = if cited.contains(&seq) && kind == EventKind::Change {
                EventKind::Cause
            } else {
                kind
            };
            // A metric's onset is known to within its period; it is not drawn before the cause that lies in that period.
            let late = if kind == EventKind::Shift {
                i64::from(of.error)
            } else {
                0
            };
            let at = of.at?.as_second() + late;
            seen.insert((at / 60, label.clone())).then_some((at, label, kind))
        })
        .collect()
}

fn told(fact: &Observed) -> Option<(String, EventKind)> {
    Some(match fact {
        Observed::Changed { change, .. } => (inert(operation(change)), EventKind::Change),
        Observed::MetricShift {
            series, direction, ..
        } => {
            let way = match direction {
                Direction::Up => "up",
                Direction::Down => "down",
            };
            (format!("{} {way}", inert(&series.metric)), EventKind::Shift)
        }
        Observed::MetricMissing { series, .. } => {
            (format!("{} silent", inert(&series.metric)), EventKind::Shift)
        }
        Observed::LimitReached { .. } => ("at its limit".to_owned(), EventKind::Shift),
        Observed::LogBurst { error: true, .. } => ("errors logged".to_owned(), EventKind::Burst),
        Observed::LogBurst { .. } => ("new log lines".to_owned(), EventKind::Burst),
        Observed::ServiceSaid { source, .. } => (format!("{} event", inert(source)), EventKind::Change),
        Observed::AlarmFired { .. } => ("alarm".to_owned(), EventKind::Alarm),
        _ => return None,
    })
}
