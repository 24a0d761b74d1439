//! Settle: the verdict in words, with its timeline, its impact and what to look at next.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{
    facts::Facts,
    suppose::{self, Supposed},
};
use crate::{
    engine::{
        mitigation,
        pattern::Library,
        verdict::{self, Contender, Doubt, Settled},
        wording,
    },
    journal::{Body, body::InvestigationSummary},
    model::{
        Candidate, Cause, HypothesisState, Impact, Observation, Observed, Origin, Recommendation,
        RecommendationCategory, ResourceId, RuledOut, Text, TimelineEntry, Verdict,
    },
};

/// Lines of the timeline: what fits under the journal without scrolling.
const TIMELINE: usize = 12;

/// Acts on one resource within so long of each other are one rollout: a task definition and the service that takes it.
const ONE_ROLLOUT: SignedDuration = SignedDuration::from_mins(10);

/// The verdict with its causes.
pub fn settled(facts: &Facts<'_>, supposed: &[Supposed]) -> (Settled, Vec<Cause>) {
    let contenders: Vec<Contender> = supposed.iter().map(|one| one.contender.clone()).collect();
    let settled = verdict::settle(&facts.symptom, &contenders);
    let causes = match &settled {
        Settled::Cause(causes) => causes
            .iter()
            .filter_map(|(at, confidence)| Some(cause(supposed.get(*at)?, *confidence, gaps(facts))))
            .collect(),
        Settled::NoFault | Settled::Inconclusive(_) => Vec::new(),
    };
    (settled, causes)
}

/// Each gap takes so much off the confidence, at most three tenths in all: it might have hidden what refutes the cause.
const PER_GAP: f64 = 0.03;
const MOST_GAPS: f64 = 0.3;

fn gaps(facts: &Facts<'_>) -> f64 {
    let touching = facts.state.view.gaps.values().filter(|found| {
        found
            .gap
            .resource
            .as_ref()
            .is_none_or(|id| facts.plan.resources.contains(id))
    });
    (PER_GAP * touching.count() as f64).min(MOST_GAPS)
}

fn cause(supposed: &Supposed, confidence: f64, gaps: f64) -> Cause {
    let hypothesis = &supposed.hypothesis;
    Cause {
        resource: hypothesis.resource.clone(),
        category: hypothesis.category,
        pattern: hypothesis.pattern.clone(),
        statement: hypothesis.statement.clone(),
        confidence: wording::rounded((confidence - gaps).max(0.05)),
        evidence: hypothesis.supports.clone(),
    }
}

/// The records that settle an investigation: a `cause` each, then the summary.
pub fn records(facts: &Facts<'_>, supposed: &[Supposed], library: &Library) -> Vec<Body> {
    let (settled, causes) = settled(facts, supposed);
    let verdict = match settled {
        Settled::Cause(_) => Verdict::Cause,
        Settled::NoFault => Verdict::NoFault,
        Settled::Inconclusive(_) => Verdict::Inconclusive,
    };
    let timeline = timeline(facts, &causes);
    let summary = InvestigationSummary {
        verdict,
        symptom: facts.plan.symptom.clone(),
        text: in_words(facts, supposed, &settled, &causes),
        impact: impact(facts, &causes),
        candidates: candidates(facts, supposed, &causes),
        hypotheses: supposed.iter().map(|one| one.hypothesis.clone()).collect(),
        ruled_out: ruled_out(supposed),
        next_looks: next_looks(facts, supposed, &settled),
        recommendations: recommendations(facts, supposed, &causes, library, verdict),
        timeline,
        causes: causes.clone(),
    };
    let mut records: Vec<Body> = causes.into_iter().map(Body::Cause).collect();
    records.push(Body::InvestigationSummary(summary));
    records
}

fn in_words(facts: &Facts<'_>, supposed: &[Supposed], settled: &Settled, causes: &[Cause]) -> Text {
    let name = |at: &usize| {
        supposed
            .get(*at)
            .map(|one| one.hypothesis.statement.clone())
            .unwrap_or_default()
    };
    match settled {
        Settled::Cause(_) => {
            let mut text = Text::new();
            for (index, cause) in causes.iter().enumerate() {
                let records: Vec<String> = cause.evidence.iter().map(|seq| format!("#{seq}")).collect();
                text = text
                    .own(if index == 0 { "" } else { " Besides: " })
                    .join(&cause.statement)
                    .own(format!(
                        " (confidence {:.2}; {}).",
                        cause.confidence,
                        records.join(" ")
                    ));
            }
            text
        }
        Settled::NoFault if facts.passed() => Text::new().join(&facts.plan.symptom).own(
            " left its usual level for a datum or two and came back by itself: there is nothing to mend",
        ),
        Settled::NoFault => Text::new()
            .join(&facts.plan.symptom)
            .own(" was read against its baseline and is normal: there is nothing to mend"),
        Settled::Inconclusive(doubt) => match doubt {
            Doubt::SymptomUnread => {
                Text::from("the symptom could not be read well enough to say whether anything is wrong")
            }
            Doubt::NothingFits => Text::from("nothing that was seen explains ").join(&facts.plan.symptom),
            Doubt::Equal(all) => {
                let mut text = Text::from("these explain it equally well: ");
                for (index, at) in all.iter().enumerate() {
                    text = text.own(if index == 0 { "" } else { "; or " }).join(&name(at));
                }
                text
            }
            Doubt::OneKind(at) => Text::from("one kind of evidence alone speaks for: ").join(&name(at)),
            Doubt::Unrefuted(at) => {
                Text::from("what would refute it could not be looked at, and too little speaks for: ")
                    .join(&name(at))
            }
            Doubt::TooWeak(at) => {
                Text::from("too little of what should be seen was seen of: ").join(&name(at))
            }
        },
    }
}

/// Cause first, then what it broke, then the alarm. A metric's onset is known to within its period: where that leaves open
/// which came first, the cause does; and an alarm follows the metric that it watches.
fn timeline(facts: &Facts<'_>, causes: &[Cause]) -> Vec<TimelineEntry> {
    let cited: BTreeSet<u64> = causes
        .iter()
        .flat_map(|cause| cause.evidence.iter().copied())
        .collect();
    let relevant = |seq: u64, observation: &Observation| {
        cited.contains(&seq)
            || Some(seq) == facts.symptom_record
            || match &observation.fact {
                Observed::AlarmFired { .. } | Observed::AlarmQuiet { .. } => observation.notable,
                Observed::MetricShift { .. } | Observed::LogBurst { .. } | Observed::ServiceSaid { .. } => {
                    observation.notable
                }
                // Of one deployment every act is told, not the one alone that a pattern cites.
                Observed::Changed { routine, .. } => {
                    let of_one = |(record, other): &(u64, &Observation)| {
                        cited.contains(record)
                            && other.resource == observation.resource
                            && matches!(other.fact, Observed::Changed { .. })
                            && match (other.at, observation.at) {
                                (Some(a), Some(b)) => a.duration_since(b).abs() <= ONE_ROLLOUT,
                                _ => false,
                            }
                    };
                    !routine && (observation.notable || facts.observations.iter().any(of_one))
                }
                _ => false,
            }
    };
    let mut entries: Vec<(i64, u8, u64, TimelineEntry)> = facts
        .observations
        .iter()
        .filter(|(seq, observation)| relevant(*seq, observation))
        .filter_map(|(seq, observation)| {
            let at = observation
                .at
                .or_else(|| in_force(facts, &cited, *seq, observation))?;
            let rank = rank(*seq, observation, &cited);
            let late = match observation.fact {
                Observed::MetricShift { .. } => i64::from(observation.error),
                _ => 0,
            };
            let entry = TimelineEntry {
                at,
                what: observation.text.clone(),
                resource: observation.resource.clone(),
                evidence: *seq,
            };
            Some((at.as_second() + late, rank, *seq, entry))
        })
        .collect();
    let symptom_at = facts
        .symptom_record
        .and_then(|record| entries.iter().find(|(_, _, seq, _)| *seq == record))
        .map(|(key, ..)| *key);
    for (key, _, seq, _) in &mut entries {
        let fired = facts.observations.iter().any(|(record, observation)| {
            record == seq
                && matches!(
                    observation.fact,
                    Observed::AlarmFired { .. } | Observed::AlarmQuiet { .. }
                )
        });
        if fired && let Some(symptom_at) = symptom_at {
            *key = (*key).max(symptom_at);
        }
    }
    entries.sort_by_key(|(key, rank, seq, _)| (*key, *rank, *seq));
    if entries.len() > TIMELINE {
        // What is cited stays; of the rest the latest goes first.
        let must = |seq: u64| cited.contains(&seq) || Some(seq) == facts.symptom_record;
        let mut spare = TIMELINE.saturating_sub(entries.iter().filter(|(_, _, seq, _)| must(*seq)).count());
        entries.retain(|(_, rank, seq, _)| {
            must(*seq) || *rank == ALARM || {
                let keep = spare > 0;
                spare = spare.saturating_sub(1);
                keep
            }
        });
    }
    entries.into_iter().map(|(.., entry)| entry).collect()
}

/// Configuration has no time of its own: what a cause cites of it has been in force since the change that it cites on the
/// same resource.
fn in_force(
    facts: &Facts<'_>,
    cited: &BTreeSet<u64>,
    seq: u64,
    observation: &Observation,
) -> Option<jiff::Timestamp> {
    if observation.origin != Origin::Configuration || !cited.contains(&seq) {
        return None;
    }
    let change = facts.observations.iter().find(|(record, change)| {
        cited.contains(record)
            && change.resource == observation.resource
            && matches!(change.fact, Observed::Changed { .. })
    });
    change.and_then(|(_, change)| change.at)
}

const ALARM: u8 = 4;

fn rank(seq: u64, observation: &Observation, cited: &BTreeSet<u64>) -> u8 {
    match observation.fact {
        Observed::AlarmFired { .. } | Observed::AlarmQuiet { .. } => ALARM,
        Observed::Changed { .. } => 0,
        Observed::MetricShift { .. } => 3,
        _ if cited.contains(&seq) => 1,
        _ => 2,
    }
}

fn impact(facts: &Facts<'_>, causes: &[Cause]) -> Vec<Impact> {
    let graph = &facts.state.known.topology;
    let mut impact: Vec<Impact> = Vec::new();
    for cause in causes {
        let reached = graph.blast_radius(&cause.resource).into_iter().map(|hit| hit.id);
        for id in std::iter::once(cause.resource.clone()).chain(reached) {
            let harm = facts.harm(&id);
            if let Some((_, observation)) = harm.first()
                && !impact.iter().any(|known| known.resource == id)
            {
                impact.push(Impact {
                    resource: id,
                    how: observation.text.clone(),
                });
            }
        }
    }
    impact
}

/// Every resource in scope, best first: those that causes blame, then by the ranking and the best hypothesis on each.
fn candidates(facts: &Facts<'_>, supposed: &[Supposed], causes: &[Cause]) -> Vec<Candidate> {
    let ranked = super::ranking::scores(facts);
    let mut candidates: Vec<Candidate> = facts
        .plan
        .resources
        .iter()
        .map(|id| {
            let blamed = causes
                .iter()
                .find(|cause| cause.resource == *id)
                .map_or(0.0, |cause| 1.0 + cause.confidence);
            let best = supposed
                .iter()
                .filter(|one| one.hypothesis.resource == *id)
                .map(|one| one.hypothesis.score)
                .fold(0.0, f64::max);
            let share = ranked.get(id).copied().unwrap_or(0.0);
            Candidate {
                resource: id.clone(),
                score: wording::rounded(blamed + best.max(share)),
            }
        })
        .collect();
    candidates.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.resource.cmp(&b.resource))
    });
    candidates
}

fn ruled_out(supposed: &[Supposed]) -> Vec<RuledOut> {
    supposed
        .iter()
        .filter(|one| one.hypothesis.state == HypothesisState::Refuted)
        .filter_map(|one| {
            let (by, why) = one.ruled_out.clone()?;
            Some(RuledOut {
                hypothesis: one.hypothesis.id.clone(),
                statement: one.hypothesis.statement.clone(),
                by,
                why: why.into(),
            })
        })
        .collect()
}

fn next_looks(facts: &Facts<'_>, supposed: &[Supposed], settled: &Settled) -> Vec<Text> {
    let mut looks: Vec<Text> = Vec::new();
    for found in facts.state.view.gaps.values() {
        let mut look = Text::new().join(&found.gap.what).own(": ").join(&found.gap.why);
        if let Some(hint) = &found.gap.hint {
            look = look.own(" - ").join(hint);
        }
        looks.push(look);
    }
    if !matches!(settled, Settled::NoFault) {
        for one in supposed.iter().take(3) {
            for open in &one.open {
                looks.push(
                    Text::from(format!("{}: would tell whether ", open.says)).join(&one.hypothesis.statement),
                );
            }
        }
    }
    let mut seen: BTreeSet<String> = BTreeSet::new();
    looks.retain(|look| seen.insert(look.plain()));
    looks.truncate(8);
    looks
}

/// Those of the causes' patterns; where nothing was found, what would have shown more.
fn recommendations(
    facts: &Facts<'_>,
    supposed: &[Supposed],
    causes: &[Cause],
    library: &Library,
    verdict: Verdict,
) -> Vec<Recommendation> {
    let mut all: Vec<Recommendation> = Vec::new();
    for cause in causes {
        let one = supposed
            .iter()
            .find(|one| one.hypothesis.resource == cause.resource && one.hypothesis.pattern == cause.pattern);
        if let (Some(one), Some(pattern)) = (one, library.get(&cause.pattern)) {
            all.extend(mitigation::recommendations(pattern, &one.words));
        }
        if cause.pattern == suppose::RANKING {
            all.push(Recommendation {
                category: RecommendationCategory::Observability,
                title: Text::from("Let ").ext(name(facts, &cause.resource)).own(" say why it is slow or fails"),
                detail: "Metrics and relations show where the fault is and not why. Ship its logs and record its deployments \
                         where the engine can read them."
                    .into(),
            });
        }
    }
    if verdict == Verdict::NoFault
        && let Some((_, alarm)) = facts
            .observations
            .iter()
            .find_map(|(seq, observation)| match &observation.fact {
                Observed::AlarmFired { alarm } => Some((seq, alarm)),
                _ => None,
            })
    {
        all.push(Recommendation {
            category: RecommendationCategory::Observability,
            title: Text::from("Let alarm ").ext(alarm.clone()).own(" wait for more than one datum"),
            detail: "It fired although its metric is as usual, but for a datum or two at most. Compare it with an anomaly band, raise the threshold above \
                     the usual peaks, or ask for three breaching periods of five."
                .into(),
        });
    }
    all
}

fn name(facts: &Facts<'_>, id: &ResourceId) -> String {
    facts.state.known.resource(id).name
}
