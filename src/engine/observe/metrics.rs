//! Series against their baseline.

use jiff::Timestamp;

use super::Seen;
use crate::{
    analysis::shift::{self, Level, Reading, Scale},
    engine::{
        reasoner::builtin::{frame, kind, look},
        state::State,
        wording,
    },
    journal::body::Plan,
    model::{
        Alarm, Direction, Evidence, Observation, Observed, Origin, Point, Query, Series, SeriesKey, Text,
    },
};

/// A shift at least so plain is told as a finding when it is for the worse.
const TELLING: f64 = 0.5;

/// Every series of one answer against the answer for the baseline.
pub fn observe(
    state: &State,
    plan: &Plan,
    keys: &[SeriesKey],
    evidence: &Evidence,
    answer: u64,
) -> Vec<Seen> {
    let Evidence::Series(now) = evidence else {
        return Vec::new();
    };
    let baseline = state
        .found(|query| matches!(query, Query::Metrics { series, window } if series == keys && *window == plan.baseline))
        .next();
    let (baseline_answer, usual): (Option<u64>, &[Series]) = match baseline {
        Some((seq, _, Evidence::Series(series))) => (Some(seq), series),
        _ => (None, &[]),
    };
    now.iter()
        .filter_map(|series| {
            let usual = usual.iter().find(|usual| usual.key == series.key);
            let observation = one(
                state,
                plan,
                series,
                usual.map(|usual| usual.points.as_slice()).unwrap_or_default(),
            )?;
            Some(Seen {
                observation,
                evidence: baseline_answer.into_iter().chain([answer]).collect(),
            })
        })
        .collect()
}

fn one(state: &State, plan: &Plan, series: &Series, usual: &[Point]) -> Option<Observation> {
    let key = &series.key;
    let resource = key.resource.clone()?;
    // What lies in the future of an investigation that runs now cannot be missing.
    let end = state.view.created_at.map_or(plan.window.to, |now| {
        if plan.window.contains(now) {
            now
        } else {
            plan.window.to
        }
    });
    let level = shift::read(&Reading {
        usual,
        now: &series.points,
        period_s: key.period,
        window: Some((plan.window.from.as_second(), end.as_second())),
        absent_is_zero: shift::event_metric(&key.metric),
        scale: Some(Scale::of(key)),
    });
    let name = state.known.resource(&resource).name;
    if usual.len() < shift::MIN_BASELINE
        && let Some(breach) = beyond_threshold(state, key, &series.points)
    {
        return Some(Observation {
            resource: Some(resource),
            text: Text::new()
                .ext(key.metric.clone())
                .own(" of ")
                .ext(name)
                .own(format!(
                    " stands at {}, beyond its alarm's threshold of {}; there is no history to compare with",
                    wording::measured(breach.observation.1, key.unit.as_deref()),
                    wording::measured(breach.threshold, key.unit.as_deref()),
                )),
            ..breach.observation.0
        });
    }
    let level = match level {
        Level::Shifted(shift) => {
            let at = Timestamp::from_second(shift.onset).ok();
            let harm = kind::is_harm(&key.metric, shift.direction);
            let symptom = plan
                .series
                .as_ref()
                .is_some_and(|symptom| look::is_same(symptom, key));
            return Some(Observation {
                origin: Origin::Metrics,
                at,
                error: shift.error_s.max(key.period),
                strength: wording::rounded(shift.strength),
                notable: symptom || (harm && shift.strength >= TELLING),
                text: shifted(key, &name, shift.direction, shift.before, shift.after, at),
                fact: Observed::MetricShift {
                    series: key.clone(),
                    direction: shift.direction,
                    before: rounded(shift.before),
                    after: rounded(shift.after),
                    peak: rounded(shift.peak),
                    score: wording::rounded(shift.score),
                    until: shift.until.and_then(|until| Timestamp::from_second(until).ok()),
                },
                resource: Some(resource),
            });
        }
        other => other,
    };
    let plain = |fact: Observed, text: Text, notable: bool| Observation {
        resource: Some(resource.clone()),
        origin: Origin::Metrics,
        at: None,
        error: key.period,
        strength: 1.0,
        notable,
        fact,
        text,
    };
    let of = |words: &str| {
        Text::new()
            .ext(key.metric.clone())
            .own(" of ")
            .ext(name.clone())
            .own(words)
    };
    match level {
        Level::Normal {
            typical,
            coverage,
            compared,
        } => Some(plain(
            Observed::MetricNormal {
                series: key.clone(),
                typical: rounded(typical),
                coverage: wording::rounded(coverage),
                compared,
            },
            of(&format!(
                " is as usual, at {}",
                wording::measured(typical, key.unit.as_deref())
            )),
            false,
        )),
        Level::Missing { stopped, since } => {
            let mut missing = plain(
                Observed::MetricMissing {
                    series: key.clone(),
                    stopped,
                },
                of(if stopped {
                    " stopped: it has no data any more"
                } else {
                    " has no data in the window"
                }),
                stopped,
            );
            missing.at = since.and_then(|since| Timestamp::from_second(since).ok());
            Some(missing)
        }
        Level::Unknown { .. } | Level::Shifted(_) => None,
    }
}

fn shifted(
    key: &SeriesKey,
    name: &str,
    direction: Direction,
    before: f64,
    after: f64,
    at: Option<Timestamp>,
) -> Text {
    let verb = match direction {
        Direction::Up => "rose",
        Direction::Down => "fell",
    };
    let value = |value: f64| wording::measured(value, key.unit.as_deref());
    // A rate of one in a hundred minutes says nothing beside what came after.
    let from = if before != 0.0 && before.abs() < 0.01 * after.abs() {
        "about 0".to_owned()
    } else {
        value(before)
    };
    let at = at
        .map(|at| format!(" at {}", wording::clock(at)))
        .unwrap_or_default();
    Text::new()
        .ext(key.metric.clone())
        .own(" of ")
        .ext(name)
        .own(format!(" {verb} from {from} to {}{at}", value(after)))
}

struct Breach {
    observation: (Observation, f64),
    threshold: f64,
}

/// Without a history the alarm's own threshold says what is too much: beyond it in as many periods as the alarm asks for.
fn beyond_threshold(state: &State, key: &SeriesKey, points: &[Point]) -> Option<Breach> {
    let same = |alarm: &&Alarm| {
        alarm.metric == key.metric
            && alarm.namespace == key.namespace
            && alarm.stat == key.stat
            && alarm.dimensions == key.dimensions
    };
    let alarm = frame::alarms(state).find(same)?;
    let beyond: Vec<&Point> = points
        .iter()
        .filter(|(_, value)| alarm.comparison.breaches(*value, alarm.threshold))
        .collect();
    if beyond.len() < alarm.evaluation_periods.max(1) as usize {
        return None;
    }
    let (first, _) = **beyond.first()?;
    let mut values: Vec<f64> = beyond.iter().map(|(_, value)| *value).collect();
    values.sort_by(f64::total_cmp);
    let typical = values.get(values.len() / 2).copied()?;
    let up = typical >= alarm.threshold;
    let peak = if up { values.last() } else { values.first() }.copied()?;
    let observation = Observation {
        resource: None,
        origin: Origin::Metrics,
        at: Timestamp::from_second(first).ok(),
        error: key.period,
        strength: 0.8,
        notable: true,
        fact: Observed::MetricShift {
            series: key.clone(),
            direction: if up { Direction::Up } else { Direction::Down },
            before: rounded(alarm.threshold),
            after: rounded(typical),
            peak: rounded(peak),
            score: 0.0,
            until: None,
        },
        text: Text::new(),
    };
    Some(Breach {
        observation: (observation, typical),
        threshold: alarm.threshold,
    })
}

/// Six significant digits: more than any sensor has, fewer than floating-point noise.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let digits = 5 - value.abs().log10().floor() as i32;
    let factor = 10_f64.powi(digits);
    (value * factor).round() / factor
}
