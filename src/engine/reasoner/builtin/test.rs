//! Test: the questions that tell the leading hypotheses apart, the most telling per call first.

use std::collections::BTreeMap;

use super::{
    facts::Facts,
    kind, look,
    suppose::{Open, Supposed},
};
use crate::{
    engine::{
        pattern::{Ask, Fact, Library, Place},
        step::Question,
        verdict::MARGIN,
    },
    model::ResourceId,
};

/// Hypotheses that are put to the test: below the fourth none has ever a chance to lead.
const LEADING: usize = 4;
/// Resources asked about for one condition: a balancer with a hundred targets is told by the first few.
const ASKED: usize = 4;
/// Questions of one round: what they tell decides which are worth asking next.
const ROUND: usize = 6;
/// What a pattern's own wish to look counts where no condition hangs on it.
const WISH: f64 = 0.05;

/// Questions that were not asked yet and would support or refute the leading hypotheses; none once their order is clear.
pub fn questions(facts: &Facts<'_>, supposed: &[Supposed], library: &Library) -> Vec<Question> {
    let leading: Vec<&Supposed> = supposed
        .iter()
        .filter(|one| !one.contender.refuted)
        .take(LEADING)
        .collect();
    if is_clear(&leading) {
        return Vec::new();
    }
    // By question: how much it could tell, and in which place it was thought of.
    let mut told: BTreeMap<String, (f64, usize, Question)> = BTreeMap::new();
    let mut tell = |question: Question, value: f64| {
        if !facts.state.was_asked(&question.query) {
            let place = told.len();
            let known = told
                .entry(format!("{:?}", question.query))
                .or_insert((0.0, place, question));
            known.0 += value;
        }
    };
    for one in &leading {
        let home = &one.hypothesis.resource;
        // What could refute the likeliest tells more than what could refute one that hardly stands.
        let interest = one.hypothesis.score.max(MARGIN);
        for open in &one.open {
            for (question, share) in answering(facts, home, open) {
                tell(question, interest * open.stake * share);
            }
        }
        let Some(pattern) = library.get(&one.hypothesis.pattern) else {
            continue;
        };
        for wish in &pattern.look {
            let why = format!("would tell: {}", pattern.title.to_lowercase());
            for (question, share) in asked(facts, home, wish.on, &[], wish.ask, &why) {
                tell(question, interest * WISH * share);
            }
        }
    }
    let mut by_value: Vec<(f64, usize, Question)> = told
        .into_values()
        .map(|(value, place, question)| (value / cost(&question), place, question))
        .collect();
    by_value.sort_by(|(a, x, _), (b, y, _)| b.total_cmp(a).then(x.cmp(y)));
    by_value
        .into_iter()
        .take(ROUND)
        .map(|(_, _, question)| question)
        .collect()
}

/// True when nothing that is still open could change which hypothesis leads: the first cannot be refuted any more, and no
/// other could come near it.
fn is_clear(leading: &[&Supposed]) -> bool {
    let Some((first, others)) = leading.split_first() else {
        return true;
    };
    first.contender.unrefuted == 0
        && first.open.is_empty()
        && others
            .iter()
            .all(|other| first.hypothesis.score - other.best_case.max(other.hypothesis.score) >= MARGIN)
}

/// The questions that would answer an open condition, each with its share of the answer.
fn answering(facts: &Facts<'_>, home: &ResourceId, open: &Open) -> Vec<(Question, f64)> {
    let condition = &open.condition;
    let ask = match condition.fact {
        Fact::LogBurst | Fact::LogQuiet => Ask::Logs,
        Fact::Config | Fact::LimitReached => Ask::Configuration,
        Fact::Changed | Fact::NoChange => Ask::Changes,
        // Metrics and events in scope were all asked for: what is missing cannot be had by asking again.
        Fact::MetricShift | Fact::MetricNormal | Fact::MetricStopped | Fact::ServiceSaid => {
            return Vec::new();
        }
    };
    let why = format!("would tell whether {}", open.says);
    asked(facts, home, condition.on, &condition.of, ask, &why)
}

fn asked(
    facts: &Facts<'_>,
    home: &ResourceId,
    on: Place,
    of: &[String],
    ask: Ask,
    why: &str,
) -> Vec<(Question, f64)> {
    let resource = |id: &ResourceId| facts.state.known.resource(id);
    let place: Vec<ResourceId> = facts
        .place(home, on)
        .into_iter()
        .filter(|id| of.is_empty() || of.contains(&resource(id).kind))
        .filter(|id| ask != Ask::Logs || kind::writes_logs(&resource(id)))
        .take(ASKED)
        .collect();
    let share = 1.0 / place.len().max(1) as f64;
    place
        .iter()
        .map(|id| match ask {
            Ask::Logs => look::logs(facts.state, facts.plan, id, why),
            Ask::Configuration => look::configuration(facts.state, id, why),
            Ask::Changes => look::changes(facts.plan, Some(look::asked_of(facts.state, id)), why),
        })
        .map(|question| (question, share))
        .collect()
}

/// What a question costs, in calls as a rule: log lines come in pages, changes of one resource in one or two.
const fn cost(question: &Question) -> f64 {
    match question.query {
        crate::model::Query::Logs { .. } => 4.0,
        crate::model::Query::Changes { .. } => 2.0,
        _ => 1.0,
    }
}
