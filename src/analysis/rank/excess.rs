//! How much of the symptom's excess is each resource's own.
//!
//! In the symptom's unit (seconds, failed requests) flows add up along calls, so what a resource adds over its quiet
//! periods, less what its callees add, is its own. The affected periods are compared with the quiet ones of the same
//! window, since a baseline from elsewhere has drifted; it supplies the spread, the rate of failures, and the test for
//! false alarms. A callee that appears only with the fault is its caller's doing.
//!
//! Method: additive attribution along a call graph after robust significance tests, as measured on Hardt et al., "The
//! PetShop Dataset: Finding Causes of Performance Issues across Microservices", CLeaR 2024.

use super::{
    flow::{Cell, Flow, Lane},
    graph::Graph,
};
use crate::analysis::score::{mad, median, poisson_tail, quantile};

/// Standard errors that a duration must be above its quiet periods.
const ERRORS_ABOVE: f64 = 5.0;
/// Chance below which failures are no accident.
const CHANCE: f64 = 1e-5;
/// Fewest points of a baseline of durations.
const HISTORY: usize = 10;
/// Share of the symptom's excess that the first candidate must own for a fault.
const HALF: f64 = 0.5;
/// A node's excess must be above this share of its own history.
const BEYOND: f64 = 0.99;

/// The periods of the window and of the baseline for every node of the graph.
pub(super) struct Lanes {
    /// In the window.
    pub now: Vec<Lane>,
    /// In the baseline; empty without one.
    pub usual: Vec<Lane>,
}

/// Excess of one node over a set of affected periods.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Excess {
    /// Extra seconds, or extra failed requests, per period.
    pub total: f64,
    /// Requests per affected period.
    pub requests: f64,
    /// True when it is no accident by the node's own history.
    pub significant: bool,
    /// What no significant callee explains.
    pub own: f64,
}

/// Which periods are affected, which are quiet.
#[derive(Debug, Clone, Default)]
struct Split {
    affected: Vec<usize>,
    quiet: Vec<usize>,
}

/// Splits by the symptom's middle between its least and its worst.
fn split(symptom: &[Option<Cell>]) -> Option<Split> {
    let values = || symptom.iter().flatten().map(|cell| cell.bad);
    let (low, high) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
    let middle = f64::midpoint(low, high);
    let mut split = Split::default();
    for (slot, cell) in symptom.iter().enumerate() {
        match cell {
            Some(cell) if cell.bad >= middle => split.affected.push(slot),
            _ => split.quiet.push(slot),
        }
    }
    Some(split)
}

/// Request-weighted mean over some periods, and all their requests; none without requests.
fn weighted(lane: &[Option<Cell>], slots: &[usize]) -> Option<(f64, f64)> {
    let (mut sum, mut requests) = (0.0, 0.0);
    for cell in slots.iter().filter_map(|slot| lane.get(*slot)?.as_ref()) {
        sum += cell.bad * cell.requests;
        requests += cell.requests;
    }
    (requests > 0.0).then(|| (sum / requests, requests))
}

fn filled(lane: &[Option<Cell>], slots: &[usize]) -> usize {
    slots
        .iter()
        .filter(|slot| lane.get(**slot).is_some_and(Option::is_some))
        .count()
}

/// What the baseline says of one node, computed once.
#[derive(Debug, Clone, Copy, Default)]
struct History {
    points: usize,
    median: Option<f64>,
    spread: f64,
    failures: f64,
    requests: f64,
}

impl History {
    fn of(usual: &[Option<Cell>]) -> Self {
        let values: Vec<f64> = usual.iter().flatten().map(|cell| cell.bad).collect();
        let median = median(&values);
        Self {
            points: values.len(),
            median,
            // A twentieth of the level is the least that any service varies.
            spread: mad(&values).unwrap_or(0.0).max(0.05 * median.unwrap_or(0.0)),
            failures: usual.iter().flatten().map(|cell| cell.bad * cell.requests).sum(),
            requests: usual.iter().flatten().map(|cell| cell.requests).sum(),
        }
    }
}

/// Excess of one node; none when it has no requests in the affected periods, or no history at all ("new").
fn excess(lane: &[Option<Cell>], history: &History, split: &Split, flow: Flow) -> Option<Excess> {
    let (bad, requests) = weighted(lane, &split.affected)?;
    let quiet = weighted(lane, &split.quiet);
    let reference = quiet.map(|(mean, _)| mean).or(history.median)?;
    let points = filled(lane, &split.affected).max(1);
    let per_period = requests / points as f64;
    let total = per_period * (bad - reference);
    let significant = total > 0.0
        && match flow {
            Flow::Seconds => {
                let error = history.spread
                    * (1.0 / points as f64 + 1.0 / filled(lane, &split.quiet).max(1) as f64).sqrt();
                history.points >= HISTORY && bad - reference >= ERRORS_ABOVE * error
            }
            Flow::Failures => {
                let rate = (history.failures + 0.5) / (history.requests + 1.0);
                poisson_tail(rate * requests, (bad * requests).round()) <= CHANCE
            }
        };
    Some(Excess {
        total,
        requests: per_period,
        significant,
        own: total,
    })
}

/// The excess of every node over the given affected periods.
fn all(
    graph: &Graph,
    lanes: &Lanes,
    histories: &[History],
    split: &Split,
    flow: Flow,
) -> Vec<Option<Excess>> {
    let found: Vec<Option<Excess>> = (0..graph.len())
        .map(|node| excess(lanes.now.get(node)?, histories.get(node)?, split, flow))
        .collect();
    let own = |node: usize, mine: &Excess| {
        let inherited: f64 = graph
            .callees(node)
            .filter_map(|callee| {
                let theirs = found[callee].filter(|e| e.significant)?;
                let calls: f64 = graph
                    .callers(callee)
                    .filter_map(|caller| Some(found[caller]?.requests))
                    .sum();
                (calls > 0.0).then(|| theirs.total * mine.requests / calls)
            })
            .sum();
        mine.total - inherited
    };
    found
        .iter()
        .enumerate()
        .map(|(node, mine)| {
            let mine = (*mine)?;
            Some(Excess {
                own: own(node, &mine),
                ..mine
            })
        })
        .collect()
}

/// What the excess says.
#[derive(Debug, Clone, Default)]
pub(super) struct Attribution {
    /// Excess of the symptom per affected period, in its unit.
    pub symptom: f64,
    /// Excess of every node over the affected periods.
    pub nodes: Vec<Option<Excess>>,
    /// Significant nodes, best first; those of the second list follow those of the first.
    pub order: Vec<Place>,
    /// True when it is a fault; none without a baseline that could tell.
    pub faulty: Option<bool>,
}

/// A place in the order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// The node.
    pub node: usize,
    /// What it was placed by.
    pub excess: Excess,
    /// True when only the periods since the incident's start show it.
    pub late: bool,
}

/// Attributes the excess of `symptom` among the nodes in `reach`.
///
/// `since` is the first period of the window that ends after the incident's start.
pub(super) fn attribute(
    graph: &Graph,
    lanes: &Lanes,
    symptom: usize,
    reach: &[usize],
    since: usize,
    flow: Flow,
) -> Option<Attribution> {
    let lane = lanes.now.get(symptom)?;
    let affected = split(lane)?;
    let histories: Vec<History> = (0..graph.len())
        .map(|n| lanes.usual.get(n).map(|l| History::of(l)).unwrap_or_default())
        .collect();
    let nodes = all(graph, lanes, &histories, &affected, flow);
    let of_symptom = nodes.get(symptom).copied().flatten().unwrap_or_default();
    let mut order = ranked(graph, reach, &nodes, false);

    // Where the symptom has several causes, one of them may not move it enough to be seen in its worst periods.
    let late = Split {
        affected: (since..lane.len()).collect(),
        quiet: (0..since.min(lane.len())).collect(),
    };
    for place in ranked(graph, reach, &all(graph, lanes, &histories, &late, flow), true) {
        if order.iter().all(|known| known.node != place.node) {
            order.push(place);
        }
    }

    let faulty = faulty(lanes, &histories, symptom, &of_symptom, order.first(), flow);
    Some(Attribution {
        symptom: of_symptom.total,
        nodes,
        order,
        faulty,
    })
}

/// Significant nodes by what is their own, then by their excess, then by id (the number follows the id).
fn ranked(graph: &Graph, reach: &[usize], nodes: &[Option<Excess>], late: bool) -> Vec<Place> {
    debug_assert!(nodes.len() == graph.len());
    let mut order: Vec<Place> = reach
        .iter()
        .filter_map(|node| {
            let excess = nodes.get(*node).copied().flatten().filter(|e| e.significant)?;
            Some(Place {
                node: *node,
                excess,
                late,
            })
        })
        .collect();
    order.sort_by(|a, b| {
        let own = |place: &Place| place.excess.own.max(0.0);
        own(b)
            .total_cmp(&own(a))
            .then(b.excess.total.total_cmp(&a.excess.total))
            .then(a.node.cmp(&b.node))
    });
    order
}

/// A fault: the first candidate owns at least half of the symptom's excess, and its excess is beyond what sliding
/// windows of the baseline give for it.
fn faulty(
    lanes: &Lanes,
    histories: &[History],
    symptom: usize,
    of_symptom: &Excess,
    top: Option<&Place>,
    flow: Flow,
) -> Option<bool> {
    let usual = lanes.usual.get(symptom)?;
    let length = lanes.now.get(symptom)?.len().max(1);
    if usual.iter().flatten().count() < 2 * length.max(HISTORY) {
        return None;
    }
    let Some(top) = top else {
        return Some(false);
    };
    if of_symptom.total <= 0.0 || top.excess.own < HALF * of_symptom.total {
        return Some(false);
    }
    let theirs = lanes.usual.get(top.node)?;
    let history = histories.get(top.node)?;
    let past: Vec<f64> = (0..=usual.len() - length.min(usual.len()))
        .filter_map(|start| {
            let window = usual.get(start..start + length)?;
            // A window that is mostly gap says nothing.
            if window.iter().flatten().count() * 2 < length {
                return None;
            }
            let split = split(window)?;
            Some(excess(theirs.get(start..start + length)?, history, &split, flow)?.total)
        })
        .collect();
    let bound = quantile(&past, BEYOND)?;
    Some(top.excess.total > bound)
}
