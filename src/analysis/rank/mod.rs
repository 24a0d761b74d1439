//! Which resource of a graph explains the symptom.
//!
//! Where the symptom's unit adds up along calls and requests are counted, the ranking asks how much of the excess is each
//! resource's own (`excess`). Everywhere else, and for the resources that the first leaves out, it weighs how abnormal a
//! resource is, whether what it depends on explains that, and what came first (`anomaly`). Names never matter: ids only
//! break ties between equal scores, and equal scores are given equal ranks.

mod anomaly;
mod excess;
mod flow;
mod graph;
mod kind;

use jiff::Timestamp;

pub use flow::{Flow, flow_of};
pub use graph::Graph;

use crate::model::{Relation, ResourceId, Series, SeriesKey, Window};

/// One resource and its metrics. The points of a series may cover the window and the baseline together.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeData {
    /// The resource.
    pub id: ResourceId,
    /// Its type, as [`crate::model::Resource::kind`].
    pub kind: String,
    /// What is measured of it, in any order.
    pub series: Vec<Series>,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The resource that shows the symptom.
    pub subject: &'a ResourceId,
    /// The series that shows it.
    pub symptom: &'a Series,
    /// All resources; the subject among them. The same resource twice is an error of the caller: the first counts.
    pub nodes: &'a [NodeData],
    /// How they act on each other.
    pub relations: &'a [Relation],
    /// The incident's window.
    pub window: Window,
    /// A normal time, anywhere.
    pub baseline: Option<Window>,
    /// When the incident was noticed.
    pub incident_at: Timestamp,
}

/// How the ranking was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By own share of the symptom's excess, in its unit.
    Excess(Flow),
    /// By abnormality, along the graph.
    Anomaly,
    /// By abnormality and correlation: nothing is known of the graph around the subject.
    Correlation,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// How it was made.
    pub method: Method,
    /// Every node, best first.
    pub candidates: Vec<Candidate>,
    /// True when this is a fault, false when it is what the baseline does by itself; none when that cannot be told.
    pub faulty: Option<bool>,
    /// Excess of the symptom per affected period (seconds or failed requests), where it adds up.
    pub excess: Option<f64>,
}

/// One candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The resource.
    pub resource: ResourceId,
    /// Place from 1; equal scores share a place.
    pub rank: u32,
    /// 0 to 1, for the order and the margin between candidates only.
    pub score: f64,
    /// Own share of the symptom's excess (0 to 1 and beyond, negative when callees explain more than all).
    pub own_share: Option<f64>,
    /// Share of the symptom's excess that passes through it.
    pub excess_share: Option<f64>,
    /// True when its excess is significant against its own history.
    pub significant: bool,
    /// How abnormal its metrics are: 0 to 1.
    pub anomaly: f64,
    /// First departure of its metrics, epoch seconds, and how far that may be off, in seconds.
    pub onset: Option<(i64, u32)>,
    /// The metric that departs most.
    pub metric: Option<SeriesKey>,
    /// What it depends on that explains its anomaly, where something does.
    pub inherited_from: Option<ResourceId>,
}

/// Ranks all nodes.
pub fn rank(question: &Question<'_>) -> Ranking {
    let ids = || question.nodes.iter().map(|node| &node.id);
    let graph = Graph::new(ids().chain([question.subject]), question.relations);
    // Nodes in the order of their numbers; those that only a relation names have no data.
    let mut data: Vec<Option<&NodeData>> = vec![None; graph.len()];
    for node in question.nodes {
        if let Some(slot) = graph.number(&node.id).and_then(|number| data.get_mut(number)) {
            slot.get_or_insert(node);
        }
    }
    let subject = graph.number(question.subject).unwrap_or(0);
    let reach = graph.reach(subject);

    let attribution = attribute(
        question,
        &graph,
        &data,
        subject,
        &reach.keys().copied().collect::<Vec<_>>(),
    );
    let anomalies = anomaly::weigh(question, &graph, &data, subject, &reach);

    let method = match (&attribution, reach.len() > 1) {
        (Some((flow, found)), true) if !found.order.is_empty() => Method::Excess(*flow),
        (_, true) => Method::Anomaly,
        _ => Method::Correlation,
    };
    let found = attribution.map(|(_, found)| found);
    let by_excess = matches!(method, Method::Excess(_));
    let mut candidates: Vec<Candidate> = (0..graph.len())
        .filter_map(|number| {
            let weighed = anomalies.get(number)?;
            let place = found
                .as_ref()
                .and_then(|f| f.order.iter().find(|p| p.node == number));
            let excess = place.map(|p| p.excess).or_else(|| {
                found
                    .as_ref()
                    .and_then(|f| f.nodes.get(number).copied().flatten())
            });
            let whole = found.as_ref().map(|f| f.symptom).filter(|x| *x > 0.0);
            let share = |of: f64| whole.map(|whole| of / whole);
            Some(Candidate {
                resource: graph.id(number)?.clone(),
                rank: 0,
                score: match (&found, place) {
                    (Some(found), Some(place)) => placed(place, found.symptom),
                    _ if by_excess => LOWEST * weighed.score,
                    _ => weighed.score,
                },
                own_share: excess.and_then(|e| share(e.own)),
                excess_share: excess.and_then(|e| share(e.total)),
                significant: excess.is_some_and(|e| e.significant),
                anomaly: weighed.anomaly,
                onset: weighed.onset,
                metric: weighed.metric.clone(),
                inherited_from: weighed.inherited_from.and_then(|n| graph.id(n)).cloned(),
            })
        })
        .collect();
    candidates.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.resource.cmp(&b.resource))
    });
    number(&mut candidates);
    Ranking {
        method,
        candidates,
        faulty: found.as_ref().and_then(|f| f.faulty),
        excess: found.map(|f| f.symptom),
    }
}

/// Nodes without a significant excess come after all that have one.
const LOWEST: f64 = 0.1;

/// The score of a place by excess. Four bands keep the order: first list before second, what is one's own before what
/// only passes through.
fn placed(place: &excess::Place, symptom: f64) -> f64 {
    let half = symptom.abs().max(f64::MIN_POSITIVE);
    // Rises with the share, never reaches 1: a half at a quarter of the symptom's excess, 0.8 at all of it.
    let bounded = |x: f64| (x / (x + 0.25 * half)).clamp(0.0, 1.0);
    let excess = place.excess;
    match (place.late, excess.own > 0.0) {
        (false, true) => 0.4 + 0.6 * bounded(excess.own),
        (false, false) => 0.3 + 0.1 * bounded(excess.total),
        (true, true) => 0.2 + 0.1 * bounded(excess.own),
        (true, false) => LOWEST + 0.1 * bounded(excess.total),
    }
}

/// Gives out the places; scores that are equal but for rounding share one.
fn number(candidates: &mut [Candidate]) {
    let mut rank = 0;
    let mut last = f64::INFINITY;
    for (index, candidate) in candidates.iter_mut().enumerate() {
        if last - candidate.score > 1e-12 {
            rank = index as u32 + 1;
            last = candidate.score;
        }
        candidate.rank = rank;
    }
}

/// Reads the flows and attributes the symptom's excess; none where its unit does not add up, requests are not counted,
/// or nothing but the subject can be seen.
fn attribute(
    question: &Question<'_>,
    graph: &Graph,
    data: &[Option<&NodeData>],
    subject: usize,
    reach: &[usize],
) -> Option<(Flow, excess::Attribution)> {
    let flow = flow_of(&question.symptom.key)?;
    let period = i64::from(question.symptom.key.period.max(1));
    let grid = |window: Window| flow::Grid {
        from: window.from.as_second(),
        to: window.to.as_second(),
        period,
    };
    let readers: Vec<Option<flow::Reader<'_>>> = (0..graph.len())
        .map(|number| {
            data.get(number)
                .copied()
                .flatten()
                .and_then(|node| flow::Reader::of(node, flow, "Average"))
        })
        .collect();
    readers.get(subject)?.as_ref()?;
    let seen = reach
        .iter()
        .filter(|n| readers.get(**n).is_some_and(Option::is_some))
        .count();
    if seen < 2 {
        return None;
    }
    let lay = |window: Window| -> Vec<flow::Lane> {
        readers
            .iter()
            .map(|r| r.as_ref().map(|r| r.lane(grid(window))).unwrap_or_default())
            .collect()
    };
    let lanes = excess::Lanes {
        now: lay(question.window),
        usual: question.baseline.map(lay).unwrap_or_default(),
    };
    let since = (question.incident_at.as_second() - question.window.from.as_second()).max(0) / period;
    let found = excess::attribute(graph, &lanes, subject, reach, since as usize, flow)?;
    Some((flow, found))
}

#[cfg(test)]
mod measured;
#[cfg(test)]
mod tests;
