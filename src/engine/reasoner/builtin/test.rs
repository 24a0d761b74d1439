//! Test: the questions that tell the leading hypotheses apart.

use std::collections::BTreeSet;

use super::{facts::Facts, kind, look, suppose::Supposed};
use crate::{
    engine::{
        pattern::{Ask, Library},
        step::Question,
    },
    model::ResourceId,
};

/// Hypotheses that are put to the test: below the fourth none has ever a chance to lead.
const LEADING: usize = 4;
/// Resources asked about for one hypothesis: a balancer with a hundred targets is told by the first few.
const ASKED: usize = 4;

/// Questions that were not asked yet and would support or refute the leading hypotheses.
pub fn questions(facts: &Facts<'_>, supposed: &[Supposed], library: &Library) -> Vec<Question> {
    let mut asked: BTreeSet<String> = BTreeSet::new();
    let mut questions = Vec::new();
    for one in supposed.iter().filter(|one| !one.contender.refuted).take(LEADING) {
        let Some(pattern) = library.get(&one.hypothesis.pattern) else {
            continue;
        };
        for what in &pattern.look {
            let place: Vec<ResourceId> = facts
                .place(&one.hypothesis.resource, what.on)
                .into_iter()
                .take(ASKED)
                .collect();
            let speaks = |id: &ResourceId| kind::writes_logs(&facts.state.known.resource(id));
            for id in place.into_iter().filter(|id| what.ask != Ask::Logs || speaks(id)) {
                let why = format!("would tell: {}", pattern.title.to_lowercase());
                let question = match what.ask {
                    Ask::Logs => look::logs(facts.state, facts.plan, &id, &why),
                    Ask::Configuration => look::configuration(facts.state, &id, &why),
                    Ask::Changes => look::changes(facts.plan, Some(look::asked_of(facts.state, &id)), &why),
                };
                let key = format!("{:?}", question.query);
                if !facts.state.was_asked(&question.query) && asked.insert(key) {
                    questions.push(question);
                }
            }
        }
    }
    questions
}
