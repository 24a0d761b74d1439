//! Look: which questions to ask next, cheapest and most telling first.
//!
//! In rounds, so that a small budget goes to what tells most: what there is to see of the subjects; their metrics, which say
//! when it began, changes and service events, their logs and configuration; what there is to see around them; the metrics of
//! that; logs and configuration of those neighbours that turned out to be conspicuous.

use jiff::SignedDuration;

use super::kind::{self, MetricKind};
use crate::{
    engine::{state::State, step::Question},
    journal::body::Plan,
    model::{Evidence, Observed, Origin, Query, Resource, ResourceId, SeriesKey, Window},
};

/// Neighbours of which logs and configuration are read: more cost minutes and hardly ever name another cause.
const CONSPICUOUS: usize = 6;
/// Resources whose services are asked one by one, a few calls each: the nearest.
const SPEAKERS: usize = 8;
/// Lines read of one writer: ten times what a busy function writes in an hour at one line a second is out of reach of
/// FilterLogEvents within a minute, and 5,000 hold every burst that matters.
const LINES: u32 = 5_000;
/// Changes are read from so long before the window: the time that a slow rollout or a cache takes to bite.
const CHANGES_BEFORE: SignedDuration = SignedDuration::from_hours(3);

/// The next round of questions; empty when there is nothing left to look at.
pub fn questions(state: &State, plan: &Plan) -> Vec<Question> {
    for round in [subjects, read, around, measured, noticed, shown] {
        let unasked: Vec<Question> = round(state, plan)
            .into_iter()
            .filter(|question| !state.was_asked(&question.query))
            .collect();
        if !unasked.is_empty() {
            return unasked;
        }
    }
    Vec::new()
}

fn subjects(state: &State, plan: &Plan) -> Vec<Question> {
    plan.subjects.iter().map(|id| catalogue(state, id)).collect()
}

fn read(state: &State, plan: &Plan) -> Vec<Question> {
    let own = series(state, plan, &plan.subjects);
    let mut questions: Vec<Question> = Vec::new();
    if !own.is_empty() {
        questions.extend(metrics(plan, &own, "the subject"));
    }
    if !state.wishes.skip.contains(&Origin::Changes) {
        questions.push(changes(plan, None, "who changed what"));
    }
    let query = Query::Events {
        resource: None,
        window: plan.window,
    };
    questions.push(Question::new(query, "what services say of themselves"));
    questions.extend(events(state, plan, &plan.subjects));
    for id in &plan.subjects {
        if kind::writes_logs(&state.known.resource(id)) {
            questions.push(logs(state, plan, id, "what the subject says"));
        }
        questions.push(configuration(state, id, "how the subject is set up"));
    }
    questions
}

/// Resources in scope, the subjects apart.
fn others(plan: &Plan) -> Vec<ResourceId> {
    let others = plan.resources.iter().filter(|id| !plan.subjects.contains(id));
    others.cloned().collect()
}

fn around(state: &State, plan: &Plan) -> Vec<Question> {
    others(plan).iter().map(|id| catalogue(state, id)).collect()
}

fn measured(state: &State, plan: &Plan) -> Vec<Question> {
    let others = others(plan);
    let keys = of_resources(state, plan, &others);
    let mut questions = events(state, plan, &others);
    if !keys.is_empty() {
        questions.extend(metrics(plan, &keys, "what stands around it"));
    }
    questions
}

/// What services say of those resources for which they have to be asked one by one. A recording holds it all already.
fn events(state: &State, plan: &Plan, ids: &[ResourceId]) -> Vec<Question> {
    if state.occasion.is_some() {
        return Vec::new();
    }
    ids.iter()
        .filter(|id| kind::speaks_when_asked(&state.known.resource(id)))
        .take(SPEAKERS)
        .map(|id| {
            let query = Query::Events {
                resource: Some(asked_of(state, id)),
                window: plan.window,
            };
            Question::new(query, "what its service says of it")
        })
        .collect()
}

fn noticed(state: &State, plan: &Plan) -> Vec<Question> {
    conspicuous(state, plan)
        .iter()
        .flat_map(|id| {
            let speaks = kind::writes_logs(&state.known.resource(id));
            let logs = speaks.then(|| logs(state, plan, id, "it is conspicuous"));
            logs.into_iter()
                .chain([configuration(state, id, "it is conspicuous")])
        })
        .collect()
}

fn catalogue(state: &State, id: &ResourceId) -> Question {
    let query = Query::Catalogue {
        resource: Some(asked_of(state, id)),
        namespace: None,
        metric: None,
    };
    Question::new(query, "which metrics there are")
}

/// What operators asked to be shown, beyond what is read anyway.
fn shown(state: &State, plan: &Plan) -> Vec<Question> {
    let mut questions = Vec::new();
    for (origin, id) in &state.wishes.show {
        match origin {
            Origin::Logs => questions.push(logs(state, plan, id, "an operator asked")),
            Origin::Configuration => questions.push(configuration(state, id, "an operator asked")),
            Origin::Metrics if !plan.resources.contains(id) => {
                let query = Query::Catalogue {
                    resource: Some(asked_of(state, id)),
                    namespace: None,
                    metric: None,
                };
                questions.push(Question::new(query, "an operator asked"));
                let keys = of_resources(state, plan, std::slice::from_ref(id));
                if !keys.is_empty() {
                    questions.extend(metrics(plan, &keys, "what an operator asked about"));
                }
            }
            _ => {}
        }
    }
    let calls = state.wishes.call.iter().cloned();
    questions.extend(calls.map(|call| Question::new(call, "an operator asked")));
    questions
}

/// Data of series now, and what is usual.
pub fn metrics(plan: &Plan, keys: &[SeriesKey], whose: &str) -> [Question; 2] {
    let ask = |window: Window, why: String| {
        let series = keys.to_vec();
        Question::new(Query::Metrics { series, window }, why)
    };
    [
        ask(plan.window, format!("how {whose} fares")),
        ask(plan.baseline, format!("how {whose} usually fares")),
    ]
}

/// What a resource writes in the window.
pub fn logs(state: &State, plan: &Plan, id: &ResourceId, why: &str) -> Question {
    let query = Query::Logs {
        resource: Some(asked_of(state, id)),
        group: None,
        window: plan.window,
        filter: None,
        limit: LINES,
    };
    Question::new(query, why)
}

/// Who changed what, from some time before the window on.
pub fn changes(plan: &Plan, resource: Option<Resource>, why: &str) -> Question {
    let from = plan
        .window
        .from
        .checked_sub(CHANGES_BEFORE)
        .unwrap_or(plan.window.from);
    let window = Window::new(from, plan.window.to);
    Question::new(Query::Changes { resource, window }, why)
}

/// How a resource is set up.
pub fn configuration(state: &State, id: &ResourceId, why: &str) -> Question {
    let resource = asked_of(state, id);
    Question::new(Query::Configuration { resource }, why)
}

/// A resource as queries name it: without configuration and tags.
pub fn asked_of(state: &State, id: &ResourceId) -> Resource {
    let mut resource = state.known.resource(id);
    resource.config = serde_json::Value::Null;
    resource.tags.clear();
    resource
}

/// Series worth reading: of each metric of each of these resources one statistic (the symptom's own where it has it), in
/// their order; the symptom's series always.
pub fn series(state: &State, plan: &Plan, ids: &[ResourceId]) -> Vec<SeriesKey> {
    let mut chosen = of_resources(state, plan, ids);
    if let Some(symptom) = &plan.series
        && !symptom.namespace.is_empty()
        && !chosen.iter().any(|key| is_same(key, symptom))
    {
        chosen.insert(0, symptom.clone());
    }
    chosen
}

fn of_resources(state: &State, plan: &Plan, ids: &[ResourceId]) -> Vec<SeriesKey> {
    let catalogue: Vec<&SeriesKey> = state
        .found(|query| {
            matches!(
                query,
                Query::Catalogue {
                    resource: Some(_),
                    ..
                }
            )
        })
        .flat_map(|(_, _, evidence)| match evidence {
            Evidence::Catalogue(keys) => keys.as_slice(),
            _ => &[],
        })
        .collect();
    let wanted = plan.series.as_ref().map(|key| key.stat.as_str());
    let mut chosen: Vec<SeriesKey> = Vec::new();
    for id in ids {
        let mut own: Vec<&SeriesKey> = catalogue
            .iter()
            .copied()
            .filter(|key| key.resource.as_ref() == Some(id))
            .collect();
        own.sort_by(|a, b| {
            name(a)
                .cmp(&name(b))
                .then(stat_order(a, wanted).cmp(&stat_order(b, wanted)))
        });
        // Times and shares add up along calls only as averages, whatever statistic the symptom has.
        let averaged = |key: &SeriesKey| {
            key.stat == "Average"
                && matches!(
                    kind::of(&key.metric),
                    MetricKind::Latency | MetricKind::Availability
                )
        };
        own.dedup_by(|later, kept| name(later) == name(kept) && !averaged(later));
        chosen.extend(own.into_iter().cloned());
    }
    chosen
}

fn name(key: &SeriesKey) -> (&str, &str, &std::collections::BTreeMap<String, String>) {
    (&key.namespace, &key.metric, &key.dimensions)
}

fn stat_order(key: &SeriesKey, wanted: Option<&str>) -> (u8, String) {
    let order = match key.stat.as_str() {
        stat if Some(stat) == wanted => 0,
        "Average" => 1,
        "Sum" => 2,
        "Maximum" => 3,
        _ => 4,
    };
    (order, key.stat.clone())
}

/// True when two keys mean the same series; a key without a namespace (from a symptom) matches by resource, metric and
/// statistic.
pub fn is_same(a: &SeriesKey, b: &SeriesKey) -> bool {
    let loose = a.namespace.is_empty() || b.namespace.is_empty();
    a.metric == b.metric
        && a.stat == b.stat
        && a.resource == b.resource
        && (loose || (a.namespace == b.namespace && a.dimensions == b.dimensions))
}

/// Resources in scope, subjects apart, that shifted or were changed; most facts first, then in the order of the scope.
fn conspicuous(state: &State, plan: &Plan) -> Vec<ResourceId> {
    let facts = |id: &ResourceId| {
        state
            .observations()
            .filter(|(_, observed)| observed.observation.resource.as_ref() == Some(id))
            .filter(|(_, observed)| match &observed.observation.fact {
                Observed::MetricShift { .. }
                | Observed::ServiceSaid { .. }
                | Observed::LimitReached { .. } => true,
                Observed::Changed { routine, .. } => !routine,
                _ => false,
            })
            .count()
    };
    let mut counted: Vec<(usize, usize, &ResourceId)> = plan
        .resources
        .iter()
        .enumerate()
        .filter(|(_, id)| !plan.subjects.contains(id))
        // A stack has neither logs nor a configuration of its own: its resources have.
        .filter(|(_, id)| !state.known.resource(id).is_container())
        .map(|(place, id)| (facts(id), place, id))
        .filter(|(count, _, _)| *count > 0)
        .collect();
    counted.sort_by(|(a, x, _), (b, y, _)| b.cmp(a).then(x.cmp(y)));
    counted
        .into_iter()
        .take(CONSPICUOUS)
        .map(|(_, _, id)| id.clone())
        .collect()
}
