//! What a report shows besides words: the few series that matter, as plain data. Which evidence they need is told by
//! [`Exhibits::wanted`], so that reading it stays outside.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::told::{self, Move, is_same};
use crate::{
    journal::views::Investigation,
    model::{Direction, Evidence, Observation, Observed, Series, SeriesKey, Text, Window},
};

/// Series drawn at most: the symptom, and one for each cause.
const CHARTS: usize = 3;
/// Data back at the usual level after which something counts as over.
const CALM: usize = 3;

/// What a report shows besides words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exhibits {
    /// The symptom's series, then the causes' most telling ones.
    pub charts: Vec<Chart>,
    /// Whether what a metric shift tells is over, by the observation's record.
    pub over: BTreeMap<u64, Over>,
}

/// One series with what is marked in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The observation that it stands behind.
    pub record: u64,
    /// What it measures, and of what.
    pub title: Text,
    /// The data.
    pub series: Series,
    /// The stretch of time that is shown.
    pub span: Window,
    /// When it set in.
    pub onset: Option<Timestamp>,
    /// When the symptom set in, and when it was over where it is.
    pub incident: Option<(Timestamp, Option<Timestamp>)>,
    /// When the incident was noticed.
    pub noticed: Option<Timestamp>,
    /// The usual level, in the series' unit.
    pub usual: Option<f64>,
    /// What it is held against, and its name.
    pub limit: Option<(f64, &'static str)>,
    /// Which way is worse.
    pub direction: Direction,
}

/// Whether something is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// It was over by then.
    At(Timestamp),
    /// It was still so at the end of the data.
    Still(Timestamp),
    /// The data ended then, before the end of the window.
    LastSeen(Timestamp),
}

impl Exhibits {
    /// Records of the answers that hold the data.
    pub fn wanted(view: &Investigation) -> BTreeSet<u64> {
        let mut wanted: BTreeSet<u64> = BTreeSet::new();
        let mut records: BTreeSet<u64> = told::harms(view).iter().filter_map(|harm| harm.record).collect();
        records.extend(told::symptom(view).map(|(seq, _)| seq));
        records.extend(telling(view));
        let alarms = view.observations.iter().filter(|(_, observed)| {
            let fact = &observed.observation.fact;
            matches!(fact, Observed::AlarmFired { .. } | Observed::AlarmQuiet { .. })
        });
        records.extend(alarms.map(|(seq, _)| *seq));
        for record in records {
            if let Some(observed) = view.observations.get(&record) {
                wanted.extend(&observed.evidence);
            }
        }
        wanted
    }

    /// What the evidence shows. Evidence that is missing is left out, and with it what it would show.
    pub fn of(view: &Investigation, evidence: &BTreeMap<u64, Evidence>) -> Self {
        let mut exhibits = Self::default();
        for harm in told::harms(view) {
            if let (Some(record), Some(moved)) = (harm.record, harm.moved)
                && let Some(over) = over(view, evidence, &moved)
            {
                exhibits.over.insert(record, over);
            }
        }
        let symptom = told::symptom(view).map(|(seq, _)| seq);
        let mut records: Vec<u64> = symptom.into_iter().collect();
        for record in telling(view) {
            if !records.contains(&record) {
                records.push(record);
            }
        }
        for record in records {
            let drawn: Vec<&SeriesKey> = exhibits.charts.iter().map(|chart| &chart.series.key).collect();
            if let Some(chart) = chart(view, evidence, record)
                && !drawn.contains(&&chart.series.key)
                && exhibits.charts.len() < CHARTS
            {
                exhibits.charts.push(chart);
            }
        }
        exhibits
    }
}

/// For each cause the plainest metric that it cites.
fn telling(view: &Investigation) -> Vec<u64> {
    let causes = view.summary.iter().flat_map(|summary| &summary.causes);
    let plainest = causes.filter_map(|cause| {
        let cited = cause.evidence.iter().filter_map(|seq| {
            let observation = told::observation(view, *seq)?;
            let moved = matches!(
                observation.fact,
                Observed::MetricShift { .. } | Observed::LimitReached { .. }
            );
            moved.then_some((*seq, observation.strength))
        });
        cited
            .max_by(|(x, a), (y, b)| a.total_cmp(b).then(y.cmp(x)))
            .map(|(seq, _)| seq)
    });
    plainest.collect()
}

fn key(observation: &Observation) -> Option<&SeriesKey> {
    match &observation.fact {
        Observed::MetricShift { series, .. }
        | Observed::MetricNormal { series, .. }
        | Observed::MetricMissing { series, .. }
        | Observed::LimitReached { series, .. } => Some(series),
        _ => None,
    }
}

/// The data of a series within the window: an observation may stand on two answers, that for the baseline being another.
fn data<'a>(
    view: &Investigation,
    evidence: &'a BTreeMap<u64, Evidence>,
    record: u64,
    wanted: &SeriesKey,
) -> Option<(&'a Series, Window)> {
    let observed = view.observations.get(&record)?;
    let window = view.plan.as_ref().map(|plan| plan.window);
    let mut all = observed
        .evidence
        .iter()
        .filter_map(|answer| match evidence.get(answer) {
            Some(Evidence::Series(series)) => Some(series),
            _ => None,
        })
        .flatten()
        .filter(|series| is_same(&series.key, wanted));
    if let Some(window) = window {
        let series = all.find(|series| !series.within(&window).is_empty())?;
        return Some((series, window));
    }
    let series = all.find(|series| series.points.len() > 1)?;
    let (first, _) = series.points.first()?;
    let begin = Timestamp::from_second(*first).ok()?;
    Some((series, Window::new(begin, series.newest()?)))
}

fn chart(view: &Investigation, evidence: &BTreeMap<u64, Evidence>, record: u64) -> Option<Chart> {
    let observation = told::observation(view, record)?;
    let key = key(observation)?;
    let (series, span) = data(view, evidence, record, key)?;
    let names = told::Names::of(view);
    let title = Text::new().ext(key.metric.clone());
    let title = match &key.resource {
        Some(id) => title.own(" of ").ext(names.get(id)),
        None => title,
    };
    let moved = Move::of(record, observation);
    let (usual, limit) = match &observation.fact {
        Observed::MetricShift { before, .. } if moved.is_some_and(|moved| moved.bare) => {
            (None, Some((*before, "alarm at")))
        }
        Observed::MetricShift { before, .. } => (Some(*before), None),
        Observed::MetricNormal { typical, .. } => (Some(*typical), None),
        Observed::LimitReached { limit, .. } => (None, Some((*limit, "limit"))),
        _ => (None, None),
    };
    let incident = told::symptom(view).and_then(|(seq, symptom)| {
        let over = over(view, evidence, &Move::of(seq, symptom)?);
        let until = over.and_then(|over| match over {
            Over::At(at) => Some(at),
            Over::Still(_) | Over::LastSeen(_) => None,
        });
        Some((symptom.at?, until))
    });
    Some(Chart {
        record,
        title,
        series: series.clone(),
        span,
        onset: observation.at.filter(|at| span.contains(*at)),
        incident,
        noticed: view.plan.as_ref().map(|plan| plan.at),
        usual,
        limit: limit.or_else(|| Some((threshold(evidence, key)?, "alarm at"))),
        direction: moved.map_or(Direction::Up, |moved| moved.direction),
    })
}

/// What the alarm on this series compares with.
fn threshold(evidence: &BTreeMap<u64, Evidence>, key: &SeriesKey) -> Option<f64> {
    let alarms = evidence.values().filter_map(|evidence| match evidence {
        Evidence::Alarms(alarms) => Some(alarms),
        _ => None,
    });
    alarms
        .flatten()
        .find(|alarm| is_same(&alarm.series(), key))
        .map(|alarm| alarm.threshold)
}

/// Over when the data came back at least half of the way and stayed there.
fn over(view: &Investigation, evidence: &BTreeMap<u64, Evidence>, moved: &Move<'_>) -> Option<Over> {
    let (series, span) = data(view, evidence, moved.record, moved.series)?;
    let since = moved.since.unwrap_or(span.from).as_second();
    let half = if moved.bare {
        moved.before
    } else {
        f64::midpoint(moved.before, moved.after)
    };
    let worse = |value: f64| match moved.direction {
        Direction::Up => value > half,
        Direction::Down => value < half,
    };
    let points = series.within(&span);
    let last_worse = points
        .iter()
        .rposition(|(at, value)| *at >= since && worse(*value))?;
    let period = SignedDuration::from_secs(i64::from(series.key.period));
    let ended = |at: i64| Timestamp::from_second(at).ok()?.checked_add(period).ok();
    let worst = ended(points.get(last_worse)?.0)?;
    if points.len() - last_worse > CALM {
        return Some(Over::At(worst));
    }
    let newest = ended(points.last()?.0)?;
    let missing = span.to.duration_since(newest);
    Some(if missing.as_secs() > 3 * period.as_secs() {
        Over::LastSeen(newest)
    } else {
        Over::Still(newest)
    })
}
