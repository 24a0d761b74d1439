//! The timeline under every investigation: cause first, then what it broke, then the alarm, then us.

use std::collections::BTreeSet;

use ratatui::{layout::Rect, widgets::Widget as _};

use super::{
    canvas::Canvas,
    glyph::Glyphs,
    state::State,
    styles::Themed,
    theme::Role,
    widget::{Event, EventKind, Strip},
    words,
};
use crate::{
    journal::{StreamId, views::Investigation},
    model::{Direction, Observed, inert, operation},
};

/// Share of the incident that is shown before its first event and after its last: room for the labels.
const MARGIN: i64 = 12;

/// Events that are weighed for a place on the strip; of a long night's thousands the most telling.
const WEIGHED: usize = 60;
/// Events that are listed at most.
const LISTED: usize = 500;

/// What happened, kept until more was found.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    /// The most telling, oldest first.
    pub happenings: Vec<Happening>,
    /// Those that found no place.
    pub more: usize,
    made_from: Option<(Option<StreamId>, u64, usize)>,
}

/// Tells again what happened, where more was found.
pub fn settle(state: &mut State) {
    let Some(inv) = state.investigation() else {
        state.timeline = Timeline::default();
        return;
    };
    let basis = (inv.stream.clone(), inv.seq, inv.observations.len());
    if state.timeline.made_from.as_ref() == Some(&basis) {
        return;
    }
    let mut happenings = happenings(inv);
    let more = happenings.len().saturating_sub(WEIGHED);
    if more > 0 {
        happenings.sort_by_key(|happening| (happening.kind, happening.at));
        happenings.truncate(WEIGHED);
        happenings.sort_by_key(|happening| (happening.at, happening.kind));
    }
    state.timeline = Timeline {
        happenings,
        more,
        made_from: Some(basis),
    };
}

/// Draws the timeline of the selected investigation.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let Timeline { happenings, more, .. } = &state.timeline;
    let (Some(first), Some(last)) = (
        happenings.first().map(|first| first.at),
        happenings.last().map(|last| last.at),
    ) else {
        return;
    };
    let margin = ((last - first) / MARGIN).max(60);
    let events: Vec<Event<'_>> = happenings
        .iter()
        .map(|happening| Event {
            at: happening.at,
            label: &happening.label,
            kind: happening.kind,
        })
        .collect();
    let strip = Strip {
        events: &events,
        from: first - margin,
        to: last + margin,
        more: *more,
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

/// Something that happened, as far as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// When, in epoch seconds: of a metric not before the change that lies in the same period.
    pub at: i64,
    /// True when that is known to the minute alone.
    pub vague: bool,
    /// In a word or two; inert.
    pub label: String,
    /// What kind of thing it is.
    pub kind: EventKind,
    /// The observation.
    pub seq: u64,
}

/// How a kind of event is marked, in lists as in pictures.
pub fn sign(kind: EventKind, glyphs: &Glyphs) -> (String, Role) {
    let role = match kind {
        EventKind::Cause => Role::Critical,
        EventKind::Alarm => Role::Warn,
        EventKind::Shift | EventKind::Burst => Role::Bad,
        EventKind::Started => Role::Text,
        EventKind::Change => Role::Change,
    };
    (kind.sign(glyphs.ascii).to_string(), role)
}

impl Happening {
    /// When, as `02:56:08`, or `02:56` where no more is known; as wide either way.
    pub fn time(&self) -> String {
        let at = jiff::Timestamp::from_second(self.at).unwrap_or_default();
        if self.vague {
            format!("{}   ", words::time(at))
        } else {
            words::second(at)
        }
    }
}

/// What happened, oldest first: the summary's timeline once there is one, the findings until then. Of events alike in word
/// and minute one is enough; of too many to list the most telling stay.
pub fn happenings(inv: &Investigation) -> Vec<Happening> {
    let cited: BTreeSet<u64> = inv
        .causes
        .values()
        .flat_map(|cause| cause.evidence.iter().copied())
        .collect();
    let records: Vec<u64> = match &inv.summary {
        Some(summary) => summary.timeline.iter().map(|entry| entry.evidence).collect(),
        None => inv.findings.values().map(|finding| finding.observation).collect(),
    };
    let changes: Vec<i64> = records
        .iter()
        .filter_map(|seq| inv.observations.get(seq))
        .filter(|observed| matches!(observed.observation.fact, Observed::Changed { .. }))
        .filter_map(|observed| Some(observed.observation.at?.as_second()))
        .collect();
    let mut seen = BTreeSet::new();
    let mut happenings: Vec<Happening> = records
        .into_iter()
        .filter_map(|seq| {
            let of = &inv.observations.get(&seq)?.observation;
            let (label, kind) = told(&of.fact)?;
            let kind = if cited.contains(&seq) && kind == EventKind::Change {
                EventKind::Cause
            } else {
                kind
            };
            let at = of.at?.as_second();
            let vague = kind == EventKind::Shift && of.error > 0;
            // A metric's onset is known to within its period; it is not drawn before a change that lies in that period.
            let within = |change: &i64| vague && (at..=at + i64::from(of.error)).contains(change);
            let at = changes.iter().copied().filter(within).min().unwrap_or(at);
            seen.insert((at / 60, label.clone())).then_some(Happening {
                at,
                vague,
                label,
                kind,
                seq,
            })
        })
        .collect();
    if happenings.len() > LISTED {
        happenings.sort_by_key(|happening| (happening.kind, happening.at));
        happenings.truncate(LISTED);
    }
    happenings.sort_by_key(|happening| (happening.at, happening.kind));
    happenings
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
