//! Adding up what speaks for a hypothesis, and what is missing.

use super::{
    super::facts::{Facts, Met},
    Open, Supposed,
    reach::explained,
};
use crate::{
    engine::{
        pattern::Condition,
        template::Words,
        verdict::{self, Contender, Support},
        wording,
    },
    model::{Category, Hypothesis, HypothesisState, Observation, Observed, Origin, ResourceId, Text},
};

/// What a condition that nobody looked at, or for which there is nothing to look at, counts in the sum of weights: half as
/// bad as one that is absent.
const UNLOOKED: f64 = 0.5;

#[derive(Default)]
pub(super) struct Weighing {
    pub(super) supports: Vec<(Support, String)>,
    pub(super) open: Vec<Open>,
    /// How many of them would have refuted it.
    pub(super) unrefuted: usize,
    pub(super) lacking: Vec<String>,
    pub(super) gained: f64,
    pub(super) possible: f64,
    /// How directly the resource stands with the symptom.
    pub(super) nearness: f64,
    /// Weight of what nobody looked at and would support it.
    pub(super) hoped: f64,
    /// The part of it that counts by half in what is possible.
    pub(super) halved: f64,
}

impl Weighing {
    pub(super) fn met(&mut self, facts: &Facts<'_>, condition: &Condition, met: Met) {
        self.gained += condition.weight * met.strength;
        self.possible += condition.weight;
        let observation = facts.observations.iter().find(|(seq, _)| *seq == met.seq);
        let Some((seq, observation)) = observation else {
            return;
        };
        if facts.is_symptom(*seq, observation) {
            return;
        }
        let support = support(*seq, observation, condition.before_symptom);
        if !self.supports.iter().any(|(known, _)| known.seq == *seq) {
            self.supports.push((support, condition.says.clone()));
        }
    }

    pub(super) fn absent(&mut self, condition: &Condition) {
        self.possible += condition.weight;
        self.lacking.push(condition.says.clone());
    }

    pub(super) fn nothing(&mut self, condition: &Condition) {
        self.possible += condition.weight * UNLOOKED;
    }

    pub(super) fn unseen(&mut self, condition: &Condition) {
        self.unlooked(condition);
        self.possible += condition.weight * (1.0 - UNLOOKED);
        self.halved -= condition.weight;
    }

    pub(super) fn unlooked(&mut self, condition: &Condition) {
        self.nothing(condition);
        self.hoped += condition.weight;
        self.halved += condition.weight;
        self.open.push(Open {
            says: condition.says.clone(),
            condition: condition.clone(),
            stake: condition.weight,
        });
    }

    fn best_case(&self) -> f64 {
        let wanted = (self.possible + self.halved * (1.0 - UNLOOKED)).min(1.0);
        if wanted > 0.0 {
            self.nearness * ((self.gained + self.hoped) / wanted).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    pub(super) fn score(&self) -> f64 {
        // Weights beyond one in sum are other ways to the same certainty: not all of them need be seen.
        let wanted = self.possible.min(1.0);
        if wanted > 0.0 {
            self.nearness * (self.gained / wanted).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call site a proposer; a struct would only rename them"
    )]
    pub(super) fn into_supposed(
        self,
        facts: &Facts<'_>,
        pattern: &str,
        category: Category,
        id: &ResourceId,
        score: f64,
        statement: Text,
        words: Words,
        ruled_out: Option<(u64, String)>,
    ) -> Supposed {
        let ignored = facts.state.wishes.ignore.contains(id);
        let score = if ruled_out.is_some() || ignored {
            0.0
        } else {
            wording::rounded(score)
        };
        let best_case = self.best_case();
        let (supports, reasons): (Vec<Support>, Vec<String>) = self.supports.into_iter().unzip();
        let why = reason(ruled_out.as_ref(), ignored, &reasons, &self.lacking);
        let state = match score {
            _ if ruled_out.is_some() => HypothesisState::Refuted,
            _ if ignored => HypothesisState::Inconclusive,
            score if score >= verdict::LEAST_SCORE => HypothesisState::Supported,
            _ => HypothesisState::Inconclusive,
        };
        let name = format!("{pattern}@{}", id.as_str());
        let explains = explained(facts, id);
        Supposed {
            hypothesis: Hypothesis {
                id: name.clone(),
                pattern: pattern.to_owned(),
                resource: id.clone(),
                category,
                state,
                score,
                statement,
                why,
                supports: supports.iter().map(|support| support.seq).collect(),
                refutes: ruled_out.iter().map(|(seq, _)| *seq).collect(),
            },
            contender: Contender {
                id: name,
                resource: id.clone(),
                score,
                supports,
                refuted: ruled_out.is_some() || ignored,
                unlooked: self.open.len(),
                unrefuted: self.unrefuted,
                effect: facts.effect(&explains),
                explains,
            },
            ruled_out,
            words,
            open: self.open,
            best_case,
        }
    }
}

fn reason(ruled_out: Option<&(u64, String)>, ignored: bool, reasons: &[String], lacking: &[String]) -> Text {
    if let Some((by, why)) = ruled_out {
        return Text::from(format!("ruled out by #{by}: {why}"));
    }
    if ignored {
        return "set aside by an operator".into();
    }
    let mut why = reasons.join("; ");
    if !lacking.is_empty() {
        if !why.is_empty() {
            why.push_str("; ");
        }
        why.push_str("not seen: ");
        why.push_str(&lacking.join(", "));
    }
    why.into()
}

pub(super) fn support(seq: u64, observation: &Observation, is_cause: bool) -> Support {
    Support {
        seq,
        origin: observation.origin,
        conclusive: verdict::is_conclusive(&observation.fact),
        decides: !matches!(observation.origin, Origin::Metrics | Origin::Relations)
            && !matches!(observation.fact, Observed::NoChange | Observed::ConfigFact { .. }),
        onset: observation.at.map(|at| (at, observation.error)),
        is_cause,
    }
}
