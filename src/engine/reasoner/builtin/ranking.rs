//! Whose excess is it? The ranking over the graph, as observations.

use std::collections::BTreeMap;

use super::{
    facts::Facts,
    kind::{self, MetricKind},
    look,
};
use crate::{
    analysis::{
        rank::{self, Method, NodeData, Question, Ranking},
        shift,
    },
    engine::{observe::Seen, state::State, wording},
    journal::Body,
    model::{Evidence, Observation, Observed, Origin, Point, Query, ResourceId, Series, SeriesKey, Text},
};

/// Shares told: the causes of one symptom are few.
const TOLD: usize = 5;

/// True when the ranking has been recorded for the plan at hand.
pub fn was_asked(state: &State) -> bool {
    let entries = state.view.entries.values().rev();
    entries
        .take_while(|entry| !matches!(entry.body, Some(Body::Plan(_))))
        .any(|entry| match &entry.body {
            Some(Body::Observation(observed)) => {
                matches!(
                    observed.observation.fact,
                    Observed::FaultTest { .. } | Observed::Standout { .. }
                )
            }
            _ => false,
        })
}

/// Own shares of the symptom's excess, and whether it is a fault at all: where requests are counted and the symptom's unit
/// adds up along calls. Nothing otherwise.
pub fn observe(facts: &Facts<'_>) -> Vec<Seen> {
    let Some((ranking, symptom)) = ranked(facts) else {
        return Vec::new();
    };
    let evidence = answers(facts);
    let seen = |observation| Seen {
        observation,
        evidence: evidence.clone(),
    };
    let (Method::Excess(_), Some(faulty)) = (&ranking.method, ranking.faulty) else {
        return standout(facts, &ranking).map(seen).into_iter().collect();
    };
    let window = (
        facts.plan.window.from.as_second(),
        facts.plan.window.to.as_second(),
    );
    let now: Vec<Point> = symptom.within(&facts.plan.window).to_vec();
    let coverage = wording::rounded(shift::coverage(&now, window, symptom.key.period));
    let name = |id: &ResourceId| facts.state.known.resource(id).name;
    let subject = symptom.key.resource.clone();
    let subject_name = subject.as_ref().map(name).unwrap_or_default();
    let first = |id: &ResourceId| {
        ranking
            .candidates
            .iter()
            .find(|one| one.resource == *id)
            .and_then(|one| one.onset)
    };
    let onset = subject.as_ref().and_then(first);
    let mut all = vec![seen(Observation {
        resource: subject,
        origin: Origin::Metrics,
        at: onset.and_then(|(at, _)| jiff::Timestamp::from_second(at).ok()),
        error: onset.map_or(symptom.key.period, |(_, error)| error.max(symptom.key.period)),
        strength: 1.0,
        notable: true,
        text: Text::new()
            .ext(symptom.key.metric.clone())
            .own(" of ")
            .ext(subject_name)
            .own(if faulty {
                " is beyond what its own history does by itself"
            } else {
                " is within what its own history does by itself"
            }),
        fact: Observed::FaultTest { faulty, coverage },
    })];
    if faulty {
        let own = ranking
            .candidates
            .iter()
            .filter_map(|one| Some((one, one.own_share?)));
        for (candidate, share) in own
            .filter(|(one, share)| one.significant && *share > 0.0)
            .take(TOLD)
        {
            let percent = wording::number((share * 100.0).min(100.0).round());
            all.push(seen(Observation {
                resource: Some(candidate.resource.clone()),
                origin: Origin::Relations,
                at: None,
                error: symptom.key.period,
                strength: wording::rounded(share.clamp(0.0, 1.0)),
                notable: share >= 0.5,
                text: Text::from(format!("{percent} % of the excess in "))
                    .ext(symptom.key.metric.clone())
                    .own(" is ")
                    .ext(name(&candidate.resource))
                    .own("'s own, what it calls subtracted"),
                fact: Observed::Excess {
                    own_share: wording::rounded(share),
                    significant: candidate.significant,
                },
            }));
        }
    }
    all
}

/// The resource that departs most by itself, and how far the next one stays behind.
fn standout(facts: &Facts<'_>, ranking: &Ranking) -> Option<Observation> {
    let first = ranking.candidates.first().filter(|first| first.score > 0.0)?;
    let next = ranking.candidates.get(1).map_or(0.0, |next| next.score);
    let metric = first.metric.as_ref()?;
    // On the subject itself errors and delays are the symptom over again: they say nothing of its cause.
    let is_symptom = facts.plan.subjects.contains(&first.resource)
        && !matches!(
            kind::of(&metric.metric),
            MetricKind::Saturation | MetricKind::Other
        );
    if is_symptom {
        return None;
    }
    let known = ranking.method == Method::Anomaly;
    let name = facts.state.known.resource(&first.resource).name;
    Some(Observation {
        resource: Some(first.resource.clone()),
        // Without relations it is metrics alone that say so.
        origin: if known { Origin::Relations } else { Origin::Metrics },
        at: first
            .onset
            .and_then(|(at, _)| jiff::Timestamp::from_second(at).ok()),
        error: first
            .onset
            .map_or(metric.period, |(_, error)| error.max(metric.period)),
        strength: wording::rounded(first.score),
        notable: false,
        text: Text::from("of all that departs from its usual level ")
            .ext(name)
            .own(" departs most by itself (")
            .ext(metric.metric.clone())
            .own(")"),
        fact: Observed::Standout {
            score: wording::rounded(first.score),
            next: wording::rounded(next),
        },
    })
}

/// Every ranked resource with its score, 0 to 1.
pub fn scores(facts: &Facts<'_>) -> BTreeMap<ResourceId, f64> {
    let candidates = ranked(facts)
        .map(|(ranking, _)| ranking.candidates)
        .unwrap_or_default();
    candidates
        .into_iter()
        .map(|one| (one.resource, one.score))
        .collect()
}

fn ranked(facts: &Facts<'_>) -> Option<(Ranking, Series)> {
    let symptom = facts.symptom_series.as_ref()?;
    let series = merged(facts);
    let symptom = series
        .iter()
        .find(|series| look::is_same(&series.key, symptom))?
        .clone();
    let subject = symptom.key.resource.clone()?;
    let nodes: Vec<NodeData> = facts
        .plan
        .resources
        .iter()
        .map(|id| NodeData {
            id: id.clone(),
            kind: facts.state.known.resource(id).kind,
            series: series
                .iter()
                .filter(|series| series.key.resource.as_ref() == Some(id))
                .cloned()
                .collect(),
        })
        .collect();
    let ranking = rank::rank(&Question {
        subject: &subject,
        symptom: &symptom,
        nodes: &nodes,
        relations: &facts.state.known.relations,
        window: facts.plan.window,
        baseline: Some(facts.plan.baseline),
        incident_at: facts.plan.at,
    });
    Some((ranking, symptom))
}

/// Every series that was read, window and baseline in one.
fn merged(facts: &Facts<'_>) -> Vec<Series> {
    let mut all: BTreeMap<SeriesKey, BTreeMap<i64, f64>> = BTreeMap::new();
    for (_, _, evidence) in facts.state.found(|query| of_plan(facts, query)) {
        if let Evidence::Series(series) = evidence {
            for one in series {
                all.entry(one.key.clone())
                    .or_default()
                    .extend(one.points.iter().copied());
            }
        }
    }
    let series = all.into_iter().map(|(key, points)| Series {
        key,
        points: points.into_iter().collect(),
    });
    series.collect()
}

fn answers(facts: &Facts<'_>) -> Vec<u64> {
    facts
        .state
        .found(|query| of_plan(facts, query))
        .map(|(answer, _, _)| answer)
        .collect()
}

fn of_plan(facts: &Facts<'_>, query: &Query) -> bool {
    matches!(query, Query::Metrics { window, .. } if *window == facts.plan.window || *window == facts.plan.baseline)
}
