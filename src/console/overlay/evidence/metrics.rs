//! Metrics as charts: with what is usual, the limit, the onset, and what happened meanwhile.

use super::{
    meant,
    page::{Ask, Page, Panel, Picture, Size},
};
use crate::{
    console::{
        rich::{Rich, shown},
        strip,
        theme::Role,
        widget::{EventKind, quantity},
        words,
    },
    journal::views::Investigation,
    model::{Alarm, Direction, Evidence, Observation, Observed, Point, Series, SeriesKey, inert},
};

/// The series that a fact is about.
pub const fn subject(fact: &Observed) -> Option<&SeriesKey> {
    match fact {
        Observed::MetricShift { series, .. }
        | Observed::MetricNormal { series, .. }
        | Observed::MetricMissing { series, .. }
        | Observed::LimitReached { series, .. } => Some(series),
        _ => None,
    }
}

/// A series in the answers: that of the window, and that of the time it is compared with.
pub fn find<'d>(
    inv: &Investigation,
    data: &[&'d Evidence],
    key: &SeriesKey,
) -> (Option<&'d Series>, Option<&'d Series>) {
    let series = || {
        data.iter().filter_map(|evidence| match evidence {
            Evidence::Series(series) => Some(series.as_slice()),
            _ => None,
        })
    };
    // An observation stands on two answers: the window, and the baseline, which lies at another time.
    let shown = |series: &&Series| {
        inv.plan
            .as_ref()
            .is_none_or(|plan| !series.within(&plan.window).is_empty())
    };
    // The key may have been completed (a unit) between question and answer.
    let alike = |series: &&Series| series.key.alike(key);
    let all = || series().flatten().filter(shown);
    let found = all()
        .find(|series| series.key == *key)
        .or_else(|| all().find(alike));
    let usually = series().flatten().filter(alike).find(|series| !shown(series));
    (found, usually)
}

/// One series as a panel.
pub fn panel(ask: &Ask<'_>, series: &Series, usually: Option<&Series>, of: Option<&Observation>) -> Panel {
    let key = &series.key;
    let mut label = format!(
        "{}  {} per {}",
        inert(&key.metric),
        inert(&stat(&key.stat)),
        period(key.period)
    );
    if let Some(id) = &key.resource {
        label = format!("{label}  {}", inert(&ask.state.names.of(id)));
    }
    let mut panel = Panel {
        label: shown(&label),
        unit: key.unit.clone(),
        period: key.period,
        points: match &ask.inv.plan {
            Some(plan) => series.within(&plan.window).to_vec(),
            None => series.points.clone(),
        },
        band: usually.and_then(|usually| range(&usually.points)),
        bars: matches!(key.stat.as_str(), "Sum" | "SampleCount"),
        ..Panel::default()
    };
    match of.map(|of| &of.fact) {
        Some(Observed::MetricShift { before, .. }) if panel.band.is_none() => {
            panel.band = Some((*before, *before));
        }
        Some(Observed::MetricNormal { typical, .. }) if panel.band.is_none() => {
            panel.band = Some((*typical, *typical));
        }
        Some(Observed::LimitReached { limit, name, .. }) => {
            panel.limit = Some(*limit);
            panel.limit_name = format!("{} {}", shown(name), quantity(*limit, key.unit.as_deref()));
        }
        _ => {}
    }
    if panel.limit.is_none()
        && let Some(alarm) = watching(ask, key)
    {
        panel.limit = Some(alarm.threshold);
        panel.limit_name = format!(
            "alarm {} {}",
            alarm.comparison.sign(),
            quantity(alarm.threshold, key.unit.as_deref())
        );
    }
    panel
}

/// `Sum` is a sum; percentiles stay as they are.
fn stat(stat: &str) -> String {
    if stat.starts_with(|c: char| c.is_ascii_uppercase()) {
        stat.to_lowercase()
    } else {
        stat.to_owned()
    }
}

/// `minute`, `5 minutes`, `30 s`.
fn period(seconds: u32) -> String {
    match seconds {
        60 => "minute".to_owned(),
        3_600 => "hour".to_owned(),
        86_400 => "day".to_owned(),
        s if s >= 3_600 && s.is_multiple_of(3_600) => format!("{} hours", s / 3_600),
        s if s >= 60 && s.is_multiple_of(60) => format!("{} minutes", s / 60),
        s => format!("{s} s"),
    }
}

/// The alarm that watches a series, when it was read.
fn watching<'a>(ask: &Ask<'a>, key: &SeriesKey) -> Option<&'a Alarm> {
    let state = ask.state;
    alarms(ask.inv).into_iter().find_map(|answer| {
        let Some(crate::console::state::Loaded::Ready(evidence)) = state.evidence(answer) else {
            return None;
        };
        let Evidence::Alarms(alarms) = evidence.as_ref() else {
            return None;
        };
        alarms.iter().find(|alarm| {
            alarm.metric == key.metric && alarm.stat == key.stat && alarm.dimensions == key.dimensions
        })
    })
}

/// Answers that tell of the alarms that were looked at.
pub fn alarms(inv: &Investigation) -> Vec<u64> {
    inv.observations
        .values()
        .filter(|observed| {
            matches!(
                observed.observation.fact,
                Observed::AlarmFired { .. } | Observed::AlarmQuiet { .. }
            )
        })
        .flat_map(|observed| observed.evidence.iter().copied())
        .take(4)
        .collect()
}

/// Answers with which a metric's page is compared: the alarm that watches the symptom.
pub fn compared(inv: &Investigation, item: u64) -> Vec<u64> {
    let observation = inv.observations.get(&meant(inv, item));
    let key = observation.and_then(|observed| subject(&observed.observation.fact));
    let symptom = inv.plan.as_ref().and_then(|plan| plan.series.as_ref());
    match (key, symptom) {
        (Some(key), Some(symptom)) if key.metric == symptom.metric => alarms(inv),
        _ => Vec::new(),
    }
}

/// A picture of panels in the investigation's window.
pub fn picture(ask: &Ask<'_>, panels: Vec<Panel>, of: Option<&Observation>, size: Size) -> Picture {
    let first = panels
        .iter()
        .filter_map(|panel| panel.points.first())
        .map(|(at, _)| *at)
        .min();
    let last = panels
        .iter()
        .filter_map(|panel| Some(panel.points.last()?.0 + i64::from(panel.period.max(1))))
        .max();
    let (from, to) = match &ask.inv.plan {
        Some(plan) => (plan.window.from.as_second(), plan.window.to.as_second()),
        None => (first.unwrap_or(0), last.unwrap_or(1)),
    };
    let over = match of.map(|of| &of.fact) {
        Some(Observed::MetricShift { until, .. }) => *until,
        _ => None,
    };
    let marks = strip::happenings(ask.inv)
        .into_iter()
        .filter(|happening| {
            let changed = matches!(happening.kind, EventKind::Cause | EventKind::Alarm);
            // Alone a series shows what began it; together they show everything.
            size == Size::Stack || changed
        })
        .map(|happening| (happening.at, happening.label, happening.kind))
        .collect();
    Picture {
        panels,
        from,
        to,
        onset: of.and_then(|of| of.at).map(jiff::Timestamp::as_second),
        over: over.map(jiff::Timestamp::as_second),
        marks,
        size,
    }
}

/// The page of a fact about a metric.
pub fn observation(page: &mut Page, ask: &Ask<'_>, of: &Observation, data: &[&Evidence]) {
    let Some(key) = subject(&of.fact) else { return };
    let (found, usually) = find(ask.inv, data, key);
    if let Some(series) = found {
        let panel = panel(ask, series, usually, Some(of));
        page.picture(picture(ask, vec![panel], Some(of), Size::Large));
        if ask.all && !ask.whole {
            page.lines(table(series));
        }
    }
    page.lines(numbers(of, key.unit.as_deref()));
}

/// Everything that an answer holds of metrics.
pub fn whole(page: &mut Page, ask: &Ask<'_>, all: &[Series]) {
    // What was seen in a series marks it here too.
    for series in all.iter().filter(|series| !series.points.is_empty()).take(12) {
        let of = ask.inv.observations.values().find(|observed| {
            matches!(&observed.observation.fact,
                Observed::MetricShift { series: key, .. } if *key == series.key)
        });
        let of = of.map(|observed| &observed.observation);
        page.picture(picture(ask, vec![panel(ask, series, None, of)], of, Size::Large));
    }
    let empty = all.iter().filter(|series| series.points.is_empty()).count();
    if empty > 0 {
        let words = format!(
            "{} without data",
            words::count(empty as u64, "series known").replace(" known", "")
        );
        page.lines(vec![Rich::of(Role::Dim, words)]);
    }
    let known = all.len() - empty;
    if known > 12 {
        page.lines(vec![Rich::of(Role::Dim, format!("{} more series", known - 12))]);
    }
}

/// Every datum with its time.
fn table(series: &Series) -> Vec<Rich> {
    let line = |(at, value): &Point| {
        let at = jiff::Timestamp::from_second(*at).map_or_else(|_| at.to_string(), |at| at.to_string());
        Rich::of(Role::Dim, format!("{at}  ")).add(Role::Text, format!("{value}"))
    };
    series.points.iter().map(line).collect()
}

/// The numbers of a metric's fact.
pub fn numbers(of: &Observation, unit: Option<&str>) -> Vec<Rich> {
    let pair = |name: &str, value: f64| {
        Rich::of(Role::Dim, format!("{name} ")).add(Role::Text, format!("{}   ", quantity(value, unit)))
    };
    let line = match &of.fact {
        Observed::MetricShift {
            direction,
            before,
            after,
            peak,
            score,
            until,
            ..
        } => {
            let extreme = match direction {
                Direction::Up => "peak",
                Direction::Down => "lowest",
            };
            let line = pair("before", *before)
                .join(pair("since", *after))
                .join(pair(extreme, *peak))
                .add(Role::Dim, "score ")
                .add(Role::Text, format!("{score:.0}   "));
            match until {
                Some(until) => line.add(Role::Dim, format!("back to usual at {}", words::time(*until))),
                None => line.add(Role::Dim, "not back to usual"),
            }
        }
        Observed::MetricNormal {
            typical,
            coverage,
            compared,
            ..
        } => {
            let words = if *compared {
                "compared with a baseline"
            } else {
                "without a baseline"
            };
            pair("typical", *typical).add(
                Role::Dim,
                format!("{:.0}% of the data there   {words}", coverage * 100.0),
            )
        }
        Observed::LimitReached {
            value, limit, name, ..
        } => pair("value", *value)
            .join(pair("limit", *limit))
            .add(Role::Dim, shown(name)),
        _ => return Vec::new(),
    };
    vec![line]
}

/// The middle four fifths of the values: what is usual, without its outliers.
fn range(points: &[Point]) -> Option<(f64, f64)> {
    let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    let at = |share| crate::analysis::score::quantile(&values, share);
    Some((at(0.1)?, at(0.9)?))
}
