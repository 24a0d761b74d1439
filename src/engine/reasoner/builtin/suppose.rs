//! Suppose: patterns and the ranking propose hypotheses, bound to resources, and say how each stands.

use std::collections::BTreeSet;

use super::facts::{Facts, Met, Outcome};
use crate::{
    engine::{
        pattern::{Condition, Fact, Library, Pattern},
        template::{self, Words},
        verdict::{self, Contender, Support},
        wording,
    },
    model::{
        Category, GapKind, Hypothesis, HypothesisState, Observation, Observed, Origin, Relation,
        RelationKind, Resource, ResourceId, Text, operation,
    },
};

/// The pattern name of hypotheses that the ranking proposes.
pub const RANKING: &str = "ranking";
/// Own share of the symptom's excess from which the ranking proposes a resource: the half that its fault test asks for.
const OWN_SHARE: f64 = 0.5;
/// What a cause further down that is certain takes off a hypothesis about what it reaches: enough that of two as plain the
/// deeper one stands clear, too little for a doubtful one to hide a plain one.
const INHERITED: f64 = 0.3;
/// How far the first of the ranking must stand clear of the second where nothing but their departures tells them apart:
/// twice the margin between hypotheses, since a departure says less than a pattern.
const STANDS_OUT: f64 = 2.0 * verdict::MARGIN;
/// What a resource from which failure does not travel to the symptom may count: it could only be coincidence.
const UNRELATED: f64 = 0.5;
/// What each relation between the blamed resource and the symptom takes off: nearer explanations are shorter chains of
/// assumptions.
const PER_RELATION: f64 = 0.03;
/// What a condition that nobody looked at, or for which there is nothing to look at, counts in the sum of weights: half as
/// bad as one that is absent.
const UNLOOKED: f64 = 0.5;

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

/// Those that call, use or feed the resource or what it contains, near or far: who suffers because it fails, not because
/// it falls silent.
fn callers(facts: &Facts<'_>, id: &ResourceId) -> BTreeSet<ResourceId> {
    let mut reached = BTreeSet::new();
    let mut front = with_members(facts, id);
    while let Some(id) = front.pop() {
        for relation in &facts.state.known.relations {
            if relation.to == id && relation.kind.carries_failure() && reached.insert(relation.from.clone()) {
                front.push(relation.from.clone());
            }
        }
    }
    reached
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

#[derive(Default)]
struct Weighing {
    supports: Vec<(Support, String)>,
    open: Vec<Open>,
    /// How many of them would have refuted it.
    unrefuted: usize,
    lacking: Vec<String>,
    gained: f64,
    possible: f64,
    /// How directly the resource stands with the symptom.
    nearness: f64,
    /// Weight of what nobody looked at and would support it.
    hoped: f64,
    /// The part of it that counts by half in what is possible.
    halved: f64,
}

impl Weighing {
    fn met(&mut self, facts: &Facts<'_>, condition: &Condition, met: Met) {
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

    fn absent(&mut self, condition: &Condition) {
        self.possible += condition.weight;
        self.lacking.push(condition.says.clone());
    }

    fn nothing(&mut self, condition: &Condition) {
        self.possible += condition.weight * UNLOOKED;
    }

    fn unseen(&mut self, condition: &Condition) {
        self.unlooked(condition);
        self.possible += condition.weight * (1.0 - UNLOOKED);
        self.halved -= condition.weight;
    }

    fn unlooked(&mut self, condition: &Condition) {
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

    fn score(&self) -> f64 {
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
    fn into_supposed(
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

fn support(seq: u64, observation: &Observation, is_cause: bool) -> Support {
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

/// The abnormal resources that a fault of this one would explain: itself and those that its failure reaches, with the
/// subjects among them. One from which failure reaches no subject is taken to explain all of them: a relation may be unknown.
fn explained(facts: &Facts<'_>, id: &ResourceId) -> BTreeSet<ResourceId> {
    let graph = &facts.state.known.topology;
    let subjects = &facts.plan.subjects;
    let reached: BTreeSet<ResourceId> = with_members(facts, id)
        .iter()
        .flat_map(|id| {
            graph
                .blast_radius(id)
                .into_iter()
                .map(|hit| hit.id)
                .chain([id.clone()])
        })
        .collect();
    let mut explained: BTreeSet<ResourceId> = reached
        .iter()
        .filter(|id| subjects.contains(id) || !facts.harm(id).is_empty())
        .cloned()
        .collect();
    if !subjects.iter().any(|subject| reached.contains(subject)) {
        explained.extend(subjects.iter().cloned());
    }
    explained
}

/// The resource and what it contains: a subnet or a zone fails by failing those in it.
fn with_members(facts: &Facts<'_>, id: &ResourceId) -> Vec<ResourceId> {
    let contains = |relation: &&Relation| relation.from == *id && relation.kind == RelationKind::Contains;
    let members = facts.state.known.relations.iter().filter(contains);
    std::iter::once(id.clone())
        .chain(members.map(|relation| relation.to.clone()))
        .collect()
}

/// How directly the resource stands with the symptom: 1 for a subject, less with every relation between.
fn nearness(facts: &Facts<'_>, id: &ResourceId) -> f64 {
    let graph = &facts.state.known.topology;
    if facts.plan.subjects.contains(id) {
        return 1.0;
    }
    let distance = with_members(facts, id)
        .iter()
        .flat_map(|id| {
            let subjects = facts.plan.subjects.iter();
            subjects.filter_map(move |subject| {
                if subject == id {
                    Some(0)
                } else {
                    graph.distance(id, subject)
                }
            })
        })
        .min();
    distance.map_or(UNRELATED, |relations| {
        (1.0 - PER_RELATION * f64::from(relations)).max(UNRELATED)
    })
}

/// A resource that owns most of the symptom's excess.
fn from_excess(facts: &Facts<'_>) -> Option<Supposed> {
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
fn from_standout(facts: &Facts<'_>) -> Option<Supposed> {
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

/// True when something in scope was refused or failed: what departs there, or would say why, may be the answer. A kind of
/// evidence that was never collected (a system with metrics alone) hides nothing in particular.
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
        let mut support = support(*seq, harm, false);
        // On the subject itself the reading is the symptom: it shows where, not why, and is cited as such.
        support.origin = Origin::Metrics;
        weighing
            .supports
            .push((support, "its own metrics left their usual level".to_owned()));
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

/// What the templates of a hypothesis may say, from the observations that support it.
fn words(facts: &Facts<'_>, id: &ResourceId, supports: &[(Support, String)]) -> Words {
    let resource = facts.state.known.resource(id);
    let mut words = Words::default();
    words.say("resource", shown_name(&resource));
    words.say("id", physical_id(&resource));
    words.say("type", resource.kind.clone());
    let created = facts.state.created();
    let given = |pick: fn(&crate::journal::body::Created) -> Option<&String>| created.and_then(pick).cloned();
    words.say(
        "region",
        resource
            .region
            .or_else(|| given(|created| created.region.as_ref()))
            .unwrap_or_default(),
    );
    words.say(
        "account",
        resource
            .account
            .or_else(|| given(|created| created.account.as_ref()))
            .unwrap_or_default(),
    );
    words.configure(facts.configuration(id));
    words.say("from", facts.plan.window.from.to_string());
    words.say("to", facts.plan.window.to.to_string());
    let subject = facts
        .plan
        .subjects
        .first()
        .map(|id| facts.state.known.resource(id).name);
    words.say("subject", subject.unwrap_or_default());
    let observations = supports.iter().filter_map(|(support, _)| {
        let found = facts.observations.iter().find(|(seq, _)| *seq == support.seq);
        found.map(|(_, observation)| *observation)
    });
    for observation in observations.clone() {
        if let Some(other) = observation.resource.as_ref().filter(|other| *other != id) {
            let other = facts.state.known.resource(other);
            words.say("other", shown_name(&other));
            words.say("other_id", physical_id(&other));
        }
        match &observation.fact {
            Observed::Changed { change, actor, .. } => {
                words.say("change", operation(change));
                words.say("actor", actor.clone().unwrap_or_default());
                words.say("at", observation.at.map(wording::clock).unwrap_or_default());
            }
            Observed::LimitReached { series, limit, .. } => {
                words.say("limit", wording::number(*limit));
                words.say("metric", series.metric.clone());
            }
            Observed::LogBurst { sample, group, .. } => {
                words.say("log", wording::said(sample));
                words.say("group", group.clone());
            }
            Observed::ConfigFact { value, .. } => words.say("config", first_line(value)),
            Observed::ServiceSaid { message, .. } => words.say("message", first_line(message)),
            _ => {}
        }
    }
    let shifts = observations.chain(facts.harm(id).into_iter().map(|(_, observation)| observation));
    for observation in shifts {
        if let Observed::MetricShift {
            series,
            before,
            after,
            ..
        } = &observation.fact
        {
            words.say("metric", series.metric.clone());
            words.say("before", wording::measured(*before, series.unit.as_deref()));
            words.say("after", wording::measured(*after, series.unit.as_deref()));
        }
    }
    words
}

/// The name that people use; with the id behind it where that says something else and is what AWS asks for.
fn shown_name(resource: &Resource) -> String {
    if resource.kind == "AWS::EC2::Instance" && resource.name != resource.id.as_str() {
        format!("{} ({})", resource.name, resource.id.as_str())
    } else {
        resource.name.clone()
    }
}

/// Types that commands name by the id, not by the name: generated ids, and ARNs where the name is not enough.
const BY_ID: [&str; 17] = [
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::CertificateManager::Certificate",
    "AWS::CloudFront::Distribution",
    "AWS::EC2::Instance",
    "AWS::EC2::NatGateway",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::Volume",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::KMS::Key",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Route53::HostedZone",
    "AWS::SecretsManager::Secret",
    "AWS::SNS::Subscription",
];
/// Types that commands name by the ARN.
const BY_ARN: [&str; 2] = ["AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"];

/// What commands call it.
fn physical_id(resource: &Resource) -> String {
    match &resource.arn {
        Some(arn) if BY_ARN.contains(&resource.kind.as_str()) => arn.clone(),
        _ if BY_ID.contains(&resource.kind.as_str()) => resource.id.0.clone(),
        _ => resource.name.clone(),
    }
}

/// The first line that says something, at most 120 characters.
fn first_line(text: &str) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    if line.chars().count() <= 120 {
        line.to_owned()
    } else {
        let short: String = line.chars().take(119).collect();
        format!("{short}…")
    }
}
