//! Everything that one space may ask, as one source: each member is asked what it can answer, all at once, and the answers
//! are put together in the order of the members, so that the same answers always make the same whole.

mod absent;
mod at;
mod merge;

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::join_all;

pub use self::{
    absent::Absent,
    at::{At, Elsewhere, Places, stranger},
};
use crate::{
    model::{Allowance, Answer, Gap, GapKind, Occasion, Query, Source, discovery::Discovery},
    sources::discovery::Whole,
};

/// One of a space's sources.
pub trait Member: Source {
    /// The part of `query` that is for this source, as it is to be asked; none when it has nothing to say on it.
    fn part(&self, query: &Query) -> Option<Query>;
}

/// All sources of a space.
pub struct SpaceSource {
    members: Vec<Arc<dyn Member>>,
}

impl SpaceSource {
    /// The members, those that answer first of all first.
    pub const fn new(members: Vec<Arc<dyn Member>>) -> Self {
        Self { members }
    }
}

#[async_trait]
impl Source for SpaceSource {
    fn name(&self) -> &'static str {
        "space"
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.answer_within(query, &Allowance::unlimited()).await
    }

    async fn answer_within(&self, query: &Query, allowance: &Allowance) -> Answer {
        let asked: Vec<(&Arc<dyn Member>, Query)> = self
            .members
            .iter()
            .filter_map(|member| Some((member, member.part(query)?)))
            .collect();
        if asked.is_empty() {
            return Answer::gap(nobody(query), 0);
        }
        let answers = asked.iter().map(|(member, part)| async move {
            let mut answer = member.answer_within(part, allowance).await;
            if answer.by.is_empty() && answer.evidence.is_some() {
                answer.by.push(member.name().to_owned());
            }
            answer
        });
        merge::whole(query, join_all(answers).await)
    }

    fn discoveries(&self) -> Vec<Arc<dyn Discovery>> {
        self.members
            .iter()
            .flat_map(|member| match member.discoveries() {
                own if own.is_empty() && member.part(&Query::Inventory).is_some() => {
                    vec![Arc::new(Whole::of_member(Arc::clone(member))) as Arc<dyn Discovery>]
                }
                own => own,
            })
            .collect()
    }

    fn occasion(&self) -> Option<Occasion> {
        self.members.iter().find_map(|member| member.occasion())
    }
}

fn nobody(query: &Query) -> Gap {
    Gap {
        kind: GapKind::Unsupported,
        what: query.text(),
        resource: None,
        why: "no account and no connection of this space can answer it".into(),
        hint: Some("midwatch account list and midwatch connection list say what there is".into()),
    }
}
