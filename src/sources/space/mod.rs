//! Everything that one space may ask, as one source: each member is asked what it can answer, all at once, and the answers
//! are put together in the order of the members, so that the same answers always make the same whole.

mod absent;
mod at;
mod join;
mod merge;
mod with_topology;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::future::join_all;

pub use self::{
    absent::Absent,
    at::{At, Elsewhere, Places, stranger},
    join::Joins,
    with_topology::WithTopology,
};
use crate::{
    model::{Allowance, Answer, Evidence, Gap, GapKind, Occasion, Query, Source, discovery::Discovery},
    sources::discovery::Whole,
};

/// One of a space's sources.
pub trait Member: Source {
    /// The part of `query` that is for this source, as it is to be asked; none when it has nothing to say on it.
    fn part(&self, query: &Query) -> Option<Query>;

    /// The namespace of series that this source alone measures, where it has one.
    fn namespace(&self) -> Option<&str> {
        None
    }
}

/// All sources of a space.
pub struct SpaceSource {
    members: Vec<Arc<dyn Member>>,
    /// Which AWS resource a service is that only its name is known of, once the inventory is known.
    joins: Mutex<Option<Joins>>,
}

impl SpaceSource {
    /// The members, those that answer first of all first.
    pub const fn new(members: Vec<Arc<dyn Member>>) -> Self {
        Self {
            members,
            joins: Mutex::new(None),
        }
    }

    /// What is asked of a member: of series that another one measures it is not asked.
    fn part(&self, member: &dyn Member, query: &Query) -> Option<Query> {
        let own = member.namespace();
        let others: Vec<&str> = self
            .members
            .iter()
            .filter_map(|other| other.namespace())
            .filter(|namespace| Some(*namespace) != own)
            .collect();
        match member.part(query)? {
            Query::Catalogue {
                namespace: Some(namespace),
                ..
            } if others.contains(&namespace.as_str()) => None,
            Query::Metrics { mut series, window } => {
                series.retain(|key| !others.contains(&key.namespace.as_str()));
                (!series.is_empty()).then_some(Query::Metrics { series, window })
            }
            part => Some(part),
        }
    }

    /// All members at once.
    async fn all(&self, query: &Query, allowance: &Allowance) -> Answer {
        let asked: Vec<(&Arc<dyn Member>, Query)> = self
            .members
            .iter()
            .filter_map(|member| Some((member, self.part(member.as_ref(), query)?)))
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

    /// The answer with each service that is an AWS resource as that resource.
    async fn joined(&self, query: &Query, mut answer: Answer, allowance: &Allowance) -> Answer {
        let Some(evidence) = answer.evidence.take() else {
            return answer;
        };
        let known = match &evidence {
            Evidence::Inventory(resources) => {
                let joins = Joins::of(resources);
                if let Ok(mut known) = self.joins.lock() {
                    *known = Some(joins.clone());
                }
                Some(joins)
            }
            other if join::names_services(other) => self.joins.lock().ok().and_then(|known| known.clone()),
            _ => Some(Joins::default()),
        };
        let joins = if let Some(joins) = known {
            joins
        } else {
            // An investigation that resumes has asked for the inventory before.
            let inventory = self.all(&Query::Inventory, allowance).await;
            answer.calls += inventory.calls;
            let joins = match &inventory.evidence {
                Some(Evidence::Inventory(resources)) => Joins::of(resources),
                _ => Joins::default(),
            };
            if let Ok(mut known) = self.joins.lock() {
                *known = Some(joins.clone());
            }
            joins
        };
        answer.evidence = Some(match query {
            Query::Metrics { .. } | Query::Catalogue { .. } => evidence,
            _ => joins.settled(evidence),
        });
        answer
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
        let answer = self.all(query, allowance).await;
        self.joined(query, answer, allowance).await
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
