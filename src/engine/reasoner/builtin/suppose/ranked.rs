//! Hypotheses that the ranking proposes: where it is, not why.

use super::{
    super::facts::Facts,
    RANKING, Supposed,
    weigh::{Weighing, support},
    words::words,
};
use crate::{
    engine::{template, verdict, wording},
    model::{Category, GapKind, Observation, Observed},
};

/// Own share of the symptom's excess from which the ranking proposes a resource: the half that its fault test asks for.
const OWN_SHARE: f64 = 0.5;

/// How far the first of the ranking must stand clear of the second where nothing but their departures tells them apart:
/// twice the margin between hypotheses, since a departure says less than a pattern.
const STANDS_OUT: f64 = 2.0 * verdict::MARGIN;

/// A resource that owns most of the symptom's excess.
pub(super) fn from_excess(facts: &Facts<'_>) -> Option<Supposed> {
    let excess = |observation: &Observation| match observation.fact {
        Observed::Excess {
            own_share,
            significant,
        } if significant && own_share >= OWN_SHARE => Some(own_share),
        _ => None,
    };
    let (seq, observation, share) = facts
        .observations
        .iter()
        .filter_map(|(seq, observation)| Some((*seq, *observation, excess(observation)?)))
        .max_by(|(x, _, a), (y, _, b)| a.total_cmp(b).then(y.cmp(x)))?;
    let why = format!(
        "{} % of the excess is its own",
        wording::number(share.min(1.0) * 100.0)
    );
    let statement =
        "{resource} itself accounts for most of the excess in the symptom; what it depends on does not";
    ranked(facts, seq, observation, share.min(1.0), why, statement)
}

/// A resource that departs most by itself, where no pattern holds and no other comes near it: it says where, not why.
pub(super) fn from_standout(facts: &Facts<'_>) -> Option<Supposed> {
    let found = facts
        .observations
        .iter()
        .rev()
        .find_map(|(seq, observation)| match observation.fact {
            Observed::Standout { score, next } => Some((*seq, *observation, score, next)),
            _ => None,
        });
    let (seq, observation, score, next) = found?;
    if score - next < STANDS_OUT || is_blind(facts) {
        return None;
    }
    let statement =
        "{resource} departs most from its usual level by itself[: {metric} went from {before} to {after}]";
    let why = "nothing that it depends on explains how it departs".to_owned();
    ranked(facts, seq, observation, score, why, statement)
}

/// True when something in scope was refused, failed or is missing: what departs there, or would say why, may be the answer. A
/// kind of evidence that was never collected of anything (a system with metrics alone) hides nothing in particular.
fn is_blind(facts: &Facts<'_>) -> bool {
    facts.state.view.gaps.values().any(|found| {
        let gap = &found.gap;
        let refused = !matches!(
            gap.kind,
            GapKind::NotCaptured | GapKind::Unsupported | GapKind::Truncated | GapKind::NotFound
        );
        match &gap.resource {
            Some(id) => facts.plan.resources.contains(id),
            None => refused,
        }
    })
}

fn ranked(
    facts: &Facts<'_>,
    seq: u64,
    observation: &Observation,
    score: f64,
    why: String,
    statement: &str,
) -> Option<Supposed> {
    let id = observation.resource.as_ref()?;
    let mut weighing = Weighing {
        gained: score,
        possible: 1.0,
        nearness: 1.0,
        ..Weighing::default()
    };
    weighing.supports.push((support(seq, observation, false), why));
    if let Some((seq, harm)) = facts.harm(id).first() {
        // On the subject itself the reading is the symptom: it shows where, not why, and is cited as such.
        weighing.supports.push((
            support(*seq, harm, false),
            "its own metrics left their usual level".to_owned(),
        ));
    }
    let words = words(facts, id, &weighing.supports);
    let statement = template::sentence(statement, &words);
    let score = weighing.score();
    Some(weighing.into_supposed(
        facts,
        RANKING,
        Category::ComponentFailure,
        id,
        score,
        statement,
        words,
        None,
    ))
}
