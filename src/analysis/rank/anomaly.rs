//! How abnormal a resource is, and how much of that is its own.
//!
//! For symptoms whose unit does not add up along calls, and for resources without counted requests. Every part is bounded,
//! so that no single huge score decides: the strength of the strongest departure, by kind of metric; what a resource it
//! depends on explains; what came first; how its course goes with the symptom's. Failures and delays are inherited from
//! callees, traffic from callers, fullness from nobody.
//!
//! Source of the idea of own versus inherited: Lin et al., "Microscope: Pinpoint Performance Issues with Causal Graphs in
//! Micro-service Environments", ICSOC 2018; of bounded effects: Pham et al., "BARO", FSE 2024.

use std::collections::BTreeMap;

use super::{
    NodeData, Question,
    graph::Graph,
    kind::{self, Kind},
};
use crate::{
    analysis::{
        score::rank_correlation,
        shift::{Level, Reading, Scale, event_metric, read},
        timeline::{Moment, Order, order},
    },
    model::{Direction, Point, Series, SeriesKey, Window},
};

/// What is left of an anomaly that something else explains in full.
const INHERITED: f64 = 0.2;
/// What is left of a departure in the harmless direction (errors that fall).
const HARMLESS: f64 = 0.3;
/// What is left of a departure that comes after the symptom's.
const TOO_LATE: f64 = 0.4;
/// How much a series that stops counts.
const SILENCE: f64 = 0.4;
/// What is left of a resource that the subject does not depend on, where the graph is known.
const OUT_OF_REACH: f64 = 0.3;
/// A remote is what a caller saw of something out of sight: where a known resource is as abnormal, that one is meant.
const REMOTE: f64 = 0.8;
/// A client only suffers.
const CLIENT: f64 = 0.1;

/// What came of one node.
#[derive(Debug, Clone, Default)]
pub(super) struct Weighed {
    /// 0 to 1, for the order.
    pub score: f64,
    /// How abnormal: 0 to 1.
    pub anomaly: f64,
    /// First departure and its error in seconds.
    pub onset: Option<(i64, u32)>,
    /// The metric that departs most.
    pub metric: Option<SeriesKey>,
    /// What explains it.
    pub inherited_from: Option<usize>,
}

/// One departure.
#[derive(Debug, Clone)]
struct Departure<'a> {
    kind: Kind,
    /// Strength by kind of metric: 0 to 1.
    plain: f64,
    /// The same, by how closely its course goes with the symptom's: what does not move with it explains little.
    weight: f64,
    direction: Direction,
    onset: Moment,
    series: &'a Series,
}

/// Weighs every node of the graph.
pub(super) fn weigh(
    question: &Question<'_>,
    graph: &Graph,
    data: &[Option<&NodeData>],
    subject: usize,
    reach: &BTreeMap<usize, u32>,
) -> Vec<Weighed> {
    let known = reach.len() > 1;
    let departures: Vec<Vec<Departure<'_>>> = (0..graph.len())
        .map(|number| {
            let series = data
                .get(number)
                .copied()
                .flatten()
                .map_or(&[][..], |node| &node.series);
            let mut found: Vec<Departure<'_>> =
                series.iter().filter_map(|s| departure(question, s)).collect();
            for departure in &mut found {
                let together = if number == subject {
                    1.0
                } else {
                    correlation(question, departure)
                };
                departure.weight *= if known {
                    0.5 + 0.5 * together
                } else {
                    0.2 + 0.8 * together
                };
            }
            found.sort_by(|a, b| {
                b.weight
                    .total_cmp(&a.weight)
                    .then_with(|| a.series.key.cmp(&b.series.key))
            });
            found
        })
        .collect();
    let symptom = departure(question, question.symptom).map(|d| d.onset);
    (0..graph.len())
        .map(|number| {
            let Some(strongest) = departures[number].first() else {
                return Weighed::default();
            };
            let (own, inherited_from) = own(graph, &departures, number);
            // The first of the departures that are nearly as plain as the strongest.
            let onset = departures[number]
                .iter()
                .filter(|d| d.weight >= 0.5 * strongest.weight)
                .map(|d| d.onset)
                .min_by_key(|onset| (onset.at, onset.error_s))
                .unwrap_or(strongest.onset);
            let late =
                number != subject && symptom.is_some_and(|symptom| order(onset, symptom) == Order::After);
            let kind = data
                .get(number)
                .copied()
                .flatten()
                .map_or("", |node| node.kind.as_str());
            let sight = match kind {
                "client" if number != subject => CLIENT,
                "remote" if number != subject => REMOTE,
                _ => 1.0,
            };
            let score = own
                * sight
                * if late { TOO_LATE } else { 1.0 }
                * if known && !reach.contains_key(&number) {
                    OUT_OF_REACH
                } else {
                    1.0
                };
            Weighed {
                score: score.clamp(0.0, 1.0),
                anomaly: departures[number].iter().map(|d| d.plain).fold(0.0, f64::max),
                onset: Some((onset.at, onset.error_s)),
                metric: Some(strongest.series.key.clone()),
                inherited_from,
            }
        })
        .collect()
}

/// The part of a node's anomaly that nothing else explains, and what explains most of the rest.
fn own(graph: &Graph, departures: &[Vec<Departure<'_>>], number: usize) -> (f64, Option<usize>) {
    let mut best: (f64, Option<usize>) = (0.0, None);
    for departure in &departures[number] {
        let explained = match departure.kind {
            Kind::Failing | Kind::Slow => strongest_of(departures, graph.callees(number), |theirs| {
                theirs.kind != Kind::Traffic && order(theirs.onset, departure.onset) != Order::After
            }),
            Kind::Traffic => strongest_of(departures, graph.callers(number), |theirs| {
                theirs.kind == Kind::Traffic
                    && theirs.direction == departure.direction
                    && order(theirs.onset, departure.onset) != Order::After
            }),
            Kind::Full | Kind::Other => None,
        };
        let share = explained.map_or(0.0, |(weight, _)| (weight / departure.weight).min(1.0));
        let left = departure.weight * (1.0 - (1.0 - INHERITED) * share);
        if left > best.0 {
            best = (left, explained.filter(|_| share >= 0.5).map(|(_, node)| node));
        }
    }
    best
}

/// The strongest fitting departure among some nodes; of equals that of the node first in order.
fn strongest_of(
    departures: &[Vec<Departure<'_>>],
    nodes: impl Iterator<Item = usize>,
    fits: impl Fn(&Departure<'_>) -> bool,
) -> Option<(f64, usize)> {
    let mut best: Option<(f64, usize)> = None;
    for node in nodes {
        let theirs = departures
            .get(node)
            .and_then(|found| found.iter().find(|d| fits(d)));
        if let Some(theirs) = theirs.filter(|d| best.is_none_or(|(weight, _)| d.weight > weight)) {
            best = Some((theirs.weight, node));
        }
    }
    best
}

fn stretch(series: &Series, window: Option<Window>) -> &[Point] {
    window.map_or(&[], |window| series.within(&window))
}

/// How a series departs from its usual level, if it does.
fn departure<'a>(question: &Question<'_>, series: &'a Series) -> Option<Departure<'a>> {
    let (kind, worse) = kind::of(&series.key);
    let level = read(&Reading {
        usual: stretch(series, question.baseline),
        now: stretch(series, Some(question.window)),
        period_s: series.key.period,
        window: Some((question.window.from.as_second(), question.window.to.as_second())),
        absent_is_zero: event_metric(&series.key.metric),
        scale: Some(Scale::of(&series.key)),
    });
    let told = |kind, plain, direction, onset| Departure {
        kind,
        plain,
        weight: plain,
        direction,
        onset,
        series,
    };
    match level {
        Level::Shifted(shift) => {
            let harm = if worse.is_none_or(|worse| worse == shift.direction) {
                1.0
            } else {
                HARMLESS
            };
            let onset = Moment {
                at: shift.onset,
                error_s: shift.error_s,
            };
            Some(told(
                kind,
                kind.weight() * shift.strength * harm,
                shift.direction,
                onset,
            ))
        }
        // Silence is a signal of its own, though a weaker one: many metrics stop when nothing happens.
        Level::Missing {
            stopped: true,
            since: Some(since),
        } => {
            let onset = Moment {
                at: since,
                error_s: series.key.period,
            };
            Some(told(Kind::Other, SILENCE, Direction::Down, onset))
        }
        _ => None,
    }
}

/// How closely a departure goes with the symptom in the window: 0 to 1, a half where too few points tell.
fn correlation(question: &Question<'_>, departure: &Departure<'_>) -> f64 {
    let period = i64::from(
        question
            .symptom
            .key
            .period
            .max(departure.series.key.period)
            .max(1),
    );
    let from = question.window.from.as_second();
    let slots = |series: &Series| -> BTreeMap<i64, f64> {
        let mut slots: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
        for (at, value) in series.within(&question.window) {
            let slot = slots.entry((at - from).div_euclid(period)).or_insert((0.0, 0.0));
            *slot = (slot.0 + value, slot.1 + 1.0);
        }
        slots
            .into_iter()
            .map(|(slot, (sum, count))| (slot, sum / count))
            .collect()
    };
    let symptom = slots(question.symptom);
    let other = slots(departure.series);
    let zero = event_metric(&departure.series.key.metric).then_some(0.0);
    let pairs: Vec<(f64, f64)> = symptom
        .iter()
        .filter_map(|(slot, y)| Some((*y, other.get(slot).copied().or(zero)?)))
        .collect();
    if pairs.len() < 5 {
        return 0.5;
    }
    rank_correlation(&pairs).map_or(0.0, f64::abs)
}
