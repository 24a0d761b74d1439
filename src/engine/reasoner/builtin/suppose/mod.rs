//! Suppose: patterns and the ranking propose hypotheses, bound to resources, and say how each stands.
//!
//! [`weigh`] adds up what speaks for one, [`reach`] says where its resource stands, [`ranked`] proposes by the ranking, and
//! [`words`] fills its sentences.

mod ranked;
mod reach;
mod weigh;
mod words;

use std::collections::BTreeSet;

use self::{
    ranked::{from_excess, from_standout},
    reach::{callers, nearness},
    weigh::Weighing,
    words::words,
};
use super::facts::{Facts, Outcome};
use crate::{
    engine::{
        pattern::{Condition, Fact, Library, Pattern},
        template::{self, Words},
        verdict::Contender,
        wording,
    },
    model::{Hypothesis, HypothesisState, Observation, Observed, Origin, ResourceId},
};

/// The pattern name of hypotheses that the ranking proposes.
pub const RANKING: &str = "ranking";
/// What a cause further down that is certain takes off a hypothesis about what it reaches: enough that of two as plain the
/// deeper one stands clear, too little for a doubtful one to hide a plain one.
const INHERITED: f64 = 0.3;

/// A hypothesis with everything that the verdict and the plan need of it.
#[derive(Debug, Clone)]
pub struct Supposed {
    /// The hypothesis, as the journal keeps it.
    pub hypothesis: Hypothesis,
    /// As the verdict sees it.
    pub contender: Contender,
    /// The observation that rules it out, with the reason.
    pub ruled_out: Option<(u64, String)>,
    /// What its templates may say.
    pub words: Words,
    /// Conditions that nobody looked at.
    pub open: Vec<Open>,
    /// What its score would be if all that nobody looked at were found to support it.
    pub best_case: f64,
}

/// A condition that nobody looked at.
#[derive(Debug, Clone)]
pub struct Open {
    /// What would be seen.
    pub says: String,
    /// The condition.
    pub condition: Condition,
    /// How much of the score hangs on it: 0 to 1.
    pub stake: f64,
}

/// All hypotheses, best first; equal scores in order of id.
pub fn hypotheses(facts: &Facts<'_>, library: &Library) -> Vec<Supposed> {
    let mut all: Vec<Supposed> = Vec::new();
    for id in &facts.plan.resources {
        let kind = facts.state.known.resource(id).kind;
        for pattern in library.all().iter().filter(|pattern| pattern.fits(&kind)) {
            all.extend(supposed(facts, pattern, id));
        }
    }
    all.extend(from_excess(facts));
    inherit(facts, &mut all);
    let stands = |one: &Supposed| one.hypothesis.state == HypothesisState::Supported;
    if !all.iter().any(stands) {
        all.extend(from_standout(facts));
    }
    all.sort_by(|a, b| {
        let (x, y) = (&a.hypothesis, &b.hypothesis);
        y.score
            .total_cmp(&x.score)
            .then_with(|| weight_of(b).cmp(&weight_of(a)))
            .then_with(|| x.id.cmp(&y.id))
    });
    all
}

/// Takes off what something deeper explains: where a hypothesis on a resource stands whose failure reaches another one, and
/// not the other way round, the other one may only suffer from it.
fn inherit(facts: &Facts<'_>, all: &mut [Supposed]) {
    let standing: Vec<(ResourceId, f64, BTreeSet<ResourceId>)> = all
        .iter()
        .filter(|one| one.hypothesis.state == HypothesisState::Supported && is_own(facts, one))
        .map(|one| {
            let home = one.hypothesis.resource.clone();
            let reached = callers(facts, &home);
            (home, one.hypothesis.score, reached)
        })
        .collect();
    for one in all.iter_mut() {
        let home = &one.hypothesis.resource;
        let below = standing.iter().filter(|(deeper, _, reached)| {
            let turned_round = standing
                .iter()
                .any(|(known, _, back)| known == home && back.contains(deeper));
            reached.contains(home) && !turned_round
        });
        let explained = below.map(|(_, score, _)| *score).fold(0.0, f64::max);
        if explained > 0.0 {
            let score = wording::rounded(one.hypothesis.score * (1.0 - INHERITED * explained));
            one.hypothesis.score = score;
            one.contender.score = score;
            one.best_case *= 1.0 - INHERITED * explained;
        }
    }
}

/// True when something that decides (not a metric alone) was seen on the blamed resource itself or names it, or it stands at
/// a limit.
fn is_own(facts: &Facts<'_>, one: &Supposed) -> bool {
    let home = &one.hypothesis.resource;
    let resource = facts.state.known.resource(home);
    one.contender.supports.iter().any(|support| {
        let decides = support.conclusive || !matches!(support.origin, Origin::Metrics | Origin::Relations);
        let observation = facts.observations.iter().find(|(seq, _)| *seq == support.seq);
        decides
            && observation.is_some_and(|(_, observation)| {
                observation.resource.as_ref() == Some(home) || Condition::is_named_in(&resource, observation)
            })
    })
}

/// Of equal scores the one that rests on a conclusive observation comes first, then the one that rests on more.
fn weight_of(one: &Supposed) -> (bool, usize) {
    let supports = &one.contender.supports;
    (supports.iter().any(|support| support.conclusive), supports.len())
}

fn supposed(facts: &Facts<'_>, pattern: &Pattern, id: &ResourceId) -> Option<Supposed> {
    let proposed = pattern
        .when
        .iter()
        .any(|condition| matches!(facts.judge(condition, id, true), Outcome::Met(_)));
    if !proposed {
        return None;
    }
    let mut weighing = Weighing::default();
    let mut ruled_out = None;
    for condition in &pattern.requires {
        match facts.judge(condition, id, true) {
            Outcome::Met(met) => weighing.met(facts, condition, met),
            Outcome::Absent => {
                let by = absent_record(facts, condition, id);
                ruled_out = ruled_out.or(Some((by, format!("not seen: {}", condition.says))));
            }
            Outcome::Nothing => weighing.nothing(condition),
            // What must be so and nobody saw counts in full: a deployment that may have been is none.
            Outcome::Unlooked => weighing.unseen(condition),
        }
    }
    for condition in &pattern.supports {
        match facts.judge(condition, id, false) {
            Outcome::Met(met) => weighing.met(facts, condition, met),
            Outcome::Absent => weighing.absent(condition),
            Outcome::Nothing => weighing.nothing(condition),
            Outcome::Unlooked => weighing.unlooked(condition),
        }
    }
    for condition in &pattern.refutes {
        match facts.judge(condition, id, true) {
            Outcome::Met(met) => ruled_out = ruled_out.or(Some((met.seq, condition.says.clone()))),
            Outcome::Unlooked => {
                weighing.open.push(Open {
                    says: condition.says.clone(),
                    condition: condition.clone(),
                    stake: 1.0,
                });
                weighing.unrefuted += 1;
            }
            Outcome::Absent | Outcome::Nothing => {}
        }
    }
    weighing.nearness = nearness(facts, id);
    let score = weighing.score();
    let words = words(facts, id, &weighing.supports);
    let statement = template::sentence(&pattern.statement, &words);
    Some(weighing.into_supposed(
        facts,
        &pattern.id,
        pattern.category,
        id,
        score,
        statement,
        words,
        ruled_out,
    ))
}

/// The record that shows that something is absent: the reading of the resource that is nearest to the condition.
fn absent_record(facts: &Facts<'_>, condition: &Condition, home: &ResourceId) -> u64 {
    let place = facts.place(home, condition.on);
    let readings = || {
        facts
            .observations
            .iter()
            .filter(|(_, observation)| observation.resource.as_ref().is_some_and(|id| place.contains(id)))
    };
    let fits = |observation: &Observation| match (condition.fact, &observation.fact) {
        (Fact::Changed, Observed::NoChange) | (Fact::LogBurst, Observed::LogQuiet { .. }) => 2,
        (Fact::Changed, Observed::Changed { .. }) | (Fact::LogBurst, Observed::LogBurst { .. }) => 1,
        (_, Observed::MetricNormal { series, .. }) if condition.metric.contains(&series.metric) => 2,
        (Fact::MetricShift | Fact::MetricStopped | Fact::LimitReached, Observed::MetricShift { .. })
        | (Fact::ServiceSaid, Observed::ServiceSaid { .. }) => 1,
        _ => 0,
    };
    let of_scope = facts
        .observations
        .iter()
        .filter(|(_, observation)| observation.resource.is_none());
    let best = readings()
        .chain(of_scope)
        .map(|(seq, observation)| (fits(observation), std::cmp::Reverse(*seq)))
        .filter(|(fit, _)| *fit > 0)
        .max();
    best.map_or_else(|| facts.symptom_record.unwrap_or_default(), |(_, seq)| seq.0)
}
