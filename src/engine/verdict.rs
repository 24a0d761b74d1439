//! The verdict: one rule, in code, never in prose.
//!
//! A cause needs cited observations of two kinds of evidence (or one that is conclusive by itself), must not have begun
//! after what it is to explain, must not be refuted, must stand clear of its rivals, and must be plain where what would
//! refute it could not be looked at. Independent faults may stand beside each other. `no_fault` needs the symptom itself read,
//! nine tenths complete, against a baseline, and found normal. Anything else is inconclusive.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::{Observed, Origin, ResourceId};

/// A score below this is not a cause, however alone it stands: less than half of what should be seen was seen.
pub const LEAST_SCORE: f64 = 0.5;
/// Two scores nearer than this are equal: the weights of patterns are given in tenths.
pub const MARGIN: f64 = 0.1;
/// From this score on a hypothesis stands although something that would refute it could not be looked at: three quarters
/// of what should be seen was seen. What nobody looked at still lowers the confidence.
pub const PLAIN: f64 = 0.75;
/// Scores have three decimals; a difference of a tenth is one, whatever the last bits say.
const ROUNDING: f64 = 1e-6;
/// Share of the symptom's data that must be there for `no_fault`.
pub const LEAST_COVERAGE: f64 = 0.9;

/// Confidence is never higher than this: nothing seen from outside is certain.
const CAP: f64 = 0.95;
/// Cap where only metrics and relations exist: they show where, and seldom why.
const CAP_METRICS_AND_RELATIONS: f64 = 0.7;
/// What each thing that would tell and was not looked at takes off the cap, and at most in all.
const PER_UNLOOKED: f64 = 0.05;
const MOST_UNLOOKED: f64 = 0.3;

/// The symptom, as it was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Symptom {
    /// It left its usual level.
    Abnormal {
        /// When it set in.
        onset: Timestamp,
        /// How far that may be off, in seconds.
        error: u32,
    },
    /// It is as usual.
    Normal {
        /// Share of the window that has data: 0 to 1.
        coverage: f64,
        /// True when there was a baseline to compare with.
        compared: bool,
    },
    /// It could not be read.
    Unread,
}

/// A hypothesis, as far as the verdict needs to know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Contender {
    /// Its id.
    pub id: String,
    /// The resource that it blames.
    pub resource: ResourceId,
    /// How well it explains what was seen: 0 to 1.
    pub score: f64,
    /// Supporting observations, the symptom's own series left out.
    pub supports: Vec<Support>,
    /// True when an observation rules it out.
    pub refuted: bool,
    /// Things that would tell and were not looked at.
    pub unlooked: usize,
    /// How many of them would have refuted it.
    pub unrefuted: usize,
    /// The abnormal resources that it explains: those that its failure reaches, symptoms among them.
    pub explains: BTreeSet<ResourceId>,
    /// When the first of these became abnormal, apart from the symptom itself, and how far that may be off in seconds.
    pub effect: Option<(Timestamp, u32)>,
}

/// A supporting observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Support {
    /// Its record.
    pub seq: u64,
    /// The kind of evidence.
    pub origin: Origin,
    /// True when it is conclusive by itself.
    pub conclusive: bool,
    /// True when it tells one story from another: a change, a log line, an event; not a metric, nor what is so by chance
    /// (a setting, that nobody changed anything).
    pub decides: bool,
    /// When it set in, and how far that may be off in seconds.
    pub onset: Option<(Timestamp, u32)>,
    /// True when it stands for the cause itself, so that it must not come after the symptom.
    pub is_cause: bool,
}

/// What is settled.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// These hypotheses (by place in the list), each with the confidence in it.
    Cause(Vec<(usize, f64)>),
    /// The symptom is normal.
    NoFault,
    /// It cannot be told.
    Inconclusive(Doubt),
}

/// Why it cannot be told.
#[derive(Debug, Clone, PartialEq)]
pub enum Doubt {
    /// The symptom could not be read, or not well enough to say that it is normal.
    SymptomUnread,
    /// Nothing that was seen explains the symptom.
    NothingFits,
    /// These hypotheses (by place in the list) explain it equally well.
    Equal(Vec<usize>),
    /// The best hypothesis (by place in the list) rests on one kind of evidence.
    OneKind(usize),
    /// The best hypothesis (by place in the list) explains too little of what was seen.
    TooWeak(usize),
    /// The best hypothesis (by place in the list) is not plain, and what would refute it could not be looked at.
    Unrefuted(usize),
}

/// Facts that settle a cause without a second kind of evidence: a value at its configured limit is metric and configuration
/// in one.
pub const fn is_conclusive(fact: &Observed) -> bool {
    matches!(fact, Observed::LimitReached { .. })
}

/// Settles the verdict. `contenders` are in order of score, best first.
pub fn settle(symptom: &Symptom, contenders: &[Contender]) -> Settled {
    match symptom {
        Symptom::Normal { coverage, compared } if *compared && *coverage >= LEAST_COVERAGE => {
            return Settled::NoFault;
        }
        Symptom::Normal { .. } => return Settled::Inconclusive(Doubt::SymptomUnread),
        Symptom::Unread if contenders.is_empty() => return Settled::Inconclusive(Doubt::SymptomUnread),
        // A symptom that could not be read has no onset: then time order cannot be asked about.
        Symptom::Abnormal { .. } | Symptom::Unread => {}
    }
    let standing: Vec<usize> = (0..contenders.len())
        .filter(|at| contenders.get(*at).is_some_and(stands))
        .collect();
    let before_symptom = |at: &&usize| {
        contenders
            .get(**at)
            .is_some_and(|contender| in_time(onset_of(symptom), contender))
    };
    // The best explanation of the symptom is the first cause; when it is in doubt, no lesser one can be surer.
    let timely: Vec<usize> = standing.iter().filter(before_symptom).copied().collect();
    let Some(&first) = timely.first() else {
        return Settled::Inconclusive(Doubt::NothingFits);
    };
    let mut causes = match weigh(contenders, &timely, first) {
        Ok(confidence) => vec![(first, confidence)],
        Err(doubt) => return Settled::Inconclusive(doubt),
    };
    // An independent fault may have begun later: it only has to precede what is abnormal because of it.
    for &at in &standing {
        let Some(contender) = contenders.get(at) else {
            continue;
        };
        let is_independent = causes.iter().all(|(known, _)| {
            contenders
                .get(*known)
                .is_some_and(|known| independent(known, contender))
        });
        if is_independent
            && in_time(contender.effect.or(onset_of(symptom)), contender)
            && let Ok(confidence) = weigh(contenders, &standing, at)
        {
            causes.push((at, confidence));
        }
    }
    Settled::Cause(causes)
}

const fn onset_of(symptom: &Symptom) -> Option<(Timestamp, u32)> {
    match symptom {
        Symptom::Abnormal { onset, error } => Some((*onset, *error)),
        Symptom::Normal { .. } | Symptom::Unread => None,
    }
}

fn stands(contender: &Contender) -> bool {
    !contender.refuted && !contender.supports.is_empty()
}

/// True unless what stands for the cause set in after what it is to explain, beyond what both may be off.
fn in_time(explained: Option<(Timestamp, u32)>, contender: &Contender) -> bool {
    let Some((onset, error)) = explained else {
        return true;
    };
    contender
        .supports
        .iter()
        .filter(|support| support.is_cause)
        .all(|support| {
            support.onset.is_none_or(|(at, own_error)| {
                at.duration_since(onset).as_secs() <= i64::from(error) + i64::from(own_error)
            })
        })
}

/// Two faults are independent when each explains something abnormal that the other does not: along one chain of failures
/// what the deeper one explains holds all that the other does.
fn independent(one: &Contender, other: &Contender) -> bool {
    !one.explains.is_subset(&other.explains) && !other.explains.is_subset(&one.explains)
}

fn weigh(contenders: &[Contender], standing: &[usize], at: usize) -> Result<f64, Doubt> {
    let Some(best) = contenders.get(at) else {
        return Err(Doubt::NothingFits);
    };
    if best.score < LEAST_SCORE {
        return Err(Doubt::TooWeak(at));
    }
    let kinds: BTreeSet<Origin> = best.supports.iter().map(|support| support.origin).collect();
    if kinds.len() < 2 && !best.supports.iter().any(|support| support.conclusive) {
        return Err(Doubt::OneKind(at));
    }
    let equal: Vec<usize> = standing
        .iter()
        .copied()
        .filter(|other| *other != at)
        .filter(|other| {
            contenders
                .get(*other)
                .is_some_and(|other| is_rival(best, other) && best.score - other.score < MARGIN - ROUNDING)
        })
        .collect();
    if !equal.is_empty() {
        let mut all = vec![at];
        all.extend(equal);
        return Err(Doubt::Equal(all));
    }
    if best.unrefuted > 0 && best.score < PLAIN {
        return Err(Doubt::Unrefuted(at));
    }
    let metrics_and_relations = kinds
        .iter()
        .all(|kind| matches!(kind, Origin::Metrics | Origin::Relations));
    let cap = if metrics_and_relations && !best.supports.iter().any(|support| support.conclusive) {
        CAP_METRICS_AND_RELATIONS
    } else {
        CAP
    };
    let unlooked = (PER_UNLOOKED * best.unlooked as f64).min(MOST_UNLOOKED);
    Ok(best.score.min(cap - unlooked))
}

/// Two hypotheses are rivals when they explain the same symptom, not independent faults, and tell different stories: they
/// share no observation that decides (a change, a log line, an event), nor most of the others.
fn is_rival(best: &Contender, other: &Contender) -> bool {
    let deciding = |contender: &Contender| -> BTreeSet<u64> {
        let supports = contender.supports.iter();
        supports
            .filter(|support| support.decides)
            .map(|support| support.seq)
            .collect()
    };
    let all = |contender: &Contender| -> BTreeSet<u64> {
        contender.supports.iter().map(|support| support.seq).collect()
    };
    // At least half of what speaks for the other speaks for the best as well.
    let shared = all(other).intersection(&all(best)).count();
    let same_story = !deciding(best).is_disjoint(&deciding(other)) || 2 * shared >= all(other).len();
    !same_story && !best.explains.is_disjoint(&other.explains) && !independent(best, other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    fn abnormal() -> Symptom {
        Symptom::Abnormal {
            onset: at(0),
            error: 60,
        }
    }

    fn support(seq: u64, origin: Origin, onset: i64) -> Support {
        Support {
            seq,
            origin,
            conclusive: false,
            decides: !matches!(origin, Origin::Metrics | Origin::Relations),
            onset: Some((at(onset), 0)),
            is_cause: origin == Origin::Changes,
        }
    }

    fn contender(id: &str, score: f64, supports: Vec<Support>) -> Contender {
        Contender {
            id: id.to_owned(),
            resource: id.into(),
            score,
            supports,
            refuted: false,
            unlooked: 0,
            unrefuted: 0,
            explains: [ResourceId::from("symptom")].into(),
            effect: None,
        }
    }

    #[test]
    fn a_clear_leader_with_two_kinds_of_evidence_is_the_cause() {
        let leader = contender(
            "a",
            0.9,
            vec![support(1, Origin::Changes, -60), support(2, Origin::Logs, 0)],
        );
        let other = contender(
            "b",
            0.4,
            vec![support(3, Origin::Logs, 0), support(4, Origin::Events, 0)],
        );
        assert_eq!(
            settle(&abnormal(), &[leader, other]),
            Settled::Cause(vec![(0, 0.9)])
        );
    }

    #[test]
    fn a_change_after_the_symptom_is_not_its_cause() {
        let late = contender(
            "a",
            0.9,
            vec![support(1, Origin::Changes, 300), support(2, Origin::Logs, 0)],
        );
        assert_eq!(
            settle(&abnormal(), &[late]),
            Settled::Inconclusive(Doubt::NothingFits)
        );
    }

    #[test]
    fn equal_rivals_leave_it_open() {
        let one = contender(
            "a",
            0.8,
            vec![support(1, Origin::Changes, -60), support(2, Origin::Logs, 0)],
        );
        let two = contender(
            "b",
            0.75,
            vec![support(3, Origin::Changes, -60), support(4, Origin::Events, 0)],
        );
        assert_eq!(
            settle(&abnormal(), &[one, two]),
            Settled::Inconclusive(Doubt::Equal(vec![0, 1]))
        );
    }

    #[test]
    fn disjoint_symptoms_may_have_two_causes() {
        let one = contender(
            "a",
            0.8,
            vec![support(1, Origin::Changes, -60), support(2, Origin::Logs, 0)],
        );
        let mut two = contender(
            "b",
            0.75,
            vec![support(3, Origin::Changes, -60), support(4, Origin::Events, 0)],
        );
        two.explains = [ResourceId::from("other symptom")].into();
        assert!(matches!(settle(&abnormal(), &[one, two]), Settled::Cause(causes) if causes.len() == 2));
    }

    #[test]
    fn a_later_independent_fault_stands_beside_the_first_and_a_mere_victim_does_not() {
        let ids = |ids: &[&str]| {
            ids.iter()
                .map(|id| ResourceId::from(*id))
                .collect::<BTreeSet<_>>()
        };
        let mut first = contender(
            "a",
            0.9,
            vec![support(1, Origin::Changes, -60), support(2, Origin::Logs, 0)],
        );
        first.explains = ids(&["front", "a"]);
        let mut later = contender(
            "b",
            0.8,
            vec![support(3, Origin::Changes, 900), support(4, Origin::Logs, 920)],
        );
        later.explains = ids(&["front", "b"]);
        later.effect = Some((at(910), 60));
        let found = settle(&abnormal(), &[first.clone(), later.clone()]);
        assert_eq!(found, Settled::Cause(vec![(0, 0.9), (1, 0.8)]));

        later.explains = ids(&["front"]);
        let found = settle(&abnormal(), &[first, later]);
        assert_eq!(found, Settled::Cause(vec![(0, 0.9)]));
    }

    #[test]
    fn what_could_not_be_refuted_stands_only_when_it_is_plain() {
        let of = |score| {
            let supports = vec![support(1, Origin::Changes, -60), support(2, Origin::Logs, 0)];
            Contender {
                unlooked: 1,
                unrefuted: 1,
                ..contender("a", score, supports)
            }
        };
        assert_eq!(
            settle(&abnormal(), &[of(0.7)]),
            Settled::Inconclusive(Doubt::Unrefuted(0))
        );
        assert_eq!(settle(&abnormal(), &[of(0.8)]), Settled::Cause(vec![(0, 0.8)]));
    }

    #[test]
    fn no_fault_needs_a_whole_reading_against_a_baseline() {
        let normal = |coverage, compared| settle(&Symptom::Normal { coverage, compared }, &[]);
        assert_eq!(normal(0.95, true), Settled::NoFault);
        assert_eq!(normal(0.85, true), Settled::Inconclusive(Doubt::SymptomUnread));
        assert_eq!(normal(0.95, false), Settled::Inconclusive(Doubt::SymptomUnread));
        assert_eq!(
            settle(&Symptom::Unread, &[]),
            Settled::Inconclusive(Doubt::SymptomUnread)
        );
    }

    fn any_origin() -> impl Strategy<Value = Origin> {
        prop_oneof![
            Just(Origin::Metrics),
            Just(Origin::Logs),
            Just(Origin::Changes),
            Just(Origin::Configuration),
            Just(Origin::Relations),
        ]
    }

    fn any_contender() -> impl Strategy<Value = Contender> {
        let supports = prop::collection::vec((1..50_u64, any_origin(), -600..600_i64), 0..4);
        (0.0..1.0_f64, supports, any::<bool>(), 0..9_usize, 0..3_usize).prop_map(
            |(score, supports, refuted, unlooked, unrefuted)| {
                let supports = supports
                    .into_iter()
                    .map(|(seq, origin, onset)| support(seq, origin, onset))
                    .collect();
                Contender {
                    refuted,
                    unlooked: unlooked.max(unrefuted),
                    unrefuted,
                    ..contender("x", score, supports)
                }
            },
        )
    }

    proptest! {
        #[test]
        fn a_cause_is_always_cited_in_time_unrefuted_and_capped(mut list in prop::collection::vec(any_contender(), 0..6)) {
            list.sort_by(|a, b| b.score.total_cmp(&a.score));
            if let Settled::Cause(causes) = settle(&abnormal(), &list) {
                for (at, confidence) in causes {
                    let cause = &list[at];
                    let kinds: BTreeSet<Origin> = cause.supports.iter().map(|support| support.origin).collect();
                    prop_assert!(kinds.len() >= 2);
                    prop_assert!(!cause.refuted && cause.score >= LEAST_SCORE);
                    prop_assert!(in_time(onset_of(&abnormal()), cause));
                    prop_assert!(cause.unrefuted == 0 || cause.score >= PLAIN);
                    prop_assert!(confidence <= CAP && confidence <= cause.score);
                }
            }
        }

        #[test]
        fn a_normal_symptom_never_has_a_cause(list in prop::collection::vec(any_contender(), 0..6), coverage in 0.0..1.0_f64, compared: bool) {
            let settled = settle(&Symptom::Normal { coverage, compared }, &list);
            prop_assert!(!matches!(settled, Settled::Cause(_)));
        }
    }
}
